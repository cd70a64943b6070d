//! BART as LP-MusicCaps uses it: audio vectors into the encoder, tokens out of the decoder.

use burn::module::Param;
use burn::prelude::*;

use super::config::BartConfig;
use super::decoder::{Decoder, DecoderCache};
use super::encoder::Encoder;
use super::weights::Scope;
use crate::error::Result;

/// Encoder and decoder with the one embedding table that both ends of the decoder share.
#[derive(Module, Debug)]
pub struct Bart {
    /// `[vocab_size, d_model]`: token embeddings and, transposed, the output layer.
    shared: Param<Tensor<2>>,
    /// `[1, vocab_size]`
    final_logits_bias: Param<Tensor<2>>,
    embed_scale: f64,
    encoder: Encoder,
    decoder: Decoder,
}

impl Bart {
    pub(super) fn load(mut scope: Scope, config: &BartConfig) -> Result<Self> {
        let BartConfig { vocab_size, d_model, .. } = *config;
        let bias = scope.tensor("final_logits_bias", [1, vocab_size])?;
        let mut model = scope.child("model");
        let shared = model.tensor("shared.weight", [vocab_size, d_model])?;
        Ok(Bart {
            shared: Param::from_tensor(shared),
            final_logits_bias: Param::from_tensor(bias),
            embed_scale: if config.scale_embedding { (d_model as f64).sqrt() } else { 1.0 },
            encoder: Encoder::load(model.child("encoder"), config)?,
            decoder: Decoder::load(model.child("decoder"), config)?,
        })
    }

    /// Audio vectors `[chunks, frames, d_model]` → encoder output of the same shape.
    pub fn encode(&self, audio: Tensor<3>) -> Tensor<3> {
        self.encoder.forward(audio)
    }

    /// An empty decoder cache over the encoder's output.
    pub fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        self.decoder.cache(encoded)
    }

    /// Tokens `[rows, length]` that follow what is in the cache → hidden states
    /// `[rows, length, d_model]`.
    pub fn decode(&self, tokens: Tensor<2, Int>, cache: &mut DecoderCache) -> Tensor<3> {
        let embedded = burn::tensor::module::embedding(self.shared.val(), tokens);
        self.decoder.forward(embedded * self.embed_scale, cache)
    }

    /// Hidden states `[rows, d_model]` → logits `[rows, vocab_size]`.
    pub fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        hidden.matmul(self.shared.val().transpose()) + self.final_logits_bias.val()
    }
}
