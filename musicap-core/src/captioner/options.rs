//! How a model is loaded and how a recording is captioned.

use crate::audio::Tail;
use crate::checkpoint::Precision;
use crate::device::Device;
use crate::generate::GenerationConfig;

/// Where and with how many threads a model runs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The device.
    pub device: Device,
    /// How precisely weights are kept; no more than the checkpoint has. A GPU that has half
    /// precision computes in it with [`Precision::F16`].
    pub precision: Precision,
    /// Threads to compute with; `None` takes as many as rayon's global pool has.
    pub threads: Option<usize>,
    /// Bytes of a GPU's memory that may be used, for batches of a fitting size; `None` takes half
    /// of what the GPU says it has.
    pub gpu_memory: Option<u64>,
    /// Whether to measure the time of each stage, for
    /// [`Captioner::timings`](super::Captioner::timings). Not in a browser.
    pub timings: bool,
}

impl LoadOptions {
    /// The largest number of threads: more than any machine has processors for.
    pub const MAX_THREADS: usize = 512;

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

    /// Sizes batches so that no more than about `bytes` of a GPU's memory are used.
    pub fn with_gpu_memory(mut self, bytes: u64) -> Self {
        self.gpu_memory = Some(bytes);
        self
    }

    /// Measures the time of each stage.
    pub fn with_timings(mut self) -> Self {
        self.timings = true;
        self
    }
}

/// How a recording is captioned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CaptionOptions {
    /// What happens to the audio after the last whole chunk.
    pub tail: Tail,
    /// Audio that neighbouring chunks share, in seconds.
    pub overlap_seconds: f64,
    /// Chunks that are computed together. More are faster up to some twenty, and take more memory;
    /// the captions are the same.
    ///
    /// `None` chooses. On a CPU it is 24, or fewer if what the decoder keeps of them would take more
    /// than 512 MiB besides the weights when all captions had `max_length` tokens: 20 for
    /// LP-MusicCaps with 5 beams and 128 tokens, some 25 MB each. In WebAssembly it is at most 8. On
    /// a GPU it is as many as fit [its memory](LoadOptions::gpu_memory), at most 64.
    pub batch_size: Option<usize>,
    /// Whether the first chunk is captioned alone, so that its caption is there before the others
    /// are begun. Where no caption is used before all are done, `false` saves that time. Without
    /// effect if `batch_size` is given.
    pub low_latency: bool,
    /// How captions are generated; `None` takes the model's own settings.
    pub generation: Option<GenerationConfig>,
}

impl Default for CaptionOptions {
    fn default() -> Self {
        CaptionOptions {
            tail: Tail::Keep,
            overlap_seconds: 0.0,
            batch_size: None,
            low_latency: true,
            generation: None,
        }
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
        self.batch_size = Some(chunks);
        self
    }

    /// Captions the first chunk alone, or together with others.
    pub fn with_low_latency(mut self, low_latency: bool) -> Self {
        self.low_latency = low_latency;
        self
    }

    /// Generates with these settings in place of the model's own.
    pub fn with_generation(mut self, generation: GenerationConfig) -> Self {
        self.generation = Some(generation);
        self
    }
}
