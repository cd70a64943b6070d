//! Batches of chunks whose captions are generated outside the pipeline that reads them: by another
//! worker, process or device with the same model.

use std::task::Poll;

use ndarray::Array3;

use super::decoding::Decoding;
use super::loaded::Captioner;
use super::options::CaptionOptions;
use crate::error::Result;
use crate::facts::FactsMode;
use crate::generate::Generated;

/// A batch of chunks that leaves the pipeline; see
/// [`RecordingStream::take_batch`](super::RecordingStream::take_batch).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FeatureBatch {
    /// Identifies the batch in its stream.
    pub number: usize,
    /// Log-mel spectrograms in decibels, `[chunks, n_mels, frames]`.
    pub features: Array3<f32>,
    /// The chunks' numbers in their recordings, on which sampling depends.
    pub indices: Vec<usize>,
}

/// What the model returns for a chunk.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChunkOutput {
    /// The caption's tokens and score.
    pub generated: Generated,
    /// The probabilities of the model's tags; `None` if facts are off or it has no tag head.
    pub tags: Option<Vec<f32>>,
}

impl ChunkOutput {
    /// The output with these values.
    pub fn new(generated: Generated, tags: Option<Vec<f32>>) -> Self {
        ChunkOutput { generated, tags }
    }
}

/// The search for the captions of one [`FeatureBatch`], step by step.
#[derive(Debug)]
pub struct BatchSearch {
    decoding: Decoding,
    outputs: Vec<ChunkOutput>,
}

impl Captioner {
    /// Encodes a batch's features and starts the search for its captions. Of `options`, the
    /// generation settings and facts are used; they must be those of the stream that the batch was
    /// taken from.
    ///
    /// # Errors
    /// As [`generate_tokens`](Self::generate_tokens).
    pub fn search_batch(
        &self,
        features: Array3<f32>,
        indices: &[usize],
        options: &CaptionOptions,
    ) -> Result<BatchSearch> {
        let generation = options.generation.as_ref().unwrap_or(&self.config().generation);
        self.check_generation(generation)?;
        let mut decoding = Decoding::new(self, generation.clone());
        decoding.admit(features, indices)?;
        let has_facts = options.facts != FactsMode::Off;
        let tags = |n| has_facts.then(|| decoding.tags(n).map(<[f32]>::to_vec)).flatten();
        let outputs = (0..indices.len())
            .map(|n| ChunkOutput { generated: Generated::default(), tags: tags(n) })
            .collect();
        Ok(BatchSearch { decoding, outputs })
    }
}

impl BatchSearch {
    /// Decodes one step. Returns the outputs of all chunks, in order, when the last caption is
    /// complete; [`Poll::Pending`] means that it must be called again.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Backend`](crate::Error::Backend) and
    /// [`Error::Io`](crate::Error::Io), after which the search must be dropped.
    pub fn poll(&mut self) -> Poll<Result<Vec<ChunkOutput>>> {
        let done = match self.decoding.step() {
            Ok(done) => done,
            Err(error) => return Poll::Ready(Err(error)),
        };
        for (number, generated) in done {
            match generated {
                Ok(generated) => self.outputs[number].generated = generated,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        match self.decoding.running() {
            0 => Poll::Ready(Ok(std::mem::take(&mut self.outputs))),
            _ => Poll::Pending,
        }
    }

    /// Decodes all steps: the outputs of all chunks, in order.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn finish(mut self) -> Result<Vec<ChunkOutput>> {
        loop {
            if let Poll::Ready(outputs) = self.poll() {
                return outputs;
            }
        }
    }
}
