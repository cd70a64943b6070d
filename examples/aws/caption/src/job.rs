//! Captions by SageMaker Processing jobs, which run `sagemaker process`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `JOB_IMAGE` | | the container's image |
//! | `JOB_ROLE` | | the role that the job has |
//! | `JOB_INSTANCE` | `ml.c6i.xlarge` | the kind of machine |
//! | `JOB_VOLUME_GB` | 30 | its disk |
//! | `JOB_SECONDS` | 3600 | when it is stopped |
//! | `MODEL` | `embedded` | handed on to the job: a path in the image, as nothing is mounted |

use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use pipeline::name::{CAPTIONS, digest};
use pipeline::{Problem, RecordingId, settings};
use serde_json::{Value, json};

/// Jobs that are started for one recording, each after the one before has failed.
const MOST_JOBS: usize = 20;

/// Starts jobs.
///
/// SageMaker's own crate would add 350 operations to the function for the sake of two, so these
/// requests are signed here.
pub struct Jobs {
    client: reqwest::Client,
    credentials: SharedCredentialsProvider,
    region: String,
    url: String,
    results: String,
    image: String,
    role: String,
    instance: String,
    volume_gb: u32,
    seconds: u32,
    model: String,
}

impl Jobs {
    /// Jobs as the settings want them, with captions into the bucket `results`.
    pub async fn from_settings(results: &str) -> anyhow::Result<Self> {
        let sdk = pipeline::sdk_config().await;
        let region = sdk.region().context("no region: set AWS_REGION")?.to_string();
        let default = format!("https://api.sagemaker.{region}.amazonaws.com/");
        Ok(Jobs {
            client: reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?,
            credentials: sdk.credentials_provider().ok_or_else(|| anyhow!("no credentials"))?,
            region,
            url: settings::optional("AWS_ENDPOINT_URL_SAGEMAKER", default)?,
            results: results.to_owned(),
            image: settings::required("JOB_IMAGE")?,
            role: settings::required("JOB_ROLE")?,
            instance: settings::optional("JOB_INSTANCE", "ml.c6i.xlarge".to_owned())?,
            volume_gb: settings::optional("JOB_VOLUME_GB", 30)?,
            seconds: settings::optional("JOB_SECONDS", 3600)?,
            model: settings::optional("MODEL", "embedded".to_owned())?,
        })
    }

    /// Starts the job of one recording, unless one is under way. Names are the same for the same
    /// recording, so an event that comes twice finds the first job; if that has ended without
    /// captions, the next one has its name with a number.
    pub async fn start(
        &self,
        id: &RecordingId,
        bucket: &str,
        array: &str,
        description: &str,
    ) -> Result<(), Problem> {
        for number in 1..=MOST_JOBS {
            let name = job_name(id, number);
            let request = self.request(&name, bucket, [array, description]);
            match self.call(&name, "CreateProcessingJob", request).await {
                Ok(_) => {
                    tracing::info!(recording = id.as_str(), job = name, "job started");
                    return Ok(());
                }
                Err(Refused::Taken) => {}
                Err(Refused::Problem(problem)) => return Err(problem),
            }
            match &self.state(&name).await?[..] {
                // Had one completed, its captions would have been there before this was called.
                ended @ ("Failed" | "Stopped" | "Completed") => {
                    tracing::info!(recording = id.as_str(), job = name, ended, "job of before");
                }
                "Stopping" => {
                    return Err(Problem::passing(format!("{id}: the job {name} is being stopped")));
                }
                state => {
                    tracing::info!(recording = id.as_str(), job = name, state, "job under way");
                    return Ok(());
                }
            }
        }
        let last = job_name(id, MOST_JOBS);
        let message =
            format!("{id}: {MOST_JOBS} processing jobs have ended without captions, up to {last}");
        Err(Problem::permanent("Job", message))
    }

    /// How far a job is, in SageMaker's words.
    async fn state(&self, name: &str) -> Result<String, Problem> {
        let request = json!({ "ProcessingJobName": name });
        match self.call(name, "DescribeProcessingJob", request).await {
            Ok(job) => Ok(job["ProcessingJobStatus"].as_str().unwrap_or_default().to_owned()),
            Err(Refused::Problem(problem)) => Err(problem),
            Err(Refused::Taken) => Err(Problem::passing(format!("the job {name} is in use"))),
        }
    }

    /// SageMaker's answer to a request that is about the job `name`.
    async fn call(&self, name: &str, action: &str, request: Value) -> Result<Value, Refused> {
        let failed = |reason: String| {
            Refused::Problem(Problem::passing(format!("{action} of {name}: {reason}")))
        };
        let signed = self.signed(action, request.to_string()).await;
        let signed = signed.map_err(|error| failed(format!("{error:#}")))?;
        let reply = self.client.execute(signed).await.map_err(|error| failed(error.to_string()))?;
        let status = reply.status();
        let body = reply.text().await.map_err(|error| failed(error.to_string()))?;
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let kind = body["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or("");
        let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
        Err(match kind {
            "ResourceInUse" => Refused::Taken,
            "ValidationException" => {
                let message = format!("{action} of {name} is refused: {message}");
                Refused::Problem(Problem::permanent("Job", message))
            }
            _ => failed(format!("{status}: {kind} {message}")),
        })
    }

    fn request(&self, name: &str, bucket: &str, keys: [&str; 2]) -> Value {
        let input = |name: &str, key: &str| {
            json!({
                "InputName": name,
                "S3Input": {
                    "S3Uri": format!("s3://{bucket}/{key}"),
                    "LocalPath": format!("/opt/ml/processing/input/{name}"),
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            })
        };
        json!({
            "ProcessingJobName": name,
            "RoleArn": self.role,
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerArguments": ["process"],
            },
            "Environment": { "MODEL": self.model },
            "ProcessingInputs": [input("array", keys[0]), input("description", keys[1])],
            "ProcessingOutputConfig": {
                "Outputs": [{
                    "OutputName": "captions",
                    "S3Output": {
                        "S3Uri": format!("s3://{}/{}", self.results, CAPTIONS.trim_end_matches('/')),
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }],
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": self.instance,
                    "VolumeSizeInGB": self.volume_gb,
                },
            },
            "StoppingCondition": { "MaxRuntimeInSeconds": self.seconds },
        })
    }

    /// A request with a signature of version 4.
    async fn signed(&self, action: &str, body: String) -> anyhow::Result<reqwest::Request> {
        let target = format!("SageMaker.{action}");
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target[..])];
        let identity = self.credentials.provide_credentials().await?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sagemaker")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableRequest::new(
            "POST",
            &self.url,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )?;
        let (signature, _) = sign(signable, &params)?.into_parts();
        let request = self.client.post(&self.url);
        let request = headers.iter().fold(request, |all, (name, value)| all.header(*name, *value));
        let (signed, _) = signature.into_parts();
        let request =
            signed.iter().fold(request, |all, header| all.header(header.name(), header.value()));
        Ok(request.body(body).build()?)
    }
}

/// Why SageMaker did not do what it was asked.
enum Refused {
    /// A job has this name already.
    Taken,
    /// Anything else.
    Problem(Problem),
}

/// A name of at most 63 letters, digits and hyphens, the same for the same recording and number.
fn job_name(id: &RecordingId, number: usize) -> String {
    let digest = digest(id.as_str(), 16);
    match number {
        1 => format!("musicap-{digest}"),
        _ => format!("musicap-{digest}-{number}"),
    }
}
