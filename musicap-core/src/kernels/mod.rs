//! Layers that Burn's CPU backend computes slowly, behind one interface.
//!
//! The layers here compute on packed weights and plain slices where the model has been loaded
//! for that (see [`Layout`]), which the CPU can do, and by Burn's own operations everywhere else:
//! on other devices, and for training. Nothing above knows which of the two it is.
//!
//! The matrix kernels are those of rten-gemm, the vector functions those of rten-vecmath, which
//! choose among AVX-512, AVX2, NEON and WebAssembly's vectors when they run.

mod attention;
mod buckets;
mod cache;
mod conv;
mod kv;
mod linear;
mod norm;
mod sequences;
mod shortlist;
mod softmax;
mod weight;

#[cfg(feature = "flex")]
mod chunk_kv;
#[cfg(feature = "flex")]
mod flex;
#[cfg(all(feature = "flex", not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod int8;
#[cfg(all(feature = "flex", any(all(target_arch = "wasm32", target_feature = "simd128"), test)))]
mod int8_wasm;
#[cfg(feature = "flex")]
mod packed;
#[cfg(feature = "flex")]
mod pages;
#[cfg(feature = "flex")]
mod vector;

pub use attention::CrossAttentionCache;
pub use cache::TokenCache;
pub use conv::{Conv3Weights, ConvStack};
pub use kv::KvPair;
pub use linear::{Linear, TiedEmbedding};
pub use norm::{AddNorm, add};
pub use sequences::indices;
pub use shortlist::{Shortlist, shortlists};
pub use softmax::{LogitStats, log_sum_exp};
pub use weight::{QuantizedWeight, RowSource, Weight};

use burn::tensor::{FloatDType, Tensor, TensorData};

/// Neighbouring logits that a search skips together, by their maximum.
pub const BLOCK: usize = 256;

/// How a network's layers are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// For the kernels of this module; the device must be Burn's Flex backend.
    Packed,
    /// For Burn's operations on any device, including training.
    Plain,
    /// For Burn's operations on a GPU: tensor shapes recur, so that kernels are tuned only once,
    /// and results stay on the device.
    Gpu {
        /// Whether to compute in half precision, except for norms and everything after the logits.
        half: bool,
    },
}

impl Layout {
    /// Whether layers are laid out for the kernels of this crate.
    pub fn is_packed(self) -> bool {
        self == Layout::Packed
    }

    /// Whether layers are laid out for a GPU.
    pub fn is_gpu(self) -> bool {
        matches!(self, Layout::Gpu { .. })
    }
}

/// The device of a network's layers and their layout.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The device.
    pub device: burn::tensor::Device,
    /// The layout.
    pub layout: Layout,
}

impl Placement {
    /// A tensor on the device, in the precision used for computing.
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        let tensor: Tensor<D> = Tensor::from_data(TensorData::new(values, shape), &self.device);
        match self.layout {
            Layout::Gpu { half: true } => tensor.cast(FloatDType::F16),
            _ => tensor,
        }
    }
}

/// Stands before what only models do that are not packed. In a browser all are, so Burn's own
/// layers, half a megabyte of program, are no part of it.
#[inline(always)]
fn unpacked() {
    if cfg!(all(target_family = "wasm", feature = "flex")) {
        unreachable!("models are packed here");
    }
}
