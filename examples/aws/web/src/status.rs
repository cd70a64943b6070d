//! A recording's status as server-sent events. However many watch a recording, the buckets are
//! asked for all of them at a time, and no more when it is done or nobody watches.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::recording::{Buckets, Key, Status};
use crate::{Asked, Refusal, Shared};

/// How often the buckets are asked at first; each time without news it is a tenth longer.
const FIRST: Duration = Duration::from_millis(500);
/// How seldom at most.
const LAST: Duration = Duration::from_secs(10);
/// A recording that has no news for so long is given up.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// Recordings that are watched at a time.
const MOST: usize = 500;

/// Who watches what.
pub struct Watchers {
    buckets: Buckets,
    watched: Arc<Mutex<HashMap<Key, watch::Receiver<Status>>>>,
}

impl Watchers {
    /// Nobody.
    pub fn new(buckets: Buckets) -> Self {
        Watchers { buckets, watched: Arc::default() }
    }

    /// The status of an upload, now and as it changes; `None` if too many are watched.
    fn watch(&self, key: Key) -> Option<watch::Receiver<Status>> {
        let mut watched = self.watched.lock().expect("no panic here");
        if let Some(receiver) = watched.get(&key) {
            return Some(receiver.clone());
        }
        if watched.len() >= MOST {
            return None;
        }
        let (sender, receiver) = watch::channel(Status::of(0, None));
        watched.insert(key.clone(), receiver.clone());
        let (buckets, all) = (self.buckets.clone(), self.watched.clone());
        tokio::spawn(async move {
            poll(&buckets, &key, &sender).await;
            all.lock().expect("no panic here").remove(&key);
        });
        Some(receiver)
    }
}

async fn poll(buckets: &Buckets, key: &Key, sender: &watch::Sender<Status>) {
    let (mut wait, mut news) = (FIRST, Instant::now());
    loop {
        let before = sender.borrow().clone();
        match buckets.status(key, &before).await {
            Ok(status) => {
                if status != before {
                    sender.send_replace(status.clone());
                    (wait, news) = (FIRST, Instant::now());
                }
                if status.is_final() {
                    return;
                }
            }
            Err(problem) => {
                tracing::warn!(stage = "web", error = problem.to_string(), "no status");
            }
        }
        sleep(wait).await;
        wait = wait.mul_f64(1.1).min(LAST);
        // The map has one receiver itself.
        if sender.receiver_count() <= 1 || news.elapsed() > PATIENCE {
            return;
        }
    }
}

/// `GET status`.
pub async fn events(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Refusal> {
    let key = Key::parse(&asked.key)?;
    // What was never uploaded has no status.
    shared.buckets.id(&key).await?;
    let receiver = shared.watchers.watch(key).ok_or_else(|| {
        Refusal(StatusCode::SERVICE_UNAVAILABLE, "too many recordings are watched".to_owned())
    })?;
    let statuses = stream::unfold((receiver, true), |(mut receiver, first)| async move {
        // The end of the sender is the end of the events, once the last has been told.
        if !first && receiver.changed().await.is_err() {
            return None;
        }
        let status = receiver.borrow_and_update().clone();
        let json = serde_json::to_string(&status).expect("plain data can be written");
        Some((Ok::<_, Infallible>(Event::default().data(json)), (receiver, false)))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    // Beanstalk's nginx would keep events back until there are some kilobytes.
    Ok(([("x-accel-buffering", "no")], Sse::new(statuses).keep_alive(alive)))
}
