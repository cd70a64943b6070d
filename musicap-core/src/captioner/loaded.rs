//! A loaded model: its weights, device and threads, and what the stages of captioning compute with
//! them.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use ndarray::Array3;

use super::batch::MemoryBudget;
use super::gpu;
use super::options::{CaptionOptions, LoadOptions};
use super::threads::{start_global_pool, thread_pool, within};
use super::timings::{Clock, Stage, Timings};
use crate::audio::{Chunk, LogMel};
use crate::caption::Caption;
use crate::checkpoint::{ModelConfig, Precision, Pretrained};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::finite::first_non_finite;
use crate::generate::Generated;
use crate::model::{Layout, Network, Placement};
use crate::tags::{TagHead, TagProbabilities};
use crate::tokenizer::Tokenizer;

/// A model that is ready to caption. Cheap to clone, and shareable between threads.
#[derive(Clone)]
pub struct Captioner {
    pub(super) inner: Arc<Inner>,
    pool: Option<Arc<rayon::ThreadPool>>,
}

/// What all clones of a captioner share.
pub(super) struct Inner {
    name: String,
    pub config: ModelConfig,
    tokenizer: Tokenizer,
    log_mel: LogMel,
    pub model: Box<dyn Network>,
    pub tags: Option<TagHead>,
    device: Device,
    pub burn_device: burn::tensor::Device,
    memory_budget: MemoryBudget,
    /// The thread that does all work on the GPU.
    gpu_thread: Option<Arc<rayon::ThreadPool>>,
    pub clock: Clock,
    /// The embedded model, for the facts of a model without a tag head.
    #[cfg(feature = "embedded-model")]
    pub tagger: std::sync::OnceLock<Option<Captioner>>,
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
    /// [`Error::DeviceUnavailable`]; [`Error::InvalidOption`] for 0 threads, or more than the
    /// system can start.
    pub fn load(pretrained: &Pretrained, options: &LoadOptions) -> Result<Self> {
        let pool = options.threads.map(thread_pool).transpose()?;
        if pool.is_none() {
            start_global_pool()?;
        }
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

    /// How many chunks are computed together with these options.
    pub fn batch_size(&self, options: &CaptionOptions) -> usize {
        let Inner { config, memory_budget, .. } = &*self.inner;
        let generation = options.generation.as_ref().unwrap_or(&config.generation);
        options.batch_size.unwrap_or_else(|| memory_budget.chunks(config, generation))
    }

    /// The caption that the tokens of a chunk are, by its number and span in seconds.
    pub(crate) fn write(
        &self,
        index: usize,
        (start_s, end_s): (f64, f64),
        generated: &Generated,
    ) -> Result<Caption> {
        let text = self.inner.tokenizer.decode(&generated.tokens)?;
        let &Generated { score, confidence, .. } = generated;
        Ok(Caption { index, start_s, end_s, text, score, confidence, facts: None })
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

    /// What the decoder attends to in log-mel chunks, `[chunks, frames, d_model]`.
    pub(super) fn encode(&self, mel: Array3<f32>) -> Result<Tensor<3>> {
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
    pub(super) fn tags(&self, encoded: &Tensor<3>) -> Result<Vec<TagProbabilities>> {
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
    pub(super) fn compute<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
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
            #[cfg(feature = "embedded-model")]
            tagger: std::sync::OnceLock::new(),
        })
    }

    pub(super) fn on_gpu(&self) -> bool {
        cfg!(any(feature = "wgpu", feature = "cuda")) && self.gpu_thread.is_some()
    }

    pub(super) fn failed(&self, reason: String) -> Error {
        Error::Backend { device: self.device.to_string(), reason }
    }

    /// Checks that the device still belongs to this process.
    fn check_process(&self) -> Result<()> {
        match self.on_gpu() {
            true => gpu::claim(self.device),
            false => Ok(()),
        }
    }

    /// Does `work`; a panic of a GPU's backend becomes an error.
    pub(super) fn run<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        match self.on_gpu() {
            true => gpu::run_on(self.device, work),
            false => Ok(work()),
        }
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
