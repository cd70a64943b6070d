//! The captions of one recording as an iterator.

use std::iter::{Empty, empty};
use std::task::Poll;

use super::loaded::Captioner;
use super::options::CaptionOptions;
use super::pipeline::{Output, Pipeline};
use super::recording::Recording;
use crate::audio::{Chunks, SampleSource};
use crate::caption::{Caption, Captions};
use crate::error::Result;

/// Yields the captions of a recording as they are done; see
/// [`Captioner::caption_stream`](super::Captioner::caption_stream).
///
/// A chunk leaves the batch as soon as its caption is done, and a waiting chunk takes its place.
#[derive(Debug)]
pub struct CaptionStream<S> {
    /// A pipeline of one recording.
    pipeline: Pipeline<Empty<Result<S>>, S>,
    /// The recording, once it has left the pipeline.
    ended: Option<Box<Recording<S>>>,
}

impl<S: SampleSource> CaptionStream<S> {
    pub(super) fn new(captioner: &Captioner, chunks: Chunks<S>, options: &CaptionOptions) -> Self {
        let recording = Recording::new(Ok(chunks), &captioner.config().audio);
        let pipeline = Pipeline::new(captioner, vec![recording], empty(), options);
        CaptionStream { pipeline, ended: None }
    }

    fn recording(&self) -> &Recording<S> {
        let recording = self.ended.as_deref().or_else(|| self.pipeline.current());
        recording.expect("the recording is in the pipeline or has left it")
    }

    /// The source, which knows its duration and what could not be decoded.
    pub fn source(&self) -> &S {
        self.recording().source().expect("the recording has been opened")
    }

    /// How much of the source has been read, in seconds; its length once all captions have been
    /// returned.
    pub fn position_s(&self) -> f64 {
        self.recording().position_s()
    }

    /// Combines `captions`, collected from this iterator, with what is known about the recording.
    /// What the iterator was not asked for is listed in [`Captions::gaps`].
    pub fn finish(self, captions: Vec<Caption>) -> Captions {
        let model = self.pipeline.captioner().name().to_owned();
        let recording = self.ended.map(|ended| *ended).or_else(|| {
            let mut recording = self.pipeline.into_current()?;
            recording.stop_after(&captions);
            Some(recording)
        });
        let recording = recording.expect("the recording is in the pipeline or has left it");
        recording.finish(&model, captions)
    }

    /// Does part of the work: at most, reads and encodes a batch, or decodes one step.
    /// [`Poll::Pending`] means that it must be called again. For threads that have other work to
    /// do in between, such as a browser's event loop. [`next`](Iterator::next) calls this until it
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
    /// let mut stream = captioner.caption_stream(waveform.reader(), &CaptionOptions::default())?;
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
        match self.pipeline.poll() {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Output::Caption(caption))) => Poll::Ready(Some(Ok(caption))),
            Poll::Ready(Some(Output::End(mut recording))) => {
                let error = recording.take_error();
                self.ended = Some(recording);
                Poll::Ready(error.map(Err))
            }
            Poll::Ready(None) => Poll::Ready(None),
        }
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
