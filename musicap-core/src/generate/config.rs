//! How captions are generated: Hugging Face's settings, by their names.

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Result};

/// The most logits of a step for one chunk; 64 beams of BART's vocabulary are a fifth.
const MAX_LOGITS: usize = 1 << 24;

/// Settings of beam search, greedy search and sampling, as `config.json` and
/// `generation_config.json` state them. Missing keys have the values that transformers gives
/// them for BART.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerationConfig {
    /// Hypotheses followed at once; 1 is greedy search.
    pub num_beams: usize,
    /// Longest sequence in tokens, the start token included.
    pub max_length: usize,
    /// No end before the sequence has this many tokens, the start token included.
    pub min_length: usize,
    /// No n-gram of this length occurs twice; 0 lets all pass.
    pub no_repeat_ngram_size: usize,
    /// Divides what speaks for tokens that have occurred; 1 changes nothing.
    pub repetition_penalty: f32,
    /// A hypothesis' score is the sum of its log-probabilities over its length to this power.
    pub length_penalty: f32,
    /// Whether beam search ends as soon as it has `num_beams` finished hypotheses.
    pub early_stopping: bool,
    /// Whether tokens are drawn at random instead of searched for; `num_beams` then does not
    /// matter.
    pub do_sample: bool,
    /// Sampling: logits are divided by this.
    pub temperature: f32,
    /// Sampling: only this many of the likeliest tokens are drawn from; 0 lets all pass.
    pub top_k: usize,
    /// Sampling: only the likeliest tokens that together reach this probability are drawn from.
    pub top_p: f32,
    /// Sampling: captions are the same for the same seed.
    pub seed: u64,
    /// How often a caption that repeats itself (see [`is_degenerate`](super::is_degenerate)) is
    /// sampled again, with a repetition penalty: 0 to 16. 0 keeps it, as transformers does; the
    /// key is musicap's.
    pub repetition_retries: usize,
    /// The token that starts the decoder.
    pub decoder_start_token_id: u32,
    /// The token that ends a caption.
    pub eos_token_id: u32,
    /// The token that must come first, if one must.
    #[serde(deserialize_with = "nullable")]
    pub forced_bos_token_id: Option<u32>,
    /// The token that must come last at the greatest length, if one must.
    #[serde(deserialize_with = "nullable")]
    pub forced_eos_token_id: Option<u32>,
}

/// `null` is a value of its own here: nothing is forced.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(deserializer)
}

impl Default for GenerationConfig {
    fn default() -> Self {
        GenerationConfig {
            num_beams: 1,
            max_length: 20,
            min_length: 0,
            no_repeat_ngram_size: 0,
            repetition_penalty: 1.0,
            length_penalty: 1.0,
            early_stopping: false,
            do_sample: false,
            temperature: 1.0,
            top_k: 50,
            top_p: 1.0,
            seed: 0,
            repetition_retries: 0,
            decoder_start_token_id: 2,
            eos_token_id: 2,
            forced_bos_token_id: None,
            forced_eos_token_id: Some(2),
        }
    }
}

impl GenerationConfig {
    /// What is in effect when LP-MusicCaps captions: its own arguments over bart-base's config.
    pub fn lp_music_caps() -> Self {
        GenerationConfig {
            num_beams: 5,
            max_length: 128,
            min_length: 2,
            no_repeat_ngram_size: 3,
            early_stopping: true,
            forced_bos_token_id: Some(0),
            ..GenerationConfig::default()
        }
    }

    /// The settings for drawing a caption anew that has run into a loop, for the `attempt`th time.
    pub(crate) fn retry(&self, attempt: usize) -> Self {
        GenerationConfig {
            do_sample: true,
            temperature: 0.7,
            top_k: 50,
            top_p: 0.9,
            repetition_penalty: self.repetition_penalty.max(1.2),
            seed: self.seed.wrapping_add(attempt as u64),
            repetition_retries: 0,
            ..self.clone()
        }
    }

    /// Checks the settings against a model's vocabulary and its longest sequence.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] names the first setting that is out of its range.
    pub fn validate(&self, vocab_size: usize, max_positions: usize) -> Result<()> {
        let check = |ok: bool, name, value: &dyn ToString, expected: String| match ok {
            true => Ok(()),
            false => Err(Error::option(name, value.to_string(), expected)),
        };
        let Self { num_beams, max_length, min_length, .. } = *self;
        check((1..=64).contains(&num_beams), "num_beams", &num_beams, "1 to 64".into())?;
        // Every beam has its logits, so that a model of few megabytes might ask for gigabytes.
        let logits_ok = num_beams.saturating_mul(vocab_size) <= MAX_LOGITS;
        let expected =
            format!("at most {} with vocab_size {vocab_size}", MAX_LOGITS / vocab_size.max(1));
        check(logits_ok, "num_beams", &num_beams, expected)?;
        let max_ok = (3..=max_positions).contains(&max_length);
        check(max_ok, "max_length", &max_length, format!("3 to the model's {max_positions}"))?;
        let min_ok = min_length <= max_length;
        check(min_ok, "min_length", &min_length, format!("at most max_length {max_length}"))?;
        let retries = self.repetition_retries;
        check(retries <= 16, "repetition_retries", &retries, "at most 16".into())?;
        let positive = |value: f32| value > 0.0 && value.is_finite();
        for (name, value) in [
            ("repetition_penalty", self.repetition_penalty),
            ("temperature", self.temperature),
            ("top_p", self.top_p),
        ] {
            check(positive(value), name, &value, "above 0".into())?;
        }
        let length_ok = (-10.0..=10.0).contains(&self.length_penalty);
        check(length_ok, "length_penalty", &self.length_penalty, "-10 to 10".into())?;
        for (name, token) in [
            ("decoder_start_token_id", Some(self.decoder_start_token_id)),
            ("eos_token_id", Some(self.eos_token_id)),
            ("forced_bos_token_id", self.forced_bos_token_id),
            ("forced_eos_token_id", self.forced_eos_token_id),
        ] {
            let Some(token) = token else { continue };
            let expected = format!("below vocab_size {vocab_size}");
            check((token as usize) < vocab_size, name, &token, expected)?;
        }
        Ok(())
    }
}
