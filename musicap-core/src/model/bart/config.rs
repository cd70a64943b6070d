//! The transformer's numbers, under the names that Hugging Face's `BartConfig` gives them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::audio::AudioConfig;
use crate::model::shape::{self, TransformerConfig};

/// The shape of a BART model, as `config.json` states it. Keys that do not affect the shape are
/// ignored; missing keys have bart-base's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BartConfig {
    /// The numbers that encoder-decoder transformers have in common.
    #[serde(flatten)]
    pub transformer: TransformerConfig,
    /// Longest sequence in tokens, before the two rows that BART's position table adds.
    pub max_position_embeddings: usize,
    /// Convolutions of LP-MusicCaps' audio encoder: the first keeps the frame rate, each other
    /// halves it. This key is specific to musicap.
    pub conv_layers: usize,
}

impl Default for BartConfig {
    /// The shape of `facebook/bart-base`, on which LP-MusicCaps is built.
    fn default() -> Self {
        BartConfig {
            transformer: TransformerConfig {
                vocab_size: 50_265,
                d_model: 768,
                encoder_layers: 6,
                decoder_layers: 6,
                encoder_attention_heads: 12,
                decoder_attention_heads: 12,
                encoder_ffn_dim: 3_072,
                decoder_ffn_dim: 3_072,
                activation_function: "gelu".into(),
                scale_embedding: false,
            },
            max_position_embeddings: 1_024,
            conv_layers: 6,
        }
    }
}

impl BartConfig {
    /// This shape with changes.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The shape that the keys of a `config.json` describe. `audio.conv_layers`, an alternative to
    /// `conv_layers`, is removed from `keys`.
    ///
    /// # Errors
    /// A sentence that names the invalid key.
    pub fn from_keys(keys: &mut Map<String, Value>) -> Result<Self, String> {
        let audio = keys.get_mut("audio").and_then(Value::as_object_mut);
        if let Some(layers) = audio.and_then(|audio| audio.remove("conv_layers")) {
            keys.insert("conv_layers".into(), layers);
        }
        shape::from_keys(keys)
    }

    /// Number of frames that the audio encoder outputs for one chunk of the front end `audio`.
    pub fn frames(&self, audio: &AudioConfig) -> usize {
        (1..self.conv_layers).fold(audio.frames(), |frames, _| frames.div_ceil(2))
    }

    /// Checks that a model of this shape can be built, within bounds that no known BART model
    /// reaches but that keep a malicious file from requesting excessive memory.
    ///
    /// # Errors
    /// A sentence that names the invalid key and its value.
    pub fn validate_shape(&self) -> Result<(), String> {
        self.transformer.check()?;
        shape::check_ranges([
            ("max_position_embeddings", self.max_position_embeddings, shape::MAX_POSITIONS),
            ("conv_layers", self.conv_layers, 16),
        ])?;
        // The sinusoidal table of the audio encoder has two halves.
        if !self.transformer.d_model.is_multiple_of(2) {
            return Err(format!("d_model is {}, but must be even", self.transformer.d_model));
        }
        Ok(())
    }
}
