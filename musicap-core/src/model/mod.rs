//! The networks as Burn modules, built from named tensors.
//!
//! | module | what it holds |
//! |---|---|
//! | `architecture` | the traits [`Architecture`] and [`Network`], the interface to the rest of the crate |
//! | `registry` | the table of architectures, by `model_type` |
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

use crate::device::Device;
use crate::error::Result;

pub use crate::kernels::{Layout, Placement, QuantizedWeight, RowSource, Weight};
pub use architecture::{Architecture, ChunkMemory, Network};
pub use decoder_cache::DecoderCache;
pub use registry::{architecture, model_types};
pub use shape::TransformerConfig;
pub use var_builder::{NamedTensor, TensorSource};

/// Burn's handle of `device`.
///
/// # Errors
/// Those of [`Device::check`].
pub fn burn_device(device: Device) -> Result<burn::tensor::Device> {
    device.to_burn()
}
