//! What is known of the tracks of a folder, in one file that is replaced as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;
use std::time::UNIX_EPOCH;

use musicap::Result;
use musicap::facts::Facts;
use serde::{Deserialize, Serialize};

use super::edits::Edit;
use crate::output::{io, write_file};
use crate::recordings::Recording;

/// The file's name; hidden, so that no trainer takes it for a label.
pub const FILE: &str = ".musicap-labels.json";

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By the path below the folder.
    tracks: BTreeMap<String, Track>,
    /// Hashes of the files that have been written, by their paths.
    written: BTreeMap<String, String>,
    /// Hashes of the files that are being written. A run that was interrupted has written some.
    #[serde(default)]
    writing: BTreeMap<String, String>,
    /// Corrections from the review page, which stay when its file is deleted.
    #[serde(default)]
    pub edits: BTreeMap<String, Edit>,
    /// Hashes of captions that were changed by hand before the track was corrected in review.
    #[serde(default)]
    pub overruled: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Track {
    bytes: u64,
    /// When the file was changed, in nanoseconds since 1970.
    modified_ns: u64,
    /// What it was captioned with.
    settings: String,
    label: Label,
}

/// What is known of a track.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Label {
    pub caption: String,
    pub duration_s: f64,
    pub facts: Facts,
    /// What users should know: damaged spans, what was done to the sound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl State {
    /// # Errors
    /// [`Error::Io`](musicap::Error::Io), also for a file that is damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(io("read", &path, error)),
        };
        serde_json::from_str(&text).map_err(|reason| {
            let reason = format!("{reason}; delete the file to label all tracks again");
            io("read", &path, std::io::Error::new(ErrorKind::InvalidData, reason))
        })
    }

    /// # Errors
    /// [`Error::Io`](musicap::Error::Io).
    pub fn save(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string(self).expect("plain data can be written");
        write_file(&folder.join(FILE), &(text + "\n"))
    }

    /// Whether the track has a label with these settings and has not changed since.
    pub fn is_current(&self, track: &Recording, settings: &str) -> bool {
        self.tracks.get(&key(track)).is_some_and(|known| {
            (known.bytes, known.modified_ns) == stamp(track) && known.settings == settings
        })
    }

    /// Keeps the label of a track whose file was that of `stamp` when it was opened.
    pub fn put(&mut self, track: &Recording, stamp: Stamp, settings: &str, label: Label) {
        let (bytes, modified_ns) = stamp;
        let track_state = Track { bytes, modified_ns, settings: settings.to_owned(), label };
        self.tracks.insert(key(track), track_state);
    }

    pub fn label(&self, file: &str) -> Option<&Label> {
        self.tracks.get(file).map(|track| &track.label)
    }

    /// Forgets the label of a track.
    pub fn remove(&mut self, track: &Recording) {
        self.tracks.remove(&key(track));
    }

    /// Forgets the labels of all other tracks. Corrections are a person's work and stay.
    pub fn retain(&mut self, tracks: &[&Recording]) {
        let known: BTreeSet<String> = tracks.iter().map(|track| key(track)).collect();
        self.tracks.retain(|file, _| known.contains(file));
    }

    /// Whether `text` is what was last written to `path`, or was to be written when a run ended.
    pub fn wrote(&self, path: &str, text: &str) -> bool {
        let hash = hash_of(text);
        [&self.written, &self.writing].iter().any(|hashes| hashes.get(path) == Some(&hash))
    }

    /// Notes what is about to be written. `found`, what is there, stays known as well.
    pub fn note_writing(&mut self, path: &str, found: Option<&str>, text: &str) {
        if let Some(found) = found {
            self.note_written(path, found);
        }
        self.writing.insert(path.to_owned(), hash_of(text));
    }

    pub fn note_written(&mut self, path: &str, text: &str) {
        self.written.insert(path.to_owned(), hash_of(text));
        self.writing.remove(path);
    }

    /// The files that have been written, by their paths.
    pub fn written(&self) -> impl Iterator<Item = &String> {
        self.written.keys().chain(self.writing.keys())
    }

    /// Forgets that a file has been written.
    pub fn forget(&mut self, path: &str) {
        self.written.remove(path);
        self.writing.remove(path);
    }
}

/// A track's path below its folder, with slashes.
pub fn key(track: &Recording) -> String {
    let parts = track.relative_path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// The size of a file, and when it was changed, in nanoseconds since 1970.
pub type Stamp = (u64, u64);

/// The stamp of a track's file as it is now.
pub fn stamp(track: &Recording) -> Stamp {
    let Ok(file) = std::fs::metadata(&track.path) else { return (0, 0) };
    let modified = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (file.len(), modified.map_or(0, |time| time.as_nanos() as u64))
}

/// FNV-1a: it has to find changes that a person makes, not those of an attacker.
pub fn hash_of(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_an_interrupted_run_are_known() {
        let mut state = State::default();
        state.note_written("a.json", "first");
        state.note_writing("a.json", Some("first"), "second");
        // Killed: the first may be there, or the second.
        let text = serde_json::to_string(&state).unwrap();
        let mut state: State = serde_json::from_str(&text).unwrap();
        assert!(state.wrote("a.json", "first") && state.wrote("a.json", "second"));
        assert!(!state.wrote("a.json", "by hand"));
        // Killed again, with the second there.
        state.note_writing("a.json", Some("second"), "third");
        assert!(state.wrote("a.json", "second") && state.wrote("a.json", "third"));
    }
}
