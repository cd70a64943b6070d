//! Encoder and decoder layers, which normalise before each block.

use burn::prelude::*;

use super::config::WhisperConfig;
use crate::error::Result;
use crate::kernels::{AddNorm, Layout, Linear, add};
use crate::model::attention::Attention;
use crate::model::decoder_cache::DecoderCache;
use crate::model::var_builder::{Bias, VarBuilder};

/// A layer of the encoder.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    self_attn_layer_norm: AddNorm,
    self_attn: Attention,
    feed_forward: FeedForward,
    #[module(skip)]
    layout: Layout,
}

/// A layer of the decoder.
#[derive(Module, Debug)]
pub struct DecoderLayer {
    self_attn_layer_norm: AddNorm,
    pub self_attn: Attention,
    encoder_attn_layer_norm: AddNorm,
    pub encoder_attn: Attention,
    feed_forward: FeedForward,
    #[module(skip)]
    layout: Layout,
}

/// A norm, two linear layers with GELU between, and the residual sum.
#[derive(Module, Debug)]
struct FeedForward {
    final_layer_norm: AddNorm,
    fc1: Linear,
    fc2: Linear,
    #[module(skip)]
    layout: Layout,
}

impl EncoderLayer {
    pub fn load(mut builder: VarBuilder, config: &WhisperConfig) -> Result<Self> {
        let (d_model, heads) =
            (config.transformer.d_model, config.transformer.encoder_attention_heads);
        Ok(EncoderLayer {
            layout: builder.layout(),
            self_attn_layer_norm: builder.norm("self_attn_layer_norm", d_model)?,
            self_attn: Attention::load(builder.child("self_attn"), d_model, heads, Bias::Zero)?,
            feed_forward: FeedForward::load(builder, d_model, config.transformer.encoder_ffn_dim)?,
        })
    }

    /// `[chunks, frames, d_model]` → the same shape.
    pub fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let normed = self.self_attn_layer_norm.norm(hidden.clone());
        let hidden = add(hidden, self.self_attn.self_attention(normed), self.layout);
        self.feed_forward.forward(hidden)
    }
}

impl DecoderLayer {
    pub fn load(mut builder: VarBuilder, config: &WhisperConfig) -> Result<Self> {
        let (d_model, heads) =
            (config.transformer.d_model, config.transformer.decoder_attention_heads);
        let self_attn = Attention::load(builder.child("self_attn"), d_model, heads, Bias::Zero)?;
        let encoder_attn =
            Attention::load(builder.child("encoder_attn"), d_model, heads, Bias::Zero)?;
        Ok(DecoderLayer {
            layout: builder.layout(),
            self_attn_layer_norm: builder.norm("self_attn_layer_norm", d_model)?,
            self_attn,
            encoder_attn_layer_norm: builder.norm("encoder_attn_layer_norm", d_model)?,
            encoder_attn,
            feed_forward: FeedForward::load(builder, d_model, config.transformer.decoder_ffn_dim)?,
        })
    }

    /// `[rows, length, d_model]`, the tokens after those in `cache`, → the same shape. `layer` is
    /// this layer's number.
    pub fn forward(&self, hidden: Tensor<3>, layer: usize, cache: &mut DecoderCache) -> Tensor<3> {
        let normed = self.self_attn_layer_norm.norm(hidden.clone());
        let attended = self.self_attn.causal_self_attention(normed, layer, &mut cache.tokens);
        let hidden = add(hidden, attended, self.layout);
        let normed = self.encoder_attn_layer_norm.norm(hidden.clone());
        let attended = self.encoder_attn.cross_attention(normed, &cache.audio[layer]);
        let hidden = add(hidden, attended, self.layout);
        self.feed_forward.forward(hidden)
    }
}

impl FeedForward {
    fn load(mut builder: VarBuilder, d_model: usize, ffn_dim: usize) -> Result<Self> {
        Ok(FeedForward {
            layout: builder.layout(),
            final_layer_norm: builder.norm("final_layer_norm", d_model)?,
            fc1: builder.linear("fc1", d_model, ffn_dim, Bias::Stored)?,
            fc2: builder.linear("fc2", ffn_dim, d_model, Bias::Stored)?,
        })
    }

    fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let normed = self.final_layer_norm.norm(hidden.clone());
        add(hidden, self.fc2.forward(self.fc1.forward_gelu(normed)), self.layout)
    }
}
