//! Captions as words, the way caption metrics count them: lower case, no punctuation,
//! contractions taken apart as in the Penn Treebank (Marcus et al., 1993).
//!
//! The model is pycocoevalcap's `PTBTokenizer`, Stanford's tokenizer with punctuation left out.
//! Ours differs in what captions hardly hold: it drops brackets (there they stay as `-lrb-`),
//! runs of marks such as `?!`, and the full stop of `J. S.`, `No. 5` and a last `in C.`; it leaves a unit at its number (`44.1khz`), `½` and currency signs as they are, and
//! knows neither addresses nor emoticons nor rare contractions (`y'all`).

/// Abbreviations that keep their full stop.
const ABBREVIATIONS: [&str; 11] =
    ["dr", "etc", "ft", "jr", "mr", "mrs", "ms", "op", "prof", "sr", "vs"];

/// Words that are two, and where the second begins.
const TWO_IN_ONE: [(&str, usize); 9] = [
    ("cannot", 3),
    ("gimme", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("lemme", 3),
    ("more'n", 4),
    ("wanna", 3),
    ("'tis", 2),
    ("'twas", 2),
];

/// What may end a word with an apostrophe, each a word of its own; `n't` takes its `n` along.
const ENDINGS: [&str; 7] = ["n't", "'s", "'m", "'re", "'ve", "'d", "'ll"];

/// The words of a caption; none if it holds no letter, digit or symbol.
pub fn words(caption: &str) -> Vec<String> {
    let text = caption.replace(['’', '‘'], "'").replace("--", " ").replace("..", " ");
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |before| chars[before]);
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        match place(c, before, after, &word) {
            Place::Within => word.push(c),
            Place::Between => finish(&mut word, &mut words),
            Place::Alone => {
                finish(&mut word, &mut words);
                words.push(c.to_string());
            }
            Place::Last => {
                word.push(c);
                finish(&mut word, &mut words);
            }
        }
    }
    finish(&mut word, &mut words);
    words
}

/// What a character is to the words around it.
enum Place {
    Within,
    Between,
    Alone,
    Last,
}

/// The place of `c` after the unfinished `word`, between two neighbours.
fn place(c: char, before: char, after: char, word: &str) -> Place {
    let within = |yes: bool| if yes { Place::Within } else { Place::Between };
    let both = |is: fn(char) -> bool| is(before) && is(after);
    let digits = both(|c| c.is_ascii_digit());
    match c {
        c if c.is_alphanumeric() => Place::Within,
        '\'' | '_' => Place::Within,
        // The sharp of a key, and #tags.
        '#' => within(before.is_alphabetic() || after.is_alphanumeric()),
        '-' | '+' if word.is_empty() && after.is_ascii_digit() => Place::Within,
        '-' => within(both(char::is_alphanumeric)),
        ',' | ':' => within(digits),
        '.' if word.is_empty() => within(after.is_ascii_digit()),
        '.' if digits || both(char::is_alphabetic) => Place::Within,
        '.' if is_abbreviation(word) => Place::Last,
        '/' if both(char::is_alphanumeric) => Place::Within,
        '&' if both(char::is_uppercase) => Place::Within,
        c if c.is_whitespace() || ".?!;()[]{}<>\"`“”„«»…–—".contains(c) => {
            Place::Between
        }
        _ => Place::Alone,
    }
}

/// `vs` and its like, and letters with full stops between them: `e.g`, `U.S`.
fn is_abbreviation(word: &str) -> bool {
    let letters = |word: &str| word.contains('.') && word.split('.').all(|part| part.len() == 1);
    ABBREVIATIONS.contains(&word.to_lowercase().as_str()) || letters(word)
}

/// Ends `word`: the apostrophes around it are quotes, the one within parts it.
fn finish(word: &mut String, words: &mut Vec<String>) {
    let whole = std::mem::take(word).to_lowercase();
    let word = unquoted(&whole);
    if word.is_empty() {
        return;
    }
    if let Some((_, at)) = TWO_IN_ONE.iter().find(|(text, _)| *text == word) {
        words.extend([&word[..*at], &word[*at..]].map(str::to_owned));
        return;
    }
    // "shouldn't've" has two.
    let mut rest = word;
    let mut endings = Vec::new();
    while let Some(stem) = ENDINGS.iter().find_map(|ending| rest.strip_suffix(ending)) {
        if stem.is_empty() {
            break;
        }
        endings.push(&rest[stem.len()..]);
        rest = stem;
    }
    match rest.split_once("'n'") {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => {
            words.extend([left, "'n'", right].map(str::to_owned));
        }
        _ => words.push(rest.to_owned()),
    }
    words.extend(endings.into_iter().rev().map(str::to_owned));
}

/// `word` without quotes. `'60s`, `'n'`, `'em` and `'tis` keep their apostrophe.
fn unquoted(word: &str) -> &str {
    let bare = word.trim_matches('\'');
    let end = word.trim_end_matches('\'');
    match bare {
        "n" if word.starts_with('\'') => word,
        "em" | "til" | "tis" | "twas" => end,
        _ if bare.starts_with(|c: char| c.is_ascii_digit()) => end,
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_pycocoevalcap_does_otherwise_is_what_the_docs_say() {
        for (caption, ours, theirs) in [
            ("(soft)", "soft", "-lrb- soft -rrb-"),
            ("What?!", "what", "what ?!"),
            ("J. S.", "j s", "j. s."),
            ("No. 5", "no 5", "no. 5"),
            ("The key is C.", "the key is c", "the key is c."),
            ("44.1kHz", "44.1khz", "44.1 khz"),
            ("½ €5", "½ € 5", "1/2 $ 5"),
            ("y'all", "y'all", "y' all"),
        ] {
            assert_eq!(words(caption).join(" "), ours);
            assert_ne!(ours, theirs);
        }
    }

    #[test]
    fn marks_alone_are_no_words_and_symbols_are() {
        for nothing in ["", " ", "...", "'", "\"'\"", "-- --", "-", "?!", "''", ",;:"] {
            assert!(words(nothing).is_empty(), "{nothing}: {:?}", words(nothing));
        }
        assert_eq!(words("50% / $5 & -5"), ["50", "%", "/", "$", "5", "&", "-5"]);
    }
}
