//! The chunks of one or several recordings on their way through the model. A batch does not end
//! with a recording: chunks of the next ones fill it up. Captions come out in order.

use std::collections::{BTreeSet, VecDeque};
use std::task::Poll;

use super::decoding::Decoding;
use super::loaded::Captioner;
use super::options::CaptionOptions;
use super::recording::Recording;
use crate::audio::{Chunk, Chunks, SampleSource};
use crate::caption::Caption;
use crate::error::{Error, Result};
use crate::facts::FactsMode;
use crate::generate::Generated;

/// Chunks and recordings that may wait behind a slow chunk, as a multiple of the batch size.
const MAX_PENDING_BATCHES: usize = 4;

/// What a pipeline gives: the captions of a recording and its end, then those of the next one.
#[derive(Debug)]
pub enum Output<S> {
    Caption(Caption),
    End(Box<Recording<S>>),
}

/// A chunk in the model or after it.
#[derive(Debug)]
struct Pending {
    /// The number of its recording.
    recording: usize,
    /// The number that the decoding has given it.
    number: usize,
    index: usize,
    span_s: (f64, f64),
    generated: Option<Generated>,
    /// The probabilities of its tags, if facts are asked for.
    tags: Option<Vec<f32>>,
}

/// The pipeline. `I` gives the recordings, or the errors of opening them.
#[derive(Debug)]
pub struct Pipeline<I, S> {
    sources: I,
    options: CaptionOptions,
    decoding: Decoding,
    batch_size: usize,
    /// Whether the first chunk is in the model alone.
    is_first: bool,
    /// Recordings whose end has not been given, in order. Chunks are read from the last one.
    recordings: VecDeque<Recording<S>>,
    /// The number of recordings before those.
    ended: usize,
    /// Recordings that are not to be captioned once they are opened.
    cancelled: BTreeSet<usize>,
    /// Whether all sources have been opened.
    is_opened: bool,
    /// Chunks before the model, in it and after it, in order.
    pending: VecDeque<Pending>,
    /// The chunks before the model: the last of `pending`. A source may panic while a batch is read;
    /// what has been read by then stays here until the next call.
    batch: Vec<Chunk>,
}

impl<I: Iterator<Item = Result<S>>, S: SampleSource> Pipeline<I, S> {
    /// A pipeline of the recordings in `first` and those that `sources` gives after them. `options`
    /// have been checked.
    pub fn new(
        captioner: &Captioner,
        first: Vec<Recording<S>>,
        sources: I,
        options: &CaptionOptions,
    ) -> Self {
        let generation = options.generation.as_ref().unwrap_or(&captioner.config().generation);
        Pipeline {
            sources,
            options: options.clone(),
            decoding: Decoding::new(captioner, generation.clone()),
            batch_size: captioner.batch_size(options),
            is_first: options.low_latency && options.batch_size.is_none(),
            recordings: first.into(),
            ended: 0,
            cancelled: BTreeSet::new(),
            is_opened: false,
            pending: VecDeque::new(),
            batch: Vec::new(),
        }
    }

    /// The captioner.
    pub fn captioner(&self) -> &Captioner {
        self.decoding.captioner()
    }

    /// The recording whose captions come next, if it has been opened.
    pub fn current(&self) -> Option<&Recording<S>> {
        self.recordings.front()
    }

    /// The same recording, which leaves the pipeline.
    pub fn into_current(mut self) -> Option<Recording<S>> {
        self.recordings.pop_front()
    }

    /// Reads no more of a recording, given by its number.
    pub fn cancel(&mut self, recording: usize) {
        match recording.checked_sub(self.ended).and_then(|place| self.recordings.get_mut(place)) {
            Some(recording) => recording.cancel(),
            None if recording >= self.ended => drop(self.cancelled.insert(recording)),
            None => {}
        }
    }

    /// The next chunk and the number of its recording. Opens recordings, but not so many that the
    /// ends of those without any chunk pile up.
    fn next_chunk(&mut self) -> Option<(usize, Chunk)> {
        loop {
            if let Some(recording) = self.recordings.back_mut()
                && let Some(chunk) = recording.next_chunk()
            {
                return Some((self.ended + self.recordings.len() - 1, chunk));
            }
            if self.is_opened || self.recordings.len() >= self.max_pending() {
                return None;
            }
            match self.sources.next() {
                Some(source) => {
                    let CaptionOptions { overlap_seconds: overlap, tail, .. } = self.options;
                    let audio = &self.decoding.captioner().config().audio;
                    let chunks = source.and_then(|s| Chunks::new(s, audio, overlap, tail));
                    let chunks = chunks.map(|chunks| chunks.with_facts(self.options.facts));
                    let mut recording = Recording::new(chunks, audio);
                    if self.cancelled.remove(&(self.ended + self.recordings.len())) {
                        recording.cancel();
                    }
                    self.recordings.push_back(recording);
                }
                None => self.is_opened = true,
            }
        }
    }

    fn max_pending(&self) -> usize {
        MAX_PENDING_BATCHES * self.batch_size
    }

    /// How many chunks to read now. A few at a time cost more each, and one slow caption must not
    /// let those after it pile up.
    fn wanted(&self) -> usize {
        let batch_size = if self.is_first { 1 } else { self.batch_size };
        let running = self.decoding.running();
        let free = batch_size.saturating_sub(running);
        let is_worthwhile =
            running == 0 || (free > batch_size / 4 && self.decoding.supports_continuous_batching());
        let is_read = self.is_opened && self.recordings.back().is_none_or(Recording::is_read);
        let is_full = self.pending.len() >= self.max_pending();
        if is_worthwhile && !is_read && !is_full { free } else { 0 }
    }

    /// Reads chunks and starts their searches.
    fn read(&mut self, wanted: usize) -> Result<()> {
        while self.batch.len() < wanted
            && let Some((recording, chunk)) = self.next_chunk()
        {
            let (index, span_s) = (chunk.index, (chunk.start_s, chunk.end_s));
            let number = self.decoding.admitted() + self.batch.len();
            let (generated, tags) = (None, None);
            self.pending.push_back(Pending { recording, number, index, span_s, generated, tags });
            self.batch.push(chunk);
        }
        let batch = std::mem::take(&mut self.batch);
        let mel = self.decoding.captioner().log_mel(&batch)?;
        let new = self.pending.len() - batch.len();
        for ((pending, chunk), mel) in self.pending.range(new..).zip(&batch).zip(mel.outer_iter()) {
            let changes = self.recordings[pending.recording - self.ended].changes();
            changes.push(mel, &chunk.span());
        }
        let indices: Vec<usize> = batch.iter().map(|chunk| chunk.index).collect();
        let others = match self.options.facts {
            FactsMode::Off => Vec::new(),
            FactsMode::On | FactsMode::WithBeats => self.decoding.captioner().other_tags(&batch)?,
        };
        drop(batch);
        self.decoding.admit(mel, &indices)?;
        for (pending, other) in self.pending.range_mut(new..).zip(others) {
            let own = || self.decoding.tags(pending.number).map(<[f32]>::to_vec);
            pending.tags = other.or_else(own);
        }
        Ok(())
    }

    /// Takes a step with all chunks in the model.
    fn step(&mut self) -> Result<()> {
        for (number, generated) in self.decoding.step()? {
            self.is_first = false;
            let found = |pending: &Pending| pending.generated.is_none() && pending.number == number;
            let Some(place) = self.pending.iter().position(found) else { continue };
            match generated {
                Ok(generated) => self.pending[place].generated = Some(generated),
                Err(error) => self.fail_chunk(place, error),
            }
        }
        Ok(())
    }

    /// Ends a recording by the error of a chunk, given by its place in `pending`.
    fn fail_chunk(&mut self, place: usize, error: Error) {
        if let Some(Pending { recording, span_s, .. }) = self.pending.remove(place) {
            self.recordings[recording - self.ended].fail_chunk(span_s, error);
        }
    }

    /// Does a part of the work: at most, reads and encodes a batch, or decodes one step.
    pub fn poll(&mut self) -> Poll<Option<Output<S>>> {
        if let Some(output) = self.ready() {
            return Poll::Ready(Some(output));
        }
        let is_running = self.decoding.running() > 0;
        let worked = match self.wanted() {
            0 if is_running => self.step(),
            0 if self.batch.is_empty() => return Poll::Ready(None),
            wanted => self.read(wanted),
        };
        if let Err(error) = worked {
            self.abandon(&error);
        }
        Poll::Pending
    }

    /// The next caption, if it is done, or the end of the first recording.
    fn ready(&mut self) -> Option<Output<S>> {
        loop {
            match self.pending.front() {
                Some(Pending { recording, generated, index, span_s, .. })
                    if *recording == self.ended =>
                {
                    let written =
                        self.decoding.captioner().write(*index, *span_s, generated.as_ref()?);
                    match written {
                        Ok(mut caption) => {
                            let tags = self.pending.pop_front().and_then(|done| done.tags);
                            if self.options.facts != FactsMode::Off {
                                self.add_facts(&mut caption, tags);
                            }
                            return Some(Output::Caption(caption));
                        }
                        Err(error) => self.fail_chunk(0, error),
                    }
                }
                _ => {
                    let recording = self.recordings.pop_front_if(Recording::has_ended)?;
                    self.ended += 1;
                    return Some(Output::End(Box::new(recording)));
                }
            }
        }
    }

    /// Adds facts to the next caption of the first recording.
    fn add_facts(&mut self, caption: &mut Caption, tags: Option<Vec<f32>>) {
        let Some(recording) = self.recordings.front_mut() else { return };
        let facts = self.decoding.captioner().facts_of_tags(tags.as_deref());
        caption.facts = Some(Box::new(facts.with_words_of(caption)));
        recording.add_facts_of(caption);
    }

    /// After an error of the device, which costs all chunks in the model: ends their recordings.
    /// Captions that are done are kept, and the recordings after those continue.
    fn abandon(&mut self, error: &Error) {
        self.decoding.clear();
        self.batch.clear();
        while let Some(place) = self.pending.iter().position(|pending| pending.generated.is_none())
        {
            self.fail_chunk(place, error.duplicate());
        }
    }
}
