//! The latest recordings.

use futures_util::future::join_all;
use pipeline::Problem;
use pipeline::name::file_name;
use serde::Serialize;

use crate::recording::{Buckets, INCOMING, Key};

/// How many are shown.
const SHOWN: i32 = 20;

/// One of them.
#[derive(Debug, Serialize)]
pub struct Past {
    key: String,
    name: String,
    bytes: i64,
    /// When it was uploaded, in seconds since 1970.
    uploaded_s: i64,
    done: bool,
}

/// The latest recordings, the last first: their keys begin with what is left of time.
pub async fn latest(buckets: &Buckets) -> Result<Vec<Past>, Problem> {
    let list = buckets.store.client().list_objects_v2().bucket(&buckets.uploads);
    let listed = list.prefix(INCOMING).max_keys(SHOWN).send().await;
    let listed = listed.map_err(|error| Problem::of_request("list", INCOMING, error))?;
    let recordings = listed.contents().iter().filter_map(|object| {
        let key = object.key()?.to_owned();
        Some(Past {
            name: file_name(&key).to_owned(),
            key,
            bytes: object.size().unwrap_or_default(),
            uploaded_s: object.last_modified().map_or(0, |time| time.secs()),
            done: false,
        })
    });
    let with_state = recordings.map(|past| async move {
        // One that cannot be looked up must not hide the others.
        let done = buckets.is_done(&Key(past.key.clone())).await.unwrap_or(false);
        Past { done, ..past }
    });
    Ok(join_all(with_state).await)
}
