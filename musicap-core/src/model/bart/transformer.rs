//! BART as LP-MusicCaps uses it: audio vectors into the encoder, tokens out of the decoder.

use burn::prelude::*;

use super::config::BartConfig;
use super::decoder::Decoder;
use super::encoder::Encoder;
use crate::error::Result;
use crate::kernels::{LogitStats, TiedEmbedding};
use crate::model::decoder_cache::DecoderCache;
use crate::model::shape::TransformerConfig;
use crate::model::var_builder::VarBuilder;

/// Encoder and decoder with the one embedding table that both ends of the decoder share.
#[derive(Module, Debug)]
pub struct Bart {
    shared: TiedEmbedding,
    embed_scale: f64,
    encoder: Encoder,
    decoder: Decoder,
}

impl Bart {
    pub fn load(mut builder: VarBuilder, config: &BartConfig) -> Result<Self> {
        let TransformerConfig { vocab_size, d_model, .. } = config.transformer;
        let (table, bias) = ("model.shared.weight", Some("final_logits_bias"));
        Ok(Bart {
            shared: builder.tied_embedding(table, bias, vocab_size, d_model)?,
            embed_scale: config.transformer.embed_scale(),
            encoder: Encoder::load(builder.child("model.encoder"), config)?,
            decoder: Decoder::load(builder.child("model.decoder"), config)?,
        })
    }

    /// Audio vectors `[chunks, frames, d_model]` → encoder output of the same shape.
    pub fn encode(&self, audio: Tensor<3>) -> Tensor<3> {
        self.encoder.forward(audio)
    }

    /// A decoder cache over the encoder's output, with one row for each chunk.
    pub fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        self.decoder.cache(encoded)
    }

    /// Tokens, as many for each of the `rows`, that follow what is in the cache → hidden states
    /// `[rows, length, d_model]`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the embedding table's file cannot be read any more.
    pub fn decode(
        &self,
        tokens: &[u32],
        rows: usize,
        cache: &mut DecoderCache,
    ) -> Result<Tensor<3>> {
        let embedded = self.shared.embed(tokens, rows)?;
        let embedded = if self.embed_scale == 1.0 { embedded } else { embedded * self.embed_scale };
        Ok(self.decoder.forward(embedded, cache))
    }

    /// Hidden states `[rows, d_model]` → logits, `rows · vocab_size` of them, in place of what
    /// `logits` held, with statistics of each row.
    ///
    /// # Errors
    /// The backend's reason, in words.
    pub fn logits(
        &self,
        hidden: Tensor<2>,
        logits: &mut Vec<f32>,
    ) -> Result<Vec<LogitStats>, String> {
        self.shared.logits(hidden, logits)
    }

    /// [`logits`](Self::logits) as a tensor, `[rows, vocab_size]` in single precision, of a
    /// network that is not packed.
    pub fn project(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.shared.project(hidden)
    }
}
