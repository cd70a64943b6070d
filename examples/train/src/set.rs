//! A held-out set: what is heard, and what may truly be said of it.

use anyhow::{Context, Result, bail, ensure};
use musicap::Pretrained;
use std::fs;
use std::path::Path;

use crate::clip::Record;
use crate::features;
use crate::hear::{self, Listener};
use crate::shard::{self, Clips};

/// Clips with their true captions.
pub struct Set {
    /// What the path is called.
    pub name: String,
    /// The true captions of each clip.
    pub references: Vec<Vec<String>>,
    /// The score of each clip, where the music was composed here.
    pub records: Option<Vec<Record>>,
    sound: Sound,
}

enum Sound {
    /// Captions that were made elsewhere need none.
    Unheard,
    Shards(Clips),
}

impl Set {
    /// The first `most` clips of a folder of shards, for `model` to hear.
    ///
    /// # Errors
    /// If it cannot be read, holds no clip, or the model hears other spectrograms.
    pub fn open(path: &Path, most: usize, model: &Pretrained) -> Result<Self> {
        hear::check_front_end(model)?;
        let mut clips = Clips::open(path, most)?;
        let records = std::mem::take(&mut clips.records);
        Ok(Self::of_records(path, records, Sound::Shards(clips)))
    }

    /// The scores of a folder of shards or of one JSONL file, without what is heard.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn scores(path: &Path) -> Result<Self> {
        Ok(Self::of_records(path, shard::records(path)?, Sound::Unheard))
    }

    fn of_records(path: &Path, records: Vec<Record>, sound: Sound) -> Self {
        let references = records.iter().map(|record| record.captions.clone()).collect();
        Self { name: name(path), references, records: Some(records), sound }
    }

    /// Captions made elsewhere: a JSON string a line, in the order of the clips.
    ///
    /// # Errors
    /// If the file cannot be read or holds more or fewer captions than there are clips.
    pub fn read_captions(&self, path: &Path) -> Result<Vec<String>> {
        let file = || path.display().to_string();
        let text = fs::read_to_string(path).with_context(file)?;
        let captions: Vec<String> = text
            .lines()
            .map(serde_json::from_str)
            .collect::<serde_json::Result<_>>()
            .with_context(file)?;
        let clips = self.references.len();
        ensure!(captions.len() == clips, "{} captions for {clips} clips", captions.len());
        Ok(captions)
    }

    /// What a model says of each clip.
    ///
    /// # Errors
    /// If a clip cannot be read or the model fails.
    pub fn captions(&mut self, listener: &Listener) -> Result<Vec<String>> {
        let clips = self.references.len();
        match &mut self.sound {
            Sound::Unheard => bail!("{} has no sound", self.name),
            Sound::Shards(shards) => listener.captions(&self.name, clips, |clip| {
                Ok(shards.mel(clip)?.into_iter().map(features::decibels).collect())
            }),
        }
    }
}

/// The last part of a path, or what there is of it.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
