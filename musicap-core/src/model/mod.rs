//! The networks as Burn modules, built from named tensors.
//!
//! | module | what it holds |
//! |---|---|
//! | `architecture` | the traits [`Architecture`] and [`Network`]: all that the rest of the crate knows |
//! | `registry` | the architectures there are, by `model_type` |
//! | [`bart`], [`whisper`] | one architecture each, with all that only it knows |
//! | `attention`, `decoder_cache`, `var_builder` | what they share |
//!
//! There is one definition of a network for every device; nothing here chooses a backend.

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
