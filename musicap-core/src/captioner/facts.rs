//! Tags for facts: those that the model's own search has found, or those of the embedded model next
//! to a model without a tag head.

use super::loaded::Captioner;
use crate::audio::{Chunk, ChunkSpan};
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::tags::TagHead;

/// The probabilities of a chunk's tags.
pub type Probabilities = Vec<f32>;

impl Captioner {
    /// The facts of a chunk of samples at the model's sample rate, without those that its caption
    /// says ([`Facts::with_words_of`]). They come from the model's tags; the embedded model's are
    /// used next to a model without any. Without either, there are none.
    ///
    /// # Errors
    /// [`Error::InvalidSamples`](crate::Error::InvalidSamples) if a sample is not finite or there is
    /// none; [`Error::Backend`](crate::Error::Backend).
    pub fn facts_of_chunk(&self, chunk: &Chunk) -> Result<Facts> {
        let tags = match &self.inner.tags {
            Some(_) => self.tags_of(chunk)?,
            None => self.other_tags(std::slice::from_ref(chunk))?.pop().flatten(),
        };
        Ok(self.facts_of_tags(tags.as_deref()))
    }

    /// The facts of a chunk with these tags: the model's own, or those of the embedded model.
    pub(crate) fn facts_of_tags(&self, tags: Option<&[f32]>) -> Facts {
        let head = match &self.inner.tags {
            Some(head) => Some(head),
            None => self.tagger().and_then(|tagger| tagger.inner.tags.as_ref()),
        };
        let of = |(tags, head): (&[f32], &TagHead)| head.facts.of_chunk(tags);
        tags.zip(head).map(of).unwrap_or_default()
    }

    /// The tags of chunks by the embedded model; one `None` for each chunk if this model has a tag
    /// head of its own, whose tags the search finds.
    ///
    /// # Errors
    /// [`Error::Backend`](crate::Error::Backend).
    pub(crate) fn other_tags(&self, chunks: &[Chunk]) -> Result<Vec<Option<Probabilities>>> {
        #[cfg(feature = "embedded-model")]
        if self.inner.tags.is_none()
            && let Some(tagger) = self.tagger()
            && tagger.config().audio.sample_rate == self.config().audio.sample_rate
        {
            return chunks.iter().map(|chunk| tagger.tags_of(chunk)).collect();
        }
        Ok(vec![None; chunks.len()])
    }

    /// The embedded model, loaded when it is first needed.
    #[cfg(feature = "embedded-model")]
    fn tagger(&self) -> Option<&Captioner> {
        self.inner.tagger.get_or_init(|| Captioner::embedded().ok()).as_ref()
    }

    #[cfg(not(feature = "embedded-model"))]
    fn tagger(&self) -> Option<&Captioner> {
        None
    }

    /// The means of the tags over a chunk of another model, which may be longer than one of this
    /// model's.
    fn tags_of(&self, chunk: &Chunk) -> Result<Option<Probabilities>> {
        let audio = &self.inner.config.audio;
        if chunk.samples.is_empty() {
            return Err(Error::InvalidSamples { reason: "the chunk has no samples".into() });
        }
        // Without what fills up the last chunk of a recording.
        let seconds = (chunk.end_s - chunk.start_s).max(0.0);
        let samples = (seconds * f64::from(audio.sample_rate)).round() as usize;
        let samples = samples.clamp(1, chunk.samples.len());
        let length = audio.chunk_samples();
        let mut sums: Probabilities = Vec::new();
        let mut pieces = 0.0;
        for piece in chunk.samples[..samples].chunks(length) {
            if pieces > 0.0 && piece.len() < length / 5 {
                break;
            }
            let mut filled: Vec<f32> = Vec::with_capacity(length);
            while filled.len() < length {
                let missing = length - filled.len();
                filled.extend(&piece[..piece.len().min(missing)]);
            }
            let ChunkSpan { index, start_s, end_s } = chunk.span();
            let whole = Chunk { index, start_s, end_s, samples: filled };
            let mel = self.log_mel(std::slice::from_ref(&whole))?;
            let tags = self.tags(&self.encode(mel)?)?;
            let Some(found) = tags.first() else { return Ok(None) };
            sums.resize(found.values().len(), 0.0);
            sums.iter_mut().zip(found.values()).for_each(|(sum, x)| *sum += x);
            pieces += 1.0;
        }
        sums.iter_mut().for_each(|sum| *sum /= pieces);
        Ok(Some(sums))
    }
}
