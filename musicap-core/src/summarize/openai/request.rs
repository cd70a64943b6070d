//! One request, and its retries.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::failure::{Failure, Retry};
use super::options::{Key, OpenAiOptions};
use super::reply;
use crate::error::{Error, Result, SummaryProblem, root_cause};
use crate::summarize::{SummaryEvent, Watch};

/// The environment variable with the key.
const KEY_VARIABLE: &str = "OPENAI_API_KEY";
/// The greatest time to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// The greatest number of bytes of an error response that are read.
const REFUSAL_BYTES: usize = 64 << 10;

/// A server and the key for it.
#[derive(Clone)]
pub(super) struct Connection {
    client: Client,
    url: Url,
    /// The header with the key; marked as sensitive, so that Debug and logs hide it.
    key: Option<(HeaderName, HeaderValue)>,
    /// Whether the environment's key is withheld, as plain HTTP would expose it.
    key_withheld: bool,
    service: String,
    options: OpenAiOptions,
}

impl Connection {
    pub(super) fn new(options: OpenAiOptions) -> Result<Self> {
        let url = endpoint(&options.base_url)?;
        check(&options)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let is_local = matches!(&host[..], "localhost" | "127.0.0.1" | "[::1]");
        let is_azure = url.query_pairs().any(|(name, _)| name == "api-version");
        let mut key_withheld = false;
        let key = match &options.key {
            Key::None => None,
            Key::Given(key) => Some(key.clone()),
            Key::Environment => {
                let key = std::env::var(KEY_VARIABLE).ok().map(SecretString::from);
                key_withheld = key.is_some() && url.scheme() == "http" && !is_local;
                key.filter(|_| !key_withheld)
            }
        };
        let key = key.as_ref().map(|key| key.expose_secret().trim()).filter(|key| !key.is_empty());
        if key.is_none() && (host == "api.openai.com" || is_azure) {
            let expected = "set: give one, or set the environment variable OPENAI_API_KEY";
            return Err(Error::option("api_key", "missing", expected));
        }
        let key = key.map(|key| header(key, is_azure)).transpose()?;
        let mut client = Client::builder()
            // The key is sent to this server and to no other.
            .redirect(redirect::Policy::none())
            .timeout(options.timeout)
            .connect_timeout(CONNECT.min(options.timeout))
            .user_agent(concat!("musicap/", env!("CARGO_PKG_VERSION")));
        if is_local {
            client = client.no_proxy();
        }
        let port = url.port().map_or(String::new(), |port| format!(":{port}"));
        let service = format!("{} at {host}{port}", options.model);
        let client = client.build().map_err(|reason| Error::Summary {
            service: service.clone(),
            problem: SummaryProblem::Network,
            reason: format!("cannot create an HTTP client: {}", root_cause(&reason)),
        })?;
        Ok(Connection { client, url, key, key_withheld, service, options })
    }

    pub(super) fn model(&self) -> &str {
        &self.options.model
    }

    /// An error of this server.
    pub(super) fn error(&self, problem: SummaryProblem, reason: String) -> Error {
        Error::Summary { service: self.service.clone(), problem, reason }
    }

    /// The error that a failure is for the caller.
    pub(super) fn failed(&self, failure: Failure) -> Error {
        let Failure { problem, mut reason, .. } = failure;
        if problem == SummaryProblem::Auth && self.key_withheld {
            reason += "; OPENAI_API_KEY is not sent over plain http, give the key itself";
        }
        self.error(problem, reason)
    }

    /// The answer to a request, with as many retries as the options allow.
    pub(super) async fn chat(&self, mut body: Value, watch: &Watch<'_>) -> Result<String, Failure> {
        if let Some(tokens) = self.options.reply_tokens {
            // OpenAI renamed it; others know the old name only.
            let is_theirs = self.url.host_str().is_some_and(|host| {
                host == "api.openai.com" || host.ends_with(".openai.azure.com")
            });
            let name = if is_theirs { "max_completion_tokens" } else { "max_tokens" };
            body[name] = json!(tokens);
        }
        let body = body.to_string();
        let attempts = AtomicUsize::new(0);
        let waits = ExponentialBuilder::default()
            .with_min_delay(self.options.first_wait)
            .with_max_delay(self.options.longest_wait)
            .with_max_times(self.options.retries)
            .with_jitter();
        let attempt = || {
            attempts.fetch_add(1, Ordering::Relaxed);
            self.attempt(&body)
        };
        let result = attempt
            .retry(waits)
            .sleep(tokio::time::sleep)
            .when(|failure| matches!(failure.retry, Retry::Later | Retry::After(_)))
            .adjust(|failure, wait| {
                // Backon adds its random part to the longest wait, too.
                let wait = wait?.min(self.options.longest_wait);
                Some(match failure.retry {
                    Retry::After(asked) => asked.max(wait),
                    Retry::Never | Retry::Simpler | Retry::Later => wait,
                })
            })
            .notify(|failure, wait| {
                watch.report(&SummaryEvent::Retry { problem: failure.problem, wait });
            })
            .await;
        result.map_err(|mut failure| {
            let attempts = attempts.load(Ordering::Relaxed);
            if attempts > 1 {
                failure.reason += &format!(", {attempts} times");
            }
            failure
        })
    }

    async fn attempt(&self, body: &str) -> Result<String, Failure> {
        let mut request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some((name, value)) = &self.key {
            request = request.header(name, value);
        }
        let response =
            request.body(body.to_owned()).send().await.map_err(|error| self.unanswered(&error))?;
        let status = response.status();
        if status.is_success() {
            let body = self.read(response, self.options.reply_bytes).await?;
            return reply::summary(&body);
        }
        let headers = response.headers().clone();
        // A body that cannot be read does not matter: the status says enough.
        let body = self.read(response, REFUSAL_BYTES).await.unwrap_or_default();
        let mut failure = reply::refusal(status.as_u16(), &headers, &body, self.model());
        if let Retry::After(asked) = failure.retry
            && asked > self.options.longest_wait
        {
            failure.retry = Retry::Never;
            let longest = self.options.longest_wait;
            failure.reason += &format!(" and asks to wait {asked:.0?}, longer than {longest:.0?}");
        }
        Err(failure)
    }

    /// An answer's body of at most `most` bytes.
    async fn read(&self, mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.unanswered(&error))? {
            if body.len() + piece.len() > most {
                let reason = format!("the answer has more than {most} bytes");
                return Err(Failure::last(SummaryProblem::Reply, reason));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// The failure for no answer or half of one. Without the URL, which may contain secrets.
    fn unanswered(&self, error: &reqwest::Error) -> Failure {
        // A connection attempt that times out is both.
        let (problem, reason) = if error.is_connect() {
            (SummaryProblem::Network, format!("cannot connect: {}", root_cause(error)))
        } else if error.is_timeout() {
            let reason = format!("no answer within {:.1?}", self.options.timeout);
            (SummaryProblem::Timeout, reason)
        } else {
            (SummaryProblem::Network, format!("the connection was lost: {}", root_cause(error)))
        };
        Failure { problem, reason, retry: Retry::Later }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("service", &self.service)
            .field("has_key", &self.key.is_some())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// The URL of requests. Errors do not repeat the given one, which may contain a password.
fn endpoint(base: &str) -> Result<Url> {
    let wrong = |expected: &str| Error::option("base_url", "unusable", expected);
    let mut url = Url::parse(base.trim()).map_err(|reason| wrong(&format!("a URL ({reason})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("a URL that starts with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a URL without a user name or password"));
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/chat/completions").unwrap_or(path);
    let path = format!("{path}/chat/completions");
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}

fn check(options: &OpenAiOptions) -> Result<()> {
    let model = &options.model;
    if model.trim().is_empty() || model.len() > 200 || model.contains(char::is_control) {
        return Err(Error::option("model", "unusable", "a name in one line of at most 200 bytes"));
    }
    if options.timeout.is_zero() {
        return Err(Error::option("timeout", "0 s", "longer"));
    }
    if options.input_tokens < 500 {
        return Err(Error::option("input_tokens", options.input_tokens, "at least 500"));
    }
    Ok(())
}

/// The header that carries the key.
fn header(key: &str, is_azure: bool) -> Result<(HeaderName, HeaderValue)> {
    let (name, value) = match is_azure {
        true => (HeaderName::from_static("api-key"), HeaderValue::from_str(key)),
        false => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}"))),
    };
    let mut value = value.map_err(|_| {
        Error::option("api_key", "unusable", "one line of ASCII letters and digits")
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}
