//! What a decoder keeps from token to token.

use burn::prelude::*;

use super::attention::Attention;
use crate::kernels::{CrossAttentionCache, Layout, TokenCache};

/// The keys and values of the tokens so far, a row for each hypothesis, and for every layer those
/// of the audio, a sequence for each chunk.
#[derive(Clone, Debug)]
pub struct DecoderCache {
    pub(super) tokens: TokenCache,
    pub(super) audio: Vec<CrossAttentionCache>,
}

impl DecoderCache {
    /// A cache over the encoder's output, `[chunks, frames, d_model]`, with one empty row for each
    /// chunk. `layers` has each layer's attention to its own tokens and to the audio.
    pub(super) fn new<'a>(
        layers: impl Iterator<Item = (&'a Attention, &'a Attention)> + Clone,
        encoded: Tensor<3>,
        layout: Layout,
    ) -> Self {
        let [chunks, _, _] = encoded.dims();
        let quantized = layers.clone().any(|(own, _)| own.is_quantized());
        let audio: Vec<_> =
            layers.map(|(_, cross)| cross.cross_attention_cache(encoded.clone())).collect();
        let mut tokens = TokenCache::new(audio.len(), layout, quantized);
        tokens.add_rows(chunks);
        DecoderCache { tokens, audio }
    }

    /// Appends the rows and chunks of `other`. Only the layout for the CPU's kernels supports this
    /// while the cache has rows.
    ///
    /// # Panics
    /// If the cache has rows and another layout.
    pub fn append(&mut self, other: DecoderCache) {
        self.tokens.append(other.tokens);
        self.audio.iter_mut().zip(other.audio).for_each(|(audio, more)| audio.append(more));
    }

    /// Whether chunks can be admitted while others are being decoded.
    pub fn supports_continuous_batching(&self) -> bool {
        self.tokens.supports_ragged_lengths()
    }

    /// Makes row `i` a continuation of row `parents[i]`, and keeps only the `chunks` (by their
    /// current index) that these rows belong to.
    pub fn reorder(&mut self, parents: &[usize], chunks: &[usize], device: &Device) {
        self.tokens.reorder(parents, device);
        self.audio.iter_mut().for_each(|audio| audio.keep(chunks, device));
    }
}
