//! Signed requests to services that speak AWS's JSON 1.1 protocol.
//!
//! SageMaker's own SDK would add 350 operations to a function that needs two, and Secrets Manager's
//! thirty for one.

use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A service of one region.
pub struct JsonApi {
    client: reqwest::Client,
    credentials: SharedCredentialsProvider,
    region: String,
    url: String,
    /// The name in signatures.
    signing_name: &'static str,
    /// The part of `X-Amz-Target` before the action.
    target: &'static str,
}

/// A service's reason for refusing a request.
#[derive(Debug)]
pub enum Refused {
    /// The service refuses the request, with its error's type and message.
    Service {
        /// The HTTP status.
        status: u16,
        /// The error's type: `ValidationException`.
        kind: String,
        /// Its message.
        message: String,
    },
    /// The request did not reach the service, or its answer did not arrive.
    Connection(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Service { status, kind, message } => write!(f, "{status} {kind}: {message}"),
            Refused::Connection(reason) => f.write_str(reason),
        }
    }
}

impl JsonApi {
    /// The service `signing_name` at `https://HOST.REGION.amazonaws.com/`, or at the URL in
    /// `endpoint_variable`.
    ///
    /// # Errors
    /// If there is no region, or there are no credentials.
    pub async fn new(
        signing_name: &'static str,
        host: &str,
        target: &'static str,
        endpoint_variable: &str,
    ) -> anyhow::Result<Self> {
        let sdk = crate::sdk_config().await;
        let region = sdk.region().context("no region: set AWS_REGION")?.to_string();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let default = format!("https://{host}.{region}.{suffix}/");
        Ok(JsonApi {
            client: reqwest::Client::builder().timeout(TIMEOUT).build()?,
            credentials: sdk.credentials_provider().ok_or_else(|| anyhow!("no credentials"))?,
            region,
            url: crate::settings::optional(endpoint_variable, default)?,
            signing_name,
            target,
        })
    }

    /// The service's answer to a request.
    ///
    /// # Errors
    /// If it refuses the request, or cannot be reached.
    pub async fn call(&self, action: &str, request: &Value) -> Result<Value, Refused> {
        let signed = self.signed(action, request.to_string()).await;
        let signed = signed.map_err(|error| Refused::Connection(format!("{error:#}")))?;
        let failed = |error: reqwest::Error| Refused::Connection(error.to_string());
        let reply = self.client.execute(signed).await.map_err(failed)?;
        let status = reply.status();
        let body = reply.text().await.map_err(failed)?;
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let kind = body["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or("");
        let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
        let (status, kind, message) = (status.as_u16(), kind.to_owned(), message.to_owned());
        Err(Refused::Service { status, kind, message })
    }

    /// A request with a signature of version 4.
    async fn signed(&self, action: &str, body: String) -> anyhow::Result<reqwest::Request> {
        let target = format!("{}.{action}", self.target);
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target[..])];
        let identity = self.credentials.provide_credentials().await?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.signing_name)
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
