//! S3: s3s parses requests and checks their signatures, s3s-fs keeps the objects in a folder. Added
//! here is what s3s-fs lacks: `If-Match`, conditional writes without races, response headers set by
//! links, notifications, injected failures.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::{Result, anyhow};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::auth::{Credentials, SimpleAuth};
use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::calls::Calls;
use crate::faults::{Fault, Faults};
use crate::loopback::{Users, protect};

/// The region of all resources.
pub const REGION: &str = "eu-central-1";
/// The roles with an access key, which is the role's name.
pub const ROLES: [&str; 7] =
    ["ingest", "caption", "summarize", "dead-letter-handler", "sagemaker", "web", OPERATOR];
/// Whoever runs the cloud, who may do anything.
pub const OPERATOR: &str = "operator";

/// Characters that S3 does not encode in keys of events.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

/// Called for each object that has been written, with bucket, key and event.
pub type Notify = Arc<dyn Fn(&str, &str, Value) + Send + Sync>;

/// What has been written.
#[derive(Debug, Default)]
pub struct Written {
    /// `BUCKET/KEY` of each object that was written, with the time.
    objects: Mutex<Vec<(String, Instant)>>,
    /// The number of events that arrive later.
    late_events: AtomicUsize,
}

impl Written {
    /// `BUCKET/KEY` of each object that was written, as often as it was, with the time.
    pub fn objects(&self) -> Vec<(String, Instant)> {
        self.objects.lock().expect("not poisoned").clone()
    }

    /// Whether all events have arrived.
    pub fn is_delivered(&self) -> bool {
        self.late_events.load(Ordering::SeqCst) == 0
    }
}

#[derive(Clone)]
struct Buckets {
    files: Arc<FileSystem>,
    /// Held during conditional writes.
    conditional: Arc<tokio::sync::Mutex<()>>,
    faults: Arc<Faults>,
    calls: Arc<Calls>,
    written: Arc<Written>,
    notify: Notify,
}

/// What the S3 server needs.
pub struct Config<'a> {
    /// The folder of the buckets.
    pub root: &'a Path,
    /// The buckets' names.
    pub buckets: &'a [&'a str],
    /// The port; 0 for any free one.
    pub port: u16,
    /// The secret key of all roles.
    pub secret_key: &'a str,
    /// The origins of the page, which browsers may upload from.
    pub origins: Vec<String>,
    /// Injected failures.
    pub faults: Arc<Faults>,
    /// The record of calls.
    pub calls: Arc<Calls>,
    /// The record of what is written.
    pub written: Arc<Written>,
    /// Called for each new object.
    pub notify: Notify,
}

/// Serves the buckets.
///
/// # Errors
/// If a folder or the port is not available.
pub async fn serve(config: Config<'_>) -> Result<SocketAddr> {
    let Config { root, buckets, port, secret_key, origins, faults, calls, written, notify } =
        config;
    for bucket in buckets {
        std::fs::create_dir_all(root.join(bucket))?;
    }
    let files = FileSystem::new(root).map_err(|error| anyhow!("{}: {error:?}", root.display()))?;
    let (files, conditional) = (Arc::new(files), Arc::default());
    let buckets = Buckets { files, conditional, faults, calls, written, notify };
    let mut service = S3ServiceBuilder::new(buckets);
    let mut auth = SimpleAuth::new();
    for role in ROLES {
        auth.register(role.to_owned(), secret_key.to_owned().into());
    }
    service.set_auth(auth);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let app = Router::new().fallback(answer).with_state((service.build(), origins.into()));
    let app = protect(app, address, Users::Browsers);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// Answers a request; to the page's own origin with the headers of the bucket's CORS rules in
/// deploy/template.yaml.
async fn answer(
    State((service, origins)): State<(S3Service, Arc<[String]>)>,
    request: Request,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let origin =
        origin.filter(|origin| origins.iter().any(|own| own.as_bytes() == origin.as_bytes()));
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::OK.into_response(),
        _ => match service.call(request.map(s3s::Body::http_body_unsync)).await {
            Ok(response) => response.map(Body::new),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
        },
    };
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "cache-control, content-disposition, content-encoding, content-language, \
                 content-type, expires, if-none-match",
            ),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag"),
            (header::VARY, "origin"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

impl Buckets {
    /// Lets a request wait or fail, if it has to.
    async fn busy(&self, fault: Fault, path: &str) -> S3Result<()> {
        if let Some(delay) = self.faults.delay(Fault::Slow, path) {
            tokio::time::sleep(delay).await;
        }
        if self.faults.inject(fault, path) {
            return Err(s3_error!(SlowDown, "Please reduce your request rate."));
        }
        Ok(())
    }

    /// Writes an object and has its event delivered.
    async fn put(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let credentials = request.credentials.clone();
        self.record(credentials.as_ref(), "s3:PutObject", &bucket, &key, &Ok(()));
        let path = format!("{bucket}/{key}");
        self.busy(Fault::Put, &path).await?;
        let size = request.input.content_length.unwrap_or_default();
        let response = {
            let conditional = request.input.if_none_match.is_some();
            let _lock = if conditional { Some(self.conditional.lock().await) } else { None };
            self.files.put_object(request).await?
        };
        let etag = response.output.e_tag.as_ref().map(|etag| etag.value().to_owned());
        let mut objects = self.written.objects.lock().expect("not poisoned");
        objects.push((path.clone(), Instant::now()));
        drop(objects);
        let event = event(&bucket, &key, size, etag.as_deref());
        let times = 1 + usize::from(self.faults.inject(Fault::RepeatedEvent, &path));
        for _ in 0..times {
            let (notify, event) = (self.notify.clone(), event.clone());
            let (bucket, key) = (bucket.clone(), key.clone());
            let Some(delay) = self.faults.delay(Fault::LateEvent, &path) else {
                notify(&bucket, &key, event);
                continue;
            };
            let written = self.written.clone();
            written.late_events.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                notify(&bucket, &key, event);
                written.late_events.fetch_sub(1, Ordering::SeqCst);
            });
        }
        if self.faults.inject(Fault::LostAnswer, &path) {
            return Err(s3_error!(InternalError, "We encountered an internal error."));
        }
        Ok(response)
    }

    /// Records a call for an object. S3 answers 403 instead of 404 to callers that may not list the
    /// bucket, so finding out that an object does not exist needs that permission.
    fn record<T>(
        &self,
        credentials: Option<&Credentials>,
        action: &str,
        bucket: &str,
        key: &str,
        result: &S3Result<T>,
    ) {
        let role = credentials.map_or("", |credentials| &credentials.access_key);
        self.calls.count(role);
        self.calls.record(role, action, &format!("arn:aws:s3:::{bucket}/{key}"));
        let missing = [S3ErrorCode::NoSuchKey, S3ErrorCode::NoSuchVersion];
        if result.as_ref().is_err_and(|error| missing.contains(error.code())) {
            self.calls.record(role, "s3:ListBucket", &format!("arn:aws:s3:::{bucket}"));
        }
    }
}

/// The response headers that a link sets.
fn with_overrides(mut output: GetObjectOutput, input: &GetObjectInput) -> GetObjectOutput {
    fn set<T: Clone>(value: &mut Option<T>, by_link: &Option<T>) {
        if by_link.is_some() {
            value.clone_from(by_link);
        }
    }
    set(&mut output.cache_control, &input.response_cache_control);
    set(&mut output.content_disposition, &input.response_content_disposition);
    set(&mut output.content_encoding, &input.response_content_encoding);
    set(&mut output.content_language, &input.response_content_language);
    set(&mut output.content_type, &input.response_content_type);
    set(&mut output.expires, &input.response_expires);
    output
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input.clone();
        let path = format!("{}/{}", input.bucket, input.key);
        self.busy(Fault::Get, &path).await?;
        let credentials = request.credentials.clone();
        let result = self.files.get_object(request).await;
        let action =
            if input.version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        self.record(credentials.as_ref(), action, &input.bucket, &input.key, &result);
        let mut response = result?;
        if let (Some(ETagCondition::ETag(expected)), Some(found)) =
            (&input.if_match, &response.output.e_tag)
            && expected != found
        {
            return Err(s3_error!(PreconditionFailed));
        }
        let length = response.output.content_length.unwrap_or_default();
        self.calls.count_bytes(&input.bucket, length.max(0) as u64);
        response.output = with_overrides(response.output, &input);
        if self.faults.inject(Fault::CutGet, &path)
            && let Some(body) = response.output.body.take()
        {
            let broken = async { Err(std::io::Error::other("an injected failure")) };
            let some = body.take(1).map(|bytes| bytes.map_err(std::io::Error::other));
            let cut = some.chain(futures_util::stream::once(broken));
            response.output.body = Some(StreamingBlob::wrap(cut));
        }
        Ok(response)
    }

    /// A client that breaks off, as one that is killed does, stops neither the writing of what has
    /// arrived as a whole nor the event.
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let buckets = self.clone();
        let put = tokio::spawn(async move { buckets.put(request).await });
        put.await.map_err(|error| s3_error!(InternalError, "{error}"))?
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let credentials = request.credentials.clone();
        self.busy(Fault::Head, &format!("{bucket}/{key}")).await?;
        let result = self.files.head_object(request).await;
        // HEAD needs the permission for GET.
        self.record(credentials.as_ref(), "s3:GetObject", &bucket, &key, &result);
        result
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let role = request.credentials.as_ref().map_or("", |credentials| &credentials.access_key);
        let bucket = format!("arn:aws:s3:::{}", request.input.bucket);
        self.calls.count(role);
        self.calls.record(role, "s3:ListBucket", &bucket);
        self.files.list_objects_v2(request).await
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }
}

/// The event of a new object.
pub fn event(bucket: &str, key: &str, size: i64, etag: Option<&str>) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let sequencer = format!("{:016X}", now.unwrap_or_default().as_nanos() as u64);
    let mut time = Vec::new();
    let written =
        Timestamp::from(std::time::SystemTime::now()).format(TimestampFormat::DateTime, &mut time);
    written.expect("a vector can be written");
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": String::from_utf8_lossy(&time),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "local" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": uuid::Uuid::new_v4().simple().to_string() },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "musicap",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "local" },
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

/// A key in the encoding of events.
fn form_encoded(key: &str) -> String {
    utf8_percent_encode(key, PLAIN).to_string().replace("%20", "+")
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_encoded_as_s3_does() {
        let found = super::form_encoded("incoming/my song (1)+ü.mp3");
        assert_eq!(found, "incoming/my+song+%281%29%2B%C3%BC.mp3");
    }

    #[test]
    fn events_are_parsed_by_the_stages() {
        let event = super::event("b", "a b.mp3", 3, Some("e"));
        let objects = pipeline::event::created(event).unwrap();
        let object = objects[0].as_ref().unwrap();
        assert_eq!((&object.key[..], object.etag.as_deref()), ("a b.mp3", Some("e")));
    }
}
