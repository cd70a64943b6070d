//! The page's server: log-in, uploads, status, captions and summary. For Elastic Beanstalk or
//! elsewhere, behind HTTPS.
//!
//! | variable | default | |
//! |---|---|---|
//! | `PORT`, `HOST` | 8000, 0.0.0.0 | the address to listen on; Beanstalk sets `PORT` |
//! | `UPLOADS_BUCKET`, `FEATURES_BUCKET`, `RESULTS_BUCKET` | | the pipeline's buckets |
//! | `MAX_BYTES` | 419430400 | the largest file, as in `ingest` |
//! | `PASS_PHRASE` | | what visitors log in with, 12 bytes or more |
//! | `PUBLIC` | `false` | `true` in place of a pass phrase: everyone may use the page |
//! | `TRUSTED_PROXIES` | 0 | proxies that append the client's address to `X-Forwarded-For`: 1 on a single Beanstalk instance (its nginx), 2 behind a load balancer |
//! | `ALLOWED_HOSTS` | all | the page's host names with ports, separated by commas; others are refused |
//! | `CLIENT_REQUESTS_PER_MINUTE`, `REQUESTS_PER_MINUTE` | 300, 3000 | requests of each client, of all |
//! | `CLIENT_UPLOADS_PER_HOUR`, `UPLOADS_PER_HOUR` | 30, 200 | uploads |
//! | `CLIENT_UPLOAD_MB_PER_HOUR`, `UPLOAD_MB_PER_HOUR` | 1000, 5000 | their size; below `MAX_BYTES`, no file of that size is accepted |
//! | `CLIENT_LOG_INS_PER_HOUR`, `LOG_INS_PER_HOUR` | 20, 600 | attempts to log in |
//! | `CLIENT_STREAMS`, `MAX_STREAMS` | 20, 1000 | open `status` streams |
//! | `MAX_CONNECTIONS`, `CLIENT_CONNECTIONS` | 2000, 64 | open connections; of each address only where `TRUSTED_PROXIES` is 0 |
//! | `REQUEST_SECONDS` | 15 | the time for headers, for a body, and for a connection to be idle |
//!
//! | path | |
//! |---|---|
//! | `POST uploads` | `{name, size, type}` → where and how the browser may upload the file |
//! | `GET status?key=` | server-sent events: each change of a recording's stages |
//! | `GET result?key=` | captions, with the summary as soon as it exists |
//! | `GET audio?key=` | redirects to the recording |
//! | `GET history` | the latest recordings |
//! | `GET` and `POST log-in`, `POST log-out` | sessions |
//! | `GET health` | 200 |

mod cache;
mod client;
mod history;
mod key;
mod page;
mod rate;
mod recording;
mod refusal;
mod session;
mod status;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_server::Limits;
use pipeline::{Store, logs, settings};
use tokio::signal::unix::{SignalKind, signal};
use tower_http::timeout::TimeoutLayer;

use client::Client;
use history::History;
use key::{Key, KeyQuery};
use rate::RateLimit;
use recording::Buckets;
use refusal::Refusal;
use session::Access;
use status::Watchers;

/// The largest request body, in bytes: a form of three fields.
const MAX_BODY_BYTES: usize = 16 << 10;
/// After SIGTERM, how long open requests may take. Browsers reconnect to `status` by themselves.
const SHUTDOWN_TIME: Duration = Duration::from_secs(5);
/// The time in which a client has to read some of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The state that all requests share.
struct Shared {
    buckets: Buckets,
    history: Arc<History>,
    watchers: Watchers,
    max_bytes: u64,
    policy: HeaderValue,
    access: Access,
    trusted_proxies: usize,
    allowed_hosts: Vec<String>,
    requests: RateLimit,
    uploads: RateLimit,
    megabytes: RateLimit,
}

impl Shared {
    async fn from_settings() -> Result<Self> {
        let buckets = Buckets::from_settings(Store::new(&pipeline::sdk_config().await))?;
        let origin = buckets.origin().await?;
        let max_bytes = settings::optional("MAX_BYTES", 400 << 20)?;
        let hosts: String = settings::optional("ALLOWED_HOSTS", String::new())?;
        let hosts = hosts.split(',').map(|host| host.trim().to_lowercase());
        let history = Arc::new(History::new(buckets.clone()));
        Ok(Shared {
            watchers: Watchers::from_settings(buckets.clone(), history.clone())?,
            history,
            buckets,
            max_bytes,
            policy: page::policy(&origin).parse().context("the storage's origin")?,
            access: Access::from_settings()?,
            trusted_proxies: settings::optional("TRUSTED_PROXIES", 0)?,
            allowed_hosts: hosts.filter(|host| !host.is_empty()).collect(),
            requests: RateLimit::per_minute(
                ("CLIENT_REQUESTS_PER_MINUTE", 300),
                ("REQUESTS_PER_MINUTE", 3000),
            )?,
            uploads: RateLimit::per_hour(
                ("CLIENT_UPLOADS_PER_HOUR", 30),
                ("UPLOADS_PER_HOUR", 200),
            )?,
            megabytes: RateLimit::per_hour(
                ("CLIENT_UPLOAD_MB_PER_HOUR", 1000),
                ("UPLOAD_MB_PER_HOUR", 5000),
            )?,
        })
    }
}

/// Refuses requests to other host names, and those beyond the client's limit.
async fn admit(
    State(shared): State<Arc<Shared>>,
    client: Client,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    // Health checks come from inside, under any name.
    if request.uri().path() == "/health" {
        return Ok(next.run(request).await);
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default().to_lowercase();
    if !shared.allowed_hosts.is_empty() && !shared.allowed_hosts.contains(&host) {
        let reason = "This server has a different name.";
        return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, reason));
    }
    let taken = shared.requests.take(client, 1);
    taken.map_err(|wait| Refusal::too_many("Too many requests", wait))?;
    Ok(next.run(request).await)
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    client: Client,
    file: Result<Json<upload::File>, JsonRejection>,
) -> Result<Json<upload::Ticket>, Refusal> {
    let checked = file?.0.check(shared.max_bytes);
    let checked =
        checked.map_err(|reason| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, reason))?;
    let megabytes = checked.size.div_ceil(1 << 20) as u32;
    let taken = shared.uploads.take(client, 1);
    let taken = taken.and_then(|()| shared.megabytes.take(client, megabytes));
    taken.map_err(|wait| Refusal::too_many("Too many uploads", wait))?;
    Ok(Json(upload::ticket(&shared.buckets, checked).await?))
}

async fn result(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<KeyQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let json = shared.buckets.result(&Key::try_from(query?.0)?).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

async fn audio(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<KeyQuery>, QueryRejection>,
) -> Result<Redirect, Refusal> {
    Ok(Redirect::temporary(&shared.buckets.audio(&Key::try_from(query?.0)?).await?))
}

async fn latest(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    Ok(Json(&*shared.history.latest().await?).into_response())
}

fn router(shared: Arc<Shared>, request_time: Duration) -> Router {
    Router::new()
        .route("/", get(page::html))
        .route("/style.css", get(page::css))
        .route("/main.js", get(page::js))
        .route("/log-in", get(session::form).post(session::log_in))
        .route("/log-out", post(session::log_out))
        .route("/uploads", post(upload))
        .route("/status", get(status::events))
        .route("/result", get(result))
        .route("/audio", get(audio))
        .route("/history", get(latest))
        .route("/health", get(|| async { StatusCode::OK }))
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, request_time))
        .layer(from_fn_with_state(shared.clone(), session::guard))
        .layer(from_fn_with_state(shared.clone(), admit))
        .layer(from_fn_with_state(shared.clone(), page::headers))
        .with_state(shared)
}

#[tokio::main]
async fn main() -> Result<()> {
    logs::start();
    let shared = Arc::new(Shared::from_settings().await?);
    let request_time = settings::seconds("REQUEST_SECONDS", 15)?;
    let per_address = settings::optional("CLIENT_CONNECTIONS", 64)?;
    let limits = Limits {
        connections: settings::optional("MAX_CONNECTIONS", 2000)?,
        connections_per_address: (shared.trusted_proxies == 0).then_some(per_address),
        header_timeout: request_time,
        write_timeout: WRITE_TIMEOUT,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let (host, port) = settings::address(8000)?;
    let listener = http_server::listen(host, port).await?;
    tracing::info!(address = listener.local_addr()?.to_string(), "listening");

    let stop = async move {
        terminate.recv().await;
    };
    let app = router(shared, request_time);
    http_server::serve(listener, app, limits, stop, tokio::time::sleep(SHUTDOWN_TIME)).await;
    Ok(())
}
