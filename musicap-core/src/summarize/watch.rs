//! Progress of a summary, and its cancellation.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::error::SummaryProblem;

/// A callback for events. On wasm it need not be `Send`.
#[cfg(not(target_family = "wasm"))]
type OnEvent<'a> = dyn Fn(&SummaryEvent) + Send + Sync + 'a;
#[cfg(target_family = "wasm")]
type OnEvent<'a> = dyn Fn(&SummaryEvent) + 'a;

/// An event while a summary is made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SummaryEvent {
    /// `done` of `parts` parts of the recording have been processed. The number of parts may grow.
    Progress {
        /// Parts that are done.
        done: usize,
        /// Parts known so far.
        parts: usize,
    },
    /// A request failed and will be sent again.
    Retry {
        /// What failed.
        problem: SummaryProblem,
        /// The time until it is sent again.
        wait: Duration,
    },
}

/// Observes and cancels a summary. The default does neither.
#[derive(Clone, Default)]
pub struct Watch<'a> {
    on_event: Option<&'a OnEvent<'a>>,
    cancel: Cancel,
}

impl<'a> Watch<'a> {
    /// Calls `on_event` for every event.
    pub fn with_events(mut self, on_event: &'a OnEvent<'a>) -> Self {
        self.on_event = Some(on_event);
        self
    }

    /// Stops when `cancel` is cancelled.
    pub fn with_cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Reports an event; for implementations of [`Summarizer`](super::Summarizer).
    pub fn report(&self, event: &SummaryEvent) {
        if let Some(on_event) = self.on_event {
            on_event(event);
        }
    }

    /// Waits for `work`; returns `None` as soon as it is cancelled.
    pub async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (mut work, mut cancelled) = (pin!(work), self.cancel.cancelled());
        std::future::poll_fn(|context| {
            if Pin::new(&mut cancelled).poll(context).is_ready() {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await
    }
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

/// Cancels work from anywhere, including other threads. Clones share one state.
///
/// This is not tokio-util's `CancellationToken` because that would add tokio to every build,
/// including the browser's.
#[derive(Clone, Default)]
pub struct Cancel {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    /// The wakers of the futures that wait, each with its future's number.
    wakers: Vec<(u64, Waker)>,
    next: u64,
}

impl Cancel {
    /// A new token, which is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the work permanently.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        let wakers = std::mem::take(&mut state.wakers);
        // A woken future may take the lock.
        drop(state);
        wakers.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Whether the work has been cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Waits until the work is cancelled.
    fn cancelled(&self) -> Cancelled {
        let mut state = self.lock();
        state.next += 1;
        Cancelled { cancel: self.clone(), number: state.next }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ready when the work has been cancelled.
struct Cancelled {
    cancel: Cancel,
    number: u64,
}

impl Future for Cancelled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.cancel.lock();
        if state.cancelled {
            return Poll::Ready(());
        }
        state.wakers.retain(|(number, _)| *number != self.number);
        state.wakers.push((self.number, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        // A `Cancel` may outlive thousands of summaries.
        self.cancel.lock().wakers.retain(|(number, _)| *number != self.number);
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel").field("cancelled", &self.is_cancelled()).finish()
    }
}
