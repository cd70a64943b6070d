//! What captioning on a GPU needs besides: kernels compiled beforehand, one thread for each device,
//! and errors for failing drivers.

use std::iter::successors;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array3;
use rayon::ThreadPool;

use super::{CaptionOptions, Captioner, Inner, thread_pool};
use crate::device::{Device, GpuProcess};
use crate::error::{Error, Result};
use crate::panics::catch_panic;

impl Captioner {
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
        cfg!(any(feature = "wgpu", feature = "cuda")) && self.gpu_thread.is_some()
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
