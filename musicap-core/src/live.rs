//! Captions of a live stream.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::audio::downmix::{Downmix, remove_non_finite};
use crate::audio::{AudioLimits, Chunk, Chunker, Resampler, Tail};
use crate::caption::Caption;
use crate::captioner::{CaptionOptions, Captioner, Decoding};
use crate::error::{Error, Result};
use crate::finite::first_non_finite;
use crate::generate::{Generated, GenerationConfig};

/// How a stream is captioned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveOptions {
    /// Sample rate in hertz, within [`RESAMPLER_RATES`](crate::audio::RESAMPLER_RATES).
    pub sample_rate: u32,
    /// Number of interleaved channels, 1 to 64.
    pub channels: usize,
    /// Overlap of neighbouring chunks, in seconds, 0 to 99 % of a chunk: with 5 and chunks of
    /// 10 s, there is a caption every 5 s.
    pub overlap_seconds: f64,
    /// What happens to audio that arrives faster than it can be captioned.
    pub overrun: Overrun,
    /// How captions are generated; `None` uses the model's settings.
    pub generation: Option<GenerationConfig>,
}

/// What happens to audio that arrives faster than it can be captioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overrun {
    /// Only the newest chunk waits: captions stay close to the live position, with gaps.
    Skip,
    /// Up to this many chunks wait, at least 1; beyond that the oldest are skipped. Up to eight are captioned
    /// together.
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

    /// Makes neighbouring chunks overlap by `seconds`.
    pub fn with_overlap(mut self, seconds: f64) -> Self {
        self.overlap_seconds = seconds;
        self
    }

    /// Sets what happens to audio that arrives faster than it can be captioned.
    pub fn with_overrun(mut self, overrun: Overrun) -> Self {
        self.overrun = overrun;
        self
    }

    /// Uses these generation settings instead of the model's.
    pub fn with_generation(mut self, generation: GenerationConfig) -> Self {
        self.generation = Some(generation);
        self
    }
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LiveEvent {
    /// A chunk has been captioned. Times count from the stream's start.
    Caption {
        /// The caption.
        caption: Caption,
        /// How far captioning is behind: seconds of audio received since the chunk's end.
        behind_s: f64,
    },
    /// Chunks have been skipped, because captioning was behind.
    Skipped {
        /// Start of the skipped audio, in seconds from the stream's start.
        start_s: f64,
        /// End of the skipped audio, in seconds from the stream's start.
        end_s: f64,
        /// How far captioning was behind, in seconds.
        behind_s: f64,
    },
}

/// The input of a stream.
///
/// Dropping it ends the stream; the samples received so far are still captioned.
#[derive(Debug)]
pub struct LiveInput {
    channels: usize,
    /// Samples of a frame that is not complete yet.
    partial: Vec<f32>,
    downmix: Downmix,
    mono: Vec<f32>,
    resampled: Vec<f32>,
    resampler: Resampler,
    chunker: Chunker,
    shared: Arc<Shared>,
}

/// The captions of a stream: an iterator that waits for the next event and ends with the stream.
#[derive(Debug)]
pub struct LiveCaptions {
    captioner: Captioner,
    decoding: Decoding,
    /// Chunks in the model and after it, and other events, in the order of time.
    pending: VecDeque<Pending>,
    /// Number of chunks before those.
    gone: usize,
    shared: Arc<Shared>,
}

/// How far captioning is behind; can be read by any thread while another waits for captions.
#[derive(Clone, Debug)]
pub struct LiveStatus {
    shared: Arc<Shared>,
}

#[derive(Debug)]
enum Pending {
    Chunk { index: usize, span_s: (f64, f64), generated: Option<Result<Generated>> },
    Event(Result<LiveEvent>),
}

/// The most chunks that are in the model at once. More would delay each caption.
const MAX_BATCH: usize = 8;

#[derive(Debug)]
struct Shared {
    line: Mutex<Line>,
    changed: Condvar,
}

/// Chunks that wait for the model.
#[derive(Debug)]
struct Line {
    waiting: VecDeque<Chunk>,
    /// Start of the oldest chunk in the model, in seconds.
    in_model_s: Option<f64>,
    capacity: usize,
    /// The span that has been skipped since the last event.
    skipped: Option<(f64, f64)>,
    /// Seconds of audio that have been received.
    received_s: f64,
    ended: bool,
}

impl Captioner {
    /// Captions a live stream. Samples are pushed into the input and captions are read
    /// from the iterator, which may be on another thread; at most as many chunks as [`Overrun`]
    /// allows wait in between, however long the stream is.
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
        let capacity = match options.overrun {
            Overrun::Skip => 1,
            Overrun::Queue(chunks) => chunks,
        };
        if capacity == 0 {
            return Err(Error::option(
                "overrun",
                "a queue of 0 chunks",
                "a queue of at least 1 chunk",
            ));
        }
        let most = AudioLimits::default().max_channels;
        if !(1..=most).contains(&options.channels) {
            return Err(Error::option("channels", options.channels, format!("1 to {most}")));
        }
        let mut checked = CaptionOptions::default().with_overlap(options.overlap_seconds);
        checked.generation = options.generation.clone();
        self.check(&checked)?;
        let audio = &self.config().audio;
        let line = Line {
            waiting: VecDeque::new(),
            in_model_s: None,
            capacity,
            skipped: None,
            received_s: 0.0,
            ended: false,
        };
        let shared = Arc::new(Shared { line: Mutex::new(line), changed: Condvar::new() });
        let input = LiveInput {
            channels: options.channels,
            partial: Vec::new(),
            downmix: Downmix::of_channels(options.channels),
            mono: Vec::new(),
            resampled: Vec::new(),
            resampler: Resampler::of_source(options.sample_rate, audio.sample_rate)?,
            chunker: Chunker::new(audio, options.overlap_seconds, Tail::Keep)?,
            shared: shared.clone(),
        };
        let generation = options.generation.as_ref().unwrap_or(&self.config().generation);
        let captions = LiveCaptions {
            captioner: self.clone(),
            decoding: Decoding::new(self, generation.clone()),
            pending: VecDeque::new(),
            gone: 0,
            shared,
        };
        Ok((input, captions))
    }
}

impl LiveInput {
    /// Adds any number of samples, interleaved and nominally within ±1. Never waits for the
    /// model.
    ///
    /// # Errors
    /// [`Error::InvalidSamples`] if a sample is not finite; none of the samples is used then.
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        if let Some(place) = first_non_finite(samples) {
            let reason = format!("sample {place} is {}, but must be finite", samples[place]);
            return Err(Error::InvalidSamples { reason });
        }
        self.mono.clear();
        let mut rest = samples;
        if !self.partial.is_empty() {
            let missing = (self.channels - self.partial.len()).min(rest.len());
            self.partial.extend(&rest[..missing]);
            rest = &rest[missing..];
            if self.partial.len() == self.channels {
                let frame = std::mem::take(&mut self.partial);
                self.mix(&frame);
            }
        }
        self.mix(rest);
        self.partial.extend(rest.chunks_exact(self.channels).remainder());
        // As what files hold: far beyond full scale, samples would overflow later.
        remove_non_finite(&mut self.mono);
        self.resampled.clear();
        self.resampler.process(&self.mono, &mut self.resampled);
        self.pass_on();
        Ok(())
    }

    /// Mixes whole frames, and leaves out one that is not complete.
    fn mix(&mut self, frames: &[f32]) {
        let rate = self.resampler.from_hz();
        self.downmix.mix_interleaved(rate, frames, &mut self.mono);
    }

    fn pass_on(&mut self) {
        let received_s = self.resampled.len() as f64 / f64::from(self.resampler.to_hz());
        self.chunker.push(&self.resampled);
        let mut line = self.shared.lock();
        line.received_s += received_s;
        // One at a time: a long push must not become chunks beyond what may wait.
        while let Some(chunk) = self.chunker.pop() {
            if line.waiting.len() == line.capacity
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
    /// Captions the audio received so far without waiting for more; `None` if there is none left.
    ///
    /// # Errors
    /// [`Error::Backend`], [`Error::NotFinite`], [`Error::Io`]. The chunks lost to an error are
    /// reported before it, as [`LiveEvent::Skipped`]. The stream continues.
    pub fn try_next(&mut self) -> Result<Option<LiveEvent>> {
        loop {
            if let Poll::Ready(next) = self.poll_next() {
                return next.transpose();
            }
        }
    }

    /// Does part of that work: at most, encodes a batch, or decodes one step. [`Poll::Pending`] means
    /// that it must be called again; `Ready(None)` that no audio is left. For threads that have other
    /// work to do in between.
    pub fn poll_next(&mut self) -> Poll<Option<Result<LiveEvent>>> {
        self.take_up();
        if let Some(event) = self.ready() {
            return Poll::Ready(Some(event));
        }
        if self.decoding.running() == 0 {
            return Poll::Ready(None);
        }
        self.step();
        Poll::Pending
    }

    /// Seconds of audio that are neither captioned nor skipped yet.
    pub fn behind_s(&self) -> f64 {
        self.status().behind_s()
    }

    /// A handle that other threads can query for [`behind_s`](Self::behind_s) without waiting for
    /// a caption.
    pub fn status(&self) -> LiveStatus {
        LiveStatus { shared: self.shared.clone() }
    }

    /// Publishes the start of the oldest chunk in the model.
    fn update_status(&self) {
        self.shared.lock().in_model_s = self.pending.iter().find_map(|pending| match pending {
            Pending::Chunk { span_s, .. } => Some(span_s.0),
            Pending::Event(_) => None,
        });
    }

    /// Waits at most `timeout` for the iterator's next item; `Pending` if it is not ready by then.
    /// With a timeout of 0, it does not wait, but captions the audio received so far as
    /// [`try_next`](Self::try_next) does.
    pub fn wait(&mut self, timeout: Duration) -> Poll<Option<Result<LiveEvent>>> {
        if timeout.is_zero() {
            return match self.try_next().transpose() {
                None if !self.has_ended() => Poll::Pending,
                event => Poll::Ready(event),
            };
        }
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&mut self, deadline: Option<Instant>) -> Poll<Option<Result<LiveEvent>>> {
        let shared = self.shared.clone();
        let is_over = || deadline.is_some_and(|deadline| deadline <= Instant::now());
        loop {
            match self.poll_next() {
                Poll::Ready(None) => {}
                Poll::Ready(event) => return Poll::Ready(event),
                Poll::Pending if is_over() => return Poll::Pending,
                Poll::Pending => continue,
            }
            let mut line = shared.lock();
            while line.waiting.is_empty() {
                if line.ended {
                    return Poll::Ready(None);
                }
                if is_over() {
                    return Poll::Pending;
                }
                line = match deadline {
                    None => shared.changed.wait(line).unwrap_or_else(PoisonError::into_inner),
                    Some(deadline) => {
                        let left = deadline.saturating_duration_since(Instant::now());
                        let waited = shared.changed.wait_timeout(line, left);
                        waited.unwrap_or_else(PoisonError::into_inner).0
                    }
                };
            }
        }
    }

    /// Whether the input has ended and none of its audio waits for the model.
    pub fn has_ended(&self) -> bool {
        let line = self.shared.lock();
        line.ended && line.waiting.is_empty()
    }

    /// Admits waiting chunks to the model, as far as its batch allows.
    fn take_up(&mut self) {
        let running = self.decoding.running();
        if running > 0 && !self.decoding.supports_continuous_batching() {
            return;
        }
        let mut line = self.shared.lock();
        let free = line.capacity.min(MAX_BATCH).saturating_sub(running).min(line.waiting.len());
        if free == 0 {
            return;
        }
        if let Some((start_s, end_s)) = line.skipped.take() {
            let behind_s = line.received_s - start_s;
            let event = LiveEvent::Skipped { start_s, end_s, behind_s };
            self.pending.push_back(Pending::Event(Ok(event)));
        }
        let chunks: Vec<Chunk> = line.waiting.drain(..free).collect();
        drop(line);
        for chunk in &chunks {
            let span_s = (chunk.start_s, chunk.end_s);
            let generated = None;
            self.pending.push_back(Pending::Chunk { index: chunk.index, span_s, generated });
        }
        self.update_status();
        let indices: Vec<usize> = chunks.iter().map(|chunk| chunk.index).collect();
        let mel = self.captioner.log_mel(&chunks);
        if let Err(error) = mel.and_then(|mel| self.decoding.admit(mel, &indices)) {
            self.fail(error);
        }
    }

    /// Takes a step with all chunks in the model.
    fn step(&mut self) {
        let done = match self.decoding.step() {
            Ok(done) => done,
            Err(error) => return self.fail(error),
        };
        let in_model = |pending: &Pending| matches!(pending, Pending::Chunk { .. });
        for (number, found) in done {
            let mut chunks = self.pending.iter_mut().filter(|pending| in_model(pending));
            if let Some(Pending::Chunk { generated, .. }) = chunks.nth(number - self.gone) {
                *generated = Some(found);
            }
        }
    }

    /// The first that is pending, if it is done.
    fn ready(&mut self) -> Option<Result<LiveEvent>> {
        match self.pending.pop_front()? {
            Pending::Event(event) => Some(event),
            Pending::Chunk { index, span_s, generated: Some(generated) } => {
                self.gone += 1;
                self.update_status();
                let [first, more] = self.events(index, span_s, generated);
                more.into_iter().for_each(|event| self.pending.push_front(Pending::Event(event)));
                first
            }
            chunk => {
                self.pending.push_front(chunk);
                None
            }
        }
    }

    fn caption(
        &self,
        index: usize,
        span_s: (f64, f64),
        generated: &Generated,
    ) -> Result<LiveEvent> {
        let caption = self.captioner.write(index, span_s, generated)?;
        let behind_s = (self.shared.lock().received_s - span_s.1).max(0.0);
        Ok(LiveEvent::Caption { caption, behind_s })
    }

    /// What a chunk that is done becomes: its caption, or that it is skipped and why.
    fn events(
        &self,
        index: usize,
        span_s: (f64, f64),
        generated: Result<Generated>,
    ) -> [Option<Result<LiveEvent>>; 2] {
        match generated {
            Ok(generated) => [Some(self.caption(index, span_s, &generated)), None],
            Err(error) => [Some(Ok(self.skipped(span_s))), Some(Err(error))],
        }
    }

    fn skipped(&self, (start_s, end_s): (f64, f64)) -> LiveEvent {
        let behind_s = self.shared.lock().received_s - start_s;
        LiveEvent::Skipped { start_s, end_s, behind_s }
    }

    /// Puts the error behind the captions that are done and the chunks that it costs, and
    /// empties the model.
    fn fail(&mut self, error: Error) {
        self.decoding.clear();
        self.gone = 0;
        for pending in std::mem::take(&mut self.pending) {
            let events = match pending {
                Pending::Chunk { index, span_s, generated: Some(generated) } => {
                    self.events(index, span_s, generated)
                }
                Pending::Chunk { span_s, .. } => [Some(Ok(self.skipped(span_s))), None],
                Pending::Event(event) => [Some(event), None],
            };
            self.pending.extend(events.into_iter().flatten().map(Pending::Event));
        }
        self.pending.push_back(Pending::Event(Err(error)));
        self.update_status();
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

impl LiveStatus {
    /// Seconds of audio that are neither captioned nor skipped yet.
    pub fn behind_s(&self) -> f64 {
        let line = self.shared.lock();
        let start_s = line.in_model_s.or_else(|| line.waiting.front().map(|chunk| chunk.start_s));
        start_s.map_or(0.0, |start_s| line.received_s - start_s)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, feature = "embedded-model", feature = "flex"))]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_without_a_caption_costs_no_other() {
        let captioner = Captioner::embedded().unwrap();
        let (input, mut captions) = captioner.live(&LiveOptions::new(16_000, 1)).unwrap();
        drop(input);
        let failed = || Error::Backend { device: "cpu".into(), reason: "test".into() };
        let chunks = [Ok(Generated::default()), Err(failed()), Ok(Generated::default())];
        captions.pending = (0..)
            .zip(chunks)
            .map(|(index, generated)| {
                let start_s = 10.0 * index as f64;
                Pending::Chunk {
                    index,
                    span_s: (start_s, start_s + 10.0),
                    generated: Some(generated),
                }
            })
            .collect();
        let said = |event: Result<LiveEvent>| match event {
            Ok(LiveEvent::Caption { caption, .. }) => format!("caption {}", caption.index),
            Ok(LiveEvent::Skipped { start_s, end_s, .. }) => format!("skipped {start_s} {end_s}"),
            Err(error) => error.code().to_owned(),
        };
        let said: Vec<String> = captions.map(said).collect();
        assert_eq!(said, ["caption 0", "skipped 10 20", "Backend", "caption 2"]);
    }
}
