//! The keys and values of a decoder on a GPU, in tensors whose lengths recur.
//!
//! A tensor that is longer at every step has CubeCL choose, time and compile kernels at every
//! step. Here its length is that of a bucket, and what has not been written is masked. Heads are
//! apart already, so that nothing of the past is turned around for a step.

use burn::prelude::*;
use burn::tensor::activation::softmax;

use super::kv::{KvPair, causal_mask, scale};
use super::sequences::{Sequences, TensorCache};
use super::unpacked;

/// The shortest bucket, in tokens.
const SHORTEST: usize = 16;
/// Beyond this length buckets grow by it, and no longer by doubling.
const STRIDE: usize = 128;

/// The length of the bucket for `length` tokens.
fn bucket(length: usize) -> usize {
    match length <= STRIDE {
        true => length.next_power_of_two().max(SHORTEST),
        false => length.next_multiple_of(STRIDE),
    }
}

/// Keys and values of sequences, `[sequences, heads, length, d_head]` each.
#[derive(Clone, Debug)]
pub struct Split {
    keys: Tensor<4>,
    values: Tensor<4>,
}

/// Keys and values of the tokens that rows of one age have seen, layer by layer.
#[derive(Clone, Debug)]
pub struct Buckets {
    pub tokens: TensorCache<Split>,
    /// `[1, 1, tokens fed, bucket]`, true where a token must not look; the same in every layer.
    mask: Option<Tensor<4, Bool>>,
}

impl Sequences for Split {
    fn sequences(&self) -> usize {
        self.keys.dims()[0]
    }

    fn select(self, rows: Tensor<1, Int>) -> Self {
        unpacked();
        Split { keys: self.keys.select(0, rows.clone()), values: self.values.select(0, rows) }
    }
}

impl Split {
    pub fn of(all: KvPair, heads: usize) -> Self {
        unpacked();
        let KvPair { keys, values } = all;
        Split { keys: split(keys, heads), values: split(values, heads) }
    }

    /// What `queries`, `[rows, length, d_model]`, find in these sequences, of which each serves
    /// as many neighbouring rows.
    pub fn serve(&self, queries: Tensor<3>) -> Tensor<3> {
        unpacked();
        let shape @ [rows, length, d_model] = queries.dims();
        let sequences = self.sequences();
        // As further queries of one sequence.
        let queries = queries.reshape([sequences, rows / sequences * length, d_model]);
        self.attend(queries, None).reshape(shape)
    }

    fn attend(&self, queries: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let shape @ [_, _, d_model] = queries.dims();
        let [_, heads, _, _] = self.keys.dims();
        let queries = split(queries * scale(d_model, heads), heads);
        let mut scores = queries.matmul(self.keys.clone().swap_dims(2, 3));
        if let Some(mask) = mask {
            let mask = mask.expand(scores.dims());
            scores = scores.mask_fill(mask, f32::NEG_INFINITY);
        }
        let found = softmax(scores, 3).matmul(self.values.clone());
        found.swap_dims(1, 2).reshape(shape)
    }

    /// Zeros for `tokens` tokens, otherwise like `next`.
    fn zeros_like(next: &Split, tokens: usize) -> Self {
        let [rows, heads, _, d_head] = next.keys.dims();
        let (device, dtype) = (next.keys.device(), next.keys.dtype());
        let zeros = || Tensor::zeros([rows, heads, tokens, d_head], (&device, dtype));
        Split { keys: zeros(), values: zeros() }
    }

    fn lengthen(self, more: Split) -> Self {
        Split {
            keys: Tensor::cat(vec![self.keys, more.keys], 2),
            values: Tensor::cat(vec![self.values, more.values], 2),
        }
    }

    /// Writes `next` from token `start` on.
    fn write(self, start: usize, next: Split) -> Self {
        let [rows, heads, length, d_head] = next.keys.dims();
        let place = [0..rows, 0..heads, start..start + length, 0..d_head];
        Split {
            keys: self.keys.slice_assign(place.clone(), next.keys),
            values: self.values.slice_assign(place, next.values),
        }
    }
}

impl Buckets {
    pub fn new(layers: usize) -> Self {
        Buckets { tokens: TensorCache::new(layers), mask: None }
    }

    pub fn advance(&mut self, length: usize) -> Vec<usize> {
        self.mask = None;
        self.tokens.advance(length)
    }

    pub fn attend(
        &mut self,
        layer: usize,
        queries: Tensor<3>,
        next: KvPair,
        heads: usize,
    ) -> Tensor<3> {
        unpacked();
        let [_, length, _] = queries.dims();
        let TensorCache { length: seen, layers, .. } = &mut self.tokens;
        let (start, bucket) = (*seen - length, bucket(*seen));
        let next = Split::of(next, heads);
        let seen = match layers[layer].take() {
            None => Split::zeros_like(&next, bucket),
            Some(seen) => match bucket - seen.keys.dims()[2] {
                0 => seen,
                missing => seen.lengthen(Split::zeros_like(&next, missing)),
            },
        };
        let seen = seen.write(start, next);
        let mask = self.mask.get_or_insert_with(|| {
            causal_mask(start, length, bucket, &queries.device()).unsqueeze()
        });
        let found = seen.attend(queries, Some(mask.clone()));
        layers[layer] = Some(seen);
        found
    }
}

/// `[rows, length, d_model]` → `[rows, heads, length, d_head]`
fn split(tensor: Tensor<3>, heads: usize) -> Tensor<4> {
    let [rows, length, d_model] = tensor.dims();
    tensor.reshape([rows, length, heads, d_model / heads]).swap_dims(1, 2)
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::tensor::TensorData;

    use super::super::{Layout, TokenCache};
    use super::*;

    #[test]
    fn few_lengths_serve_all() {
        let lengths: Vec<usize> = (1..=300).map(bucket).collect();
        assert!(lengths.iter().zip(1..).all(|(bucket, length)| *bucket >= length));
        let mut distinct = lengths.clone();
        distinct.dedup();
        assert_eq!(distinct, [16, 32, 64, 128, 256, 384]);
    }

    /// Values in no simple order.
    fn values(count: usize, salt: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + salt * 104_729) % 1009) as f32 / 504.0 - 1.0).collect()
    }

    /// Token by token, over several buckets and with rows that change places, leave and are
    /// doubled, queries find what they find in tensors that grow.
    #[test]
    fn what_is_masked_is_not_seen() {
        let device = Device::flex();
        const D_MODEL: usize = 8;
        let tensor = |rows: usize, length: usize, salt: usize| {
            let data = values(rows * length * D_MODEL, salt);
            Tensor::<3>::from_data(TensorData::new(data, [rows, length, D_MODEL]), &device)
        };
        let mut caches = [Layout::Gpu { half: false }, Layout::Plain]
            .map(|layout| TokenCache::new(1, layout, false));
        caches.iter_mut().for_each(|cache| cache.add_rows(3));
        let mut rows = 3;
        // Through all doublings, and into the steps of even length.
        for step in 0..270 {
            let length = if step == 0 { 2 } else { 1 };
            let [bucketed, grown] = [0, 1].map(|i| {
                let cache: &mut TokenCache = &mut caches[i];
                if step % 3 == 1 {
                    let parents: &[usize] = if rows == 3 { &[2, 0, 0, 1] } else { &[3, 1, 0] };
                    cache.reorder(parents, &device);
                }
                let rows = cache.rows();
                let positions = cache.advance(length);
                let next = KvPair {
                    keys: tensor(rows, length, 3 * step),
                    values: tensor(rows, length, 3 * step + 1),
                };
                let found = cache.attend(0, tensor(rows, length, 3 * step + 2), next, 2);
                (positions, found.into_data().try_into_vec::<f32>().unwrap())
            });
            rows = caches[0].rows();
            assert_eq!(bucketed.0, grown.0);
            let furthest =
                bucketed.1.iter().zip(&grown.1).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(furthest < 1e-6, "step {step}: {furthest} apart");
        }
    }
}
