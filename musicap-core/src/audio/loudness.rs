//! Recordings that are far too quiet, brought to the loudness that models were trained on.
//!
//! A log-mel spectrogram in decibels moves down as a whole when a recording is quiet, to values that
//! the model never saw. `benches/loudness.py` measures what that does to the embedded model's captions
//! of the first minute of three recordings (Brahms's fifth Hungarian dance, a solo trumpet,
//! Tchaikovsky's sugar plum fairy): how many of 12 captions stay as they were when the recordings are
//! made quieter, and which part of the words.
//!
//! | quieter by | as it is | amplified |
//! |---|---|---|
//! | 20 dB | 1, 0.71 | (not below the limit) |
//! | 25 dB | 1, 0.60 | 8, 0.91 |
//! | 30 dB | 0, 0.49 | 8, 0.95 |
//! | 40 dB | 0, 0.35 | 5, 0.87 |
//! | 50 dB | 0, 0.35 | 3, 0.75 |
//! | 60 dB | 0, 0.21 | 1, 0.66 |
//!
//! Only recordings whose loudest [`WINDOW_S`] of the first [`LOOK_AHEAD_S`] are below [`QUIET`] are
//! changed, which hardly any is that was made with care; all others pass through bit by bit, without
//! waiting.
//!
//! The gain brings that loudest window to [`TARGET`]. It is one for the whole recording, so that
//! what is soft stays softer than what is loud, and only falls where a later window is louder.

/// The length of a window in seconds: the momentary loudness of ITU-R BS.1770 has the same.
const WINDOW_S: f64 = 0.4;
/// The mean square of a sine at full scale.
const FULL_SCALE: f64 = 0.5;
/// The length in seconds of what is amplified alike once the first gain is known.
const PIECE_S: f64 = 0.02;
/// How much of a quiet recording is measured before its first sample is returned.
const LOOK_AHEAD_S: f64 = 60.0;
/// A recording is far too quiet below this mean square, −40 dB of full scale.
const QUIET: f64 = 1e-4;
/// Below this one, −84 dB, there is nothing but noise.
const NOISE: f64 = 4e-9;
/// The mean square of the loudest window after the gain, −14 dB of full scale.
const TARGET: f64 = 0.04;

/// Measures a stream of mono samples, and amplifies it if it is far too quiet.
#[derive(Debug)]
pub(super) struct Leveler {
    window: usize,
    piece: usize,
    look_ahead: usize,
    /// The sum of squares of the window that is being filled, and how much of it is.
    sum: f64,
    filled: usize,
    /// The greatest mean square of a window.
    loudest: f64,
    /// What waits for the decision; `None` once it has been made.
    waiting: Option<Vec<f32>>,
    gain: f32,
    first_gain: f32,
}

impl Leveler {
    pub(super) fn new(sample_rate: u32) -> Self {
        let samples = |seconds: f64| (seconds * f64::from(sample_rate)) as usize;
        Self {
            window: samples(WINDOW_S).max(1),
            piece: samples(PIECE_S).max(1),
            look_ahead: samples(LOOK_AHEAD_S),
            sum: 0.0,
            filled: 0,
            loudest: 0.0,
            waiting: Some(Vec::new()),
            gain: 1.0,
            first_gain: 1.0,
        }
    }

    /// Takes `samples`, and leaves in their place what is ready. `is_last` says that no more come.
    pub(super) fn process(&mut self, samples: &mut Vec<f32>, is_last: bool) {
        let Some(mut waiting) = self.waiting.take() else {
            if self.gain > 1.0 {
                self.amplify(samples);
            }
            return;
        };
        self.measure(samples);
        waiting.append(samples);
        if self.loudest < QUIET && waiting.len() < self.look_ahead && !is_last {
            self.waiting = Some(waiting);
            return;
        }
        if self.filled > 0 && self.loudest == 0.0 {
            // A recording shorter than a window.
            self.loudest = self.sum / self.filled as f64;
        }
        if (NOISE..QUIET).contains(&self.loudest) {
            self.gain = (TARGET / self.loudest).sqrt() as f32;
            self.first_gain = self.gain;
            waiting.iter_mut().for_each(|sample| *sample *= self.gain);
        }
        *samples = waiting;
    }

    /// The gain that a quiet recording started with, in decibels.
    pub(super) fn gain_db(&self) -> Option<f32> {
        (self.first_gain > 1.0).then(|| 20.0 * self.first_gain.log10())
    }

    fn measure(&mut self, samples: &[f32]) {
        for sample in samples {
            self.sum += f64::from(sample * sample);
            self.filled += 1;
            if self.filled == self.window {
                self.loudest = self.loudest.max(self.sum / self.window as f64);
                (self.sum, self.filled) = (0.0, 0);
            }
        }
    }

    fn amplify(&mut self, samples: &mut [f32]) {
        for piece in samples.chunks_mut(self.piece) {
            self.measure(piece);
            let most = (TARGET / self.loudest).sqrt() as f32;
            self.gain = self.gain.min(most).max(1.0);
            // What gets loud at once stays within full scale until its window is full.
            let square = piece.iter().map(|x| f64::from(x * x)).sum::<f64>() / piece.len() as f64;
            let gain = self.gain.min((FULL_SCALE / square).sqrt() as f32).max(1.0);
            piece.iter_mut().for_each(|sample| *sample *= gain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 16_000;

    fn sine(peak: f32, seconds: usize) -> Vec<f32> {
        (0..seconds * RATE as usize).map(|n| peak * (n as f32 * 0.1).sin()).collect()
    }

    fn level(parts: &[Vec<f32>]) -> (Vec<f32>, Option<f32>) {
        let mut leveler = Leveler::new(RATE);
        let all = parts.concat();
        let (mut out, last) = (Vec::new(), all.len().div_ceil(1_000) - 1);
        for (index, block) in all.chunks(1_000).enumerate() {
            let mut block = block.to_vec();
            leveler.process(&mut block, index == last);
            out.extend(block);
        }
        assert_eq!(out.len(), all.len());
        (out, leveler.gain_db())
    }

    #[test]
    fn usual_recordings_pass_unchanged_even_after_a_quiet_start() {
        for parts in [vec![sine(0.5, 3)], vec![sine(0.001, 30), sine(0.1, 2)], vec![sine(0.0, 70)]]
        {
            let (out, gain) = level(&parts);
            assert!(out == parts.concat() && gain.is_none());
        }
        // Rounding of 16 bits is nothing to amplify.
        assert_eq!(level(&[sine(1.5 / 32_768.0, 70)]).1, None);
    }

    #[test]
    fn a_recording_40_db_too_quiet_comes_to_the_target() {
        for seconds in [1, 20, 90] {
            let (out, gain) = level(&[sine(0.002, seconds)]);
            let square = out.iter().map(|x| f64::from(x * x)).sum::<f64>() / out.len() as f64;
            assert!((square / TARGET - 1.0).abs() < 0.05, "{seconds} s: {square}");
            assert!((gain.unwrap() - 43.0).abs() < 0.2, "{gain:?}");
        }
    }

    #[test]
    fn what_is_louder_later_is_not_overdriven() {
        let (out, _) = level(&[sine(0.001, 61), sine(0.5, 5)]);
        let loud = &out[61 * RATE as usize..];
        assert!(loud.iter().all(|x| x.abs() <= 1.01));
        assert!(loud[3 * RATE as usize..].iter().all(|x| x.abs() <= 0.501));
        let start = out[..RATE as usize].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!(start > 0.2, "{start}");
    }
}
