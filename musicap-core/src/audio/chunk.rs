//! Cuts a stream of samples into chunks of equal length, each with its time span.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::config::{AudioConfig, Pad};
use crate::error::{Error, Result};

/// What happens to the audio after the last complete chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tail {
    /// A tail of [`MIN_TAIL_SECONDS`] or more is padded to a chunk; a shorter one is dropped.
    #[default]
    Keep,
    /// The tail is dropped, as LP-MusicCaps does.
    Drop,
}

/// The shortest tail that gets a caption, in seconds; of models with chunks below ten seconds a
/// fifth of a chunk.
pub const MIN_TAIL_SECONDS: f64 = 2.0;
const MIN_TAIL_SHARE: f64 = 0.2;

/// The most chunks that may share a sample: otherwise a little audio makes chunks without end.
const MAX_OVERLAPPING: usize = 100;

/// One chunk of audio.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Chunk {
    /// Its number in the recording, from 0.
    pub index: usize,
    /// Where it starts, in seconds from the start of the recording.
    pub start_s: f64,
    /// Where its audio ends, in seconds; padding is not counted.
    pub end_s: f64,
    /// Mono samples; always [`chunk_samples`](AudioConfig::chunk_samples) of them.
    pub samples: Vec<f32>,
}

/// Cuts samples, pushed in blocks of any size, into chunks.
///
/// A recording shorter than one chunk is padded to one. Memory is bounded by one chunk plus
/// what is pushed before [`pop`](Chunker::pop) is called.
///
/// ```
/// use musicap::audio::{AudioConfig, Chunker, Tail};
///
/// let mut chunker = Chunker::new(&AudioConfig::default(), 0.0, Tail::Keep)?;
/// chunker.push(&vec![0.0; 16_000 * 25]);
/// chunker.finish();
/// let spans: Vec<_> = std::iter::from_fn(|| chunker.pop()).map(|c| (c.start_s, c.end_s)).collect();
/// assert_eq!(spans, [(0.0, 10.0), (10.0, 20.0), (20.0, 25.0)]);
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chunker {
    sample_rate: f64,
    chunk_samples: usize,
    hop_samples: usize,
    min_tail_samples: usize,
    tail: Tail,
    pad: Pad,
    /// Samples from the next chunk's start on.
    pending: VecDeque<f32>,
    next_index: usize,
    finished: bool,
}

/// The position of a chunk in its recording, for captions of chunks whose samples are no longer
/// needed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChunkSpan {
    /// Its number in the recording, from 0.
    pub index: usize,
    /// Where it starts, in seconds from the start of the recording.
    pub start_s: f64,
    /// Where its audio ends, in seconds; padding is not counted.
    pub end_s: f64,
}

impl Chunk {
    /// Its position in the recording.
    pub fn span(&self) -> ChunkSpan {
        ChunkSpan { index: self.index, start_s: self.start_s, end_s: self.end_s }
    }
}

impl Chunker {
    /// A chunker for a front end. Neighbouring chunks share `overlap_seconds` of audio.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the overlap is negative or more than 99% of a chunk, or if
    /// `config` is invalid.
    pub fn new(config: &AudioConfig, overlap_seconds: f64, tail: Tail) -> Result<Self> {
        config.validate()?;
        let sample_rate = f64::from(config.sample_rate);
        let chunk_samples = config.chunk_samples();
        let overlap = (overlap_seconds * sample_rate).round();
        let most = (chunk_samples - chunk_samples.div_ceil(MAX_OVERLAPPING)) as f64;
        if !(0.0..=most).contains(&overlap) {
            let expected = format!("0 to {} s", most / sample_rate);
            return Err(Error::option("overlap_seconds", overlap_seconds, expected));
        }
        let min_tail_s = MIN_TAIL_SECONDS.min(config.chunk_seconds * MIN_TAIL_SHARE);
        Ok(Chunker {
            sample_rate,
            chunk_samples,
            hop_samples: chunk_samples - overlap as usize,
            min_tail_samples: (min_tail_s * sample_rate) as usize,
            tail,
            pad: config.pad,
            pending: VecDeque::new(),
            next_index: 0,
            finished: false,
        })
    }

    /// Adds the next samples of the recording.
    pub fn push(&mut self, samples: &[f32]) {
        self.pending.extend(samples);
    }

    /// Marks the end of the recording, so that the tail can be popped.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next chunk, if enough samples have been pushed.
    pub fn pop(&mut self) -> Option<Chunk> {
        if self.pending.len() >= self.chunk_samples {
            let samples = self.pending.range(..self.chunk_samples).copied().collect();
            let chunk = self.chunk(self.chunk_samples, samples);
            self.pending.drain(..self.hop_samples);
            return Some(chunk);
        }
        if !self.finished {
            return None;
        }
        let tail = std::mem::take(&mut self.pending);
        if !self.keeps(tail.len()) {
            return None;
        }
        let filled = match self.pad {
            Pad::Zero => tail
                .iter()
                .copied()
                .chain(std::iter::repeat(0.0))
                .take(self.chunk_samples)
                .collect(),
            Pad::Repeat => tail.iter().copied().cycle().take(self.chunk_samples).collect(),
        };
        Some(self.chunk(tail.len(), filled))
    }

    /// Whether the last `length` samples make a chunk of their own.
    fn keeps(&self, length: usize) -> bool {
        if self.next_index == 0 {
            return length > 0;
        }
        // The part that the chunk before has not covered.
        let uncovered = length.saturating_sub(self.chunk_samples - self.hop_samples);
        self.tail == Tail::Keep && uncovered >= self.min_tail_samples
    }

    fn chunk(&mut self, length: usize, samples: Vec<f32>) -> Chunk {
        let index = self.next_index;
        self.next_index += 1;
        // In 64 bits: on a 32-bit platform, samples are too many for `usize` after 74 hours.
        let start = index as u64 * self.hop_samples as u64;
        Chunk {
            index,
            start_s: start as f64 / self.sample_rate,
            end_s: (start + length as u64) as f64 / self.sample_rate,
            samples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pad: Pad) -> AudioConfig {
        AudioConfig {
            sample_rate: 1_000,
            n_fft: 64,
            hop_length: 16,
            f_max: 500.0,
            pad,
            ..AudioConfig::default()
        }
    }

    fn chunks(pad: Pad, overlap: f64, tail: Tail, samples: usize) -> Vec<Chunk> {
        let audio: Vec<f32> = (0..samples).map(|n| n as f32).collect();
        let mut chunker = Chunker::new(&config(pad), overlap, tail).unwrap();
        let mut found = Vec::new();
        for piece in audio.chunks(777) {
            chunker.push(piece);
            found.extend(std::iter::from_fn(|| chunker.pop()));
        }
        chunker.finish();
        found.extend(std::iter::from_fn(|| chunker.pop()));
        found
    }

    fn spans(chunks: &[Chunk]) -> Vec<(f64, f64)> {
        chunks.iter().map(|chunk| (chunk.start_s, chunk.end_s)).collect()
    }

    #[test]
    fn a_long_tail_is_kept_and_a_short_one_left_out() {
        let kept = chunks(Pad::Zero, 0.0, Tail::Keep, 22_000);
        assert_eq!(spans(&kept), [(0.0, 10.0), (10.0, 20.0), (20.0, 22.0)]);
        assert_eq!(spans(&chunks(Pad::Zero, 0.0, Tail::Keep, 21_999)), spans(&kept[..2]));
        assert_eq!(spans(&chunks(Pad::Zero, 0.0, Tail::Drop, 29_999)), spans(&kept[..2]));
    }

    #[test]
    fn short_chunks_have_short_tails() {
        for (samples, count) in [(2_200, 3), (2_199, 2)] {
            let config = AudioConfig { chunk_seconds: 1.0, ..config(Pad::Zero) };
            let mut chunker = Chunker::new(&config, 0.0, Tail::Keep).unwrap();
            chunker.push(&vec![0.0; samples]);
            chunker.finish();
            assert_eq!(std::iter::from_fn(|| chunker.pop()).count(), count);
        }
    }

    #[test]
    fn a_short_recording_is_one_chunk_whatever_the_tail() {
        for tail in [Tail::Keep, Tail::Drop] {
            let zero = chunks(Pad::Zero, 0.0, tail, 3);
            assert_eq!(spans(&zero), [(0.0, 0.003)]);
            assert_eq!(zero[0].samples.len(), 10_000);
            assert_eq!(zero[0].samples[..5], [0., 1., 2., 0., 0.]);
            assert_eq!(chunks(Pad::Repeat, 0.0, tail, 3)[0].samples[..5], [0., 1., 2., 0., 1.]);
        }
    }

    #[test]
    fn overlapping_chunks_share_audio_and_cover_the_recording() {
        let found = chunks(Pad::Zero, 5.0, Tail::Keep, 23_000);
        assert_eq!(spans(&found), [(0.0, 10.0), (5.0, 15.0), (10.0, 20.0), (15.0, 23.0)]);
        assert_eq!(found[0].samples[5_000..], found[1].samples[..5_000]);
        // What the last whole chunk has covered already is not captioned twice.
        assert_eq!(chunks(Pad::Zero, 5.0, Tail::Keep, 21_000).len(), 3);
    }

    #[test]
    fn no_audio_makes_no_chunk() {
        assert!(chunks(Pad::Zero, 0.0, Tail::Keep, 0).is_empty());
    }

    #[test]
    fn an_overlap_that_leaves_hardly_any_step_is_refused() {
        for overlap in [-1.0, 9.95, 10.0, f64::NAN] {
            assert!(Chunker::new(&config(Pad::Zero), overlap, Tail::Keep).is_err());
        }
        assert!(Chunker::new(&config(Pad::Zero), 9.9, Tail::Keep).is_ok());
    }
}
