//! Attention of several queries to the same keys and values, which are laid out for it.

use rayon::prelude::*;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, Simd, SimdOp};

use super::kv::scale;
use super::vector::{Stored, softmax};

/// Positions whose keys are stored together: a multiple of the lanes of every vector type.
const POSITIONS: usize = 32;

/// Queries that are computed together. A vector of keys or values is loaded once for all of them.
const MAX_QUERIES: usize = 5;

/// Keys and values of one chunk.
#[derive(Debug)]
pub struct ChunkKv {
    /// Blocks of [`POSITIONS`] keys, each transposed: `[d_model, POSITIONS]`. The last block is
    /// filled up with zeros. A vector of scores is then a sum of products, without sums across
    /// the lanes of a vector.
    keys: Vec<f32>,
    /// `[length, d_model]`
    values: Vec<f32>,
    d_model: usize,
}

impl ChunkKv {
    /// From keys and values `[length, d_model]`.
    pub fn new(keys: &[f32], values: &[f32], d_model: usize) -> Self {
        let mut blocks = vec![0.0; keys.len().next_multiple_of(d_model * POSITIONS)];
        let keys = keys.chunks(d_model * POSITIONS);
        for (keys, block) in keys.zip(blocks.chunks_exact_mut(d_model * POSITIONS)) {
            for (position, key) in keys.chunks_exact(d_model).enumerate() {
                for (value, place) in key.iter().zip(block.chunks_exact_mut(POSITIONS)) {
                    place[position] = *value;
                }
            }
        }
        ChunkKv { keys: blocks, values: values.to_vec(), d_model }
    }
}

/// Replaces each query, a row of `d_model` values, with its attention to a chunk. Each chunk
/// serves equally many neighbouring queries.
pub fn attend_chunks<C: AsRef<ChunkKv> + Sync>(
    mut rows: Vec<f32>,
    d_model: usize,
    heads: usize,
    chunks: &[C],
) -> Vec<f32> {
    let count = rows.len() / d_model;
    let each = count.div_ceil(rayon::current_num_threads()).clamp(1, MAX_QUERIES);
    let scale = scale(d_model, heads) as f32;
    rows.par_chunks_mut(count / chunks.len() * d_model).zip(chunks).for_each(|(rows, chunk)| {
        rows.par_chunks_mut(each * d_model).for_each(|rows| {
            let scores = &mut Vec::new();
            AttendChunk { rows, chunk: chunk.as_ref(), heads, scale, scores }.dispatch();
        });
    });
    rows
}

/// At most [`MAX_QUERIES`] queries against one chunk: scores, softmax, weighted sum.
struct AttendChunk<'a> {
    /// `[queries, d_model]`, replaced with the result.
    rows: &'a mut [f32],
    chunk: &'a ChunkKv,
    heads: usize,
    scale: f32,
    /// Scratch for one head.
    scores: &'a mut Vec<f32>,
}

impl SimdOp for AttendChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        match self.rows.len() / self.chunk.d_model {
            1 => self.attend::<I, 1>(isa),
            2 => self.attend::<I, 2>(isa),
            3 => self.attend::<I, 3>(isa),
            4 => self.attend::<I, 4>(isa),
            _ => self.attend::<I, MAX_QUERIES>(isa),
        }
    }
}

impl AttendChunk<'_> {
    #[inline(always)]
    fn attend<I: Isa, const QUERIES: usize>(self, isa: I) {
        let AttendChunk { rows, chunk, heads, scale, scores } = self;
        let ChunkKv { keys, values, d_model } = chunk;
        let (head_dim, length) = (d_model / heads, values.len() / d_model);
        let stride = length.next_multiple_of(POSITIONS);
        scores.resize(QUERIES * stride, 0.0);
        for start in (0..*d_model).step_by(head_dim) {
            let span = start..start + head_dim;
            let blocks = keys.chunks_exact(d_model * POSITIONS).enumerate();
            for (block, keys) in blocks {
                let keys = &keys[span.start * POSITIONS..span.end * POSITIONS];
                let mut queries: [&[f32]; QUERIES] = [&[]; QUERIES];
                for (i, query) in queries.iter_mut().enumerate() {
                    *query = &rows[i * d_model + start..][..head_dim];
                }
                let scores = &mut scores[block * POSITIONS..];
                score::<I, QUERIES>(isa, queries, keys, scale, scores, stride);
            }
            let mut weights: [&[f32]; QUERIES] = [&[]; QUERIES];
            for (weights, scores) in weights.iter_mut().zip(scores.chunks_exact_mut(stride)) {
                softmax(isa, &mut scores[..length]);
                *weights = &scores[..length];
            }
            mix::<I, QUERIES>(isa, weights, values, span, rows, *d_model);
        }
    }
}

/// The scores of a block of keys `[head_dim, POSITIONS]`, written `stride` apart for each query.
#[inline(always)]
fn score<I: Isa, const QUERIES: usize>(
    isa: I,
    queries: [&[f32]; QUERIES],
    keys: &[f32],
    scale: f32,
    scores: &mut [f32],
    stride: usize,
) {
    let ops = isa.f32();
    let lanes = ops.len();
    debug_assert_eq!(POSITIONS % (2 * lanes), 0);
    let scale = ops.splat(scale);
    for at in (0..POSITIONS).step_by(2 * lanes) {
        let mut sums = [[ops.zero(); 2]; QUERIES];
        for (dim, keys) in keys.chunks_exact(POSITIONS).enumerate() {
            let keys = ops.load_many::<2>(&keys[at..at + 2 * lanes]);
            for (sums, query) in sums.iter_mut().zip(&queries) {
                let query = ops.splat(query[dim]);
                sums[0] = ops.mul_add(query, keys[0], sums[0]);
                sums[1] = ops.mul_add(query, keys[1], sums[1]);
            }
        }
        for (i, [low, high]) in sums.into_iter().enumerate() {
            let scores = &mut scores[i * stride + at..][..2 * lanes];
            ops.store(ops.mul(low, scale), &mut scores[..lanes]);
            ops.store(ops.mul(high, scale), &mut scores[lanes..]);
        }
    }
}

/// The sum of all positions' `values[span]`, by the weights of each query, into `rows[span]`.
#[inline(always)]
fn mix<I: Isa, const QUERIES: usize>(
    isa: I,
    weights: [&[f32]; QUERIES],
    values: &[f32],
    span: std::ops::Range<usize>,
    rows: &mut [f32],
    d_model: usize,
) {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut at = span.start;
    while at + 2 * lanes <= span.end {
        let mut sums = [[ops.zero(); 2]; QUERIES];
        for (position, value) in values.chunks_exact(d_model).enumerate() {
            let value = ops.load_many::<2>(&value[at..at + 2 * lanes]);
            for (sums, weights) in sums.iter_mut().zip(&weights) {
                let weight = ops.splat(weights[position]);
                sums[0] = ops.mul_add(weight, value[0], sums[0]);
                sums[1] = ops.mul_add(weight, value[1], sums[1]);
            }
        }
        for (sums, row) in sums.into_iter().zip(rows.chunks_exact_mut(d_model)) {
            ops.store(sums[0], &mut row[at..at + lanes]);
            ops.store(sums[1], &mut row[at + lanes..at + 2 * lanes]);
        }
        at += 2 * lanes;
    }
    while at < span.end {
        let end = span.end.min(at + lanes);
        for (weights, row) in weights.iter().zip(rows.chunks_exact_mut(d_model)) {
            let mut sum = ops.zero();
            for (&weight, value) in weights.iter().zip(values.chunks_exact(d_model)) {
                sum = ops.mul_add(ops.splat(weight), f32::load_some(isa, &value[at..end]), sum);
            }
            row[at..end].copy_from_slice(&sum.to_array().as_ref()[..end - at]);
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from −1 to 1.
    fn values(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// Scaled dot-product attention (Vaswani et al., 2017) in double precision.
    fn expected(
        queries: &[f32],
        keys: &[f32],
        values: &[f32],
        d_model: usize,
        heads: usize,
    ) -> Vec<f64> {
        let head_dim = d_model / heads;
        let mut out = Vec::new();
        for query in queries.chunks(d_model) {
            for start in (0..d_model).step_by(head_dim) {
                let span = start..start + head_dim;
                let weights: Vec<f64> = keys
                    .chunks(d_model)
                    .map(|key| {
                        let pairs = query[span.clone()].iter().zip(&key[span.clone()]);
                        let dot: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        (dot / (head_dim as f64).sqrt()).exp()
                    })
                    .collect();
                let sum: f64 = weights.iter().sum();
                out.extend(span.map(|i| {
                    let pairs = weights.iter().zip(values.chunks(d_model));
                    pairs.map(|(weight, value)| weight / sum * f64::from(value[i])).sum::<f64>()
                }));
            }
        }
        out
    }

    #[test]
    fn attention_is_that_of_the_definition_for_any_shape() {
        // Lengths around a block, head widths that no vector divides, one query to several groups.
        for (served, chunks, length, heads, head_dim) in [
            (1, 1, 1, 1, 8),
            (2, 3, 31, 2, 64),
            (3, 2, 32, 3, 24),
            (4, 1, 33, 4, 48),
            (5, 4, 32, 12, 64),
            (7, 2, 100, 2, 20),
            (32, 2, 32, 1, 7),
        ] {
            let (d_model, rows) = (heads * head_dim, served * chunks);
            let queries: Vec<f32> = values(rows * d_model, 1).iter().map(|x| 3.0 * x).collect();
            let keys = values(chunks * length * d_model, 2);
            let memory = values(chunks * length * d_model, 3);
            let size = length * d_model;
            let pairs = keys.chunks(size).zip(memory.chunks(size));
            let laid_out: Vec<_> = pairs
                .clone()
                .map(|(keys, values)| std::sync::Arc::new(ChunkKv::new(keys, values, d_model)))
                .collect();
            let found = attend_chunks(queries.clone(), d_model, heads, &laid_out);
            let expected: Vec<f64> = queries
                .chunks(served * d_model)
                .zip(pairs)
                .flat_map(|(queries, (keys, values))| {
                    expected(queries, keys, values, d_model, heads)
                })
                .collect();
            for (found, expected) in found.iter().zip(&expected) {
                assert!((f64::from(*found) - expected).abs() < 1e-5, "{found} for {expected}");
            }
        }
    }
}
