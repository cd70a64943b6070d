//! A recording while it is captioned: its chunks, the error that ends it, what has no caption.

use crate::audio::{AudioConfig, Chunk, Chunks, SampleSource, SoundChangeFinder};
use crate::caption::{Caption, Captions, UncaptionedSpan};
use crate::error::{Error, Result};
use crate::facts::CaptionSums;
use crate::finite::first_non_finite;

/// A recording in a [`Pipeline`](super::pipeline::Pipeline).
#[derive(Debug)]
pub struct Recording<S> {
    /// `None` if the recording could not be opened.
    chunks: Option<Chunks<S>>,
    /// A chunk that was read to see whether there is one.
    peeked: Option<Chunk>,
    /// End of the last chunk before that, in seconds.
    read_s: f64,
    /// Whether nothing more will be read from the source.
    is_read: bool,
    /// The first error.
    error: Option<Error>,
    omitted: Omitted,
    sums: CaptionSums,
    changes: SoundChangeFinder,
}

/// Spans without captions, in seconds, and the reason.
#[derive(Debug, Default)]
struct Omitted {
    spans_s: Vec<(f64, f64)>,
    reason: String,
}

impl Omitted {
    /// The spans in order, with neighbours merged.
    fn into_spans(mut self) -> Vec<UncaptionedSpan> {
        self.spans_s.sort_by(|a, b| a.0.total_cmp(&b.0));
        let merged = self.spans_s.chunk_by(|a, b| a.1 >= b.0).map(|spans| {
            let (start_s, end_s) = (spans[0].0, spans[spans.len() - 1].1);
            let reason = &self.reason;
            let reason = format!("{start_s:.2} s to {end_s:.2} s: not captioned: {reason}");
            UncaptionedSpan { start_s, end_s, reason }
        });
        merged.collect()
    }
}

impl<S: SampleSource> Recording<S> {
    /// A recording, or the error of opening it.
    pub fn new(chunks: Result<Chunks<S>>, audio: &AudioConfig) -> Self {
        let (chunks, error) = match chunks {
            Ok(chunks) => (Some(chunks), None),
            Err(error) => (None, Some(error)),
        };
        let is_read = error.is_some();
        Recording {
            chunks,
            peeked: None,
            read_s: 0.0,
            is_read,
            error,
            omitted: Omitted::default(),
            sums: CaptionSums::default(),
            changes: SoundChangeFinder::new(audio),
        }
    }

    /// The source; `None` if it could not be opened.
    pub fn source(&self) -> Option<&S> {
        self.chunks.as_ref().map(Chunks::source)
    }

    /// How much of the source has been read, in seconds.
    pub fn position_s(&self) -> f64 {
        self.chunks.as_ref().map_or(0.0, Chunks::position_s)
    }

    /// Whether all of its chunks have been taken, as far as is known.
    pub fn is_read(&self) -> bool {
        self.is_read && self.peeked.is_none()
    }

    /// Whether all of its chunks have been taken; reads one if that is not known.
    pub fn has_ended(&mut self) -> bool {
        if self.peeked.is_none() {
            self.peeked = self.read();
        }
        self.is_read()
    }

    /// The error that ended it, which is given once.
    pub fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// The next chunk; `None` at the end or after an error.
    pub fn next_chunk(&mut self) -> Option<Chunk> {
        let chunk = self.peeked.take().or_else(|| self.read())?;
        self.read_s = chunk.end_s;
        Some(chunk)
    }

    fn read(&mut self) -> Option<Chunk> {
        if self.is_read {
            return None;
        }
        match self.chunks.as_mut().and_then(Chunks::next) {
            Some(Ok(chunk)) => {
                if let Some(place) = first_non_finite(&chunk.samples) {
                    let Chunk { index, samples, .. } = &chunk;
                    let reason = format!("sample {place} of chunk {index} is {}", samples[place]);
                    self.fail(Error::InvalidSamples { reason });
                    return None;
                }
                return Some(chunk);
            }
            Some(Err(error)) => self.fail(error),
            None => self.is_read = true,
        }
        None
    }

    /// Where the changes of the sound are found, from the spectrograms of the chunks in their order.
    pub fn changes(&mut self) -> &mut SoundChangeFinder {
        &mut self.changes
    }

    /// Ends the recording by an error: what has not been read gets no captions.
    pub fn fail(&mut self, error: Error) {
        self.end(&error.to_string());
        self.error.get_or_insert(error);
    }

    /// Reads no more of the recording: the rest gets no captions.
    pub fn cancel(&mut self) {
        self.end("cancelled");
    }

    fn end(&mut self, reason: &str) {
        let end_s = self.end_s();
        if !self.is_read() && end_s > self.read_s {
            self.omit((self.read_s, end_s), reason);
        }
        (self.is_read, self.peeked) = (true, None);
    }

    /// Where the recording ends, as far as is known, in seconds.
    fn end_s(&self) -> f64 {
        let known_s = self.chunks.as_ref().and_then(|chunks| {
            let duration = chunks.source().duration()?;
            Some(chunks.start_s() + duration.as_secs_f64())
        });
        known_s.unwrap_or(0.0).max(self.position_s())
    }

    /// Ends the recording after these captions, if there could have been more.
    pub fn stop_after(&mut self, captions: &[Caption]) {
        let start_s = self.chunks.as_ref().map_or(0.0, Chunks::start_s);
        let captioned_s = captions.last().map_or(start_s, |caption| caption.end_s);
        if self.has_ended() && self.read_s <= captioned_s {
            return;
        }
        self.omit((captioned_s, self.end_s()), "the rest was not asked for");
        (self.is_read, self.peeked) = (true, None);
    }

    /// Ends the recording by an error of a chunk that has been read.
    pub fn fail_chunk(&mut self, span_s: (f64, f64), error: Error) {
        self.omit(span_s, &error.to_string());
        self.fail(error);
    }

    fn omit(&mut self, span_s: (f64, f64), reason: &str) {
        if self.omitted.spans_s.is_empty() {
            self.omitted.reason = reason.to_owned();
        }
        self.omitted.spans_s.push(span_s);
    }

    /// Counts the facts of the next caption for those of the recording.
    pub fn add_facts_of(&mut self, caption: &Caption) {
        self.sums.push(caption);
    }

    /// `captions` with what is known of the recording.
    pub fn finish(mut self, model: &str, captions: Vec<Caption>) -> Captions {
        let position_s = self.position_s();
        let signal = self.chunks.as_mut().and_then(Chunks::take_signal_facts);
        let facts = signal.map(|signal| self.sums.with_signal(&signal));
        let (mut gaps, mut file, mut notes) = (Vec::new(), None, Vec::new());
        if let Some(chunks) = &self.chunks {
            let source = chunks.source();
            file = source.name().map(str::to_owned);
            notes = chunks.notes().iter().map(ToString::to_string).collect();
            gaps = UncaptionedSpan::gaps_of(source, position_s);
        }
        let omitted = self.omitted.into_spans();
        let duration_s = omitted.last().map_or(position_s, |span| span.end_s.max(position_s));
        gaps.extend(omitted);
        gaps.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        let (model, changes) = (model.to_owned(), self.changes.finish());
        let known = Captions { file, duration_s, model, captions, gaps, ..Captions::default() };
        Captions { notes, changes, facts, ..known }
    }
}
