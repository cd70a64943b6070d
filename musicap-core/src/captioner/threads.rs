//! The threads that a captioner computes with.

use std::sync::Arc;

use super::options::LoadOptions;
use crate::error::{Error, Result};

/// Runs `work` in `pool`, or in rayon's global pool.
pub(super) fn within<T: Send>(
    pool: Option<&rayon::ThreadPool>,
    work: impl FnOnce() -> T + Send,
) -> T {
    match pool {
        Some(pool) => pool.install(work),
        // Enters the global pool once for the whole of `work` rather than once per loop.
        None => rayon::scope(|_| work()),
    }
}

/// Starts rayon's global pool, which captioners without threads of their own share, unless it runs
/// already.
///
/// # Errors
/// [`Error::InvalidOption`] if the system cannot start its threads. rayon would panic at the first
/// use, and does not try again within a process.
#[cfg(not(target_family = "wasm"))]
pub(super) fn start_global_pool() -> Result<()> {
    static FAILED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let failed = FAILED.get_or_init(|| {
        let error = rayon::ThreadPoolBuilder::new().build_global().err()?;
        // Without a source it is that somebody else has started the pool.
        std::error::Error::source(&error).map(ToString::to_string)
    });
    match failed {
        None => Ok(()),
        Some(reason) => Err(Error::option("threads", "none", format!("a number: {reason}"))),
    }
}

/// There, rayon computes in the calling thread.
#[cfg(target_family = "wasm")]
pub(super) fn start_global_pool() -> Result<()> {
    Ok(())
}

/// A pool of exactly `threads` threads.
///
/// # Errors
/// [`Error::InvalidOption`] for 0 threads, or more than can be had.
pub(super) fn thread_pool(threads: usize) -> Result<Arc<rayon::ThreadPool>> {
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
        .map_err(|reason| {
            Error::option(
                "threads",
                threads,
                format!("a number of threads that the system can start ({reason})"),
            )
        })
}
