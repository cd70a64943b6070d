//! A recording's status as server-sent events.
//!
//! S3 is polled once for everyone who watches a recording. A poll remembers how far it is when
//! nobody watches, so closing and opening a page again and again polls no faster.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use pipeline::settings;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::Shared;
use crate::cache::Cache;
use crate::client::Client;
use crate::history::History;
use crate::key::{Key, KeyQuery};
use crate::recording::{Buckets, Status};
use crate::refusal::Refusal;

/// The first interval between two polls; each time without news it grows by a tenth.
const FIRST_INTERVAL: Duration = Duration::from_millis(500);
/// The longest interval.
const MAX_INTERVAL: Duration = Duration::from_secs(10);
/// A recording without news for so long is given up.
const NEWS_TIMEOUT: Duration = Duration::from_secs(2 * 3600);
/// What the page then shows.
const NO_NEWS: &str = "Nothing has happened for two hours. Please upload the recording again.";
/// How many recordings are polled at a time.
const MAX_POLLED: usize = 500;
/// How many polls are remembered while nobody watches, and for how long.
const MAX_PAUSED: usize = 10_000;
const PAUSED_TTL: Duration = Duration::from_secs(3600);

/// How far the poll of a recording is.
#[derive(Clone, Debug)]
struct Poll {
    status: Status,
    interval: Duration,
    next: Instant,
    last_news: Instant,
}

impl Poll {
    fn new() -> Self {
        let now = Instant::now();
        let status = Status::of(0, None);
        Poll { status, interval: FIRST_INTERVAL, next: now, last_news: now }
    }

    /// Notes what a poll found at the time `now`; `None` if it failed.
    fn update(&mut self, found: Option<Status>, now: Instant) {
        match found {
            Some(status) if status != self.status => {
                self.status = status;
                (self.interval, self.last_news) = (FIRST_INTERVAL, now);
            }
            _ => self.interval = self.interval.mul_f64(1.1).min(MAX_INTERVAL),
        }
        self.next = now + self.interval;
        if !self.status.is_final() && now - self.last_news > NEWS_TIMEOUT {
            self.status = Status::of(self.status.done(), Some(NO_NEWS.to_owned()));
        }
    }
}

/// Who watches what.
pub struct Watchers {
    buckets: Buckets,
    history: Arc<History>,
    polled: Arc<Mutex<HashMap<Key, watch::Receiver<Status>>>>,
    paused: Arc<Cache<Key, Poll>>,
    streams: Arc<Streams>,
}

impl Watchers {
    /// No watchers yet, at most as many as the settings allow.
    pub fn from_settings(buckets: Buckets, history: Arc<History>) -> anyhow::Result<Self> {
        let streams = Streams {
            per_client: settings::optional("CLIENT_STREAMS", 20)?,
            total: settings::optional("MAX_STREAMS", 1000)?,
            open: Mutex::default(),
        };
        let paused = Arc::new(Cache::new(MAX_PAUSED, PAUSED_TTL));
        let (polled, streams) = (Arc::default(), Arc::new(streams));
        Ok(Watchers { buckets, history, polled, paused, streams })
    }

    /// The status of an upload, now and as it changes; `None` if too many are polled.
    fn watch(&self, key: Key) -> Option<watch::Receiver<Status>> {
        let mut polled = self.polled.lock().expect("not poisoned");
        if let Some(receiver) = polled.get(&key) {
            return Some(receiver.clone());
        }
        if polled.len() >= MAX_POLLED {
            return None;
        }
        let mut poll = self.paused.get(&key).unwrap_or_else(Poll::new);
        let (sender, receiver) = watch::channel(poll.status.clone());
        if poll.status.is_final() {
            return Some(receiver);
        }
        polled.insert(key.clone(), receiver.clone());
        let (buckets, history) = (self.buckets.clone(), self.history.clone());
        let (all, paused) = (self.polled.clone(), self.paused.clone());
        tokio::spawn(async move {
            run(&buckets, &history, &key, &sender, &mut poll).await;
            // In this order, so that the next watcher finds one or the other.
            let mut all = all.lock().expect("not poisoned");
            paused.insert(key.clone(), poll);
            all.remove(&key);
        });
        Some(receiver)
    }
}

/// Polls until the status is final or nobody watches.
async fn run(
    buckets: &Buckets,
    history: &History,
    key: &Key,
    sender: &watch::Sender<Status>,
    poll: &mut Poll,
) {
    loop {
        sleep_until(poll.next).await;
        // The map holds one receiver itself.
        if sender.receiver_count() <= 1 {
            return;
        }
        let found = match buckets.status(key, &poll.status).await {
            Ok(status) => Some(status),
            Err(problem) => {
                tracing::warn!(stage = "web", error = problem.to_string(), "no status");
                None
            }
        };
        poll.update(found, Instant::now());
        if poll.status.is_final() {
            // Before the page asks for it.
            history.refresh();
        }
        sender.send_if_modified(|status| {
            let changed = *status != poll.status;
            status.clone_from(&poll.status);
            changed
        });
        if poll.status.is_final() {
            return;
        }
    }
}

/// Open event streams of each client.
struct Streams {
    per_client: usize,
    total: usize,
    open: Mutex<HashMap<Client, usize>>,
}

impl Streams {
    /// Counts a stream until the guard is dropped; `None` if the client, or all together, have too
    /// many.
    fn open(self: &Arc<Self>, client: Client) -> Option<OpenStream> {
        let mut open = self.open.lock().expect("not poisoned");
        let own = open.get(&client).copied().unwrap_or_default();
        if own >= self.per_client || open.values().sum::<usize>() >= self.total {
            return None;
        }
        open.insert(client, own + 1);
        Some(OpenStream { streams: self.clone(), client })
    }
}

struct OpenStream {
    streams: Arc<Streams>,
    client: Client,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().expect("not poisoned");
        match open.get(&self.client).copied() {
            Some(count) if count > 1 => drop(open.insert(self.client, count - 1)),
            _ => drop(open.remove(&self.client)),
        }
    }
}

/// `GET status`.
pub async fn events(
    State(shared): State<Arc<Shared>>,
    client: Client,
    query: Result<Query<KeyQuery>, QueryRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let key = Key::try_from(query?.0)?;
    // Before S3 is asked.
    let watchers = &shared.watchers;
    let open = watchers.streams.open(client).ok_or_else(|| {
        Refusal::too_many("Too many pages of yours are open", Duration::from_secs(30))
    })?;
    shared.buckets.id(&key).await?;
    let receiver = watchers.watch(key).ok_or_else(|| {
        let reason = "Too many recordings are being watched; try again later.";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason)
    })?;
    let statuses =
        stream::unfold((receiver, open, true), |(mut receiver, open, first)| async move {
            // The stream ends with the poll, after the last status.
            if !first && receiver.changed().await.is_err() {
                return None;
            }
            let status = receiver.borrow_and_update().clone();
            let json = serde_json::to_string(&status).expect("a status can be written as JSON");
            Some((Ok::<_, Infallible>(Event::default().data(json)), (receiver, open, false)))
        });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    // Beanstalk's nginx would buffer events.
    Ok(([("x-accel-buffering", "no")], Sse::new(statuses).keep_alive(keep_alive)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_its_share_of_streams_and_gets_it_back() {
        let streams = Arc::new(Streams { per_client: 3, total: 5, open: Mutex::default() });
        let mut first: Vec<_> = (0..9).filter_map(|_| streams.open(Client::test(1))).collect();
        let second: Vec<_> = (0..9).filter_map(|_| streams.open(Client::test(2))).collect();
        assert_eq!((first.len(), second.len()), (3, 2));
        first.pop();
        assert!(streams.open(Client::test(2)).is_some());
        drop((first, second));
        assert!(streams.open.lock().unwrap().is_empty(), "clients are forgotten");
    }

    #[test]
    fn polls_slow_down_until_there_is_news_and_end_without_any() {
        let start = Instant::now();
        let mut poll = Poll::new();
        let mut now = start;
        for _ in 0..60 {
            poll.update(Some(Status::of(0, None)), now);
            now = poll.next;
        }
        assert_eq!(poll.interval, MAX_INTERVAL);
        poll.update(None, now);
        assert_eq!(poll.interval, MAX_INTERVAL, "a failure is no news");
        poll.update(Some(Status::of(1, None)), now);
        assert_eq!((poll.interval, poll.next), (FIRST_INTERVAL, now + FIRST_INTERVAL));
        poll.update(Some(Status::of(1, None)), now + NEWS_TIMEOUT + FIRST_INTERVAL);
        assert!(poll.status.is_final());
        assert_eq!(poll.status.done(), 1);
    }
}
