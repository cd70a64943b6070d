//! Time-stamped English captions for music recordings.

#![forbid(unsafe_code)]

pub mod audio;
pub mod caption;
mod captioner;
pub mod checkpoint;
mod device;
mod error;
pub mod generate;
pub mod model;
mod tokenizer;

pub use caption::{Caption, Captions, Format};
pub use captioner::{CaptionOptions, CaptionStream, Captioner, LoadOptions};
pub use checkpoint::Pretrained;
pub use device::Device;
pub use error::{Error, HubProblem, Result};
pub use tokenizer::Tokenizer;
