//! Clips: the spans of recordings that the rows name, as log-mel spectrograms.
//!
//! Decoding, resampling, padding and spectrograms are those of captioning, so that training and
//! inference have the same input.

use super::pairs::{Pair, Place, Remark};
use anyhow::{Context, Result};
use musicap::audio::{AudioConfig, AudioReader, Chunker, LogMel, Resampler, Tail};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Minimum length of a clip in seconds; rows with less audio are skipped.
const MIN_CLIP_S: f64 = 0.5;

/// A caption and the clip that it describes.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub place: Place,
    pub recording: PathBuf,
    pub caption: String,
    /// Index of its log-mel spectrogram in the [`Spectra`].
    pub spectrum: usize,
}

/// Log-mel spectrograms in a file: a thousand clips of LP-MusicCaps are half a gigabyte.
pub struct Spectra {
    file: File,
    path: PathBuf,
    cells: usize,
    count: usize,
}

impl Spectra {
    /// Creates an empty file at `path` for spectrograms of `config`.
    pub fn create(path: PathBuf, config: &AudioConfig) -> Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        Ok(Spectra { file, path, cells: config.n_mels * config.frames(), count: 0 })
    }

    fn push(&mut self, decibels: impl Iterator<Item = f32>) -> Result<usize> {
        let bytes: Vec<u8> = decibels.flat_map(f32::to_le_bytes).collect();
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(&bytes).with_context(|| self.path.display().to_string())?;
        self.count += 1;
        Ok(self.count - 1)
    }

    /// Spectrogram `number` in decibels, `[n_mels, frames]` in row-major order.
    pub fn read(&mut self, number: usize) -> Result<Vec<f32>> {
        let mut bytes = vec![0; 4 * self.cells];
        self.file.seek(SeekFrom::Start((number * bytes.len()) as u64))?;
        self.file.read_exact(&mut bytes).with_context(|| self.path.display().to_string())?;
        Ok(bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
    }
}

impl Drop for Spectra {
    fn drop(&mut self) {
        // A temporary file that remains is no reason to fail.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The clips of `pairs` in order, with remarks on rows that are skipped, truncated or damaged. Each
/// recording is decoded once; `done` is called after each with the number of its rows.
///
/// # Errors
/// If the spectrograms cannot be written. Rows whose recording cannot be read are skipped.
pub fn load(
    pairs: Vec<Pair>,
    config: &AudioConfig,
    spectra: &mut Spectra,
    mut done: impl FnMut(usize),
) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let log_mel = LogMel::new(config)?;
    let mut recordings: Vec<(PathBuf, Vec<Pair>)> = Vec::new();
    for pair in pairs {
        match recordings.iter_mut().find(|(audio, _)| *audio == pair.audio) {
            Some((_, rows)) => rows.push(pair),
            None => recordings.push((pair.audio.clone(), vec![pair])),
        }
    }
    for (audio, pairs) in recordings {
        let rows = pairs.len();
        let mut extractor = Extractor::new(pairs, config);
        // Clips from before an error in the recording are valid.
        let failed = extractor.run(&audio, config, |pair, samples| {
            let mut chunker = Chunker::new(config, 0.0, Tail::Keep)?;
            chunker.push(samples);
            chunker.finish();
            let chunk = chunker.pop().context("no samples")?;
            let decibels = log_mel.compute(&chunk.samples);
            loaded.clips.push(Clip {
                place: pair.place,
                recording: audio.clone(),
                caption: pair.caption,
                spectrum: spectra.push(decibels.into_iter())?,
            });
            Ok(())
        })?;
        loaded.remarks.append(&mut extractor.remarks);
        let reason = |window: &Window| match &failed {
            Some(error) => error.to_string(),
            None => {
                let length = extractor.position as f64 / f64::from(config.sample_rate);
                format!(
                    "{:.1} s of audio from {:.1} s in a recording of {length:.1} s; at least {MIN_CLIP_S} s are required",
                    window.samples.len() as f64 / f64::from(config.sample_rate),
                    window.pair.start_s,
                )
            }
        };
        let left = extractor.windows.iter().map(|window| window.pair.place.remark(reason(window)));
        loaded.skipped.extend(left);
        done(rows);
    }
    loaded.clips.sort_by_key(|clip| clip.place.line);
    Ok(loaded)
}

/// The result of [`load`].
#[derive(Default)]
pub struct Loaded {
    pub clips: Vec<Clip>,
    /// Rows that are skipped, with the reasons.
    pub skipped: Vec<Remark>,
    /// Rows that are used with a change.
    pub remarks: Vec<Remark>,
}

/// The span of a row in a recording that is being decoded, in samples at the model's rate.
struct Window {
    pair: Pair,
    start: usize,
    length: usize,
    samples: Vec<f32>,
}

/// Extracts windows from a recording while it is decoded.
struct Extractor {
    windows: Vec<Window>,
    /// Number of samples processed.
    position: usize,
    remarks: Vec<Remark>,
    /// The row for remarks on the whole recording.
    first: Place,
    min_length: usize,
}

impl Extractor {
    fn new(pairs: Vec<Pair>, config: &AudioConfig) -> Self {
        let rate = f64::from(config.sample_rate);
        let first = pairs[0].place.clone();
        let mut remarks = Vec::new();
        let window = |pair: Pair| {
            let mut length = config.chunk_samples();
            if let Some(end_s) = pair.end_s {
                let seconds = end_s - pair.start_s;
                if seconds > config.chunk_seconds + 0.05 {
                    remarks.push(pair.place.remark(format!(
                        "{seconds:.1} s long; the first {} s are used",
                        config.chunk_seconds
                    )));
                }
                length = length.min((seconds * rate).round() as usize);
            }
            Window { start: (pair.start_s * rate).round() as usize, length, pair, samples: vec![] }
        };
        let windows = pairs.into_iter().map(window).collect();
        Extractor { windows, position: 0, remarks, first, min_length: (MIN_CLIP_S * rate) as usize }
    }

    /// Decodes `audio` as far as necessary and passes each window to `take`. Returns the error if the
    /// recording cannot be decoded; windows with too little audio remain.
    fn run(
        &mut self,
        audio: &Path,
        config: &AudioConfig,
        mut take: impl FnMut(Pair, &[f32]) -> Result<()>,
    ) -> Result<Option<musicap::Error>> {
        let mut reader = match AudioReader::open(audio) {
            Ok(reader) => reader,
            Err(error) => return Ok(Some(error)),
        };
        let mut resampler = match Resampler::new(reader.sample_rate(), config.sample_rate) {
            Ok(resampler) => resampler,
            Err(error) => return Ok(Some(error)),
        };
        let mut resampled = Vec::new();
        let mut failed = None;
        while !self.windows.is_empty() {
            resampled.clear();
            let more = match reader.next_block() {
                Ok(Some(block)) => {
                    resampler.process(block, &mut resampled);
                    true
                }
                Ok(None) => false,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            };
            if !more {
                resampler.finish(&mut resampled);
            }
            self.feed(&resampled);
            self.take_complete(!more, &mut take)?;
            if !more {
                break;
            }
        }
        let damage = reader.gaps().iter().map(|gap| self.first.remark(gap.to_string()));
        self.remarks.extend(damage);
        Ok(failed)
    }

    fn feed(&mut self, samples: &[f32]) {
        let (from, to) = (self.position, self.position + samples.len());
        for window in &mut self.windows {
            let (start, end) = (window.start.max(from), (window.start + window.length).min(to));
            if start < end {
                window.samples.extend(&samples[start - from..end - from]);
            }
        }
        self.position = to;
    }

    /// Passes on the windows that are complete, or at the `end` those that are long enough.
    fn take_complete(
        &mut self,
        end: bool,
        take: &mut impl FnMut(Pair, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let enough = |window: &Window, min_length: usize| {
            let full = window.samples.len() >= window.length;
            (full || end) && window.samples.len() >= min_length
        };
        let min_length = self.min_length;
        for window in self.windows.extract_if(.., |window| enough(window, min_length)) {
            take(window.pair, &window.samples)?;
        }
        Ok(())
    }
}
