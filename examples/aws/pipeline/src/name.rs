//! What a recording's results are called.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Object, Problem};

/// The greatest number of characters of a file's name that are kept.
const STEM: usize = 40;
/// Bytes of the digest that are kept: 2^64 recordings until two are likely to meet.
const DIGEST: usize = 16;

/// Where features wait, what they mean beside them.
pub const FEATURES: &str = "features/";
/// Where captions go.
pub const CAPTIONS: &str = "captions/";
/// Where captions with their summary go.
pub const SUMMARIES: &str = "summaries/";
/// Where the reasons of what can never succeed go.
pub const FAILURES: &str = "failures/";
/// Where dead letters go.
pub const LETTERS: &str = "letters/";

/// What a recording is called in all buckets: a readable part of its file's name and a digest of
/// bucket, key and version. The same upload has the same name however often and in whatever order
/// it is announced; another upload under the same key has another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordingId(String);

impl RecordingId {
    /// The name of an uploaded recording.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if neither version nor entity tag is known.
    pub fn of_upload(object: &Object) -> Result<Self, Problem> {
        let version = object.version.as_ref().or(object.etag.as_ref()).ok_or_else(|| {
            Problem::permanent("Event", format!("{object}: neither a version nor an entity tag"))
        })?;
        let parts = [&object.bucket[..], &object.key, version].join("\0");
        let digest = digest(&parts, DIGEST);
        let stem = readable(file_name(&object.key));
        Ok(RecordingId(if stem.is_empty() { digest } else { format!("{stem}-{digest}") }))
    }

    /// The name in a key that a stage wrote: `ID` of `features/ID.npy`.
    pub fn of_result(key: &str) -> Self {
        let name = file_name(key);
        RecordingId(name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned())
    }

    /// A name from outside, if it is one: nothing that leads to other keys.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_alphanumeric() || c == '-';
        let good = (1..=4 * STEM + 1 + 2 * DIGEST).contains(&text.len()) && text.chars().all(plain);
        good.then(|| RecordingId(text.to_owned()))
    }

    /// The key of a result: `prefix`, the name, a dot and `extension`.
    pub fn key(&self, prefix: &str, extension: &str) -> String {
        format!("{prefix}{}.{extension}", self.0)
    }

    /// The key of the reason why `stage` has failed for good.
    pub fn failure(&self, stage: &str) -> String {
        format!("{FAILURES}{}.{stage}.json", self.0)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RecordingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first bytes of a text's SHA-256, as hexadecimal digits.
pub fn digest(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes())[..bytes].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What comes after the last slash.
pub fn file_name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// Letters and digits of a file's name without its extension, in lower case, hyphens in between.
fn readable(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let words = stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let text: String = words.collect::<Vec<_>>().join("-").chars().take(STEM).collect();
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
    fn a_name_is_readable_and_has_the_digest_of_bucket_key_and_version() {
        let song = object("incoming/my song (1)+ü.mp3", None, "e1");
        // printf 'uploads\0incoming/my song (1)+ü.mp3\0e1' | sha256sum | cut -c-32
        assert_eq!(id(&song).as_str(), "my-song-1-ü-c323a4026ddbdf520dd3d756004f4348");
        assert_eq!(RecordingId::parse(id(&song).as_str()), Some(id(&song)));
        assert_eq!(id(&object("a/????", None, "e1")).as_str().len(), 32);
    }

    #[test]
    fn another_upload_has_another_name_and_the_same_has_the_same() {
        let names = [
            object("a.mp3", None, "e1"),
            object("a.mp3", None, "e2"),
            object("b/a.mp3", None, "e1"),
            object("a.mp3", Some("v1"), "e1"),
            object("a.mp3", Some("v2"), "e1"),
        ]
        .map(|object| id(&object));
        for (i, name) in names.iter().enumerate() {
            assert!(names[..i].iter().all(|other| other != name));
        }
        assert_eq!(id(&object("a.mp3", Some("v1"), "e1")), id(&object("a.mp3", Some("v1"), "e9")));
    }

    #[test]
    fn results_lead_back_to_the_name_and_foreign_text_to_none() {
        let name = id(&object("a.mp3", None, "e1"));
        assert_eq!(RecordingId::of_result(&name.key(FEATURES, "npy")), name);
        for bad in ["", "../a", "a/b", "a.b", "a b", &"x".repeat(999)] {
            assert_eq!(RecordingId::parse(bad), None, "{bad}");
        }
    }
}
