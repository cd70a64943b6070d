//! Text from outside in messages.

/// The most characters of a value from outside that a message repeats.
const MAX_CHARS: usize = 100;

/// A value from outside as messages and logs repeat it: quoted, control characters escaped, cut
/// after 100 characters.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_long_or_malicious_value_is_short_and_on_one_line() {
        assert_eq!(shorten("text/csv"), r#""text/csv""#);
        let long = shorten(&"ü".repeat(4000));
        assert_eq!(long.chars().count(), 103);
        assert!(!shorten("a\n\u{1b}[2J\u{202e}").contains(['\n', '\u{1b}', '\u{202e}']));
    }
}
