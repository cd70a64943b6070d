//! The network: audio encoder and BART as Burn modules, built from named tensors.
//!
//! There is one definition for every device; nothing here chooses a backend.

mod attention;
mod audio_encoder;
mod bart;
mod config;
mod decoder;
mod encoder;
mod names;
mod weights;

use burn::prelude::*;

pub use crate::kernels::{QuantizedWeight, RowSource, Weight};
pub use audio_encoder::{AudioEncoder, AudioEncoderShape};
pub use bart::Bart;
pub use config::BartConfig;
pub use decoder::DecoderCache;
pub use names::NamedTensor;
pub use weights::TensorSource;

use crate::error::Result;
use crate::kernels::{Layout, Placement};

/// The whole network of LP-MusicCaps: log-mel chunks in, logits out.
#[derive(Module, Debug)]
pub struct CaptionModel {
    audio_encoder: AudioEncoder,
    bart: Bart,
}

impl CaptionModel {
    /// Builds the network from `source`, which knows tensors by the reference's names. With
    /// `packed` it is laid out for captioning on the CPU, which must be the device; without, it
    /// runs by Burn's operations on any device and can be trained.
    ///
    /// # Errors
    /// Those of the source: a tensor that is missing, of another shape or unreadable.
    pub fn load(
        audio: AudioEncoderShape,
        config: &BartConfig,
        source: &mut dyn TensorSource,
        device: &Device,
        packed: bool,
    ) -> Result<Self> {
        let layout = if packed { Layout::Packed } else { Layout::Plain };
        Self::laid_out(audio, config, source, Placement { device: device.clone(), layout })
    }

    /// Builds the network from `source` for captioning on the GPU `device`, in half precision
    /// with `half`, which the device must know.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn load_for_gpu(
        audio: AudioEncoderShape,
        config: &BartConfig,
        source: &mut dyn TensorSource,
        device: &Device,
        half: bool,
    ) -> Result<Self> {
        let placement = Placement { device: device.clone(), layout: Layout::Gpu { half } };
        Self::laid_out(audio, config, source, placement)
    }

    fn laid_out(
        audio: AudioEncoderShape,
        config: &BartConfig,
        source: &mut dyn TensorSource,
        placement: Placement,
    ) -> Result<Self> {
        let mut root = weights::VarBuilder::root(source, &placement);
        Ok(CaptionModel {
            audio_encoder: AudioEncoder::load(root.child("audio_encoder"), audio)?,
            bart: Bart::load(root.child("bart"), config)?,
        })
    }

    /// Log-mel chunks `[chunks, n_mels, mel frames]` in decibels → what the decoder attends to,
    /// `[chunks, frames, d_model]`.
    pub fn encode(&self, mel: Tensor<3>) -> Tensor<3> {
        self.bart.encode(self.audio_encoder.forward(mel))
    }

    /// Teacher forcing: what the decoder makes of each of `tokens` `[chunks, length]`, row by row,
    /// knowing those before it and the log-mel chunk `[chunks, n_mels, mel frames]`. Hidden states
    /// `[chunks, length, d_model]` come out, which [`Bart::project`] turns into logits.
    ///
    /// Training goes this placement. All of it is Burn's own operations, which can be differentiated;
    /// what is faster but cannot be belongs to the path that captions are generated on.
    ///
    /// # Panics
    /// If the network is packed.
    pub fn teacher_forced(&self, mel: Tensor<3>, tokens: &[u32]) -> Tensor<3> {
        let [chunks, _, _] = mel.dims();
        let mut cache = self.bart.cache(self.encode(mel));
        self.bart.decode(tokens, chunks, &mut cache).expect("a table in memory")
    }

    /// The decoder's side.
    pub fn bart(&self) -> &Bart {
        &self.bart
    }
}
