//! How a model is loaded and how a recording is captioned.

use crate::audio::Tail;
use crate::checkpoint::Precision;
use crate::device::Device;
use crate::facts::FactsMode;
use crate::generate::GenerationConfig;

/// Where and with how many threads a model runs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The device.
    pub device: Device,
    /// Precision of the weights; never higher than the checkpoint's. With [`Precision::F16`], a GPU
    /// that supports half precision also computes in it.
    pub precision: Precision,
    /// Number of threads, 1 to [`MAX_THREADS`](Self::MAX_THREADS); `None` uses as many as rayon's
    /// global pool has.
    pub threads: Option<usize>,
    /// GPU memory in bytes that batches may use; `None` uses half of what the GPU reports.
    pub gpu_memory: Option<u64>,
    /// Whether to measure the time of each stage, for
    /// [`Captioner::timings`](super::Captioner::timings). Has no effect in a browser.
    pub timings: bool,
}

impl LoadOptions {
    /// The largest number of threads.
    pub const MAX_THREADS: usize = 512;

    /// Runs the model on `device`.
    pub fn with_device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Sets the precision of the weights.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Computes with exactly `threads` threads, in the captioner's own pool.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Limits batches to about `bytes` bytes of GPU memory.
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
    /// What happens to the audio after the last complete chunk.
    pub tail: Tail,
    /// Overlap of neighbouring chunks, in seconds: 0 to 99 % of a chunk.
    pub overlap_seconds: f64,
    /// Chunks computed together, 1 to 1,024. Larger batches are faster up to about 20 chunks and
    /// take more memory; the captions are the same.
    ///
    /// `None` selects a size. On a CPU it is 24, or fewer if the decoder's caches would take more than
    /// 512 MiB in addition to the weights with `max_length` tokens for every caption: 20 for
    /// LP-MusicCaps with 5 beams and 128 tokens, about 25 MB each. In WebAssembly it is at most 8.
    /// On a GPU it is as many as fit into [its memory](LoadOptions::gpu_memory), at most 64.
    pub batch_size: Option<usize>,
    /// Whether the first chunk is captioned alone, so that its caption is available before the
    /// other chunks are processed. If captions are only used once all are done, `false` is
    /// faster. Has no effect if `batch_size` is set.
    pub low_latency: bool,
    /// How captions are generated; `None` uses the model's settings.
    pub generation: Option<GenerationConfig>,
    /// Which [facts](crate::facts) captions and recordings get. None by default.
    pub facts: FactsMode,
}

impl Default for CaptionOptions {
    fn default() -> Self {
        CaptionOptions {
            tail: Tail::Keep,
            overlap_seconds: 0.0,
            batch_size: None,
            low_latency: true,
            generation: None,
            facts: FactsMode::Off,
        }
    }
}

impl CaptionOptions {
    /// Keeps or drops the audio after the last complete chunk.
    pub fn with_tail(mut self, tail: Tail) -> Self {
        self.tail = tail;
        self
    }

    /// Makes neighbouring chunks overlap by `seconds`.
    pub fn with_overlap(mut self, seconds: f64) -> Self {
        self.overlap_seconds = seconds;
        self
    }

    /// Computes `chunks` chunks together.
    pub fn with_batch_size(mut self, chunks: usize) -> Self {
        self.batch_size = Some(chunks);
        self
    }

    /// Captions the first chunk together with others.
    pub fn without_low_latency(mut self) -> Self {
        self.low_latency = false;
        self
    }

    /// Uses these generation settings instead of the model's.
    pub fn with_generation(mut self, generation: GenerationConfig) -> Self {
        self.generation = Some(generation);
        self
    }

    /// Adds [facts](crate::facts) to captions and recordings.
    pub fn with_facts(mut self) -> Self {
        self.facts = FactsMode::On;
        self
    }

    /// Adds [facts](crate::facts) to captions and recordings, with the times of beats.
    pub fn with_beats(mut self) -> Self {
        self.facts = FactsMode::WithBeats;
        self
    }
}
