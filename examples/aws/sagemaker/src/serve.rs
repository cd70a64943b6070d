//! The endpoint's contract: `/ping` and `/invocations` on port 8080.
//!
//! | variable | default | |
//! |---|---|---|
//! | `PORT`, `HOST` | 8080, 0.0.0.0 | where it listens |
//! | `MAX_BODY_BYTES` | 6291456 | the largest request: 413 beyond |
//! | `MAX_CONCURRENT` | 2 | invocations that are worked on at a time |
//! | `MAX_WAITING` | 16 | invocations that wait for those: 503 beyond |
//! | `BODY_SECONDS` | 20 | for a request's body to arrive: 408 beyond |
//! | `INVOCATION_SECONDS` | 55 | for an invocation in all, before SageMaker gives it up at 60: 504 beyond |

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
use musicap::Format;
use pipeline::logs::Metrics;
use pipeline::settings;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

use crate::captions::{Model, Until};
use crate::invocation::{self, Attributes, Invocation, Kind};

/// How long after SIGTERM a connection may go on without a request, and the last answer may take
/// on its way.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// How many times too large a request may be to be read to its end.
const HEARD_OUT: usize = 4;

struct Server {
    model: Model,
    /// Invocations that are let in.
    room: Arc<Semaphore>,
    /// As many as there is room for.
    places: usize,
    /// Invocations that are worked on.
    work: Arc<Semaphore>,
    max_body: usize,
    body_time: Duration,
    invocation_time: Duration,
}

/// An answer that is no captions: a status and a reason.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(status, reason) = self;
        (status, Json(json!({ "error": reason }))).into_response()
    }
}

/// Answers until SIGTERM comes, and then until all that was let in is answered. Connections that
/// have not said what they want are not waited for much longer.
pub async fn run(model: Model) -> Result<()> {
    let (concurrent, waiting) =
        (settings::optional("MAX_CONCURRENT", 2)?, settings::optional("MAX_WAITING", 16)?);
    let seconds = |name, default| settings::optional(name, default).map(Duration::from_secs);
    let server = Server {
        model,
        room: Arc::new(Semaphore::new(concurrent + waiting)),
        places: concurrent + waiting,
        work: Arc::new(Semaphore::new(concurrent)),
        max_body: settings::optional("MAX_BODY_BYTES", 6 << 20)?,
        body_time: seconds("BODY_SECONDS", 20)?,
        invocation_time: seconds("INVOCATION_SECONDS", 55)?,
    };
    let server = Arc::new(server);
    let listener = settings::listener(8080).await?;
    let address = listener.local_addr()?.to_string();
    let app = Router::new()
        .route("/ping", get(|| async { StatusCode::OK }))
        .route("/invocations", post(invocations))
        .with_state(server.clone());
    let mut terminate = signal(SignalKind::terminate())?;
    tracing::info!(address, "listening");
    let (ended, ending) = tokio::sync::oneshot::channel();
    let answering = axum::serve(listener, app).with_graceful_shutdown(async move {
        terminate.recv().await;
        tracing::info!("answering what has been let in, then ending");
        let _ = ended.send(());
    });
    tokio::select! {
        done = answering => done?,
        () = async { let _ = ending.await; server.quiet().await } => {
            tracing::info!("ended connections that asked for nothing");
        }
    }
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
    let json = answered?.write(Format::Json);
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
            "content type {content_type:?}; send application/x-npy, application/json or audio/…"
        );
        Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason)
    })?;
    let attributes = Attributes::read(text("x-amzn-sagemaker-custom-attributes"))
        .map_err(|reason| Refusal(StatusCode::BAD_REQUEST, reason))?;
    let busy = || Refusal(StatusCode::SERVICE_UNAVAILABLE, "busy: try again".to_owned());
    let room = server.room.clone().try_acquire_owned().map_err(|_| busy())?;
    let body = server.read(text("content-length"), body, begun).await?;

    let deadline = begun + server.invocation_time;
    let work = match timeout_at(deadline.into(), server.work.clone().acquire_owned()).await {
        Ok(Ok(work)) => work,
        _ => return Err(busy()),
    };
    let invocation = Invocation { kind, attributes, body };
    // Whoever has gone away drops this future, and with it the guard.
    let abandoned = Abandoned(Arc::new(AtomicBool::new(false)));
    let until = Until { deadline: Some(deadline), abandoned: abandoned.0.clone() };
    let model = server.model.clone();
    let worked = tokio::task::spawn_blocking(move || {
        // Work goes on until it notices that nobody waits for it, and takes its place until then.
        let _places = (room, work);
        invocation.caption(&model, &until)
    });
    match worked.await {
        Ok(Ok(captions)) => Ok(captions),
        Ok(Err(failure)) => {
            let status = StatusCode::from_u16(invocation::status(&failure));
            Err(Refusal(status.expect("a status"), failure.to_string()))
        }
        Err(panic) => Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, panic.to_string())),
    }
}

/// Says so when it is dropped.
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Server {
    /// Waits until nothing has been let in for a while.
    async fn quiet(&self) {
        let mut since = Instant::now();
        while since.elapsed() < LAST_ANSWERS {
            if self.room.available_permits() < self.places {
                since = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The body, if it is not too large and comes in time. A little too much is read and thrown
    /// away, as most clients listen only when they have said all.
    async fn read(&self, length: &str, body: Body, begun: Instant) -> Result<Bytes, Refusal> {
        let most = self.max_body;
        let too_large = || {
            Refusal(StatusCode::PAYLOAD_TOO_LARGE, format!("a request of more than {most} bytes"))
        };
        if length.parse::<usize>().is_ok_and(|length| length > HEARD_OUT * most) {
            return Err(too_large());
        }
        let mut stream: BodyDataStream = body.into_data_stream();
        let (mut whole, mut came) = (BytesMut::new(), 0);
        let deadline = (begun + self.body_time).into();
        loop {
            match timeout_at(deadline, stream.next()).await {
                Ok(Some(Ok(piece))) => {
                    came += piece.len();
                    match came {
                        _ if came <= most => whole.extend_from_slice(&piece),
                        _ if came <= HEARD_OUT * most => {}
                        _ => return Err(too_large()),
                    }
                }
                Ok(Some(Err(error))) => {
                    return Err(Refusal(StatusCode::BAD_REQUEST, format!("the body: {error}")));
                }
                Ok(None) if came > most => return Err(too_large()),
                Ok(None) => return Ok(whole.freeze()),
                Err(_) => {
                    let seconds = self.body_time.as_secs();
                    let reason = format!("only {came} bytes came in {seconds} s");
                    return Err(Refusal(StatusCode::REQUEST_TIMEOUT, reason));
                }
            }
        }
    }
}
