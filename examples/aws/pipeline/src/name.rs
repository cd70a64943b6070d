//! Names of recordings and of their results.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Object, Problem};

/// The most characters of a file's name that an identifier keeps.
const STEM_CHARS: usize = 40;
/// Bytes of the digest that an identifier keeps: two of 2^64 recordings are likely to collide.
const DIGEST_BYTES: usize = 16;

/// The prefix of features and their descriptions.
pub const FEATURES: &str = "features/";
/// The prefix of captions.
pub const CAPTIONS: &str = "captions/";
/// The prefix of captions with their summary.
pub const SUMMARIES: &str = "summaries/";
/// The prefix of notes about recordings that failed for good.
pub const FAILURES: &str = "failures/";
/// The prefix of dead letters, as they came.
pub const DEAD_LETTERS: &str = "dead-letters/";

/// Whether a key is one that failures are recorded under. No stage takes such an object as input,
/// whatever a bucket's notifications are: a failure would cause the next one.
pub fn is_failure_record(key: &str) -> bool {
    key.starts_with(FAILURES) || key.starts_with(DEAD_LETTERS)
}

/// The name of a recording in all buckets: a readable part of its file's name, and a digest of
/// bucket, key and version. The same upload has the same identifier however often and in whatever
/// order its events arrive; a new upload under the same key has a new one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordingId(String);

impl RecordingId {
    /// The identifier of an uploaded recording.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if neither version nor entity tag is known.
    pub fn of_upload(object: &Object) -> Result<Self, Problem> {
        let version = object.version.as_ref().or(object.etag.as_ref()).ok_or_else(|| {
            Problem::permanent("Event", format!("{object}: neither a version nor an entity tag"))
        })?;
        let parts = [&object.bucket[..], &object.key, version].join("\0");
        let digest = digest(&parts, DIGEST_BYTES);
        let stem = readable(file_name(&object.key));
        Ok(RecordingId(if stem.is_empty() { digest } else { format!("{stem}-{digest}") }))
    }

    /// The identifier in a key that a stage wrote: `ID` of `features/ID.npy`.
    pub fn of_result(key: &str) -> Self {
        let name = file_name(key);
        RecordingId(name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned())
    }

    /// Parses an identifier from outside; `None` if it is none, so that it cannot lead to other
    /// keys.
    pub fn parse(text: &str) -> Option<Self> {
        let max_bytes = 4 * STEM_CHARS + 1 + 2 * DIGEST_BYTES;
        let is_plain = |c: char| c.is_alphanumeric() || c == '-';
        let good = (1..=max_bytes).contains(&text.len()) && text.chars().all(is_plain);
        good.then(|| RecordingId(text.to_owned()))
    }

    /// The key of a result: `prefix`, the identifier, a dot and `extension`.
    pub fn key(&self, prefix: &str, extension: &str) -> String {
        format!("{prefix}{}.{extension}", self.0)
    }

    /// The key of the note that says why `stage` failed for good.
    pub fn failure(&self, stage: &str) -> String {
        format!("{FAILURES}{}.{stage}.json", self.0)
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RecordingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first bytes of a text's SHA-256, in hexadecimal.
pub fn digest(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes())[..bytes].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The part of a key after its last slash.
pub fn file_name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// Letters and digits of a file's name without its extension, in lower case, separated by hyphens.
fn readable(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let words = stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let text: String = words.collect::<Vec<_>>().join("-").chars().take(STEM_CHARS).collect();
    text.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, version: Option<&str>, etag: &str) -> Object {
        Object {
            bucket: "uploads".into(),
            key: key.into(),
            version: version.map(str::to_owned),
            etag: Some(etag.into()),
        }
    }

    fn id(object: &Object) -> RecordingId {
        RecordingId::of_upload(object).unwrap()
    }

    #[test]
    fn an_identifier_is_readable_and_has_the_digest_of_bucket_key_and_version() {
        let song = object("incoming/my song (1)+ü.mp3", None, "e1");
        // printf 'uploads\0incoming/my song (1)+ü.mp3\0e1' | sha256sum | cut -c-32
        assert_eq!(id(&song).as_str(), "my-song-1-ü-c323a4026ddbdf520dd3d756004f4348");
        assert_eq!(RecordingId::parse(id(&song).as_str()), Some(id(&song)));
        assert_eq!(id(&object("a/????", None, "e1")).as_str().len(), 32);
    }

    #[test]
    fn a_new_upload_has_a_new_identifier_and_the_same_upload_the_same() {
        let ids = [
            object("a.mp3", None, "e1"),
            object("a.mp3", None, "e2"),
            object("b/a.mp3", None, "e1"),
            object("a.mp3", Some("v1"), "e1"),
            object("a.mp3", Some("v2"), "e1"),
        ]
        .map(|object| id(&object));
        for (i, one) in ids.iter().enumerate() {
            assert!(ids[..i].iter().all(|other| other != one));
        }
        assert_eq!(id(&object("a.mp3", Some("v1"), "e1")), id(&object("a.mp3", Some("v1"), "e9")));
    }

    #[test]
    fn keys_of_results_lead_back_to_the_identifier_and_other_text_to_none() {
        let one = id(&object("a.mp3", None, "e1"));
        assert_eq!(RecordingId::of_result(&one.key(FEATURES, "npy")), one);
        for bad in ["", "../a", "a/b", "a.b", "a b", &"x".repeat(999)] {
            assert_eq!(RecordingId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn failures_and_dead_letters_are_no_input() {
        let one = id(&object("a.mp3", None, "e1"));
        assert!(is_failure_record(&one.failure("ingest")));
        assert!(is_failure_record("dead-letters/1.json"));
        assert!(!is_failure_record(&one.key(CAPTIONS, "json")));
    }
}
