//! BART's decoder: tokens in, hidden states out, with what earlier tokens left behind.

use burn::module::Param;
use burn::prelude::*;

use super::config::BartConfig;
use super::encoder::{FeedForward, POSITION_OFFSET};
use crate::error::Result;
use crate::kernels::{AddNorm, Layout, indices};
use crate::model::attention::Attention;
use crate::model::decoder_cache::DecoderCache;
use crate::model::var_builder::{Bias, VarBuilder};

/// BART's decoder. Token embeddings are tied to the output layer and so belong to
/// [`BartModel`](super::BartModel).
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

impl Decoder {
    pub fn load(mut builder: VarBuilder, config: &BartConfig) -> Result<Self> {
        let positions = config.max_position_embeddings + POSITION_OFFSET;
        let d_model = config.transformer.d_model;
        Ok(Decoder {
            embed_positions: builder.param("embed_positions.weight", [positions, d_model])?,
            layernorm_embedding: builder.norm("layernorm_embedding", d_model)?,
            layers: (0..config.transformer.decoder_layers)
                .map(|i| DecoderLayer::load(builder.child(format_args!("layers.{i}")), config))
                .collect::<Result<_>>()?,
            layout: builder.layout(),
        })
    }

    /// A cache over the encoder's output, `[chunks, frames, d_model]`, with one row for each
    /// chunk, which has seen nothing.
    pub fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        let layers = self.layers.iter().map(|layer| (&layer.self_attn, &layer.encoder_attn));
        DecoderCache::new(layers, encoded, self.layout)
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
        let (d_model, heads) =
            (config.transformer.d_model, config.transformer.decoder_attention_heads);
        Ok(DecoderLayer {
            self_attn: Attention::load(builder.child("self_attn"), d_model, heads, Bias::Stored)?,
            self_attn_layer_norm: builder.norm("self_attn_layer_norm", d_model)?,
            encoder_attn: Attention::load(
                builder.child("encoder_attn"),
                d_model,
                heads,
                Bias::Stored,
            )?,
            encoder_attn_layer_norm: builder.norm("encoder_attn_layer_norm", d_model)?,
            feed_forward: FeedForward::load(builder, d_model, config.transformer.decoder_ffn_dim)?,
        })
    }

    fn forward(&self, hidden: Tensor<3>, layer: usize, cache: &mut DecoderCache) -> Tensor<3> {
        let attended =
            self.self_attn.causal_self_attention(hidden.clone(), layer, &mut cache.tokens);
        let hidden = self.self_attn_layer_norm.forward(hidden, attended);
        let attended = self.encoder_attn.cross_attention(hidden.clone(), &cache.audio[layer]);
        let hidden = self.encoder_attn_layer_norm.forward(hidden, attended);
        self.feed_forward.forward(hidden)
    }
}
