//! The key from a stream of mono samples, in memory that does not grow.
//!
//! Spectral peaks between [`LOWEST_HZ`] and [`HIGHEST_HZ`] are placed by parabolic interpolation
//! (Gómez, "Tonal description of music audio signals", 2006) and weighted by how far they stand above
//! the spectrum around them, so that drums and noise count little. Every [`BLOCK`] frames they are
//! folded into chroma: the pitch classes of bass, tenor, alto and treble apart, in the recording's
//! own tuning. A small network (`key_network.rs`) turns chroma into the probabilities of the 24 keys.
//!
//! `examples/train/key.py` trains the network, `benches/facts.py` and `benches/key_corpus.py`
//! measure it.

use realfft::num_complex::Complex32;

use super::frames::Frames;
use super::key_network::{BANDS, Chroma, Network, Sums};
use super::types::{Key, Mode};
use super::{MIN_CONFIDENCE, rounded};

/// Length of a frame in seconds, as a power of two of samples: 4096 at 16 kHz.
const FRAME_S: f32 = 0.256;
/// Frames that share an estimate of the tuning and of the level: ten seconds at 16 kHz.
const BLOCK: usize = 39;
const LOWEST_HZ: f32 = 55.0;
const HIGHEST_HZ: f32 = 1760.0;
/// A peak must be this many times the mean of the spectrum within [`AROUND_HZ`] of it.
const PROMINENCE: f32 = 1.5;
const AROUND_HZ: f32 = 40.0;
/// The lowest MIDI keys of the bands above the bass: C3, C4 and C5.
const BAND_STARTS: [i32; BANDS - 1] = [48, 60, 72];
/// Steps of a semitone in the histogram that the tuning is measured with.
const TUNING_STEPS: usize = 50;

const TONICS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// Measures the key of a stream.
pub(super) struct KeyMeter {
    /// Frames do not overlap: overlapping ones give no better keys.
    frames: Frames,
    peaks: PeakPicker,
    block: Block,
    network: Network,
    sums: Sums,
}

impl KeyMeter {
    pub(super) fn new(sample_rate: u32) -> Self {
        let length = ((FRAME_S * sample_rate as f32) as usize).next_power_of_two();
        let network = Network::embedded();
        let sums = network.sums();
        KeyMeter {
            frames: Frames::new(length, length),
            peaks: PeakPicker::new(sample_rate as f32 / length as f32, length / 2 + 1),
            block: Block::default(),
            network,
            sums,
        }
    }

    /// Takes the next samples.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let KeyMeter { frames, peaks, block, network, sums } = self;
        frames.push(samples, |_, spectrum| {
            let frame = block.frames;
            peaks.pick(spectrum, |pitch, weight| block.add(Peak { frame, pitch, weight }));
            block.frames += 1;
            if block.frames == BLOCK {
                network.add(&block.take_chroma(), sums);
            }
        });
    }

    /// The key of all samples; `None` if there is no pitch, or no key is likely enough.
    pub(super) fn finish(mut self) -> Option<Key> {
        self.network.add(&self.block.take_chroma(), &mut self.sums);
        let (key, confidence) = self.network.best(&self.sums)?;
        let mode = if key < 12 { Mode::Major } else { Mode::Minor };
        (confidence >= MIN_CONFIDENCE).then(|| Key {
            tonic: TONICS[key % 12].to_owned(),
            mode,
            confidence: rounded(confidence),
        })
    }
}

/// A spectral peak.
struct Peak {
    /// Number of its frame in the block.
    frame: usize,
    /// In MIDI keys by A4 = 440 Hz.
    pitch: f32,
    weight: f32,
}

/// Finds the peaks of spectra.
struct PeakPicker {
    bin_hz: f32,
    /// The bins in which peaks are looked for.
    first: usize,
    last: usize,
    /// Bins on either side of a peak whose mean it is compared with.
    around: usize,
    magnitudes: Vec<f32>,
    /// Element `n` is the sum of the magnitudes of the bins before `n`.
    sums: Vec<f32>,
}

impl PeakPicker {
    /// For spectra of `bins` bins.
    fn new(bin_hz: f32, bins: usize) -> Self {
        let around = (AROUND_HZ / bin_hz).round() as usize;
        let first = ((LOWEST_HZ / bin_hz) as usize).max(1);
        let last = ((HIGHEST_HZ / bin_hz) as usize + 1).min(bins.saturating_sub(2));
        let used = (last + around + 1).min(bins);
        PeakPicker {
            bin_hz,
            first,
            last,
            around,
            magnitudes: vec![0.0; used],
            sums: vec![0.0; used + 1],
        }
    }

    /// Calls `each` with the pitch and the weight of each peak of `spectrum`.
    fn pick(&mut self, spectrum: &[Complex32], mut each: impl FnMut(f32, f32)) {
        let mut sum = 0.0;
        for (n, bin) in spectrum[..self.magnitudes.len()].iter().enumerate() {
            let magnitude = bin.norm_sqr().sqrt();
            self.magnitudes[n] = magnitude;
            sum += magnitude;
            self.sums[n + 1] = sum;
        }
        for bin in self.first..=self.last {
            let [before, peak, after] = [bin - 1, bin, bin + 1].map(|bin| self.magnitudes[bin]);
            if !(peak > before && peak >= after && peak > 1e-6) {
                continue;
            }
            let from = bin.saturating_sub(self.around);
            let to = (bin + self.around + 1).min(self.magnitudes.len());
            let mean = (self.sums[to] - self.sums[from]) / (to - from) as f32;
            if peak > PROMINENCE * mean {
                let [a, b, c] = [before, peak, after].map(|x| (x + 1e-9).ln());
                let shift = (0.5 * (a - c) / (a - 2.0 * b + c).min(-1e-9)).clamp(-0.5, 0.5);
                let hz = (bin as f32 + shift) * self.bin_hz;
                each(12.0 * (hz / 440.0).log2() + 69.0, (peak - mean).sqrt());
            }
        }
    }
}

/// The peaks of the current block.
struct Block {
    frames: usize,
    peaks: Vec<Peak>,
    /// Weight of the peaks of all blocks so far by how far they are above a semitone.
    tuning: [f64; TUNING_STEPS],
}

impl Default for Block {
    fn default() -> Self {
        Block { frames: 0, peaks: Vec::new(), tuning: [0.0; TUNING_STEPS] }
    }
}

impl Block {
    fn add(&mut self, peak: Peak) {
        let step = peak.pitch.rem_euclid(1.0) * TUNING_STEPS as f32;
        self.tuning[step as usize % TUNING_STEPS] += f64::from(peak.weight);
        self.peaks.push(peak);
    }

    /// The chroma of the peaks, and an empty block.
    fn take_chroma(&mut self) -> Vec<Chroma> {
        let tuning = self.tuning();
        let mut chroma = vec![[[0.0; 12]; BANDS]; self.frames];
        for Peak { frame, pitch, weight } in self.peaks.drain(..) {
            let pitch = pitch - tuning;
            let key = pitch.round();
            let near = (std::f32::consts::PI * (pitch - key)).cos();
            let key = key as i32;
            let band = BAND_STARTS.iter().filter(|&&start| start <= key).count();
            chroma[frame][band][key.rem_euclid(12) as usize] += weight * near * near;
        }
        self.frames = 0;
        chroma
    }

    /// How far the recording is tuned above A4 = 440 Hz, in semitones from −0.5 to 0.5: the circular
    /// mean of its peaks.
    fn tuning(&self) -> f32 {
        let turn = |step: usize| std::f64::consts::TAU * (step as f64 + 0.5) / TUNING_STEPS as f64;
        let weighted = || self.tuning.iter().enumerate();
        let sine: f64 = weighted().map(|(step, weight)| weight * turn(step).sin()).sum();
        let cosine: f64 = weighted().map(|(step, weight)| weight * turn(step).cos()).sum();
        (sine.atan2(cosine) / std::f64::consts::TAU) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 16_000;

    fn key_of(samples: &[f32]) -> Option<Key> {
        let mut meter = KeyMeter::new(RATE);
        samples.chunks(1000).for_each(|samples| meter.push(samples));
        meter.finish()
    }

    /// Ten seconds of sines: chords of the MIDI keys `chords`, one a second.
    fn sines(chords: &[Vec<i32>], tuning: f32) -> Vec<f32> {
        let tone = |key: i32, t: f32| {
            let hz = 440.0 * ((key as f32 - 69.0 + tuning) / 12.0).exp2();
            (std::f32::consts::TAU * hz * t).sin()
        };
        let sample = |n: u32| {
            let t = n as f32 / RATE as f32;
            let chord = &chords[t as usize % chords.len()];
            0.1 * chord.iter().map(|&key| tone(key, t)).sum::<f32>()
        };
        (0..10 * RATE).map(sample).collect()
    }

    /// A bass note and the triad above it.
    fn triad(root: i32, third: i32) -> Vec<i32> {
        vec![root - 12, root, root + third, root + 7]
    }

    #[test]
    fn cadences_of_sines_are_in_their_keys() {
        for tonic in 0..12 {
            for (third, mode) in [(4, Mode::Major), (3, Mode::Minor)] {
                let root = 57 + (tonic + 3) % 12;
                let chords = [
                    triad(root, third),
                    triad(root + 5, third),
                    triad(root + 7, 4),
                    triad(root, third),
                ];
                for tuning in [0.0, 0.3] {
                    let key = key_of(&sines(&chords, tuning)).expect("a key");
                    let name = TONICS[tonic as usize];
                    assert_eq!((&key.tonic[..], key.mode), (name, mode), "{key:?}");
                    assert!(key.confidence > 0.5, "{key:?}");
                }
            }
        }
    }

    #[test]
    fn silence_noise_and_all_semitones_at_once_have_no_key() {
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..10 * RATE)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect();
        assert!(key_of(&noise).is_none());
        assert!(key_of(&vec![0.0; 10 * RATE as usize]).is_none());
        assert!(key_of(&[]).is_none());
        assert!(key_of(&sines(&[(48..72).collect()], 0.0)).is_none());
    }
}
