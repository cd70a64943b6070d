//! Threads and processes: a forked process has none of its parent's threads, and Python must be asked
//! regularly whether Ctrl-C was pressed.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use musicap::{Captioner, LoadOptions};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Result, value_error};

/// How often Python's signal handlers get a chance to run.
pub const SIGNAL_POLL: Duration = Duration::from_millis(50);

/// Locks a mutex, also after a panic in another thread.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `threads`, or by default one for each core that this process may use, at most as many as a
/// captioner can have.
pub fn count(threads: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    threads.unwrap_or_else(|| default_threads(cores()))
}

/// The default number of threads on a machine with this many cores.
#[pyfunction]
pub fn default_threads(cores: usize) -> usize {
    cores.min(LoadOptions::MAX_THREADS)
}

/// A captioner that gets new threads in a forked process.
pub struct ForkAware {
    threads: usize,
    /// The process id, and the captioner with threads of that process.
    current: Mutex<(u32, Captioner)>,
}

impl ForkAware {
    /// For a captioner that was loaded in this process with `threads` threads.
    pub fn new(captioner: Captioner, threads: usize) -> Self {
        ForkAware { threads, current: Mutex::new((std::process::id(), captioner)) }
    }

    /// The captioner with threads of this process.
    pub fn get(&self) -> Result<Captioner> {
        let mut current = lock(&self.current);
        if current.0 != std::process::id() {
            let captioner = current.1.with_threads(self.threads)?;
            let parents = std::mem::replace(&mut *current, (std::process::id(), captioner));
            // Dropping it would wait for threads that do not exist in this process.
            std::mem::forget(parents);
        }
        Ok(current.1.clone())
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.threads
    }
}

/// A value that can be used only in the process that created it, by one thread at a time.
pub struct ProcessBound<T> {
    process: u32,
    value: Mutex<T>,
}

impl<T: Send> ProcessBound<T> {
    /// Binds `value` to this process.
    pub fn new(value: T) -> Self {
        ProcessBound { process: std::process::id(), value: Mutex::new(value) }
    }

    /// Calls `work` with the value, without the GIL.
    ///
    /// # Errors
    /// A `ValueError` in a process that has been forked since.
    pub fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> R + Send,
    ) -> Result<R> {
        if self.process != std::process::id() {
            let text = "this was created in the parent process; create it again after the fork";
            return Err(value_error(text).into());
        }
        Ok(py.detach(|| work(&mut lock(&self.value))))
    }
}

/// Thread pools of functions without a captioner, by process and number of threads.
static POOLS: Mutex<Vec<(u32, usize, Arc<ThreadPool>)>> = Mutex::new(Vec::new());

/// The pool of this process with `threads` threads.
pub fn pool(threads: Option<usize>) -> Result<Arc<ThreadPool>> {
    let threads = count(threads);
    if threads == 0 {
        return Err(crate::options::invalid("threads", "0", "at least 1"));
    }
    let process = std::process::id();
    let mut pools = lock(&POOLS);
    if let Some((.., pool)) = pools.iter().find(|(of, n, _)| (*of, *n) == (process, threads)) {
        return Ok(pool.clone());
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = Arc::new(pool.map_err(|error| value_error(format!("threads: {error}")))?);
    pools.push((process, threads, pool.clone()));
    Ok(pool)
}

/// Runs `work` on another thread, while this one, Python's, handles signals and calls `on_poll`
/// regularly. After Ctrl-C the work continues, but its result is dropped.
pub fn run_interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
    mut on_poll: impl FnMut(Python<'_>) -> PyResult<()>,
) -> Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let worker = std::thread::spawn(move || {
        // After Ctrl-C there is no receiver.
        let _ = sender.send(work());
    });
    // `detach` needs a value that threads may share, which receivers are not.
    let receiver = Mutex::new(receiver);
    loop {
        match py.detach(|| lock(&receiver).recv_timeout(SIGNAL_POLL)) {
            Ok(done) => {
                on_poll(py)?;
                return Ok(done);
            }
            Err(RecvTimeoutError::Timeout) => {
                py.check_signals()?;
                on_poll(py)?;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let panic = worker.join().expect_err("a worker that sent nothing panicked");
                std::panic::resume_unwind(panic)
            }
        }
    }
}
