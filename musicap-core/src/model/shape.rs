//! What encoder-decoder transformers have in common: the keys of `config.json`, their bounds, which
//! no published model reaches but which keep a malicious file from requesting excessive memory, and
//! the memory that decoding takes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::architecture::ChunkMemory;

/// The largest vocabulary.
const MAX_VOCAB: usize = 1 << 20;
/// The largest width of hidden states.
const MAX_WIDTH: usize = 1 << 13;
/// The most layers of an encoder or decoder.
const MAX_LAYERS: usize = 64;
/// The most attention heads of a layer.
const MAX_HEADS: usize = 128;
/// The largest width of a feed-forward part.
const MAX_FFN: usize = 1 << 15;
/// The longest sequence of tokens.
pub(super) const MAX_POSITIONS: usize = 1 << 16;

/// The numbers that the encoder-decoder transformers of Hugging Face have in common, under their
/// names in `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransformerConfig {
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
    /// Activation of the feed-forward part; only `gelu` (the exact, erf form) is supported.
    pub activation_function: String,
    /// Whether token embeddings are multiplied by √d_model.
    pub scale_embedding: bool,
}

impl TransformerConfig {
    /// What token embeddings are multiplied by.
    pub(super) fn embed_scale(&self) -> f64 {
        if self.scale_embedding { (self.d_model as f64).sqrt() } else { 1.0 }
    }

    /// Memory for one chunk with `rows` hypotheses of up to `length` tokens, whose encoder needs
    /// `encoder`.
    pub(super) fn chunk_memory(
        &self,
        encoder: EncoderMemory,
        rows: usize,
        length: usize,
    ) -> ChunkMemory {
        let (d_model, layers) = (self.d_model as u64, self.decoder_layers as u64);
        let (rows, length) = (rows as u64, length as u64);
        let logits = rows * self.vocab_size as u64;
        let token_keys = rows * length * d_model;
        let token_cache = 2 * layers * token_keys;
        let audio_cache = 2 * layers * encoder.frames * d_model;
        ChunkMemory {
            // Without paged caches, rows are copied when they are reordered.
            total: encoder.total + audio_cache + 2 * token_cache + 4 * logits,
            decoding: audio_cache + token_cache + logits,
            largest: encoder.largest.max(logits).max(token_keys),
        }
    }

    /// Checks that a transformer of this shape can be built.
    ///
    /// # Errors
    /// A sentence that names the invalid key and its value.
    pub(super) fn check(&self) -> Result<(), String> {
        check_ranges([
            ("vocab_size", self.vocab_size, MAX_VOCAB),
            ("d_model", self.d_model, MAX_WIDTH),
            ("encoder_layers", self.encoder_layers, MAX_LAYERS),
            ("decoder_layers", self.decoder_layers, MAX_LAYERS),
            ("encoder_attention_heads", self.encoder_attention_heads, MAX_HEADS),
            ("decoder_attention_heads", self.decoder_attention_heads, MAX_HEADS),
            ("encoder_ffn_dim", self.encoder_ffn_dim, MAX_FFN),
            ("decoder_ffn_dim", self.decoder_ffn_dim, MAX_FFN),
        ])?;
        for (key, heads) in [
            ("encoder_attention_heads", self.encoder_attention_heads),
            ("decoder_attention_heads", self.decoder_attention_heads),
        ] {
            if !self.d_model.is_multiple_of(heads) {
                return Err(format!("d_model {} is not divisible by {key} {heads}", self.d_model));
            }
        }
        match &self.activation_function[..] {
            "gelu" => Ok(()),
            other => {
                Err(format!("activation_function is \"{other}\", but only \"gelu\" is supported"))
            }
        }
    }
}

/// Checks that each value is 1 to its greatest.
///
/// # Errors
/// A sentence that names the key at fault and its value.
pub(super) fn check_ranges(
    values: impl IntoIterator<Item = (&'static str, usize, usize)>,
) -> Result<(), String> {
    for (key, value, max) in values {
        if !(1..=max).contains(&value) {
            return Err(format!("{key} is {value}, but must be 1 to {max}"));
        }
    }
    Ok(())
}

/// The shape that the keys of a `config.json` describe; keys that are missing have the values of
/// `T::default()`.
///
/// # Errors
/// A sentence that names the invalid value.
pub(super) fn from_keys<T: Default + Serialize + DeserializeOwned>(
    keys: &Map<String, Value>,
) -> Result<T, String> {
    let mut all = to_keys(&T::default());
    all.extend(keys.clone());
    T::deserialize(Value::Object(all)).map_err(|reason| reason.to_string())
}

/// The keys of `config.json` that a shape is read from.
pub(super) fn to_keys(shape: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(shape) {
        Ok(Value::Object(keys)) => keys,
        _ => unreachable!("a struct of numbers"),
    }
}

/// Number of values in memory while one chunk is encoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct EncoderMemory {
    /// Frames of the encoder's output.
    pub(super) frames: u64,
    /// Values of all activations that exist at the same time.
    pub(super) total: u64,
    /// Values of the largest activation.
    pub(super) largest: u64,
}
