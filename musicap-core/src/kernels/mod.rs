//! What Burn's CPU backend does slowly, behind one interface.
//!
//! The layers here compute on packed weights and plain slices where the model has been loaded
//! for that (see [`Way`]), which the CPU can do, and by Burn's own operations everywhere else: on
//! other devices, and for training. Nothing above knows which of the two it is.
//!
//! The matrix kernels are those of rten-gemm, the vector functions those of rten-vecmath, which
//! choose among AVX-512, AVX2, NEON and WebAssembly's vectors when they run.

mod attention;
pub mod bands;
mod cache;
mod conv;
mod linear;
mod norm;
mod softmax;
mod weight;

#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "flex")]
mod packed;
#[cfg(feature = "flex")]
mod pages;
#[cfg(feature = "flex")]
mod vector;

pub use attention::{KeyValue, Memory};
pub use cache::{TokenCache, indices};
pub use conv::{Conv3Weights, ConvStack};
pub use linear::{Linear, TiedEmbedding};
pub use norm::AddNorm;
pub use softmax::{BLOCK, Overview, log_sum_exp};
pub use weight::{QuantizedWeight, RowSource, Weight};

/// How a model's layers are laid out.
#[derive(Clone, Debug)]
pub struct Way {
    pub device: burn::tensor::Device,
    /// For the kernels of this module; the device must be Burn's Flex backend.
    pub packed: bool,
}

/// Stands before what only models do that are not packed. In a browser all are, so Burn's own
/// layers, half a megabyte of program, are no part of it.
#[inline(always)]
fn unpacked() {
    if cfg!(all(target_family = "wasm", feature = "flex")) {
        unreachable!("models are packed here");
    }
}
