//! Captions by SageMaker Processing jobs, which run `sagemaker process`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `JOB_IMAGE` | | the container's image |
//! | `JOB_ROLE` | | the job's role |
//! | `JOB_INSTANCE` | `ml.c6i.xlarge` | the instance type |
//! | `JOB_VOLUME_GB` | 30 | the size of its disk |
//! | `JOB_SECONDS` | 3600 | the longest run |
//! | `MODEL` | `embedded` | passed on to the job: a path in the image, as nothing is mounted |
//!
//! Jobs have no network: SageMaker copies inputs and outputs.

use pipeline::json_api::{JsonApi, Refused};
use pipeline::name::{CAPTIONS, digest};
use pipeline::{Problem, RecordingId, settings};
use serde_json::{Value, json};

/// The most jobs that are started for one recording, each after the one before has failed.
const MAX_JOBS: usize = 20;

/// Starts jobs.
pub struct Jobs {
    sagemaker: JsonApi,
    results: String,
    image: String,
    role: String,
    instance: String,
    volume_gb: u32,
    seconds: u32,
    model: String,
}

impl Jobs {
    /// Jobs as configured by the settings, which write captions to the bucket `results`.
    pub async fn from_settings(results: &str) -> anyhow::Result<Self> {
        let endpoint = "AWS_ENDPOINT_URL_SAGEMAKER";
        Ok(Jobs {
            sagemaker: JsonApi::new("sagemaker", "api.sagemaker", "SageMaker", endpoint).await?,
            results: results.to_owned(),
            image: settings::required("JOB_IMAGE")?,
            role: settings::required("JOB_ROLE")?,
            instance: settings::optional("JOB_INSTANCE", "ml.c6i.xlarge".to_owned())?,
            volume_gb: settings::optional("JOB_VOLUME_GB", 30)?,
            seconds: settings::optional("JOB_SECONDS", 3600)?,
            model: settings::optional("MODEL", "embedded".to_owned())?,
        })
    }

    /// Starts the job of one recording, unless one is running. The job's name depends on the
    /// recording alone, so an event that is delivered twice finds the first job; if that has ended
    /// without captions, the next job has the same name with a number.
    pub async fn start(
        &self,
        id: &RecordingId,
        bucket: &str,
        array: &str,
        description: &str,
    ) -> Result<(), Problem> {
        for number in 1..=MAX_JOBS {
            let name = job_name(id, number);
            let request = self.request(&name, bucket, [array, description]);
            match self.call(&name, "CreateProcessingJob", request).await {
                Ok(_) => {
                    tracing::info!(recording = id.as_str(), job = name, "job started");
                    return Ok(());
                }
                Err(Failure::NameInUse) => {}
                Err(Failure::Problem(problem)) => return Err(problem),
            }
            match &self.status(&name).await?[..] {
                // Had one completed, its captions would have existed before this was called.
                status @ ("Failed" | "Stopped" | "Completed") => {
                    tracing::info!(recording = id.as_str(), job = name, status, "earlier job");
                }
                "Stopping" => {
                    let message = format!("{id}: the job {name} is being stopped");
                    return Err(Problem::transient(message));
                }
                status => {
                    tracing::info!(recording = id.as_str(), job = name, status, "job is running");
                    return Ok(());
                }
            }
        }
        let last = job_name(id, MAX_JOBS);
        let message =
            format!("{id}: {MAX_JOBS} processing jobs ended without captions, the last is {last}");
        Err(Problem::permanent("Job", message))
    }

    /// A job's status.
    async fn status(&self, name: &str) -> Result<String, Problem> {
        let request = json!({ "ProcessingJobName": name });
        match self.call(name, "DescribeProcessingJob", request).await {
            Ok(job) => Ok(job["ProcessingJobStatus"].as_str().unwrap_or_default().to_owned()),
            Err(Failure::Problem(problem)) => Err(problem),
            Err(Failure::NameInUse) => Err(Problem::transient(format!("the job {name} is in use"))),
        }
    }

    /// SageMaker's answer to a request about the job `name`.
    async fn call(&self, name: &str, action: &str, request: Value) -> Result<Value, Failure> {
        self.sagemaker.call(action, &request).await.map_err(|refused| match &refused {
            Refused::Service { kind, .. } if kind == "ResourceInUse" => Failure::NameInUse,
            Refused::Service { kind, message, .. } if kind == "ValidationException" => {
                let message = format!("SageMaker refuses {action} for {name}: {message}");
                Failure::Problem(Problem::permanent("Job", message))
            }
            _ => {
                let message = format!("{action} for {name} failed: {refused}");
                Failure::Problem(Problem::transient(message))
            }
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
            "NetworkConfig": { "EnableNetworkIsolation": true },
            "StoppingCondition": { "MaxRuntimeInSeconds": self.seconds },
        })
    }
}

/// Why SageMaker did not answer a request.
enum Failure {
    /// There is a job of this name.
    NameInUse,
    /// Any other reason.
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
