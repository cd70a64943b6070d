//! Captions by a SageMaker endpoint, which runs `sagemaker serve`.

use std::io::Cursor;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::config::http::HttpResponse;
use aws_sdk_sagemakerruntime::config::timeout::TimeoutConfig;
use aws_sdk_sagemakerruntime::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::InvokeEndpointError;
use aws_sdk_sagemakerruntime::primitives::Blob;
use musicap::audio::{ChunkSpan, NpyWriter};
use musicap::{Caption, Captions};
use ndarray::{Array3, Axis};
use pipeline::{Features, Problem, settings};
use tokio::time::{sleep, timeout_at};

/// The timeout of one attempt: longer than the 60 s that SageMaker gives a container.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(65);
/// The part of the function's time that an invocation may need.
pub const INVOCATION_TIME: Duration = Duration::from_secs(60);
/// The part of the function's time that is kept for reporting that it ran out.
const REPORT_TIME: Duration = Duration::from_secs(2);
/// The wait before a busy endpoint is asked again, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest such wait.
const MAX_WAIT: Duration = Duration::from_secs(16);
/// The size of a request without its values, in bytes.
const HEADER_BYTES: usize = 128;

/// An endpoint.
pub struct Endpoint {
    client: Client,
    name: String,
    payload_bytes: usize,
}

impl Endpoint {
    /// The endpoint named by the settings.
    pub async fn from_settings() -> anyhow::Result<Self> {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
        let config = aws_sdk_sagemakerruntime::config::Builder::from(&pipeline::sdk_config().await)
            .timeout_config(timeouts)
            .build();
        Ok(Endpoint {
            client: Client::from_conf(config),
            name: settings::required("ENDPOINT_NAME")?,
            payload_bytes: settings::optional("PAYLOAD_BYTES", 6_000_000)?,
        })
    }

    /// The number of chunks that fit into a request.
    pub fn batch(&self, chunk_bytes: usize) -> usize {
        self.payload_bytes.saturating_sub(HEADER_BYTES) / chunk_bytes
    }

    /// The model's name and the captions of chunks. While the endpoint is busy the request is
    /// repeated until shortly before `deadline`, because giving up would lose the captions so far.
    pub async fn caption(
        &self,
        chunks: &Array3<f32>,
        spans: &[ChunkSpan],
        features: &Features,
        deadline: Instant,
    ) -> Result<(String, Vec<Caption>), Problem> {
        let key = &features.source.key;
        // Sampling depends on a chunk's index; the fingerprint detects a different model.
        let facts = if features.facts.is_some() { "on" } else { "off" };
        let attributes = format!(
            "first-chunk={};front-end={};facts={facts}",
            spans[0].index, features.fingerprint
        );
        let request = self.client.invoke_endpoint().endpoint_name(&self.name);
        let request = request.content_type("application/x-npy").accept("application/json");
        let request = request.custom_attributes(attributes).body(Blob::new(npy(chunks)));
        let until = deadline.checked_sub(REPORT_TIME).unwrap_or(deadline);
        let mut wait = FIRST_WAIT;
        let reply = loop {
            match timeout_at(until.into(), request.clone().send()).await {
                Ok(Ok(reply)) => break reply,
                Ok(Err(error)) if is_busy(&error) && Instant::now() + wait < until => {
                    let (endpoint, wait_s) = (&self.name, wait.as_secs_f64());
                    tracing::warn!(stage = "caption", key, endpoint, wait_s, "busy");
                    sleep(jittered(wait)).await;
                    wait = (2 * wait).min(MAX_WAIT);
                }
                Ok(Err(error)) => return Err(self.problem(key, error)),
                Err(_) => {
                    let name = &self.name;
                    return Err(Problem::transient(format!(
                        "{key}: the endpoint {name} did not answer within the function's time"
                    )));
                }
            }
        };
        let body = reply.body.map(Blob::into_inner).unwrap_or_default();
        let read = serde_json::from_slice::<Captions>(&body).map_err(|error| error.to_string());
        let read = read.and_then(|read| match read.captions.len() == spans.len() {
            true => Ok(read),
            false => Err(format!("{} captions for {} chunks", read.captions.len(), spans.len())),
        });
        let read = read.map_err(|reason| {
            let name = &self.name;
            Problem::transient(format!("{key}: the endpoint {name} returned no captions: {reason}"))
        })?;
        let captions = read.captions.into_iter().zip(spans).map(|(mut caption, span)| {
            (caption.index, caption.start_s, caption.end_s) =
                (span.index, span.start_s, span.end_s);
            caption
        });
        Ok((read.model, captions.collect()))
    }

    /// The problem of a failed request. What the container refuses is permanent.
    fn problem(&self, key: &str, error: SdkError<InvokeEndpointError, HttpResponse>) -> Problem {
        let name = &self.name;
        if let Some(InvokeEndpointError::ModelError(refused)) = error.as_service_error() {
            let status = refused.original_status_code().unwrap_or_default();
            let reason = refused.original_message().unwrap_or("no reason given").trim();
            let message = format!("{key}: the endpoint {name} answered {status}: {reason}");
            return match status {
                408 | 429 | ..400 | 500.. => Problem::transient(message),
                _ => Problem::permanent("Refused", message),
            };
        }
        let reason = DisplayErrorContext(&error);
        let message = format!("{key}: cannot invoke the endpoint {name}: {reason}");
        match error.as_service_error() {
            Some(InvokeEndpointError::ValidationError(_)) => {
                Problem::permanent("Endpoint", message)
            }
            _ => Problem::transient(message),
        }
    }
}

/// Whether the same request may succeed later: SageMaker or the container is overloaded, or a new
/// container is starting.
fn is_busy(error: &SdkError<InvokeEndpointError, HttpResponse>) -> bool {
    match error.as_service_error() {
        Some(InvokeEndpointError::ModelError(refused)) => {
            matches!(refused.original_status_code(), Some(429 | 503))
        }
        Some(InvokeEndpointError::ServiceUnavailable(_)) => true,
        _ => error.code() == Some("ThrottlingException"),
    }
}

/// A random duration between half of `wait` and `wait`, so that concurrent callers spread out.
fn jittered(wait: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    wait / 2 + wait * (nanos / 1000 % 1000) / 2000
}

/// Chunks as a .npy file.
fn npy(chunks: &Array3<f32>) -> Vec<u8> {
    let (_, n_mels, frames) = chunks.dim();
    let mut file = Cursor::new(Vec::with_capacity(
        HEADER_BYTES + size_of_val(chunks.as_slice().unwrap_or_default()),
    ));
    let written = NpyWriter::new(&mut file, [n_mels, frames]).and_then(|mut npy| {
        chunks.axis_iter(Axis(0)).try_for_each(|chunk| npy.write(chunk))?;
        npy.finish()
    });
    written.expect("memory can be written");
    file.into_inner()
}
