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
