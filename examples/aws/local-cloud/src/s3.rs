//! S3: s3s takes requests apart and checks their signatures, s3s-fs keeps the objects in a folder.
//! What s3s-fs lacks is added: `If-Match`, conditional writes one at a time, notifications, and
//! failures on purpose.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::auth::SimpleAuth;
use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::faults::{Fault, Faults};

/// The key that all parts of the local cloud share.
pub const ACCESS_KEY: &str = "LOCAL";
/// Its secret, which is none.
pub const SECRET_KEY: &str = "not-a-secret";
/// The region that everything says it is in.
pub const REGION: &str = "eu-central-1";

/// What S3 writes in keys of events as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

/// Called with each object that has been written: bucket, key, event.
pub type Notify = Arc<dyn Fn(&str, &str, Value) + Send + Sync>;

struct Buckets {
    files: FileSystem,
    /// Held by writes that must be the first.
    first: tokio::sync::Mutex<()>,
    faults: Arc<Faults>,
    notify: Notify,
}

/// Serves the buckets, which are folders of `root`.
///
/// # Errors
/// If the folder or the port cannot be had.
pub async fn serve(
    root: &Path,
    buckets: &[&str],
    port: u16,
    faults: Arc<Faults>,
    notify: Notify,
) -> Result<SocketAddr> {
    for bucket in buckets {
        std::fs::create_dir_all(root.join(bucket))?;
    }
    let files = FileSystem::new(root).map_err(|error| anyhow!("{}: {error:?}", root.display()))?;
    let buckets = Buckets { files, first: tokio::sync::Mutex::new(()), faults, notify };
    let mut service = S3ServiceBuilder::new(buckets);
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let app = Router::new().fallback(answer).with_state(service.build());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// Lets pages of other origins in, as the bucket's CORS rules in deploy/template.yaml do.
async fn answer(State(service): State<S3Service>, request: Request) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::OK.into_response(),
        _ => match service.call(request.map(s3s::Body::http_body_unsync)).await {
            Ok(response) => response.map(Body::new),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
        },
    };
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, if-none-match"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let path = format!("{}/{}", request.input.bucket, request.input.key);
        if self.faults.strikes(Fault::Get, &path) {
            return Err(s3_error!(SlowDown, "Please reduce your request rate."));
        }
        let wanted = request.input.if_match.clone();
        let mut response = self.files.get_object(request).await?;
        if let (Some(ETagCondition::ETag(wanted)), Some(found)) = (&wanted, &response.output.e_tag)
            && wanted != found
        {
            return Err(s3_error!(PreconditionFailed));
        }
        if self.faults.strikes(Fault::CutGet, &path)
            && let Some(body) = response.output.body.take()
        {
            let broken = async { Err(std::io::Error::other("cut off on purpose")) };
            let some = body.take(1).map(|bytes| bytes.map_err(std::io::Error::other));
            let cut = some.chain(futures_util::stream::once(broken));
            response.output.body = Some(StreamingBlob::wrap(cut));
        }
        Ok(response)
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        if self.faults.strikes(Fault::Put, &format!("{bucket}/{key}")) {
            return Err(s3_error!(SlowDown, "Please reduce your request rate."));
        }
        let size = request.input.content_length.unwrap_or_default();
        let response = {
            let conditional = request.input.if_none_match.is_some();
            let _first = if conditional { Some(self.first.lock().await) } else { None };
            self.files.put_object(request).await?
        };
        let etag = response.output.e_tag.as_ref().map(|etag| etag.value().to_owned());
        (self.notify)(&bucket, &key, event(&bucket, &key, size, etag.as_deref()));
        Ok(response)
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.files.list_objects_v2(request).await
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }
}

/// The event that S3 sends for a new object.
pub fn event(bucket: &str, key: &str, size: i64, etag: Option<&str>) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let sequencer = format!("{:016X}", now.unwrap_or_default().as_nanos() as u64);
    let mut time = Vec::new();
    let written =
        Timestamp::from(std::time::SystemTime::now()).format(TimestampFormat::DateTime, &mut time);
    written.expect("memory can be written");
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": String::from_utf8_lossy(&time),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": uuid::Uuid::new_v4().simple().to_string() },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "musicap",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {
                "key": form_encoded(key),
                "size": size,
                "eTag": etag,
                "sequencer": sequencer,
            },
        },
    }] })
}

/// A key as events have it.
fn form_encoded(key: &str) -> String {
    utf8_percent_encode(key, PLAIN).to_string().replace("%20", "+")
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_written_as_s3_writes_them() {
        let found = super::form_encoded("incoming/my song (1)+ü.mp3");
        assert_eq!(found, "incoming/my+song+%281%29%2B%C3%BC.mp3");
    }

    #[test]
    fn events_are_read_by_the_stages() {
        let event = super::event("b", "a b.mp3", 3, Some("e"));
        let objects = pipeline::event::created(event).unwrap();
        let object = objects[0].as_ref().unwrap();
        assert_eq!((&object.key[..], object.etag.as_deref()), ("a b.mp3", Some("e")));
    }
}
