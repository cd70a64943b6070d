//! The core's log-mel spectrogram, kept in one byte a cell.

use musicap::audio::{AudioConfig, LogMel, Pad, Power};

/// The embedded model's front end.
pub fn audio_config() -> AudioConfig {
    AudioConfig::default().with(|config| {
        config.hop_length = 640;
        config.power = Power::Squared;
        config.pad = Pad::Repeat;
    })
}

/// Decibels of byte 0 and of byte 255.
pub const FLOOR_DB: f32 = -100.0;
pub const CEILING_DB: f32 = 50.0;

/// Half a step: the most that a cell is off by.
pub const STEP_DB: f32 = (CEILING_DB - FLOOR_DB) / 255.0;

/// Log-mel spectrograms of clips as bytes, band by band.
pub struct Features {
    log_mel: LogMel,
    samples: usize,
}

impl Features {
    pub fn new() -> musicap::Result<Self> {
        let config = audio_config();
        Ok(Self { log_mel: LogMel::new(&config)?, samples: config.chunk_samples() })
    }

    /// Bytes of one clip, `[mel][frame]`; a clip too short is repeated.
    pub fn bytes(&self, clip: &[f32]) -> Vec<u8> {
        let whole: Vec<f32> = clip.iter().copied().cycle().take(self.samples).collect();
        self.log_mel.compute(&whole).iter().map(|&db| quantise(db)).collect()
    }
}

/// A decibel value as a byte.
pub fn quantise(db: f32) -> u8 {
    ((db - FLOOR_DB) / STEP_DB).round().clamp(0.0, 255.0) as u8
}

/// The decibel value that a byte stands for.
pub fn decibels(byte: u8) -> f32 {
    FLOOR_DB + f32::from(byte) * STEP_DB
}

#[cfg(test)]
mod tests {
    use super::*;
    use musicap::model::Architecture;
    use musicap::model::bart::BartConfig;

    #[test]
    fn a_byte_is_at_most_half_a_step_off() {
        for i in 0..=15_000 {
            let db = FLOOR_DB + i as f32 * 0.01;
            let back = decibels(quantise(db));
            assert!((back - db).abs() <= STEP_DB / 2.0 + 1e-3, "{db} came back as {back}");
        }
    }

    #[test]
    fn clips_have_the_size_that_the_trainer_reads() {
        let features = Features::new().unwrap();
        assert_eq!(features.bytes(&vec![0.1; 40_000]).len(), 128 * 251);
        let bart = BartConfig::default().with(|config| config.conv_layers = 4);
        assert_eq!(bart.encoder_frames(&audio_config()), 32);
    }
}
