//! The key from a stream of mono samples, in memory that does not grow.
//!
//! Spectral peaks between [`LOWEST_HZ`] and [`HIGHEST_HZ`], each placed by parabolic interpolation,
//! are added to a histogram of one octave in steps of 10 cents (Gómez, "Tonal description of music
//! audio signals", 2006). The tuning is the histogram's circular mean against equal temperament; the
//! twelve pitch classes around it are correlated with profiles of all 24 keys (Krumhansl and
//! Kessler 1982), here [`MAJOR`] and [`MINOR`], which did best of four pairs of profiles.
//!
//! `benches/facts.py` has the figures.

use realfft::num_complex::Complex32;

use super::frames::Frames;
use super::rounded;
use super::types::{Key, Mode};
use crate::tags::sigmoid;

/// Length of a frame in seconds, as a power of two of samples: 4096 at 16 kHz.
const FRAME_S: f32 = 0.256;
const LOWEST_HZ: f32 = 55.0;
const HIGHEST_HZ: f32 = 1760.0;
/// Steps of the histogram in an octave, and in a semitone.
const STEPS: usize = 120;
const STEPS_PER_SEMITONE: usize = STEPS / 12;

const TONICS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// How frequent each semitone above the tonic is in major and minor pieces, in percent (Bellman,
/// "About the determination of key of a musical excerpt", CMMR 2005, from counts by Budge, 1943).
const MAJOR: [f64; 12] =
    [16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57];
const MINOR: [f64; 12] =
    [18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21];

/// Measures the key of a stream.
pub(super) struct KeyMeter {
    /// Frames follow each other: those that overlap by half give no better keys.
    frames: Frames,
    peaks: Peaks,
}

/// The spectral peaks so far.
struct Peaks {
    bin_hz: f32,
    /// Weight of the peaks at each step of the octave; step 0 is C by A4 = 440 Hz.
    histogram: [f64; STEPS],
    magnitudes: Vec<f32>,
}

impl KeyMeter {
    pub(super) fn new(sample_rate: u32) -> Self {
        let length = ((FRAME_S * sample_rate as f32) as usize).next_power_of_two();
        let bin_hz = sample_rate as f32 / length as f32;
        let magnitudes = vec![0.0; length / 2 + 1];
        KeyMeter {
            frames: Frames::new(length, length),
            peaks: Peaks { bin_hz, histogram: [0.0; STEPS], magnitudes },
        }
    }

    /// Takes the next samples.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let peaks = &mut self.peaks;
        self.frames.push(samples, |_, spectrum| peaks.add(spectrum));
    }

    /// The key of all samples; `None` if there are none with a pitch.
    pub(super) fn finish(self) -> Option<Key> {
        let classes = self.peaks.pitch_classes();
        if !classes.iter().all(|x| x.is_finite()) || classes.iter().sum::<f64>() <= 0.0 {
            return None;
        }
        let mut scores: Vec<(f64, usize, Mode)> = Vec::new();
        for (profile, mode) in [(&MAJOR, Mode::Major), (&MINOR, Mode::Minor)] {
            for tonic in 0..12 {
                let rotated: Vec<f64> =
                    (0..12).map(|class| profile[(class + 12 - tonic) % 12]).collect();
                scores.push((correlation(&classes, &rotated), tonic, mode));
            }
        }
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (best, tonic, mode) = scores[0];
        if best <= 0.0 {
            return None;
        }
        let confidence = confidence(best, best - scores[1].0);
        Some(Key { tonic: TONICS[tonic].to_owned(), mode, confidence: rounded(confidence) })
    }
}

impl Peaks {
    /// Adds those of a spectrum.
    fn add(&mut self, spectrum: &[Complex32]) {
        let last = ((HIGHEST_HZ / self.bin_hz) as usize + 2).min(spectrum.len());
        for (magnitude, bin) in self.magnitudes.iter_mut().zip(&spectrum[..last]) {
            *magnitude = bin.norm_sqr().sqrt();
        }
        let first = ((LOWEST_HZ / self.bin_hz) as usize).max(1);
        for bin in first..last - 1 {
            let [before, peak, after] = [bin - 1, bin, bin + 1].map(|bin| self.magnitudes[bin]);
            if peak > before && peak >= after && peak > 1e-6 {
                let [a, b, c] = [before, peak, after].map(|x| (x + 1e-9).ln());
                let shift = (0.5 * (a - c) / (a - 2.0 * b + c).min(-1e-9)).clamp(-0.5, 0.5);
                let hz = (bin as f32 + shift) * self.bin_hz;
                // Semitones above C: A is the ninth.
                let pitch = 12.0 * (hz / 440.0).log2() + 9.0;
                let step = (pitch * STEPS_PER_SEMITONE as f32).round() as i64;
                let step = step.rem_euclid(STEPS as i64) as usize;
                self.histogram[step] += f64::from(peak.sqrt());
            }
        }
    }

    /// The weight of each pitch class, counted from C in the recording's own tuning.
    fn pitch_classes(&self) -> [f64; 12] {
        let per = STEPS_PER_SEMITONE as f64;
        let turn = |step: usize| std::f64::consts::TAU * step as f64 / per;
        let weighted = || self.histogram.iter().enumerate();
        let sine: f64 = weighted().map(|(step, weight)| weight * turn(step).sin()).sum();
        let cosine: f64 = weighted().map(|(step, weight)| weight * turn(step).cos()).sum();
        // In semitones, from −0.5 to 0.5.
        let tuning = sine.atan2(cosine) / std::f64::consts::TAU;
        let mut classes = [0.0; 12];
        for (step, weight) in weighted() {
            let pitch = step as f64 / per - tuning;
            let near = (std::f64::consts::PI * (pitch - pitch.round())).cos();
            classes[(pitch.round() as i64).rem_euclid(12) as usize] += weight * near * near;
        }
        classes
    }
}

/// How likely a key is right: a logistic regression on its correlation and on how far the next key
/// is behind.
fn confidence(correlation: f64, margin: f64) -> f32 {
    sigmoid((-1.94 + 1.47 * correlation + 9.42 * margin) as f32)
}

/// Pearson's correlation.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>();
    let square = |x: &[f64], mean: f64| x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    products / (square(a, mean_a) * square(b, mean_b)).sqrt().max(f64::MIN_POSITIVE)
}
