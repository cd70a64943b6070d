//! Lambda: functions are processes that get their events from the Runtime API. Invocations are
//! asynchronous, as S3's are: one that fails is retried twice and then becomes a dead letter.

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

use crate::calls::{ACCOUNT, Calls, arn};
use crate::children;
use crate::faults::{Fault, Faults};
use crate::loopback::{Users, protect};
use crate::s3::REGION;

/// Attempts until an event becomes a dead letter, Lambda's default.
const MAX_ATTEMPTS: usize = 3;
/// How often processes are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// A function.
#[derive(Clone)]
pub struct Config {
    /// The name of the function, of its binary and of its role.
    pub name: &'static str,
    /// The binary.
    pub program: PathBuf,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Its log.
    pub log: PathBuf,
    /// The number of processes.
    pub concurrency: usize,
    /// How long one event may take.
    pub timeout: Duration,
    /// The wait before the first retry.
    pub retry_wait: Duration,
    /// The record of calls.
    pub calls: Arc<Calls>,
    /// The failures to inject.
    pub faults: Arc<Faults>,
}

/// An event that has failed for good.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The function.
    pub function: String,
    /// The event.
    pub event: Value,
    /// The error of the last attempt.
    pub error: Value,
}

/// A running function. Cheap to clone.
#[derive(Clone)]
pub struct Function(Arc<Inner>);

struct Inner {
    config: Config,
    /// The address of its Runtime API.
    api: SocketAddr,
    /// The function that handles dead letters, as from a queue.
    dead_letter_handler: Option<Function>,
    state: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Invocation>,
    /// By request id.
    running: HashMap<String, Running>,
    /// The start times of processes that have not asked for an event yet.
    starting: HashMap<usize, Instant>,
    /// The number of events that wait for their retry.
    retrying: usize,
    dead_letters: Vec<DeadLetter>,
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
    /// When an injected failure kills its process.
    killed_at: Option<Instant>,
}

impl Function {
    /// Starts the function's processes. Its dead letters go to the function `dead_letter_handler`.
    ///
    /// # Errors
    /// If there is no free port for its Runtime API.
    pub async fn start(config: Config, dead_letter_handler: Option<Function>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let api = listener.local_addr()?;
        let (state, arrived) = (Mutex::default(), Notify::new());
        let function =
            Function(Arc::new(Inner { config, api, dead_letter_handler, state, arrived }));
        let invocation = "/{worker}/2018-06-01/runtime/invocation";
        let app = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(error))
            .route("/{worker}/2018-06-01/runtime/init/error", post(init_error))
            .with_state(function.clone());
        let app = protect(app, api, Users::Programs);
        tokio::spawn(async move { axum::serve(listener, app).await });
        for worker in 0..function.0.config.concurrency {
            let function = function.clone();
            tokio::spawn(async move { function.supervise(worker).await });
        }
        Ok(function)
    }

    /// Queues an event for the function.
    pub fn invoke(&self, event: Value) {
        let id = uuid::Uuid::new_v4().to_string();
        self.queue().waiting.push_back(Invocation { id, event, attempt: 1 });
        self.0.arrived.notify_one();
    }

    /// Whether no event waits, runs or is to be retried.
    pub fn is_idle(&self) -> bool {
        let queue = self.queue();
        queue.waiting.is_empty() && queue.running.is_empty() && queue.retrying == 0
    }

    /// Events that have failed for good.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.queue().dead_letters.clone()
    }

    /// The number of invocations that succeeded, and of attempts that failed.
    pub fn counts(&self) -> (usize, usize) {
        let queue = self.queue();
        (queue.answered, queue.failed)
    }

    /// The function's log.
    pub fn log(&self) -> &std::path::Path {
        &self.0.config.log
    }

    /// The URL of its Runtime API.
    pub fn api(&self) -> String {
        format!("http://{}/", self.0.api)
    }

    /// The variables of its processes.
    pub fn environment(&self) -> &[(String, String)] {
        &self.0.config.environment
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.state.lock().expect("not poisoned")
    }

    /// Keeps one process running, and kills it when an event takes too long.
    async fn supervise(&self, worker: usize) {
        let Config { name, program, environment, log, timeout, .. } = &self.0.config;
        let api = self.0.api;
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
                    tracing::error!(
                        function = name,
                        error = format!("{error:#}"),
                        "cannot start a process"
                    );
                    return;
                }
            };
            let problem = loop {
                tokio::time::sleep(CHECK_INTERVAL).await;
                match child.try_wait() {
                    Ok(Some(status)) => break format!("Runtime exited: {status}"),
                    Err(error) => break format!("Runtime lost: {error}"),
                    Ok(None) => {}
                }
                let problem = match self.running_since(worker) {
                    Some((since, _)) if since.elapsed() > *timeout => {
                        format!("Task timed out after {:.2} seconds", timeout.as_secs_f64())
                    }
                    Some((_, Some(at))) if at <= Instant::now() => "Runtime killed".to_owned(),
                    _ => continue,
                };
                children::destroy(&child);
                let _ = child.wait().await;
                break problem;
            };
            tracing::warn!(function = name, worker, problem, "a process has ended");
            let ids: Vec<String> = {
                let queue = self.queue();
                let its = queue.running.iter().filter(|(_, running)| running.worker == worker);
                its.map(|(id, _)| id.clone()).collect()
            };
            for id in ids {
                self.fail(&id, json!({"errorType": "Runtime.ExitError", "errorMessage": problem}));
            }
            tokio::time::sleep(4 * CHECK_INTERVAL).await;
        }
    }

    /// Since when a process has had its event, and when it is killed.
    fn running_since(&self, worker: usize) -> Option<(Instant, Option<Instant>)> {
        let queue = self.queue();
        let running = queue.running.values().find(|running| running.worker == worker);
        running.map(|running| (running.since, running.killed_at))
    }

    /// Handles a failed attempt.
    fn fail(&self, id: &str, error: Value) {
        let mut queue = self.queue();
        let Some(Running { invocation, .. }) = queue.running.remove(id) else { return };
        queue.failed += 1;
        if invocation.attempt >= MAX_ATTEMPTS {
            let function = self.0.config.name.to_owned();
            if let Some(handler) = &self.0.dead_letter_handler {
                // Lambda sends it in the name of the function's role.
                let queue = arn("sqs", "musicap-dead-letters");
                self.0.config.calls.record(self.0.config.name, "sqs:SendMessage", &queue);
                handler.invoke(message(&self.arn(), &invocation, &error));
            }
            queue.dead_letters.push(DeadLetter { function, event: invocation.event, error });
            return;
        }
        queue.retrying += 1;
        let (function, attempt) = (self.clone(), invocation.attempt + 1);
        let wait = self.0.config.retry_wait * invocation.attempt as u32;
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let mut queue = function.queue();
            queue.retrying -= 1;
            queue.waiting.push_back(Invocation { attempt, ..invocation });
            drop(queue);
            function.0.arrived.notify_one();
        });
    }

    fn arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:musicap-{}", self.0.config.name)
    }

    fn take(&self, worker: usize) -> Option<Invocation> {
        let mut queue = self.queue();
        let invocation = queue.waiting.pop_front()?;
        let (faults, since) = (&self.0.config.faults, Instant::now());
        let object = &invocation.event["Records"][0]["s3"]["object"]["key"];
        let path = format!("{}/{}", self.0.config.name, object.as_str().unwrap_or_default());
        let killed_at = faults.delay(Fault::KillFunction, &path).map(|delay| since + delay);
        let running = Running { invocation: invocation.clone(), worker, since, killed_at };
        queue.running.insert(invocation.id.clone(), running);
        Some(invocation)
    }
}

/// A dead letter in the format of Lambda, in a message in the format of SQS.
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
        // Lambda's init phase without the download of the zip.
        let (function, init) = (function.0.config.name, started.elapsed());
        tracing::info!(function, init_ms = init.as_millis() as u64, "cold start");
    }
    let Invocation { id, event, .. } = loop {
        let arrived = function.0.arrived.notified();
        if let Some(invocation) = function.take(worker) {
            // More events may be waiting.
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
    tracing::error!(function = function.0.config.name, error = body, "the function cannot start");
    StatusCode::ACCEPTED
}
