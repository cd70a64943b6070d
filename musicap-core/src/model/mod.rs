//! The networks as Burn modules, built from named tensors.
//!
//! | module | what it holds |
//! |---|---|
//! | `architecture` | the traits [`Architecture`] and [`Network`], the interface to the rest of the crate |
//! | `registry` | the available architectures, by `model_type` |
//! | [`bart`], [`whisper`] | one architecture each, with everything specific to it |
//! | `attention`, `decoder_cache`, `var_builder` | what they share |
//!
//! Each network has a single definition for all devices; nothing here chooses a backend.

mod architecture;
mod attention;
pub mod bart;
mod decoder_cache;
mod registry;
mod shape;
mod var_builder;
pub mod whisper;

pub use crate::kernels::{Layout, Placement, QuantizedWeight, RowSource, Weight};
pub use architecture::{Architecture, ChunkMemory, Network};
pub use decoder_cache::DecoderCache;
pub use registry::architecture;
pub use var_builder::{NamedTensor, TensorSource};
