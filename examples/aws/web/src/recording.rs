//! A recording and what the pipeline has made of it, as the buckets show it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use axum::http::StatusCode;
use pipeline::name::{CAPTIONS, FEATURES, SUMMARIES, file_name};
use pipeline::{Object, Problem, RecordingId, Store, settings};
use serde::{Deserialize, Serialize};

use crate::Refusal;

/// Where uploads go.
pub const INCOMING: &str = "incoming/";
/// How long the player may go on asking for parts of a recording.
const LISTENING: Duration = Duration::from_secs(12 * 3600);
/// The most that is read of captions.
const MOST_BYTES: u64 = 16 << 20;
/// Recordings whose names are remembered.
const REMEMBERED: usize = 10_000;

/// The key of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub String);

impl Key {
    /// A key that a visitor gave, if it is one of an upload.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.len() <= 1024 && text.starts_with(INCOMING) && text.len() > INCOMING.len() {
            true => Ok(Key(text.to_owned())),
            false => {
                let reason = format!("{text:?} is no upload");
                Err(Refusal(StatusCode::BAD_REQUEST, reason))
            }
        }
    }
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Those before it are not done.
    #[default]
    Waiting,
    /// It is its turn.
    Working,
    /// Its result is there.
    Done,
    /// It will never be.
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
    /// Whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        self.summary == Progress::Done || self.problem.is_some()
    }

    /// Of the three stages so many are done; the reason why the next has failed, if it has.
    pub fn of(done: usize, problem: Option<String>) -> Self {
        let next = if problem.is_some() { Progress::Failed } else { Progress::Working };
        let at = |stage: usize| match stage.cmp(&done) {
            std::cmp::Ordering::Less => Progress::Done,
            std::cmp::Ordering::Equal => next,
            std::cmp::Ordering::Greater => Progress::Waiting,
        };
        Status { features: at(0), captions: at(1), summary: at(2), problem }
    }
}

/// What a stage wrote down when it failed for good.
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
    names: Arc<Mutex<HashMap<Key, RecordingId>>>,
}

impl Buckets {
    /// The buckets that the settings name.
    pub fn from_settings(store: Store) -> anyhow::Result<Self> {
        Ok(Buckets {
            store,
            uploads: settings::required("UPLOADS_BUCKET")?,
            features: settings::required("FEATURES_BUCKET")?,
            results: settings::required("RESULTS_BUCKET")?,
            names: Arc::default(),
        })
    }

    /// What the pipeline calls an upload.
    pub async fn id(&self, key: &Key) -> Result<RecordingId, Problem> {
        let known = self.names.lock().expect("no panic here").get(key).cloned();
        if let Some(id) = known {
            return Ok(id);
        }
        let head = self.store.client().head_object().bucket(&self.uploads).key(&key.0).send().await;
        let head = head.map_err(|error| Problem::of_request("look for", &key.0, error))?;
        let id = RecordingId::of_upload(&Object {
            bucket: self.uploads.clone(),
            key: key.0.clone(),
            version: head.version_id().filter(|version| *version != "null").map(str::to_owned),
            etag: head.e_tag().map(|etag| etag.trim_matches('"').to_owned()),
        })?;
        let mut names = self.names.lock().expect("no panic here");
        if names.len() >= REMEMBERED {
            names.clear();
        }
        names.insert(key.clone(), id.clone());
        Ok(id)
    }

    /// How far an upload is, if it was `before`.
    pub async fn status(&self, key: &Key, before: &Status) -> Result<Status, Problem> {
        let id = self.id(key).await?;
        let stages = [
            (&self.features, id.key(FEATURES, "npy"), before.features, "ingest"),
            (&self.results, id.key(CAPTIONS, "json"), before.captions, "caption"),
            (&self.results, id.key(SUMMARIES, "json"), before.summary, "summarize"),
        ];
        // From the last on: whoever is done has what those before made, which may have expired.
        let mut done = stages.len();
        for (bucket, result, before, _) in stages.iter().rev() {
            if *before == Progress::Done || self.store.exists(bucket, result).await? {
                break;
            }
            done -= 1;
        }
        // Where features are missing, they may have been there when captions failed.
        for (place, (.., stage)) in stages.iter().enumerate().skip(done).take(2 - done.min(1)) {
            if let Some(problem) = self.problem(key, &id, stage).await? {
                return Ok(Status::of(place, Some(problem)));
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
        match self.store.text(&self.results, &id.failure(stage), MOST_BYTES).await {
            Ok(json) => {
                let failure = serde_json::from_str(&json).map(|Failure { message }| message);
                Ok(Some(match failure {
                    Ok(message) => self.without_places(key, &message),
                    Err(_) => "It failed.".to_owned(),
                }))
            }
            Err(Problem::Permanent { kind: "Missing", .. }) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// A reason as a visitor may read it: names of buckets are none of their business.
    fn without_places(&self, key: &Key, message: &str) -> String {
        let upload = format!("s3://{}/{}", self.uploads, key.0);
        let message = message.replace(&upload, file_name(&key.0));
        [&self.uploads, &self.features, &self.results]
            .iter()
            .fold(message, |message, bucket| message.replace(&format!("s3://{bucket}/"), ""))
    }

    /// Whether an upload has its summary.
    pub async fn is_done(&self, key: &Key) -> Result<bool, Problem> {
        let id = self.id(key).await?;
        self.store.exists(&self.results, &id.key(SUMMARIES, "json")).await
    }

    /// An upload's captions as JSON, with the summary if there is one.
    pub async fn result(&self, key: &Key) -> Result<String, Problem> {
        let id = self.id(key).await?;
        match self.store.text(&self.results, &id.key(SUMMARIES, "json"), MOST_BYTES).await {
            Err(Problem::Permanent { kind: "Missing", .. }) => {
                self.store.text(&self.results, &id.key(CAPTIONS, "json"), MOST_BYTES).await
            }
            found => found,
        }
    }

    /// An address at which the recording can be heard for a while.
    pub async fn audio(&self, key: &Key) -> Result<String, Problem> {
        let signing = PresigningConfig::expires_in(LISTENING).expect("half a day is allowed");
        let get = self.store.client().get_object().bucket(&self.uploads).key(&key.0);
        let signed = get.presigned(signing).await;
        let signed = signed.map_err(|error| Problem::of_request("sign", &key.0, error))?;
        Ok(signed.uri().to_owned())
    }

    /// Scheme and host of the uploads' bucket.
    pub async fn origin(&self) -> Result<String, Problem> {
        let address = self.audio(&Key(format!("{INCOMING}x"))).await?;
        let host = address.match_indices('/').nth(2).map_or(address.len(), |(at, _)| at);
        Ok(address[..host].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stage_that_is_not_done_works_or_has_failed() {
        use Progress::*;
        let stages = |status: &Status| [status.features, status.captions, status.summary];
        assert_eq!(stages(&Status::of(0, None)), [Working, Waiting, Waiting]);
        assert_eq!(stages(&Status::of(1, Some("x".into()))), [Done, Failed, Waiting]);
        let done = Status::of(3, None);
        assert_eq!(stages(&done), [Done; 3]);
        assert!(done.is_final() && !Status::of(2, None).is_final());
        assert!(Status::of(1, Some("x".into())).is_final());
    }

    #[test]
    fn only_uploads_can_be_asked_for() {
        for bad in ["", "incoming/", "captions/a.json", &format!("incoming/{}", "x".repeat(1024))] {
            assert!(Key::parse(bad).is_err(), "{bad}");
        }
        assert!(Key::parse("incoming/a/ü +.mp3").is_ok());
    }
}
