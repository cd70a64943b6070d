//! Threads and processes: the threads of a process do not live on in its forks, and Python must be
//! asked now and then whether Ctrl-C was pressed.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use musicap::Captioner;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Result, value_error};

/// How often Python is asked for signals.
pub const SIGNALS: Duration = Duration::from_millis(50);

/// The value behind a lock, whoever panicked with it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As many threads as were asked for, or one for each core that this process may use.
pub fn count(threads: Option<usize>) -> usize {
    threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A captioner whose threads are those of the process that asks.
pub struct Local {
    threads: usize,
    of: Mutex<(u32, Captioner)>,
}

impl Local {
    /// Of a captioner that has been loaded in this process with `threads` threads.
    pub fn new(captioner: Captioner, threads: usize) -> Self {
        Local { threads, of: Mutex::new((std::process::id(), captioner)) }
    }

    /// The captioner, in a fork with new threads.
    pub fn get(&self) -> Result<Captioner> {
        let mut of = lock(&self.of);
        if of.0 != std::process::id() {
            let captioner = of.1.with_threads(self.threads)?;
            let parents = std::mem::replace(&mut *of, (std::process::id(), captioner));
            // Its threads are not there to be told to end.
            std::mem::forget(parents);
        }
        Ok(of.1.clone())
    }

    /// How many threads compute.
    pub fn threads(&self) -> usize {
        self.threads
    }
}

/// A value that can be used only in the process it was made in, by one thread after the other.
pub struct Owned<T> {
    process: u32,
    value: Mutex<T>,
}

impl<T: Send> Owned<T> {
    /// Of this process.
    pub fn new(value: T) -> Self {
        Owned { process: std::process::id(), value: Mutex::new(value) }
    }

    /// Works on the value while other Python threads run.
    ///
    /// # Errors
    /// A `ValueError` in a process that has been forked since.
    pub fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> R + Send,
    ) -> Result<R> {
        if self.process != std::process::id() {
            let text = "this was begun in the parent process; begin anew after the fork";
            return Err(value_error(text).into());
        }
        Ok(py.detach(|| work(&mut lock(&self.value))))
    }
}

/// The pools of functions that have no captioner, by process and number of threads.
static POOLS: Mutex<Vec<(u32, usize, Arc<ThreadPool>)>> = Mutex::new(Vec::new());

/// A pool of this process.
pub fn pool(threads: Option<usize>) -> Result<Arc<ThreadPool>> {
    let threads = count(threads);
    if threads == 0 {
        return Err(crate::options::wrong("threads", "0", "at least 1"));
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

/// Runs `work` on a thread of its own while this one, Python's, asks for signals and calls `tell`.
/// After Ctrl-C the work goes on unheard.
pub fn apart<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
    mut tell: impl FnMut(Python<'_>) -> PyResult<()>,
) -> Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let worker = std::thread::spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(work());
    });
    // Receivers cannot be shared, but waiting can be done without Python by one thread.
    let receiver = Mutex::new(receiver);
    loop {
        match py.detach(|| lock(&receiver).recv_timeout(SIGNALS)) {
            Ok(done) => {
                // What was still to be told.
                tell(py)?;
                return Ok(done);
            }
            Err(RecvTimeoutError::Timeout) => {
                py.check_signals()?;
                tell(py)?;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let panic = worker.join().expect_err("a worker that sent nothing has panicked");
                std::panic::resume_unwind(panic)
            }
        }
    }
}
