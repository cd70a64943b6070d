//! The transformer's numbers, under the names that Hugging Face's `BartConfig` gives them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::audio::AudioConfig;
use crate::model::shape;

/// The shape of a BART model, as `config.json` states it. Keys that do not affect the shape are
/// ignored; missing keys have bart-base's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BartConfig {
    /// Number of token ids.
    pub vocab_size: usize,
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
    /// Longest sequence in tokens, before the two rows that BART's position table adds.
    pub max_position_embeddings: usize,
    /// Activation of the feed-forward part; only `gelu` (the exact, erf form) is supported.
    pub activation_function: String,
    /// Whether token embeddings are multiplied by √d_model.
    pub scale_embedding: bool,
    /// Convolutions of LP-MusicCaps' audio encoder: the first keeps the frame rate, each other
    /// halves it. This key is specific to musicap.
    pub conv_layers: usize,
}

impl Default for BartConfig {
    /// The shape of `facebook/bart-base`, on which LP-MusicCaps is built.
    fn default() -> Self {
        BartConfig {
            vocab_size: 50_265,
            d_model: 768,
            encoder_layers: 6,
            decoder_layers: 6,
            encoder_attention_heads: 12,
            decoder_attention_heads: 12,
            encoder_ffn_dim: 3_072,
            decoder_ffn_dim: 3_072,
            max_position_embeddings: 1_024,
            activation_function: "gelu".into(),
            scale_embedding: false,
            conv_layers: 6,
        }
    }
}

impl BartConfig {
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
        BartConfig::deserialize(Value::Object(keys.clone())).map_err(|reason| reason.to_string())
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
        shape::check_ranges([
            ("vocab_size", self.vocab_size, shape::MAX_VOCAB),
            ("d_model", self.d_model, shape::MAX_WIDTH),
            ("encoder_layers", self.encoder_layers, shape::MAX_LAYERS),
            ("decoder_layers", self.decoder_layers, shape::MAX_LAYERS),
            ("encoder_attention_heads", self.encoder_attention_heads, shape::MAX_HEADS),
            ("decoder_attention_heads", self.decoder_attention_heads, shape::MAX_HEADS),
            ("encoder_ffn_dim", self.encoder_ffn_dim, shape::MAX_FFN),
            ("decoder_ffn_dim", self.decoder_ffn_dim, shape::MAX_FFN),
            ("max_position_embeddings", self.max_position_embeddings, shape::MAX_POSITIONS),
            ("conv_layers", self.conv_layers, 16),
        ])?;
        shape::check_heads(
            self.d_model,
            self.encoder_attention_heads,
            self.decoder_attention_heads,
        )?;
        // The sinusoidal table of the audio encoder has two halves.
        if !self.d_model.is_multiple_of(2) {
            return Err(format!("d_model is {}, but must be even", self.d_model));
        }
        shape::check_activation(&self.activation_function)?;
        Ok(())
    }
}
