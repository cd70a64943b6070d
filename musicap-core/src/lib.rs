//! musicap

#![forbid(unsafe_code)]

pub mod audio;
mod error;
pub mod model;

pub use error::{Error, Result};
