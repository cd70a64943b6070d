//! Sequences in tensors, a row for each: how rows are picked, and what a decoder keeps of them.

use burn::prelude::*;
use burn::tensor::TensorData;

use super::unpacked;

/// Keys and values of sequences, in whatever layout.
pub trait Sequences: Clone {
    /// Number of sequences.
    fn sequences(&self) -> usize;

    /// The sequences `rows`, in their order.
    fn select(self, rows: Tensor<1, Int>) -> Self;

    /// Keeps only `these`, by their present place, in this order.
    fn keep(&mut self, these: &[usize], device: &Device) {
        if !these.iter().copied().eq(0..self.sequences()) {
            *self = self.clone().select(indices(these, device));
        }
    }
}

/// A cache of whole tensors, whose rows are all of one age; `L` is what it keeps of a layer.
#[derive(Clone, Debug)]
pub struct TensorCache<L> {
    pub length: usize,
    pub rows: usize,
    pub layers: Vec<Option<L>>,
}

impl<L: Sequences> TensorCache<L> {
    pub fn new(layers: usize) -> Self {
        TensorCache { length: 0, rows: 0, layers: vec![None; layers] }
    }

    pub fn advance(&mut self, length: usize) -> Vec<usize> {
        let start = self.length;
        self.length += length;
        (0..self.rows).flat_map(|_| start..start + length).collect()
    }

    pub fn reorder(&mut self, parents: &[usize], device: &Device) {
        unpacked();
        if parents.iter().copied().eq(0..self.rows) {
            return;
        }
        let rows = indices(parents, device);
        for layer in self.layers.iter_mut() {
            *layer = layer.take().map(|tokens| tokens.select(rows.clone()));
        }
        self.rows = parents.len();
    }
}

/// Row numbers as a tensor.
pub fn indices(indices: &[usize], device: &Device) -> Tensor<1, Int> {
    let indices: Vec<i64> = indices.iter().map(|&index| index as i64).collect();
    Tensor::from_data(TensorData::from(indices.as_slice()), device)
}
