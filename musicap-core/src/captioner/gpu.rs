//! What captioning on a GPU needs besides: how many chunks fit, kernels compiled beforehand, and
//! errors for failing drivers.

use std::iter::successors;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array3;
use rayon::ThreadPool;

use super::{CaptionOptions, Captioner, Inner, thread_pool};
use crate::checkpoint::ModelConfig;
use crate::device::{Device, Gpu, GpuProcess};
use crate::error::{Error, Result};
use crate::generate::GenerationConfig;
use crate::model::{ChunkMemory, Network};
use crate::panics::catch_panic;

/// Chunks that are computed together on the processor.
const DEFAULT_BATCH: usize = 8;
/// More are no faster.
const MAX_BATCH: usize = 64;
/// What is assumed for a GPU's memory if it is not known: most have more.
const ASSUMED_MEMORY: u64 = 4 << 30;

/// The memory that batches may fill.
#[derive(Clone, Copy, Debug)]
pub struct GpuMemoryBudget {
    /// Bytes besides the weights.
    free: u64,
    /// The largest tensor, in bytes.
    largest: u64,
}

impl GpuMemoryBudget {
    pub fn of(model: &dyn Network, gpu: &Gpu, allowed: Option<u64>) -> Self {
        let allowed = allowed.unwrap_or(gpu.memory.unwrap_or(ASSUMED_MEMORY) / 2);
        let weights = model.num_params() as u64 * size_of::<f32>() as u64;
        GpuMemoryBudget { free: allowed.saturating_sub(weights), largest: gpu.largest }
    }

    /// How many chunks fit, at least one. Single precision is assumed: with half precision, more
    /// would fit.
    fn chunks(&self, config: &ModelConfig, generation: &GenerationConfig) -> usize {
        let rows = if generation.do_sample { 1 } else { generation.num_beams };
        let length = generation.max_length.next_multiple_of(128);
        let ChunkMemory { total, largest } =
            config.architecture().chunk_memory(&config.audio, rows, length);
        let bytes = |values: u64| values.max(1).saturating_mul(size_of::<f32>() as u64);
        let fitting = (self.free / bytes(total)).min(self.largest / bytes(largest));
        usize::try_from(fitting).unwrap_or(MAX_BATCH).clamp(1, MAX_BATCH)
    }
}

impl Captioner {
    /// How many chunks are computed together with these options.
    pub fn batch_size(&self, options: &CaptionOptions) -> usize {
        let Inner { config, memory_budget, .. } = &*self.inner;
        let generation = options.generation.as_ref().unwrap_or(&config.generation);
        let fitting = || {
            memory_budget
                .map_or(DEFAULT_BATCH, |memory_budget| memory_budget.chunks(config, generation))
        };
        options.batch_size.unwrap_or_else(fitting)
    }

    /// Captions silence in captions of every length, as many chunks at a time as `options` say and
    /// then fewer, so that a GPU's kernels are chosen and compiled before there is anything to
    /// caption. What is chosen is kept on disk for other processes.
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

/// The thread that does all work on the GPU `device`, one for each device of a process. CubeCL gives
/// every thread that uses it a queue and memory of its own, which it never frees.
pub(super) fn gpu_thread(device: Device) -> Result<Arc<ThreadPool>> {
    static GPU_THREADS: Mutex<Vec<(Device, Arc<ThreadPool>)>> = Mutex::new(Vec::new());
    // A fork may have happened while another thread held the lock.
    GpuProcess::claim().map_err(|reason| unavailable(device, reason))?;
    let mut threads = GPU_THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, thread)) = threads.iter().find(|(known, _)| *known == device) {
        return Ok(thread.clone());
    }
    let thread = thread_pool(1)?;
    threads.push((device, thread.clone()));
    Ok(thread)
}

fn unavailable(device: Device, reason: String) -> Error {
    Error::DeviceUnavailable { device: device.to_string(), reason }
}

impl Inner {
    pub(super) fn on_gpu(&self) -> bool {
        cfg!(any(feature = "wgpu", feature = "cuda")) && self.memory_budget.is_some()
    }

    pub(super) fn failed(&self, reason: String) -> Error {
        Error::Backend { device: self.device.to_string(), reason }
    }

    /// Checks that the device is still this process's.
    pub(super) fn check_process(&self) -> Result<()> {
        match self.on_gpu() {
            true => GpuProcess::claim().map_err(|reason| unavailable(self.device, reason)),
            false => Ok(()),
        }
    }

    /// Does `work`; a panic of a GPU's backend becomes an error.
    pub(super) fn run<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        match self.on_gpu() {
            true => run_on(self.device, work),
            false => Ok(work()),
        }
    }
}

/// Does `work` on the GPU `device`. Burn panics if memory runs out or a driver fails.
pub(super) fn run_on<T>(device: Device, work: impl FnOnce() -> T) -> Result<T> {
    catch_panic(work).map_err(|reason| Error::Backend { device: device.to_string(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_with_memory_and_fit_the_largest_tensor() {
        let config = ModelConfig::lp_music_caps();
        let chunks = |free: u64, largest: u64, beams: usize| {
            let generation = GenerationConfig { num_beams: beams, ..config.generation.clone() };
            GpuMemoryBudget { free, largest }.chunks(&config, &generation)
        };
        assert_eq!(chunks(0, u64::MAX, 5), 1);
        let fitting: Vec<usize> = [1, 2, 4, 8, 64].map(|gb| chunks(gb << 30, u64::MAX, 5)).into();
        assert!(fitting.is_sorted() && fitting[0] > 1, "{fitting:?}");
        assert_eq!(fitting[4], MAX_BATCH);
        assert!(chunks(2 << 30, u64::MAX, 50) < chunks(2 << 30, u64::MAX, 5));
        // Three windows of 1,001 frames of 768 values in 4 bytes are 9.2 MB.
        assert_eq!(chunks(64 << 30, 128 << 20, 1), 14);
    }
}
