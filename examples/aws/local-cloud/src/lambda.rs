//! Lambda: the real binaries, driven through the Runtime API, and invoked as S3 does it, which is
//! asynchronously: what fails is tried again twice, then it is a dead letter.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::children;

/// Attempts until an event is a dead letter, as Lambda's default is.
const ATTEMPTS: usize = 3;
/// How often processes are looked after.
const LOOK: Duration = Duration::from_millis(50);

/// A function.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name, which is its binary's.
    pub name: &'static str,
    /// The binary.
    pub program: PathBuf,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Its log.
    pub log: PathBuf,
    /// Processes.
    pub concurrency: usize,
    /// How long one event may take.
    pub timeout: Duration,
    /// The wait before the first retry.
    pub retry_wait: Duration,
}

/// An event that has failed for good.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The function.
    pub function: String,
    /// The event.
    pub event: Value,
    /// What the function said at last, or what became of it.
    pub error: Value,
}

/// A function that is running. Cheap to clone.
#[derive(Clone)]
pub struct Function(Arc<Inner>);

struct Inner {
    config: Config,
    /// The function that dead letters are given to, as from a queue.
    letters: Option<Function>,
    state: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Invocation>,
    /// By request id.
    running: HashMap<String, Running>,
    /// When processes were started that have not asked for an event yet.
    starting: HashMap<usize, Instant>,
    /// Events that wait for their retry.
    resting: usize,
    dead: Vec<DeadLetter>,
    answered: usize,
    failed: usize,
}

#[derive(Clone)]
struct Invocation {
    id: String,
    event: Value,
    attempt: usize,
}

struct Running {
    invocation: Invocation,
    worker: usize,
    since: Instant,
}

impl Function {
    /// Starts the function's processes. What it fails at for good goes to the function `letters`.
    ///
    /// # Errors
    /// If there is no port for its Runtime API.
    pub async fn start(config: Config, letters: Option<Function>) -> Result<Self> {
        let (state, arrived) = (Mutex::default(), Notify::new());
        let function = Function(Arc::new(Inner { config, letters, state, arrived }));
        let invocation = "/{worker}/2018-06-01/runtime/invocation";
        let app = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(error))
            .route("/{worker}/2018-06-01/runtime/init/error", post(init_error))
            .with_state(function.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        for worker in 0..function.0.config.concurrency {
            let function = function.clone();
            tokio::spawn(async move { function.look_after(worker, address).await });
        }
        Ok(function)
    }

    /// Hands an event to the function, and does not wait.
    pub fn invoke(&self, event: Value) {
        let id = uuid::Uuid::new_v4().to_string();
        self.queue().waiting.push_back(Invocation { id, event, attempt: 1 });
        self.0.arrived.notify_one();
    }

    /// Whether nothing waits, runs or rests.
    pub fn is_idle(&self) -> bool {
        let queue = self.queue();
        queue.waiting.is_empty() && queue.running.is_empty() && queue.resting == 0
    }

    /// Events that have failed for good.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.queue().dead.clone()
    }

    /// Invocations that were answered well, and attempts that failed.
    pub fn counts(&self) -> (usize, usize) {
        let queue = self.queue();
        (queue.answered, queue.failed)
    }

    /// The function's log.
    pub fn log(&self) -> &std::path::Path {
        &self.0.config.log
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.state.lock().expect("no panic here")
    }

    /// Keeps one process alive, and ends it when an event takes too long.
    async fn look_after(&self, worker: usize, api: SocketAddr) {
        let Config { name, program, environment, log, timeout, .. } = &self.0.config;
        let mut variables = environment.clone();
        variables.extend(
            [
                ("AWS_LAMBDA_RUNTIME_API", format!("http://{api}/{worker}")),
                ("AWS_LAMBDA_FUNCTION_NAME", format!("musicap-{name}")),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048".to_owned()),
                ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/musicap-{name}")),
                ("AWS_LAMBDA_LOG_STREAM_NAME", worker.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        loop {
            self.queue().starting.insert(worker, Instant::now());
            let mut child = match children::start(program, &[], &variables, log) {
                Ok(child) => child,
                Err(error) => {
                    tracing::error!(function = name, error = format!("{error:#}"), "no process");
                    return;
                }
            };
            let problem = loop {
                tokio::time::sleep(LOOK).await;
                match child.try_wait() {
                    Ok(Some(status)) => break format!("Runtime exited: {status}"),
                    Err(error) => break format!("Runtime lost: {error}"),
                    Ok(None) => {}
                }
                if self.running_for(worker).is_some_and(|time| time > *timeout) {
                    children::destroy(&child);
                    let _ = child.wait().await;
                    break format!("Task timed out after {:.2} seconds", timeout.as_secs_f64());
                }
            };
            tracing::warn!(function = name, worker, problem, "a process ended");
            let ids: Vec<String> = {
                let queue = self.queue();
                let its = queue.running.iter().filter(|(_, running)| running.worker == worker);
                its.map(|(id, _)| id.clone()).collect()
            };
            for id in ids {
                self.fail(&id, json!({"errorType": "Runtime.ExitError", "errorMessage": problem}));
            }
            tokio::time::sleep(4 * LOOK).await;
        }
    }

    fn running_for(&self, worker: usize) -> Option<Duration> {
        let queue = self.queue();
        let running = queue.running.values().find(|running| running.worker == worker);
        running.map(|running| running.since.elapsed())
    }

    /// Notes that an event has failed once more.
    fn fail(&self, id: &str, error: Value) {
        let mut queue = self.queue();
        let Some(Running { invocation, .. }) = queue.running.remove(id) else { return };
        queue.failed += 1;
        if invocation.attempt >= ATTEMPTS {
            let function = self.0.config.name.to_owned();
            if let Some(letters) = &self.0.letters {
                letters.invoke(message(&self.arn(), &invocation, &error));
            }
            queue.dead.push(DeadLetter { function, event: invocation.event, error });
            return;
        }
        queue.resting += 1;
        let (function, attempt) = (self.clone(), invocation.attempt + 1);
        let wait = self.0.config.retry_wait * invocation.attempt as u32;
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let mut queue = function.queue();
            queue.resting -= 1;
            queue.waiting.push_back(Invocation { attempt, ..invocation });
            drop(queue);
            function.0.arrived.notify_one();
        });
    }

    fn arn(&self) -> String {
        format!("arn:aws:lambda:local:000000000000:function:musicap-{}", self.0.config.name)
    }

    fn take(&self, worker: usize) -> Option<Invocation> {
        let mut queue = self.queue();
        let invocation = queue.waiting.pop_front()?;
        let running = Running { invocation: invocation.clone(), worker, since: Instant::now() };
        queue.running.insert(invocation.id.clone(), running);
        Some(invocation)
    }
}

/// A dead letter as Lambda writes it, in a message as SQS hands it on.
fn message(arn: &str, invocation: &Invocation, error: &Value) -> Value {
    let letter = json!({
        "version": "1.0",
        "requestContext": {
            "requestId": invocation.id,
            "functionArn": format!("{arn}:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": invocation.attempt,
        },
        "requestPayload": invocation.event,
        "responseContext": {
            "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
        },
        "responsePayload": error,
    });
    json!({ "Records": [{
        "messageId": uuid::Uuid::new_v4().to_string(),
        "body": letter.to_string(),
        "eventSource": "aws:sqs",
    }] })
}

async fn next(State(function): State<Function>, Path(worker): Path<usize>) -> Response {
    let started = function.queue().starting.remove(&worker);
    if let Some(started) = started {
        // What Lambda calls the init phase, less the download of the zip.
        let (function, init) = (function.0.config.name, started.elapsed());
        tracing::info!(function, init_ms = init.as_millis() as u64, "cold start");
    }
    let Invocation { id, event, .. } = loop {
        let arrived = function.0.arrived.notified();
        if let Some(invocation) = function.take(worker) {
            // Others may wait for what is left.
            function.0.arrived.notify_one();
            break invocation;
        }
        arrived.await;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = now + function.0.config.timeout;
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", function.arn()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000".to_owned()),
    ];
    (headers, Json(event)).into_response()
}

async fn response(
    State(function): State<Function>,
    Path((_, id)): Path<(usize, String)>,
) -> StatusCode {
    let mut queue = function.queue();
    if queue.running.remove(&id).is_some() {
        queue.answered += 1;
    }
    StatusCode::ACCEPTED
}

async fn error(
    State(function): State<Function>,
    Path((_, id)): Path<(usize, String)>,
    body: String,
) -> StatusCode {
    function.fail(&id, serde_json::from_str(&body).unwrap_or(Value::String(body)));
    StatusCode::ACCEPTED
}

async fn init_error(State(function): State<Function>, body: String) -> StatusCode {
    tracing::error!(function = function.0.config.name, error = body, "cannot begin");
    StatusCode::ACCEPTED
}
