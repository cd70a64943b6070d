//! What an [`AudioReader`](super::AudioReader) hands out: samples at one rate, with silence where
//! sound is lost.

use std::collections::VecDeque;

use super::downmix::remove_non_finite;
use super::resample::Resampler;
use crate::Result;

/// Silence is handed out in blocks of this many samples.
const SILENCE_BLOCK: u64 = 4_096;
/// Silence may outlast the sound that was really decoded by this many seconds. A file of a few
/// bytes whose time stamps leap by a year would otherwise last a year.
const MAX_SILENCE: u64 = 30;

/// Samples and silence that wait to be handed out.
pub(super) struct Output {
    rate: u32,
    /// Brings a later part of another rate to that of the whole.
    converter: Option<Resampler>,
    ready: VecDeque<Ready>,
    /// The samples that were handed out last.
    block: Vec<f32>,
    /// Samples that were or will be handed out, the silence among them, and those that will be.
    prepared: u64,
    silence: u64,
    held: u64,
}

enum Ready {
    Sound(Vec<f32>),
    Silence(u64),
}

/// A span of lost sound on the timeline of what is handed out, in seconds.
pub(super) struct Lost {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    /// Whether silence is in its place.
    pub(super) filled: bool,
}

impl Output {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate,
            converter: None,
            ready: VecDeque::new(),
            block: Vec::new(),
            prepared: 0,
            silence: 0,
            held: 0,
        }
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Sets the rate of the whole, before anything is prepared.
    pub(super) fn set_rate(&mut self, rate: u32) {
        self.rate = rate;
    }

    /// Samples at `rate` follow; whether they have to be converted, and were not before.
    ///
    /// # Errors
    /// Those of [`Resampler::new`].
    pub(super) fn expect_rate(&mut self, rate: u32) -> Result<bool> {
        if rate == self.converter.as_ref().map_or(self.rate, Resampler::from_hz) {
            return Ok(false);
        }
        self.finish();
        if rate == self.rate {
            return Ok(false);
        }
        self.converter = Some(Resampler::new(rate, self.rate)?);
        Ok(true)
    }

    /// Adds sound; whether there is any.
    pub(super) fn push(&mut self, mut samples: Vec<f32>) -> bool {
        if let Some(converter) = &mut self.converter {
            let mut converted = Vec::new();
            converter.process(&samples, &mut converted);
            // The edges of samples at the bound become overshoots beyond it.
            remove_non_finite(&mut converted);
            samples = converted;
        }
        self.put(samples)
    }

    fn put(&mut self, samples: Vec<f32>) -> bool {
        let has_sound = !samples.is_empty();
        if has_sound {
            self.prepared += samples.len() as u64;
            self.held += samples.len() as u64;
            self.ready.push_back(Ready::Sound(samples));
        }
        has_sound
    }

    /// Puts silence in the place of `frames` at `rate` that are lost, unless it would outlast the
    /// sound.
    pub(super) fn push_lost(&mut self, frames: u64, rate: u32) -> Lost {
        let frames = u128::from(frames) * u128::from(self.rate) / u128::from(rate.max(1));
        let frames = u64::try_from(frames).unwrap_or(u64::MAX);
        let start_s = self.prepared_s();
        let most = (self.prepared - self.silence) + MAX_SILENCE * u64::from(self.rate);
        let filled = self.silence.saturating_add(frames) <= most;
        if filled && frames > 0 {
            self.prepared += frames;
            self.silence += frames;
            self.held += frames;
            self.ready.push_back(Ready::Silence(frames));
        }
        Lost { start_s, end_s: start_s + self.seconds(frames), filled }
    }

    /// No more follows at the rate that samples have had.
    pub(super) fn finish(&mut self) {
        if let Some(mut converter) = self.converter.take() {
            let mut rest = Vec::new();
            converter.finish(&mut rest);
            remove_non_finite(&mut rest);
            self.put(rest);
        }
    }

    /// Whether any sound has been prepared.
    pub(super) fn has_sound(&self) -> bool {
        self.prepared > self.silence
    }

    /// How many samples have been prepared.
    pub(super) fn prepared(&self) -> u64 {
        self.prepared
    }

    pub(super) fn prepared_s(&self) -> f64 {
        self.seconds(self.prepared)
    }

    /// How much has been handed out, in seconds.
    pub(super) fn position_s(&self) -> f64 {
        self.seconds(self.prepared - self.held)
    }

    pub(super) fn seconds(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// Drops what waits.
    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.held = 0;
    }

    /// The next block, at least one sample; `recycle` takes the buffer of the one before.
    pub(super) fn next(&mut self, recycle: impl FnOnce(Vec<f32>)) -> Option<&[f32]> {
        match self.ready.front_mut()? {
            Ready::Silence(left) => {
                static SILENCE: [f32; SILENCE_BLOCK as usize] = [0.0; SILENCE_BLOCK as usize];
                let length = (*left).min(SILENCE_BLOCK);
                *left -= length;
                if *left == 0 {
                    self.ready.pop_front();
                }
                self.held -= length;
                Some(&SILENCE[..length as usize])
            }
            Ready::Sound(samples) => {
                recycle(std::mem::replace(&mut self.block, std::mem::take(samples)));
                self.ready.pop_front();
                self.held -= self.block.len() as u64;
                Some(&self.block)
            }
        }
    }
}
