//! Batches: clips as tensors of (augmented) spectrograms and tokens.

use super::augment::augment;
use super::clips::{Clip, Spectra};
use crate::rng::Rng;
use anyhow::{Result, ensure};
use burn::tensor::{Device, Int, Tensor, TensorData};
use musicap::Tokenizer;
use musicap::checkpoint::ModelConfig;

/// Padding of the decoder's input after the end of a caption. It has no effect: attention is causal,
/// and there is no loss at these positions.
const PADDING: u32 = 1;

/// A training example: the decoder's input and target for a caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The decoder's input: the start token, then the caption without its last token.
    pub input: Vec<u32>,
    /// The target: BART's opening token, the caption, the end token.
    pub target: Vec<u32>,
    /// Whether the caption was longer than the model's maximum length.
    pub truncated: bool,
}

impl Example {
    /// The example for `caption`.
    ///
    /// # Errors
    /// If the tokenizer cannot encode the caption.
    pub fn new(caption: &str, tokenizer: &Tokenizer, config: &ModelConfig) -> Result<Self> {
        let words = tokenizer.encode(caption)?;
        let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
        ensure!(
            without_spaces(&tokenizer.decode(&words)?) == without_spaces(caption),
            "the model's tokenizer cannot encode all of its characters"
        );
        let generation = &config.generation;
        let mut target = Vec::from_iter(generation.forced_bos_token_id);
        target.extend(words);
        target.push(generation.eos_token_id);
        let longest = generation.max_length.min(config.architecture().max_positions()) - 1;
        let truncated = target.len() > longest;
        // This removes the end token too: a caption must not end in the middle.
        target.truncate(longest);
        let mut input = vec![generation.decoder_start_token_id];
        input.extend(&target[..target.len() - 1]);
        Ok(Example { input, target, truncated })
    }
}

/// The tensors of some clips.
pub struct Batch {
    /// `[clips, n_mels, frames]` decibels.
    pub mel: Tensor<3>,
    /// The decoder's input, `[clips, length]` in row-major order.
    pub input: Vec<u32>,
    /// Positions in the flattened input that have targets, `[tokens]`.
    pub positions: Tensor<1, Int>,
    /// The target tokens, `[tokens]`.
    pub target: Tensor<1, Int>,
    /// Number of targets.
    pub tokens: usize,
}

/// Makes a [`Batch`] of clips on `device`; `rng` gives the random numbers that augment a clip, or
/// `None` for no augmentation.
///
/// # Errors
/// If the spectrograms cannot be read.
pub fn batch(
    clips: &[(&Clip, &Example)],
    spectra: &mut Spectra,
    config: &ModelConfig,
    mut rng: Option<&mut dyn FnMut(usize) -> Rng>,
    device: &Device,
) -> Result<Batch> {
    let (n_mels, frames) = (config.audio.n_mels, config.audio.frames());
    let length = clips.iter().map(|(_, example)| example.input.len()).max().unwrap_or(0);
    let mut mel = Vec::with_capacity(clips.len() * n_mels * frames);
    let mut input: Vec<u32> = Vec::with_capacity(clips.len() * length);
    let (mut positions, mut target): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    for (row, (clip, example)) in clips.iter().enumerate() {
        let mut decibels = spectra.read(clip.spectrum)?;
        if let Some(rng) = &mut rng {
            augment(&mut decibels, frames, &config.audio, &mut rng(clip.spectrum));
        }
        mel.append(&mut decibels);
        let padded = example.input.iter().copied().chain(std::iter::repeat(PADDING));
        input.extend(padded.take(length));
        positions
            .extend((row * length..).take(example.target.len()).map(|position| position as i64));
        target.extend(example.target.iter().map(|&token| i64::from(token)));
    }
    let tokens = target.len();
    Ok(Batch {
        mel: Tensor::from_data(TensorData::new(mel, [clips.len(), n_mels, frames]), device),
        input,
        positions: Tensor::from_data(TensorData::new(positions, [tokens]), device),
        target: Tensor::from_data(TensorData::new(target, [tokens]), device),
        tokens,
    })
}
