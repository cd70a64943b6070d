//! The stack of three-tap convolutions, each with GELU after it.

use burn::module::Param;
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{Initializer, PaddingConfig1d};
use burn::prelude::*;
use burn::tensor::activation::gelu;
use burn::tensor::{DType, FloatDType};

use super::{Placement, Weight, unpacked};
#[cfg(feature = "flex")]
use super::{
    flex,
    packed::{Activation, PackedWeight, Rows},
};

/// One convolution of three taps, padded by one frame of zeros at each end.
#[derive(Debug)]
pub struct Conv3Weights {
    /// `[d_output, d_input, 3]`
    pub weight: Weight,
    /// `[d_output]`
    pub bias: Vec<f32>,
    pub d_input: usize,
    pub stride: usize,
}

/// Convolutions over time, one after the other.
#[derive(Module, Debug)]
pub struct ConvStack {
    plain: Vec<Conv1d>,
    #[cfg(feature = "flex")]
    #[module(skip)]
    packed: Vec<std::sync::Arc<PackedConv>>,
}

#[cfg(feature = "flex")]
#[derive(Debug)]
struct PackedConv {
    /// `[d_output, 3 · d_input]`: a window of three frames is a row of as many values.
    weight: PackedWeight,
    d_input: usize,
    stride: usize,
}

impl ConvStack {
    pub fn new(layers: impl IntoIterator<Item = Conv3Weights>, placement: &Placement) -> Self {
        let mut stack = ConvStack {
            plain: Vec::new(),
            #[cfg(feature = "flex")]
            packed: Vec::new(),
        };
        for layer in layers {
            #[cfg(feature = "flex")]
            if placement.layout.is_packed() {
                stack.packed.push(std::sync::Arc::new(PackedConv::new(layer)));
                continue;
            }
            unpacked();
            stack.plain.push(plain(layer, placement));
        }
        stack
    }

    /// `[chunks, d_input, frames]` → `[chunks, frames after all strides, d_output]`, to each of
    /// which `positions` `[frames after all strides, d_output]` is added.
    pub fn forward_plus(&self, input: Tensor<3>, positions: Tensor<2>) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if !self.packed.is_empty() {
            return self.forward_packed(input, positions);
        }
        unpacked();
        let mut hidden = match self.plain.first().map(|conv| conv.weight.val().dtype()) {
            Some(DType::F16) => input.cast(FloatDType::F16),
            _ => input,
        };
        for conv in &self.plain {
            hidden = gelu(conv.forward(hidden));
        }
        hidden.swap_dims(1, 2) + positions.unsqueeze()
    }

    /// Chunk by chunk, so that what a layer leaves is still in the cache for the next. Frames
    /// are rows, with the zeros around them in place: then the windows of a convolution are
    /// overlapping rows of a matrix and nothing is copied.
    #[cfg(feature = "flex")]
    fn forward_packed(&self, input: Tensor<3>, positions: Tensor<2>) -> Tensor<3> {
        use rayon::prelude::*;

        let [chunks, d_input, frames] = input.dims();
        let (values, positions) = (flex::Values::of(input), flex::Values::of(positions));
        let d_output = self.packed.last().map_or(d_input, |conv| conv.weight.d_output());
        let lengths = self.packed.iter().map(|conv| conv.stride);
        let length = lengths.fold(frames, |length, stride| (length - 1) / stride + 1);
        let mut output = vec![0.0; chunks * length * d_output];
        let inputs = values.par_chunks_exact(d_input * frames);
        let outputs = output.par_chunks_exact_mut(length * d_output);
        // Two buffers for each thread, used by one chunk after the other.
        inputs.zip(outputs).for_each_init(
            || (Vec::new(), Vec::new()),
            |(hidden, next), (chunk, output)| {
                hidden.clear();
                hidden.resize((frames + 2) * d_input, 0.0);
                for (channel, series) in chunk.chunks_exact(frames).enumerate() {
                    let places = hidden[d_input + channel..].iter_mut().step_by(d_input);
                    for (place, value) in places.zip(series) {
                        *place = *value;
                    }
                }
                for conv in &self.packed {
                    conv.apply(hidden, next);
                    std::mem::swap(hidden, next);
                }
                let frames = hidden[d_output..hidden.len() - d_output].iter().zip(&*positions);
                for (place, (value, position)) in output.iter_mut().zip(frames) {
                    *place = value + position;
                }
            },
        );
        flex::tensor(output, [chunks, length, d_output])
    }
}

fn plain(layer: Conv3Weights, placement: &Placement) -> Conv1d {
    let Conv3Weights { weight, bias, d_input, stride } = layer;
    let d_output = bias.len();
    // Initialized with the least memory, since its weights are replaced.
    let mut conv = Conv1dConfig::new(d_input, d_output, 3)
        .with_stride(stride)
        .with_padding(PaddingConfig1d::Explicit(1, 1))
        .with_initializer(Initializer::Zeros)
        .init(&placement.device);
    conv.weight = Param::from_tensor(placement.tensor(weight.into_f32(), [d_output, d_input, 3]));
    conv.bias = Some(Param::from_tensor(placement.tensor(bias, [d_output])));
    conv
}

#[cfg(feature = "flex")]
impl PackedConv {
    fn new(layer: Conv3Weights) -> Self {
        let Conv3Weights { weight, bias, d_input, stride } = layer;
        let weight = weight.taps_first(d_input, 3);
        PackedConv { weight: PackedWeight::new(weight, bias, 3 * d_input), d_input, stride }
    }

    /// `[frames + 2, d_input]` → `[frames after the stride + 2, d_output]`, both with a row of
    /// zeros at each end.
    fn apply(&self, input: &[f32], output: &mut Vec<f32>) {
        let d_output = self.weight.d_output();
        let frames = input.len() / self.d_input - 2;
        let count = (frames - 1) / self.stride + 1;
        let windows = Rows { values: input, count, stride: self.stride * self.d_input };
        output.clear();
        output.resize((count + 2) * d_output, 0.0);
        let inner = &mut output[d_output..(count + 1) * d_output];
        self.weight.apply_to(windows, Activation::Gelu, inner);
    }
}
