//! What a model says of clips: the core's own search, under the settings that users get.

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use musicap::audio::{AudioConfig, Pad};
use musicap::checkpoint::Precision;
use musicap::generate::GenerationConfig;
use musicap::{Captioner, LoadOptions, Pretrained};
use ndarray::Array3;

use crate::features;

/// A model that is ready to be measured.
pub struct Listener {
    captioner: Captioner,
    tokenizer: musicap::Tokenizer,
    /// How it searches.
    pub generation: GenerationConfig,
    batch: usize,
}

impl Listener {
    /// Loads `model` at `precision`. It follows `beams` hypotheses, or as many as it says itself,
    /// and hears `batch` clips at once, at least one.
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
        Ok(Self {
            captioner: Captioner::load(model, &options)?,
            tokenizer: model.tokenizer().clone(),
            generation,
            batch: batch.max(1),
        })
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
        mut mel: impl FnMut(usize) -> Result<Vec<f32>>,
    ) -> Result<Vec<String>> {
        let audio = &self.captioner.config().audio;
        let progress = ProgressBar::new(clips as u64).with_prefix(name.to_owned());
        progress.set_style(ProgressStyle::with_template(
            "{prefix} {bar:40} {pos}/{len} clips, {per_sec}, {eta} left",
        )?);
        let indices: Vec<usize> = (0..clips).collect();
        let mut captions = Vec::with_capacity(clips);
        for batch in indices.chunks(self.batch) {
            let mut cells = Vec::new();
            for &clip in batch {
                cells.extend(mel(clip)?);
            }
            let shape = (batch.len(), audio.n_mels, audio.frames());
            let mel = Array3::from_shape_vec(shape, cells)
                .with_context(|| format!("{name}: spectrograms are not {shape:?}"))?;
            for said in self.captioner.generate_from_mel(mel, batch, &self.generation)? {
                captions.push(self.tokenizer.decode(&said.tokens)?);
            }
            progress.inc(batch.len() as u64);
        }
        progress.finish_and_clear();
        Ok(captions)
    }
}

/// Checks that a model hears what shards hold.
///
/// # Errors
/// If its front end makes other spectrograms.
pub fn check_front_end(model: &Pretrained) -> Result<()> {
    // Padding does not change what a spectrogram holds.
    let bare = |audio: &AudioConfig| AudioConfig { pad: Pad::Zero, ..audio.clone() };
    ensure!(
        bare(&model.config().audio) == bare(&features::audio_config()),
        "{} has another front end than the spectrograms in the shards; measure it on recordings, \
         named by a CSV file of pairs",
        model.name()
    );
    Ok(())
}
