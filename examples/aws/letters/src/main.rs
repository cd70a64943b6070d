//! Lambda: what failed without being able to say so is noted where the page looks.
//!
//! | event | becomes |
//! |---|---|
//! | a message of the dead-letter queue | `letters/MESSAGE.json`, as it came; `failures/ID.STAGE.json` for each recording, unless the stage has noted it itself |
//! | a Processing job has failed or was stopped | `failures/ID.caption.json` |
//!
//! | variable | | |
//! |---|---|---|
//! | `FAILURES_BUCKET` | | where these go; only jobs that write there are looked at |

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use pipeline::name::LETTERS;
use pipeline::{Problem, RecordingId, Store, event, logs, settings};
use serde_json::{Value, json};

/// What the page tells of a stage that could not say itself what was wrong.
const TRIED: &str = "This step was tried several times and did not succeed. Upload it again later.";
/// What it tells of a job.
const JOB: &str = "The processing job ended without captions.";

struct Letters {
    store: Store,
    bucket: String,
}

impl Letters {
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
            let key = format!("{LETTERS}{id}.json");
            self.store.put_json(&self.bucket, &key, body.to_owned()).await?;
            match serde_json::from_str(body) {
                Ok(letter) => self.letter(&letter).await?,
                // It will not be understood the next time either.
                Err(error) => tracing::error!(key, error = error.to_string(), "no letter"),
            }
        }
        Ok(())
    }

    /// Notes what Lambda says of an invocation that it has given up.
    async fn letter(&self, letter: &Value) -> Result<(), Problem> {
        let context = &letter["requestContext"];
        let Some(stage) = context["functionArn"].as_str().and_then(stage) else {
            tracing::error!(context = context.to_string(), "a letter of no stage");
            return Ok(());
        };
        let error = &letter["responsePayload"];
        let kind = error["errorType"].as_str().or(context["condition"].as_str());
        let detail = error["errorMessage"].as_str().unwrap_or_default();
        let records = match event::created(letter["requestPayload"].clone()) {
            Ok(records) => records,
            Err(problem) => {
                tracing::error!(stage, error = problem.to_string(), "a letter without recordings");
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
                    tracing::error!(
                        stage,
                        error = problem.to_string(),
                        "a recording without a name"
                    );
                    continue;
                }
            };
            let note = note(stage, kind.unwrap_or("Lost"), TRIED, detail);
            self.store.put_new_json(&self.bucket, &id.failure(stage), note).await?;
            tracing::info!(stage, recording = id.as_str(), kind, "noted");
        }
        Ok(())
    }

    /// Notes a job that has ended without captions, if it is one of `caption`'s.
    async fn job(&self, job: &Value) -> Result<(), Problem> {
        let text = |name: &str| job[name].as_str().unwrap_or_default();
        let (name, status) = (text("ProcessingJobName"), text("ProcessingJobStatus"));
        let listed = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let ours = format!("s3://{}/", self.bucket);
        let writes_here = |output: &Value| {
            output["S3Output"]["S3Uri"].as_str().is_some_and(|uri| uri.starts_with(&ours))
        };
        let inputs = listed(&job["ProcessingInputs"]);
        let array = inputs.iter().find(|input| input["InputName"] == "array");
        let array = array.and_then(|input| input["S3Input"]["S3Uri"].as_str());
        let is_ours = listed(&job["ProcessingOutputConfig"]["Outputs"]).iter().any(writes_here);
        let (Some(array), true) = (array, is_ours) else {
            tracing::info!(job = name, "not one of caption's");
            return Ok(());
        };
        let id = RecordingId::of_result(array);
        let reason = job["ExitMessage"].as_str().or(job["FailureReason"].as_str());
        let detail = format!("{name}: {status}: {}", reason.unwrap_or("no reason"));
        let note = note("caption", "Job", JOB, &detail);
        self.store.put_json(&self.bucket, &id.failure("caption"), note).await?;
        tracing::info!(stage = "caption", recording = id.as_str(), detail, "noted");
        Ok(())
    }
}

/// `message` is for the page's visitors, `detail` for whoever runs it.
fn note(stage: &str, kind: &str, message: &str, detail: &str) -> String {
    json!({"stage": stage, "kind": kind, "message": message, "detail": detail}).to_string()
}

/// The stage of a function: what its name ends with.
fn stage(arn: &str) -> Option<&'static str> {
    let name = arn.split(":function:").nth(1)?.split(':').next()?;
    let stages = ["ingest", "caption", "summarize"];
    stages.into_iter().find(|stage| name.rsplit('-').next() == Some(stage))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let store = Store::new(&pipeline::sdk_config().await);
    let letters = Arc::new(Letters { store, bucket: settings::required("FAILURES_BUCKET")? });
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let letters = letters.clone();
        async move {
            letters.handle(&event.payload).await.map_err(|problem| {
                let (kind, error) = (problem.kind(), problem.to_string());
                tracing::error!(kind, error, request_id = event.context.request_id, "failed");
                Diagnostic { error_type: kind.into(), error_message: error }
            })
        }
    });
    lambda_runtime::run(handler).await.map_err(anyhow::Error::from_boxed)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_function_is_called_after_its_stage() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-stack-caption:$LATEST";
        assert_eq!(super::stage(arn), Some("caption"));
        for other in ["arn:aws:lambda:us-east-1:1:function:caption-2", "caption", ""] {
            assert_eq!(super::stage(other), None, "{other}");
        }
    }
}
