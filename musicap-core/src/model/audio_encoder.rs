//! Log-mel frames to the vectors that BART reads: convolutions and a sinusoidal position code.

use burn::module::Param;
use burn::prelude::*;

use super::weights::VarBuilder;
use crate::error::Result;
use crate::kernels::ConvStack;

/// The convolutional front of LP-MusicCaps: `gelu(conv1)` at the frame rate, then halving
/// `gelu(conv)` layers, then the position code is added.
#[derive(Module, Debug)]
pub struct AudioEncoder {
    convs: ConvStack,
    /// `[frames, d_model]`
    positional_embedding: Param<Tensor<2>>,
}

/// The shape of an [`AudioEncoder`].
#[derive(Clone, Copy, Debug)]
pub struct AudioEncoderShape {
    /// Mel bands read.
    pub n_mels: usize,
    /// Convolutions, the first with stride 1 and the others with stride 2.
    pub conv_layers: usize,
    /// Frames that come out for one chunk.
    pub frames: usize,
    /// Width of the vectors that come out.
    pub d_model: usize,
}

impl AudioEncoder {
    pub(super) fn load(mut builder: VarBuilder, shape: AudioEncoderShape) -> Result<Self> {
        let AudioEncoderShape { n_mels, conv_layers, frames, d_model } = shape;
        let mut layers = vec![builder.conv3("conv1", [n_mels, d_model], 1)?];
        for i in 0..conv_layers - 1 {
            layers.push(builder.conv3(&format!("conv_stack.{i}"), [d_model, d_model], 2)?);
        }
        Ok(AudioEncoder {
            convs: ConvStack::new(layers, builder.placement()),
            positional_embedding: builder.param("positional_embedding", [frames, d_model])?,
        })
    }

    /// `[chunks, n_mels, mel frames]` decibels → `[chunks, frames, d_model]`.
    pub fn forward(&self, mel: Tensor<3>) -> Tensor<3> {
        self.convs.forward_plus(mel, self.positional_embedding.val())
    }
}
