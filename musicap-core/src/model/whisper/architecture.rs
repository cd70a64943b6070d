//! [`Architecture`] for Whisper.

use serde_json::{Map, Value};

use super::config::WhisperConfig;
use super::network::WhisperModel;
use crate::audio::{AudioConfig, MelScale, Power, Scaling};
use crate::error::Result;
use crate::generate::GenerationConfig;
use crate::kernels::Placement;
use crate::model::architecture::{Architecture, ChunkMemory, Network};
use crate::model::shape::{self, EncoderMemory};
use crate::model::var_builder::TensorSource;

/// Whisper's sample rate, in hertz, and the distance between its frames, in samples.
const SAMPLE_RATE: u32 = 16_000;
const HOP_LENGTH: usize = 160;

impl Architecture for WhisperConfig {
    fn model_type(&self) -> &'static str {
        "whisper"
    }

    fn to_keys(&self) -> Map<String, Value> {
        shape::to_keys(self)
    }

    fn validate(&self, audio: &AudioConfig) -> Result<(), String> {
        self.validate_shape()?;
        if audio.n_mels != self.num_mel_bins {
            let (found, expected) = (audio.n_mels, self.num_mel_bins);
            return Err(format!("audio.n_mels is {found}, but num_mel_bins is {expected}"));
        }
        let (frames, positions) = (self.encoder_frames(audio), self.max_source_positions);
        if frames != positions {
            return Err(format!(
                "a chunk gives {frames} audio frames, but max_source_positions is {positions}"
            ));
        }
        Ok(())
    }

    fn vocab_size(&self) -> usize {
        self.transformer.vocab_size
    }

    fn max_positions(&self) -> usize {
        self.max_target_positions
    }

    fn d_model(&self) -> usize {
        self.transformer.d_model
    }

    fn encoder_frames(&self, audio: &AudioConfig) -> usize {
        audio.frames().div_ceil(2)
    }

    /// That of `WhisperFeatureExtractor`, with chunks as long as the encoder has positions for:
    /// 30 s in all published models.
    fn default_audio(&self) -> AudioConfig {
        let samples = 2 * self.max_source_positions * HOP_LENGTH;
        AudioConfig {
            sample_rate: SAMPLE_RATE,
            n_fft: 400,
            hop_length: HOP_LENGTH,
            n_mels: self.num_mel_bins,
            f_min: 0.0,
            f_max: f64::from(SAMPLE_RATE) / 2.0,
            mel_scale: MelScale::Slaney,
            power: Power::Squared,
            scaling: Scaling::Whisper,
            drop_last_frame: true,
            chunk_seconds: samples as f64 / f64::from(SAMPLE_RATE),
            ..AudioConfig::default()
        }
    }

    /// The defaults of transformers' `WhisperConfig`.
    fn default_generation(&self) -> GenerationConfig {
        GenerationConfig {
            decoder_start_token_id: 50_257,
            eos_token_id: 50_256,
            forced_eos_token_id: None,
            begin_suppress_tokens: vec![220, 50_256],
            ..GenerationConfig::default()
        }
    }

    fn special_tokens(&self) -> &'static [&'static str] {
        &["<|endoftext|>"]
    }

    fn tied_tensors(&self) -> &'static [&'static [&'static str]] {
        &[&["model.decoder.embed_tokens.weight", "proj_out.weight"]]
    }

    /// The convolutions read the spectrogram, whose steps would be too coarse; positions are added
    /// and not multiplied.
    fn is_quantizable(&self, name: &str, shape: &[usize]) -> bool {
        shape.len() == 2 && name.ends_with(".weight") && !name.contains("embed_positions.")
    }

    fn chunk_memory(&self, audio: &AudioConfig, rows: usize, length: usize) -> ChunkMemory {
        let frames = self.max_source_positions as u64;
        let convolution = 3 * audio.frames() as u64 * self.transformer.d_model as u64;
        let scores = self.transformer.encoder_attention_heads as u64 * frames * frames;
        let encoder = EncoderMemory {
            frames,
            total: 3 * convolution + 2 * scores,
            largest: convolution.max(scores),
        };
        self.transformer.chunk_memory(encoder, rows, length)
    }

    fn load(
        &self,
        _: &AudioConfig,
        source: &mut dyn TensorSource,
        placement: &Placement,
    ) -> Result<Box<dyn Network>> {
        Ok(Box::new(WhisperModel::load(self, source, placement)?))
    }
}
