//! Times at which the sound of a recording changes.
//!
//! The novelty of a moment (Foote, ICME 2000) says how alike the sound is within the seconds before
//! it and within those after it, and how little the ones are like the others. It is computed from the
//! log-mel spectrograms that the model is given, as they arrive, so that memory does not grow.

use std::collections::VecDeque;

use ndarray::{ArrayView2, Axis, Slice};
use serde::{Deserialize, Serialize};

use super::{AudioConfig, ChunkSpan};

/// Groups of mel bands that are compared.
const BANDS: usize = 32;
/// The seconds before and after a moment that are compared.
const HALF: usize = 8;
/// A change is the most pronounced one of so many seconds before and after it.
const REACH: usize = 4;
/// The least novelty that is listed; that of steady sound is a tenth, as directions differ by chance.
const LEAST: f32 = 0.25;

/// A time at which the sound of a recording changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SoundChange {
    /// When, in seconds, to the second.
    pub at_s: f64,
    /// How much, 0 to 1: how alike the sound is within the eight seconds before and within those
    /// after, and how little the ones are like the others.
    pub strength: f32,
}

/// Finds the times at which the sound of a recording changes, from the log-mel spectrograms of its
/// chunks, for [`Captions::changes`](crate::Captions::changes). [`Captioner`](crate::Captioner)'s
/// methods that take recordings do so by themselves; this is for those who compute features in one
/// place and captions in another.
#[derive(Debug)]
pub struct SoundChangeFinder {
    chunk_seconds: f64,
    /// The mean of each second, the last 2 × HALF of them.
    seconds: VecDeque<[f32; BANDS]>,
    /// Where the first chunk starts, in seconds.
    origin_s: Option<f64>,
    /// Seconds that have been added.
    added: usize,
    /// Novelties of the last seconds, the last of the second `added` − HALF.
    novelty: VecDeque<f32>,
    changes: Vec<SoundChange>,
}

impl SoundChangeFinder {
    /// For chunks of this front end.
    pub fn new(audio: &AudioConfig) -> Self {
        SoundChangeFinder {
            chunk_seconds: audio.chunk_seconds,
            seconds: VecDeque::new(),
            origin_s: None,
            added: 0,
            novelty: VecDeque::new(),
            changes: Vec::new(),
        }
    }

    /// Adds the next chunk: its log-mel spectrogram in decibels, `[n_mels, frames]`, and its times.
    /// Chunks must come in order of time; what overlaps with earlier ones is skipped.
    pub fn push(&mut self, mel: ArrayView2<f32>, span: &ChunkSpan) {
        let (n_mels, frames) = mel.dim();
        let (start_s, end_s) = (span.start_s, span.end_s);
        if n_mels == 0 || frames == 0 || self.chunk_seconds <= 0.0 {
            return;
        }
        let rate = frames as f64 / self.chunk_seconds;
        let origin_s = *self.origin_s.get_or_insert(start_s);
        while origin_s + (self.added + 1) as f64 <= end_s + 1e-6 {
            let from = (origin_s + self.added as f64 - start_s) * rate;
            let to = (from + rate).round().max(0.0) as usize;
            // A second that began in the last chunk is that of what this one has of it.
            let from = from.round().max(0.0) as usize;
            if to > frames {
                break;
            }
            if to <= from {
                // Something is missing before this chunk: it counts as unchanged.
                self.add(self.seconds.back().copied().unwrap_or_default());
                continue;
            }
            let mut bands = [0.0; BANDS];
            for (band, mean) in bands.iter_mut().enumerate() {
                let rows = band * n_mels / BANDS..((band + 1) * n_mels).div_ceil(BANDS).min(n_mels);
                let part = mel.slice_axis(Axis(0), Slice::from(rows));
                *mean = part.slice_axis(Axis(1), Slice::from(from..to)).mean().unwrap_or(0.0);
            }
            self.add(bands);
        }
    }

    fn add(&mut self, bands: [f32; BANDS]) {
        self.seconds.push_back(bands);
        self.added += 1;
        if self.seconds.len() > 2 * HALF {
            self.seconds.pop_front();
        }
        if self.added > HALF {
            let before = self.seconds.len() - HALF;
            self.rate(before);
        }
    }

    /// Takes note of the novelty of the moment after the first `before` seconds in the window.
    fn rate(&mut self, before: usize) {
        self.novelty.push_back(novelty(self.seconds.make_contiguous(), before));
        if self.novelty.len() > 2 * REACH + 1 {
            self.novelty.pop_front();
        }
        self.find(REACH);
    }

    /// Lists the moment with `after` novelties after it if it is a peak.
    fn find(&mut self, after: usize) {
        let Some(place) = self.novelty.len().checked_sub(after + 1) else { return };
        let own = self.novelty[place];
        let is_peak = self.novelty.iter().enumerate().all(|(other, &novelty)| {
            novelty < own || other == place || (novelty == own && other > place)
        });
        if own >= LEAST && is_peak {
            let at_s = self.origin_s.unwrap_or_default() + (self.rated() - after) as f64;
            self.changes.push(SoundChange { at_s, strength: (own * 1000.0).round() / 1000.0 });
        }
    }

    /// The moment of the last novelty, in seconds.
    fn rated(&self) -> usize {
        self.added.saturating_sub(HALF)
    }

    /// The changes of the recording, whose chunks have all been added.
    pub fn finish(mut self) -> Vec<SoundChange> {
        // The moments of the last seconds have fewer than HALF after them.
        let total = self.added;
        for left in (1..HALF.min(total)).rev() {
            if self.seconds.len() > HALF + left {
                self.seconds.pop_front();
            }
            self.added = total + HALF - left;
            let before = self.seconds.len() - left;
            self.rate(before);
        }
        for after in (0..REACH).rev() {
            self.find(after);
        }
        self.changes
    }
}

/// The novelty of the moment after the first `before` seconds, 0 to 1: the mean of the cosines within
/// both sides less that across, of deviations from the mean, with a Gaussian taper.
fn novelty(seconds: &[[f32; BANDS]], before: usize) -> f32 {
    let n = seconds.len();
    let mut mean = [0.0f32; BANDS];
    for bands in seconds {
        mean.iter_mut().zip(bands).for_each(|(sum, x)| *sum += x / n as f32);
    }
    let unit = |bands: &[f32; BANDS]| {
        let mut unit = [0.0; BANDS];
        unit.iter_mut().zip(bands.iter().zip(&mean)).for_each(|(to, (x, mean))| *to = x - mean);
        let norm = unit.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        unit.map(|x| x / norm)
    };
    let units: Vec<[f32; BANDS]> = seconds.iter().map(unit).collect();
    // The squared norm of the signed and tapered sum is the sum over all pairs.
    let (mut sum, mut weights) = ([0.0f32; BANDS], 0.0f32);
    for (place, unit) in units.iter().enumerate() {
        let x = (place as f32 - before as f32 + 0.5) / HALF as f32;
        let weight = (-2.0 * x * x).exp();
        weights += weight;
        sum.iter_mut().zip(unit).for_each(|(sum, u)| *sum += weight * x.signum() * u);
    }
    sum.iter().map(|x| x * x).sum::<f32>() / (weights * weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// Ten seconds of a spectrum whose loudest band is given for each second, with a ripple.
    fn chunk(bands: &[usize]) -> Array2<f32> {
        Array2::from_shape_fn((64, 1000), |(mel, frame)| {
            let loud = mel / 2 == bands[frame / 100];
            let ripple = ((mel * 7 + frame * 13) % 17) as f32 / 17.0;
            if loud { 20.0 } else { -40.0 + 3.0 * ripple }
        })
    }

    fn changes(bands: &[usize], length_s: f64) -> Vec<f64> {
        let mut finder = SoundChangeFinder::new(&AudioConfig::default());
        for (number, ten) in bands.chunks(10).enumerate() {
            let mut ten = ten.to_vec();
            ten.resize(10, 0);
            let start_s = 10.0 * number as f64;
            let end_s = (start_s + 10.0).min(length_s);
            finder.push(chunk(&ten).view(), &ChunkSpan { index: number, start_s, end_s });
        }
        finder.finish().into_iter().map(|change| change.at_s).collect()
    }

    #[test]
    fn changes_are_found_to_the_second_within_chunks_and_near_both_ends() {
        let bands = |lengths: &[(usize, usize)]| -> Vec<usize> {
            lengths.iter().flat_map(|&(band, length)| vec![band; length]).collect()
        };
        assert_eq!(changes(&bands(&[(3, 15), (20, 15), (9, 20)]), 50.0), [15.0, 30.0]);
        assert_eq!(changes(&bands(&[(3, 4), (20, 40), (9, 6)]), 50.0), [4.0, 44.0]);
        assert_eq!(changes(&bands(&[(3, 27), (20, 8)]), 34.5), [27.0]);
        assert!(changes(&bands(&[(3, 40)]), 40.0).is_empty());
    }

    #[test]
    fn overlapping_chunks_are_counted_once() {
        let mut finder = SoundChangeFinder::new(&AudioConfig::default());
        let all: Vec<usize> = [vec![3; 18], vec![20; 17]].concat();
        for start in [0, 5, 10, 15, 20, 25] {
            let start_s = start as f64;
            let span = ChunkSpan { index: start / 5, start_s, end_s: start_s + 10.0 };
            finder.push(chunk(&all[start..start + 10]).view(), &span);
        }
        let found: Vec<f64> = finder.finish().into_iter().map(|change| change.at_s).collect();
        assert_eq!(found, [18.0]);
    }
}
