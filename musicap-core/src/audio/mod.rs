//! From samples to log-mel chunks.

mod chunk;
mod config;
mod mel;

pub use chunk::{Chunk, Chunker, MIN_TAIL_SECONDS, Tail};
pub use config::{AudioConfig, Pad, Power};
pub use mel::LogMel;
