//! Lines in and out.

use std::path::PathBuf;

use musicap::checkpoint::Precision;
use serde::{Deserialize, Serialize};

/// One piece of work.
#[derive(Debug, Deserialize)]
#[serde(tag = "work", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Decoding and resampling to 16 kHz mono.
    Decode { file: PathBuf },
    /// Log-mel spectrograms of the first chunks of a recording.
    Mel { audio: PathBuf, chunks: usize, threads: usize },
    /// Convolutions and BART's encoder.
    Encode { model: Model, audio: PathBuf, chunks: usize },
    /// Convolutions, encoder and beam search, with captions of exactly so many tokens.
    Caption { model: Model, audio: PathBuf, chunks: usize, beams: usize, tokens: usize },
}

/// A model as it is to be loaded.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// A model folder; without one, the embedded model.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    #[serde(default)]
    pub precision: Precision,
    /// What captions on it are made by; encoding alone is the processor's.
    #[serde(default)]
    pub device: Option<String>,
    pub threads: usize,
}

/// What a piece of work took.
#[derive(Debug, Default, Serialize)]
pub struct Answer {
    /// Seconds on the clock.
    pub wall_s: f64,
    /// Seconds of processor time, of all threads together.
    pub cpu_s: f64,
    /// Most memory that the process has had so far, in KiB, where the system tells.
    pub peak_kib: Option<u64>,
    /// The captions' tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Vec<u32>>,
}
