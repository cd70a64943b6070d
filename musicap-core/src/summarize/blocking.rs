//! Waiting for a summary in code that is not asynchronous.

use super::Summarizer;
use super::future::SummaryFuture;
use super::options::SummaryOptions;
use super::watch::Watch;
use crate::caption::Captions;
#[cfg(feature = "openai")]
use crate::error::Error;
use crate::error::Result;

/// Waits for a summary on a separate thread, so that it can be called from within a runtime.
///
/// With the feature `openai`, that thread has a tokio runtime. Without it, the summarizer must
/// provide any runtime that its future needs.
///
/// # Errors
/// Those of [`Summarizer::summarize`](super::Summarizer::summarize).
pub fn summarize_blocking(
    summarizer: &dyn Summarizer,
    captions: &Captions,
    options: &SummaryOptions,
    watch: &Watch<'_>,
) -> Result<String> {
    let work = || wait_for(summarizer.summarize(captions, options, watch));
    let joined = std::thread::scope(|scope| scope.spawn(work).join());
    // A panic of the summarizer continues in the caller's thread.
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(feature = "openai")]
fn wait_for<T>(future: SummaryFuture<'_, Result<T>>) -> Result<T> {
    let failed = Error::io("start a runtime for", "a summary");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let result = runtime.block_on(future);
    // Without waiting for a DNS lookup that is still running.
    runtime.shutdown_background();
    result
}

#[cfg(not(feature = "openai"))]
fn wait_for<T>(future: SummaryFuture<'_, T>) -> T {
    pollster::block_on(future)
}
