//! Captions of a recording as an iterator.

use std::collections::VecDeque;
use std::task::Poll;

use super::decoding::Decoding;
use crate::audio::{Chunk, Chunks, SampleSource};
use crate::caption::{Caption, Captions, UncaptionedSpan};
use crate::error::{Error, Result};
use crate::generate::Generated;

/// Yields the captions of a recording as they are done; see
/// [`Captioner::captions`](super::Captioner::captions).
///
/// A chunk whose caption is done leaves the model at once, and waiting chunks take its place.
#[derive(Debug)]
pub struct CaptionStream<S> {
    chunks: Chunks<S>,
    decoding: Decoding,
    batch_size: usize,
    /// Chunks in the model and after it, in the order of time.
    pending: VecDeque<Pending>,
    /// Number of chunks before those.
    gone: usize,
    /// Where the last chunk that has been read ends, in seconds.
    read_s: f64,
    /// The error that ended the work; it is returned after the captions that are done.
    failed: Option<Error>,
    /// The spans that it leaves without captions.
    lost: Lost,
    ended: bool,
}

/// Spans without captions, in seconds, and why.
#[derive(Debug, Default)]
struct Lost {
    spans_s: Vec<(f64, f64)>,
    reason: String,
}

impl Lost {
    fn push(&mut self, error: &Error, span_s: (f64, f64)) {
        self.reason = error.to_string();
        self.spans_s.push(span_s);
    }

    /// In the order of time, neighbours as one.
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

#[derive(Debug)]
struct Pending {
    index: usize,
    span_s: (f64, f64),
    generated: Option<Generated>,
}

impl<S: SampleSource> CaptionStream<S> {
    pub(super) fn new(chunks: Chunks<S>, decoding: Decoding, batch_size: usize) -> Self {
        CaptionStream {
            chunks,
            decoding,
            batch_size,
            pending: VecDeque::new(),
            gone: 0,
            read_s: 0.0,
            failed: None,
            lost: Lost::default(),
            ended: false,
        }
    }

    /// The source, with its duration and what could not be decoded.
    pub fn source(&self) -> &S {
        self.chunks.source()
    }

    /// How much of the source has been read, in seconds; its length once all captions are out.
    pub fn position_s(&self) -> f64 {
        self.chunks.position_s()
    }

    /// `captions`, collected from this iterator, with what is known of the recording.
    pub fn finish(self, captions: Vec<Caption>) -> Captions {
        let source = self.source();
        let mut gaps: Vec<UncaptionedSpan> =
            source.gaps().iter().map(UncaptionedSpan::from).collect();
        if source.unlisted_gaps() > 0 {
            gaps.push(UncaptionedSpan {
                start_s: gaps.last().map_or(0.0, |gap| gap.end_s),
                end_s: self.position_s(),
                reason: format!("{} more gaps", source.unlisted_gaps()),
            });
        }
        let notes = self.chunks.notes().iter().map(ToString::to_string).collect();
        let file = source.name().map(str::to_owned);
        let position_s = self.position_s();
        let model = self.decoding.captioner().name().to_owned();
        let lost = self.lost.into_spans();
        let duration_s = lost.last().map_or(position_s, |lost| lost.end_s.max(position_s));
        gaps.extend(lost);
        gaps.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        Captions { file, duration_s, model, captions, gaps, notes, ..Captions::default() }
    }

    /// How many chunks to read now. Few at a time cost more each, and one slow caption must not
    /// let those after it pile up.
    fn wanted(&self) -> usize {
        const PILE: usize = 4;
        let free = self.batch_size - self.decoding.running();
        let worthwhile = free == self.batch_size
            || (free > self.batch_size / 4 && self.decoding.supports_continuous_batching());
        match worthwhile && !self.ended && self.pending.len() < PILE * self.batch_size {
            true => free,
            false => 0,
        }
    }

    fn read(&mut self, wanted: usize) -> Result<()> {
        let mut batch: Vec<Chunk> = Vec::new();
        while batch.len() < wanted && !self.ended {
            match self.chunks.next() {
                Some(Ok(chunk)) => {
                    self.read_s = chunk.end_s;
                    batch.push(chunk);
                }
                Some(Err(error)) => self.fail(error),
                None => self.ended = true,
            }
        }
        let indices: Vec<usize> = batch.iter().map(|chunk| chunk.index).collect();
        self.pending.extend(batch.iter().map(|chunk| Pending {
            index: chunk.index,
            span_s: (chunk.start_s, chunk.end_s),
            generated: None,
        }));
        let mel = self.decoding.captioner().log_mel(&batch)?;
        self.decoding.admit(mel, &indices)
    }

    /// Notes what ends the work, and that nothing after what has been read is captioned.
    fn fail(&mut self, error: Error) {
        let known_s = self.source().duration().map_or(0.0, |duration| duration.as_secs_f64());
        let end_s = known_s.max(self.position_s()).max(self.read_s);
        self.lost.push(&error, (self.read_s, end_s));
        self.failed = Some(error);
        self.ended = true;
    }

    /// Does a piece of the work: at most, reads and encodes a batch, or decodes one step.
    /// [`Poll::Pending`] asks to be called again. For threads that have other work in between, such
    /// as a browser's event loop. [`next`](Iterator::next) calls this until it
    /// is ready.
    ///
    /// ```
    /// use std::task::Poll;
    ///
    /// use musicap::audio::Waveform;
    /// use musicap::{CaptionOptions, Captioner};
    ///
    /// let waveform = Waveform::new(vec![0.1; 160_000], 16_000)?;
    /// let captioner = Captioner::embedded()?;
    /// let mut stream = captioner.captions(waveform.reader(), &CaptionOptions::default())?;
    /// let mut turns = 0;
    /// let first = loop {
    ///     match stream.poll_next() {
    ///         Poll::Ready(caption) => break caption,
    ///         Poll::Pending => turns += 1, // for everything else
    ///     }
    /// };
    /// assert!(first.unwrap()?.end_s == 10.0 && turns > 1);
    /// # Ok::<(), musicap::Error>(())
    /// ```
    pub fn poll_next(&mut self) -> Poll<Option<Result<Caption>>> {
        match self.advance() {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Some(caption))) => Poll::Ready(Some(Ok(caption))),
            Ok(Poll::Ready(None)) => Poll::Ready(self.failed.take().map(Err)),
            Err(error) => {
                // The model's state cannot be trusted, but captions that are done can.
                self.decoding.clear();
                let pending = std::mem::take(&mut self.pending);
                let (done, undone): (VecDeque<_>, VecDeque<_>) =
                    pending.into_iter().partition(|pending| pending.generated.is_some());
                undone.iter().for_each(|pending| self.lost.push(&error, pending.span_s));
                self.pending = done;
                self.fail(error);
                Poll::Pending
            }
        }
    }

    fn advance(&mut self) -> Result<Poll<Option<Caption>>> {
        if let Some(Pending { index, span_s, generated: Some(generated) }) = self.pending.front() {
            let span_s = *span_s;
            let written = self.decoding.captioner().write(*index, span_s, generated);
            self.pending.pop_front();
            self.gone += 1;
            let written = written.inspect_err(|error| self.lost.push(error, span_s));
            return written.map(|caption| Poll::Ready(Some(caption)));
        }
        match self.wanted() {
            0 if self.decoding.running() == 0 => return Ok(Poll::Ready(None)),
            0 => {
                for (number, generated) in self.decoding.step()? {
                    self.pending[number - self.gone].generated = Some(generated);
                }
            }
            wanted => self.read(wanted)?,
        }
        Ok(Poll::Pending)
    }
}

impl<S: SampleSource> Iterator for CaptionStream<S> {
    type Item = Result<Caption>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Poll::Ready(next) = self.poll_next() {
                return next;
            }
        }
    }
}
