//! The whole network of LP-MusicCaps.

use burn::prelude::*;

use super::audio_encoder::{AudioEncoder, AudioEncoderShape};
use super::config::BartConfig;
use super::transformer::Bart;
use crate::audio::AudioConfig;
use crate::error::Result;
use crate::kernels::{LogitStats, Placement};
use crate::model::architecture::Network;
use crate::model::decoder_cache::DecoderCache;
use crate::model::var_builder::{TensorSource, VarBuilder};

/// The network of LP-MusicCaps: log-mel chunks in decibels in, logits out.
#[derive(Module, Debug)]
pub struct BartModel {
    audio_encoder: AudioEncoder,
    bart: Bart,
}

impl BartModel {
    /// Builds the network of shape `config`, for chunks of the front end `audio`, from `source`,
    /// which names tensors as the reference does.
    ///
    /// # Errors
    /// Those of the source: a tensor that is missing, has another shape or cannot be read.
    pub fn load(
        config: &BartConfig,
        audio: &AudioConfig,
        source: &mut dyn TensorSource,
        placement: &Placement,
    ) -> Result<Self> {
        let shape = AudioEncoderShape {
            n_mels: audio.n_mels,
            conv_layers: config.conv_layers,
            frames: config.frames(audio),
            d_model: config.transformer.d_model,
        };
        let mut root = VarBuilder::root(source, placement);
        Ok(BartModel {
            audio_encoder: AudioEncoder::load(root.child("audio_encoder"), shape)?,
            bart: Bart::load(root.child("bart"), config)?,
        })
    }

    /// Teacher forcing: the decoder's hidden states `[chunks, length, d_model]` for `tokens`
    /// `[chunks, length]`, row by row, each computed from the tokens before it and the log-mel
    /// chunk `[chunks, n_mels, mel frames]`. [`Network::project`] turns them into logits.
    ///
    /// Used in training: it consists of Burn's operations, which can be differentiated.
    ///
    /// # Panics
    /// If the network is packed.
    pub fn teacher_forced(&self, mel: Tensor<3>, tokens: &[u32]) -> Tensor<3> {
        let [chunks, _, _] = mel.dims();
        let mut cache = self.bart.cache(self.encode(mel));
        self.bart.decode(tokens, chunks, &mut cache).expect("a table in memory")
    }
}

impl Network for BartModel {
    fn encode(&self, mel: Tensor<3>) -> Tensor<3> {
        self.bart.encode(self.audio_encoder.forward(mel))
    }

    fn cache(&self, encoded: Tensor<3>) -> DecoderCache {
        self.bart.cache(encoded)
    }

    fn decode(&self, tokens: &[u32], rows: usize, cache: &mut DecoderCache) -> Result<Tensor<3>> {
        self.bart.decode(tokens, rows, cache)
    }

    fn logits(&self, hidden: Tensor<2>, logits: &mut Vec<f32>) -> Result<Vec<LogitStats>, String> {
        self.bart.logits(hidden, logits)
    }

    fn project(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.bart.project(hidden)
    }

    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}
