//! Labels that a person has corrected on the review page: `labels-edited.json` in the folder.

use std::collections::BTreeMap;
use std::path::Path;

use musicap::{Error, Result};
use serde::{Deserialize, Serialize};

use super::values::Values;
use crate::output::io;

/// The file that the review page saves.
pub const FILE: &str = "labels-edited.json";

/// What a person has said of a track. An empty text means that there is no such value.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Edit {
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
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
            values.bpm = bpm.trim().parse::<f64>().ok().map(|bpm| bpm.round() as u32);
        }
        if let Some(key) = &self.key {
            values.key = Some(key.trim().to_owned()).filter(|key| !key.is_empty());
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
}

/// The edits in a folder, by the tracks' paths.
///
/// # Errors
/// [`Error::Io`], and [`Error::InvalidCaptions`] for a file that is damaged.
pub fn read(folder: &Path) -> Result<BTreeMap<String, Edit>> {
    let path = folder.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(io("read", &path, error)),
    };
    serde_json::from_str(&text).map_err(|reason| Error::InvalidCaptions {
        origin: path.display().to_string(),
        reason: reason.to_string(),
    })
}
