//! Mono samples with their rate.

use std::time::Duration;

use super::downmix::Downmix;
use super::{AudioLimits, AudioNote, Resampler};
use crate::finite::first_non_finite;
use crate::{Error, Result};

/// Mono audio in memory.
///
/// Samples are float32 with full scale at ±1; 16-bit integers are divided by 32768.
///
/// ```
/// use musicap::audio::Waveform;
///
/// let stereo = [0.5_f32, -0.5, 0.25, 0.75];
/// let mono = Waveform::from_interleaved(&stereo, 2, 48_000)?;
/// assert_eq!(mono.samples(), [0.0, 0.5]);
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Waveform {
    samples: Vec<f32>,
    sample_rate: u32,
    /// What the downmix has to say.
    note: Option<AudioNote>,
}

impl Waveform {
    /// A waveform of mono samples at `sample_rate` Hz.
    ///
    /// # Errors
    /// [`Error::AudioLimit`] if the rate is outside the default [`AudioLimits`],
    /// [`Error::InvalidSamples`] if a sample is infinite or NaN.
    pub fn new(samples: impl Into<Vec<f32>>, sample_rate: u32) -> Result<Self> {
        let samples = samples.into();
        check_rate(sample_rate, 1)?;
        check_finite(&samples)?;
        Ok(Self { samples, sample_rate, note: None })
    }

    /// The mono downmix of `channels` interleaved channels: left, right, left, right… They are
    /// mixed like those of a file: stereo is the mean, more channels are in WAV's order and
    /// downmixed by ITU-R BS.775, and of channels in opposite phase only one is used.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there are no channels, too many, or an incomplete frame.
    pub fn from_interleaved(samples: &[f32], channels: usize, sample_rate: u32) -> Result<Self> {
        check_rate(sample_rate, channels)?;
        if !samples.len().is_multiple_of(channels) {
            let len = samples.len();
            let reason = format!("{len} samples are not a multiple of {channels} channels");
            return Err(Error::InvalidSamples { reason });
        }
        check_finite(samples)?;
        let mut mono = Vec::with_capacity(samples.len() / channels);
        let mut downmix = Downmix::of_channels(channels);
        downmix.mix_interleaved(sample_rate, samples, &mut mono);
        Ok(Self { samples: mono, sample_rate, note: downmix.take_note() })
    }

    /// The mono downmix of several channels, one slice each, mixed as by
    /// [`from_interleaved`](Self::from_interleaved).
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there are no channels, too many, or of different lengths.
    pub fn from_planar<C: AsRef<[f32]>>(channels: &[C], sample_rate: u32) -> Result<Self> {
        check_rate(sample_rate, channels.len())?;
        let frames = channels[0].as_ref().len();
        for (index, channel) in channels.iter().enumerate() {
            let channel = channel.as_ref();
            if channel.len() != frames {
                let reason = format!(
                    "channel {index} has {} samples, channel 0 has {frames}",
                    channel.len()
                );
                return Err(Error::InvalidSamples { reason });
            }
            check_finite(channel)?;
        }
        let planes: Vec<&[f32]> = channels.iter().map(AsRef::as_ref).collect();
        let mut samples = Vec::with_capacity(frames);
        let mut downmix = Downmix::of_channels(planes.len());
        downmix.mix_planes(sample_rate, &planes, &mut samples);
        Ok(Self { samples, sample_rate, note: downmix.take_note() })
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// The samples, without the rate.
    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }

    /// What of its channels was not used, if they were in opposite phase.
    pub fn note(&self) -> Option<&AudioNote> {
        self.note.as_ref()
    }

    /// The rate in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Its duration.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.sample_rate))
    }

    /// The same audio at another sample rate, see [`Resampler`].
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if [`Resampler`] does not support the rate.
    pub fn resampled(self, sample_rate: u32) -> Result<Self> {
        if sample_rate == self.sample_rate {
            return Ok(self);
        }
        let mut resampler = Resampler::of_source(self.sample_rate, sample_rate)?;
        let mut samples = Vec::new();
        resampler.process(&self.samples, &mut samples);
        resampler.finish(&mut samples);
        Ok(Self { samples, sample_rate, note: self.note })
    }
}

fn check_rate(sample_rate: u32, channels: usize) -> Result<()> {
    AudioLimits::default().check_format("samples", sample_rate, channels)
}

/// Finds samples that are infinite or not a number.
pub(super) fn check_finite(samples: &[f32]) -> Result<()> {
    let Some(at) = first_non_finite(samples) else { return Ok(()) };
    let reason = format!("sample {at} is {}, but must be finite", samples[at]);
    Err(Error::InvalidSamples { reason })
}
