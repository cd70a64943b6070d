//! BART's decoder: tokens in, hidden states out, with what earlier tokens left behind.

use burn::module::Param;
use burn::nn::LayerNorm;
use burn::prelude::*;
use burn::tensor::TensorData;

use super::attention::{Attention, KeyValue};
use super::config::BartConfig;
use super::encoder::{FeedForward, POSITION_OFFSET};
use super::weights::Scope;
use crate::error::Result;

/// BART's decoder. Token embeddings are tied to the output layer and so belong to
/// [`Bart`](super::Bart).
#[derive(Module, Debug)]
pub struct Decoder {
    embed_positions: Param<Tensor<2>>,
    layernorm_embedding: LayerNorm,
    layers: Vec<DecoderLayer>,
}

#[derive(Module, Debug)]
struct DecoderLayer {
    self_attn: Attention,
    self_attn_layer_norm: LayerNorm,
    encoder_attn: Attention,
    encoder_attn_layer_norm: LayerNorm,
    feed_forward: FeedForward,
}

/// What the decoder keeps from token to token: for every layer the keys and values of the
/// tokens so far, a row for each hypothesis, and those of the audio, a row for each chunk.
#[derive(Clone, Debug)]
pub struct DecoderCache {
    length: usize,
    layers: Vec<LayerCache>,
}

#[derive(Clone, Debug)]
struct LayerCache {
    tokens: Option<KeyValue>,
    audio: KeyValue,
}

impl Decoder {
    pub(super) fn load(mut scope: Scope, config: &BartConfig) -> Result<Self> {
        let positions = config.max_position_embeddings + POSITION_OFFSET;
        let d_model = config.d_model;
        let embed_positions =
            Param::from_tensor(scope.tensor("embed_positions.weight", [positions, d_model])?);
        Ok(Decoder {
            embed_positions,
            layernorm_embedding: scope.layer_norm("layernorm_embedding", d_model)?,
            layers: (0..config.decoder_layers)
                .map(|i| DecoderLayer::load(scope.child(format_args!("layers.{i}")), config))
                .collect::<Result<_>>()?,
        })
    }

    /// An empty cache over the encoder's output, `[chunks, frames, d_model]`.
    pub fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        let audio = |layer: &DecoderLayer| layer.encoder_attn.key_value(encoded.clone());
        let layers = self.layers.iter().map(|l| LayerCache { tokens: None, audio: audio(l) });
        DecoderCache { length: 0, layers: layers.collect() }
    }

    /// Token embeddings `[rows, length, d_model]` that follow what is in the cache → hidden
    /// states of the same shape. Rows of one chunk are neighbours and as many in every chunk.
    pub fn forward(&self, embedded: Tensor<3>, cache: &mut DecoderCache) -> Tensor<3> {
        let [_, length, _] = embedded.dims();
        let start = cache.length;
        cache.length += length;
        let positions = self.embed_positions.val().narrow(0, POSITION_OFFSET + start, length);
        let mask = (length > 1).then(|| causal_mask(start, length, &embedded.device()));
        let mut hidden = self.layernorm_embedding.forward(embedded + positions.unsqueeze());
        for (layer, cache) in self.layers.iter().zip(&mut cache.layers) {
            hidden = layer.forward(hidden, cache, mask.clone());
        }
        hidden
    }
}

impl DecoderLayer {
    fn load(mut scope: Scope, config: &BartConfig) -> Result<Self> {
        let (d_model, heads) = (config.d_model, config.decoder_attention_heads);
        Ok(DecoderLayer {
            self_attn: Attention::load(scope.child("self_attn"), d_model, heads)?,
            self_attn_layer_norm: scope.layer_norm("self_attn_layer_norm", d_model)?,
            encoder_attn: Attention::load(scope.child("encoder_attn"), d_model, heads)?,
            encoder_attn_layer_norm: scope.layer_norm("encoder_attn_layer_norm", d_model)?,
            feed_forward: FeedForward::load(scope, d_model, config.decoder_ffn_dim)?,
        })
    }

    fn forward(
        &self,
        hidden: Tensor<3>,
        cache: &mut LayerCache,
        mask: Option<Tensor<2, Bool>>,
    ) -> Tensor<3> {
        let next = self.self_attn.key_value(hidden.clone());
        let tokens = match cache.tokens.take() {
            Some(tokens) => tokens.append(next),
            None => next,
        };
        let attended = self.self_attn.forward(hidden.clone(), &tokens, mask);
        cache.tokens = Some(tokens);
        let hidden = self.self_attn_layer_norm.forward(hidden + attended);

        let heard = self.encoder_attn.forward(hidden.clone(), &cache.audio, None);
        let hidden = self.encoder_attn_layer_norm.forward(hidden + heard);
        self.feed_forward.forward(hidden)
    }
}

impl DecoderCache {
    /// Tokens a row has seen.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Lets row `i` go on from what row `parents[i]` has seen, and keeps only the `chunks`
    /// (by their present place) that these rows belong to.
    pub fn reorder(&mut self, parents: &[usize], chunks: &[usize], device: &Device) {
        let Some(first) = self.layers.first() else { return };
        let rows = first.tokens.as_ref().map_or(0, KeyValue::rows);
        let parents = (!is_identity(parents, rows)).then(|| indices(parents, device));
        let chunks = (!is_identity(chunks, first.audio.rows())).then(|| indices(chunks, device));
        for layer in &mut self.layers {
            if let Some(parents) = &parents {
                layer.tokens = layer.tokens.take().map(|tokens| tokens.select(parents.clone()));
            }
            if let Some(chunks) = &chunks {
                layer.audio = layer.audio.clone().select(chunks.clone());
            }
        }
    }
}

fn is_identity(indices: &[usize], count: usize) -> bool {
    indices.iter().copied().eq(0..count)
}

fn indices(indices: &[usize], device: &Device) -> Tensor<1, Int> {
    let indices: Vec<i64> = indices.iter().map(|&index| index as i64).collect();
    Tensor::from_data(TensorData::from(indices.as_slice()), device)
}

/// `[length, start + length]`, true where a token would see a later one.
fn causal_mask(start: usize, length: usize, device: &Device) -> Tensor<2, Bool> {
    let hidden: Vec<bool> = (0..length)
        .flat_map(|query| (0..start + length).map(move |key| key > start + query))
        .collect();
    Tensor::from_data(TensorData::new(hidden, [length, start + length]), device)
}
