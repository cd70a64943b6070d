//! Lambda: records failures that the stages could not record themselves, for the page to show.
//!
//! | event | result |
//! |---|---|
//! | a message of the dead-letter queue | `dead-letters/MESSAGE.json`, as it came; `failures/ID.STAGE.json` for each recording, unless the stage has written it |
//! | a Processing job failed or was stopped | `failures/ID.caption.json` |
//!
//! | variable | | |
//! |---|---|---|
//! | `FAILURES_BUCKET` | | the bucket of both; jobs that do not write to it are ignored |

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use pipeline::name::DEAD_LETTERS;
use pipeline::{Problem, RecordingId, Store, event, logs, settings};
use serde_json::{Value, json};

/// What the page shows for a stage that was killed or ran out of retries.
const RETRIES_EXHAUSTED: &str =
    "This step failed several times. Please upload the recording again later.";
/// What the page shows for a job.
const JOB_FAILED: &str = "The processing job ended without captions.";

struct DeadLetterHandler {
    store: Store,
    bucket: String,
}

impl DeadLetterHandler {
    async fn handle(&self, event: &Value) -> Result<(), Problem> {
        if event["source"] == "aws.sagemaker" {
            return self.job(&event["detail"]).await;
        }
        let Some(messages) = event["Records"].as_array() else {
            let message = "neither messages of a queue nor the end of a job";
            return Err(Problem::permanent("Event", message));
        };
        for message in messages {
            let id = message["messageId"].as_str().unwrap_or_default();
            let body = message["body"].as_str().unwrap_or_default();
            let key = format!("{DEAD_LETTERS}{id}.json");
            self.store.put_new_json(&self.bucket, &key, body.to_owned()).await?;
            match serde_json::from_str(body) {
                Ok(letter) => self.dead_letter(&letter).await?,
                // A retry would not help.
                Err(error) => tracing::error!(key, error = error.to_string(), "not JSON"),
            }
        }
        Ok(())
    }

    /// Records the failure of an invocation that Lambda has given up.
    async fn dead_letter(&self, letter: &Value) -> Result<(), Problem> {
        let context = &letter["requestContext"];
        let Some(stage) = context["functionArn"].as_str().and_then(stage) else {
            tracing::error!(context = context.to_string(), "a dead letter of no stage");
            return Ok(());
        };
        let error = &letter["responsePayload"];
        let kind = error["errorType"].as_str().or(context["condition"].as_str());
        let detail = error["errorMessage"].as_str().unwrap_or_default();
        let records = match event::created(letter["requestPayload"].clone()) {
            Ok(records) => records,
            Err(problem) => {
                let error = problem.to_string();
                tracing::error!(stage, error, "a dead letter without recordings");
                return Ok(());
            }
        };
        for object in records.into_iter().flatten() {
            let id = match stage {
                "ingest" => RecordingId::of_upload(&object),
                _ => Ok(RecordingId::of_result(&object.key)),
            };
            let id = match id {
                Ok(id) => id,
                Err(problem) => {
                    let error = problem.to_string();
                    tracing::error!(stage, error, "a recording without an identifier");
                    continue;
                }
            };
            let note = note(stage, kind.unwrap_or("Unknown"), RETRIES_EXHAUSTED, detail);
            self.store.put_new_json(&self.bucket, &id.failure(stage), note).await?;
            tracing::info!(stage, recording = id.as_str(), kind, "recorded");
        }
        Ok(())
    }

    /// Records that a job ended without captions, if `caption` started it.
    async fn job(&self, job: &Value) -> Result<(), Problem> {
        let text = |name: &str| job[name].as_str().unwrap_or_default();
        let (name, status) = (text("ProcessingJobName"), text("ProcessingJobStatus"));
        let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let prefix = format!("s3://{}/", self.bucket);
        let writes_here = |output: &Value| {
            output["S3Output"]["S3Uri"].as_str().is_some_and(|uri| uri.starts_with(&prefix))
        };
        let inputs = list(&job["ProcessingInputs"]);
        let array = inputs.iter().find(|input| input["InputName"] == "array");
        let array = array.and_then(|input| input["S3Input"]["S3Uri"].as_str());
        let is_ours = list(&job["ProcessingOutputConfig"]["Outputs"]).iter().any(writes_here);
        let (Some(array), true) = (array, is_ours) else {
            tracing::info!(job = name, "not a job of this pipeline");
            return Ok(());
        };
        let id = RecordingId::of_result(array);
        let reason = job["ExitMessage"].as_str().or(job["FailureReason"].as_str());
        let detail = format!("{name}: {status}: {}", reason.unwrap_or("no reason given"));
        let note = note("caption", "Job", JOB_FAILED, &detail);
        self.store.put_new_json(&self.bucket, &id.failure("caption"), note).await?;
        tracing::info!(stage = "caption", recording = id.as_str(), detail, "recorded");
        Ok(())
    }
}

/// `message` is shown on the page, `detail` is for operators.
fn note(stage: &str, kind: &str, message: &str, detail: &str) -> String {
    json!({"stage": stage, "kind": kind, "message": message, "detail": detail}).to_string()
}

/// The stage of a function, which is the end of its name.
fn stage(arn: &str) -> Option<&'static str> {
    let name = arn.split(":function:").nth(1)?.split(':').next()?;
    let stages = ["ingest", "caption", "summarize"];
    stages.into_iter().find(|stage| name.rsplit('-').next() == Some(stage))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let store = Store::new(&pipeline::sdk_config().await);
    let handler =
        Arc::new(DeadLetterHandler { store, bucket: settings::required("FAILURES_BUCKET")? });
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let handler = handler.clone();
        async move {
            handler.handle(&event.payload).await.map_err(|problem| {
                let (kind, error) = (problem.kind(), problem.to_string());
                tracing::error!(kind, error, request_id = event.context.request_id, "failed");
                Diagnostic { error_type: kind.into(), error_message: error }
            })
        }
    });
    lambda_runtime::run(service).await.map_err(anyhow::Error::from_boxed)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_end_of_a_function_name_is_its_stage() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-stack-caption:$LATEST";
        assert_eq!(super::stage(arn), Some("caption"));
        for other in ["arn:aws:lambda:us-east-1:1:function:caption-2", "caption", ""] {
            assert_eq!(super::stage(other), None, "{other}");
        }
    }
}
