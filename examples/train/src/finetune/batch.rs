//! Clips to the tensors of one step: spectrograms, perhaps varied, and tokens.

use super::clips::{Clip, Spectra};
use super::vary::vary;
use crate::dice::Dice;
use anyhow::{Result, ensure};
use burn::tensor::{Device, Int, Tensor, TensorData};
use musicap::Tokenizer;
use musicap::checkpoint::ModelConfig;

/// What fills up the decoder's input after a caption's end. Nothing sees it: the decoder looks
/// back only, and no loss is taken there.
const PADDING: u32 = 1;

/// A caption as the decoder is taught it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// What the decoder is given: the start token, then the caption without its last token.
    pub input: Vec<u32>,
    /// What it shall answer: BART's opening token, the caption, the end token.
    pub target: Vec<u32>,
    /// Whether the caption was longer than the model's captions may be.
    pub cut: bool,
}

impl Lesson {
    /// The lesson of `caption`.
    ///
    /// # Errors
    /// If the tokenizer cannot write the caption down.
    pub fn new(caption: &str, tokenizer: &Tokenizer, config: &ModelConfig) -> Result<Self> {
        let words = tokenizer.encode(caption)?;
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        ensure!(
            bare(&tokenizer.decode(&words)?) == bare(caption),
            "the model's tokenizer cannot write all of its characters"
        );
        let generation = &config.generation;
        let mut target = Vec::from_iter(generation.forced_bos_token_id);
        target.extend(words);
        target.push(generation.eos_token_id);
        let longest = generation.max_length.min(config.architecture().max_positions()) - 1;
        let cut = target.len() > longest;
        // The end is left out with the rest: a caption must not be taught to stop half-way.
        target.truncate(longest);
        let mut input = vec![generation.decoder_start_token_id];
        input.extend(&target[..target.len() - 1]);
        Ok(Lesson { input, target, cut })
    }
}

/// The tensors of some clips.
pub struct Batch {
    /// `[clips, n_mels, frames]` decibels.
    pub mel: Tensor<3>,
    /// `[clips, length]`, row by row: what the decoder is given.
    pub input: Vec<u32>,
    /// Where in the flattened input answers are asked for, `[tokens]`.
    pub asked: Tensor<1, Int>,
    /// The right answers, `[tokens]`.
    pub target: Tensor<1, Int>,
    /// Answers asked for.
    pub tokens: usize,
}

/// Puts clips into a [`Batch`] on `device`; `dice` vary the spectrograms, one for each clip.
///
/// # Errors
/// If the spectrograms cannot be read.
pub fn batch(
    clips: &[(&Clip, &Lesson)],
    spectra: &mut Spectra,
    config: &ModelConfig,
    mut dice: Option<&mut dyn FnMut(usize) -> Dice>,
    device: &Device,
) -> Result<Batch> {
    let (n_mels, frames) = (config.audio.n_mels, config.audio.frames());
    let length = clips.iter().map(|(_, lesson)| lesson.input.len()).max().unwrap_or(0);
    let mut mel = Vec::with_capacity(clips.len() * n_mels * frames);
    let mut input: Vec<u32> = Vec::with_capacity(clips.len() * length);
    let (mut asked, mut target): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    for (row, (clip, lesson)) in clips.iter().enumerate() {
        let mut decibels = spectra.read(clip.spectrum)?;
        if let Some(dice) = &mut dice {
            vary(&mut decibels, frames, &config.audio, &mut dice(clip.spectrum));
        }
        mel.append(&mut decibels);
        let padded = lesson.input.iter().copied().chain(std::iter::repeat(PADDING));
        input.extend(padded.take(length));
        asked.extend((row * length..).take(lesson.target.len()).map(|at| at as i64));
        target.extend(lesson.target.iter().map(|&token| i64::from(token)));
    }
    let tokens = target.len();
    Ok(Batch {
        mel: Tensor::from_data(TensorData::new(mel, [clips.len(), n_mels, frames]), device),
        input,
        asked: Tensor::from_data(TensorData::new(asked, [tokens]), device),
        target: Tensor::from_data(TensorData::new(target, [tokens]), device),
        tokens,
    })
}
