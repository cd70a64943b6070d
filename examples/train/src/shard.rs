//! A shard on disk: `k-of-n.mel` with one byte a cell, clip after clip, and `k-of-n.jsonl` with
//! one record a clip in the same order. Interrupted shards go on where they stopped.

use crate::caption;
use crate::clip::Record;
use crate::rng::{Purpose, Rng};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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
    let mut records = Vec::new();
    for file in record_files(path)? {
        records.extend(records_of(&file)?);
    }
    Ok(records)
}

/// Writes the captions of all records of a folder of shards anew; spectrograms stay. Captions
/// are drawn for each clip by `seed` and its index, as when it was rendered.
///
/// # Errors
/// If a file cannot be read or written.
pub fn recaption(folder: &Path, seed: u64) -> Result<usize> {
    let mut count = 0;
    for file in record_files(folder)? {
        let mut lines = Vec::new();
        for mut record in records_of(&file)? {
            let mut rng = Rng::new(seed, record.index, Purpose::Caption);
            caption::write_into(&mut record, &mut rng);
            serde_json::to_writer(&mut lines, &record)?;
            lines.push(b'\n');
            count += 1;
        }
        let temporary = file.with_extension("part");
        fs::write(&temporary, lines)?;
        fs::rename(&temporary, &file)?;
    }
    Ok(count)
}

/// The JSONL files of a folder by name, or `path` itself.
fn record_files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn records_of(file: &Path) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let reader = BufReader::new(File::open(file).with_context(|| file.display().to_string())?);
    for line in reader.lines() {
        // The last line of a shard still being written may be half there. What came after a
        // line that is left out would be taken for the clip before.
        match serde_json::from_str(&line?) {
            Ok(record) => records.push(record),
            Err(_) => break,
        }
    }
    Ok(records)
}

/// The whole clips of a folder of shards: records in memory, spectrograms on disk.
pub struct Clips {
    /// One a clip, in the order of the spectrograms.
    pub records: Vec<Record>,
    /// Spectrogram files and how many clips count in each.
    files: Vec<(File, usize)>,
}

impl Clips {
    /// Finds the clips in `folder`, the first `most` of them.
    ///
    /// # Errors
    /// If a file is missing or cannot be read, or there is no clip.
    pub fn open(folder: &Path, most: usize) -> Result<Self> {
        let mut clips = Self { records: Vec::new(), files: Vec::new() };
        for path in record_files(folder)? {
            let mut records = records_of(&path)?;
            let mel_path = path.with_extension("mel");
            let mel = File::open(&mel_path).with_context(|| mel_path.display().to_string())?;
            let whole = (mel.metadata()?.len() / CLIP_BYTES) as usize;
            records.truncate(whole.min(most - clips.records.len()));
            clips.files.push((mel, records.len()));
            clips.records.append(&mut records);
        }
        ensure!(!clips.records.is_empty(), "{} holds no clips", folder.display());
        Ok(clips)
    }

    /// The spectrogram of clip `index`: [`CLIP_BYTES`] bytes, band by band.
    ///
    /// # Errors
    /// If it cannot be read, or there is no such clip.
    pub fn mel(&mut self, index: usize) -> Result<Vec<u8>> {
        let mut place = index;
        for (mel, clips) in &mut self.files {
            if place < *clips {
                let mut bytes = vec![0; CLIP_BYTES as usize];
                mel.seek(SeekFrom::Start(place as u64 * CLIP_BYTES))?;
                mel.read_exact(&mut bytes)?;
                return Ok(bytes);
            }
            place -= *clips;
        }
        bail!("there is no clip {index}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip;
    use crate::compose::compose;
    use crate::plan::Plan;
    use crate::rng::{Purpose, Rng};

    /// The record of a composed piece, without sound.
    fn record(index: u64) -> Record {
        let mut rng = Rng::new(3, index, Purpose::Compose);
        let score = compose(&Plan::random(&mut rng), 12.0, &mut rng);
        clip::record(index, &score, Vec::new(), vec!["A caption.".to_owned()])
    }

    #[test]
    fn clips_of_all_shards_are_found_and_half_written_ones_left_out() {
        let folder = std::env::temp_dir().join(format!("musicap-shards-{}", std::process::id()));
        for (part, clips) in [(0, [0, 2, 4]), (1, [1, 3, 5])] {
            let mut shard = Shard::open(&folder, part, 2).unwrap();
            for index in clips {
                shard.push(&[index as u8; CLIP_BYTES as usize], &record(index)).unwrap();
            }
        }
        // The process that writes was stopped in the midst of a record, or of a spectrogram.
        let append = |name: &str, bytes: &[u8]| {
            let mut file = OpenOptions::new().append(true).open(folder.join(name)).unwrap();
            file.write_all(bytes).unwrap();
        };
        append("0-of-2.jsonl", b"{\"index\":6,\"fo");
        append("1-of-2.mel", &[7; 1000]);

        let mut clips = Clips::open(&folder, 5).unwrap();
        let indices: Vec<u64> = clips.records.iter().map(|record| record.index).collect();
        assert_eq!(indices, [0, 2, 4, 1, 3]);
        for (place, index) in indices.into_iter().enumerate() {
            assert_eq!(clips.mel(place).unwrap(), vec![index as u8; CLIP_BYTES as usize]);
        }
        assert!(clips.mel(5).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
