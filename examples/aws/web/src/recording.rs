//! A recording and its results, as the buckets show them.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::DateTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline::name::{CAPTIONS, FEATURES, SUMMARIES};
use pipeline::{Object, Problem, RecordingId, Store, settings};
use serde::{Deserialize, Serialize};

use crate::cache::Cache;
use crate::key::{INCOMING, Key};
use crate::upload::content_type;

/// How long the link to a recording is valid: no longer than a role's session usually lasts, on
/// which it depends. The page asks for a new one when it has expired.
const LINK_VALIDITY: Duration = Duration::from_secs(3600);
/// The largest captions that are read, in bytes.
const MAX_RESULT_BYTES: u64 = 16 << 20;
/// The largest note of a failure that is read, in bytes.
const MAX_NOTE_BYTES: u64 = 64 << 10;
/// How many uploads are remembered.
const CACHED: usize = 10_000;
/// How long an upload and its identifier are remembered.
const FOUND_TTL: Duration = Duration::from_secs(600);
/// How long it is remembered that there is no such upload.
const MISSING_TTL: Duration = Duration::from_secs(10);

/// How far a stage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// An earlier stage is not done.
    #[default]
    Waiting,
    /// It is next, or running.
    Working,
    /// Its result exists.
    Done,
    /// It has failed for good.
    Failed,
}

/// How far a recording is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Log-mel features.
    pub features: Progress,
    /// Captions.
    pub captions: Progress,
    /// The summary.
    pub summary: Progress,
    /// Why a stage failed.
    pub problem: Option<String>,
}

impl Status {
    /// Whether it will not change any more.
    pub fn is_final(&self) -> bool {
        self.summary == Progress::Done || self.problem.is_some()
    }

    /// The status with `done` of the three stages done; `problem` is why the next has failed.
    pub fn of(done: usize, problem: Option<String>) -> Self {
        let next = if problem.is_some() { Progress::Failed } else { Progress::Working };
        let at = |stage: usize| match stage.cmp(&done) {
            std::cmp::Ordering::Less => Progress::Done,
            std::cmp::Ordering::Equal => next,
            std::cmp::Ordering::Greater => Progress::Waiting,
        };
        Status { features: at(0), captions: at(1), summary: at(2), problem }
    }

    /// The number of stages that are done.
    pub fn done(&self) -> usize {
        let stages = [self.features, self.captions, self.summary];
        stages.iter().filter(|stage| **stage == Progress::Done).count()
    }
}

/// What a stage recorded when it failed for good.
#[derive(Deserialize)]
struct Failure {
    message: String,
}

/// The pipeline's buckets. Cheap to clone.
#[derive(Clone)]
pub struct Buckets {
    pub store: Store,
    pub uploads: String,
    features: String,
    results: String,
    found: Arc<Cache<Key, RecordingId>>,
    missing: Arc<Cache<Key, ()>>,
}

impl Buckets {
    /// The buckets named by the settings.
    pub fn from_settings(store: Store) -> anyhow::Result<Self> {
        Ok(Buckets {
            store,
            uploads: settings::required("UPLOADS_BUCKET")?,
            features: settings::required("FEATURES_BUCKET")?,
            results: settings::required("RESULTS_BUCKET")?,
            found: Arc::new(Cache::new(CACHED, FOUND_TTL)),
            missing: Arc::new(Cache::new(CACHED, MISSING_TTL)),
        })
    }

    /// The pipeline's identifier of an upload. However many ask at once and whether it exists or
    /// not, S3 is asked once in a while.
    pub async fn id(&self, key: &Key) -> Result<RecordingId, Problem> {
        if self.missing.get(key).is_some() {
            return Err(Problem::permanent("Missing", "no such upload"));
        }
        let found = self.found.get_or_load(key, self.look_up(key)).await;
        if found.as_ref().is_err_and(Problem::is_missing) {
            self.missing.insert(key.clone(), ());
        }
        found
    }

    async fn look_up(&self, key: &Key) -> Result<RecordingId, Problem> {
        let head = self.store.client().head_object().bucket(&self.uploads).key(key.as_str());
        let head = head.send().await;
        let head = head.map_err(|error| Problem::of_request("look up", key.as_str(), error))?;
        RecordingId::of_upload(&Object {
            bucket: self.uploads.clone(),
            key: key.as_str().to_owned(),
            version: head.version_id().filter(|version| *version != "null").map(str::to_owned),
            etag: head.e_tag().map(|etag| etag.trim_matches('"').to_owned()),
        })
    }

    /// The status of an upload that was `before` when it was last looked up.
    pub async fn status(&self, key: &Key, before: &Status) -> Result<Status, Problem> {
        let id = self.id(key).await?;
        let stages = [
            (&self.features, id.key(FEATURES, "npy"), before.features, "ingest"),
            (&self.results, id.key(CAPTIONS, "json"), before.captions, "caption"),
            (&self.results, id.key(SUMMARIES, "json"), before.summary, "summarize"),
        ];
        // From the last to the first: the results of earlier stages may have expired.
        let mut done = stages.len();
        for (bucket, result, before, _) in stages.iter().rev() {
            if *before == Progress::Done || self.store.exists(bucket, result).await? {
                break;
            }
            done -= 1;
        }
        // Missing features may have existed when captioning failed.
        for (stage, (.., name)) in stages.iter().enumerate().skip(done).take(2 - done.min(1)) {
            if let Some(problem) = self.problem(key, &id, name).await? {
                return Ok(Status::of(stage, Some(problem)));
            }
        }
        Ok(Status::of(done, None))
    }

    async fn problem(
        &self,
        key: &Key,
        id: &RecordingId,
        stage: &str,
    ) -> Result<Option<String>, Problem> {
        match self.store.text(&self.results, &id.failure(stage), MAX_NOTE_BYTES).await {
            Ok(json) => {
                let failure = serde_json::from_str(&json).map(|Failure { message }| message);
                Ok(Some(match failure {
                    Ok(message) => self.without_buckets(key, &message),
                    Err(_) => "It failed.".to_owned(),
                }))
            }
            Err(problem) if problem.is_missing() => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// A message without the names of buckets, which visitors need not know.
    fn without_buckets(&self, key: &Key, message: &str) -> String {
        let upload = format!("s3://{}/{}", self.uploads, key.as_str());
        let message = message.replace(&upload, key.name());
        [&self.uploads, &self.features, &self.results]
            .iter()
            .fold(message, |message, bucket| message.replace(&format!("s3://{bucket}/"), ""))
    }

    /// Whether an upload has its summary.
    pub async fn is_done(&self, key: &Key) -> Result<bool, Problem> {
        let id = self.id(key).await?;
        self.store.exists(&self.results, &id.key(SUMMARIES, "json")).await
    }

    /// An upload's captions as JSON, with the summary if it exists.
    pub async fn result(&self, key: &Key) -> Result<String, Problem> {
        let id = self.id(key).await?;
        match self.store.text(&self.results, &id.key(SUMMARIES, "json"), MAX_RESULT_BYTES).await {
            Err(problem) if problem.is_missing() => {
                self.store.text(&self.results, &id.key(CAPTIONS, "json"), MAX_RESULT_BYTES).await
            }
            found => found,
        }
    }

    /// A link to a recording, which must exist.
    pub async fn audio(&self, key: &Key) -> Result<String, Problem> {
        self.id(key).await?;
        self.link(key.as_str(), key.name()).await
    }

    /// A signed link. The response's headers are set by the link, whatever was stored with the
    /// object: a type that browsers do not render, and a download outside of a player. S3 cannot
    /// send `nosniff`; the object's origin differs from the page's.
    async fn link(&self, key: &str, name: &str) -> Result<String, Problem> {
        let signing = PresigningConfig::expires_in(LINK_VALIDITY).expect("an hour is allowed");
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let get = self.store.client().get_object().bucket(&self.uploads).key(key);
        let get = get.response_content_type(content_type(key));
        let get = get.response_content_disposition(format!("attachment; filename*=UTF-8''{name}"));
        let get = get.response_content_encoding("identity").response_content_language("und");
        let get = get.response_cache_control("private, max-age=3600");
        let get = get.response_expires(DateTime::from_secs(0));
        let signed = get.presigned(signing).await;
        let signed = signed.map_err(|error| Problem::of_request("sign", key, error))?;
        Ok(signed.uri().to_owned())
    }

    /// The origin of the uploads' bucket.
    pub async fn origin(&self) -> Result<String, Problem> {
        let link = self.link(&format!("{INCOMING}x"), "x").await?;
        let end = link.match_indices('/').nth(2).map_or(link.len(), |(at, _)| at);
        Ok(link[..end].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stage_that_is_not_done_is_working_or_has_failed() {
        use Progress::*;
        let stages = |status: &Status| [status.features, status.captions, status.summary];
        assert_eq!(stages(&Status::of(0, None)), [Working, Waiting, Waiting]);
        assert_eq!(stages(&Status::of(1, Some("x".into()))), [Done, Failed, Waiting]);
        let done = Status::of(3, None);
        assert_eq!(stages(&done), [Done; 3]);
        assert!(done.is_final() && !Status::of(2, None).is_final());
        assert!(Status::of(1, Some("x".into())).is_final());
        assert!((0..=3).all(|count| Status::of(count, None).done() == count));
    }
}
