//! musicap

#![forbid(unsafe_code)]

pub mod audio;
mod error;

pub use error::{Error, Result};
