//! BART's encoder: layers that normalise after each residual sum.

use burn::module::Param;
use burn::prelude::*;

use super::config::BartConfig;
use crate::error::Result;
use crate::kernels::{AddNorm, Linear};
use crate::model::attention::Attention;
use crate::model::var_builder::{Bias, VarBuilder};

/// BART starts counting positions at the third row of its table.
pub(super) const POSITION_OFFSET: usize = 2;

/// BART's encoder, fed with audio embeddings in place of token embeddings.
#[derive(Module, Debug)]
pub struct Encoder {
    embed_positions: Param<Tensor<2>>,
    layernorm_embedding: AddNorm,
    layers: Vec<EncoderLayer>,
}

#[derive(Module, Debug)]
struct EncoderLayer {
    self_attn: Attention,
    self_attn_layer_norm: AddNorm,
    feed_forward: FeedForward,
}

/// Two linear layers with GELU between, the residual sum and its norm.
#[derive(Module, Debug)]
pub(super) struct FeedForward {
    fc1: Linear,
    fc2: Linear,
    final_layer_norm: AddNorm,
}

impl Encoder {
    pub fn load(mut builder: VarBuilder, config: &BartConfig) -> Result<Self> {
        let positions = config.max_position_embeddings + POSITION_OFFSET;
        let d_model = config.transformer.d_model;
        Ok(Encoder {
            embed_positions: builder.param("embed_positions.weight", [positions, d_model])?,
            layernorm_embedding: builder.norm("layernorm_embedding", d_model)?,
            layers: (0..config.transformer.encoder_layers)
                .map(|i| EncoderLayer::load(builder.child(format_args!("layers.{i}")), config))
                .collect::<Result<_>>()?,
        })
    }

    /// `[chunks, frames, d_model]` → the same shape.
    pub fn forward(&self, audio: Tensor<3>) -> Tensor<3> {
        let shape @ [_, frames, _] = audio.dims();
        let positions = self.embed_positions.val().narrow(0, POSITION_OFFSET, frames);
        let positions = positions.unsqueeze::<3>().expand(shape);
        let mut hidden = self.layernorm_embedding.forward(audio, positions);
        for layer in &self.layers {
            hidden = layer.forward(hidden);
        }
        hidden
    }
}

impl EncoderLayer {
    fn load(mut builder: VarBuilder, config: &BartConfig) -> Result<Self> {
        let (d_model, heads) =
            (config.transformer.d_model, config.transformer.encoder_attention_heads);
        Ok(EncoderLayer {
            self_attn: Attention::load(builder.child("self_attn"), d_model, heads, Bias::Stored)?,
            self_attn_layer_norm: builder.norm("self_attn_layer_norm", d_model)?,
            feed_forward: FeedForward::load(builder, d_model, config.transformer.encoder_ffn_dim)?,
        })
    }

    fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let attended = self.self_attn.self_attention(hidden.clone());
        self.feed_forward.forward(self.self_attn_layer_norm.forward(hidden, attended))
    }
}

impl FeedForward {
    pub fn load(mut builder: VarBuilder, d_model: usize, ffn_dim: usize) -> Result<Self> {
        Ok(FeedForward {
            fc1: builder.linear("fc1", d_model, ffn_dim, Bias::Stored)?,
            fc2: builder.linear("fc2", ffn_dim, d_model, Bias::Stored)?,
            final_layer_norm: builder.norm("final_layer_norm", d_model)?,
        })
    }

    pub fn forward(&self, hidden: Tensor<3>) -> Tensor<3> {
        let inner = self.fc1.forward_gelu(hidden.clone());
        self.final_layer_norm.forward(hidden, self.fc2.forward(inner))
    }
}
