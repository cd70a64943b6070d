//! A stage as a Lambda.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::logs::Metrics;
use crate::{Object, Problem, RecordingId, Store, event, settings};

/// One stage: what is done with an object that has been created.
pub trait Stage: Send + Sync + 'static {
    /// What the stage is called in logs and metrics.
    const NAME: &'static str;

    /// What the object's recording is called.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if it cannot be told.
    fn id(&self, object: &Object) -> Result<RecordingId, Problem>;

    /// Where the result goes: bucket and key. Written last, and only if it is not there.
    fn output(&self, id: &RecordingId) -> (String, String);

    /// Does the work and writes the result.
    fn work(&self, work: Work<'_>) -> impl Future<Output = Result<Done, Problem>> + Send;
}

/// What a stage is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The object that was created.
    pub object: &'a Object,
    /// Its recording.
    pub id: &'a RecordingId,
    /// The key of the result, in the stage's own bucket.
    pub output: &'a str,
    /// When Lambda ends the function.
    pub deadline: Instant,
}

/// What a stage has done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Done {
    /// How much music that was, in seconds.
    pub audio_s: f64,
    /// Chunks of it.
    pub chunks: usize,
    /// Whether the result is still to come, from something that was started for it.
    pub later: bool,
}

/// What all stages need to know.
struct Common {
    store: Store,
    /// Only keys that start so are worked on.
    input_prefix: String,
    /// Where reasons of permanent failures go, for the page to tell.
    failures_bucket: Option<String>,
}

/// Runs `stage` until Lambda has no more events for it.
///
/// # Errors
/// If a setting is wrong or the runtime's interface cannot be reached.
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
    /// Goes through all records, whatever becomes of each: those that are done are skipped when the
    /// event comes again because of those that are not.
    async fn handle<S: Stage>(
        &self,
        stage: &S,
        event: LambdaEvent<Value>,
    ) -> Result<Value, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        let deadline = Instant::now() + left(context.deadline);
        let request_id = &context.request_id;
        let unread = |problem: Problem| {
            let (kind, error) = (problem.kind(), problem.to_string());
            tracing::error!(stage = S::NAME, kind, error, request_id, "not understood");
            problem
        };
        let records = event::created(payload).map_err(|problem| diagnostic(&[unread(problem)]))?;
        let (mut done, mut problems) = (Vec::new(), Vec::new());
        for record in records {
            let named = record.and_then(|object| Ok((stage.id(&object)?, object)));
            let worked = match named.map_err(unread) {
                Ok((id, object)) => self.one(stage, &object, &id, deadline, request_id).await,
                Err(problem) => Err(problem),
            };
            match worked {
                Ok(key) => done.extend(key),
                Err(problem) => problems.push(problem),
            }
        }
        match problems.is_empty() {
            true => Ok(json!({ "written": done })),
            false => Err(diagnostic(&problems)),
        }
    }

    /// Works on one object, and gives the key of the result if there is one now that was not
    /// before.
    async fn one<S: Stage>(
        &self,
        stage: &S,
        object: &Object,
        id: &RecordingId,
        deadline: Instant,
        request_id: &str,
    ) -> Result<Option<String>, Problem> {
        let name = S::NAME;
        if !object.key.starts_with(&self.input_prefix) || object.key.ends_with('/') {
            tracing::info!(stage = name, key = object.key, request_id, "not for this stage");
            return Ok(None);
        }
        let begun = Instant::now();
        let worked = self.work(stage, object, id, deadline).await;
        let (duration_s, recording) = (begun.elapsed().as_secs_f64(), id.as_str());
        let (bucket, key) = (&object.bucket[..], &object.key[..]);
        let metrics = Metrics { duration_s, ..Metrics::default() };
        match worked {
            Ok(Some((_, Done { later: true, .. }))) => {
                metrics.emit(name, recording);
                tracing::info!(
                    stage = name,
                    recording,
                    bucket,
                    key,
                    duration_s,
                    request_id,
                    "left to a job"
                );
                Ok(None)
            }
            Ok(Some((output, Done { audio_s, chunks, .. }))) => {
                Metrics { audio_s, chunks, ..metrics }.emit(name, recording);
                tracing::info!(
                    stage = name,
                    recording,
                    bucket,
                    key,
                    output,
                    duration_s,
                    audio_s,
                    chunks,
                    request_id,
                    "done"
                );
                Ok(Some(output))
            }
            Ok(None) => {
                tracing::info!(stage = name, recording, bucket, key, request_id, "done before");
                Ok(None)
            }
            Err(Problem::Superseded) => {
                tracing::info!(stage = name, recording, bucket, key, request_id, "superseded");
                Ok(None)
            }
            Err(problem) => {
                Metrics { failed: true, ..metrics }.emit(name, recording);
                let (kind, error) = (problem.kind(), problem.to_string());
                tracing::error!(
                    stage = name,
                    recording,
                    bucket,
                    key,
                    duration_s,
                    kind,
                    error,
                    request_id,
                    "failed"
                );
                self.note(name, id, &problem).await;
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
    ) -> Result<Option<(String, Done)>, Problem> {
        let (bucket, key) = stage.output(id);
        if bucket == object.bucket && key.starts_with(&self.input_prefix) {
            let prefix = &self.input_prefix;
            let message = format!(
                "s3://{bucket}/{key} lies under {prefix:?}, which calls this very function: without end"
            );
            return Err(Problem::permanent("Loop", message));
        }
        if self.store.exists(&bucket, &key).await? {
            return Ok(None);
        }
        let done = stage.work(Work { object, id, output: &key, deadline }).await?;
        Ok(Some((format!("s3://{bucket}/{key}"), done)))
    }

    /// Writes down for the page what no retry will change.
    async fn note(&self, stage: &str, id: &RecordingId, problem: &Problem) {
        let (Some(bucket), Problem::Permanent { kind, message }) = (&self.failures_bucket, problem)
        else {
            return;
        };
        let json = json!({"stage": stage, "kind": kind, "message": message});
        let key = id.failure(stage);
        if let Err(problem) = self.store.put_json(bucket, &key, json.to_string()).await {
            tracing::warn!(stage, key, error = problem.to_string(), "cannot note the failure");
        }
    }
}

/// The time until `deadline`, in milliseconds since 1970.
fn left(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now)
}

/// What Lambda and the dead-letter queue are told.
fn diagnostic(problems: &[Problem]) -> Diagnostic {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    Diagnostic { error_type: problems[0].kind().into(), error_message: lines.join("\n") }
}
