//! Captions of clips by a model: the core's own search, with the settings that users get.

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use musicap::audio::{AudioConfig, ChunkSpan, Pad};
use musicap::caption::Caption;
use musicap::checkpoint::Precision;
use musicap::generate::GenerationConfig;
use musicap::{CaptionOptions, Captioner, LoadOptions, Pretrained};
use ndarray::Array3;
use std::path::Path;

use crate::features;

/// A model that is ready to be measured.
pub struct Evaluator {
    captioner: Captioner,
    /// How it searches.
    pub generation: GenerationConfig,
    batch: usize,
}

impl Evaluator {
    /// Loads `model` at `precision`, to search with `beams` beams (`None`: the model's own number)
    /// and to caption `batch` clips at once, at least one.
    ///
    /// # Errors
    /// As [`Captioner::load`].
    pub fn load(
        model: &Pretrained,
        precision: Precision,
        beams: Option<usize>,
        batch: usize,
    ) -> Result<Self> {
        let options = LoadOptions::default().with_precision(precision);
        let mut generation = model.config().generation.clone();
        generation.num_beams = beams.unwrap_or(generation.num_beams);
        Ok(Self { captioner: Captioner::load(model, &options)?, generation, batch: batch.max(1) })
    }

    /// The captions of `clips` clips whose log-mel spectrograms, in decibels and band by band,
    /// `mel` gives. `name` stands before the bar.
    ///
    /// # Errors
    /// If a spectrogram cannot be read, has another size than the model's, or the model fails.
    pub fn captions(
        &self,
        name: &str,
        clips: usize,
        mel: impl FnMut(usize) -> Result<Vec<f32>>,
    ) -> Result<Vec<String>> {
        let captions = self.scored_captions(name, clips, mel)?;
        Ok(captions.into_iter().map(|caption| caption.text).collect())
    }

    /// The same with their scores.
    ///
    /// # Errors
    /// As [`captions`](Self::captions).
    pub fn scored_captions(
        &self,
        name: &str,
        clips: usize,
        mut mel: impl FnMut(usize) -> Result<Vec<f32>>,
    ) -> Result<Vec<Caption>> {
        let audio = &self.captioner.config().audio;
        let progress = ProgressBar::new(clips as u64).with_prefix(name.to_owned());
        progress.set_style(ProgressStyle::with_template(
            "{prefix} {bar:40} {pos}/{len} clips, {per_sec}, {eta} left",
        )?);
        let indices: Vec<usize> = (0..clips).collect();
        let mut captions = Vec::with_capacity(clips);
        let options = CaptionOptions::default().with_generation(self.generation.clone());
        for batch in indices.chunks(self.batch) {
            let mut cells = Vec::new();
            for &clip in batch {
                cells.extend(mel(clip)?);
            }
            let shape = (batch.len(), audio.n_mels, audio.frames());
            let mel = Array3::from_shape_vec(shape, cells)
                .with_context(|| format!("{name}: spectrograms are not {shape:?}"))?;
            let spans: Vec<ChunkSpan> = batch
                .iter()
                .map(|&index| ChunkSpan { index, start_s: 0.0, end_s: audio.chunk_seconds })
                .collect();
            captions.extend(self.captioner.caption_features(mel, &spans, &options)?);
            progress.inc(batch.len() as u64);
        }
        progress.finish_and_clear();
        Ok(captions)
    }
}

/// The model of a path or a hub id, or the embedded one. Says what is to be known of how it was opened.
///
/// # Errors
/// Those of [`Pretrained::open`].
pub fn open_model(model: Option<&Path>) -> Result<Pretrained> {
    let model = model.map_or_else(Pretrained::embedded, Pretrained::open)?;
    if let Some(note) = model.note() {
        eprintln!("musicap-train: {note}");
    }
    Ok(model)
}

/// Checks that a model's front end makes the spectrograms that shards hold.
///
/// # Errors
/// If its front end makes other spectrograms.
pub fn check_front_end(model: &Pretrained) -> Result<()> {
    // Padding does not change what a spectrogram holds.
    let bare = |audio: &AudioConfig| audio.clone().with(|config| config.pad = Pad::Zero);
    ensure!(
        bare(&model.config().audio) == bare(&features::audio_config()),
        "{} has another front end than the spectrograms in the shards; measure it on recordings, \
         named by a CSV file of pairs",
        model.name()
    );
    Ok(())
}
