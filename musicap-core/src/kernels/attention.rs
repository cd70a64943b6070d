//! Attention of many rows to the keys and values of one sequence each.

use burn::prelude::*;
use burn::tensor::activation::softmax;

use super::unpacked;

#[cfg(feature = "flex")]
use super::{
    flex,
    vector::{Attend, Stored},
};

/// Keys and values of sequences, `[sequences, length, d_model]` each.
#[derive(Clone, Debug)]
pub struct KeyValue {
    pub keys: Tensor<3>,
    pub values: Tensor<3>,
}

impl KeyValue {
    /// These sequences with `more` behind them: along dimension 0 further sequences, along 1 what
    /// each goes on with.
    pub fn append(self, more: KeyValue, dim: usize) -> KeyValue {
        KeyValue {
            keys: Tensor::cat(vec![self.keys, more.keys], dim),
            values: Tensor::cat(vec![self.values, more.values], dim),
        }
    }

    /// The sequences `rows`, in their order.
    pub fn select(self, rows: Tensor<1, Int>) -> KeyValue {
        KeyValue { keys: self.keys.select(0, rows.clone()), values: self.values.select(0, rows) }
    }

    /// Number of sequences.
    pub fn sequences(&self) -> usize {
        self.keys.dims()[0]
    }

    /// What `queries`, `[rows, length, d_model]`, find in the whole of these sequences.
    ///
    /// There may be fewer sequences than rows: then each serves as many neighbouring rows (a
    /// chunk's beams).
    pub fn attend(&self, queries: Tensor<3>, heads: usize, packed: bool) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if packed {
            let shape @ [rows, length, d_model] = queries.dims();
            let [sequences, memory_length, _] = self.keys.dims();
            let queries = flex::Values::of(queries);
            let keys = flex::Values::of(self.keys.clone());
            let values = flex::Values::of(self.values.clone());
            let served = rows * length / sequences;
            let found = attend_rows(&queries, d_model, heads, |i, found| {
                let sequence = i / served * memory_length * d_model;
                let span = sequence..sequence + memory_length * d_model;
                let keys = keys[span.clone()].chunks_exact(d_model);
                found.extend(keys.zip(values[span].chunks_exact(d_model)));
            });
            return flex::tensor(found, shape);
        }
        let _ = packed;
        unpacked();
        let shape @ [rows, length, d_model] = queries.dims();
        let sequences = self.sequences();
        // As further queries of one sequence.
        let queries = queries.reshape([sequences, rows / sequences * length, d_model]);
        attend(queries, self, None, heads).reshape(shape)
    }
}

/// Attention by Burn's operations. `mask` `[length, sequence length]` is true where a query must
/// not look.
pub(super) fn attend(
    queries: Tensor<3>,
    memory: &KeyValue,
    mask: Option<Tensor<2, Bool>>,
    heads: usize,
) -> Tensor<3> {
    unpacked();
    let shape @ [_, _, d_model] = queries.dims();
    let split = |tensor: Tensor<3>| {
        let [rows, length, _] = tensor.dims();
        tensor.reshape([rows, length, heads, d_model / heads]).swap_dims(1, 2)
    };
    let queries = split(queries * scale(d_model, heads));
    let mut scores = queries.matmul(split(memory.keys.clone()).swap_dims(2, 3));
    if let Some(mask) = mask {
        let mask = mask.unsqueeze::<4>().expand(scores.dims());
        scores = scores.mask_fill(mask, f32::NEG_INFINITY);
    }
    let found = softmax(scores, 3).matmul(split(memory.values.clone()));
    found.swap_dims(1, 2).reshape(shape)
}

fn scale(d_model: usize, heads: usize) -> f64 {
    ((d_model / heads) as f64).powf(-0.5)
}

/// What each of the queries, rows of `d_model`, finds in the keys and values that `memory`
/// lists for it.
#[cfg(feature = "flex")]
pub(super) fn attend_rows<'a, T: Stored>(
    queries: &[f32],
    d_model: usize,
    heads: usize,
    memory: impl Fn(usize, &mut Vec<(&'a [T], &'a [T])>) + Sync,
) -> Vec<f32> {
    use rayon::prelude::*;
    use rten_simd::SimdOp;

    // Neighbouring rows share most of what they look at: one thread takes several.
    const ROWS_EACH: usize = 5;
    let mut found = vec![0.0; queries.len()];
    let scale = scale(d_model, heads) as f32;
    let work = |(block, (queries, found)): (usize, (&[f32], &mut [f32]))| {
        let (mut listed, mut scores) = (Vec::new(), Vec::new());
        let rows = queries.chunks_exact(d_model).zip(found.chunks_exact_mut(d_model));
        for (i, (query, out)) in rows.enumerate() {
            listed.clear();
            memory(block * ROWS_EACH + i, &mut listed);
            Attend { query, memory: &listed, heads, scale, scores: &mut scores, out }.dispatch();
        }
    };
    let share = ROWS_EACH * d_model;
    queries.par_chunks(share).zip(found.par_chunks_mut(share)).enumerate().for_each(work);
    found
}
