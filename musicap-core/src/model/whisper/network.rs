//! The whole network.

use burn::module::Param;
use burn::prelude::*;

use super::config::WhisperConfig;
use super::layers::{DecoderLayer, EncoderLayer};
use crate::error::Result;
use crate::kernels::{
    AddNorm, ConvStack, Layout, LogitStats, Placement, TiedEmbedding, add, indices,
};
use crate::model::architecture::Network;
use crate::model::decoder_cache::DecoderCache;
use crate::model::shape::TransformerConfig;
use crate::model::var_builder::{TensorSource, VarBuilder};

/// Whisper: log-mel chunks in, logits out.
#[derive(Module, Debug)]
pub struct WhisperModel {
    encoder: Encoder,
    decoder: Decoder,
}

/// Two convolutions, the second of stride 2, and transformer layers.
#[derive(Module, Debug)]
struct Encoder {
    convs: ConvStack,
    /// `[frames, d_model]`
    embed_positions: Param<Tensor<2>>,
    layers: Vec<EncoderLayer>,
    layer_norm: AddNorm,
}

#[derive(Module, Debug)]
struct Decoder {
    embed_tokens: TiedEmbedding,
    embed_scale: f64,
    /// `[positions, d_model]`
    embed_positions: Param<Tensor<2>>,
    layers: Vec<DecoderLayer>,
    layer_norm: AddNorm,
    #[module(skip)]
    layout: Layout,
}

impl WhisperModel {
    /// Builds the network of shape `config` from `source`, which names tensors as transformers
    /// does.
    ///
    /// # Errors
    /// Those of the source: a tensor that is missing, has another shape or cannot be read.
    pub fn load(
        config: &WhisperConfig,
        source: &mut dyn TensorSource,
        placement: &Placement,
    ) -> Result<Self> {
        let mut root = VarBuilder::root(source, placement);
        let mut model = root.child("model");
        Ok(WhisperModel {
            encoder: Encoder::load(model.child("encoder"), config)?,
            decoder: Decoder::load(model.child("decoder"), config)?,
        })
    }
}

impl Encoder {
    fn load(mut builder: VarBuilder, config: &WhisperConfig) -> Result<Self> {
        let WhisperConfig { num_mel_bins, max_source_positions, .. } = *config;
        let d_model = config.transformer.d_model;
        let convs = [
            builder.conv3("conv1", [num_mel_bins, d_model], 1)?,
            builder.conv3("conv2", [d_model, d_model], 2)?,
        ];
        let positions = [max_source_positions, d_model];
        Ok(Encoder {
            convs: ConvStack::new(convs, builder.placement()),
            embed_positions: builder.param("embed_positions.weight", positions)?,
            layers: (0..config.transformer.encoder_layers)
                .map(|i| EncoderLayer::load(builder.child(format_args!("layers.{i}")), config))
                .collect::<Result<_>>()?,
            layer_norm: builder.norm("layer_norm", d_model)?,
        })
    }

    fn forward(&self, mel: Tensor<3>) -> Tensor<3> {
        let mut hidden = self.convs.forward_plus(mel, self.embed_positions.val());
        for layer in &self.layers {
            hidden = layer.forward(hidden);
        }
        self.layer_norm.norm(hidden)
    }
}

impl Decoder {
    fn load(mut builder: VarBuilder, config: &WhisperConfig) -> Result<Self> {
        let TransformerConfig { d_model, vocab_size, .. } = config.transformer;
        let max_target_positions = config.max_target_positions;
        let positions = [max_target_positions, d_model];
        Ok(Decoder {
            embed_tokens: builder.tied_embedding(
                "embed_tokens.weight",
                None,
                vocab_size,
                d_model,
            )?,
            embed_scale: config.transformer.embed_scale(),
            embed_positions: builder.param("embed_positions.weight", positions)?,
            layers: (0..config.transformer.decoder_layers)
                .map(|i| DecoderLayer::load(builder.child(format_args!("layers.{i}")), config))
                .collect::<Result<_>>()?,
            layer_norm: builder.norm("layer_norm", d_model)?,
            layout: builder.layout(),
        })
    }

    fn forward(&self, tokens: &[u32], rows: usize, cache: &mut DecoderCache) -> Result<Tensor<3>> {
        let embedded = self.embed_tokens.embed(tokens, rows)?;
        let embedded = if self.embed_scale == 1.0 { embedded } else { embedded * self.embed_scale };
        let shape @ [_, length, _] = embedded.dims();
        let positions = indices(&cache.tokens.advance(length), &embedded.device());
        let positions = self.embed_positions.val().select(0, positions).reshape(shape);
        let mut hidden = add(embedded, positions, self.layout);
        for (i, layer) in self.layers.iter().enumerate() {
            hidden = layer.forward(hidden, i, cache);
        }
        Ok(self.layer_norm.norm(hidden))
    }
}

impl Network for WhisperModel {
    fn encode(&self, mel: Tensor<3>) -> Tensor<3> {
        self.encoder.forward(mel)
    }

    fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        let layers = self.decoder.layers.iter();
        let layers = layers.map(|layer| (&layer.self_attn, &layer.encoder_attn));
        DecoderCache::new(layers, encoded, self.decoder.layout)
    }

    fn decode(&self, tokens: &[u32], rows: usize, cache: &mut DecoderCache) -> Result<Tensor<3>> {
        self.decoder.forward(tokens, rows, cache)
    }

    fn logits(&self, hidden: Tensor<2>, logits: &mut Vec<f32>) -> Result<Vec<LogitStats>, String> {
        self.decoder.embed_tokens.logits(hidden, logits)
    }

    fn project(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.decoder.embed_tokens.project(hidden)
    }

    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}
