//! Following a summary in the making, and calling it off.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::error::SummaryProblem;

/// A callback for events. On wasm it need not be fit for threads.
#[cfg(not(target_family = "wasm"))]
type OnEvent<'a> = dyn Fn(&SummaryEvent) + Send + Sync + 'a;
#[cfg(target_family = "wasm")]
type OnEvent<'a> = dyn Fn(&SummaryEvent) + 'a;

/// What happens while a summary is made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SummaryEvent {
    /// Of `parts` stretches of the recording, `done` have been read. There may turn out to be
    /// more parts than were known at first.
    Progress {
        /// Parts that are done.
        done: usize,
        /// Parts known so far.
        parts: usize,
    },
    /// A request failed and will be sent again.
    Retry {
        /// What the matter was.
        problem: SummaryProblem,
        /// How long is waited before.
        wait: Duration,
    },
}

/// How a caller follows a summary and calls it off. The default does neither.
#[derive(Clone, Default)]
pub struct Watch<'a> {
    on_event: Option<&'a OnEvent<'a>>,
    cancel: Cancel,
}

impl<'a> Watch<'a> {
    /// Calls `on_event` for everything that happens.
    pub fn with_events(mut self, on_event: &'a OnEvent<'a>) -> Self {
        self.on_event = Some(on_event);
        self
    }

    /// Stops when `cancel` is pulled.
    pub fn with_cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Tells of an event; for those who write summarizers.
    pub fn tell(&self, event: &SummaryEvent) {
        if let Some(on_event) = self.on_event {
            on_event(event);
        }
    }

    /// Waits for `work` or for the cancellation, whichever comes first; `None` is the latter.
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

/// A cord to pull from anywhere, another thread included. Clones share it.
#[derive(Clone, Default)]
pub struct Cancel {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    pulled: bool,
    /// Who waits, by a number of its own.
    sleepers: Vec<(u64, Waker)>,
    next: u64,
}

impl Cancel {
    /// A cord that nobody has pulled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls the work off, now and for good.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.pulled = true;
        let sleepers = std::mem::take(&mut state.sleepers);
        // Whoever wakes may want the lock.
        drop(state);
        sleepers.into_iter().for_each(|(_, sleeper)| sleeper.wake());
    }

    /// Whether the work has been called off.
    pub fn is_cancelled(&self) -> bool {
        self.lock().pulled
    }

    /// Waits until the work is called off.
    fn cancelled(&self) -> Cancelled {
        let mut state = self.lock();
        state.next += 1;
        Cancelled { cancel: self.clone(), number: state.next }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Done when the work has been called off.
struct Cancelled {
    cancel: Cancel,
    number: u64,
}

impl Future for Cancelled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.cancel.lock();
        if state.pulled {
            return Poll::Ready(());
        }
        state.sleepers.retain(|(number, _)| *number != self.number);
        state.sleepers.push((self.number, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        // A cord may outlive thousands of summaries.
        self.cancel.lock().sleepers.retain(|(number, _)| *number != self.number);
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel").field("cancelled", &self.is_cancelled()).finish()
    }
}
