//! What captioning on a GPU needs: one thread for each device, and errors for failing drivers.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::ThreadPool;

use super::threads::thread_pool;
use crate::device::{Device, GpuProcess};
use crate::error::{Error, Result};
use crate::panics::catch_panic;

/// The thread that does all work on the GPU `device`, one for each device of a process. CubeCL gives
/// every thread that uses it a queue and memory of its own, which it never frees.
pub(super) fn gpu_thread(device: Device) -> Result<Arc<ThreadPool>> {
    static GPU_THREADS: Mutex<Vec<(Device, Arc<ThreadPool>)>> = Mutex::new(Vec::new());
    // A fork may have happened while another thread held the lock.
    claim(device)?;
    let mut threads = GPU_THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, thread)) = threads.iter().find(|(known, _)| *known == device) {
        return Ok(thread.clone());
    }
    let thread = thread_pool(1)?;
    threads.push((device, thread.clone()));
    Ok(thread)
}

/// Claims the GPUs for this process, or checks that they still belong to it.
///
/// # Errors
/// [`Error::DeviceUnavailable`] in a process that was forked from the one that used them.
pub(super) fn claim(device: Device) -> Result<()> {
    GpuProcess::claim()
        .map_err(|reason| Error::DeviceUnavailable { device: device.to_string(), reason })
}

/// Does `work` on the GPU `device`. Burn panics if memory runs out or a driver fails.
pub(super) fn run_on<T>(device: Device, work: impl FnOnce() -> T) -> Result<T> {
    catch_panic(work).map_err(|reason| Error::Backend { device: device.to_string(), reason })
}
