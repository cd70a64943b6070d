//! Captions of a recording as an iterator.

use std::collections::VecDeque;
use std::task::Poll;

use super::decoding::Decoding;
use crate::audio::{Chunk, Chunks, SampleSource};
use crate::caption::{Caption, Captions, Unheard};
use crate::error::{Error, Result};
use crate::generate::Generated;

/// The captions of a recording in the making; see [`Captioner::captions`](super::Captioner::captions).
///
/// A chunk whose caption is done leaves the model at once, and chunks that wait take its place.
#[derive(Debug)]
pub struct CaptionStream<S> {
    chunks: Chunks<S>,
    decoding: Decoding,
    batch_size: usize,
    /// Chunks in the model and after it, in the order of time.
    pending: VecDeque<Pending>,
    /// Chunks that have gone before those.
    gone: usize,
    /// What ended the source, to be told after the captions of what came before.
    failed: Option<Error>,
    ended: bool,
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
            failed: None,
            ended: false,
        }
    }

    /// The source, for what it knows of itself: its duration, what could not be decoded.
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
        let mut gaps: Vec<Unheard> = source.gaps().iter().map(Unheard::from).collect();
        if source.unlisted_gaps() > 0 {
            gaps.push(Unheard {
                start_s: gaps.last().map_or(0.0, |gap| gap.end_s),
                end_s: self.position_s(),
                reason: format!("{} more gaps", source.unlisted_gaps()),
            });
        }
        Captions {
            file: self.source().name().map(str::to_owned),
            duration_s: self.position_s(),
            model: self.decoding.captioner().name().to_owned(),
            captions,
            summary: None,
            gaps,
        }
    }

    /// How many chunks to read now. Few at a time cost more each, and one slow caption must not
    /// let those after it pile up.
    fn wanted(&self) -> usize {
        const PILE: usize = 4;
        let free = self.batch_size - self.decoding.running();
        let worthwhile = free == self.batch_size
            || (free > self.batch_size / 4 && self.decoding.takes_latecomers());
        match worthwhile && !self.ended && self.pending.len() < PILE * self.batch_size {
            true => free,
            false => 0,
        }
    }

    fn read(&mut self, wanted: usize) -> Result<()> {
        let mut batch: Vec<Chunk> = Vec::with_capacity(wanted);
        while batch.len() < wanted && !self.ended {
            match self.chunks.next() {
                Some(Ok(chunk)) => batch.push(chunk),
                Some(Err(error)) => self.failed = Some(error),
                None => self.ended = true,
            }
            self.ended |= self.failed.is_some();
        }
        let mel = self.decoding.captioner().log_mel(&batch)?;
        let indices: Vec<usize> = batch.iter().map(|chunk| chunk.index).collect();
        self.pending.extend(batch.iter().map(|chunk| Pending {
            index: chunk.index,
            span_s: (chunk.start_s, chunk.end_s),
            generated: None,
        }));
        self.decoding.join(mel, &indices)
    }

    /// Does a piece of the work, at most a batch read and heard or one step of the decoder:
    /// [`Poll::Pending`] asks to be called again. For threads that have other things to do in
    /// between, such as the event loop of a browser. [`next`](Iterator::next) calls this until it
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
        self.advance().unwrap_or_else(|error| {
            // Nothing after it: the model's state cannot be trusted.
            self.ended = true;
            self.failed = None;
            self.pending.clear();
            self.decoding.clear();
            Poll::Ready(Some(Err(error)))
        })
    }

    fn advance(&mut self) -> Result<Poll<Option<Result<Caption>>>> {
        if let Some(Pending { index, span_s, generated: Some(generated) }) = self.pending.front() {
            let caption = self.decoding.captioner().write(*index, *span_s, generated)?;
            self.pending.pop_front();
            self.gone += 1;
            return Ok(Poll::Ready(Some(Ok(caption))));
        }
        match self.wanted() {
            0 if self.decoding.running() == 0 => {
                return Ok(Poll::Ready(self.failed.take().map(Err)));
            }
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
