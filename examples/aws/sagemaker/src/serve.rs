//! The endpoint's contract: `/ping` and `/invocations` on port 8080.
//!
//! | variable | default | |
//! |---|---|---|
//! | `PORT`, `HOST` | 8080, 0.0.0.0 | the address to listen on |
//! | `MAX_BODY_BYTES` | 6291456 | the largest request: 413 beyond |
//! | `MAX_CONCURRENT` | 2 | invocations that are captioned at a time |
//! | `MAX_WAITING` | 16 | invocations that wait for those: 503 beyond |
//! | `BODY_SECONDS` | 20 | the time for a request's body to arrive: 408 beyond |
//! | `INVOCATION_SECONDS` | 55 | the time for an invocation in all, below the 60 s of SageMaker: 504 beyond |
//! | `MAX_CONNECTIONS` | 256 | open connections; more wait |
//! | `IDLE_SECONDS` | 60 | the time for a request's headers to arrive, and for a connection to be idle |
//!
//! Beside the model, an invocation takes at most the memory of its body and, for JSON, twice that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::body::{Body, BodyDataStream};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http_server::Limits;
use musicap::Format;
use pipeline::logs::Metrics;
use pipeline::{settings, shorten};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

use crate::captions::{GiveUp, Model};
use crate::invocation::{self, Attributes, Invocation, Kind};

/// After SIGTERM, how long the server waits without an admitted request before it ends.
const SHUTDOWN_IDLE: Duration = Duration::from_secs(5);
/// How many times the largest body is read and discarded, as most clients do not read the refusal
/// before they have sent everything.
const DISCARD_FACTOR: usize = 4;
/// The time in which a client has to read some of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

struct Server {
    model: Model,
    /// Permits of admitted invocations.
    admission: Arc<Semaphore>,
    /// Their number.
    max_admitted: usize,
    /// Permits of invocations that are captioned.
    captioning: Arc<Semaphore>,
    max_body: usize,
    body_time: Duration,
    invocation_time: Duration,
}

/// An error response: a status and a reason.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(status, reason) = self;
        (status, Json(json!({ "error": reason }))).into_response()
    }
}

/// Serves until SIGTERM, and then until every admitted request is answered.
pub async fn run(model: Model) -> Result<()> {
    let (concurrent, waiting) =
        (settings::optional("MAX_CONCURRENT", 2)?, settings::optional("MAX_WAITING", 16)?);
    let server = Arc::new(Server {
        model,
        admission: Arc::new(Semaphore::new(concurrent + waiting)),
        max_admitted: concurrent + waiting,
        captioning: Arc::new(Semaphore::new(concurrent)),
        max_body: settings::optional("MAX_BODY_BYTES", 6 << 20)?,
        body_time: settings::seconds("BODY_SECONDS", 20)?,
        invocation_time: settings::seconds("INVOCATION_SECONDS", 55)?,
    });
    let limits = Limits {
        connections: settings::optional("MAX_CONNECTIONS", 256)?,
        // Requests come from SageMaker alone.
        connections_per_address: None,
        header_timeout: settings::seconds("IDLE_SECONDS", 60)?,
        write_timeout: WRITE_TIMEOUT,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let (host, port) = settings::address(8080)?;
    let listener = http_server::listen(host, port).await?;
    let address = listener.local_addr()?.to_string();
    let app = Router::new()
        .route("/ping", get(|| async { StatusCode::OK }))
        .route("/invocations", post(invocations))
        .with_state(server.clone());
    tracing::info!(address, "listening");
    let stop = async {
        terminate.recv().await;
        tracing::info!("finishing admitted requests");
    };
    http_server::serve(listener, app, limits, stop, server.drained()).await;
    Ok(())
}

async fn invocations(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let begun = Instant::now();
    let answered = answer(server, headers, body, begun).await;
    let metrics = Metrics { duration_s: begun.elapsed().as_secs_f64(), ..Metrics::default() };
    match &answered {
        Ok(captions) => {
            let (audio_s, chunks) = (captions.duration_s, captions.captions.len());
            Metrics { audio_s, chunks, ..metrics }.emit("serve", "");
            let duration_s = metrics.duration_s;
            tracing::info!(stage = "serve", duration_s, audio_s, chunks, "done");
        }
        Err(Refusal(status, reason)) => {
            Metrics { failed: true, ..metrics }.emit("serve", "");
            tracing::error!(stage = "serve", status = status.as_u16(), error = reason, "failed");
        }
    }
    let json = answered?.format(Format::Json);
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

async fn answer(
    server: Arc<Server>,
    headers: HeaderMap,
    body: Body,
    begun: Instant,
) -> Result<musicap::Captions, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let content_type = text("content-type");
    let kind = Kind::of(content_type).ok_or_else(|| {
        let reason = format!(
            "the content type is {}; send application/x-npy, application/json or audio/…",
            shorten(content_type)
        );
        Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason)
    });
    let attributes = Attributes::read(text("x-amzn-sagemaker-custom-attributes"))
        .map_err(|reason| Refusal(StatusCode::BAD_REQUEST, reason));
    let busy = || Refusal(StatusCode::SERVICE_UNAVAILABLE, "busy: try again later".to_owned());
    let admitted = server.admission.clone().try_acquire_owned().map_err(|_| busy())?;
    // Read before anything is refused: a client that is still sending would see that the connection
    // broke, and not why.
    let body = server.read(text("content-length"), body, begun).await?;
    let (kind, attributes) = (kind?, attributes?);

    let deadline = begun + server.invocation_time;
    let captioning = server.captioning.clone().acquire_owned();
    let captioning = match timeout_at(deadline.into(), captioning).await {
        Ok(Ok(permit)) => permit,
        _ => return Err(busy()),
    };
    let invocation = Invocation { kind, attributes, body };
    // When the client disconnects, this future is dropped, and the guard with it.
    let guard = DisconnectGuard(Arc::new(AtomicBool::new(false)));
    let give_up = GiveUp { deadline: Some(deadline), disconnected: guard.0.clone() };
    let model = server.model.clone();
    let worked = tokio::task::spawn_blocking(move || {
        // The work continues until it checks `give_up`, and keeps its permits until then.
        let _permits = (admitted, captioning);
        invocation.caption(&model, &give_up)
    });
    match worked.await {
        Ok(Ok(captions)) => Ok(captions),
        Ok(Err(failure)) => {
            let status = StatusCode::from_u16(invocation::status(&failure));
            Err(Refusal(status.expect("a valid status"), failure.to_string()))
        }
        Err(panic) => {
            tracing::error!(stage = "serve", error = panic.to_string(), "panic");
            let reason = "an internal error; the log has its reason".to_owned();
            Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, reason))
        }
    }
}

/// Sets its flag when it is dropped.
struct DisconnectGuard(Arc<AtomicBool>);

impl Drop for DisconnectGuard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Server {
    /// Waits until no request has been admitted for a while.
    async fn drained(&self) {
        let mut idle_since = Instant::now();
        while idle_since.elapsed() < SHUTDOWN_IDLE {
            if self.admission.available_permits() < self.max_admitted {
                idle_since = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The body, if it is not too large and arrives in time.
    async fn read(&self, length: &str, body: Body, begun: Instant) -> Result<Bytes, Refusal> {
        let max = self.max_body;
        let too_large = || {
            Refusal(StatusCode::PAYLOAD_TOO_LARGE, format!("the request has more than {max} bytes"))
        };
        let announced = length.parse::<usize>().ok();
        if announced.is_some_and(|length| length > DISCARD_FACTOR * max) {
            return Err(too_large());
        }
        let mut stream: BodyDataStream = body.into_data_stream();
        // Allocated once: growing would take up to three times the body's size.
        let mut whole = BytesMut::with_capacity(announced.map_or(0, |length| length.min(max)));
        let mut received = 0;
        let deadline = (begun + self.body_time).into();
        loop {
            match timeout_at(deadline, stream.next()).await {
                Ok(Some(Ok(piece))) => {
                    received += piece.len();
                    match received {
                        _ if received <= max => whole.extend_from_slice(&piece),
                        _ if received <= DISCARD_FACTOR * max => {}
                        _ => return Err(too_large()),
                    }
                }
                Ok(Some(Err(_))) => {
                    let reason = format!("the connection broke after {received} bytes of the body");
                    return Err(Refusal(StatusCode::BAD_REQUEST, reason));
                }
                Ok(None) if received > max => return Err(too_large()),
                Ok(None) => return Ok(whole.freeze()),
                Err(_) => {
                    let seconds = self.body_time.as_secs();
                    let reason = format!("only {received} bytes arrived within {seconds} s");
                    return Err(Refusal(StatusCode::REQUEST_TIMEOUT, reason));
                }
            }
        }
    }
}
