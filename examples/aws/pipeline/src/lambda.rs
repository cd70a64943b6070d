//! A stage as a Lambda function.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::logs::Metrics;
use crate::name::is_failure_record;
use crate::{Object, Problem, RecordingId, Store, event, settings};

/// One stage: what is done with an object that has been created.
pub trait Stage: Send + Sync + 'static {
    /// The stage's name in logs and metrics.
    const NAME: &'static str;

    /// The identifier of the object's recording.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if it has none.
    fn id(&self, object: &Object) -> Result<RecordingId, Problem>;

    /// The bucket and key of the result, which is written last and only if it does not exist.
    fn output(&self, id: &RecordingId) -> (String, String);

    /// Does the work and writes the result.
    fn work(&self, work: Work<'_>) -> impl Future<Output = Result<Done, Problem>> + Send;
}

/// What a stage is to work on.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The object that was created.
    pub object: &'a Object,
    /// Its recording.
    pub id: &'a RecordingId,
    /// The key of the result, in the stage's output bucket.
    pub output: &'a str,
    /// When Lambda ends the function.
    pub deadline: Instant,
}

/// What a stage has done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Done {
    /// The recording's length, in seconds.
    pub audio_s: f64,
    /// Its number of chunks.
    pub chunks: usize,
    /// Whether a job that was started will write the result later.
    pub later: bool,
}

/// What happened to an object.
enum Outcome {
    Done(String, Done),
    DoneBefore,
    Superseded,
    Rejected { kind: &'static str, message: String },
}

/// What does not depend on the stage.
struct Common {
    store: Store,
    /// The prefix of the keys to work on.
    input_prefix: String,
    /// The bucket of the notes about failures, which the page shows.
    failures_bucket: Option<String>,
}

/// Runs `stage` for as long as Lambda has events for it.
///
/// # Errors
/// If a setting is wrong or Lambda's Runtime API cannot be reached.
pub async fn run<S: Stage>(stage: S, store: Store) -> anyhow::Result<()> {
    let failures: String = settings::optional("FAILURES_BUCKET", String::new())?;
    let common = Common {
        store,
        input_prefix: settings::optional("INPUT_PREFIX", String::new())?,
        failures_bucket: Some(failures).filter(|bucket| !bucket.is_empty()),
    };
    let shared = Arc::new((stage, common));
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let shared = shared.clone();
        async move { shared.1.handle(&shared.0, event).await }
    });
    lambda_runtime::run(handler).await.map_err(anyhow::Error::from_boxed)
}

impl Common {
    /// Works on all records, whatever happens to each. When the event is retried because some
    /// failed, those that are done are skipped.
    async fn handle<S: Stage>(
        &self,
        stage: &S,
        event: LambdaEvent<Value>,
    ) -> Result<Value, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        let deadline = Instant::now() + time_left(context.deadline);
        let request_id = &context.request_id;
        let invalid = |problem: Problem| {
            let (kind, error) = (problem.kind(), problem.to_string());
            tracing::error!(stage = S::NAME, kind, error, request_id, "invalid event");
            problem
        };
        let records = event::created(payload).map_err(|problem| diagnostic(&[invalid(problem)]))?;
        let (mut written, mut problems) = (Vec::new(), Vec::new());
        for record in records {
            let record = record.and_then(|object| Ok((stage.id(&object)?, object)));
            let worked = match record.map_err(invalid) {
                Ok((id, object)) => self.one(stage, &object, &id, deadline, request_id).await,
                Err(problem) => Err(problem),
            };
            match worked {
                Ok(key) => written.extend(key),
                Err(problem) => problems.push(problem),
            }
        }
        match problems.is_empty() {
            true => Ok(json!({ "written": written })),
            false => Err(diagnostic(&problems)),
        }
    }

    /// Works on one object and logs what happened. Returns the key of the result if this call
    /// wrote it.
    async fn one<S: Stage>(
        &self,
        stage: &S,
        object: &Object,
        id: &RecordingId,
        deadline: Instant,
        request_id: &str,
    ) -> Result<Option<String>, Problem> {
        let Object { bucket, key, .. } = object;
        let is_input = key.starts_with(&self.input_prefix) && !key.ends_with('/');
        if !is_input || is_failure_record(key) {
            tracing::info!(stage = S::NAME, key, request_id, "not an input of this stage");
            return Ok(None);
        }
        let begun = Instant::now();
        let outcome = self.work(stage, object, id, deadline).await;
        let (stage, recording) = (S::NAME, id.as_str());
        let duration_s = begun.elapsed().as_secs_f64();
        let metrics = Metrics { duration_s, ..Metrics::default() };
        match outcome {
            Ok(Outcome::Done(output, done)) => {
                let Done { audio_s, chunks, later } = done;
                if later {
                    metrics.emit(stage, recording);
                    tracing::info!(stage, recording, bucket, key, duration_s, request_id, "job");
                    return Ok(None);
                }
                Metrics { audio_s, chunks, ..metrics }.emit(stage, recording);
                tracing::info!(
                    stage, recording, bucket, key, output, duration_s, audio_s, chunks, request_id,
                    "done"
                );
                Ok(Some(output))
            }
            Ok(Outcome::DoneBefore) => {
                tracing::info!(stage, recording, bucket, key, request_id, "done before");
                Ok(None)
            }
            Ok(Outcome::Superseded) => {
                tracing::info!(stage, recording, bucket, key, request_id, "superseded");
                Ok(None)
            }
            Ok(Outcome::Rejected { kind, message }) => {
                Metrics { rejected: true, ..metrics }.emit(stage, recording);
                let reason = message;
                tracing::info!(stage, recording, bucket, key, kind, reason, request_id, "rejected");
                Ok(None)
            }
            Err(problem) => {
                Metrics { failed: true, ..metrics }.emit(stage, recording);
                let (kind, error) = (problem.kind(), problem.to_string());
                tracing::error!(
                    stage, recording, bucket, key, duration_s, kind, error, request_id, "failed"
                );
                Err(problem)
            }
        }
    }

    async fn work<S: Stage>(
        &self,
        stage: &S,
        object: &Object,
        id: &RecordingId,
        deadline: Instant,
    ) -> Result<Outcome, Problem> {
        let (bucket, key) = stage.output(id);
        if self.would_invoke(object, &bucket, &key) {
            let prefix = &self.input_prefix;
            let message = format!(
                "s3://{bucket}/{key} has the prefix {prefix:?} of this function's input and would \
                 invoke it again, without end: set INPUT_PREFIX, or use a different bucket"
            );
            // No note: it would be one more object that may invoke the function.
            return Err(Problem::permanent("Loop", message));
        }
        if self.store.exists(&bucket, &key).await? {
            return Ok(Outcome::DoneBefore);
        }
        match stage.work(Work { object, id, output: &key, deadline }).await {
            Ok(done) => Ok(Outcome::Done(format!("s3://{bucket}/{key}"), done)),
            Err(Problem::Superseded) => Ok(Outcome::Superseded),
            Err(Problem::Rejected { kind, message }) => {
                // The note is all that the uploader gets, so it must be there.
                self.note(S::NAME, object, id, kind, &message).await?;
                Ok(Outcome::Rejected { kind, message })
            }
            Err(Problem::Permanent { kind, message }) => {
                if let Err(error) = self.note(S::NAME, object, id, kind, &message).await {
                    let (stage, error) = (S::NAME, error.to_string());
                    tracing::warn!(stage, recording = id.as_str(), error, "cannot note a failure");
                }
                Err(Problem::Permanent { kind, message })
            }
            Err(problem @ Problem::Transient { .. }) => Err(problem),
        }
    }

    /// Whether an object that is written to `bucket` and `key` may invoke the function that is
    /// working on `object`.
    fn would_invoke(&self, object: &Object, bucket: &str, key: &str) -> bool {
        bucket == object.bucket && key.starts_with(&self.input_prefix)
    }

    /// Records for the page why a recording has no result. The first note stays: a failure that is
    /// retried or delivered twice writes nothing, and so invokes nothing.
    async fn note(
        &self,
        stage: &str,
        object: &Object,
        id: &RecordingId,
        kind: &str,
        message: &str,
    ) -> Result<(), Problem> {
        let Some(bucket) = &self.failures_bucket else { return Ok(()) };
        let key = id.failure(stage);
        if self.would_invoke(object, bucket, &key) {
            tracing::warn!(stage, key, "no note: it would invoke this function");
            return Ok(());
        }
        let note = json!({"stage": stage, "kind": kind, "message": message}).to_string();
        self.store.put_new_json(bucket, &key, note).await.map(drop)
    }
}

/// The time until `deadline`, in milliseconds since 1970.
fn time_left(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now)
}

/// The error that Lambda and the dead-letter queue get.
fn diagnostic(problems: &[Problem]) -> Diagnostic {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    Diagnostic { error_type: problems[0].kind().into(), error_message: lines.join("\n") }
}
