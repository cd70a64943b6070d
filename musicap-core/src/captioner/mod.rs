//! Joins the stages: audio in, captions out, in the order of time and as soon as they are done.

mod batch;
mod decoding;
mod facts;
mod gpu;
mod loaded;
mod many;
mod offload;
mod options;
mod pipeline;
mod recording;
mod stream;
mod threads;
mod timings;

use std::iter::successors;
use std::path::Path;

use ndarray::Array3;

use crate::audio::{AudioReader, ChunkSpan, Chunker, Chunks, SampleSource};
use crate::caption::{Caption, Captions};
use crate::error::{Error, Result};
use crate::facts::FactsMode;
use crate::generate::{Generated, GenerationConfig};
use batch::MAX_BATCH;
pub(crate) use decoding::Decoding;
pub use loaded::Captioner;
pub use many::{RecordingEvent, RecordingStream};
pub use offload::{BatchSearch, ChunkOutput, FeatureBatch};
pub use options::{CaptionOptions, LoadOptions};
pub use stream::CaptionStream;
pub use timings::{Stage, Timings};

impl Captioner {
    /// Captions the audio file at `path` with the default options.
    ///
    /// # Errors
    /// Those of [`AudioReader::open`] and [`caption`](Self::caption).
    pub fn caption_file(&self, path: impl AsRef<Path>) -> Result<Captions> {
        self.caption(AudioReader::open(path)?, &CaptionOptions::default())
    }

    /// Captions a whole recording.
    ///
    /// # Errors
    /// Those of [`caption_stream`](Self::caption_stream), and of the first caption that fails.
    pub fn caption<S: SampleSource>(
        &self,
        source: S,
        options: &CaptionOptions,
    ) -> Result<Captions> {
        let options = options.clone().without_low_latency();
        let mut stream = self.caption_stream(source, &options)?;
        let captions = stream.by_ref().collect::<Result<_>>()?;
        Ok(stream.finish(captions))
    }

    /// Captions a recording as an iterator: captions come out as soon as they are done, the first
    /// one before the others [by default](CaptionOptions::low_latency), and dropping the iterator
    /// stops the work.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if an option is out of its range. The iterator gives the
    /// source's errors and [`Error::Backend`], and ends after the first.
    pub fn caption_stream<S: SampleSource>(
        &self,
        source: S,
        options: &CaptionOptions,
    ) -> Result<CaptionStream<S>> {
        self.check(options)?;
        let audio = &self.inner.config.audio;
        let chunks = Chunks::new(source, audio, options.overlap_seconds, options.tail)?;
        Ok(CaptionStream::new(self, chunks.with_facts(options.facts), options))
    }

    /// Captions several recordings as an iterator. Chunks of different recordings share batches, so
    /// that many short recordings take no longer than a long one; the captions are those that each
    /// recording has alone. They come out recording by recording. Recordings are opened when a batch
    /// needs their chunks, and one that cannot be read does not stop the others.
    ///
    /// ```
    /// use musicap::audio::AudioReader;
    /// use musicap::{CaptionOptions, Captioner, RecordingEvent};
    ///
    /// # let song = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
    /// let files = [song, "no-such-file.mp3", song];
    /// let captioner = Captioner::embedded()?;
    /// let sources = files.iter().map(AudioReader::open);
    /// let mut failed = Vec::new();
    /// for event in captioner.caption_many(sources, &CaptionOptions::default())? {
    ///     match event {
    ///         RecordingEvent::Caption { recording, caption } => {
    ///             println!("{}: {caption}", files[recording]);
    ///         }
    ///         RecordingEvent::End { recording, captions, error: None } => {
    ///             println!("{}: {:.0} s", files[recording], captions.duration_s);
    ///         }
    ///         RecordingEvent::End { recording, error: Some(error), .. } => {
    ///             failed.push((recording, error));
    ///         }
    ///         _ => {}
    ///     }
    /// }
    /// assert!(failed.len() == 1 && failed[0].0 == 1);
    /// # Ok::<(), musicap::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if an option is out of its range. Errors of recordings are in
    /// [`RecordingEvent::End`].
    pub fn caption_many<S: SampleSource, I: IntoIterator<Item = Result<S>>>(
        &self,
        sources: I,
        options: &CaptionOptions,
    ) -> Result<RecordingStream<I::IntoIter, S>> {
        self.check(options)?;
        Ok(RecordingStream::new(self, sources.into_iter(), options))
    }

    /// Checks generation settings against the model.
    fn check_generation(&self, generation: &GenerationConfig) -> Result<()> {
        let architecture = self.inner.config.architecture();
        generation.validate(architecture.vocab_size(), architecture.max_positions())
    }

    /// Checks options against the model, before there is anything to caption.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] names the first option that is out of its range.
    pub fn check(&self, options: &CaptionOptions) -> Result<()> {
        let config = &self.inner.config;
        let generation = options.generation.as_ref().unwrap_or(&config.generation);
        self.check_generation(generation)?;
        if let Some(wrong) = options.batch_size.filter(|size| !(1..=MAX_BATCH).contains(size)) {
            return Err(Error::option("batch_size", wrong, format!("1 to {MAX_BATCH}")));
        }
        Chunker::new(&config.audio, options.overlap_seconds, options.tail).map(drop)
    }

    /// The captions of log-mel chunks `[chunks, n_mels, frames]` in decibels that have been
    /// computed before, perhaps elsewhere, by the model's own front end; `spans` say where the
    /// chunks lie in their recording. Of `options`, the settings of generation and facts count. Facts
    /// are those of the model's own tags, as the embedded model's need samples
    /// ([`facts_of_chunk`](Self::facts_of_chunk)).
    ///
    /// ```
    /// use musicap::{CaptionOptions, Captioner};
    /// use musicap::audio::{AudioReader, Chunk, Chunks, LogMel, Tail};
    ///
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
    /// let captioner = Captioner::embedded()?;
    /// let front_end = &captioner.config().audio;
    /// let chunks = Chunks::new(AudioReader::open(path)?, front_end, 0.0, Tail::Keep)?;
    /// let chunks: Vec<Chunk> = chunks.collect::<Result<_, _>>()?;
    /// let samples: Vec<&[f32]> = chunks.iter().map(|chunk| &chunk.samples[..]).collect();
    /// let features = LogMel::new(front_end)?.compute_chunks(&samples);
    ///
    /// let spans: Vec<_> = chunks.iter().map(Chunk::span).collect();
    /// let captions = captioner.caption_features(features, &spans, &CaptionOptions::default())?;
    /// assert_eq!(captions, captioner.caption_file(path)?.captions);
    /// # Ok::<(), musicap::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`generate_tokens`](Self::generate_tokens).
    pub fn caption_features(
        &self,
        features: Array3<f32>,
        spans: &[ChunkSpan],
        options: &CaptionOptions,
    ) -> Result<Vec<Caption>> {
        let indices: Vec<usize> = spans.iter().map(|span| span.index).collect();
        let outputs = self.search_batch(features, &indices, options)?.finish()?;
        let captions = spans.iter().zip(outputs).map(|(span, output)| {
            let span_s = (span.start_s, span.end_s);
            let mut caption = self.write(span.index, span_s, &output.generated)?;
            if options.facts != FactsMode::Off {
                let facts = self.facts_of_tags(output.tags.as_deref());
                caption.facts = Some(Box::new(facts.with_words_of(&caption)));
            }
            Ok(caption)
        });
        captions.collect()
    }

    /// The token sequences of log-mel chunks `[chunks, n_mels, frames]` in decibels, as the
    /// model's front end makes them. `indices` are the chunks' numbers in their recording, so
    /// that sampling gives a chunk the same caption in any batch.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the shapes or `generation` do not fit the model;
    /// [`Error::InvalidSamples`] if a value is not finite; [`Error::NotFinite`] if the logits are
    /// not; [`Error::Backend`] if the device fails; [`Error::Io`] if the model's file can no longer
    /// be read.
    pub fn generate_tokens(
        &self,
        mel: Array3<f32>,
        indices: &[usize],
        generation: &GenerationConfig,
    ) -> Result<Vec<Generated>> {
        let options = CaptionOptions::default().with_generation(generation.clone());
        let outputs = self.search_batch(mel, indices, &options)?.finish()?;
        Ok(outputs.into_iter().map(|output| output.generated).collect())
    }

    /// Captions silence, in the batch size of `options` and smaller ones and with captions of every
    /// length, so that a GPU's kernels are tuned and compiled before the first recording. The
    /// tuning results are kept on disk for other processes.
    ///
    /// # Errors
    /// As [`generate_tokens`](Self::generate_tokens).
    pub fn warm_up(&self, options: &CaptionOptions) -> Result<()> {
        self.check(options)?;
        let config = self.config();
        let mut generation = options.generation.as_ref().unwrap_or(&config.generation).clone();
        (generation.min_length, generation.repetition_retries) = (generation.max_length, 0);
        // Kernels are chosen for each power of two.
        let most = self.batch_size(options);
        for chunks in successors(Some(most), |&chunks| Some(chunks / 2).filter(|&half| half > 0)) {
            let mel = Array3::zeros((chunks, config.audio.n_mels, config.audio.frames()));
            let indices: Vec<usize> = (0..chunks).collect();
            self.generate_tokens(mel, &indices, &generation)?;
        }
        Ok(())
    }
}
