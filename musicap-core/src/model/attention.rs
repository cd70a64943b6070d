//! Multi-head attention as BART has it: every projection biased, queries scaled after the bias.

use burn::nn::Linear;
use burn::prelude::*;
use burn::tensor::activation::softmax;

use super::weights::Scope;
use crate::error::Result;

/// One attention block with its four projections.
#[derive(Module, Debug)]
pub struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    heads: usize,
}

/// Keys and values of a sequence, each `[rows, heads, length, head_dim]`.
#[derive(Clone, Debug)]
pub struct KeyValue {
    keys: Tensor<4>,
    values: Tensor<4>,
}

impl Attention {
    pub(super) fn load(mut scope: Scope, d_model: usize, heads: usize) -> Result<Self> {
        Ok(Attention {
            q_proj: scope.linear("q_proj", d_model, d_model)?,
            k_proj: scope.linear("k_proj", d_model, d_model)?,
            v_proj: scope.linear("v_proj", d_model, d_model)?,
            out_proj: scope.linear("out_proj", d_model, d_model)?,
            heads,
        })
    }

    /// The keys and values of `hidden`, `[rows, length, d_model]`.
    pub fn key_value(&self, hidden: Tensor<3>) -> KeyValue {
        KeyValue {
            keys: self.split_heads(linear(&self.k_proj, hidden.clone())),
            values: self.split_heads(linear(&self.v_proj, hidden)),
        }
    }

    /// What `hidden`, `[rows, length, d_model]`, finds in `memory`.
    ///
    /// `memory` may have fewer rows than `hidden`: then each of its rows serves as many
    /// neighbouring rows of `hidden` (a chunk's beams), as further queries of one sequence.
    /// `mask` `[length, memory length]` is true where a query must not look.
    pub fn forward(
        &self,
        hidden: Tensor<3>,
        memory: &KeyValue,
        mask: Option<Tensor<2, Bool>>,
    ) -> Tensor<3> {
        let shape @ [rows, length, d_model] = hidden.dims();
        let [memory_rows, _, _, head_dim] = memory.keys.dims();
        let queries = linear(&self.q_proj, hidden) * (head_dim as f64).powf(-0.5);
        let queries = queries.reshape([memory_rows, rows / memory_rows * length, d_model]);
        let mut scores = self.split_heads(queries).matmul(memory.keys.clone().swap_dims(2, 3));
        if let Some(mask) = mask {
            let mask = mask.unsqueeze::<4>().expand(scores.dims());
            scores = scores.mask_fill(mask, f32::NEG_INFINITY);
        }
        let found = softmax(scores, 3).matmul(memory.values.clone());
        linear(&self.out_proj, found.swap_dims(1, 2).reshape(shape))
    }

    /// `[rows, length, d_model]` → `[rows, heads, length, head_dim]`
    fn split_heads(&self, hidden: Tensor<3>) -> Tensor<4> {
        let [rows, length, d_model] = hidden.dims();
        hidden.reshape([rows, length, self.heads, d_model / self.heads]).swap_dims(1, 2)
    }
}

impl KeyValue {
    /// This sequence with `next` after it.
    pub fn append(self, next: KeyValue) -> KeyValue {
        KeyValue {
            keys: Tensor::cat(vec![self.keys, next.keys], 2),
            values: Tensor::cat(vec![self.values, next.values], 2),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.keys.dims()[0]
    }

    /// The rows `indices`, in their order.
    pub fn select(self, indices: Tensor<1, Int>) -> KeyValue {
        KeyValue {
            keys: self.keys.select(0, indices.clone()),
            values: self.values.select(0, indices),
        }
    }
}

/// A linear layer over all rows at once: one product of `[rows · length, d_input]` is faster
/// than one of `[length, d_input]` for each row.
pub(super) fn linear(layer: &Linear, input: Tensor<3>) -> Tensor<3> {
    let [rows, length, d_input] = input.dims();
    let output = layer.forward(input.reshape([rows * length, d_input]));
    let [_, d_output] = output.dims();
    output.reshape([rows, length, d_output])
}
