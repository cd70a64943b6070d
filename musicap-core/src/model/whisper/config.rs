//! The transformer's numbers, under the names that Hugging Face's `WhisperConfig` gives them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::shape;

/// The shape of a Whisper model, as `config.json` states it. Keys that do not affect the shape are
/// ignored; missing keys have transformers' default values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WhisperConfig {
    /// Number of token ids.
    pub vocab_size: usize,
    /// Mel bands that the encoder reads.
    pub num_mel_bins: usize,
    /// Width of the hidden states.
    pub d_model: usize,
    /// Layers of the encoder.
    pub encoder_layers: usize,
    /// Layers of the decoder.
    pub decoder_layers: usize,
    /// Attention heads of an encoder layer.
    pub encoder_attention_heads: usize,
    /// Attention heads of a decoder layer.
    pub decoder_attention_heads: usize,
    /// Width of an encoder layer's feed-forward part.
    pub encoder_ffn_dim: usize,
    /// Width of a decoder layer's feed-forward part.
    pub decoder_ffn_dim: usize,
    /// Number of frames of the encoder's output, half as many as in a chunk's spectrogram.
    pub max_source_positions: usize,
    /// Longest sequence in tokens.
    pub max_target_positions: usize,
    /// Activation of the feed-forward part; only `gelu` (the exact, erf form) is supported.
    pub activation_function: String,
    /// Whether token embeddings are multiplied by √d_model.
    pub scale_embedding: bool,
    /// Whether the output layer is the embedding table; nothing else is supported.
    pub tie_word_embeddings: bool,
}

impl Default for WhisperConfig {
    /// What transformers 4.26 fills in.
    fn default() -> Self {
        WhisperConfig {
            vocab_size: 51_865,
            num_mel_bins: 80,
            d_model: 256,
            encoder_layers: 6,
            decoder_layers: 6,
            encoder_attention_heads: 4,
            decoder_attention_heads: 4,
            encoder_ffn_dim: 1_536,
            decoder_ffn_dim: 1_536,
            max_source_positions: 1_500,
            max_target_positions: 448,
            activation_function: "gelu".into(),
            scale_embedding: false,
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
        WhisperConfig::deserialize(Value::Object(keys.clone())).map_err(|reason| reason.to_string())
    }

    /// Checks the values, within bounds that no published Whisper model reaches but that keep a
    /// malicious file from requesting excessive memory.
    ///
    /// # Errors
    /// A sentence that names the invalid key and its value.
    pub fn validate_shape(&self) -> Result<(), String> {
        shape::check_ranges([
            ("vocab_size", self.vocab_size, shape::MAX_VOCAB),
            ("num_mel_bins", self.num_mel_bins, 1 << 10),
            ("d_model", self.d_model, shape::MAX_WIDTH),
            ("encoder_layers", self.encoder_layers, shape::MAX_LAYERS),
            ("decoder_layers", self.decoder_layers, shape::MAX_LAYERS),
            ("encoder_attention_heads", self.encoder_attention_heads, shape::MAX_HEADS),
            ("decoder_attention_heads", self.decoder_attention_heads, shape::MAX_HEADS),
            ("encoder_ffn_dim", self.encoder_ffn_dim, shape::MAX_FFN),
            ("decoder_ffn_dim", self.decoder_ffn_dim, shape::MAX_FFN),
            ("max_source_positions", self.max_source_positions, 1 << 12),
            ("max_target_positions", self.max_target_positions, shape::MAX_POSITIONS),
        ])?;
        shape::check_heads(
            self.d_model,
            self.encoder_attention_heads,
            self.decoder_attention_heads,
        )?;
        shape::check_activation(&self.activation_function)?;
        if !self.tie_word_embeddings {
            return Err("tie_word_embeddings is false, but only true is supported".into());
        }
        Ok(())
    }
}
