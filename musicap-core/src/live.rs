//! Captions of a stream while it plays.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::audio::mono::interleaved;
use crate::audio::{Chunk, Chunker, Resampler, Tail};
use crate::caption::Caption;
use crate::captioner::{CaptionOptions, Captioner};
use crate::error::{Error, Result};
use crate::generate::GenerationConfig;

/// How a stream is captioned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveOptions {
    /// Samples a second and channel.
    pub sample_rate: u32,
    /// Channels, whose samples are interleaved.
    pub channels: usize,
    /// Audio that neighbouring chunks share, in seconds: with 5, there is a caption every 5 s.
    pub overlap_seconds: f64,
    /// What becomes of audio that comes faster than it can be captioned.
    pub overrun: Overrun,
    /// How captions are generated; `None` takes the model's own settings.
    pub generation: Option<GenerationConfig>,
}

/// What becomes of audio that comes faster than it can be captioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overrun {
    /// Only the newest chunk waits: captions stay close to what is being heard, with holes.
    Skip,
    /// So many chunks wait, and are captioned together; then the oldest are skipped.
    Queue(usize),
}

impl LiveOptions {
    /// A stream of `channels` interleaved channels at `sample_rate` hertz, without overlap; up to
    /// a minute of audio waits.
    pub fn new(sample_rate: u32, channels: usize) -> Self {
        LiveOptions {
            sample_rate,
            channels,
            overlap_seconds: 0.0,
            overrun: Overrun::Queue(6),
            generation: None,
        }
    }

    /// Lets neighbouring chunks share `seconds` of audio.
    pub fn with_overlap(mut self, seconds: f64) -> Self {
        self.overlap_seconds = seconds;
        self
    }

    /// Decides what becomes of audio that comes too fast.
    pub fn with_overrun(mut self, overrun: Overrun) -> Self {
        self.overrun = overrun;
        self
    }

    /// Generates with these settings in place of the model's own.
    pub fn with_generation(mut self, generation: GenerationConfig) -> Self {
        self.generation = Some(generation);
        self
    }
}

/// What comes of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LiveEvent {
    /// A chunk has been captioned. Times count from the stream's start.
    Caption {
        /// The caption.
        caption: Caption,
        /// Audio that has come since the chunk's end, in seconds: how far captioning is behind.
        behind_s: f64,
    },
    /// Chunks have been skipped, because captioning was behind.
    Skipped {
        /// Where what was skipped begins, in seconds from the stream's start.
        start_s: f64,
        /// Where it ends.
        end_s: f64,
        /// How far captioning was behind, in seconds.
        behind_s: f64,
    },
}

/// Where a stream's samples go in.
///
/// Dropping it ends the stream; what has come by then is still captioned.
#[derive(Debug)]
pub struct LiveInput {
    channels: usize,
    /// Samples of a frame that is not complete yet.
    partial: Vec<f32>,
    mono: Vec<f32>,
    resampled: Vec<f32>,
    resampler: Resampler,
    chunker: Chunker,
    shared: Arc<Shared>,
}

/// Where a stream's captions come out: an iterator that waits for the next, and ends when the
/// stream has.
#[derive(Debug)]
pub struct LiveCaptions {
    captioner: Captioner,
    generation: GenerationConfig,
    ready: VecDeque<LiveEvent>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    line: Mutex<Line>,
    changed: Condvar,
}

/// Chunks in line for the model.
#[derive(Debug)]
struct Line {
    waiting: VecDeque<Chunk>,
    room: usize,
    /// The stretch that has been skipped since the last event.
    skipped: Option<(f64, f64)>,
    /// Seconds of audio that have come.
    heard_s: f64,
    ended: bool,
}

impl Captioner {
    /// Captions a stream while it plays. Samples go in at one end and captions come out at the
    /// other, which may be on another thread; in between are at most as many chunks as
    /// [`Overrun`] lets wait, however long the stream.
    ///
    /// ```
    /// use musicap::{Captioner, LiveEvent, LiveOptions};
    ///
    /// let (mut input, mut captions) = Captioner::embedded()?.live(&LiveOptions::new(48_000, 2))?;
    /// for _ in 0..12 {
    ///     input.push(&vec![0.1; 96_000])?; // a second
    ///     while let Some(event) = captions.try_next()? {
    ///         if let LiveEvent::Caption { caption, .. } = event {
    ///             println!("{caption}");
    ///         }
    ///     }
    /// }
    /// drop(input);
    /// assert!(captions.next().is_some()); // the last two seconds
    /// # Ok::<(), musicap::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if an option is out of its range.
    pub fn live(&self, options: &LiveOptions) -> Result<(LiveInput, LiveCaptions)> {
        let room = match options.overrun {
            Overrun::Skip => 1,
            Overrun::Queue(chunks) => chunks,
        };
        if room == 0 {
            return Err(Error::option("queue", room, "at least 1 chunk"));
        }
        if options.channels == 0 {
            return Err(Error::option("channels", 0, "at least 1"));
        }
        let mut checked = CaptionOptions::default().with_overlap(options.overlap_seconds);
        checked.generation = options.generation.clone();
        self.check(&checked)?;
        let audio = &self.config().audio;
        let line =
            Line { waiting: VecDeque::new(), room, skipped: None, heard_s: 0.0, ended: false };
        let shared = Arc::new(Shared { line: Mutex::new(line), changed: Condvar::new() });
        let input = LiveInput {
            channels: options.channels,
            partial: Vec::new(),
            mono: Vec::new(),
            resampled: Vec::new(),
            resampler: Resampler::new(options.sample_rate, audio.sample_rate)?,
            chunker: Chunker::new(audio, options.overlap_seconds, Tail::Keep)?,
            shared: shared.clone(),
        };
        let captions = LiveCaptions {
            captioner: self.clone(),
            generation: options.generation.as_ref().unwrap_or(&self.config().generation).clone(),
            ready: VecDeque::new(),
            shared,
        };
        Ok((input, captions))
    }
}

impl LiveInput {
    /// Takes the next samples, as many as there are, interleaved and nominally within ±1. Never
    /// waits for the model.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if a sample is no finite number; nothing of these is taken.
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
            let found = format!("{} at sample {place}", samples[place]);
            return Err(Error::option("samples", found, "finite numbers"));
        }
        self.mono.clear();
        let mut rest = samples;
        if !self.partial.is_empty() {
            let missing = (self.channels - self.partial.len()).min(rest.len());
            self.partial.extend(&rest[..missing]);
            rest = &rest[missing..];
            if self.partial.len() == self.channels {
                self.mono.extend(interleaved(&self.partial, self.channels));
                self.partial.clear();
            }
        }
        self.mono.extend(interleaved(rest, self.channels));
        self.partial.extend(rest.chunks_exact(self.channels).remainder());
        self.resampled.clear();
        self.resampler.process(&self.mono, &mut self.resampled);
        self.pass_on();
        Ok(())
    }

    fn pass_on(&mut self) {
        let heard_s = self.resampled.len() as f64 / f64::from(self.resampler.to_hz());
        self.chunker.push(&self.resampled);
        let chunks: Vec<Chunk> = std::iter::from_fn(|| self.chunker.pop()).collect();
        let mut line = self.shared.lock();
        line.heard_s += heard_s;
        for chunk in chunks {
            if line.waiting.len() == line.room
                && let Some(oldest) = line.waiting.pop_front()
            {
                let start_s = line.skipped.map_or(oldest.start_s, |(start_s, _)| start_s);
                line.skipped = Some((start_s, oldest.end_s));
            }
            line.waiting.push_back(chunk);
        }
        drop(line);
        self.shared.changed.notify_all();
    }
}

impl Drop for LiveInput {
    fn drop(&mut self) {
        self.resampled.clear();
        self.resampler.finish(&mut self.resampled);
        self.chunker.finish();
        self.pass_on();
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

impl LiveCaptions {
    /// Captions what is waiting, without waiting for more; `None` if nothing is.
    ///
    /// # Errors
    /// [`Error::Backend`], [`Error::NotFinite`].
    pub fn try_next(&mut self) -> Result<Option<LiveEvent>> {
        if self.ready.is_empty() {
            let shared = self.shared.clone();
            self.work(shared.lock())?;
        }
        Ok(self.ready.pop_front())
    }

    /// Audio that has come and is not captioned or skipped, in seconds.
    pub fn behind_s(&self) -> f64 {
        let line = self.shared.lock();
        line.waiting.front().map_or(0.0, |chunk| line.heard_s - chunk.start_s)
    }

    /// Waits at most `timeout` for a chunk, for those who have something else to do in between, and
    /// captions it: the iterator's next item, or `Pending` if none has come by then.
    pub fn wait(&mut self, timeout: Duration) -> Poll<Option<Result<LiveEvent>>> {
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&mut self, deadline: Option<Instant>) -> Poll<Option<Result<LiveEvent>>> {
        let shared = self.shared.clone();
        while self.ready.is_empty() {
            let mut line = shared.lock();
            while line.waiting.is_empty() && line.skipped.is_none() {
                if line.ended {
                    return Poll::Ready(None);
                }
                let Some(deadline) = deadline else {
                    line = shared.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
                    continue;
                };
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Poll::Pending;
                }
                let waited = shared.changed.wait_timeout(line, left);
                line = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if let Err(error) = self.work(line) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(self.ready.pop_front().map(Ok))
    }

    fn work(&mut self, mut line: MutexGuard<Line>) -> Result<()> {
        if let Some((start_s, end_s)) = line.skipped.take() {
            let behind_s = line.heard_s - start_s;
            self.ready.push_back(LiveEvent::Skipped { start_s, end_s, behind_s });
        }
        // All that wait together: that is the fastest way to catch up.
        let chunks: Vec<Chunk> = line.waiting.drain(..).collect();
        drop(line);
        let captions = self.captioner.caption_chunks(&chunks, &self.generation)?;
        let heard_s = self.shared.lock().heard_s;
        self.ready.extend(captions.into_iter().map(|caption| {
            let behind_s = (heard_s - caption.end_s).max(0.0);
            LiveEvent::Caption { caption, behind_s }
        }));
        Ok(())
    }
}

impl Iterator for LiveCaptions {
    type Item = Result<LiveEvent>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Poll::Ready(next) = self.wait_until(None) {
                return next;
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
