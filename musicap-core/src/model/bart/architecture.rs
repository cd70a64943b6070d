//! [`Architecture`] for BART.

use serde_json::{Map, Value, json};

use super::config::BartConfig;
use super::network::BartModel;
use crate::audio::AudioConfig;
use crate::error::Result;
use crate::generate::GenerationConfig;
use crate::kernels::Placement;
use crate::model::architecture::{Architecture, ChunkMemory, Network};
use crate::model::shape::{self, EncoderMemory};
use crate::model::var_builder::TensorSource;

/// Values of one chunk's largest activation, at most.
const MAX_CELLS: usize = 1 << 26;

/// Audio frames that attend to each other, at most.
const MAX_FRAMES: usize = 4096;

/// The embedding table under the name that it is saved under, then under the names that it may
/// have when only one of the tied tensors has been saved.
const EMBEDDINGS: [&str; 4] = [
    "bart.model.shared.weight",
    "bart.lm_head.weight",
    "bart.model.encoder.embed_tokens.weight",
    "bart.model.decoder.embed_tokens.weight",
];

/// Buffers of the reference's front end.
const FRONT_END: &str = "audio_encoder.mel_encoder.";

impl Architecture for BartConfig {
    fn model_type(&self) -> &'static str {
        "bart"
    }

    fn to_keys(&self) -> Map<String, Value> {
        shape::to_keys(self)
    }

    fn validate(&self, audio: &AudioConfig) -> Result<(), String> {
        self.validate_shape()?;
        let (positions, frames) = (self.max_position_embeddings, self.frames(audio));
        if frames > positions {
            return Err(format!(
                "a chunk gives {frames} audio frames, more than max_position_embeddings {positions}"
            ));
        }
        // A chunk's spectrogram and its first hidden states must fit into some hundred megabytes.
        let cells = audio.frames().saturating_mul(audio.n_mels.max(self.transformer.d_model));
        if cells > MAX_CELLS || frames > MAX_FRAMES {
            return Err(format!(
                "a chunk gives {cells} values and {frames} audio frames, \
                 more than the {MAX_CELLS} and {MAX_FRAMES} that are computed at once"
            ));
        }
        Ok(())
    }

    fn vocab_size(&self) -> usize {
        self.transformer.vocab_size
    }

    fn max_positions(&self) -> usize {
        self.max_position_embeddings
    }

    fn d_model(&self) -> usize {
        self.transformer.d_model
    }

    fn encoder_frames(&self, audio: &AudioConfig) -> usize {
        self.frames(audio)
    }

    fn default_audio(&self) -> AudioConfig {
        AudioConfig::default()
    }

    fn default_generation(&self) -> GenerationConfig {
        GenerationConfig::default()
    }

    fn reference_generation(&self) -> GenerationConfig {
        GenerationConfig::lp_music_caps()
    }

    /// What LP-MusicCaps passes to `generate`.
    fn reference_arguments(&self) -> Map<String, Value> {
        let arguments = json!({
            "num_beams": 5,
            "max_length": 128,
            "min_length": 2,
            "repetition_penalty": 1.0,
            "do_sample": false,
        });
        arguments.as_object().cloned().unwrap_or_default()
    }

    fn special_tokens(&self) -> &'static [&'static str] {
        &["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    }

    fn tied_tensors(&self) -> &'static [&'static [&'static str]] {
        &[&EMBEDDINGS]
    }

    fn is_derived(&self, name: &str) -> bool {
        name.starts_with(FRONT_END)
    }

    /// The first convolution reads decibels, whose steps would be too coarse; positions are added
    /// and not multiplied.
    fn is_quantizable(&self, name: &str, shape: &[usize]) -> bool {
        shape.len() > 1
            && name.ends_with(".weight")
            && !name.contains("embed_positions.")
            && !name.contains("audio_encoder.conv1.")
    }

    fn chunk_memory(&self, audio: &AudioConfig, rows: usize, length: usize) -> ChunkMemory {
        // A convolution reads its input as windows of three frames.
        let convolution = 3 * audio.frames() as u64 * self.transformer.d_model as u64;
        let encoder = EncoderMemory {
            frames: self.frames(audio) as u64,
            total: 3 * convolution,
            largest: convolution,
        };
        self.transformer.chunk_memory(encoder, rows, length)
    }

    fn load(
        &self,
        audio: &AudioConfig,
        source: &mut dyn TensorSource,
        placement: &Placement,
    ) -> Result<Box<dyn Network>> {
        Ok(Box::new(BartModel::load(self, audio, source, placement)?))
    }
}
