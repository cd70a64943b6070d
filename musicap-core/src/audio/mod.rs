//! From a file to samples, from samples to log-mel chunks.

mod chunk;
mod config;
mod mel;
mod resample;
mod sinc;

pub use chunk::{Chunk, Chunker, MIN_TAIL_SECONDS, Tail};
pub use config::{AudioConfig, Pad, Power};
pub use mel::LogMel;
pub use resample::{RESAMPLER_RATES, Resampler};
