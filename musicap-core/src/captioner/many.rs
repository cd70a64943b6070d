//! The captions of several recordings as an iterator.

use std::task::Poll;

use super::loaded::Captioner;
use super::offload::{ChunkOutput, FeatureBatch};
use super::options::CaptionOptions;
use super::pipeline::{Output, Pipeline};
use super::recording::Recording;
use crate::audio::SampleSource;
use crate::caption::{Caption, Captions};
use crate::error::{Error, Result};

/// An event while several recordings are captioned. Recordings are numbered from 0, and their
/// events come one recording after the other.
#[derive(Debug)]
#[non_exhaustive]
// Not in WebAssembly, whose variants are smaller.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and a box in every pattern")]
pub enum RecordingEvent {
    /// A caption; those of a recording come in order of time.
    Caption {
        /// The recording's number.
        recording: usize,
        /// The caption.
        caption: Caption,
    },
    /// The end of a recording.
    End {
        /// The recording's number.
        recording: usize,
        /// All captions of the recording; after an error, those that were done. `gaps` lists the
        /// audio without captions.
        captions: Captions,
        /// The error that ended the recording. Those after it are captioned regardless.
        error: Option<Error>,
    },
}

/// Yields the captions of several recordings; see
/// [`Captioner::caption_many`](super::Captioner::caption_many).
#[derive(Debug)]
pub struct RecordingStream<I, S> {
    pipeline: Pipeline<I, S>,
    /// The number of the recording whose captions come next, and those that came.
    number: usize,
    captions: Vec<Caption>,
}

impl<I: Iterator<Item = Result<S>>, S: SampleSource> RecordingStream<I, S> {
    pub(super) fn new(captioner: &Captioner, sources: I, options: &CaptionOptions) -> Self {
        let pipeline = Pipeline::new(captioner, Vec::new(), sources, options);
        RecordingStream { pipeline, number: 0, captions: Vec::new() }
    }

    /// The source of the recording whose captions come next; `None` if it has not been opened yet
    /// or could not be.
    pub fn source(&self) -> Option<&S> {
        self.pipeline.current().and_then(Recording::source)
    }

    /// How much of that recording has been read, in seconds.
    pub fn position_s(&self) -> f64 {
        self.pipeline.current().map_or(0.0, Recording::position_s)
    }

    /// Cancels a recording, given by its number: no more of it is read. It still ends with an event,
    /// without an error, when those of its chunks that are in the model are captioned; `gaps` has
    /// the rest. The others are not affected. Has no effect on a recording that has ended.
    pub fn cancel(&mut self, recording: usize) {
        self.pipeline.cancel(recording);
    }

    /// Does part of the work, as [`CaptionStream::poll_next`](super::CaptionStream::poll_next)
    /// does.
    pub fn poll_next(&mut self) -> Poll<Option<RecordingEvent>> {
        self.pipeline.poll().map(|output| output.map(|output| self.event(output)))
    }

    /// Reads up to `chunks` chunks that are not in the model yet, so that their captions are generated
    /// elsewhere by the same model ([`Captioner::search_batch`]): in another worker, process or
    /// device. The captions of these chunks wait for [`complete_batch`](Self::complete_batch), and
    /// everything comes in the order that it has without this. `None` if there are no more chunks,
    /// or too many captions wait for an earlier one.
    pub fn take_batch(&mut self, chunks: usize) -> Option<FeatureBatch> {
        self.pipeline.take_batch(chunks)
    }

    /// Takes the outputs of the chunks of a batch, by its number. Has no effect on a batch that has
    /// been completed or returned.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if there is not one output for each chunk; the batch stays taken.
    pub fn complete_batch(&mut self, number: usize, outputs: Vec<ChunkOutput>) -> Result<()> {
        self.pipeline.complete_batch(number, outputs)
    }

    /// Returns a batch, by its number, without outputs: this stream's own model captions it, which
    /// also finds any error.
    pub fn return_batch(&mut self, number: usize) {
        self.pipeline.return_batch(number);
    }

    /// Whether [`poll_next`](Self::poll_next) has found nothing to do before a batch that has been taken
    /// is completed or returned. Until then [`next`](Iterator::next) would not return.
    pub fn is_waiting(&self) -> bool {
        self.pipeline.is_waiting()
    }

    /// Sets the number of chunks that are in this stream's own model together, at least 1. Captions
    /// do not depend on it.
    pub fn set_batch_size(&mut self, chunks: usize) {
        self.pipeline.set_batch_size(chunks);
    }

    fn event(&mut self, output: Output<S>) -> RecordingEvent {
        let recording = self.number;
        match output {
            Output::Caption(caption) => {
                self.captions.push(caption.clone());
                RecordingEvent::Caption { recording, caption }
            }
            Output::End(mut ended) => {
                self.number += 1;
                let error = ended.take_error();
                let captions = std::mem::take(&mut self.captions);
                let captions = ended.finish(self.pipeline.captioner().name(), captions);
                RecordingEvent::End { recording, captions, error }
            }
        }
    }
}

impl<I: Iterator<Item = Result<S>>, S: SampleSource> Iterator for RecordingStream<I, S> {
    type Item = RecordingEvent;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Poll::Ready(next) = self.poll_next() {
                return next;
            }
        }
    }
}
