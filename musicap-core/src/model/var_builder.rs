//! Builds the layers of the network from named tensors, whatever file these come from.

use std::sync::Arc;

use burn::module::Param;
use burn::prelude::*;

use crate::error::Result;
use crate::kernels::{
    AddNorm, Conv3Weights, Layout, Linear, Placement, RowSource, TiedEmbedding, Weight,
};

/// A source of a model's tensors.
pub trait TensorSource {
    /// The float32 values of tensor `name`, row by row.
    ///
    /// # Errors
    /// If there is no such tensor, if its shape is not `shape`, or if it cannot be read.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;

    /// Tensor `name` in the source's precision. Each row (all dimensions but the first) holds the
    /// weights of one output.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Weight> {
        self.tensor(name, shape).map(Weight::F32)
    }

    /// The rows of tensor `name`, read from the source on demand if it supports that: a large table
    /// of which few rows are needed at a time then takes no memory. Values are those of
    /// [`weight`](Self::weight).
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    fn rows(&mut self, name: &str) -> Result<Option<Arc<dyn RowSource>>> {
        let _ = name;
        Ok(None)
    }
}

/// One parameter of a network, with its values as a checkpoint holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// The published checkpoint's name: `bart.model.encoder.layers.0.fc1.weight`.
    pub name: String,
    /// Its dimensions, the slowest-varying first, as in PyTorch.
    pub shape: Vec<usize>,
    /// Its values, row by row.
    pub values: Vec<f32>,
}

/// Where a layer's bias comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bias {
    /// The checkpoint has it.
    Stored,
    /// The layer has none.
    Zero,
}

/// A [`TensorSource`] seen from one place in the module tree, and how its layers are laid out.
pub(super) struct VarBuilder<'a> {
    source: &'a mut dyn TensorSource,
    prefix: String,
    placement: &'a Placement,
}

impl<'a> VarBuilder<'a> {
    pub fn root(source: &'a mut dyn TensorSource, placement: &'a Placement) -> Self {
        VarBuilder { source, prefix: String::new(), placement }
    }

    /// The builder of the module `name` below this one.
    pub fn child(&mut self, name: impl std::fmt::Display) -> VarBuilder<'_> {
        let prefix = format!("{}{name}.", self.prefix);
        VarBuilder { source: self.source, prefix, placement: self.placement }
    }

    /// How layers are laid out.
    pub fn layout(&self) -> Layout {
        self.placement.layout
    }

    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.source.tensor(&format!("{}{name}", self.prefix), shape)
    }

    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Weight> {
        self.source.weight(&format!("{}{name}", self.prefix), shape)
    }

    pub fn param<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
    ) -> Result<Param<Tensor<D>>> {
        Ok(Param::from_tensor(self.placement.tensor(self.values(name, &shape)?, shape)))
    }

    pub fn linear(
        &mut self,
        name: &str,
        d_input: usize,
        d_output: usize,
        bias: Bias,
    ) -> Result<Linear> {
        let mut builder = self.child(name);
        let weight = builder.weight("weight", &[d_output, d_input])?;
        let bias = match bias {
            Bias::Stored => builder.values("bias", &[d_output])?,
            Bias::Zero => vec![0.0; d_output],
        };
        Ok(Linear::new(weight, bias, d_input, builder.placement))
    }

    pub fn norm(&mut self, name: &str, d_model: usize) -> Result<AddNorm> {
        let mut builder = self.child(name);
        let weight = builder.values("weight", &[d_model])?;
        let bias = builder.values("bias", &[d_model])?;
        Ok(AddNorm::new(weight, bias, builder.placement))
    }

    /// A table `[vocab_size, d_model]` at `name` and the output layer's bias at `bias`, if it has
    /// one.
    pub fn tied_embedding(
        &mut self,
        name: &str,
        bias: Option<&str>,
        vocab_size: usize,
        d_model: usize,
    ) -> Result<TiedEmbedding> {
        let bias = match bias {
            Some(bias) => self.values(bias, &[1, vocab_size])?,
            None => vec![0.0; vocab_size],
        };
        let table = self.weight(name, &[vocab_size, d_model])?;
        let rows = self.source.rows(&format!("{}{name}", self.prefix))?;
        Ok(TiedEmbedding::new(table, rows, bias, d_model, self.placement))
    }

    /// A convolution of three taps that keeps the length, or halves it with `stride` 2.
    pub fn conv3(
        &mut self,
        name: &str,
        [d_input, d_output]: [usize; 2],
        stride: usize,
    ) -> Result<Conv3Weights> {
        let mut builder = self.child(name);
        let weight = builder.weight("weight", &[d_output, d_input, 3])?;
        let bias = builder.values("bias", &[d_output])?;
        Ok(Conv3Weights { weight, bias, d_input, stride })
    }

    pub fn placement(&self) -> &'a Placement {
        self.placement
    }
}
