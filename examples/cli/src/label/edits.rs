//! Labels that a person has corrected on the review page: `labels-edited.json` in the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use musicap::Result;
use musicap::facts::TempoClass;
use serde::{Deserialize, Serialize};

use super::values::{Values, class_name};
use crate::output::io;

/// The file that the review page saves.
pub const FILE: &str = "labels-edited.json";

const FIELDS: &str = "caption, bpm, key, genres, voices, instruments";

const MODES: [&str; 7] =
    ["major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian"];

/// What a person has said of a track. An empty text means that there is no such value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Edit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bpm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    genres: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voices: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instruments: Option<String>,
    /// Fields with other names, which have no effect.
    #[serde(flatten, skip_serializing)]
    unknown: BTreeMap<String, serde_json::Value>,
}

impl Edit {
    pub fn apply(&self, values: &mut Values) {
        let list = |text: &String| {
            let items = text.split(',').map(|item| item.trim().to_owned());
            items.filter(|item| !item.is_empty()).collect::<Vec<_>>()
        };
        if let Some(caption) = &self.caption {
            values.caption = caption.trim().to_owned();
        }
        if let Some(bpm) = &self.bpm {
            let bpm = bpm.parse::<f64>().ok();
            values.bpm = bpm.map(|bpm| bpm.round() as u32);
            values.tempo = bpm.map(|bpm| class_name(TempoClass::of(bpm as f32)));
        }
        if let Some(key) = &self.key {
            values.key = Some(key.clone()).filter(|key| !key.is_empty());
        }
        for (edited, value) in [
            (&self.genres, &mut values.genres),
            (&self.voices, &mut values.voices),
            (&self.instruments, &mut values.instruments),
        ] {
            if let Some(edited) = edited {
                *value = list(edited);
            }
        }
    }

    /// Brings numbers and keys into the form of labels.
    ///
    /// # Errors
    /// What is wrong.
    fn normalize(&mut self) -> std::result::Result<(), String> {
        if let Some(bpm) = &mut self.bpm {
            *bpm = bpm.trim().to_owned();
            let is_tempo = |bpm: f64| (1.0..1000.0).contains(&bpm);
            if !bpm.is_empty() && !bpm.parse().is_ok_and(is_tempo) {
                return Err(format!(
                    "bpm is {bpm:?}, but must be a number from 1 to 999, or empty"
                ));
            }
        }
        if let Some(key) = &mut self.key {
            let normalized = normalized_key(key).ok_or_else(|| {
                let modes = MODES.join("|");
                format!("key is {key:?}, but must be TONIC {modes}, such as F# minor, or empty")
            })?;
            *key = normalized;
        }
        Ok(())
    }
}

/// `f minor` as `F minor`.
fn normalized_key(key: &str) -> Option<String> {
    let key = key.to_lowercase().replace('♯', "#").replace('♭', "b");
    let words: Vec<&str> = key.split_whitespace().collect();
    match words[..] {
        [] => Some(String::new()),
        [tonic, mode] if MODES.contains(&mode) => {
            let (letter, accidental) = tonic.split_at_checked(1)?;
            let is_tonic = "abcdefg".contains(letter) && ["", "#", "b"].contains(&accidental);
            is_tonic.then(|| format!("{}{accidental} {mode}", letter.to_uppercase()))
        }
        _ => None,
    }
}

/// What has no effect: tracks that are not in `files`, and fields that do not exist.
pub fn ineffective(edits: &BTreeMap<String, Edit>, files: &BTreeSet<String>) -> Vec<String> {
    let mut messages = Vec::new();
    for (file, edit) in edits {
        if !files.contains(file) {
            messages.push(format!("{FILE}: {file}: no such track; its corrections have no effect"));
        }
        for name in edit.unknown.keys() {
            messages
                .push(format!("{FILE}: {file}: no field is called {name}; use one of {FIELDS}"));
        }
    }
    messages
}

/// The edits in a folder, by the tracks' paths.
///
/// # Errors
/// [`Error::Io`](musicap::Error::Io), also for a file that is damaged or has values that no label can
/// have.
pub fn read(folder: &Path) -> Result<BTreeMap<String, Edit>> {
    let path = folder.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(io("read", &path, error)),
    };
    let damaged = |reason: String| {
        let reason = format!("{reason}; correct the file, or save it again from review.html");
        io("read", &path, std::io::Error::new(ErrorKind::InvalidData, reason))
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut edits: BTreeMap<String, Edit> =
        serde_json::from_str(text).map_err(|reason| damaged(reason.to_string()))?;
    for (file, edit) in &mut edits {
        edit.normalize().map_err(|reason| damaged(format!("{file}: {reason}")))?;
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_normalized() {
        for (key, expected) in [("f minor", "F minor"), (" BB  Major", "Bb major"), ("", "")] {
            assert_eq!(normalized_key(key).as_deref(), Some(expected));
        }
        for wrong in ["Fm", "H minor", "F", "F sharp minor", "♯ minor"] {
            assert_eq!(normalized_key(wrong), None, "{wrong}");
        }
    }
}
