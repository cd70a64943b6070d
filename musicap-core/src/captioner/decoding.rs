//! The searches of many chunks in one model.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use ndarray::{Array3, Axis};

use super::loaded::{Captioner, Inner};
use super::timings::Stage;
use crate::error::{Error, Result};
use crate::finite::first_non_finite;
use crate::generate::{
    Generated, GenerationConfig, LogitStats, LogitsProcessors, Session, Shortlist, Step, StepModel,
    is_degenerate,
};
use crate::kernels::shortlists;
use crate::model::DecoderCache;
use crate::tags::TagProbabilities;

/// Running searches and the decoder that they run in.
#[derive(Debug)]
pub struct Decoding {
    captioner: Captioner,
    generation: GenerationConfig,
    session: Session,
    decoder: Decoder,
    /// The tags of the running chunks by their numbers, if the model has a tag head.
    tags: BTreeMap<usize, TagProbabilities>,
    /// The chunks by their numbers, in case one must be captioned again.
    pending: BTreeMap<usize, PendingChunk>,
    /// Captions that are sampled again, each in its own decoder.
    retries: Vec<Retry>,
}

/// A chunk's number in its recording and its log-mel spectrogram.
#[derive(Debug)]
struct PendingChunk {
    index: usize,
    mel: Array3<f32>,
}

/// A degenerate caption that is being sampled again.
#[derive(Debug)]
struct Retry {
    number: usize,
    pending: PendingChunk,
    /// The caption if no attempt is better.
    looped: Generated,
    attempt: usize,
    decoding: Decoding,
}

impl Decoding {
    /// Without any chunk. `generation` must suit the model.
    pub fn new(captioner: &Captioner, generation: GenerationConfig) -> Self {
        Decoding {
            captioner: captioner.clone(),
            session: Session::new(generation.clone()),
            generation,
            decoder: Decoder {
                inner: captioner.inner.clone(),
                cache: None,
                next: None,
                seen: None,
                held: None,
            },
            tags: BTreeMap::new(),
            pending: BTreeMap::new(),
            retries: Vec::new(),
        }
    }

    /// The model's captioner.
    pub fn captioner(&self) -> &Captioner {
        &self.captioner
    }

    /// Number of chunks that are being decoded.
    pub fn running(&self) -> usize {
        self.session.running() + self.retries.len()
    }

    /// The number of the chunk that is admitted next. Chunks are numbered from 0 in the order in
    /// which they are admitted.
    pub fn admitted(&self) -> usize {
        self.session.admitted()
    }

    /// The probabilities of the tags of a chunk that is being decoded, by its number; `None` if the
    /// model has no tag head.
    pub fn tags(&self, number: usize) -> Option<&[f32]> {
        self.tags.get(&number).map(TagProbabilities::values)
    }

    /// Whether chunks can be admitted while others are being decoded.
    pub fn supports_continuous_batching(&self) -> bool {
        self.decoder.cache.as_ref().is_none_or(DecoderCache::supports_continuous_batching)
    }

    /// Starts searches for chunks, given as log-mel spectrograms `[chunks, n_mels, frames]` and their numbers
    /// in the recording.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the shape is not the model's; [`Error::InvalidSamples`] if a
    /// value is not finite; [`Error::Backend`].
    pub fn admit(&mut self, mel: Array3<f32>, indices: &[usize]) -> Result<()> {
        if mel.dim().0 != indices.len() {
            let expected = format!("{} chunks, one for each index", indices.len());
            return Err(Error::option("mel", format!("{} chunks", mel.dim().0), expected));
        }
        if indices.is_empty() {
            return Ok(());
        }
        // With int8 weights the captions of such values would look like any other.
        let found = match mel.as_slice() {
            Some(values) => first_non_finite(values).is_some(),
            None => mel.iter().any(|value| !value.is_finite()),
        };
        let odd = |(_, value): &(_, &f32)| !value.is_finite();
        if let Some((place, value)) = found.then(|| mel.indexed_iter().find(odd)).flatten() {
            let reason = format!("log-mel value {place:?} is {value}, but must be finite");
            return Err(Error::InvalidSamples { reason });
        }
        if self.generation.repetition_retries > 0 {
            let chunks = mel.axis_chunks_iter(Axis(0), 1).zip(indices);
            for (number, (chunk, &index)) in (self.session.admitted()..).zip(chunks) {
                self.pending.insert(number, PendingChunk { index, mel: chunk.to_owned() });
            }
        }
        let encoded = self.captioner.encode(mel)?;
        let streams: Vec<u64> = indices.iter().map(|&index| index as u64).collect();
        let tags = self.captioner.tags(&encoded)?;
        let own = self.chunk_processors(&tags);
        self.tags.extend((self.session.admitted()..).zip(tags));
        let Decoding { captioner, session, decoder, .. } = self;
        captioner.compute(|| {
            let Inner { model, clock, .. } = &*captioner.inner;
            let cache = || clock.time(Stage::Encoder, || model.cache(encoded));
            decoder.next = Some(captioner.inner.run(cache)?);
            clock.time_search(|| session.admit_with(decoder, &streams, &own))
        })
    }

    /// The logits processors of single chunks: one list for each chunk's tags, or none if the model
    /// has no tag head.
    fn chunk_processors(&self, tags: &[TagProbabilities]) -> Vec<LogitsProcessors> {
        let head = self.captioner.inner.tags.as_ref();
        head.map(|head| tags.iter().map(|tags| head.processors(tags)).collect()).unwrap_or_default()
    }

    /// Forgets all chunks: the next is number 0.
    pub fn clear(&mut self) {
        self.session.clear();
        self.tags.clear();
        self.pending.clear();
        self.retries.clear();
        (self.decoder.cache, self.decoder.next, self.decoder.held) = (None, None, None);
    }

    /// Advances all chunks by a step and returns those that are done with their numbers, as
    /// [`Session::step`] does.
    ///
    /// # Errors
    /// [`Error::Backend`], [`Error::Io`]. A caption that cannot be sampled again is not an error: it
    /// stays as it was.
    pub fn step(&mut self) -> Result<Vec<(usize, Result<Generated>)>> {
        let mut done = Vec::new();
        let again = std::mem::take(&mut self.retries);
        if self.session.running() > 0 {
            let Decoding { captioner, session, decoder, .. } = self;
            let clock = &captioner.inner.clock;
            for (number, generated) in
                captioner.compute(|| clock.time_search(|| session.step(decoder)))?
            {
                let mut generated = match generated {
                    Ok(generated) => generated,
                    Err(error) => {
                        self.tags.remove(&number);
                        self.pending.remove(&number);
                        done.push((number, Err(error)));
                        continue;
                    }
                };
                generated.confidence = self.confidence(number, &generated);
                match self.pending.remove(&number).filter(|_| self.is_degenerate(&generated)) {
                    Some(pending) => done.extend(self.retry(number, pending, generated, 1)),
                    None => done.push((number, Ok(generated))),
                }
            }
        }
        for mut retry in again {
            match retry.decoding.step().map(|mut found| found.pop()) {
                Ok(None) => self.retries.push(retry),
                Ok(Some((_, Ok(found)))) if !self.is_degenerate(&found) => {
                    done.push((retry.number, Ok(found)))
                }
                Ok(Some((_, Ok(_)))) => {
                    let Retry { number, pending, looped, attempt, .. } = retry;
                    done.extend(self.retry(number, pending, looped, attempt + 1));
                }
                Ok(Some((_, Err(_)))) | Err(_) => done.push((retry.number, Ok(retry.looped))),
            }
        }
        Ok(done)
    }

    /// Starts to sample a degenerate caption again, or returns it as it is if that has been tried
    /// often enough or fails.
    fn retry(
        &mut self,
        number: usize,
        pending: PendingChunk,
        looped: Generated,
        attempt: usize,
    ) -> Option<(usize, Result<Generated>)> {
        if attempt > self.generation.repetition_retries {
            return Some((number, Ok(looped)));
        }
        let mut decoding = Decoding::new(&self.captioner, self.generation.retry(attempt));
        if decoding.admit(pending.mel.clone(), &[pending.index]).is_err() {
            return Some((number, Ok(looped)));
        }
        self.retries.push(Retry { number, pending, looped, attempt, decoding });
        None
    }

    /// How likely all of a caption is true, for a model that has a tag head.
    fn confidence(&mut self, number: usize, generated: &Generated) -> Option<f32> {
        let found = self.tags.remove(&number)?;
        let head = self.captioner.inner.tags.as_ref()?;
        Some(head.confidence(&found, self.caption_of(generated), generated.score))
    }

    fn is_degenerate(&self, generated: &Generated) -> bool {
        is_degenerate(self.caption_of(generated))
    }

    /// A caption's tokens between those that every caption has.
    fn caption_of<'a>(&self, generated: &'a Generated) -> &'a [u32] {
        let start = self.session.prefix().len();
        let tokens = &generated.tokens[start.min(generated.tokens.len())..];
        tokens.strip_suffix(&[self.generation.eos_token_id]).unwrap_or(tokens)
    }
}

/// A network's decoder as a [`StepModel`].
#[derive(Debug)]
struct Decoder {
    inner: Arc<Inner>,
    /// Of the chunks that are being decoded.
    cache: Option<DecoderCache>,
    /// Of the chunks that are about to be admitted.
    next: Option<DecoderCache>,
    /// Of the logits that have been written last.
    seen: Option<Vec<LogitStats>>,
    /// The last logits where they have been left on a GPU, `[rows, vocab_size]`.
    held: Option<Tensor<2>>,
}

impl Inner {
    /// Feeds `tokens`, as many to every row, and writes the logits after the last of each row.
    fn feed(
        &self,
        tokens: &[u32],
        rows: usize,
        cache: &mut DecoderCache,
        logits: &mut Vec<f32>,
    ) -> Result<Found> {
        let length = tokens.len() / rows;
        self.clock.count_step(rows);
        let decode = || self.model.decode(tokens, rows, cache);
        let hidden = self.clock.time(Stage::Decoder, decode)?;
        let [_, _, d_model] = hidden.dims();
        let last = hidden.narrow(1, length - 1, 1).reshape([rows, d_model]);
        if self.on_gpu() {
            logits.clear();
            let project = || self.model.project(last);
            return Ok(Found::Held(Box::new(self.clock.time(Stage::OutputLayer, project))));
        }
        let project = || self.model.logits(last, logits);
        let seen = self.clock.time(Stage::OutputLayer, project);
        Ok(Found::Seen(seen.map_err(|reason| self.failed(reason))?))
    }
}

/// What comes of feeding tokens.
enum Found {
    /// Of the logits that have been written.
    Seen(Vec<LogitStats>),
    /// The logits, on the device.
    Held(Box<Tensor<2>>),
}

impl Decoder {
    fn keep(&mut self, found: Found) {
        (self.seen, self.held) = match found {
            Found::Seen(logit_stats) => (Some(logit_stats), None),
            Found::Held(logits) => (None, Some(*logits)),
        };
    }
}

impl StepModel for Decoder {
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()> {
        let mut next = self.next.take().expect("chunks that have been encoded");
        let inner = self.inner.clone();
        let feed = || inner.feed(&prefix.repeat(chunks), chunks, &mut next, logits);
        self.keep(inner.run(feed)??);
        match &mut self.cache {
            Some(cache) => cache.append(next),
            None => self.cache = Some(next),
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()> {
        let Some(cache) = self.cache.as_mut().filter(|_| !step.tokens.is_empty()) else {
            (self.cache, self.held) = (None, None);
            return Ok(());
        };
        let inner = self.inner.clone();
        let feed = || {
            cache.reorder(&step.parents, &step.chunks, &inner.burn_device);
            inner.feed(&step.tokens, step.tokens.len(), cache, logits)
        };
        let found = inner.run(feed)??;
        self.keep(found);
        Ok(())
    }

    fn logit_stats(&mut self) -> Option<Vec<LogitStats>> {
        self.seen.take()
    }

    fn shortlists(&mut self, count: usize) -> Result<Option<Vec<Shortlist>>> {
        let Some(held) = self.held.clone() else { return Ok(None) };
        let find = || self.inner.clock.time(Stage::OutputLayer, || shortlists(held, count));
        self.inner.run(find)?.map_err(|reason| self.inner.failed(reason))
    }

    fn fetch(&mut self, logits: &mut Vec<f32>) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let fetch = || self.inner.clock.time(Stage::OutputLayer, || held.try_into_vec_as());
        let fetched = self.inner.run(fetch)?;
        *logits = fetched.map_err(|reason| self.inner.failed(reason.to_string()))?;
        Ok(())
    }
}
