//! A shard on disk: `k-of-n.mel` with one byte a cell, clip after clip, and `k-of-n.jsonl` with
//! one record a clip in the same order. Interrupted shards go on where they stopped.

use crate::clip::Record;
use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// Bytes of one clip's spectrogram.
pub const CLIP_BYTES: u64 = 128 * 251;

/// A shard open for appending.
pub struct Shard {
    mel: File,
    records: File,
    clips: u64,
}

impl Shard {
    /// Opens part `part` of `parts`, dropping a clip that was cut off half-written.
    pub fn open(folder: &Path, part: u64, parts: u64) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let stem = folder.join(format!("{part}-of-{parts}"));
        let mel_path = stem.with_extension("mel");
        let records_path = stem.with_extension("jsonl");
        let append =
            |path: &Path| OpenOptions::new().create(true).append(true).read(true).open(path);
        let (mel, records) = (append(&mel_path)?, append(&records_path)?);

        let ends = line_ends(&records_path)?;
        let clips = (ends.len() as u64).min(mel.metadata()?.len() / CLIP_BYTES);
        mel.set_len(clips * CLIP_BYTES)?;
        records.set_len(clips.checked_sub(1).map_or(0, |last| ends[last as usize]))?;
        Ok(Self { mel, records, clips })
    }

    /// Clips already there.
    pub fn clips(&self) -> u64 {
        self.clips
    }

    pub fn push(&mut self, mel: &[u8], record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.mel.write_all(mel)?;
        self.records.write_all(&line)?;
        self.clips += 1;
        Ok(())
    }
}

/// Where each whole line ends.
fn line_ends(path: &Path) -> Result<Vec<u64>> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut ends, mut at, mut line) = (Vec::new(), 0, Vec::new());
    while reader.read_until(b'\n', &mut line)? > 0 {
        at += line.len() as u64;
        if line.ends_with(b"\n") {
            ends.push(at);
        }
        line.clear();
    }
    Ok(ends)
}

/// All records of a folder of shards, or of one JSONL file.
pub fn records(path: &Path) -> Result<Vec<Record>> {
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == "jsonl") {
                files.push(file);
            }
        }
        files.sort();
    } else {
        files.push(path.to_owned());
    }
    let mut records = Vec::new();
    for file in files {
        let reader = BufReader::new(File::open(&file).with_context(|| file.display().to_string())?);
        for line in reader.lines() {
            // The last line of a shard still being written may be half there.
            if let Ok(record) = serde_json::from_str(&line?) {
                records.push(record);
            }
        }
    }
    Ok(records)
}
