//! Keys and values, and how queries are scaled.

use burn::prelude::*;
use burn::tensor::TensorData;

use super::sequences::Sequences;
use super::unpacked;

/// Keys and values of sequences, `[sequences, length, d_model]` each.
#[derive(Clone, Debug)]
pub struct KvPair {
    pub keys: Tensor<3>,
    pub values: Tensor<3>,
}

impl Sequences for KvPair {
    fn sequences(&self) -> usize {
        self.keys.dims()[0]
    }

    fn select(self, rows: Tensor<1, Int>) -> Self {
        unpacked();
        KvPair { keys: self.keys.select(0, rows.clone()), values: self.values.select(0, rows) }
    }
}

impl KvPair {
    /// These sequences with `more` appended to each.
    pub fn append(self, more: KvPair) -> KvPair {
        KvPair {
            keys: Tensor::cat(vec![self.keys, more.keys], 1),
            values: Tensor::cat(vec![self.values, more.values], 1),
        }
    }
}

/// What scores are multiplied by: one over the square root of a head's width.
pub(super) fn scale(d_model: usize, heads: usize) -> f64 {
    ((d_model / heads) as f64).powf(-0.5)
}

/// `[length, keys]`, true where one of `length` tokens that follow `start` others would see a later
/// one, or none.
pub(super) fn causal_mask(
    start: usize,
    length: usize,
    keys: usize,
    device: &Device,
) -> Tensor<2, Bool> {
    let hidden: Vec<bool> =
        (0..length).flat_map(|query| (0..keys).map(move |key| key > start + query)).collect();
    Tensor::from_data(TensorData::new(hidden, [length, keys]), device)
}
