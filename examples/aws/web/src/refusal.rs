//! Error responses: a status and a sentence for the visitor.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::Problem;
use serde_json::json;

/// The longest wait that is announced.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// An error response.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub reason: String,
    /// When to try again.
    pub wait: Option<Duration>,
}

impl Refusal {
    /// A status with a reason.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Refusal { status, reason: reason.into(), wait: None }
    }

    /// A request beyond a limit.
    pub fn too_many(what: &str, wait: Duration) -> Self {
        let wait = wait.min(MAX_WAIT);
        let minutes = wait.as_secs() / 60 + 1;
        let when = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
        let reason = format!("{what}; try again in {when}.");
        Refusal { status: StatusCode::TOO_MANY_REQUESTS, reason, wait: Some(wait) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.reason }))).into_response();
        if let Some(wait) = self.wait {
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        if problem.is_missing() {
            let reason = "There is no such recording, or it has no result yet.";
            return Refusal::new(StatusCode::NOT_FOUND, reason);
        }
        // The message may name buckets.
        tracing::error!(stage = "web", error = problem.to_string(), "failed");
        Refusal::new(StatusCode::BAD_GATEWAY, "The storage does not answer; try again later.")
    }
}

// axum's own messages describe Rust types.

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        let reason = "Send JSON with name, size and type of a file.";
        Refusal::new(rejection.status(), reason)
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Refusal::new(rejection.status(), "Add ?key= and the key of an upload to the address.")
    }
}

/// The response for other paths.
pub async fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is nothing at this address.")
}

/// The response for other methods.
pub async fn method_not_allowed() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.")
}
