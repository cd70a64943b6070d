//! Reading and writing objects in S3, with limits on their size.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::{Object, Problem};

/// How long a connection may take to be established.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The SDK's configuration from the environment: region, credentials, endpoints, retries
/// (`AWS_MAX_ATTEMPTS`).
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await
}

/// What a conditional write found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The object did not exist and was created.
    Created,
    /// The object existed and was left as it is.
    Existed,
}

/// Reads and writes objects. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
}

impl Store {
    /// A store that uses the configuration `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Store { client: Client::new(config) }
    }

    /// The SDK's client, for other requests.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A request for the object that an event named, and not for one that has replaced it since.
    fn get(&self, object: &Object) -> GetObjectFluentBuilder {
        let request = self.client.get_object().bucket(&object.bucket).key(&object.key);
        match (&object.version, &object.etag) {
            (Some(version), _) => request.version_id(version),
            (None, Some(etag)) => request.if_match(format!("\"{etag}\"")),
            (None, None) => request,
        }
    }

    /// Copies an object into a temporary file, positioned at its start. The file has no name, so
    /// the kernel removes it when the process ends, in whatever way.
    ///
    /// # Errors
    /// [`Problem::Superseded`] if the object has been replaced, [`Problem::Rejected`] if it has more
    /// than `max_bytes`, [`Problem::Permanent`] if it does not exist.
    pub async fn download(&self, object: &Object, max_bytes: u64) -> Result<File, Problem> {
        let origin = object.to_string();
        let got = self.get(object).send().await;
        let got = got.map_err(|error| Problem::of_request("read", &origin, error))?;
        check_length(&origin, got.content_length(), max_bytes)?;

        let failed = |error: std::io::Error| {
            Problem::transient(format!("{origin}: cannot copy it to a temporary file: {error}"))
        };
        let mut out = tokio::fs::File::from_std(tempfile::tempfile().map_err(failed)?);
        let (mut body, mut length) = (got.body, 0);
        while let Some(bytes) = body.try_next().await.map_err(|error| broken(&origin, error))? {
            length += bytes.len() as u64;
            check_length(&origin, Some(length as i64), max_bytes)?;
            out.write_all(&bytes).await.map_err(failed)?;
        }
        out.flush().await.map_err(failed)?;
        out.rewind().await.map_err(failed)?;
        Ok(out.into_std().await)
    }

    /// The first `length` bytes of an object and whether it has more.
    ///
    /// # Errors
    /// As [`download`](Self::download).
    pub async fn start(
        &self,
        object: &Object,
        length: u64,
        max_bytes: u64,
    ) -> Result<(Bytes, bool), Problem> {
        let origin = object.to_string();
        let got = self.get(object).range(format!("bytes=0-{}", length - 1)).send().await;
        let got = match got {
            Ok(got) => got,
            // An empty object has no range.
            Err(error) if error.raw_response().is_some_and(|r| r.status().as_u16() == 416) => {
                return Ok((Bytes::new(), false));
            }
            Err(error) => return Err(Problem::of_request("read", &origin, error)),
        };
        let whole = got.content_range().and_then(|range| range.rsplit('/').next()?.parse().ok());
        check_length(&origin, whole, max_bytes)?;
        check_length(&origin, got.content_length(), length)?;
        let bytes = got.body.collect().await.map_err(|error| broken(&origin, error))?.into_bytes();
        let more = whole.is_some_and(|whole| whole > bytes.len() as i64);
        Ok((bytes, more))
    }

    /// An object of at most `max_bytes`, which must be UTF-8.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if it does not exist, is too large or is not UTF-8.
    pub async fn text(&self, bucket: &str, key: &str, max_bytes: u64) -> Result<String, Problem> {
        let origin = format!("s3://{bucket}/{key}");
        let got = self.client.get_object().bucket(bucket).key(key).send().await;
        let got = got.map_err(|error| Problem::of_request("read", &origin, error))?;
        let too_large = |length: u64| {
            let message = format!("{origin} has {length} bytes or more; the limit is {max_bytes}");
            Problem::permanent("TooLarge", message)
        };
        let announced = got.content_length().map_or(0, |length| length.max(0) as u64);
        if announced > max_bytes {
            return Err(too_large(announced));
        }
        let (mut body, mut text) = (got.body, Vec::new());
        while let Some(bytes) = body.try_next().await.map_err(|error| broken(&origin, error))? {
            text.extend_from_slice(&bytes);
            if text.len() as u64 > max_bytes {
                return Err(too_large(text.len() as u64));
            }
        }
        String::from_utf8(text)
            .map_err(|_| Problem::permanent("Text", format!("{origin} is not UTF-8")))
    }

    /// `length` bytes of an object from the offset `start`, fewer at its end.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if it does not exist.
    pub async fn range(
        &self,
        bucket: &str,
        key: &str,
        start: u64,
        length: u64,
    ) -> Result<Bytes, Problem> {
        let origin = format!("s3://{bucket}/{key}");
        let range = format!("bytes={start}-{}", start + length - 1);
        let got = self.client.get_object().bucket(bucket).key(key).range(range).send().await;
        let got = got.map_err(|error| Problem::of_request("read", &origin, error))?;
        check_length(&origin, got.content_length(), length)?;
        let body = got.body.collect().await.map_err(|error| broken(&origin, error))?;
        Ok(body.into_bytes())
    }

    /// Whether an object exists.
    ///
    /// # Errors
    /// [`Problem::Transient`] if S3 does not answer.
    pub async fn exists(&self, bucket: &str, key: &str) -> Result<bool, Problem> {
        let origin = format!("s3://{bucket}/{key}");
        let head = self.client.head_object().bucket(bucket).key(key).send().await;
        match head.map_err(|error| Problem::of_request("look up", &origin, error)) {
            Ok(_) => Ok(true),
            Err(problem) if problem.is_missing() => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Writes JSON unless the object exists. S3 shows an object as a whole or not at all, and of
    /// several writers at once it lets one create it.
    ///
    /// # Errors
    /// [`Problem::Transient`] if it cannot be written.
    pub async fn put_new_json(
        &self,
        bucket: &str,
        key: &str,
        json: String,
    ) -> Result<Written, Problem> {
        self.put_new(bucket, key, "application/json", json.into_bytes().into()).await
    }

    /// Writes a file's content unless the object exists. The file needs no name.
    ///
    /// # Errors
    /// [`Problem::Transient`] if it cannot be written.
    pub async fn put_new_file(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        file: &File,
    ) -> Result<Written, Problem> {
        // Linux's path for an open file. With a path the SDK can read it again for a retry.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let body = ByteStream::from_path(&path).await;
        let failed = |error| Problem::transient(format!("{path}: {error}"));
        self.put_new(bucket, key, content_type, body.map_err(failed)?).await
    }

    async fn put_new(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        body: ByteStream,
    ) -> Result<Written, Problem> {
        let origin = format!("s3://{bucket}/{key}");
        let request = self.client.put_object().bucket(bucket).key(key);
        let request = request.content_type(content_type).if_none_match("*").body(body);
        match request.send().await {
            Ok(_) => Ok(Written::Created),
            Err(error) => match Problem::of_request("write", &origin, error) {
                Problem::Superseded => Ok(Written::Existed),
                problem => Err(problem),
            },
        }
    }
}

fn check_length(origin: &str, length: Option<i64>, max_bytes: u64) -> Result<(), Problem> {
    match length.map(|length| length.max(0) as u64) {
        Some(length) if length > max_bytes => {
            let message = format!("{origin} has {length} bytes or more; the limit is {max_bytes}");
            Err(Problem::rejected("TooLarge", message))
        }
        _ => Ok(()),
    }
}

fn broken(origin: &str, error: impl std::fmt::Display) -> Problem {
    Problem::transient(format!("{origin}: the connection broke: {error}"))
}
