//! The log-mel spectrogram: samples of one chunk in, `[n_mels, frames]` out, in decibels unless
//! the configuration has another [`Scaling`].
//!
//! Frames are centred (the chunk is reflected at both ends by half a frame, the edge sample not
//! repeated), windowed by a periodic Hann window and transformed with the phase origin at the
//! frame's first sample. Mel bands are triangles on one of the [`MelScale`]s. Decibels are
//! `10·log10(max(x, 1e-10))` with neither a dynamic-range limit nor normalisation.
//!
//! The transform is computed in float64. `Re(X)²` goes through zero wherever the phase turns, and
//! what a float32 transform leaves there is its own rounding: enough to turn a close decision
//! of the beam search.

use std::f64::consts::PI;
use std::sync::Arc;

use ndarray::{Array2, Array3, ArrayViewMut2};
use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::bands::{self, Band};
use super::config::{AudioConfig, MelScale, Power, Scaling};
use crate::error::Result;

/// The smallest power that differs from silence: −100 dB.
const POWER_FLOOR: f32 = 1e-10;

/// Frames that go through the filter bank together, side by side in one vector.
const FRAME_BLOCK: usize = bands::FRAMES;

/// A log-mel front end for one configuration. Cheap to clone; can be shared between threads.
///
/// ```
/// use musicap::audio::{AudioConfig, LogMel};
///
/// let log_mel = LogMel::new(&AudioConfig::default())?;
/// let silence = vec![0.0; 160_000];
/// let spectrogram = log_mel.compute(&silence);
/// assert_eq!(spectrogram.dim(), (128, 1001));
/// assert!(spectrogram.iter().all(|&decibel| decibel == -100.0));
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Clone)]
pub struct LogMel {
    plan: Arc<Plan>,
}

struct Plan {
    n_fft: usize,
    hop_length: usize,
    power: Power,
    scaling: Scaling,
    drop_last_frame: bool,
    window: Vec<f32>,
    bands: Vec<Band>,
    /// Bins that some band reads.
    bins: usize,
    fft: Arc<dyn RealToComplex<f64>>,
}

impl LogMel {
    /// Prepares the transform and the filter bank.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption) if `config` does not
    /// [validate](AudioConfig::validate).
    pub fn new(config: &AudioConfig) -> Result<Self> {
        config.validate()?;
        // In float32 as torch.hann_window works it out, for the same reason.
        let step = (2.0 * PI / config.n_fft as f64) as f32;
        let window = (0..config.n_fft).map(|n| 0.5 - 0.5 * (n as f32 * step).cos()).collect();
        let bands = mel_bands(config);
        let end = |band: &Band| band.first_bin + band.weights.len();
        Ok(LogMel {
            plan: Arc::new(Plan {
                bins: bands.iter().map(end).max().unwrap_or(0),
                n_fft: config.n_fft,
                hop_length: config.hop_length,
                power: config.power,
                scaling: config.scaling,
                drop_last_frame: config.drop_last_frame,
                window,
                bands,
                fft: RealFftPlanner::<f64>::new().plan_fft_forward(config.n_fft),
            }),
        })
    }

    /// Number of mel bands.
    pub fn n_mels(&self) -> usize {
        self.plan.bands.len()
    }

    /// Number of frames for `samples` samples.
    pub fn frames(&self, samples: usize) -> usize {
        samples / self.plan.hop_length + usize::from(!self.plan.drop_last_frame)
    }

    /// The log-mel spectrogram of `samples`, `[n_mels, frames]`, in decibels or as the configured
    /// [`Scaling`](super::Scaling) defines it.
    ///
    /// `samples` is mono at the configured rate, nominally within ±1, and is transformed as a
    /// whole: split a recording with [`Chunker`](super::Chunker) first. Half a frame of samples or
    /// less cannot be reflected at its ends and is padded with silence.
    pub fn compute(&self, samples: &[f32]) -> Array2<f32> {
        let mut decibels = Array2::zeros((self.n_mels(), self.frames(samples.len())));
        self.compute_into(samples, decibels.view_mut());
        decibels
    }

    /// The log-mel spectrograms of chunks of one length, `[chunks, n_mels, frames]`, scaled as by
    /// [`compute`](Self::compute).
    ///
    /// # Panics
    /// If the chunks' lengths differ.
    pub fn compute_chunks<S: AsRef<[f32]>>(&self, chunks: &[S]) -> Array3<f32> {
        let mut decibels = Vec::new();
        self.append_chunks(chunks, &mut decibels);
        let samples = chunks.first().map_or(0, |chunk| chunk.as_ref().len());
        let shape = (chunks.len(), self.n_mels(), self.frames(samples));
        Array3::from_shape_vec(shape, decibels).expect("what has been appended has this shape")
    }

    /// The same, appended to `decibels`, for callers with too many chunks to hold at once.
    ///
    /// # Panics
    /// If the chunks' lengths differ.
    pub fn append_chunks<S: AsRef<[f32]>>(&self, chunks: &[S], decibels: &mut Vec<f32>) {
        let chunks: Vec<&[f32]> = chunks.iter().map(AsRef::as_ref).collect();
        let samples = chunks.first().map_or(0, |chunk| chunk.len());
        let (start, shape) = (decibels.len(), (self.n_mels(), self.frames(samples)));
        decibels.resize(start + chunks.len() * shape.0 * shape.1, 0.0);
        // Of no chunks, or none with a frame, there is nothing to compute.
        let out = decibels[start..].par_chunks_exact_mut((shape.0 * shape.1).max(1));
        chunks.into_par_iter().zip(out).for_each(|(chunk, out)| {
            let out = ArrayViewMut2::from_shape(shape, out).expect("as many cells");
            self.compute_into(chunk, out);
        });
    }

    fn compute_into(&self, samples: &[f32], mut out: ArrayViewMut2<f32>) {
        let Plan { n_fft, hop_length, power, scaling, window, bands, bins, fft, .. } = &*self.plan;
        assert_eq!(out.dim(), (bands.len(), self.frames(samples.len())), "chunk lengths differ");
        let padded = reflect(samples, n_fft / 2);
        let mut frame = vec![0.0; *n_fft];
        let mut scratch = fft.make_scratch_vec();
        let mut spectrum = fft.make_output_vec();
        // Power of each bin in the frames of a block, then decibels of each band in them.
        let mut powers = vec![[0.0; FRAME_BLOCK]; *bins];
        let mut decibels = vec![[0.0; FRAME_BLOCK]; bands.len()];

        let frames = out.ncols();
        for first in (0..frames).step_by(FRAME_BLOCK) {
            let width = FRAME_BLOCK.min(frames - first);
            for column in 0..width {
                let start = (first + column) * hop_length;
                let input = &padded[start..start + n_fft];
                for ((cell, sample), weight) in frame.iter_mut().zip(input).zip(window) {
                    *cell = f64::from(sample * weight);
                }
                fft.process_with_scratch(&mut frame, &mut spectrum, &mut scratch)
                    .expect("buffers are made by the plan");
                square(&spectrum, *power, &mut powers, column);
            }
            match power {
                Power::Amplitude => {
                    bands::decibels(&powers, bands, POWER_FLOOR.sqrt(), &mut decibels);
                    decibels.iter_mut().flatten().for_each(|decibels| *decibels *= 2.0);
                }
                _ => bands::decibels(&powers, bands, POWER_FLOOR, &mut decibels),
            }
            for (decibels, mut row) in decibels.iter().zip(out.outer_iter_mut()) {
                let row = row.as_slice_mut().expect("rows of a standard layout");
                row[first..first + width].copy_from_slice(&decibels[..width]);
            }
        }
        if *scaling == Scaling::Whisper {
            let loudest = out.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            out.mapv_inplace(|decibels| (decibels.max(loudest - 80.0) / 10.0 + 4.0) / 4.0);
        }
    }
}

impl std::fmt::Debug for LogMel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogMel")
            .field("n_mels", &self.n_mels())
            .field("n_fft", &self.plan.n_fft)
            .field("hop_length", &self.plan.hop_length)
            .field("power", &self.plan.power)
            .finish()
    }
}

fn square(
    spectrum: &[Complex<f64>],
    power: Power,
    powers: &mut [[f32; FRAME_BLOCK]],
    column: usize,
) {
    match power {
        Power::Real => {
            for (bin, value) in powers.iter_mut().zip(spectrum) {
                bin[column] = (value.re * value.re) as f32;
            }
        }
        Power::Squared => {
            for (bin, value) in powers.iter_mut().zip(spectrum) {
                bin[column] = value.norm_sqr() as f32;
            }
        }
        Power::Amplitude => {
            for (bin, value) in powers.iter_mut().zip(spectrum) {
                bin[column] = value.norm_sqr().sqrt() as f32;
            }
        }
    }
}

/// `samples` with `margin` reflected samples on either side: `c b [a b c … x y z] y x`.
/// Shorter input than can be reflected is followed by silence first.
fn reflect(samples: &[f32], margin: usize) -> Vec<f32> {
    let length = samples.len().max(margin + 1);
    let at = |index: usize| samples.get(index).copied().unwrap_or(0.0);
    let mut padded = Vec::with_capacity(length + 2 * margin);
    padded.extend((1..=margin).rev().map(at));
    padded.extend_from_slice(samples);
    padded.resize(margin + length, 0.0);
    padded.extend((length - 1 - margin..length - 1).rev().map(at));
    padded
}

/// Below this frequency Slaney's mel scale is linear, with so many hertz for each mel.
const SLANEY_LINEAR_HERTZ: f64 = 1000.0;
const SLANEY_HERTZ_PER_MEL: f64 = 200.0 / 3.0;
/// Above it, each mel multiplies the frequency by e to this power.
const SLANEY_LOG_STEP: f64 = 0.068_751_777_420_949_12; // ln(6.4) / 27

fn hertz_to_mel(scale: MelScale, hertz: f64) -> f64 {
    match scale {
        MelScale::Htk => 2595.0 * (1.0 + hertz / 700.0).log10(),
        MelScale::Slaney if hertz < SLANEY_LINEAR_HERTZ => hertz / SLANEY_HERTZ_PER_MEL,
        MelScale::Slaney => {
            let linear = SLANEY_LINEAR_HERTZ / SLANEY_HERTZ_PER_MEL;
            linear + (hertz / SLANEY_LINEAR_HERTZ).ln() / SLANEY_LOG_STEP
        }
    }
}

fn mel_to_hertz(scale: MelScale, mel: f64) -> f64 {
    let linear = SLANEY_LINEAR_HERTZ / SLANEY_HERTZ_PER_MEL;
    match scale {
        MelScale::Htk => 700.0 * (10f64.powf(mel / 2595.0) - 1.0),
        MelScale::Slaney if mel < linear => mel * SLANEY_HERTZ_PER_MEL,
        MelScale::Slaney => SLANEY_LINEAR_HERTZ * (SLANEY_LOG_STEP * (mel - linear)).exp(),
    }
}

/// Triangles between neighbouring points that are equally spaced in mel, each kept as the run
/// of bins where it is above zero.
fn mel_bands(config: &AudioConfig) -> Vec<Band> {
    let scale = config.mel_scale;
    let (low, high) = (hertz_to_mel(scale, config.f_min), hertz_to_mel(scale, config.f_max));
    let step = |i: usize| low + (high - low) * i as f64 / (config.n_mels + 1) as f64;
    let edge = |i: usize| mel_to_hertz(scale, step(i));
    let bins = config.n_fft / 2 + 1;
    let bin_hertz = f64::from(config.sample_rate) / config.n_fft as f64;
    (0..config.n_mels)
        .map(|band| {
            let (left, peak, right) = (edge(band), edge(band + 1), edge(band + 2));
            let height = match scale {
                MelScale::Htk => 1.0,
                MelScale::Slaney => 2.0 / (right - left),
            };
            let weight = |bin: usize| {
                let hertz = bin as f64 * bin_hertz;
                let rising = (hertz - left) / (peak - left);
                let falling = (right - hertz) / (right - peak);
                (rising.min(falling) * height) as f32
            };
            let first_bin = (0..bins).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            let weights = (first_bin..bins).map(weight).take_while(|&weight| weight > 0.0);
            Band { first_bin, weights: weights.collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden signal of the reference page: two sines, rounded to 16 bits.
    fn two_sines() -> Vec<f32> {
        (0..160_000)
            .map(|n| {
                let t = f64::from(n) / 16_000.0;
                let x =
                    0.3 * (2.0 * PI * 440.0 * t).sin() + 0.2 * (2.0 * PI * 1234.5 * t + 0.3).sin();
                ((32767.0 * x).round() / 32768.0) as f32
            })
            .collect()
    }

    #[test]
    fn two_sines_have_torchaudio_s_values() {
        let mel = LogMel::new(&AudioConfig::default()).unwrap().compute(&two_sines());
        for (band, frame, expected) in [
            (0, 0, 11.9500),
            (10, 0, 14.0136),
            (17, 0, 18.2178),
            (17, 1, 14.9278),
            (127, 1000, -12.3410),
        ] {
            let found = mel[[band, frame]];
            assert!((found - expected).abs() < 1e-2, "[{band},{frame}] {found} not {expected}");
        }
        assert!((mel.iter().copied().fold(f32::MIN, f32::max) - 37.3521).abs() < 1e-3);
        assert!((mel.mean().unwrap() + 60.7049).abs() < 1e-2, "{:?}", mel.mean());
    }

    #[test]
    fn magnitude_does_not_depend_on_phase() {
        let config = AudioConfig { power: Power::Squared, ..AudioConfig::default() };
        let log_mel = LogMel::new(&config).unwrap();
        let sine = |phase: f32| -> Vec<f32> {
            (0..16_000).map(|n| (n as f32 * 0.4 + phase).sin()).collect()
        };
        let (a, b) = (log_mel.compute(&sine(0.0)), log_mel.compute(&sine(1.3)));
        let loudest = (0..128).max_by(|&i, &j| a[[i, 50]].total_cmp(&a[[j, 50]])).unwrap();
        assert!((a[[loudest, 50]] - b[[loudest, 50]]).abs() < 1e-3);
    }

    #[test]
    fn a_chunk_too_short_to_reflect_is_still_computed() {
        let log_mel = LogMel::new(&AudioConfig::default()).unwrap();
        for length in [0, 1, 2, 511, 512, 513] {
            assert_eq!(log_mel.compute(&vec![0.1; length]).dim(), (128, length / 160 + 1));
        }
    }

    #[test]
    fn reflection_does_not_repeat_the_edge() {
        assert_eq!(reflect(&[1., 2., 3., 4.], 2), [3., 2., 1., 2., 3., 4., 3., 2.]);
        assert_eq!(reflect(&[1.], 2), [0., 0., 1., 0., 0., 0., 1.]);
    }
}
