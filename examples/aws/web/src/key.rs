//! Keys of uploads, and the one rule for names of files.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use pipeline::name::file_name;

use crate::refusal::Refusal;

/// The prefix of uploads.
pub const INCOMING: &str = "incoming/";
/// The longest name of a file, in bytes. S3 allows 1024 for the whole key; run-local's S3 keeps a
/// key's metadata in a file whose name is four thirds as long as the key, and must fit into 255.
const MAX_NAME_BYTES: usize = 90;
/// After all times of day in milliseconds since 1970. The time left until then sorts the latest
/// uploads first.
const LAST_MILLISECOND: u64 = 9_999_999_999_999;

/// The key of an upload, of the shape that this server issues:
/// `incoming/TIME_LEFT-UUID/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// A new key for a file of this name, which must be [`clean`].
    pub fn new(name: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = LAST_MILLISECOND.saturating_sub(now.as_millis() as u64);
        Key(format!("{INCOMING}{left:013}-{}/{name}", uuid::Uuid::new_v4().simple()))
    }

    /// A key from outside, if this server may have issued it. Anything else is refused before the
    /// storage sees it: a key with `..` would lead to other buckets on storages that normalise
    /// paths.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, name) = text.strip_prefix(INCOMING)?.split_once('/')?;
        let (left, uuid) = prefix.split_once('-')?;
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let good = left.len() == 13
            && left.chars().all(|c| c.is_ascii_digit())
            && uuid.len() == 32
            && uuid.chars().all(is_hex)
            && clean(name).as_deref() == Some(name);
        good.then(|| Key(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        file_name(&self.0)
    }
}

impl TryFrom<KeyQuery> for Key {
    type Error = Refusal;

    fn try_from(query: KeyQuery) -> Result<Self, Refusal> {
        let refusal = || Refusal::new(StatusCode::BAD_REQUEST, "This is not the key of an upload.");
        Key::parse(&query.key).ok_or_else(refusal)
    }
}

/// The query string of requests about an upload.
#[derive(serde::Deserialize)]
pub struct KeyQuery {
    key: String,
}

/// A file's name as it is stored and shown: without folders, without characters that cannot be
/// seen or change the direction of what follows, without dots and spaces around it, cut at its
/// beginning so that the extension stays. `None` if nothing is left.
pub fn clean(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = name.chars().filter(|&c| !c.is_control() && !is_invisible(c)).collect();
    let around = |c: char| c.is_whitespace() || c == '.';
    let trimmed = visible.trim_matches(around);
    let start = trimmed.ceil_char_boundary(trimmed.len().saturating_sub(MAX_NAME_BYTES));
    let cut = trimmed[start..].trim_start_matches(around);
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// Marks and embeddings of the bidirectional algorithm (UAX #9), line and paragraph separators,
/// byte order marks and zero-width spaces. Joiners stay: scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cleaned_and_cleaning_it_again_changes_nothing() {
        let long = format!("{}.mp3", "ü".repeat(200));
        for (name, expected) in [
            ("my song (1)+ü.mp3", Some("my song (1)+ü.mp3")),
            ("100% #1?.mp3", Some("100% #1?.mp3")),
            ("../../etc/a.mp3", Some("a.mp3")),
            ("C:\\music\\a\n.mp3", Some("a.mp3")),
            ("\u{202e}3pm.elif\u{2066}.mp3", Some("3pm.elif.mp3")),
            (".. .a.mp3. ", Some("a.mp3")),
            ("می\u{200c}خواهم.mp3", Some("می\u{200c}خواهم.mp3")),
            (".", None),
            ("..", None),
            ("a/", None),
            (" \u{200b}\u{feff}", None),
        ] {
            assert_eq!(clean(name).as_deref(), expected, "{name:?}");
        }
        let cut = clean(&long).unwrap();
        assert!(cut.len() <= MAX_NAME_BYTES && cut.ends_with("ü.mp3"), "{cut}");
        // The cut may begin at a dot or a space.
        let dots = clean(&format!("a{}b.mp3", " .".repeat(200))).unwrap();
        for name in [cut, dots] {
            assert_eq!(clean(&name), Some(name));
        }
    }

    #[test]
    fn only_keys_of_the_issued_shape_are_parsed() {
        let key = Key::new("my song (1)+ü.mp3");
        assert_eq!(Key::parse(key.as_str()).as_ref(), Some(&key));
        assert_eq!(key.name(), "my song (1)+ü.mp3");
        let folder = "incoming/8235000000000-0123456789abcdef0123456789abcdef";
        assert!(Key::parse(&format!("{folder}/a.mp3")).is_some());
        for bad in [
            String::new(),
            "incoming/".to_owned(),
            "incoming/a.mp3".to_owned(),
            "captions/a.json".to_owned(),
            folder.to_owned(),
            format!("{folder}/"),
            format!("{folder}/.."),
            format!("{folder}/../../../musicap-results/captions/a.json"),
            format!("{folder}/a/b.mp3"),
            format!("{folder}/\u{202e}a.mp3"),
            format!("{folder}/{}.mp3", "x".repeat(200)),
            folder.to_uppercase() + "/a.mp3",
            "incoming/823500000000-0123456789abcdef0123456789abcdef0/a.mp3".to_owned(),
            "incoming/82350000000٣٣-0123456789abcdef0123456789abcdef/a.mp3".to_owned(),
        ] {
            assert_eq!(Key::parse(&bad), None, "{bad}");
        }
    }
}
