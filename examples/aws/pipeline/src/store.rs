//! Objects in S3, within bounds.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::{Object, Problem};

/// Region, credentials, endpoints and retries (`AWS_MAX_ATTEMPTS`) from the environment, as all
/// clients share them.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await
}

/// Whether a write was the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was: the object is new.
    First,
    /// The object was there before and is as it was.
    Already,
}

/// Reads and writes objects. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
}

impl Store {
    /// A store by the client of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Store { client: Client::new(config) }
    }

    /// The client, for what is not here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Copies an object of at most `most` bytes into a temporary file, and goes back to its start.
    /// The file has no name, so it is gone with the process, however that ends. What is read is
    /// what the event spoke of, not what has replaced it since.
    ///
    /// # Errors
    /// [`Problem::Superseded`] if it has been replaced; [`Problem::Permanent`] if it is missing or
    /// too large.
    pub async fn download(&self, object: &Object, most: u64) -> Result<File, Problem> {
        let request = self.client.get_object().bucket(&object.bucket).key(&object.key);
        let request = match (&object.version, &object.etag) {
            (Some(version), _) => request.version_id(version),
            (None, Some(etag)) => request.if_match(format!("\"{etag}\"")),
            (None, None) => request,
        };
        let origin = object.to_string();
        let got = request.send().await;
        let got = got.map_err(|error| Problem::of_request("read", &origin, error))?;
        check_length(&origin, &got, most)?;

        let failed = |error: std::io::Error| {
            Problem::passing(format!("{origin}: cannot copy it to a temporary file: {error}"))
        };
        let mut out = tokio::fs::File::from_std(tempfile::tempfile().map_err(failed)?);
        let (mut body, mut length) = (got.body, 0);
        while let Some(bytes) = body.try_next().await.map_err(|error| broken(&origin, error))? {
            length += bytes.len() as u64;
            if length > most {
                return Err(too_large(&origin, length, most));
            }
            out.write_all(&bytes).await.map_err(failed)?;
        }
        out.flush().await.map_err(failed)?;
        out.rewind().await.map_err(failed)?;
        Ok(out.into_std().await)
    }

    /// An object of at most `most` bytes, which must be UTF-8.
    ///
    /// # Errors
    /// As [`download`](Self::download).
    pub async fn text(&self, bucket: &str, key: &str, most: u64) -> Result<String, Problem> {
        let origin = format!("s3://{bucket}/{key}");
        let got = self.client.get_object().bucket(bucket).key(key).send().await;
        let got = got.map_err(|error| Problem::of_request("read", &origin, error))?;
        check_length(&origin, &got, most)?;
        let (mut body, mut text) = (got.body, Vec::new());
        while let Some(bytes) = body.try_next().await.map_err(|error| broken(&origin, error))? {
            text.extend_from_slice(&bytes);
            if text.len() as u64 > most {
                return Err(too_large(&origin, text.len() as u64, most));
            }
        }
        String::from_utf8(text)
            .map_err(|_| Problem::permanent("Text", format!("{origin} is not UTF-8")))
    }

    /// `length` bytes of an object from `start` on, fewer at its end.
    ///
    /// # Errors
    /// As [`download`](Self::download).
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
        check_length(&origin, &got, length)?;
        let body = got.body.collect().await.map_err(|error| broken(&origin, error))?;
        Ok(body.into_bytes())
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// [`Problem::Passing`] if that cannot be found out.
    pub async fn exists(&self, bucket: &str, key: &str) -> Result<bool, Problem> {
        let origin = format!("s3://{bucket}/{key}");
        let head = self.client.head_object().bucket(bucket).key(key).send().await;
        match head.map_err(|error| Problem::of_request("look for", &origin, error)) {
            Ok(_) => Ok(true),
            Err(Problem::Permanent { kind: "Missing", .. }) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Writes JSON where nothing is yet. S3 shows an object as a whole or not at all, and of
    /// several writers lets one be the first.
    ///
    /// # Errors
    /// [`Problem::Passing`] if it cannot be written.
    pub async fn put_new_json(
        &self,
        bucket: &str,
        key: &str,
        json: String,
    ) -> Result<Written, Problem> {
        self.put_new(bucket, key, "application/json", json.into_bytes().into()).await
    }

    /// Writes a file's content where nothing is yet. The file needs no name.
    ///
    /// # Errors
    /// [`Problem::Passing`] if it cannot be written.
    pub async fn put_new_file(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        file: &File,
    ) -> Result<Written, Problem> {
        // Linux's name for an open file. By a name the SDK can begin again when S3 is busy.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let body = ByteStream::from_path(&path).await;
        let failed = |error| Problem::passing(format!("{path}: {error}"));
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
            Ok(_) => Ok(Written::First),
            Err(error) => match Problem::of_request("write", &origin, error) {
                Problem::Superseded => Ok(Written::Already),
                problem => Err(problem),
            },
        }
    }

    /// Writes JSON, whatever was there before.
    ///
    /// # Errors
    /// [`Problem::Passing`] if it cannot be written.
    pub async fn put_json(&self, bucket: &str, key: &str, json: String) -> Result<(), Problem> {
        let request = self.client.put_object().bucket(bucket).key(key);
        let put = request.content_type("application/json").body(json.into_bytes().into());
        let origin = format!("s3://{bucket}/{key}");
        let put = put.send().await;
        put.map(drop).map_err(|error| Problem::of_request("write", &origin, error))
    }
}

fn check_length(origin: &str, got: &GetObjectOutput, most: u64) -> Result<(), Problem> {
    match got.content_length().map(|length| length.max(0) as u64) {
        Some(length) if length > most => Err(too_large(origin, length, most)),
        _ => Ok(()),
    }
}

fn too_large(origin: &str, length: u64, most: u64) -> Problem {
    let message = format!("{origin} has {length} bytes or more, beyond the limit of {most}");
    Problem::permanent("TooLarge", message)
}

fn broken(origin: &str, error: impl std::fmt::Display) -> Problem {
    Problem::passing(format!("{origin}: the connection broke: {error}"))
}
