//! A held-out set: what is heard, and what may truly be said of it.

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use musicap::Pretrained;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clip::Record;
use crate::evaluator::{self, Evaluator};
use crate::features;
use crate::finetune::clips::{self, Spectra};
use crate::finetune::pairs::{self, Pair, Remark};
use crate::shard::{self, Clips};

/// Clips with their true captions.
pub struct Set {
    /// What the path is called.
    pub name: String,
    /// The true captions of each clip.
    pub references: Vec<Vec<String>>,
    /// The score of each clip, where the music was composed here.
    pub records: Option<Vec<Record>>,
    /// Rows of a CSV file that could not be used, and why.
    pub left_out: Vec<Remark>,
    sound: Sound,
}

enum Sound {
    /// Captions that were made elsewhere need none.
    Unheard,
    Shards(Clips),
    /// Decibels, and the number of each clip among them.
    Recordings(Spectra, Vec<usize>),
}

impl Set {
    /// The first `most` clips of a folder of shards, or stretches that a CSV file of pairs names,
    /// for `model` to hear.
    ///
    /// # Errors
    /// If it cannot be read or holds no clip, or the model hears other spectrograms than those
    /// in the shards. A row that cannot be used is left out.
    pub fn open(path: &Path, most: usize, model: &Pretrained) -> Result<Self> {
        if is_csv(path) {
            return Self::of_recordings(path, most, model);
        }
        evaluator::check_front_end(model)?;
        let mut clips = Clips::open(path, most)?;
        let records = std::mem::take(&mut clips.records);
        Ok(Self::of_records(path, records, Sound::Shards(clips)))
    }

    /// The same, or the scores of one JSONL file, without what is heard.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn unheard(path: &Path) -> Result<Self> {
        if is_csv(path) {
            let (stretches, left_out) = stretches(path)?;
            let references = stretches.into_iter().map(|stretch| stretch.captions).collect();
            let sound = Sound::Unheard;
            return Ok(Self { name: name(path), references, records: None, left_out, sound });
        }
        Ok(Self::of_records(path, shard::records(path)?, Sound::Unheard))
    }

    fn of_records(path: &Path, records: Vec<Record>, sound: Sound) -> Self {
        let references = records.iter().map(|record| record.captions.clone()).collect();
        Self { name: name(path), references, records: Some(records), left_out: Vec::new(), sound }
    }

    fn of_recordings(path: &Path, most: usize, model: &Pretrained) -> Result<Self> {
        let (mut stretches, mut left_out) = stretches(path)?;
        stretches.truncate(most);
        let audio = &model.config().audio;
        let mut spectra = Spectra::create(scratch_file(), audio)?;
        let progress = ProgressBar::new(stretches.len() as u64).with_prefix(name(path));
        progress.set_style(ProgressStyle::with_template(
            "{prefix} {bar:40} {pos}/{len} clips cut, {eta} left",
        )?);
        let mut captions = HashMap::new();
        let mut pairs = Vec::new();
        for stretch in stretches {
            captions.insert(stretch.pair.place.line, stretch.captions);
            pairs.push(stretch.pair);
        }
        let done = |rows| progress.inc(rows as u64);
        let loaded = clips::load(pairs, audio, &mut spectra, done)?;
        progress.finish_and_clear();
        for remark in &loaded.remarks {
            eprintln!("{remark}");
        }
        left_out.extend(loaded.skipped);
        let reasons: Vec<String> = left_out.iter().take(5).map(Remark::to_string).collect();
        let reasons = reasons.join("\n");
        ensure!(!loaded.clips.is_empty(), "{} has no row to use\n{reasons}", path.display());
        let lines = loaded.clips.iter().map(|clip| clip.place.line);
        let references = lines.map(|line| captions.remove(&line).unwrap_or_default()).collect();
        let numbers = loaded.clips.iter().map(|clip| clip.spectrum).collect();
        let sound = Sound::Recordings(spectra, numbers);
        Ok(Self { name: name(path), references, records: None, left_out, sound })
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
    pub fn captions(&mut self, evaluator: &Evaluator) -> Result<Vec<String>> {
        let clips = self.references.len();
        match &mut self.sound {
            Sound::Unheard => bail!("{} has no sound", self.name),
            Sound::Shards(shards) => evaluator.captions(&self.name, clips, |clip| {
                Ok(shards.mel(clip)?.into_iter().map(features::decibels).collect())
            }),
            Sound::Recordings(spectra, numbers) => {
                evaluator.captions(&self.name, clips, |clip| spectra.read(numbers[clip]))
            }
        }
    }
}

/// A stretch of a recording with all captions that its rows give it.
struct Stretch {
    /// The first of the rows.
    pair: Pair,
    captions: Vec<String>,
}

/// The stretches of a CSV file in the order of their first rows, and the rows that say none.
fn stretches(path: &Path) -> Result<(Vec<Stretch>, Vec<Remark>)> {
    let (pairs, left_out) = pairs::read(path)?;
    let mut places = HashMap::new();
    let mut stretches: Vec<Stretch> = Vec::new();
    for pair in pairs {
        let key = (pair.audio.clone(), pair.start_s.to_bits(), pair.end_s.map(f64::to_bits));
        let place = *places.entry(key).or_insert(stretches.len());
        let caption = pair.caption.clone();
        match stretches.get_mut(place) {
            Some(stretch) => stretch.captions.push(caption),
            None => stretches.push(Stretch { pair, captions: vec![caption] }),
        }
    }
    Ok((stretches, left_out))
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// A file for spectrograms that no other set has.
fn scratch_file() -> PathBuf {
    static SETS: AtomicU64 = AtomicU64::new(0);
    let set = SETS.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("musicap-evaluate-{}-{set}", std::process::id()))
}

/// The last part of a path, or what there is of it.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
