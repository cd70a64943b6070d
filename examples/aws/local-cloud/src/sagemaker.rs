//! SageMaker: the container's binary behind InvokeEndpoint, CreateProcessingJob and
//! DescribeProcessingJob; of jobs that fail the function `letters` hears, as by EventBridge's rule.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
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

use crate::children;
use crate::faults::{Fault, Faults};
use crate::lambda::Function;

/// What SageMaker takes in one request.
const PAYLOAD: usize = 6 * 1024 * 1024;
/// How long a container may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a job may read of one object.
const MOST_BYTES: u64 = 1 << 34;

/// The state of a job that has not ended.
const UNDER_WAY: &str = "InProgress";

/// What is needed to start the container.
#[derive(Clone, Debug)]
pub struct Config {
    /// The binary.
    pub program: PathBuf,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Where logs and jobs' folders go.
    pub data: PathBuf,
}

/// SageMaker. Cheap to clone.
#[derive(Clone)]
pub struct SageMaker(Arc<Inner>);

struct Inner {
    config: Config,
    port: u16,
    faults: Arc<Faults>,
    store: Store,
    client: reqwest::Client,
    container: Mutex<Option<Child>>,
    letters: Function,
    /// How far each job is, by its name.
    jobs: Mutex<HashMap<String, &'static str>>,
    running: tokio::sync::Semaphore,
}

impl SageMaker {
    /// Starts the endpoint's container if there is to be one, and the interface.
    ///
    /// # Errors
    /// If there is no port, or the container does not start.
    pub async fn start(
        config: Config,
        endpoint: bool,
        faults: Arc<Faults>,
        store: Store,
        letters: Function,
    ) -> Result<(Self, SocketAddr)> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let sagemaker = SageMaker(Arc::new(Inner {
            config,
            port,
            faults,
            store,
            client: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?,
            container: Mutex::new(None),
            letters,
            jobs: Mutex::default(),
            running: tokio::sync::Semaphore::new(1),
        }));
        if endpoint {
            let looking = sagemaker.clone();
            tokio::spawn(async move { looking.look_after().await });
            sagemaker.wait_for_ping().await?;
        }
        let app = Router::new()
            .route("/endpoints/{name}/invocations", post(invoke))
            .route("/", post(control))
            .layer(DefaultBodyLimit::disable())
            .with_state(sagemaker.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((sagemaker, address))
    }

    /// Ends the container without a warning, as a machine that fails does.
    pub fn kill_container(&self) {
        if let Some(child) = &*self.0.container.lock().expect("no panic here") {
            children::destroy(child);
        }
    }

    /// Whether no job is running.
    pub fn is_idle(&self) -> bool {
        !self.0.jobs.lock().expect("no panic here").values().any(|state| *state == UNDER_WAY)
    }

    /// The jobs so far: names and states.
    pub fn jobs(&self) -> Vec<(String, &'static str)> {
        let jobs = self.0.jobs.lock().expect("no panic here");
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
        bail!("the container does not answer /ping: see {}", self.log().display())
    }

    /// Keeps the container alive.
    async fn look_after(&self) {
        let Config { program, environment, .. } = &self.0.config;
        let mut variables = environment.clone();
        variables.push(("PORT".to_owned(), self.0.port.to_string()));
        variables.push(("HOST".to_owned(), "127.0.0.1".to_owned()));
        loop {
            match children::start(program, &["serve"], &variables, &self.log()) {
                Ok(child) => *self.0.container.lock().expect("no panic here") = Some(child),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "no container");
                    return;
                }
            }
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let mut container = self.0.container.lock().expect("no panic here");
                let ended = container.as_mut().map(Child::try_wait);
                if !matches!(ended, Some(Ok(None))) {
                    tracing::warn!("the container ended; it is started again");
                    break;
                }
            }
        }
    }
}

/// An error as AWS writes it.
fn failure(status: u16, kind: &str, mut body: Value) -> Response {
    body["__type"] = kind.into();
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, axum::Json(body)).into_response();
    let kind = HeaderValue::from_str(kind).expect("a word");
    response.headers_mut().insert("x-amzn-errortype", kind);
    response
}

async fn invoke(
    State(SageMaker(inner)): State<SageMaker>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if inner.faults.strikes(Fault::Throttle, &name) {
        return failure(429, "ThrottlingException", json!({"message": "Rate exceeded"}));
    }
    if body.len() > PAYLOAD {
        let message = format!("a request of {} bytes; at most {PAYLOAD}", body.len());
        return failure(400, "ValidationError", json!({"Message": message}));
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
    let ours = format!("AWS4-HMAC-SHA256 Credential={}/", crate::s3::ACCESS_KEY);
    if !signed.is_some_and(|signed| signed.starts_with(&ours)) {
        return failure(400, "MissingAuthenticationTokenException", json!({}));
    }
    let job: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(name) = job["ProcessingJobName"].as_str().map(str::to_owned) else {
        return failure(400, "ValidationException", json!({"message": "no ProcessingJobName"}));
    };
    match target {
        Some("SageMaker.CreateProcessingJob") => sagemaker.create(name, job),
        Some("SageMaker.DescribeProcessingJob") => sagemaker.describe(&name),
        _ => failure(400, "UnknownOperationException", json!({})),
    }
}

impl SageMaker {
    fn create(self, name: String, job: Value) -> Response {
        let mut jobs = self.0.jobs.lock().expect("no panic here");
        if jobs.contains_key(&name) {
            return failure(400, "ResourceInUse", json!({"message": "Job name must be unique"}));
        }
        jobs.insert(name.clone(), UNDER_WAY);
        drop(jobs);
        let arn = format!("arn:aws:sagemaker:local:000000000000:processing-job/{name}");
        let answer = axum::Json(json!({ "ProcessingJobArn": arn })).into_response();
        tokio::spawn(async move {
            let state = match self.process(&name, &job).await {
                Ok(()) => "Completed",
                Err(error) => {
                    let reason = format!("{error:#}");
                    tracing::error!(job = name, error = reason, "failed");
                    self.0.letters.invoke(ended(&arn, job, "Failed", &reason));
                    "Failed"
                }
            };
            self.0.jobs.lock().expect("no panic here").insert(name, state);
        });
        answer
    }

    fn describe(&self, name: &str) -> Response {
        match self.0.jobs.lock().expect("no panic here").get(name) {
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

    /// Runs a job as SageMaker does: inputs are copied in, the container runs, outputs are copied
    /// out.
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
            let object = Object { bucket, key, version: None, etag: None };
            let mut file = self.0.store.download(&object, MOST_BYTES).await?;
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
            let text = std::fs::read_to_string(file.path())?;
            self.0.store.put_json(bucket, &key, text).await?;
        }
        Ok(())
    }
}

/// What EventBridge tells of the end of a job, which is what DescribeProcessingJob says.
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
    let (bucket, key) = parts.with_context(|| format!("no s3 URI: {uri}"))?;
    Ok((bucket.to_owned(), key.to_owned()))
}
