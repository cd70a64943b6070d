//! Captions by SageMaker Processing jobs, which run `sagemaker process`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `JOB_IMAGE` | | the container's image |
//! | `JOB_ROLE` | | the role that the job has |
//! | `JOB_INSTANCE` | `ml.c6i.xlarge` | the kind of machine |
//! | `JOB_VOLUME_GB` | 30 | its disk |
//! | `JOB_SECONDS` | 3600 | when it is stopped |
//! | `MODEL` | `embedded` | handed on to the job |

use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use pipeline::name::CAPTIONS;
use pipeline::{Problem, RecordingId, settings};
use serde_json::{Value, json};

/// Starts jobs.
///
/// SageMaker's own crate would add 350 operations to the function for the sake of one, so this
/// request is signed here.
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

    /// Starts the job of one recording. There is one for each: when the event comes again,
    /// SageMaker says that the name is taken.
    pub async fn start(
        &self,
        id: &RecordingId,
        bucket: &str,
        array: &str,
        description: &str,
    ) -> Result<(), Problem> {
        let name = job_name(id);
        let failed = |reason: String| {
            Problem::passing(format!("{id}: cannot start the processing job {name}: {reason}"))
        };
        let request = self.request(&name, bucket, [array, description]).to_string();
        let signed = self.signed(request).await.map_err(|error| failed(format!("{error:#}")))?;
        let reply = self.client.execute(signed).await.map_err(|error| failed(error.to_string()))?;
        let status = reply.status();
        let body = reply.text().await.map_err(|error| failed(error.to_string()))?;
        if status.is_success() {
            tracing::info!(recording = id.as_str(), job = name, "job started");
            return Ok(());
        }
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let kind = body["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or("");
        let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
        match kind {
            "ResourceInUse" => {
                tracing::info!(recording = id.as_str(), job = name, "job started before");
                Ok(())
            }
            "ValidationException" => {
                let message = format!("{id}: the processing job {name} is refused: {message}");
                Err(Problem::permanent("Job", message))
            }
            _ => Err(failed(format!("{status}: {kind} {message}"))),
        }
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
    async fn signed(&self, body: String) -> anyhow::Result<reqwest::Request> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "SageMaker.CreateProcessingJob"),
        ];
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

/// A name of at most 63 letters, digits and hyphens, the same for the same recording.
fn job_name(id: &RecordingId) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(id.as_str().as_bytes());
    let digest: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("musicap-{digest}")
}
