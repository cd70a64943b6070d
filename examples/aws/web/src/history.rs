//! The latest recordings.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use pipeline::Problem;
use serde::Serialize;

use crate::cache::Cache;
use crate::key::{INCOMING, Key};
use crate::recording::Buckets;

/// How many are shown.
const MAX_ENTRIES: i32 = 20;
/// How long a list is shown before S3 is asked again: one LIST and up to 20 HEAD requests for all
/// visitors together.
const LIST_TTL: Duration = Duration::from_secs(10);
/// How long it is remembered that a recording is done, which does not change.
const DONE_TTL: Duration = Duration::from_secs(3600);

/// One recording.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    key: String,
    name: String,
    bytes: i64,
    /// The time of the upload, in seconds since 1970.
    uploaded_s: i64,
    done: bool,
}

/// The list, as it was a short while ago.
pub struct History {
    buckets: Buckets,
    list: Cache<(), Arc<Vec<Entry>>>,
    done: Cache<Key, ()>,
}

impl History {
    /// The recordings in `buckets`.
    pub fn new(buckets: Buckets) -> Self {
        let (list, done) = (Cache::new(16, LIST_TTL), Cache::new(1000, DONE_TTL));
        History { buckets, list, done }
    }

    /// Has S3 asked again, as a recording has just ended here.
    pub fn refresh(&self) {
        self.list.remove(&());
    }

    /// The latest recordings, the last one first.
    pub async fn latest(&self) -> Result<Arc<Vec<Entry>>, Problem> {
        self.list.get_or_load(&(), self.list()).await
    }

    /// Keys sort the latest first.
    async fn list(&self) -> Result<Arc<Vec<Entry>>, Problem> {
        let list = self.buckets.store.client().list_objects_v2().bucket(&self.buckets.uploads);
        let listed = list.prefix(INCOMING).max_keys(MAX_ENTRIES).send().await;
        let listed = listed.map_err(|error| Problem::of_request("list", INCOMING, error))?;
        // Objects that did not come through the page are not shown: their keys may be anything.
        let entries = listed.contents().iter().filter_map(|object| {
            let key = Key::parse(object.key()?)?;
            let bytes = object.size().unwrap_or_default();
            let uploaded_s = object.last_modified().map_or(0, |time| time.secs());
            Some((key, bytes, uploaded_s))
        });
        let entries = entries.map(|(key, bytes, uploaded_s)| async move {
            let (name, done) = (key.name().to_owned(), self.is_done(&key).await);
            Entry { key: key.as_str().to_owned(), name, bytes, uploaded_s, done }
        });
        Ok(Arc::new(join_all(entries).await))
    }

    /// Whether a recording is done, as far as can be found out.
    async fn is_done(&self, key: &Key) -> bool {
        if self.done.get(key).is_some() {
            return true;
        }
        let done = self.buckets.is_done(key).await.unwrap_or(false);
        if done {
            self.done.insert(key.clone(), ());
        }
        done
    }
}
