//! Multi-head attention: queries are scaled after their bias.

use burn::prelude::*;

use super::var_builder::{Bias, VarBuilder};
use crate::error::Result;
use crate::kernels::{CrossAttentionCache, KvPair, Layout, Linear, TokenCache};

/// One attention block with its four projections.
#[derive(Module, Debug)]
pub struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    heads: usize,
    #[module(skip)]
    layout: Layout,
}

impl Attention {
    /// A block whose projections have biases, that of the keys only as `key_bias` says.
    pub(super) fn load(
        mut builder: VarBuilder,
        d_model: usize,
        heads: usize,
        key_bias: Bias,
    ) -> Result<Self> {
        Ok(Attention {
            q_proj: builder.linear("q_proj", d_model, d_model, Bias::Stored)?,
            k_proj: builder.linear("k_proj", d_model, d_model, key_bias)?,
            v_proj: builder.linear("v_proj", d_model, d_model, Bias::Stored)?,
            out_proj: builder.linear("out_proj", d_model, d_model, Bias::Stored)?,
            heads,
            layout: builder.layout(),
        })
    }

    /// Whether its projections multiply integers.
    pub fn is_quantized(&self) -> bool {
        self.k_proj.is_quantized()
    }

    /// The keys and values of `hidden`, `[rows, length, d_model]`.
    fn kv_pair(&self, hidden: Tensor<3>) -> KvPair {
        let [keys, values] = Linear::forward_all([&self.k_proj, &self.v_proj], hidden);
        KvPair { keys, values }
    }

    /// The queries, keys and values of `hidden`, `[rows, length, d_model]`.
    fn queries_and_kv_pair(&self, hidden: Tensor<3>) -> (Tensor<3>, KvPair) {
        let layers = [&self.q_proj, &self.k_proj, &self.v_proj];
        let [queries, keys, values] = Linear::forward_all(layers, hidden);
        (queries, KvPair { keys, values })
    }

    /// Attention of each row of `hidden`, `[rows, length, d_model]`, to all of itself.
    pub fn self_attention(&self, hidden: Tensor<3>) -> Tensor<3> {
        let (queries, own) = self.queries_and_kv_pair(hidden);
        self.out_proj.forward(own.attend(queries, self.heads, self.layout))
    }

    /// The keys and values of the encoder's output, `[chunks, length, d_model]`.
    pub fn cross_attention_cache(&self, encoded: Tensor<3>) -> CrossAttentionCache {
        CrossAttentionCache::new(self.kv_pair(encoded), self.heads, self.layout)
    }

    /// Attention of `hidden`, `[rows, length, d_model]`, to the chunks in `cache`, of which each
    /// serves equally many neighbouring rows.
    pub fn cross_attention(&self, hidden: Tensor<3>, cache: &CrossAttentionCache) -> Tensor<3> {
        let queries = self.q_proj.forward(hidden);
        self.out_proj.forward(cache.attend(queries, self.heads))
    }

    /// Attention of the tokens `hidden`, `[rows, length, d_model]`, to themselves and the tokens
    /// before them.
    pub fn causal_self_attention(
        &self,
        hidden: Tensor<3>,
        layer: usize,
        cache: &mut TokenCache,
    ) -> Tensor<3> {
        let (queries, next) = self.queries_and_kv_pair(hidden);
        self.out_proj.forward(cache.attend(layer, queries, next, self.heads))
    }
}
