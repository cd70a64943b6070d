//! The chunks of one or several recordings on their way through the model. A batch does not end
//! with a recording: chunks of the next ones fill it up. Captions come out in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::task::Poll;

use ndarray::Array3;

use super::decoding::Decoding;
use super::loaded::Captioner;
use super::offload::{ChunkOutput, FeatureBatch};
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

/// Where the caption of a chunk is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In this pipeline's model, with the number that the decoding has given it.
    Model(usize),
    /// Elsewhere, in a batch that has been taken, at this position.
    Taken { batch: usize, position: usize },
}

/// A chunk in the model, elsewhere, or after that.
#[derive(Debug)]
struct Pending {
    /// The number of its recording.
    recording: usize,
    place: Place,
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
    /// Chunks and recordings that may be pending here.
    max_pending_here: usize,
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
    /// Batches that have been taken, by their numbers, in case they are returned.
    taken: BTreeMap<usize, FeatureBatch>,
    /// The number of batches that have been taken so far.
    batches: usize,
    /// Batches that have been returned and wait for the model.
    returned: VecDeque<FeatureBatch>,
    /// Whether only batches that have been taken are missing.
    is_waiting: bool,
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
        let batch_size = captioner.batch_size(options);
        Pipeline {
            sources,
            options: options.clone(),
            decoding: Decoding::new(captioner, generation.clone()),
            batch_size,
            max_pending_here: MAX_PENDING_BATCHES * batch_size,
            is_first: options.low_latency && options.batch_size.is_none(),
            recordings: first.into(),
            ended: 0,
            cancelled: BTreeSet::new(),
            is_opened: false,
            pending: VecDeque::new(),
            batch: Vec::new(),
            taken: BTreeMap::new(),
            batches: 0,
            returned: VecDeque::new(),
            is_waiting: false,
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
        self.is_waiting = false;
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

    /// Chunks elsewhere are not counted, so that they do not stop those here.
    fn max_pending(&self) -> usize {
        let elsewhere: usize = self.taken.values().map(|batch| batch.indices.len()).sum();
        self.max_pending_here + elsewhere
    }

    /// Whether all chunks of all recordings have been read, as far as is known.
    fn is_read(&self) -> bool {
        self.is_opened && self.recordings.back().is_none_or(Recording::is_read)
    }

    /// Whether chunks may enter the model now.
    fn admits(&self) -> bool {
        self.decoding.running() == 0 || self.decoding.supports_continuous_batching()
    }

    /// Sets the number of chunks that are in this pipeline's model together.
    pub fn set_batch_size(&mut self, chunks: usize) {
        self.batch_size = chunks.max(1);
    }

    /// How many chunks to read now. A few at a time cost more each, and one slow caption must not
    /// let those after it pile up.
    fn wanted(&self) -> usize {
        let batch_size = if self.is_first { 1 } else { self.batch_size };
        let running = self.decoding.running();
        let free = batch_size.saturating_sub(running);
        let is_worthwhile = running == 0 || (free > batch_size / 4 && self.admits());
        let is_full = self.pending.len() >= self.max_pending();
        if is_worthwhile && !self.is_read() && !is_full { free } else { 0 }
    }

    /// Reads chunks, and computes their spectrograms and what facts need of their samples. Returns
    /// the spectrograms and the chunks' numbers in their recordings; the chunks are the last in
    /// `pending`.
    fn read_features(&mut self, wanted: usize) -> Result<(Array3<f32>, Vec<usize>)> {
        while self.batch.len() < wanted
            && let Some((recording, chunk)) = self.next_chunk()
        {
            let (index, span_s) = (chunk.index, (chunk.start_s, chunk.end_s));
            let place = Place::Model(self.decoding.admitted() + self.batch.len());
            let (generated, tags) = (None, None);
            self.pending.push_back(Pending { recording, place, index, span_s, generated, tags });
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
        for (pending, other) in self.pending.range_mut(new..).zip(others) {
            pending.tags = other;
        }
        Ok((mel, indices))
    }

    /// Reads chunks and starts their searches.
    fn read(&mut self, wanted: usize) -> Result<()> {
        let (mel, indices) = self.read_features(wanted)?;
        self.admit(mel, &indices)
    }

    /// Starts the searches of chunks whose place is the model.
    fn admit(&mut self, mel: Array3<f32>, indices: &[usize]) -> Result<()> {
        let first = self.decoding.admitted();
        self.decoding.admit(mel, indices)?;
        if self.options.facts == FactsMode::Off {
            return Ok(());
        }
        for pending in &mut self.pending {
            if let Place::Model(number) = pending.place
                && number >= first
                && pending.generated.is_none()
                && pending.tags.is_none()
            {
                pending.tags = self.decoding.tags(number).map(<[f32]>::to_vec);
            }
        }
        Ok(())
    }

    /// Reads up to `chunks` chunks whose captions are generated elsewhere.
    pub fn take_batch(&mut self, chunks: usize) -> Option<FeatureBatch> {
        let is_full = self.pending.len() >= self.max_pending();
        if chunks == 0 || is_full || (self.is_read() && self.batch.is_empty()) {
            return None;
        }
        let (features, indices) = match self.read_features(chunks) {
            Ok(read) => read,
            Err(error) => {
                self.abandon(&error);
                return None;
            }
        };
        if indices.is_empty() {
            return None;
        }
        let batch = self.batches;
        self.batches += 1;
        let new = self.pending.len() - indices.len();
        for (position, pending) in self.pending.range_mut(new..).enumerate() {
            pending.place = Place::Taken { batch, position };
        }
        let taken = FeatureBatch { number: batch, features, indices };
        self.taken.insert(batch, taken.clone());
        Some(taken)
    }

    /// Takes the outputs of a batch's chunks. Has no effect if no such batch is missing.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if there is not one output for each chunk.
    pub fn complete_batch(&mut self, number: usize, outputs: Vec<ChunkOutput>) -> Result<()> {
        let Some(taken) = self.taken.get(&number) else { return Ok(()) };
        let chunks = taken.indices.len();
        if outputs.len() != chunks {
            let expected = format!("{chunks}, one for each chunk of the batch");
            return Err(Error::option("outputs", outputs.len(), expected));
        }
        self.is_waiting = false;
        self.taken.remove(&number);
        let mut outputs: Vec<Option<ChunkOutput>> = outputs.into_iter().map(Some).collect();
        for pending in &mut self.pending {
            if let Place::Taken { batch, position } = pending.place
                && batch == number
                && let Some(ChunkOutput { generated, tags }) = outputs[position].take()
            {
                pending.generated = Some(generated);
                pending.tags = pending.tags.take().or(tags);
            }
        }
        Ok(())
    }

    /// Gives a batch back, whose captions are then generated here. Has no effect if no such batch
    /// is missing.
    pub fn return_batch(&mut self, number: usize) {
        self.is_waiting = false;
        self.returned.extend(self.taken.remove(&number));
    }

    /// Whether the last call of [`poll`](Self::poll) had nothing to do, and no batch has been completed
    /// or returned since.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Starts the searches of a batch that has been returned.
    fn admit_returned(&mut self, returned: FeatureBatch) -> Result<()> {
        let FeatureBatch { number, features, indices } = returned;
        let first = self.decoding.admitted();
        for pending in &mut self.pending {
            if let Place::Taken { batch, position } = pending.place
                && batch == number
            {
                pending.place = Place::Model(first + position);
            }
        }
        self.admit(features, &indices)
    }

    /// Takes a step with all chunks in the model.
    fn step(&mut self) -> Result<()> {
        for (number, generated) in self.decoding.step()? {
            self.is_first = false;
            let found = |pending: &Pending| {
                pending.generated.is_none() && pending.place == Place::Model(number)
            };
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
        let returned = if self.admits() { self.returned.pop_front() } else { None };
        let worked = match (returned, self.wanted()) {
            (Some(returned), _) => self.admit_returned(returned),
            (None, 0) if is_running => self.step(),
            (None, 0) if self.batch.is_empty() => {
                self.is_waiting = !self.taken.is_empty();
                return if self.is_waiting { Poll::Pending } else { Poll::Ready(None) };
            }
            (None, wanted) => self.read(wanted),
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
    /// Captions that are done are kept, and so are those that are generated elsewhere; the recordings
    /// after those in the model continue.
    fn abandon(&mut self, error: &Error) {
        self.decoding.clear();
        self.batch.clear();
        let is_lost = |pending: &Pending| {
            pending.generated.is_none() && matches!(pending.place, Place::Model(_))
        };
        while let Some(place) = self.pending.iter().position(is_lost) {
            self.fail_chunk(place, error.duplicate());
        }
    }
}
