//! Recordings: what is decoded, resampled and turned into log-mel spectrograms, and what is refused.

mod bad_audio;
#[path = "../common/mod.rs"]
mod common;
mod containers;
mod decode;
mod fix_header;
mod formats;
mod librosa;
mod resample;
