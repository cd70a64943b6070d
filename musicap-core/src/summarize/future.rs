//! Futures behind a trait object, with threads and without, and waiting for one.

use std::future::Future;
use std::pin::Pin;

/// The future that a [`Summarizer`](super::Summarizer) gives. `Send` but on wasm.
///
/// Written out, as `async fn` in a trait cannot be called through `dyn`.
#[cfg(not(target_family = "wasm"))]
pub type SummaryFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// The future that a [`Summarizer`](super::Summarizer) gives. `Send` but on wasm.
#[cfg(target_family = "wasm")]
pub type SummaryFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send + Sync` but on wasm, where it asks for nothing. Every fitting type has it.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync + ?Sized> MaybeSend for T {}

/// `Send + Sync` but on wasm, where it asks for nothing. Every fitting type has it.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSend for T {}

/// Waits for a summary, on a thread of its own: the caller may be within a runtime or not.
///
/// With the feature `openai` that thread has a tokio runtime. Without, the summarizer must
/// bring along whatever its future needs.
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
    // A summarizer's panic is its own: it goes on in the caller's thread.
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(all(not(target_family = "wasm"), feature = "openai"))]
fn wait_for<T>(future: SummaryFuture<'_, crate::error::Result<T>>) -> crate::error::Result<T> {
    let failed = crate::error::Error::io("start a runtime for", "a summary");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let result = runtime.block_on(future);
    // Without waiting for a name that is still being looked up.
    runtime.shutdown_background();
    result
}

#[cfg(all(not(target_family = "wasm"), not(feature = "openai")))]
fn wait_for<T>(mut future: SummaryFuture<'_, T>) -> T {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => std::thread::park(),
        }
    }
}
