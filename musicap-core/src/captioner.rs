//! Joins the stages: audio in, captions out, batch by batch.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use ndarray::Array3;

use crate::audio::{AudioReader, Chunk, Chunker, Chunks, LogMel, SampleSource, Tail};
use crate::caption::{Caption, Captions, Unheard};
use crate::checkpoint::{ModelConfig, Precision, Pretrained};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::generate::{Generated, GenerationConfig, Step, StepModel, generate};
use crate::model::{CaptionModel, DecoderCache};
use crate::tokenizer::Tokenizer;

/// Where and with how many threads a model runs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The device.
    pub device: Device,
    /// How precisely weights are kept; no more than the checkpoint has.
    pub precision: Precision,
    /// Threads to compute with; `None` takes as many as rayon's global pool has.
    pub threads: Option<usize>,
}

impl LoadOptions {
    /// Runs the model on `device`.
    pub fn with_device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Keeps the weights at `precision`.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Computes with exactly `threads` threads, in a pool that belongs to the captioner.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }
}

/// How a recording is captioned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CaptionOptions {
    /// What becomes of the audio after the last whole chunk.
    pub tail: Tail,
    /// Audio that neighbouring chunks share, in seconds.
    pub overlap_seconds: f64,
    /// Chunks that are computed together. More are faster and take more memory; the captions
    /// are the same.
    pub batch_size: usize,
    /// How captions are generated; `None` takes the model's own settings.
    pub generation: Option<GenerationConfig>,
}

impl Default for CaptionOptions {
    fn default() -> Self {
        CaptionOptions { tail: Tail::Keep, overlap_seconds: 0.0, batch_size: 8, generation: None }
    }
}

impl CaptionOptions {
    /// Keeps or drops the audio after the last whole chunk.
    pub fn with_tail(mut self, tail: Tail) -> Self {
        self.tail = tail;
        self
    }

    /// Lets neighbouring chunks share `seconds` of audio.
    pub fn with_overlap(mut self, seconds: f64) -> Self {
        self.overlap_seconds = seconds;
        self
    }

    /// Computes `chunks` chunks together.
    pub fn with_batch_size(mut self, chunks: usize) -> Self {
        self.batch_size = chunks;
        self
    }

    /// Generates with these settings in place of the model's own.
    pub fn with_generation(mut self, generation: GenerationConfig) -> Self {
        self.generation = Some(generation);
        self
    }
}

/// A model that is ready to caption. Cheap to clone, and shareable between threads.
#[derive(Clone)]
pub struct Captioner {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    config: ModelConfig,
    tokenizer: Tokenizer,
    log_mel: LogMel,
    model: CaptionModel,
    device: Device,
    burn_device: burn::tensor::Device,
    pool: Option<rayon::ThreadPool>,
}

impl Captioner {
    /// The small model that comes with the crate.
    ///
    /// # Errors
    /// [`Error::DeviceUnavailable`] in a build without a CPU backend.
    #[cfg(feature = "embedded-model")]
    pub fn embedded() -> Result<Self> {
        Self::load(&Pretrained::embedded()?, &LoadOptions::default())
    }

    /// The model `name`, as [`Pretrained::open`] finds it.
    ///
    /// # Errors
    /// Those of [`Pretrained::open`] and [`load`](Self::load).
    pub fn from_pretrained(name: impl AsRef<Path>) -> Result<Self> {
        Self::load(&Pretrained::open(name)?, &LoadOptions::default())
    }

    /// Loads a model's weights.
    ///
    /// # Errors
    /// A tensor that is missing, too many, of the wrong shape or unreadable;
    /// [`Error::DeviceUnavailable`]; [`Error::InvalidOption`] for 0 threads.
    pub fn load(pretrained: &Pretrained, options: &LoadOptions) -> Result<Self> {
        let config = pretrained.config().clone();
        let burn_device = options.device.to_burn()?;
        let mut reader = pretrained.checkpoint().reader().with_precision(options.precision);
        let model = CaptionModel::load(
            config.audio_encoder(),
            &config.bart,
            &mut reader,
            &burn_device,
            options.device == Device::Cpu,
        )?;
        reader.finish()?;
        Ok(Captioner {
            inner: Arc::new(Inner {
                name: pretrained.name().to_owned(),
                tokenizer: pretrained.tokenizer().clone(),
                log_mel: LogMel::new(&config.audio)?,
                config,
                model,
                device: options.device,
                burn_device,
                pool: options.threads.map(thread_pool).transpose()?,
            }),
        })
    }

    /// What the model was asked for by.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The model's configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.inner.config
    }

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
    /// Those of [`captions`](Self::captions), and of the first caption that fails.
    pub fn caption<S: SampleSource>(
        &self,
        source: S,
        options: &CaptionOptions,
    ) -> Result<Captions> {
        let mut stream = self.captions(source, options)?;
        let captions = stream.by_ref().collect::<Result<_>>()?;
        Ok(stream.finish(captions))
    }

    /// Captions a recording as an iterator: captions come out as soon as their batch is done,
    /// and dropping the iterator stops the work.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if an option is out of its range. The iterator gives the
    /// source's errors and [`Error::Backend`], and ends after the first.
    pub fn captions<S: SampleSource>(
        &self,
        source: S,
        options: &CaptionOptions,
    ) -> Result<CaptionStream<S>> {
        self.check(options)?;
        let config = &self.inner.config;
        Ok(CaptionStream {
            chunks: Chunks::new(source, &config.audio, options.overlap_seconds, options.tail)?,
            captioner: self.clone(),
            batch_size: options.batch_size,
            generation: options.generation.as_ref().unwrap_or(&config.generation).clone(),
            ready: VecDeque::new(),
            failed: None,
            ended: false,
        })
    }

    /// Checks options against the model, before there is anything to caption.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] names the first option that is out of its range.
    pub fn check(&self, options: &CaptionOptions) -> Result<()> {
        let config = &self.inner.config;
        let generation = options.generation.as_ref().unwrap_or(&config.generation);
        generation.validate(config.bart.vocab_size, config.bart.max_position_embeddings)?;
        if options.batch_size == 0 {
            return Err(Error::option("batch_size", 0, "at least 1"));
        }
        Chunker::new(&config.audio, options.overlap_seconds, options.tail).map(drop)
    }

    /// The captions of chunks that have been cut already, in their order.
    ///
    /// # Errors
    /// As [`generate_tokens`](Self::generate_tokens).
    pub fn caption_chunks(
        &self,
        chunks: &[Chunk],
        generation: &GenerationConfig,
    ) -> Result<Vec<Caption>> {
        let generated = self.generate_tokens(chunks, generation)?;
        let caption = |(chunk, generated): (&Chunk, Generated)| {
            Ok(Caption {
                index: chunk.index,
                start_s: chunk.start_s,
                end_s: chunk.end_s,
                text: self.inner.tokenizer.decode(&generated.tokens)?,
                score: generated.score,
            })
        };
        chunks.iter().zip(generated).map(caption).collect()
    }

    /// The token sequences of chunks that have been cut already, in their order.
    ///
    /// # Errors
    /// As [`generate_from_mel`](Self::generate_from_mel).
    pub fn generate_tokens(
        &self,
        chunks: &[Chunk],
        generation: &GenerationConfig,
    ) -> Result<Vec<Generated>> {
        let expected = self.inner.config.audio.chunk_samples();
        if let Some(chunk) = chunks.iter().find(|chunk| chunk.samples.len() != expected) {
            let found = format!("{} samples", chunk.samples.len());
            return Err(Error::option("chunk", found, format!("{expected} samples")));
        }
        let samples: Vec<&[f32]> = chunks.iter().map(|chunk| &chunk.samples[..]).collect();
        let indices: Vec<usize> = chunks.iter().map(|chunk| chunk.index).collect();
        let mel = self.install(|| self.inner.log_mel.compute_chunks(&samples));
        self.generate_from_mel(mel, &indices, generation)
    }

    /// The token sequences of log-mel chunks `[chunks, n_mels, frames]` in decibels, as the
    /// model's front end makes them. `indices` are the chunks' numbers in their recording, so
    /// that sampling gives a chunk the same caption in any batch.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the shapes or `generation` do not suit the model;
    /// [`Error::Backend`] if the device fails.
    pub fn generate_from_mel(
        &self,
        mel: Array3<f32>,
        indices: &[usize],
        generation: &GenerationConfig,
    ) -> Result<Vec<Generated>> {
        let Inner { config, model, burn_device, .. } = &*self.inner;
        generation.validate(config.bart.vocab_size, config.bart.max_position_embeddings)?;
        if indices.is_empty() {
            return Ok(Vec::new());
        }
        let expected = (indices.len(), config.audio.n_mels, config.audio.frames());
        if mel.dim() != expected {
            return Err(Error::option("mel", format!("{:?}", mel.dim()), format!("{expected:?}")));
        }
        let streams: Vec<u64> = indices.iter().map(|&index| index as u64).collect();
        let mel =
            TensorData::new(mel.into_iter().collect::<Vec<f32>>(), <[usize; 3]>::from(expected));
        self.install(|| {
            let encoded = model.encode(Tensor::from_data(mel, burn_device));
            let cache = model.bart().cache(encoded);
            let mut decoder = Decoder { captioner: &self.inner, cache, chunks: streams.len() };
            generate(&mut decoder, &streams, generation)
        })
    }

    /// Runs `work` with the captioner's own threads, if it has any.
    fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.inner.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl std::fmt::Debug for Captioner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Captioner")
            .field("name", &self.inner.name)
            .field("device", &self.inner.device)
            .finish_non_exhaustive()
    }
}

fn thread_pool(threads: usize) -> Result<rayon::ThreadPool> {
    if threads == 0 {
        return Err(Error::option("threads", threads, "at least 1"));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("musicap-{i}"))
        .build()
        .map_err(|reason| Error::option("threads", threads, format!("fewer: {reason}")))
}

/// The captions of a recording in the making; see [`Captioner::captions`].
#[derive(Debug)]
pub struct CaptionStream<S> {
    captioner: Captioner,
    chunks: Chunks<S>,
    batch_size: usize,
    generation: GenerationConfig,
    ready: VecDeque<Caption>,
    /// What ended the source, to be told after the captions of what came before.
    failed: Option<Error>,
    ended: bool,
}

impl<S: SampleSource> CaptionStream<S> {
    /// The source, for what it knows of itself: its duration, what could not be decoded.
    pub fn source(&self) -> &S {
        self.chunks.source()
    }

    /// How much of the source has been read, in seconds; its length once all captions are out.
    pub fn position_s(&self) -> f64 {
        self.chunks.position_s()
    }

    /// `captions`, collected from this iterator, with what is known of the recording.
    pub fn finish(self, captions: Vec<Caption>) -> Captions {
        let source = self.source();
        let mut gaps: Vec<Unheard> = source.gaps().iter().map(Unheard::from).collect();
        if source.unlisted_gaps() > 0 {
            gaps.push(Unheard {
                start_s: gaps.last().map_or(0.0, |gap| gap.end_s),
                end_s: self.position_s(),
                reason: format!("{} more gaps", source.unlisted_gaps()),
            });
        }
        Captions {
            file: self.source().name().map(str::to_owned),
            duration_s: self.position_s(),
            model: self.captioner.name().to_owned(),
            captions,
            summary: None,
            gaps,
        }
    }

    fn next_batch(&mut self) -> Result<()> {
        let mut batch = Vec::with_capacity(self.batch_size);
        while batch.len() < self.batch_size && !self.ended {
            match self.chunks.next() {
                Some(Ok(chunk)) => batch.push(chunk),
                Some(Err(error)) => self.failed = Some(error),
                None => self.ended = true,
            }
            self.ended |= self.failed.is_some();
        }
        self.ready.extend(self.captioner.caption_chunks(&batch, &self.generation)?);
        Ok(())
    }
}

impl<S: SampleSource> Iterator for CaptionStream<S> {
    type Item = Result<Caption>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.ended {
            if let Err(error) = self.next_batch() {
                self.ended = true;
                self.failed = None;
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok).or_else(|| self.failed.take().map(Err))
    }
}

/// The model's decoder as the search sees it.
struct Decoder<'a> {
    captioner: &'a Inner,
    cache: DecoderCache,
    chunks: usize,
}

impl Decoder<'_> {
    /// Feeds `tokens`, as many to every row, and gives the logits after the last of each row.
    fn feed(&mut self, tokens: Vec<u32>, rows: usize) -> Result<Vec<f32>> {
        let Inner { model, device, .. } = self.captioner;
        let length = tokens.len() / rows;
        let hidden = model.bart().decode(&tokens, rows, &mut self.cache);
        let [_, _, d_model] = hidden.dims();
        let last = hidden.narrow(1, length - 1, 1).reshape([rows, d_model]);
        let failed = |reason: String| Error::Backend { device: device.to_string(), reason };
        let mut logits = Vec::new();
        model.bart().logits(last, &mut logits).map_err(failed)?;
        // Neither search nor sampling can make sense of such numbers.
        match logits.iter().all(|logit| logit.is_finite()) {
            true => Ok(logits),
            false => Err(failed("the logits are not finite; the weights may be damaged".into())),
        }
    }
}

impl StepModel for Decoder<'_> {
    fn start(&mut self, prefix: &[u32]) -> Result<Vec<f32>> {
        self.feed(prefix.repeat(self.chunks), self.chunks)
    }

    fn step(&mut self, step: &Step) -> Result<Vec<f32>> {
        self.cache.reorder(&step.parents, &step.chunks, &self.captioner.burn_device);
        self.feed(step.tokens.clone(), step.tokens.len())
    }
}
