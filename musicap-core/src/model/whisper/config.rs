//! The transformer's numbers, under the names that Hugging Face's `WhisperConfig` gives them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::shape::{self, TransformerConfig};

/// The shape of a Whisper model, as `config.json` states it. Keys that do not affect the shape are
/// ignored; missing keys have transformers' default values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WhisperConfig {
    /// The numbers that encoder-decoder transformers have in common.
    #[serde(flatten)]
    pub transformer: TransformerConfig,
    /// Mel bands that the encoder reads.
    pub num_mel_bins: usize,
    /// Number of frames of the encoder's output, half as many as in a chunk's spectrogram.
    pub max_source_positions: usize,
    /// Longest sequence in tokens.
    pub max_target_positions: usize,
    /// Whether the output layer is the embedding table; nothing else is supported.
    pub tie_word_embeddings: bool,
}

impl Default for WhisperConfig {
    /// What transformers 4.26 fills in.
    fn default() -> Self {
        WhisperConfig {
            transformer: TransformerConfig {
                vocab_size: 51_865,
                d_model: 256,
                encoder_layers: 6,
                decoder_layers: 6,
                encoder_attention_heads: 4,
                decoder_attention_heads: 4,
                encoder_ffn_dim: 1_536,
                decoder_ffn_dim: 1_536,
                activation_function: "gelu".into(),
                scale_embedding: false,
            },
            num_mel_bins: 80,
            max_source_positions: 1_500,
            max_target_positions: 448,
            tie_word_embeddings: true,
        }
    }
}

impl WhisperConfig {
    /// The shape that the keys of a `config.json` describe.
    ///
    /// # Errors
    /// A sentence that names the invalid key.
    pub fn from_keys(keys: &Map<String, Value>) -> Result<Self, String> {
        shape::from_keys(keys)
    }

    /// Checks the values, within bounds that no published Whisper model reaches but that keep a
    /// malicious file from requesting excessive memory.
    ///
    /// # Errors
    /// A sentence that names the invalid key and its value.
    pub fn validate_shape(&self) -> Result<(), String> {
        self.transformer.check()?;
        shape::check_ranges([
            ("num_mel_bins", self.num_mel_bins, 1 << 10),
            ("max_source_positions", self.max_source_positions, 1 << 12),
            ("max_target_positions", self.max_target_positions, shape::MAX_POSITIONS),
        ])?;
        if !self.tie_word_embeddings {
            return Err("tie_word_embeddings is false, but only true is supported".into());
        }
        Ok(())
    }
}
