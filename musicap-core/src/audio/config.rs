//! The front end's numbers, as a model folder's `config.json` states them under `audio`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The spectrogram's values before the mel filter bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Power {
    /// `Re(X)²`: what LP-MusicCaps computes. It depends on the phase of the signal.
    #[default]
    Real,
    /// `|X|²`: the power spectrogram, librosa's and torchaudio's `power=2`. In `config.json`
    /// it is written `magnitude`, and `power` is read too.
    #[serde(rename = "magnitude", alias = "power")]
    Squared,
    /// `|X|`: the magnitude spectrogram, librosa's and torchaudio's `power=1`. Its decibels are
    /// 20·log10(max(x, 1e-5)).
    Amplitude,
}

/// The scale on which mel bands are equally spaced, and the height of their filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MelScale {
    /// 2595·log10(1 + f/700), with triangles of height 1: torchaudio's default.
    #[default]
    Htk,
    /// Linear below 1 kHz and logarithmic above, with triangles of equal area: librosa's default.
    Slaney,
}

/// How the power of a mel band becomes a value of the spectrogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scaling {
    /// 10·log10(max(x, 1e-10)): decibels.
    #[default]
    Decibels,
    /// (max(log10(max(x, 1e-10)), l - 8) + 4) / 4, where l is the chunk's largest value: Whisper's.
    Whisper,
}

/// How a chunk that is too short is padded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Pad {
    /// With silence at the end.
    #[default]
    Zero,
    /// By repeating the chunk from its start.
    Repeat,
}

/// The audio front end of a model: sampling, chunks and log-mel spectrogram.
///
/// The default is the front end of LP-MusicCaps (Doh et al., ISMIR 2023).
///
/// ```
/// let audio = musicap::audio::AudioConfig::default();
/// assert_eq!((audio.chunk_samples(), audio.frames()), (160_000, 1001));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AudioConfig {
    /// Sample rate in hertz, 1,000 to 192,000.
    pub sample_rate: u32,
    /// Length of a frame and of its Fourier transform, in samples: an even number, 16 to 65,536.
    pub n_fft: usize,
    /// Distance from one frame to the next, in samples, 1 to `n_fft`.
    pub hop_length: usize,
    /// Number of mel bands, 1 to 1,024.
    pub n_mels: usize,
    /// Lower edge of the lowest mel band, in hertz, 0 to below `f_max`.
    pub f_min: f64,
    /// Upper edge of the highest mel band, in hertz, at most half the sample rate.
    pub f_max: f64,
    /// The scale of the mel bands.
    #[serde(skip_serializing_if = "is_default")]
    pub mel_scale: MelScale,
    /// The values that mel bands sum.
    pub power: Power,
    /// How the power of a mel band is scaled.
    #[serde(skip_serializing_if = "is_default")]
    pub scaling: Scaling,
    /// Whether a chunk's last frame, which is centred on its end, is omitted.
    #[serde(skip_serializing_if = "is_default")]
    pub drop_last_frame: bool,
    /// Length of a chunk, in seconds: at most 120, and more than half a frame.
    pub chunk_seconds: f64,
    /// How a chunk that is too short is padded.
    pub pad: Pad,
}

impl Default for AudioConfig {
    fn default() -> Self {
        AudioConfig {
            sample_rate: 16_000,
            n_fft: 1024,
            hop_length: 160,
            n_mels: 128,
            f_min: 0.0,
            f_max: 8_000.0,
            mel_scale: MelScale::Htk,
            power: Power::Real,
            scaling: Scaling::Decibels,
            drop_last_frame: false,
            chunk_seconds: 10.0,
            pad: Pad::Zero,
        }
    }
}

impl AudioConfig {
    /// This front end with changes.
    ///
    /// ```
    /// let audio = musicap::audio::AudioConfig::default().with(|audio| audio.n_mels = 80);
    /// assert_eq!((audio.n_mels, audio.n_fft), (80, 1024));
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Samples in a chunk.
    pub fn chunk_samples(&self) -> usize {
        (self.chunk_seconds * f64::from(self.sample_rate)).round() as usize
    }

    /// Frames in a chunk's log-mel spectrogram: frames are centred, so one more than hops fit
    /// unless the last is left out.
    pub fn frames(&self) -> usize {
        self.chunk_samples() / self.hop_length + usize::from(!self.drop_last_frame)
    }

    /// Checks that a front end can be built from these numbers.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] names the first number that is out of its range.
    pub fn validate(&self) -> Result<()> {
        let within = |name, ok: bool, value: &dyn ToString, expected: &str| match ok {
            true => Ok(()),
            false => Err(Error::option(name, value.to_string(), expected)),
        };
        let nyquist = f64::from(self.sample_rate) / 2.0;
        let rate = self.sample_rate;
        within("audio.sample_rate", (1_000..=192_000).contains(&rate), &rate, "1000 to 192000 Hz")?;
        let n_fft_ok = (16..=1 << 16).contains(&self.n_fft) && self.n_fft.is_multiple_of(2);
        within("audio.n_fft", n_fft_ok, &self.n_fft, "an even number from 16 to 65536")?;
        let hop_ok = (1..=self.n_fft).contains(&self.hop_length);
        within("audio.hop_length", hop_ok, &self.hop_length, "1 to audio.n_fft")?;
        within("audio.n_mels", (1..=1024).contains(&self.n_mels), &self.n_mels, "1 to 1024")?;
        let f_max_ok = self.f_max > 0.0 && self.f_max <= nyquist;
        within("audio.f_max", f_max_ok, &self.f_max, "above 0 and at most half the sample rate")?;
        let f_min_ok = self.f_min >= 0.0 && self.f_min < self.f_max;
        within("audio.f_min", f_min_ok, &self.f_min, "at least 0 and below audio.f_max")?;
        // NaN fails both comparisons.
        let seconds_ok = self.chunk_seconds > 0.0 && self.chunk_seconds <= 120.0;
        within("audio.chunk_seconds", seconds_ok, &self.chunk_seconds, "above 0 and at most 120")?;
        let reflectable = self.chunk_samples() > self.n_fft / 2;
        within("audio.chunk_seconds", reflectable, &self.chunk_seconds, "longer than half a frame")
    }
}

/// Keys at their defaults are left out of `config.json`.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_spectrogram_is_written_as_files_have_it_and_read_by_its_right_name_too() {
        let written = serde_json::to_value(Power::Squared).unwrap();
        assert_eq!(written, "magnitude");
        for name in ["magnitude", "power"] {
            let json = format!("{{\"power\": \"{name}\"}}");
            let config: AudioConfig = serde_json::from_str(&json).unwrap();
            assert_eq!(config.power, Power::Squared);
        }
    }
}
