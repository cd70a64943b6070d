//! Multi-head attention as BART has it: every projection biased, queries scaled after the bias.

use burn::prelude::*;

use super::weights::VarBuilder;
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
    pub(super) fn load(mut builder: VarBuilder, d_model: usize, heads: usize) -> Result<Self> {
        Ok(Attention {
            q_proj: builder.linear("q_proj", d_model, d_model)?,
            k_proj: builder.linear("k_proj", d_model, d_model)?,
            v_proj: builder.linear("v_proj", d_model, d_model)?,
            out_proj: builder.linear("out_proj", d_model, d_model)?,
            heads,
            layout: builder.layout(),
        })
    }

    /// Whether its projections multiply whole numbers.
    pub fn is_quantized(&self) -> bool {
        self.k_proj.is_quantized()
    }

    /// The keys and values of `hidden`, `[rows, length, d_model]`.
    fn kv_pair(&self, hidden: Tensor<3>) -> KvPair {
        KvPair { keys: self.k_proj.forward(hidden.clone()), values: self.v_proj.forward(hidden) }
    }

    /// What each of the rows `hidden`, `[rows, length, d_model]`, finds in itself.
    pub fn self_attention(&self, hidden: Tensor<3>) -> Tensor<3> {
        let memory = self.kv_pair(hidden.clone());
        let queries = self.q_proj.forward(hidden);
        self.out_proj.forward(memory.attend(queries, self.heads, self.layout))
    }

    /// What the decoder keeps of the encoder's output, `[chunks, length, d_model]`.
    pub fn cross_attention_cache(&self, encoded: Tensor<3>) -> CrossAttentionCache {
        CrossAttentionCache::new(self.kv_pair(encoded), self.heads, self.layout)
    }

    /// What `hidden`, `[rows, length, d_model]`, hears in the chunks of `memory`, of which each
    /// serves as many neighbouring rows.
    pub fn cross_attention(&self, hidden: Tensor<3>, memory: &CrossAttentionCache) -> Tensor<3> {
        let queries = self.q_proj.forward(hidden);
        self.out_proj.forward(memory.attend(queries, self.heads))
    }

    /// What the tokens `hidden`, `[rows, length, d_model]`, find in themselves and in the tokens
    /// before them.
    pub fn causal_self_attention(
        &self,
        hidden: Tensor<3>,
        layer: usize,
        cache: &mut TokenCache,
    ) -> Tensor<3> {
        let next = self.kv_pair(hidden.clone());
        let queries = self.q_proj.forward(hidden);
        self.out_proj.forward(cache.attend(layer, queries, next, self.heads))
    }
}
