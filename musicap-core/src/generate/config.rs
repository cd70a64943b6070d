//! Generation settings, under Hugging Face's names.

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Result};

/// The most logits of a step for one chunk; 64 beams of BART's vocabulary are a fifth.
const MAX_LOGITS: usize = 1 << 24;

/// The most tokens that a list of tokens may have; Whisper suppresses some 90.
const MAX_LISTED: usize = 1 << 16;

/// Settings of beam search, greedy search and sampling, as in `config.json` and
/// `generation_config.json`. Missing keys have transformers' default values for BART.
///
/// ```
/// use musicap::generate::GenerationConfig;
///
/// let config = GenerationConfig::lp_music_caps().with(|config| config.num_beams = 1);
/// assert_eq!((config.num_beams, config.max_length), (1, 128));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GenerationConfig {
    /// Number of beams, 1 to 64, and at most 2²⁴ divided by the vocabulary size; 1 is greedy search.
    pub num_beams: usize,
    /// Length of the longest sequence in tokens, including the start token: 3 to the model's number of
    /// positions.
    pub max_length: usize,
    /// Length of the shortest sequence in tokens, including the start token; at most `max_length`.
    pub min_length: usize,
    /// No n-gram of this length may occur twice; 0 disables this.
    pub no_repeat_ngram_size: usize,
    /// Lowers the scores of tokens that have occurred; above 0, 1 disables this.
    pub repetition_penalty: f32,
    /// Exponent of the length by which a hypothesis's summed log-probabilities are divided to get
    /// its score, −10 to 10.
    pub length_penalty: f32,
    /// Whether beam search ends as soon as it has `num_beams` finished hypotheses.
    pub early_stopping: bool,
    /// Whether tokens are sampled; `num_beams` is then ignored.
    pub do_sample: bool,
    /// Sampling: logits are divided by this; above 0.
    pub temperature: f32,
    /// Sampling: number of most likely tokens that are candidates; 0 keeps all.
    pub top_k: usize,
    /// Sampling: only the most likely tokens that together reach this probability are candidates;
    /// above 0, 1 keeps all.
    pub top_p: f32,
    /// Sampling: the seed. The same seed gives the same captions.
    pub seed: u64,
    /// How often a caption that repeats itself (see [`is_degenerate`](super::is_degenerate)) is
    /// sampled again, with a repetition penalty: 0 to 16. 0 keeps it, as transformers does. This
    /// key is specific to musicap.
    pub repetition_retries: usize,
    /// The token that starts the decoder.
    pub decoder_start_token_id: u32,
    /// The token that ends a caption.
    pub eos_token_id: u32,
    /// The token that is forced after the start token, if any.
    #[serde(deserialize_with = "nullable")]
    pub forced_bos_token_id: Option<u32>,
    /// The token that is forced last at `max_length`, if any.
    #[serde(deserialize_with = "nullable")]
    pub forced_eos_token_id: Option<u32>,
    /// Tokens that are forced at given positions, in ascending order, such as Whisper's prompt. The
    /// start token is at position 0.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub forced_decoder_ids: Vec<(usize, u32)>,
    /// Tokens that are never generated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppress_tokens: Vec<u32>,
    /// Tokens that are not generated directly after those forced at the start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub begin_suppress_tokens: Vec<u32>,
}

/// `null` means that nothing is forced.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
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
            forced_decoder_ids: Vec::new(),
            suppress_tokens: Vec::new(),
            begin_suppress_tokens: Vec::new(),
        }
    }
}

impl GenerationConfig {
    /// These settings with changes.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The settings that LP-MusicCaps uses: its own arguments, which override bart-base's
    /// configuration.
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

    /// The settings for sampling a degenerate caption again, for the `attempt`th time.
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

    /// Checks the settings against a model's vocabulary size and longest sequence.
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
            check(positive(value), name, &value, "above 0 and finite".into())?;
        }
        check(self.top_p <= 1.0, "top_p", &self.top_p, "above 0, at most 1".into())?;
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
        let forced = self.forced_decoder_ids.iter().map(|&(_, token)| token).collect();
        for (name, tokens) in [
            ("forced_decoder_ids", &forced),
            ("suppress_tokens", &self.suppress_tokens),
            ("begin_suppress_tokens", &self.begin_suppress_tokens),
        ] {
            if let Some(wrong) = tokens.iter().find(|&&token| token as usize >= vocab_size) {
                let expected = format!("below vocab_size {vocab_size}");
                return Err(Error::option(name, wrong, expected));
            }
            check(
                tokens.len() <= MAX_LISTED,
                name,
                &tokens.len(),
                format!("at most {MAX_LISTED} tokens"),
            )?;
        }
        let positions = || self.forced_decoder_ids.iter().map(|&(position, _)| position);
        if let Some(wrong) = positions().find(|position| !(1..max_length).contains(position)) {
            let expected = format!("at positions 1 to {}", max_length - 1);
            return Err(Error::option("forced_decoder_ids", wrong, expected));
        }
        let ascending = positions().is_sorted_by(|a, b| a < b);
        check(ascending, "forced_decoder_ids", &"not sorted", "in ascending order".into())
    }
}
