//! Joins the stages: audio in, captions out, in the order of time and as soon as they are done.

mod batch;
mod decoding;
mod gpu;
mod many;
mod options;
mod pipeline;
mod recording;
mod stream;
mod timings;

use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use ndarray::Array3;

use crate::audio::{AudioReader, Chunk, ChunkSpan, Chunker, Chunks, LogMel, SampleSource};
use crate::caption::{Caption, Captions};
use crate::checkpoint::{ModelConfig, Precision, Pretrained};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::finite::first_non_finite;
use crate::generate::{Generated, GenerationConfig};
use crate::model::{Layout, Network, Placement};
use crate::tags::{TagHead, TagProbabilities};
use crate::tokenizer::Tokenizer;
use batch::{MAX_BATCH, MemoryBudget};
pub(crate) use decoding::Decoding;
pub use many::{RecordingEvent, RecordingStream};
pub use options::{CaptionOptions, LoadOptions};
pub use stream::CaptionStream;
use timings::Clock;
pub use timings::{Stage, Timings};

/// A model that is ready to caption. Cheap to clone, and shareable between threads.
#[derive(Clone)]
pub struct Captioner {
    inner: Arc<Inner>,
    pool: Option<Arc<rayon::ThreadPool>>,
}

struct Inner {
    name: String,
    config: ModelConfig,
    tokenizer: Tokenizer,
    log_mel: LogMel,
    model: Box<dyn Network>,
    tags: Option<TagHead>,
    device: Device,
    burn_device: burn::tensor::Device,
    memory_budget: MemoryBudget,
    /// The thread that does all work on the GPU.
    gpu_thread: Option<Arc<rayon::ThreadPool>>,
    clock: Clock,
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
    /// A tensor that is missing, unexpected, of the wrong shape or unreadable;
    /// [`Error::DeviceUnavailable`]; [`Error::InvalidOption`] for 0 threads.
    pub fn load(pretrained: &Pretrained, options: &LoadOptions) -> Result<Self> {
        let pool = options.threads.map(thread_pool).transpose()?;
        let inner = within(pool.as_deref(), || Inner::load(pretrained, options))?;
        Ok(Captioner { inner: Arc::new(inner), pool })
    }

    /// The same model, its weights shared, with exactly `threads` threads of its own.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for 0 threads, or more than the system can start.
    pub fn with_threads(&self, threads: usize) -> Result<Self> {
        Ok(Captioner { inner: self.inner.clone(), pool: Some(thread_pool(threads)?) })
    }

    /// Time spent in each stage, if enabled by [`LoadOptions::with_timings`].
    pub fn timings(&self) -> Option<Timings> {
        self.inner.clock.read()
    }

    /// The name the model was loaded by.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What the model runs on: never [`Device::Auto`].
    pub fn device(&self) -> Device {
        self.inner.device
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
        let options = options.clone().with_low_latency(false);
        let mut stream = self.captions(source, &options)?;
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
    pub fn captions<S: SampleSource>(
        &self,
        source: S,
        options: &CaptionOptions,
    ) -> Result<CaptionStream<S>> {
        self.check(options)?;
        let audio = &self.inner.config.audio;
        let chunks = Chunks::new(source, audio, options.overlap_seconds, options.tail)?;
        Ok(CaptionStream::new(self, chunks, options))
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
    /// chunks lie in their recording.
    ///
    /// ```
    /// use musicap::Captioner;
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
    /// let captions =
    ///     captioner.caption_features(features, &spans, &captioner.config().generation)?;
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
        generation: &GenerationConfig,
    ) -> Result<Vec<Caption>> {
        let indices: Vec<usize> = spans.iter().map(|span| span.index).collect();
        let generated = self.generate_tokens(features, &indices, generation)?;
        let captions = spans.iter().zip(generated).map(|(span, generated)| {
            self.write(span.index, (span.start_s, span.end_s), &generated)
        });
        captions.collect()
    }

    pub(crate) fn write(
        &self,
        index: usize,
        (start_s, end_s): (f64, f64),
        generated: &Generated,
    ) -> Result<Caption> {
        let text = self.inner.tokenizer.decode(&generated.tokens)?;
        let &Generated { score, confidence, .. } = generated;
        Ok(Caption { index, start_s, end_s, text, score, confidence })
    }

    /// The log-mel spectrograms of chunks, `[chunks, n_mels, frames]` in decibels.
    pub(crate) fn log_mel(&self, chunks: &[Chunk]) -> Result<Array3<f32>> {
        let expected = self.inner.config.audio.chunk_samples();
        if let Some(chunk) = chunks.iter().find(|chunk| chunk.samples.len() != expected) {
            let found = format!("{} samples", chunk.samples.len());
            return Err(Error::option("chunk", found, format!("{expected} samples")));
        }
        for Chunk { index, samples, .. } in chunks {
            if let Some(place) = first_non_finite(samples) {
                let reason = format!("sample {place} of chunk {index} is {}", samples[place]);
                return Err(Error::InvalidSamples { reason });
            }
        }
        let samples: Vec<&[f32]> = chunks.iter().map(|chunk| &chunk.samples[..]).collect();
        let Inner { log_mel, clock, .. } = &*self.inner;
        Ok(self.install(|| clock.time(Stage::LogMel, || log_mel.compute_chunks(&samples))))
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
        self.check_generation(generation)?;
        let mut decoding = Decoding::new(self, generation.clone());
        decoding.admit(mel, indices)?;
        let mut generated = vec![Generated::default(); indices.len()];
        while decoding.running() > 0 {
            for (number, sequence) in decoding.step()? {
                generated[number] = sequence?;
            }
        }
        Ok(generated)
    }

    /// What the decoder attends to in log-mel chunks, `[chunks, frames, d_model]`.
    fn encode(&self, mel: Array3<f32>) -> Result<Tensor<3>> {
        let Inner { config, model, burn_device, clock, .. } = &*self.inner;
        let (chunks, n_mels, frames) = mel.dim();
        let expected = (chunks, config.audio.n_mels, config.audio.frames());
        if mel.dim() != expected {
            return Err(Error::option("mel", format!("{:?}", mel.dim()), format!("{expected:?}")));
        }
        let values: Vec<f32> = mel.into_iter().collect();
        let mel = TensorData::new(values, [chunks, n_mels, frames]);
        clock.count_chunks(chunks);
        let encode = || model.encode(Tensor::from_data(mel, burn_device));
        self.compute(|| self.inner.run(|| clock.time(Stage::Encoder, encode)))
    }

    /// The tags of chunks by the encoder's output; none if the model has no tag head.
    fn tags(&self, encoded: &Tensor<3>) -> Result<Vec<TagProbabilities>> {
        let Inner { tags, clock, .. } = &*self.inner;
        let Some(head) = tags else { return Ok(Vec::new()) };
        let encoded = encoded.clone();
        let find = || clock.time(Stage::Encoder, || head.probabilities(encoded));
        let found = self.compute(|| self.inner.run(find))?;
        found.map_err(|reason| self.inner.failed(reason))
    }

    /// Runs the model with the captioner's own threads, or with its GPU's thread.
    ///
    /// # Errors
    /// Those of `work`, and [`Error::DeviceUnavailable`] in a process that was forked.
    fn compute<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        self.inner.check_process()?;
        match &self.inner.gpu_thread {
            Some(gpu_thread) => gpu_thread.install(work),
            None => self.install(work),
        }
    }

    /// Runs `work` with the captioner's own threads, if it has any.
    fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        within(self.pool.as_deref(), work)
    }
}

impl Inner {
    fn load(pretrained: &Pretrained, options: &LoadOptions) -> Result<Self> {
        let config = pretrained.config().clone();
        let opened = options.device.open()?;
        let device = opened.device;
        let mut reader = pretrained.reader().with_precision(options.precision);
        let gpu_thread = opened.gpu.map(|_| gpu::gpu_thread(device)).transpose()?;
        let half = options.precision == Precision::F16;
        let layout = match opened.gpu {
            Some(gpu) => Layout::Gpu { half: half && gpu.half },
            None if device == Device::Cpu => Layout::Packed,
            None => Layout::Plain,
        };
        let placement = Placement { device: opened.burn.clone(), layout };
        let mut load = || config.architecture().load(&config.audio, &mut reader, &placement);
        let model = match &gpu_thread {
            Some(gpu_thread) => gpu_thread.install(|| gpu::run_on(device, load))??,
            None => load()?,
        };
        let tags = TagHead::of(pretrained.name(), &config, &mut reader)?;
        reader.finish()?;
        let memory_budget = match opened.gpu {
            Some(gpu) => MemoryBudget::of_gpu(&*model, &gpu, options.gpu_memory),
            None => MemoryBudget::Cpu,
        };
        Ok(Inner {
            name: pretrained.name().to_owned(),
            tokenizer: pretrained.tokenizer().clone(),
            log_mel: LogMel::new(&config.audio)?,
            config,
            model,
            tags,
            device,
            burn_device: opened.burn,
            memory_budget,
            gpu_thread,
            clock: Clock::new(options.timings),
        })
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Captioner")
            .field("name", &self.name)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Captioner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

fn within<T: Send>(pool: Option<&rayon::ThreadPool>, work: impl FnOnce() -> T + Send) -> T {
    match pool {
        Some(pool) => pool.install(work),
        // Entered once for all of it, and not for each loop.
        None => rayon::scope(|_| work()),
    }
}

fn thread_pool(threads: usize) -> Result<Arc<rayon::ThreadPool>> {
    if !(1..=LoadOptions::MAX_THREADS).contains(&threads) {
        return Err(Error::option(
            "threads",
            threads,
            format!("1 to {}", LoadOptions::MAX_THREADS),
        ));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("musicap-{i}"))
        .build()
        .map(Arc::new)
        .map_err(|reason| Error::option("threads", threads, format!("fewer: {reason}")))
}
