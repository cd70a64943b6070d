//! Chunks on their way through the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use ndarray::{Array3, Axis};

use super::{Captioner, Inner, Stage};
use crate::error::{Error, Result};
use crate::finite::first_non_finite;
use crate::generate::{
    Generated, GenerationConfig, LogitStats, Session, Shortlist, Step, StepModel, is_degenerate,
};
use crate::kernels::shortlists;
use crate::model::DecoderCache;

/// Searches under way and the decoder that they run in.
#[derive(Debug)]
pub struct Decoding {
    captioner: Captioner,
    generation: GenerationConfig,
    session: Session,
    decoder: Decoder,
    /// The chunks under way by their numbers, in case one must be captioned again.
    pending: BTreeMap<usize, PendingChunk>,
    /// Captions that are drawn anew, each in a decoder of its own.
    retries: Vec<Retry>,
}

/// A chunk's number in its recording and its log-mel spectrogram.
#[derive(Debug)]
struct PendingChunk {
    index: usize,
    mel: Array3<f32>,
}

/// A caption that has run into a loop and is being drawn anew.
#[derive(Debug)]
struct Retry {
    number: usize,
    pending: PendingChunk,
    /// What it is if no attempt is better.
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
            pending: BTreeMap::new(),
            retries: Vec::new(),
        }
    }

    /// The model's captioner.
    pub fn captioner(&self) -> &Captioner {
        &self.captioner
    }

    /// Chunks under way.
    pub fn running(&self) -> usize {
        self.session.running() + self.retries.len()
    }

    /// Whether chunks can join others that are under way.
    pub fn supports_continuous_batching(&self) -> bool {
        self.decoder.cache.as_ref().is_none_or(DecoderCache::supports_continuous_batching)
    }

    /// Takes up chunks, given as log-mel spectrograms `[chunks, n_mels, frames]` and their numbers
    /// in the recording.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the shape is not the model's or a value no finite number;
    /// [`Error::Backend`]; [`Error::NotFinite`].
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
            return Err(Error::option("mel", format!("{value} at {place:?}"), "finite numbers"));
        }
        if self.generation.repetition_retries > 0 {
            let chunks = mel.axis_chunks_iter(Axis(0), 1).zip(indices);
            for (number, (chunk, &index)) in (self.session.admitted()..).zip(chunks) {
                self.pending.insert(number, PendingChunk { index, mel: chunk.to_owned() });
            }
        }
        let encoded = self.captioner.encode(mel)?;
        let streams: Vec<u64> = indices.iter().map(|&index| index as u64).collect();
        let Decoding { captioner, session, decoder, .. } = self;
        captioner.compute(|| {
            let Inner { model, clock, .. } = &*captioner.inner;
            let listen = || clock.time(Stage::Encoder, || model.bart().cache(encoded));
            decoder.next = Some(captioner.inner.run(listen)?);
            clock.time_search(|| session.admit(decoder, &streams))
        })
    }

    /// Forgets all chunks: the next is number 0.
    pub fn clear(&mut self) {
        self.session.clear();
        self.pending.clear();
        self.retries.clear();
        (self.decoder.cache, self.decoder.next, self.decoder.held) = (None, None, None);
    }

    /// Takes one step with all chunks and gives those that are done, numbered from 0 in the
    /// order in which they joined.
    ///
    /// # Errors
    /// [`Error::Backend`], [`Error::NotFinite`], [`Error::Io`]. A caption that cannot be drawn anew
    /// is no error: it stays as it was.
    pub fn step(&mut self) -> Result<Vec<(usize, Generated)>> {
        let mut done = Vec::new();
        let again = std::mem::take(&mut self.retries);
        if self.session.running() > 0 {
            let Decoding { captioner, session, decoder, .. } = self;
            let clock = &captioner.inner.clock;
            for (number, generated) in
                captioner.compute(|| clock.time_search(|| session.step(decoder)))?
            {
                match self.pending.remove(&number).filter(|_| self.is_degenerate(&generated)) {
                    Some(pending) => done.extend(self.retry(number, pending, generated, 1)),
                    None => done.push((number, generated)),
                }
            }
        }
        for mut retry in again {
            match retry.decoding.step().map(|mut found| found.pop()) {
                Ok(None) => self.retries.push(retry),
                Ok(Some((_, found))) if !self.is_degenerate(&found) => {
                    done.push((retry.number, found))
                }
                Ok(Some(_)) => {
                    let Retry { number, pending, looped, attempt, .. } = retry;
                    done.extend(self.retry(number, pending, looped, attempt + 1));
                }
                Err(_) => done.push((retry.number, retry.looped)),
            }
        }
        Ok(done)
    }

    /// Begins to draw a caption anew that has run into a loop, or gives it as it is if that has
    /// been tried often enough or cannot be begun.
    fn retry(
        &mut self,
        number: usize,
        pending: PendingChunk,
        looped: Generated,
        attempt: usize,
    ) -> Option<(usize, Generated)> {
        if attempt > self.generation.repetition_retries {
            return Some((number, looped));
        }
        let mut decoding = Decoding::new(&self.captioner, self.generation.retry(attempt));
        if decoding.admit(pending.mel.clone(), &[pending.index]).is_err() {
            return Some((number, looped));
        }
        self.retries.push(Retry { number, pending, looped, attempt, decoding });
        None
    }

    fn is_degenerate(&self, generated: &Generated) -> bool {
        is_degenerate(self.caption_of(generated))
    }

    /// A caption's tokens between those that every caption has.
    fn caption_of<'a>(&self, generated: &'a Generated) -> &'a [u32] {
        let start = 1 + usize::from(self.generation.forced_bos_token_id.is_some());
        let tokens = &generated.tokens[start.min(generated.tokens.len())..];
        tokens.strip_suffix(&[self.generation.eos_token_id]).unwrap_or(tokens)
    }
}

/// The model's decoder as the search sees it.
#[derive(Debug)]
struct Decoder {
    inner: Arc<Inner>,
    /// Of the chunks under way.
    cache: Option<DecoderCache>,
    /// Of the chunks about to join.
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
        let bart = self.model.bart();
        self.clock.count_step(rows);
        let decode = || bart.decode(tokens, rows, cache);
        let hidden = self.clock.time(Stage::Decoder, decode)?;
        let [_, _, d_model] = hidden.dims();
        let last = hidden.narrow(1, length - 1, 1).reshape([rows, d_model]);
        if self.on_gpu() {
            logits.clear();
            let project = || bart.project(last);
            return Ok(Found::Held(Box::new(self.clock.time(Stage::OutputLayer, project))));
        }
        let project = || bart.logits(last, logits);
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
