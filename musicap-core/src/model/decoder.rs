//! BART's decoder: tokens in, hidden states out, with what earlier tokens left behind.

use burn::module::Param;
use burn::prelude::*;

use super::attention::Attention;
use super::config::BartConfig;
use super::encoder::{FeedForward, POSITION_OFFSET};
use super::weights::VarBuilder;
use crate::error::Result;
use crate::kernels::{AddNorm, CrossAttentionCache, Layout, TokenCache, indices};

/// BART's decoder. Token embeddings are tied to the output layer and so belong to
/// [`Bart`](super::Bart).
#[derive(Module, Debug)]
pub struct Decoder {
    embed_positions: Param<Tensor<2>>,
    layernorm_embedding: AddNorm,
    layers: Vec<DecoderLayer>,
    #[module(skip)]
    layout: Layout,
}

#[derive(Module, Debug)]
struct DecoderLayer {
    self_attn: Attention,
    self_attn_layer_norm: AddNorm,
    encoder_attn: Attention,
    encoder_attn_layer_norm: AddNorm,
    feed_forward: FeedForward,
}

/// What the decoder keeps from token to token: the keys and values of the tokens so far, a row
/// for each hypothesis, and for every layer those of the audio, a sequence for each chunk.
#[derive(Clone, Debug)]
pub struct DecoderCache {
    tokens: TokenCache,
    audio: Vec<CrossAttentionCache>,
}

impl Decoder {
    pub(super) fn load(mut builder: VarBuilder, config: &BartConfig) -> Result<Self> {
        let positions = config.max_position_embeddings + POSITION_OFFSET;
        let d_model = config.d_model;
        Ok(Decoder {
            embed_positions: builder.param("embed_positions.weight", [positions, d_model])?,
            layernorm_embedding: builder.norm("layernorm_embedding", d_model)?,
            layers: (0..config.decoder_layers)
                .map(|i| DecoderLayer::load(builder.child(format_args!("layers.{i}")), config))
                .collect::<Result<_>>()?,
            layout: builder.layout(),
        })
    }

    /// A cache over the encoder's output, `[chunks, frames, d_model]`, with one row for each
    /// chunk, which has seen nothing.
    pub fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        let [chunks, _, _] = encoded.dims();
        let quantized = self.layers.iter().any(|layer| layer.self_attn.is_quantized());
        let mut tokens = TokenCache::new(self.layers.len(), self.layout, quantized);
        tokens.add_rows(chunks);
        let audio = self
            .layers
            .iter()
            .map(|layer| layer.encoder_attn.cross_attention_cache(encoded.clone()));
        DecoderCache { tokens, audio: audio.collect() }
    }

    /// Token embeddings `[rows, length, d_model]` that follow what is in the cache → hidden
    /// states of the same shape. Rows of one chunk are neighbours and as many in every chunk.
    pub fn forward(&self, embedded: Tensor<3>, cache: &mut DecoderCache) -> Tensor<3> {
        let shape @ [_, length, _] = embedded.dims();
        let mut positions = cache.tokens.advance(length);
        positions.iter_mut().for_each(|position| *position += POSITION_OFFSET);
        let positions = indices(&positions, &embedded.device());
        let positions = self.embed_positions.val().select(0, positions).reshape(shape);
        let mut hidden = self.layernorm_embedding.forward(embedded, positions);
        for (i, layer) in self.layers.iter().enumerate() {
            hidden = layer.forward(hidden, i, cache);
        }
        hidden
    }
}

impl DecoderLayer {
    fn load(mut builder: VarBuilder, config: &BartConfig) -> Result<Self> {
        let (d_model, heads) = (config.d_model, config.decoder_attention_heads);
        Ok(DecoderLayer {
            self_attn: Attention::load(builder.child("self_attn"), d_model, heads)?,
            self_attn_layer_norm: builder.norm("self_attn_layer_norm", d_model)?,
            encoder_attn: Attention::load(builder.child("encoder_attn"), d_model, heads)?,
            encoder_attn_layer_norm: builder.norm("encoder_attn_layer_norm", d_model)?,
            feed_forward: FeedForward::load(builder, d_model, config.decoder_ffn_dim)?,
        })
    }

    fn forward(&self, hidden: Tensor<3>, layer: usize, cache: &mut DecoderCache) -> Tensor<3> {
        let attended =
            self.self_attn.causal_self_attention(hidden.clone(), layer, &mut cache.tokens);
        let hidden = self.self_attn_layer_norm.forward(hidden, attended);
        let heard = self.encoder_attn.cross_attention(hidden.clone(), &cache.audio[layer]);
        let hidden = self.encoder_attn_layer_norm.forward(hidden, heard);
        self.feed_forward.forward(hidden)
    }
}

impl DecoderCache {
    /// Takes the rows and chunks of `other` behind its own. What has not been loaded for the CPU's
    /// kernels can only take up chunks when there are none.
    ///
    /// # Panics
    /// If there are.
    pub fn append(&mut self, other: DecoderCache) {
        self.tokens.append(other.tokens);
        self.audio.iter_mut().zip(other.audio).for_each(|(audio, more)| audio.append(more));
    }

    /// Whether chunks can join others that are under placement.
    pub fn supports_continuous_batching(&self) -> bool {
        self.tokens.supports_ragged_lengths()
    }

    /// Lets row `i` go on from what row `parents[i]` has seen, and keeps only the `chunks`
    /// (by their present place) that these rows belong to.
    pub fn reorder(&mut self, parents: &[usize], chunks: &[usize], device: &Device) {
        self.tokens.reorder(parents, device);
        self.audio.iter_mut().for_each(|audio| audio.keep(chunks, device));
    }
}
