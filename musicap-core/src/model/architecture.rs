//! The interface between the rest of the crate and a network architecture.
//!
//! [`Architecture`] is a network's shape, read from `config.json`; [`Network`] is one that has been
//! built. Apart from the defaults of LP-MusicCaps in `checkpoint`, nothing outside an
//! architecture's folder knows its layers, its tensors' names or its `config.json` keys.

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
    /// The value of `model_type` in `config.json`.
    fn model_type(&self) -> &'static str;

    /// The keys of `config.json` that describe this shape.
    fn to_keys(&self) -> Map<String, Value>;

    /// Checks the shape and that it matches the front end `audio`, within bounds that keep a
    /// malicious file from requesting excessive memory.
    ///
    /// # Errors
    /// A sentence that names the invalid key and its value.
    fn validate(&self, audio: &AudioConfig) -> Result<(), String>;

    /// Number of token ids.
    fn vocab_size(&self) -> usize;

    /// Length of the longest sequence, in tokens.
    fn max_positions(&self) -> usize;

    /// Width of the hidden states.
    fn d_model(&self) -> usize;

    /// Number of frames that the encoder outputs for one chunk of the front end `audio`.
    fn encoder_frames(&self, audio: &AudioConfig) -> usize;

    /// The front end of a model whose `config.json` has no key `audio`.
    fn default_audio(&self) -> AudioConfig;

    /// The generation settings for keys that a `config.json` omits.
    fn default_generation(&self) -> GenerationConfig;

    /// The same, for a published checkpoint in PyTorch's format.
    fn reference_generation(&self) -> GenerationConfig {
        self.default_generation()
    }

    /// The settings that the model's published code passes as arguments: for its checkpoints they
    /// override those of a `config.json` that was not written by musicap.
    fn reference_arguments(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Special tokens of a vocabulary given as `vocab.json` and `merges.txt`, in addition to those
    /// in `added_tokens.json`. They are omitted from captions.
    fn special_tokens(&self) -> &'static [&'static str];

    /// Groups of tied tensors: any member of a group may be stored, and the first name is the one
    /// that the network requests and that it is saved under.
    fn tied_tensors(&self) -> &'static [&'static [&'static str]];

    /// Whether a tensor is computed from the configuration, so that it is neither read nor saved.
    fn is_derived(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Whether a tensor may be stored as int8, which holds for matrices that are multiplied by
    /// activations.
    fn is_quantizable(&self, name: &str, shape: &[usize]) -> bool;

    /// Number of values (at most float32) in memory for one chunk while it is captioned with `rows`
    /// hypotheses of up to `length` tokens.
    fn chunk_memory(&self, audio: &AudioConfig, rows: usize, length: usize) -> ChunkMemory;

    /// Builds the network from `source`, which names tensors as the published checkpoints do.
    ///
    /// # Errors
    /// Those of the source: a tensor that is missing, has another shape or cannot be read.
    fn load(
        &self,
        audio: &AudioConfig,
        source: &mut dyn TensorSource,
        placement: &Placement,
    ) -> Result<Box<dyn Network>>;
}

/// Number of values in memory for one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkMemory {
    /// In total, if all chunks are encoded together and rows are copied when they are reordered, as
    /// on a GPU.
    pub total: u64,
    /// While it is decoded without copies, as on a CPU: keys, values and logits.
    pub decoding: u64,
    /// In its largest tensor.
    pub largest: u64,
}

/// A network that has been built: log-mel chunks and tokens in, logits out.
pub trait Network: Debug + Send + Sync {
    /// Log-mel chunks `[chunks, n_mels, mel frames]` → the encoder's output, which the decoder
    /// attends to, `[chunks, frames, d_model]`.
    fn encode(&self, mel: Tensor<3>) -> Tensor<3>;

    /// A decoder cache over the encoder's output, with one row for each chunk.
    fn cache(&self, encoded: Tensor<3>) -> DecoderCache;

    /// Token ids `[rows, length]`, row by row, that follow the cached ones → hidden states
    /// `[rows, length, d_model]`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the embedding table's file can no longer be read.
    fn decode(&self, tokens: &[u32], rows: usize, cache: &mut DecoderCache) -> Result<Tensor<3>>;

    /// Hidden states `[rows, d_model]` → `rows · vocab_size` logits, which replace the contents of
    /// `logits`, and statistics of each row.
    ///
    /// # Errors
    /// The backend's message.
    fn logits(&self, hidden: Tensor<2>, logits: &mut Vec<f32>) -> Result<Vec<LogitStats>, String>;

    /// [`logits`](Self::logits) as a tensor `[rows, vocab_size]` in single precision, for a network
    /// that is not packed.
    fn project(&self, hidden: Tensor<2>) -> Tensor<2>;

    /// Number of parameters held as tensors on the device.
    fn num_params(&self) -> usize;
}
