//! The keys and values of a decoder's earlier tokens.

use burn::prelude::*;

use super::attention::attend;
use super::buckets::Buckets;
use super::kv::{KvPair, causal_mask};
#[cfg(feature = "flex")]
use super::pages::Pages;
use super::sequences::TensorCache;
use super::{Layout, unpacked};

/// Keys and values of the tokens that each row of a decoder has seen, in all of its layers.
///
/// On the CPU they are pages: one for every call of the decoder, written once and never moved.
/// A row knows the places of its tokens in them, so that reordering rows copies no values and
/// rows need not be of one age. Elsewhere they are tensors, which grow and are copied: by every
/// token, or on a GPU from bucket to bucket.
#[derive(Clone, Debug)]
pub enum TokenCache {
    #[cfg(feature = "flex")]
    Paged(Pages<f32>),
    /// With int8 weights, whose rounding is far coarser, half precision does.
    #[cfg(feature = "flex")]
    PagedHalf(Pages<rten_simd::f16>),
    Buckets(Box<Buckets>),
    Tensors(TensorCache<KvPair>),
}

impl TokenCache {
    /// An empty cache for a decoder of `layers` layers.
    pub fn new(layers: usize, layout: Layout, quantized: bool) -> Self {
        #[cfg(feature = "flex")]
        match (layout, quantized) {
            (Layout::Packed, true) => return TokenCache::PagedHalf(Pages::new()),
            (Layout::Packed, false) => return TokenCache::Paged(Pages::new()),
            _ => {}
        }
        let _ = quantized;
        unpacked();
        match layout.is_gpu() {
            true => TokenCache::Buckets(Box::new(Buckets::new(layers))),
            false => TokenCache::Tensors(TensorCache::new(layers)),
        }
    }

    /// Whether its rows may have different lengths.
    pub fn supports_ragged_lengths(&self) -> bool {
        !matches!(self, TokenCache::Tensors(_) | TokenCache::Buckets(_))
    }

    /// Appends the rows of `other`. Tensors can only do so while they have no rows.
    ///
    /// # Panics
    /// If they have, and rows must be of one length.
    pub fn append(&mut self, other: TokenCache) {
        match (self, other) {
            #[cfg(feature = "flex")]
            (TokenCache::Paged(pages), TokenCache::Paged(other)) => pages.append(other),
            #[cfg(feature = "flex")]
            (TokenCache::PagedHalf(pages), TokenCache::PagedHalf(other)) => pages.append(other),
            (cache, other) => {
                assert_eq!(cache.rows(), 0, "rows of different lengths in one tensor");
                *cache = other;
            }
        }
    }

    /// Adds rows that have seen nothing.
    pub fn add_rows(&mut self, count: usize) {
        match self {
            #[cfg(feature = "flex")]
            TokenCache::Paged(pages) => pages.add_rows(count),
            #[cfg(feature = "flex")]
            TokenCache::PagedHalf(pages) => pages.add_rows(count),
            TokenCache::Buckets(cache) => cache.tokens.rows += count,
            TokenCache::Tensors(cache) => cache.rows += count,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            #[cfg(feature = "flex")]
            TokenCache::Paged(pages) => pages.rows(),
            #[cfg(feature = "flex")]
            TokenCache::PagedHalf(pages) => pages.rows(),
            TokenCache::Buckets(cache) => cache.tokens.rows,
            TokenCache::Tensors(cache) => cache.rows,
        }
    }

    /// Makes room for `length` more tokens in each row, and gives their positions, row by row.
    pub fn advance(&mut self, length: usize) -> Vec<usize> {
        match self {
            #[cfg(feature = "flex")]
            TokenCache::Paged(pages) => pages.advance(length),
            #[cfg(feature = "flex")]
            TokenCache::PagedHalf(pages) => pages.advance(length),
            TokenCache::Buckets(cache) => cache.advance(length),
            TokenCache::Tensors(cache) => cache.advance(length),
        }
    }

    /// Stores the keys and values of the tokens that [`advance`](Self::advance) made room for,
    /// and lets their queries see them and what came before them. All are
    /// `[rows, length, d_model]`.
    pub fn attend(
        &mut self,
        layer: usize,
        queries: Tensor<3>,
        next: KvPair,
        heads: usize,
    ) -> Tensor<3> {
        match self {
            #[cfg(feature = "flex")]
            TokenCache::Paged(pages) => pages.attend(layer, queries, next, heads),
            #[cfg(feature = "flex")]
            TokenCache::PagedHalf(pages) => pages.attend(layer, queries, next, heads),
            TokenCache::Buckets(cache) => cache.attend(layer, queries, next, heads),
            TokenCache::Tensors(cache) => cache.attend(layer, queries, next, heads),
        }
    }

    /// Makes row `i` a continuation of row `parents[i]`.
    pub fn reorder(&mut self, parents: &[usize], device: &Device) {
        match self {
            #[cfg(feature = "flex")]
            TokenCache::Paged(pages) => pages.reorder(parents),
            #[cfg(feature = "flex")]
            TokenCache::PagedHalf(pages) => pages.reorder(parents),
            TokenCache::Buckets(cache) => cache.tokens.reorder(parents, device),
            TokenCache::Tensors(cache) => cache.reorder(parents, device),
        }
    }
}

impl TensorCache<KvPair> {
    fn attend(
        &mut self,
        layer: usize,
        queries: Tensor<3>,
        next: KvPair,
        heads: usize,
    ) -> Tensor<3> {
        unpacked();
        let [_, length, _] = queries.dims();
        let device = queries.device();
        let seen = match self.layers[layer].take() {
            Some(tokens) => tokens.append(next),
            None => next,
        };
        let start = self.length - length;
        let mask = (length > 1).then(|| causal_mask(start, length, start + length, &device));
        let found = attend(queries, &seen, mask, heads);
        self.layers[layer] = Some(seen);
        found
    }
}
