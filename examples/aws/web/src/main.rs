//! The page: upload, status, captions and summary. For Elastic Beanstalk, or anywhere else.
//!
//! | variable | default | |
//! |---|---|---|
//! | `PORT`, `HOST` | 8000, 0.0.0.0 | where it listens; Beanstalk sets `PORT` |
//! | `UPLOADS_BUCKET`, `FEATURES_BUCKET`, `RESULTS_BUCKET` | | the pipeline's buckets |
//! | `MAX_BYTES` | 419430400 | the largest file; `ingest` has the same |
//!
//! | path | |
//! |---|---|
//! | `POST uploads` | `{name, size, type}` → where and how the browser may put the file |
//! | `GET status?key=` | server-sent events: each change of a recording's stages |
//! | `GET result?key=` | captions, with the summary as soon as there is one |
//! | `GET audio?key=` | leads to the recording |
//! | `GET history` | the latest recordings |
//! | `GET health` | 200 |

mod history;
mod page;
mod recording;
mod status;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use pipeline::{Problem, Store, logs, settings};
use serde::Deserialize;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use recording::{Buckets, Key};
use status::Watchers;

/// The largest request: a form of three fields.
const BODY_BYTES: usize = 16 << 10;
/// How long the last answers may take after SIGTERM; who watches a status comes back by itself.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// What all requests share.
struct Shared {
    buckets: Buckets,
    watchers: Watchers,
    max_bytes: u64,
    policy: String,
}

/// An answer that is none: a status and a reason.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(status, reason) = self;
        (status, Json(json!({ "error": reason }))).into_response()
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Permanent { kind: "Missing", .. } => {
                let reason = "this recording, or what is asked of it, is not there";
                Refusal(StatusCode::NOT_FOUND, reason.into())
            }
            problem => {
                // Names of buckets are no visitor's business.
                tracing::error!(stage = "web", error = problem.to_string(), "failed");
                Refusal(StatusCode::BAD_GATEWAY, "the storage does not answer; try again".into())
            }
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    key: String,
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    Json(file): Json<upload::File>,
) -> Result<Json<upload::Ticket>, Refusal> {
    let wanted = file.check(shared.max_bytes);
    let wanted = wanted.map_err(|reason| Refusal(StatusCode::UNPROCESSABLE_ENTITY, reason))?;
    Ok(Json(upload::ticket(&shared.buckets, wanted).await?))
}

async fn result(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let key = Key::parse(&asked.key)?;
    let json = shared.buckets.result(&key).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

async fn audio(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Redirect, Refusal> {
    let key = Key::parse(&asked.key)?;
    Ok(Redirect::temporary(&shared.buckets.audio(&key).await?))
}

async fn latest(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    Ok(Json(history::latest(&shared.buckets).await?).into_response())
}

#[tokio::main]
async fn main() -> Result<()> {
    logs::start();
    let buckets = Buckets::from_settings(Store::new(&pipeline::sdk_config().await))?;
    let origin = buckets.origin().await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let shared = Arc::new(Shared {
        watchers: Watchers::new(buckets.clone()),
        buckets,
        max_bytes: settings::optional("MAX_BYTES", 400 << 20)?,
        policy: page::policy(&origin),
    });
    let app = Router::new()
        .route("/", get(page::html))
        .route("/style.css", get(page::css))
        .route("/main.js", get(page::js))
        .route("/uploads", post(upload))
        .route("/status", get(status::events))
        .route("/result", get(result))
        .route("/audio", get(audio))
        .route("/history", get(latest))
        .route("/health", get(|| async { StatusCode::OK }))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(shared);

    let listener = settings::listener(8000).await?;
    tracing::info!(address = listener.local_addr()?.to_string(), "listening");
    let mut terminate = signal(SignalKind::terminate())?;
    let (ended, ending) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        terminate.recv().await;
        let _ = ended.send(());
    });
    tokio::select! {
        done = server => done?,
        () = async { let _ = ending.await; tokio::time::sleep(LAST_ANSWERS).await } => {}
    }
    Ok(())
}
