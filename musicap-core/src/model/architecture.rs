//! What the rest of the crate has to know about a kind of network, and no more.
//!
//! [`Architecture`] is a network's shape, read from `config.json`; [`Network`] is one that has been
//! built. Nothing outside an architecture's own folder knows its layers, its tensors' names or its
//! `config.json` keys.

use std::any::Any;
use std::fmt::Debug;

use burn::prelude::*;
use serde_json::{Map, Value};

use super::decoder_cache::DecoderCache;
use super::var_builder::TensorSource;
use crate::audio::AudioConfig;
use crate::error::Result;
use crate::generate::GenerationConfig;
use crate::kernels::{LogitStats, Placement};

/// The shape of an encoder-decoder that turns log-mel chunks into tokens.
pub trait Architecture: Any + Debug + Send + Sync {
    /// What `config.json` has under `model_type`.
    fn model_type(&self) -> &'static str;

    /// The keys of `config.json` that this shape is read from.
    fn to_keys(&self) -> Map<String, Value>;

    /// Checks the shape, and that it suits the front end `audio`, within bounds that keep a
    /// hostile file from asking for absurd amounts of memory.
    ///
    /// # Errors
    /// A sentence that names the key at fault and its value.
    fn validate(&self, audio: &AudioConfig) -> Result<(), String>;

    /// Number of token ids.
    fn vocab_size(&self) -> usize;

    /// Longest sequence of tokens.
    fn max_positions(&self) -> usize;

    /// Width of the hidden states.
    fn d_model(&self) -> usize;

    /// Frames that the encoder makes of one chunk of the front end `audio`.
    fn encoder_frames(&self, audio: &AudioConfig) -> usize;

    /// The front end of a model whose `config.json` has no `audio`.
    fn default_audio(&self) -> AudioConfig;

    /// The generation settings that a `config.json` need not state.
    fn default_generation(&self) -> GenerationConfig;

    /// The same for a published checkpoint in PyTorch's format.
    fn reference_generation(&self) -> GenerationConfig {
        self.default_generation()
    }

    /// The settings that the published program passes in its code: for its checkpoints they
    /// replace those of a `config.json` that was not written by musicap.
    fn reference_arguments(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Special tokens of a vocabulary that comes as `vocab.json` and `merges.txt`, besides those
    /// of an `added_tokens.json`: they are left out of captions.
    fn special_tokens(&self) -> &'static [&'static str];

    /// Tensors that are one and the same: of each group any member may be stored, and the first
    /// name is the one that the network asks for and that it is saved under.
    fn tied_tensors(&self) -> &'static [&'static [&'static str]];

    /// Whether a tensor follows from the configuration, so that it is neither read nor saved.
    fn is_derived(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Whether a tensor may be stored as int8: a matrix that is multiplied with activations.
    fn is_quantizable(&self, name: &str, shape: &[usize]) -> bool;

    /// Values (float32 at most) that one chunk takes while it is captioned with `rows` hypotheses
    /// of up to `length` tokens.
    fn chunk_memory(&self, audio: &AudioConfig, rows: usize, length: usize) -> ChunkMemory;

    /// Builds the network from `source`, which knows tensors by the names of the published
    /// checkpoints.
    ///
    /// # Errors
    /// Those of the source: a tensor that is missing, of another shape or unreadable.
    fn load(
        &self,
        audio: &AudioConfig,
        source: &mut dyn TensorSource,
        placement: &Placement,
    ) -> Result<Box<dyn Network>>;
}

/// Values that one chunk takes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkMemory {
    /// In all, where all chunks are encoded together and rows are copied when they are reordered, as
    /// on a GPU.
    pub total: u64,
    /// While it is decoded, without copies, as on a CPU: keys, values and logits.
    pub decoding: u64,
    /// In its largest tensor.
    pub largest: u64,
}

/// A network that has been built: log-mel chunks and tokens in, logits out.
pub trait Network: Debug + Send + Sync {
    /// Log-mel chunks `[chunks, n_mels, mel frames]` → what the decoder attends to,
    /// `[chunks, frames, d_model]`.
    fn encode(&self, mel: Tensor<3>) -> Tensor<3>;

    /// A decoder cache over the encoder's output, with one row for each chunk.
    fn cache(&self, encoded: Tensor<3>) -> DecoderCache;

    /// Tokens, as many for each of the `rows`, that follow what is in the cache → hidden states
    /// `[rows, length, d_model]`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the embedding table's file cannot be read any more.
    fn decode(&self, tokens: &[u32], rows: usize, cache: &mut DecoderCache) -> Result<Tensor<3>>;

    /// Hidden states `[rows, d_model]` → logits, `rows · vocab_size` of them, which replace what
    /// `logits` held, with statistics of each row.
    ///
    /// # Errors
    /// The backend's message.
    fn logits(&self, hidden: Tensor<2>, logits: &mut Vec<f32>) -> Result<Vec<LogitStats>, String>;

    /// [`logits`](Self::logits) as a tensor, `[rows, vocab_size]` in single precision, of a
    /// network that is not packed.
    fn project(&self, hidden: Tensor<2>) -> Tensor<2>;

    /// Number of parameters that are tensors on the device.
    fn num_params(&self) -> usize;
}
