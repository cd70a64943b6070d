//! Builds the layers of Burn from named tensors, whatever file these come from.

use burn::module::Param;
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, PaddingConfig1d};
use burn::prelude::*;
use burn::tensor::TensorData;

use crate::error::Result;

/// BART's layer norms all add this to the variance.
const LAYER_NORM_EPSILON: f64 = 1e-5;

/// Where a model's tensors come from.
pub trait TensorSource {
    /// The float32 values of tensor `name`, row by row.
    ///
    /// # Errors
    /// If there is no such tensor, if its shape is not `shape`, or if it cannot be read.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;
}

/// A [`TensorSource`] seen from one place in the module tree, on one device.
pub(super) struct Scope<'a> {
    source: &'a mut dyn TensorSource,
    prefix: String,
    device: &'a Device,
}

impl<'a> Scope<'a> {
    pub fn root(source: &'a mut dyn TensorSource, device: &'a Device) -> Self {
        Scope { source, prefix: String::new(), device }
    }

    /// The scope of the module `name` below this one.
    pub fn child(&mut self, name: impl std::fmt::Display) -> Scope<'_> {
        let prefix = format!("{}{name}.", self.prefix);
        Scope { source: self.source, prefix, device: self.device }
    }

    pub fn tensor<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Tensor<D>> {
        let values = self.source.tensor(&format!("{}{name}", self.prefix), &shape)?;
        Ok(Tensor::from_data(TensorData::new(values, shape), self.device))
    }

    fn param<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Param<Tensor<D>>> {
        Ok(Param::from_tensor(self.tensor(name, shape)?))
    }

    /// PyTorch keeps a linear layer's weight as `[d_output, d_input]`, Burn as its transpose.
    pub fn linear(&mut self, name: &str, d_input: usize, d_output: usize) -> Result<Linear> {
        let mut scope = self.child(name);
        let weight = scope.tensor("weight", [d_output, d_input])?.transpose();
        let bias = scope.param("bias", [d_output])?;
        Ok(Linear { weight: Param::from_tensor(weight), bias: Some(bias) })
    }

    pub fn layer_norm(&mut self, name: &str, d_model: usize) -> Result<LayerNorm> {
        let config = LayerNormConfig::new(d_model).with_epsilon(LAYER_NORM_EPSILON);
        let mut norm = config.init(self.device);
        let mut scope = self.child(name);
        norm.gamma = scope.param("weight", [d_model])?;
        norm.beta = Some(scope.param("bias", [d_model])?);
        Ok(norm)
    }

    /// A convolution of three taps that keeps the length, or halves it with `stride` 2.
    pub fn conv3(&mut self, name: &str, channels: [usize; 2], stride: usize) -> Result<Conv1d> {
        let [channels_in, channels_out] = channels;
        // Initialized with the least memory, since its weights are replaced.
        let mut conv = Conv1dConfig::new(channels_in, channels_out, 3)
            .with_stride(stride)
            .with_padding(PaddingConfig1d::Explicit(1, 1))
            .with_initializer(burn::nn::Initializer::Zeros)
            .init(self.device);
        let mut scope = self.child(name);
        conv.weight = scope.param("weight", [channels_out, channels_in, 3])?;
        conv.bias = Some(scope.param("bias", [channels_out])?);
        Ok(conv)
    }
}
