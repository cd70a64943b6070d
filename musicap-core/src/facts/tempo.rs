//! Tempo and time signature from a stream of mono samples, in memory that does not grow.
//!
//! The onset strength is the spectral flux of a log-compressed mel spectrogram (Böck and Widmer,
//! "Maximum filter vibrato suppression for onset detection", DAFx 2013, without the filter; with a
//! distance of two frames). Autocorrelations of windows of 12 s are added up, so that a tempo that
//! drifts by less than a window's resolution does not matter. A beat of a period τ is as likely as
//! the autocorrelation is high at τ, 2τ, 3τ, 4τ and 8τ (a comb, as in Percival and Tzanetakis,
//! "Streamlined tempo estimation", IEEE TASLP 2014), times a log-normal prior (Ellis, "Beat tracking
//! by dynamic programming", JNMR 2007). The prior follows the tempo that captions name: the model
//! tells slow from fast music better than a period does, and words and facts agree.
//!
//! For beats, onset strengths are kept: 250 bytes for a second.
//!
//! `benches/facts.py` has the figures, and those of librosa and stratum-dsp on the same clips.

use realfft::num_complex::Complex32;
use serde::{Deserialize, Serialize};

use super::frames::Frames;
use super::types::{Tempo, TempoClass, TimeSignature};
use super::{beats, rounded};
use crate::tags::sigmoid;

/// Length of a frame and distance of two in samples: 32 ms and 16 ms at 16 kHz.
const FRAME: usize = 512;
const HOP: usize = 256;
/// Mel bands from [`LOWEST_HZ`] to half the sample rate.
const BANDS: usize = 24;
const LOWEST_HZ: f32 = 30.0;
/// Frames between the spectra whose difference is the flux.
const LAG: usize = 2;
/// Length of a window and the longest period in it, in seconds. Windows shorter than
/// [`MIN_WINDOW_S`] say nothing.
const WINDOW_S: f32 = 12.0;
const LONGEST_S: f32 = 6.0;
const MIN_WINDOW_S: f32 = 4.0;
/// Magnitudes are compressed as ln(1 + x · [`COMPRESSION`]), where 1 is the window's mean level.
const COMPRESSION: f32 = 100.0 / FRAME as f32;
/// Tempos considered, and their distance in natural logarithms.
const BPM: (f32, f32) = (40.0, 220.0);
const STEP: f32 = 0.005;
/// Mean and standard deviation in octaves of the prior, for each tempo that captions name.
const PRIOR: (f32, f32) = (105.0, 1.0);
const SLOW: (f32, f32) = (60.0, 0.5);
const MEDIUM: (f32, f32) = (108.0, 0.5);
const FAST: (f32, f32) = (158.0, 0.5);
/// The comb: numbers of periods with their weights, most for beats that make up bars of four.
const COMB: [(f32, f32); 5] = [(1.0, 1.0), (2.0, 1.0), (3.0, 0.5), (4.0, 1.0), (8.0, 0.7)];

/// Measures the tempo of a stream.
pub(super) struct TempoMeter {
    frames: Frames,
    pulse: Pulse,
}

/// How regular the onsets so far are.
struct Pulse {
    sample_rate: u32,
    bands: Vec<Band>,
    /// Band magnitudes of the current window's frames, and the sum of squares of its samples.
    window: Vec<[f32; BANDS]>,
    energy: f64,
    /// Sum of the windows' autocorrelations, each weighted by its number of frames.
    autocorrelation: Vec<f64>,
    frames: f64,
    /// The onset strengths of all frames of ended windows, if beats are wanted.
    onsets: Option<Vec<f32>>,
}

/// What is known of the pulse of a stream, for each tempo that its captions may name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pulses {
    unnamed: Found,
    slow: Found,
    medium: Found,
    fast: Found,
}

/// What is known of the pulse of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Found {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<Tempo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_signature: Option<TimeSignature>,
    /// In seconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beats: Vec<f64>,
}

/// A triangular band: its first bin and weights.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl TempoMeter {
    pub(super) fn new(sample_rate: u32, with_beats: bool) -> Self {
        let longest = (LONGEST_S * sample_rate as f32) as usize / HOP;
        let pulse = Pulse {
            sample_rate,
            bands: bands(sample_rate),
            window: Vec::new(),
            energy: 0.0,
            autocorrelation: vec![0.0; longest + 1],
            frames: 0.0,
            onsets: with_beats.then(Vec::new),
        };
        TempoMeter { frames: Frames::new(FRAME, HOP), pulse }
    }

    /// Takes the next samples.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let pulse = &mut self.pulse;
        self.frames.push(samples, |frame, spectrum| pulse.add_frame(frame, spectrum));
    }

    /// What is known of all samples, the first of which is at `start_s` seconds.
    pub(super) fn finish(mut self, start_s: f64) -> Pulses {
        self.pulse.end();
        let of = |named| {
            let mut found = self.pulse.find(named);
            found.beats.iter_mut().for_each(|beat| *beat += start_s);
            found
        };
        Pulses {
            unnamed: of(None),
            slow: of(Some(TempoClass::Slow)),
            medium: of(Some(TempoClass::Medium)),
            fast: of(Some(TempoClass::Fast)),
        }
    }
}

impl Pulses {
    /// The pulse if captions name this tempo.
    pub(super) fn named(&self, named: Option<TempoClass>) -> &Found {
        match named {
            None => &self.unnamed,
            Some(TempoClass::Slow) => &self.slow,
            Some(TempoClass::Medium) => &self.medium,
            Some(TempoClass::Fast) => &self.fast,
        }
    }
}

impl Pulse {
    fn add_frame(&mut self, samples: &[f32], spectrum: &[Complex32]) {
        self.energy += f64::from(samples[..HOP].iter().map(|x| x * x).sum::<f32>());
        let mut magnitudes = [0.0_f32; FRAME / 2 + 1];
        for (magnitude, bin) in magnitudes.iter_mut().zip(spectrum) {
            *magnitude = bin.norm_sqr().sqrt();
        }
        let mut frame = [0.0; BANDS];
        for (sum, Band { first, weights }) in frame.iter_mut().zip(&self.bands) {
            let bins = weights.iter().zip(&magnitudes[*first..]);
            *sum = bins.map(|(weight, magnitude)| weight * magnitude).sum();
        }
        self.window.push(frame);
        if self.window.len() == (WINDOW_S * self.sample_rate as f32) as usize / HOP {
            self.end_window(true);
        }
    }

    /// Adds the autocorrelation of the window's onsets, if `counts` is set, and the onsets.
    fn end_window(&mut self, counts: bool) {
        let frames = self.window.len();
        let seconds = (frames * HOP) as f32 / self.sample_rate as f32;
        let level = (self.energy / (frames * HOP).max(1) as f64).sqrt() as f32;
        let mut window = std::mem::take(&mut self.window);
        self.energy = 0.0;
        let counts = counts && seconds >= MIN_WINDOW_S;
        let frames_before = self.onsets.as_ref().map_or(0, Vec::len);
        if frames > LAG && level > 1e-7 && (counts || self.onsets.is_some()) {
            let onsets = onsets(&mut window, COMPRESSION / level, self.frames_per_second());
            let zero: f32 = onsets.iter().map(|x| x * x).sum();
            if zero > 0.0 && counts {
                let length = onsets.len();
                for (lag, sum) in self.autocorrelation.iter_mut().enumerate().take(length) {
                    let products = onsets.iter().zip(&onsets[lag..]).map(|(a, b)| a * b);
                    // Fewer products make up a long lag; the bound keeps a few from weighing more.
                    let fewer = length as f32 / (length - lag).max(length / 4) as f32;
                    *sum += f64::from(products.sum::<f32>() * fewer / zero) * length as f64;
                }
                self.frames += length as f64;
            }
            if let Some(all) = &mut self.onsets {
                all.extend(onsets);
            }
        }
        if let Some(all) = &mut self.onsets {
            all.resize(frames_before + frames, 0.0);
        }
        window.clear();
        self.window = window;
    }

    fn frames_per_second(&self) -> f32 {
        self.sample_rate as f32 / HOP as f32
    }

    /// The autocorrelation at a lag in frames, 1 at 0.
    fn at(&self, lag: f32) -> f32 {
        let (place, part) = (lag as usize, lag.fract());
        match self.autocorrelation.get(place..place + 2) {
            Some(&[a, b]) => ((a + (b - a) * f64::from(part)) / self.frames) as f32,
            _ => 0.0,
        }
    }

    /// Ends the last window.
    fn end(&mut self) {
        let (worth, seconds) = (self.frames, self.window.len() as f32 * HOP as f32);
        // A short rest at the end of a long recording adds nothing.
        self.end_window(worth == 0.0 || seconds >= WINDOW_S / 2.0 * self.sample_rate as f32);
    }

    /// What is known of all samples, if captions name this tempo.
    fn find(&self, named: Option<TempoClass>) -> Found {
        if self.frames == 0.0 {
            return Found::default();
        }
        let candidates = self.candidates(named);
        let Some(best) = (0..candidates.len())
            .max_by(|&a, &b| candidates[a].weighted.total_cmp(&candidates[b].weighted))
            .filter(|&best| candidates[best].weighted > 0.0)
        else {
            return Found::default();
        };
        let bpm = candidates[best].bpm;
        let evidence = candidates[best].comb;
        let near = |one: f32, other: f32| (one / other - 1.0).abs() < 0.04;
        let weight_at = |bpm: f32| {
            let near = candidates.iter().filter(|candidate| near(candidate.bpm, bpm));
            near.map(|candidate| candidate.weighted).fold(0.0, f32::max)
        };
        let octaves = [bpm / 2.0, bpm * 2.0];
        let alternative = octaves
            .into_iter()
            .filter(|bpm| (BPM.0 / 1.5..BPM.1 * 1.2).contains(bpm))
            .max_by(|&a, &b| weight_at(a).total_cmp(&weight_at(b)));
        // The best candidate that is no near neighbour.
        let other = candidates.iter().filter(|candidate| !near(candidate.bpm, bpm));
        let other = other.map(|candidate| candidate.weighted).fold(0.0, f32::max);
        let margin = 1.0 - other / candidates[best].weighted;
        let confidence = confidence(evidence, margin, named.is_some());
        let tempo = Tempo {
            bpm: (bpm * 10.0).round() / 10.0,
            confidence: rounded(confidence),
            alternative_bpm: alternative.map(|bpm| (bpm * 10.0).round() / 10.0),
            class: TempoClass::of((bpm * 10.0).round() / 10.0),
        };
        let period = 60.0 / bpm * self.frames_per_second();
        let frames = self.onsets.as_deref().map(|onsets| beats::track(onsets, period));
        // An onset is in the middle between the two frames that are compared.
        let second = |frame: usize| {
            let sample = frame * HOP + (LAG * HOP + FRAME) / 2;
            (sample as f64 / f64::from(self.sample_rate) * 1000.0).round() / 1000.0
        };
        Found {
            tempo: Some(tempo),
            time_signature: self.time_signature(bpm),
            beats: frames.unwrap_or_default().into_iter().map(second).collect(),
        }
    }

    fn candidates(&self, named: Option<TempoClass>) -> Vec<Candidate> {
        let (mean, deviation) = match named {
            None => PRIOR,
            Some(TempoClass::Slow) => SLOW,
            Some(TempoClass::Medium) => MEDIUM,
            Some(TempoClass::Fast) => FAST,
        };
        let count = ((BPM.1 / BPM.0).ln() / STEP) as usize + 1;
        let candidate = |n: usize| {
            let bpm = BPM.0 * (n as f32 * STEP).exp();
            let period = 60.0 / bpm * self.frames_per_second();
            let all: f32 = COMB.iter().map(|(_, weight)| weight).sum();
            let comb =
                COMB.iter().map(|(n, weight)| weight * self.at(period * n)).sum::<f32>() / all;
            let distance = (bpm / mean).log2() / deviation;
            let weighted = comb.max(0.0) * (-0.5 * distance * distance).exp();
            Candidate { bpm, comb, weighted }
        };
        (0..count).map(candidate).collect()
    }

    /// Whether bars have three or four beats, if that is clear.
    fn time_signature(&self, bpm: f32) -> Option<TimeSignature> {
        let beat = 60.0 / bpm * self.frames_per_second();
        let (three, four) = (self.at(3.0 * beat), self.at(4.0 * beat));
        let two = self.at(2.0 * beat);
        let ternary = three - 0.5 * (two + four);
        let logit = SIGNATURE.0 + SIGNATURE.1 * ternary;
        let beats_per_bar = if logit > 0.0 { 3 } else { 4 };
        let confidence = sigmoid(logit.abs());
        (confidence >= SIGNATURE_MIN)
            .then_some(TimeSignature { beats_per_bar, confidence: rounded(confidence) })
    }
}

/// Platt scaling of the difference between bars of three and of four beats: offset and slope.
const SIGNATURE: (f32, f32) = (-1.02, 14.0);
/// The confidence from which a time signature is stated.
const SIGNATURE_MIN: f32 = 0.85;

/// How likely a tempo is right: a logistic regression (on rendered clips) on how regular the music
/// is, how far the next candidate is behind, and whether captions name a tempo.
fn confidence(evidence: f32, margin: f32, is_named: bool) -> f32 {
    let logit = -2.22 + 2.66 * evidence + 4.11 * margin + if is_named { 1.83 } else { 0.0 };
    sigmoid(logit)
}

struct Candidate {
    bpm: f32,
    /// Mean autocorrelation of the comb.
    comb: f32,
    /// The same times the prior.
    weighted: f32,
}

/// The onset strength of each frame, with its local and its whole mean removed.
fn onsets(window: &mut [[f32; BANDS]], compression: f32, frames_per_second: f32) -> Vec<f32> {
    for magnitude in window.iter_mut().flatten() {
        *magnitude = (*magnitude * compression).ln_1p();
    }
    let rise = |(now, before): (&[f32; BANDS], &[f32; BANDS])| {
        now.iter().zip(before).map(|(now, before)| (now - before).max(0.0)).sum::<f32>()
    };
    let flux: Vec<f32> = window[LAG..].iter().zip(window.iter()).map(rise).collect();
    // The mean of half a second around a frame.
    let reach = (0.25 * frames_per_second) as usize;
    let mut sums = vec![0.0_f64];
    sums.extend(flux.iter().scan(0.0, |sum, &x| {
        *sum += f64::from(x);
        Some(*sum)
    }));
    let mut onsets: Vec<f32> = (0..flux.len())
        .map(|at| {
            let (start, end) = (at.saturating_sub(reach), (at + reach + 1).min(flux.len()));
            let mean = (sums[end] - sums[start]) / (end - start) as f64;
            (flux[at] - mean as f32).max(0.0)
        })
        .collect();
    let mean = onsets.iter().sum::<f32>() / onsets.len().max(1) as f32;
    onsets.iter_mut().for_each(|onset| *onset -= mean);
    onsets
}

/// Triangular bands with equal distances in mel (O'Shaughnessy).
fn bands(sample_rate: u32) -> Vec<Band> {
    let mel = |hz: f32| 2595.0 * (1.0 + hz / 700.0).log10();
    let hz = |mel: f32| 700.0 * (10.0_f32.powf(mel / 2595.0) - 1.0);
    let (low, high) = (mel(LOWEST_HZ), mel(sample_rate as f32 / 2.0));
    let edge = |n: usize| hz(low + (high - low) * n as f32 / (BANDS + 1) as f32);
    let bin = sample_rate as f32 / FRAME as f32;
    let band = |n: usize| {
        let (start, peak, end) = (edge(n), edge(n + 1), edge(n + 2));
        let weight = |at: usize| {
            let at = at as f32 * bin;
            ((at - start) / (peak - start)).min((end - at) / (end - peak)).max(0.0)
        };
        let first = (start / bin) as usize;
        let last = ((end / bin) as usize + 1).min(FRAME / 2);
        Band { first, weights: (first..=last).map(weight).collect() }
    };
    (0..BANDS).map(band).collect()
}
