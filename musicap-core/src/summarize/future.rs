//! Futures behind a trait object, with and without threads, and waiting for one.

use std::future::Future;
use std::pin::Pin;

/// The future that a [`Summarizer`](super::Summarizer) returns; `Send` everywhere except on wasm.
///
/// Written out, as `async fn` in a trait cannot be called through `dyn`.
#[cfg(not(target_family = "wasm"))]
pub type SummaryFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// The future that a [`Summarizer`](super::Summarizer) returns; `Send` everywhere except on wasm.
#[cfg(target_family = "wasm")]
pub type SummaryFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send + Sync`, except on wasm, where it requires nothing. Implemented for every such type.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync + ?Sized> MaybeSend for T {}

/// `Send + Sync`, except on wasm, where it requires nothing. Implemented for every such type.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSend for T {}

/// Waits for a summary on a separate thread, so that it may be called from inside a runtime.
///
/// With the feature `openai` that thread has a tokio runtime. Without it, the summarizer must
/// provide whatever its future needs.
///
/// # Errors
/// Those of [`Summarizer::summarize`](super::Summarizer::summarize).
#[cfg(not(target_family = "wasm"))]
pub fn summarize_blocking(
    summarizer: &dyn super::Summarizer,
    captions: &crate::caption::Captions,
    options: &super::SummaryOptions,
    watch: &super::Watch<'_>,
) -> crate::error::Result<String> {
    let work = || wait_for(summarizer.summarize(captions, options, watch));
    let joined = std::thread::scope(|scope| scope.spawn(work).join());
    // A panic of the summarizer continues in the caller's thread.
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(all(not(target_family = "wasm"), feature = "openai"))]
fn wait_for<T>(future: SummaryFuture<'_, crate::error::Result<T>>) -> crate::error::Result<T> {
    let failed = crate::error::Error::io("start a runtime for", "a summary");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let result = runtime.block_on(future);
    // Without waiting for a DNS lookup that is still running.
    runtime.shutdown_background();
    result
}

#[cfg(all(not(target_family = "wasm"), not(feature = "openai")))]
fn wait_for<T>(future: SummaryFuture<'_, T>) -> T {
    pollster::block_on(future)
}
