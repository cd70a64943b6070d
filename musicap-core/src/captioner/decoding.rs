//! Chunks on their way through the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{Array3, Axis};

use super::{Captioner, Inner, Stage};
use crate::error::{Error, Result};
use crate::generate::{Generated, GenerationConfig, Session, Step, StepModel, is_loop};
use crate::model::DecoderCache;

/// Searches under way and the decoder that they run in.
#[derive(Debug)]
pub struct Decoding {
    captioner: Captioner,
    generation: GenerationConfig,
    session: Session,
    decoder: Decoder,
    /// What the chunks under way are, by their numbers, in case one must be captioned again.
    heard: BTreeMap<usize, (usize, Array3<f32>)>,
}

impl Decoding {
    /// Without any chunk. `generation` must suit the model.
    pub fn new(captioner: &Captioner, generation: GenerationConfig) -> Self {
        Decoding {
            captioner: captioner.clone(),
            session: Session::new(generation.clone()),
            generation,
            decoder: Decoder { inner: captioner.inner.clone(), cache: None, next: None },
            heard: BTreeMap::new(),
        }
    }

    /// The model's captioner.
    pub fn captioner(&self) -> &Captioner {
        &self.captioner
    }

    /// Chunks under way.
    pub fn running(&self) -> usize {
        self.session.running()
    }

    /// Whether chunks can join others that are under way.
    pub fn takes_latecomers(&self) -> bool {
        self.decoder.cache.as_ref().is_none_or(DecoderCache::takes_latecomers)
    }

    /// Takes up chunks, given as log-mel spectrograms `[chunks, n_mels, frames]` and their numbers
    /// in the recording.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the shape is not the model's; [`Error::Backend`];
    /// [`Error::NotFinite`].
    pub fn join(&mut self, mel: Array3<f32>, indices: &[usize]) -> Result<()> {
        if mel.dim().0 != indices.len() {
            let expected = format!("{} chunks, one for each index", indices.len());
            return Err(Error::option("mel", format!("{} chunks", mel.dim().0), expected));
        }
        if indices.is_empty() {
            return Ok(());
        }
        if self.generation.loop_retries > 0 {
            let chunks = mel.axis_chunks_iter(Axis(0), 1).zip(indices);
            for (number, (chunk, &index)) in (self.session.joined()..).zip(chunks) {
                self.heard.insert(number, (index, chunk.to_owned()));
            }
        }
        let encoded = self.captioner.encode(mel)?;
        let streams: Vec<u64> = indices.iter().map(|&index| index as u64).collect();
        let Decoding { captioner, session, decoder, .. } = self;
        captioner.install(|| {
            let Inner { model, clock, .. } = &*captioner.inner;
            decoder.next = Some(clock.time(Stage::Encoder, || model.bart().cache(encoded)));
            clock.time_search(|| session.join(decoder, &streams))
        })
    }

    /// Forgets all chunks.
    pub fn clear(&mut self) {
        self.session.clear();
        self.heard.clear();
        (self.decoder.cache, self.decoder.next) = (None, None);
    }

    /// Takes one step with all chunks and gives those that are done, numbered from 0 in the
    /// order in which they joined.
    ///
    /// # Errors
    /// [`Error::Backend`], [`Error::NotFinite`].
    pub fn step(&mut self) -> Result<Vec<(usize, Generated)>> {
        let Decoding { captioner, session, decoder, .. } = self;
        let clock = &captioner.inner.clock;
        let mut done = captioner.install(|| clock.time_search(|| session.step(decoder)))?;
        for (number, generated) in &mut done {
            if let Some((index, mel)) = self.heard.remove(number) {
                self.break_loop(generated, index, mel)?;
            }
        }
        Ok(done)
    }

    /// Draws a caption that has run into a loop anew, until one comes that has not.
    fn break_loop(&self, generated: &mut Generated, index: usize, mel: Array3<f32>) -> Result<()> {
        for attempt in 1..=self.generation.loop_retries {
            if !is_loop(self.caption_of(generated)) {
                break;
            }
            let settings = self.generation.retry(attempt);
            let found = self.captioner.generate_from_mel(mel.clone(), &[index], &settings)?;
            if let Some(found) = found.into_iter().find(|found| !is_loop(self.caption_of(found))) {
                *generated = found;
            }
        }
        Ok(())
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
}

impl Inner {
    /// Feeds `tokens`, as many to every row, and writes the logits after the last of each row.
    fn feed(
        &self,
        tokens: &[u32],
        rows: usize,
        cache: &mut DecoderCache,
        logits: &mut Vec<f32>,
    ) -> Result<()> {
        let length = tokens.len() / rows;
        let bart = self.model.bart();
        let failed = |reason| Error::Backend { device: self.device.to_string(), reason };
        self.clock.count_step(rows);
        let decode = || bart.decode(tokens, rows, cache);
        let hidden = self.clock.time(Stage::Decoder, decode).map_err(failed)?;
        let [_, _, d_model] = hidden.dims();
        let last = hidden.narrow(1, length - 1, 1).reshape([rows, d_model]);
        self.clock.time(Stage::OutputLayer, || bart.logits(last, logits)).map_err(failed)
    }
}

impl StepModel for Decoder {
    fn join(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()> {
        let mut next = self.next.take().expect("chunks that have been encoded");
        self.inner.feed(&prefix.repeat(chunks), chunks, &mut next, logits)?;
        match &mut self.cache {
            Some(cache) => cache.join(next),
            None => self.cache = Some(next),
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()> {
        let Some(cache) = self.cache.as_mut().filter(|_| !step.tokens.is_empty()) else {
            self.cache = None;
            return Ok(());
        };
        cache.reorder(&step.parents, &step.chunks, &self.inner.burn_device);
        self.inner.feed(&step.tokens, step.tokens.len(), cache, logits)
    }
}
