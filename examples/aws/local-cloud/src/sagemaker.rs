//! SageMaker: InvokeEndpoint, CreateProcessingJob and DescribeProcessingJob, with the container's
//! program behind them. Failed jobs invoke the dead-letter handler, as EventBridge's rule does.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use pipeline::{Object, Store};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Child;

use crate::calls::{Calls, arn};
use crate::children;
use crate::faults::{Fault, Faults};
use crate::lambda::Function;
use crate::loopback::{Users, protect};

/// The largest request, in bytes.
const MAX_PAYLOAD: usize = 6 * 1024 * 1024;
/// How long a container may take for a request.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest input of a job, in bytes.
const MAX_INPUT_BYTES: u64 = 1 << 34;

/// The status of a running job.
const IN_PROGRESS: &str = "InProgress";
/// The role of containers.
const ROLE: &str = "sagemaker";

/// What is needed to start the container.
#[derive(Clone)]
pub struct Config {
    /// The binary.
    pub program: PathBuf,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// The folder of logs and of jobs' files.
    pub data: PathBuf,
    /// The store with the credentials of the container's role.
    pub store: Store,
    /// The record of calls.
    pub calls: Arc<Calls>,
}

/// SageMaker. Cheap to clone.
#[derive(Clone)]
pub struct SageMaker(Arc<Inner>);

struct Inner {
    config: Config,
    port: u16,
    faults: Arc<Faults>,
    client: reqwest::Client,
    container: Mutex<Option<Child>>,
    dead_letter_handler: Function,
    /// The status of each job, by its name.
    jobs: Mutex<HashMap<String, &'static str>>,
    running: tokio::sync::Semaphore,
}

impl SageMaker {
    /// Starts the API and, with `endpoint`, the endpoint's container.
    ///
    /// # Errors
    /// If there is no free port, or the container does not start.
    pub async fn start(
        config: Config,
        endpoint: bool,
        faults: Arc<Faults>,
        dead_letter_handler: Function,
    ) -> Result<(Self, SocketAddr)> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let sagemaker = SageMaker(Arc::new(Inner {
            config,
            port,
            faults,
            client: reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?,
            container: Mutex::new(None),
            dead_letter_handler,
            jobs: Mutex::default(),
            running: tokio::sync::Semaphore::new(1),
        }));
        if endpoint {
            let supervised = sagemaker.clone();
            tokio::spawn(async move { supervised.supervise().await });
            sagemaker.wait_for_ping().await?;
        }
        let app = Router::new()
            .route("/endpoints/{name}/invocations", post(invoke))
            .route("/", post(control))
            .layer(DefaultBodyLimit::disable())
            .with_state(sagemaker.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = protect(app, address, Users::Programs);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((sagemaker, address))
    }

    /// Kills the container.
    pub fn kill_container(&self) {
        if let Some(child) = &*self.0.container.lock().expect("not poisoned") {
            children::destroy(child);
        }
    }

    /// Whether no job is running.
    pub fn is_idle(&self) -> bool {
        !self.0.jobs.lock().expect("not poisoned").values().any(|state| *state == IN_PROGRESS)
    }

    /// The names and statuses of all jobs.
    pub fn jobs(&self) -> Vec<(String, &'static str)> {
        let jobs = self.0.jobs.lock().expect("not poisoned");
        let mut jobs: Vec<_> = jobs.iter().map(|(name, state)| (name.clone(), *state)).collect();
        jobs.sort();
        jobs
    }

    /// The container's log.
    pub fn log(&self) -> PathBuf {
        self.0.config.data.join("logs/sagemaker.log")
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.0.port)
    }

    async fn wait_for_ping(&self) -> Result<()> {
        for _ in 0..600 {
            if self.0.client.get(self.url("ping")).send().await.is_ok_and(|r| r.status() == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the container does not answer /ping; see {}", self.log().display())
    }

    /// Keeps the container running.
    async fn supervise(&self) {
        let Config { program, environment, .. } = &self.0.config;
        let mut variables = environment.clone();
        variables.push(("PORT".to_owned(), self.0.port.to_string()));
        variables.push(("HOST".to_owned(), "127.0.0.1".to_owned()));
        loop {
            match children::start(program, &["serve"], &variables, &self.log()) {
                Ok(child) => *self.0.container.lock().expect("not poisoned") = Some(child),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "cannot start the container");
                    return;
                }
            }
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let mut container = self.0.container.lock().expect("not poisoned");
                let ended = container.as_mut().map(Child::try_wait);
                if !matches!(ended, Some(Ok(None))) {
                    tracing::warn!("the container has ended and is started again");
                    break;
                }
            }
        }
    }
}

/// An error in the format of AWS.
pub(crate) fn failure(status: u16, kind: &str, mut body: Value) -> Response {
    body["__type"] = kind.into();
    let status = StatusCode::from_u16(status).expect("a valid status");
    let mut response = (status, axum::Json(body)).into_response();
    let kind = HeaderValue::from_str(kind).expect("letters");
    response.headers_mut().insert("x-amzn-errortype", kind);
    response
}

async fn invoke(
    State(sagemaker): State<SageMaker>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let SageMaker(inner) = &sagemaker;
    let role = Calls::role(headers.get("authorization").and_then(|value| value.to_str().ok()));
    let role = role.unwrap_or_default();
    let endpoint = arn("sagemaker", &format!("endpoint/{name}"));
    inner.config.calls.record(&role, "sagemaker:InvokeEndpoint", &endpoint);
    if inner.faults.inject(Fault::Throttle, &name) {
        return failure(429, "ThrottlingException", json!({"message": "Rate exceeded"}));
    }
    if body.len() > MAX_PAYLOAD {
        let message = format!("a request of {} bytes; at most {MAX_PAYLOAD}", body.len());
        return failure(400, "ValidationError", json!({"Message": message}));
    }
    if let Some(delay) = inner.faults.delay(Fault::KillContainer, &name) {
        let sagemaker = sagemaker.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            sagemaker.kill_container();
        });
    }
    let url = format!("http://127.0.0.1:{}/invocations", inner.port);
    let passed = ["content-type", "accept", "x-amzn-sagemaker-custom-attributes"];
    let passed = passed.iter().filter_map(|name| Some((*name, headers.get(*name)?)));
    let request = passed.fold(inner.client.post(url), |all, (name, value)| all.header(name, value));
    let model_error = |status: u16, message: String| {
        let body = json!({
            "Message": format!("Received error ({status}) from primary: {message}"),
            "OriginalStatusCode": status,
            "OriginalMessage": message,
        });
        failure(424, "ModelError", body)
    };
    let reply = match request.body(body).send().await {
        Ok(reply) => reply,
        Err(error) if error.is_connect() => {
            return failure(503, "ServiceUnavailable", json!({"Message": "no container"}));
        }
        Err(error) => return model_error(500, error.to_string()),
    };
    let status = reply.status();
    match (status.is_success(), reply.bytes().await) {
        (true, Ok(body)) => ([("content-type", "application/json")], body).into_response(),
        (false, Ok(body)) => {
            model_error(status.as_u16(), String::from_utf8_lossy(&body).into_owned())
        }
        (_, Err(error)) => model_error(500, error.to_string()),
    }
}

async fn control(State(sagemaker): State<SageMaker>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let signed = headers.get("authorization").and_then(|value| value.to_str().ok());
    let Some(role) = Calls::role(signed) else {
        return failure(400, "MissingAuthenticationTokenException", json!({}));
    };
    let job: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(name) = job["ProcessingJobName"].as_str().map(str::to_owned) else {
        return failure(400, "ValidationException", json!({"message": "no ProcessingJobName"}));
    };
    let calls = sagemaker.0.config.calls.clone();
    let resource = arn("sagemaker", &format!("processing-job/{name}"));
    match target {
        Some("SageMaker.CreateProcessingJob") => {
            calls.record(&role, "sagemaker:CreateProcessingJob", &resource);
            calls.record(&role, "iam:PassRole", job["RoleArn"].as_str().unwrap_or_default());
            sagemaker.create(name, job)
        }
        Some("SageMaker.DescribeProcessingJob") => {
            calls.record(&role, "sagemaker:DescribeProcessingJob", &resource);
            sagemaker.describe(&name)
        }
        _ => failure(400, "UnknownOperationException", json!({})),
    }
}

impl SageMaker {
    fn create(self, name: String, job: Value) -> Response {
        let mut jobs = self.0.jobs.lock().expect("not poisoned");
        if jobs.contains_key(&name) {
            return failure(400, "ResourceInUse", json!({"message": "Job name must be unique"}));
        }
        jobs.insert(name.clone(), IN_PROGRESS);
        drop(jobs);
        let arn = arn("sagemaker", &format!("processing-job/{name}"));
        let answer = axum::Json(json!({ "ProcessingJobArn": arn })).into_response();
        tokio::spawn(async move {
            let state = match self.process(&name, &job).await {
                Ok(()) => "Completed",
                Err(error) => {
                    let reason = format!("{error:#}");
                    tracing::error!(job = name, error = reason, "failed");
                    self.0.dead_letter_handler.invoke(ended(&arn, job, "Failed", &reason));
                    "Failed"
                }
            };
            self.0.jobs.lock().expect("not poisoned").insert(name, state);
        });
        answer
    }

    fn describe(&self, name: &str) -> Response {
        match self.0.jobs.lock().expect("not poisoned").get(name) {
            Some(state) => {
                let job = json!({"ProcessingJobName": name, "ProcessingJobStatus": state});
                axum::Json(job).into_response()
            }
            None => {
                let message = "Could not find requested job";
                failure(400, "ValidationException", json!({ "message": message }))
            }
        }
    }

    /// Runs a job: copies its inputs, runs the container, uploads its outputs.
    async fn process(&self, name: &str, job: &Value) -> Result<()> {
        let _running = self.0.running.acquire().await?;
        let root = self.0.config.data.join("jobs").join(name);
        let local = |path: &Value| {
            let path = path.as_str().unwrap_or_default();
            root.join(path.strip_prefix("/opt/ml/").unwrap_or(path))
        };
        std::fs::create_dir_all(root.join("config"))?;
        let resources = json!({"current_host": "algo-1", "hosts": ["algo-1"]});
        std::fs::write(root.join("config/resourceconfig.json"), resources.to_string())?;
        std::fs::write(root.join("config/processingjobconfig.json"), job.to_string())?;
        for input in job["ProcessingInputs"].as_array().into_iter().flatten() {
            let (bucket, key) = s3_uri(&input["S3Input"]["S3Uri"])?;
            // An input is a prefix, which SageMaker lists.
            let bucket_arn = format!("arn:aws:s3:::{bucket}");
            self.0.config.calls.record(ROLE, "s3:ListBucket", &bucket_arn);
            let object = Object { bucket, key, version: None, etag: None };
            let mut file = self.0.config.store.download(&object, MAX_INPUT_BYTES).await?;
            let folder = local(&input["S3Input"]["LocalPath"]);
            std::fs::create_dir_all(&folder)?;
            let copy = folder.join(pipeline::name::file_name(&object.key));
            std::io::copy(&mut file, &mut File::create(copy)?)?;
        }
        let mut variables = self.0.config.environment.clone();
        for (name, value) in job["Environment"].as_object().into_iter().flatten() {
            variables.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
        }
        let args = ["process", "--root", root.to_str().context("a path that is not UTF-8")?];
        let log = self.0.config.data.join("logs/processing.log");
        let status =
            children::start(&self.0.config.program, &args, &variables, &log)?.wait().await?;
        for output in job["ProcessingOutputConfig"]["Outputs"].as_array().into_iter().flatten() {
            let (bucket, prefix) = s3_uri(&output["S3Output"]["S3Uri"])?;
            self.upload(&local(&output["S3Output"]["LocalPath"]), &bucket, &prefix).await?;
        }
        if !status.success() {
            let message = std::fs::read_to_string(root.join("output/message"));
            bail!("{status}: {}", message.unwrap_or_default());
        }
        Ok(())
    }

    async fn upload(&self, folder: &FilePath, bucket: &str, prefix: &str) -> Result<()> {
        let Ok(files) = std::fs::read_dir(folder) else { return Ok(()) };
        for file in files {
            let file = file?;
            let key = format!("{prefix}/{}", file.file_name().to_string_lossy());
            let body = ByteStream::from_path(file.path()).await?;
            let put = self.0.config.store.client().put_object().bucket(bucket).key(key);
            put.body(body).send().await?;
        }
        Ok(())
    }
}

/// The event of the end of a job; its detail is what DescribeProcessingJob answers.
fn ended(arn: &str, job: Value, state: &str, reason: &str) -> Value {
    let mut detail = job;
    detail["ProcessingJobArn"] = arn.into();
    detail["ProcessingJobStatus"] = state.into();
    detail["ExitMessage"] = reason.into();
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "SageMaker Processing Job State Change",
        "source": "aws.sagemaker",
        "region": crate::s3::REGION,
        "resources": [arn],
        "detail": detail,
    })
}

fn s3_uri(uri: &Value) -> Result<(String, String)> {
    let parts = uri.as_str().and_then(|uri| uri.strip_prefix("s3://")?.split_once('/'));
    let (bucket, key) = parts.with_context(|| format!("not an S3 URI: {uri}"))?;
    Ok((bucket.to_owned(), key.to_owned()))
}
