//! Whisper's encoder-decoder (Radford et al. 2022) as transformers saves
//! `WhisperForConditionalGeneration`, from which public audio captioners are fine-tuned.
//!
//! Layers normalise before each block, and the front end is one more configuration of
//! [`AudioConfig`](crate::audio::AudioConfig).

mod architecture;
mod config;
mod layers;
mod network;

pub use config::WhisperConfig;
pub use network::WhisperModel;
