//! Attention of many rows to the keys and values of one sequence each.

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::prelude::*;
use burn::tensor::activation::softmax;
#[cfg(feature = "flex")]
use rayon::prelude::*;

use super::buckets::Split;
use super::kv::{KvPair, scale};
use super::sequences::Sequences;
use super::{Layout, unpacked};

#[cfg(feature = "flex")]
use super::{
    chunk_kv::{ChunkKv, attend_chunks},
    flex,
    vector::{Attend, Stored},
};

/// Keys and values of the encoder's output: a sequence for each chunk, and chunks come and go.
#[derive(Clone, Debug)]
pub enum CrossAttentionCache {
    /// Each chunk by itself, so that none is moved when others join or leave.
    #[cfg(feature = "flex")]
    Chunks(Vec<Arc<ChunkKv>>),
    /// Split into heads once, and not at every step.
    Split(Box<Split>),
    Tensors(Box<KvPair>),
}

impl CrossAttentionCache {
    /// Of the chunks `all`.
    pub fn new(all: KvPair, heads: usize, layout: Layout) -> Self {
        #[cfg(feature = "flex")]
        if layout.is_packed() {
            let [_, length, d_model] = all.keys.dims();
            let (keys, values) = (flex::Values::of(all.keys), flex::Values::of(all.values));
            let size = length * d_model;
            let chunks = keys.chunks_exact(size).zip(values.chunks_exact(size));
            let chunk =
                |(keys, values): (&[f32], &[f32])| Arc::new(ChunkKv::new(keys, values, d_model));
            return CrossAttentionCache::Chunks(chunks.map(chunk).collect());
        }
        unpacked();
        match layout.is_gpu() {
            true => CrossAttentionCache::Split(Box::new(Split::of(all, heads))),
            false => CrossAttentionCache::Tensors(Box::new(all)),
        }
    }

    /// Takes the chunks of `other` behind its own.
    pub fn append(&mut self, other: CrossAttentionCache) {
        match (self, other) {
            #[cfg(feature = "flex")]
            (CrossAttentionCache::Chunks(chunks), CrossAttentionCache::Chunks(more)) => {
                chunks.extend(more)
            }
            (memory, other) => *memory = other,
        }
    }

    /// Keeps only `chunks`, by their present place, in this order.
    pub fn keep(&mut self, chunks: &[usize], device: &Device) {
        match self {
            #[cfg(feature = "flex")]
            CrossAttentionCache::Chunks(all) => {
                *all = chunks.iter().map(|&chunk| all[chunk].clone()).collect()
            }
            CrossAttentionCache::Split(all) => all.keep(chunks, device),
            CrossAttentionCache::Tensors(all) => all.keep(chunks, device),
        }
    }

    /// What `queries`, `[rows, length, d_model]`, find in these chunks, of which each serves as
    /// many neighbouring rows (its beams).
    pub fn attend(&self, queries: Tensor<3>, heads: usize) -> Tensor<3> {
        match self {
            #[cfg(feature = "flex")]
            CrossAttentionCache::Chunks(chunks) => {
                let shape @ [_, _, d_model] = queries.dims();
                let found = attend_chunks(flex::into_vec(queries), d_model, heads, chunks);
                flex::tensor(found, shape)
            }
            CrossAttentionCache::Split(all) => all.serve(queries),
            CrossAttentionCache::Tensors(all) => all.attend(queries, heads, Layout::Plain),
        }
    }
}

impl KvPair {
    /// What `queries`, `[rows, length, d_model]`, find in the whole of these sequences.
    ///
    /// There may be fewer sequences than rows: then each serves as many neighbouring rows (a
    /// chunk's beams).
    pub fn attend(&self, queries: Tensor<3>, heads: usize, layout: Layout) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if layout.is_packed() {
            let shape @ [_, _, d_model] = queries.dims();
            let [_, memory_length, _] = self.keys.dims();
            let keys = flex::Values::of(self.keys.clone());
            let values = flex::Values::of(self.values.clone());
            let size = memory_length * d_model;
            let sequences: Vec<_> = keys
                .par_chunks_exact(size)
                .zip(values.par_chunks_exact(size))
                .map(|(keys, values)| Arc::new(ChunkKv::new(keys, values, d_model)))
                .collect();
            let found = attend_chunks(flex::into_vec(queries), d_model, heads, &sequences);
            return flex::tensor(found, shape);
        }
        let _ = layout;
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
    memory: &KvPair,
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

/// What each of the queries, rows of `d_model`, finds in the keys and values that `memory`
/// lists for it, in the query's place.
#[cfg(feature = "flex")]
pub(super) fn attend_rows<'a, T: Stored>(
    mut rows: Vec<f32>,
    d_model: usize,
    heads: usize,
    memory: impl Fn(usize, &mut Vec<(&'a [T], &'a [T])>) + Sync,
) -> Vec<f32> {
    use rten_simd::SimdOp;

    // Neighbouring rows share most of what they look at: one thread takes several, if there are
    // enough for all.
    const MAX_ROWS_EACH: usize = 5;
    let count = rows.len() / d_model;
    let each = count.div_ceil(rayon::current_num_threads()).clamp(1, MAX_ROWS_EACH);
    let scale = scale(d_model, heads) as f32;
    rows.par_chunks_mut(each * d_model).enumerate().for_each(|(block, rows)| {
        let listed = |i| {
            let mut listed = Vec::new();
            memory(block * each + i, &mut listed);
            listed
        };
        let memory: Vec<_> = (0..rows.len() / d_model).map(listed).collect();
        let scores = &mut Vec::new();
        Attend { rows, d_model, memory: &memory, heads, scale, scores }.dispatch();
    });
    rows
}
