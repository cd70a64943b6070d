//! BART as LP-MusicCaps uses it (Doh et al., ISMIR 2023): a convolutional audio encoder in place of
//! the encoder's token embeddings.

mod architecture;
mod audio_encoder;
mod config;
mod decoder;
mod encoder;
mod names;
mod network;
mod transformer;

pub use config::BartConfig;
pub use network::BartModel;
