//! One file over the network, by the hub's protocol: a HEAD request tells the commit and the file's
//! hash and size, a GET request brings the bytes.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName,
    HeaderValue, LOCATION, RANGE, RETRY_AFTER,
};
use reqwest::{Client, Method, Response, StatusCode, Url, redirect};

use super::id::{HubId, is_name};
use super::partial::Partial;
use crate::error::{Error, HubProblem, Result, root_cause};

/// Called with the bytes done, the bytes in all (0 if unknown) and the file's name.
pub(super) type OnProgress = Arc<dyn Fn(u64, u64, &str) + Send + Sync>;

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
/// How often a request is tried again after the server failed or the connection was lost.
const RETRIES: usize = 3;
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// A download whose attempts brought as many bytes is tried as often again.
const ADVANCE: u64 = 1 << 20;
/// How long the server may take to say what it has.
const LISTING_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest `Retry-After` that is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// The most redirects that are followed.
const REDIRECTS: usize = 10;

const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
const REPO_COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
/// Of a large file, which is kept elsewhere: its SHA-256 and its bytes.
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");

/// What to fetch and how.
pub(super) struct Transfer<'a> {
    pub(super) endpoint: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    /// The longest time without a byte.
    pub(super) idle_timeout: Duration,
    pub(super) progress: Option<OnProgress>,
    pub(super) id: &'a HubId,
    pub(super) file: &'a str,
}

/// What the server says of a file. Commit and hash are names that can stand in a path.
pub(super) struct Listing {
    pub(super) commit: String,
    pub(super) etag: String,
    /// Bytes; `None` if the server did not say.
    pub(super) size: Option<u64>,
}

impl Listing {
    /// Whether the hash is that of the bytes themselves, as it is for large files.
    pub(super) fn has_sha256(&self) -> bool {
        self.etag.len() == 64 && self.etag.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// What came of a transfer.
pub(super) enum Answer {
    /// The server has the file. Its bytes are there if they were wanted.
    Found(Listing, Option<Partial>),
    /// The repository has no such file at this commit.
    Absent(String),
}

/// Why a transfer failed.
pub(super) enum Failure {
    /// The cache's fault.
    Cache(Error),
    /// Everything else. `again` is how long to wait at least before another attempt, if that may do
    /// better.
    Other { problem: HubProblem, reason: String, again: Option<Duration> },
}

impl Failure {
    fn lasting(problem: HubProblem, reason: impl Into<String>) -> Self {
        Failure::Other { problem, reason: reason.into(), again: None }
    }

    fn passing(problem: HubProblem, reason: impl Into<String>) -> Self {
        Failure::Other { problem, reason: reason.into(), again: Some(Duration::ZERO) }
    }
}

impl Transfer<'_> {
    /// Asks for the file, and fetches its bytes into what `want` opens for them, if anything. It
    /// runs on a thread and a runtime of its own, so the caller may be within a runtime, and giving
    /// up leaves nothing behind.
    pub(super) fn run(
        &self,
        want: impl FnOnce(&Listing) -> Result<Option<Partial>> + Send,
    ) -> Result<Answer, Failure> {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| self.failed("cannot start a runtime for the download", &error))?;
            let result = runtime.block_on(self.fetch(want));
            // Without waiting for a name that is still being looked up.
            runtime.shutdown_background();
            result
        };
        let panicked = "the download stopped because of an internal error";
        std::thread::scope(|scope| {
            let done = scope.spawn(run).join();
            done.unwrap_or_else(|_| Err(Failure::lasting(HubProblem::Damaged, panicked)))
        })
    }

    async fn fetch(
        &self,
        want: impl FnOnce(&Listing) -> Result<Option<Partial>>,
    ) -> Result<Answer, Failure> {
        let (client, url) = (self.client()?, self.url()?);
        let answer = persistently(async || self.ask(&client, &url).await).await?;
        let Answer::Found(listing, _) = answer else { return Ok(answer) };
        let mut partial = want(&listing).map_err(Failure::Cache)?;
        if let Some(partial) = &mut partial {
            self.report(partial.length(), listing.size);
            loop {
                let before = partial.length();
                let download = async || self.download(&client, &url, &listing, partial).await;
                match persistently(download).await {
                    Err(Failure::Other { again: Some(_), .. })
                        if partial.length() >= before + ADVANCE => {}
                    result => break result?,
                }
            }
        }
        Ok(Answer::Found(listing, partial))
    }

    fn client(&self) -> Result<Client, Failure> {
        let client = Client::builder()
            // `send` follows them, and leaves the token out where it is no business of theirs.
            .redirect(redirect::Policy::none())
            .connect_timeout(self.idle_timeout)
            .read_timeout(self.idle_timeout)
            .user_agent(concat!("musicap/", env!("CARGO_PKG_VERSION")));
        client.build().map_err(|error| self.failed("cannot create an HTTP client", &error))
    }

    fn url(&self) -> Result<Url, Failure> {
        let wrong = || {
            let reason = "the endpoint is not a URL; check HF_ENDPOINT";
            Failure::lasting(HubProblem::Unreachable, reason)
        };
        let endpoint = self.endpoint.unwrap_or(DEFAULT_ENDPOINT);
        let mut url = Url::parse(endpoint).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong());
        }
        url.set_query(None);
        url.path_segments_mut()
            .map_err(|()| wrong())?
            .pop_if_empty()
            .extend(self.id.repo().split('/'))
            .push("resolve")
            // A revision is one segment: slashes within are escaped.
            .push(self.id.revision())
            .extend(self.file.split('/'));
        Ok(url)
    }

    /// What the server says of the file.
    async fn ask(&self, client: &Client, url: &Url) -> Result<Answer, Failure> {
        let response = self.send(client, Method::HEAD, url, None).await?;
        let headers = response.headers();
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
        let invalid = |what| {
            let advice = "is HF_ENDPOINT a Hugging Face hub?";
            let reason = format!("{} does not follow the hub's protocol: {what}", self.server());
            Failure::lasting(HubProblem::Server, format!("{reason}; {advice}"))
        };
        let commit = text(&REPO_COMMIT).map(str::to_owned);
        if commit.as_deref().is_some_and(|commit| !is_name(commit)) {
            return Err(invalid("the commit that it names is invalid"));
        }
        let is_absent = response.status() == StatusCode::NOT_FOUND
            && text(&ERROR_CODE) == Some("EntryNotFound");
        if let Some(commit) = commit.clone().filter(|_| is_absent) {
            return Ok(Answer::Absent(commit));
        }
        self.check_status(&response)?;
        let commit = commit.ok_or_else(|| invalid("it names no commit"))?;
        let etag = text(&LINKED_ETAG).or_else(|| text(&ETAG));
        let etag = etag.ok_or_else(|| invalid("it names no hash"))?;
        let etag = etag.trim_start_matches("W/").trim_matches('"').to_owned();
        if !is_name(&etag) || etag.ends_with(".incomplete") {
            return Err(invalid("the hash that it names is invalid"));
        }
        // The length of a redirect is not that of the file.
        let length = response.status().is_success().then(|| text(&CONTENT_LENGTH)).flatten();
        let size = text(&LINKED_SIZE).or(length).and_then(|size| size.parse().ok());
        Ok(Answer::Found(Listing { commit, etag, size }, None))
    }

    /// Fetches the bytes that `partial` lacks.
    async fn download(
        &self,
        client: &Client,
        url: &Url,
        listing: &Listing,
        partial: &mut Partial,
    ) -> Result<(), Failure> {
        if !listing.has_sha256() {
            // Nothing would tell whether the parts belong together.
            partial.restart().map_err(Failure::Cache)?;
        }
        let (start, size) = (partial.length(), listing.size);
        if start > 0 && size == Some(start) {
            return Ok(());
        }
        let range = (start > 0).then(|| format!("bytes={start}-"));
        let mut response = self.send(client, Method::GET, url, range.as_deref()).await?;
        let text = |name: HeaderName| response.headers().get(name)?.to_str().ok();
        if text(REPO_COMMIT).is_some_and(|commit| commit != listing.commit) {
            let reason = "the repository has changed during the download; try again";
            return Err(Failure::lasting(HubProblem::Damaged, reason));
        }
        let is_elsewhere =
            text(CONTENT_RANGE).is_some_and(|sent| !sent.starts_with(&format!("bytes {start}-")));
        match response.status() {
            StatusCode::PARTIAL_CONTENT if range.is_some() && !is_elsewhere => {}
            StatusCode::OK => partial.restart().map_err(Failure::Cache)?,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if range.is_some() => {
                partial.restart().map_err(Failure::Cache)?;
                let reason = "what was downloaded before is not what the server has; try again";
                return Err(Failure::passing(HubProblem::Damaged, reason));
            }
            status => {
                if let Err(failure @ Failure::Other { again: Some(_), .. }) =
                    self.check_status(&response)
                {
                    return Err(failure);
                }
                let reason = format!("{} has the file but not its bytes: {status}", self.server());
                return Err(Failure::lasting(HubProblem::Damaged, format!("{reason}; try again")));
            }
        }
        self.report(partial.length(), size);
        while let Some(bytes) =
            response.chunk().await.map_err(|error| self.unanswered(&Method::GET, error))?
        {
            partial.write(&bytes).map_err(Failure::Cache)?;
            if let Some(size) = size.filter(|size| partial.length() > *size) {
                partial.restart().map_err(Failure::Cache)?;
                let reason = format!("{} sends more than the {size} bytes", self.server());
                let reason = format!("{reason} that it announced; try again");
                return Err(Failure::lasting(HubProblem::Damaged, reason));
            }
            self.report(partial.length(), size);
        }
        Ok(())
    }

    pub(super) fn report(&self, done: u64, size: Option<u64>) {
        if let Some(progress) = &self.progress {
            progress(done, size.unwrap_or(0), self.file);
        }
    }

    /// Sends a request and follows redirects; a HEAD request only within the hub, since what it
    /// asks for is in the headers of the redirect. The token is for the hub alone.
    async fn send(
        &self,
        client: &Client,
        method: Method,
        url: &Url,
        range: Option<&str>,
    ) -> Result<Response, Failure> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            if let Some(range) = range.and_then(|range| HeaderValue::from_str(range).ok()) {
                headers.insert(RANGE, range);
            }
            if let Some(token) = self.token.filter(|_| at.origin() == url.origin()) {
                headers.insert(AUTHORIZATION, self.authorization(token)?);
            }
            let mut request = client.request(method.clone(), at.clone()).headers(headers);
            if method == Method::HEAD {
                request = request.timeout(self.patience(&method));
            }
            let response = request.send().await.map_err(|error| self.unanswered(&method, error))?;
            let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let next = location
                .filter(|_| response.status().is_redirection())
                .and_then(|location| at.join(location).ok())
                .filter(|next| method != Method::HEAD || next.origin() == url.origin());
            match next {
                Some(next) => at = next,
                None => return Ok(response),
            }
        }
        let reason = format!("{} redirects more than {REDIRECTS} times", self.server());
        Err(Failure::lasting(HubProblem::Server, reason))
    }

    fn authorization(&self, token: &str) -> Result<HeaderValue, Failure> {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let value = value.ok().filter(|_| token.is_ascii());
        let mut value = value.ok_or_else(|| {
            let reason = "the token is not one line of ASCII characters; check HF_TOKEN";
            Failure::lasting(HubProblem::Denied, reason)
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The failure that a status is.
    fn check_status(&self, response: &Response) -> Result<(), Failure> {
        use HubProblem::{Denied, NotFound, Server};
        let (server, status) = (self.server(), response.status());
        let header = |name: HeaderName| response.headers().get(name)?.to_str().ok();
        let code = header(ERROR_CODE);
        let (problem, reason) = match status.as_u16() {
            200..=399 => return Ok(()),
            401 if code != Some("GatedRepo") && self.token.is_some() => (
                Denied,
                format!(
                    "{server} responded with 401: the token that was sent (HF_TOKEN, or that of \
                     `hf auth login`) is wrong or expired, may not read the repository, or there \
                     is no such repository"
                ),
            ),
            401 if code != Some("GatedRepo") => (
                Denied,
                format!(
                    "{server} responded with 401: there is no such repository, or it is private; \
                     check its name, or set HF_TOKEN to a token that may read it"
                ),
            ),
            401 | 403 => (
                Denied,
                format!(
                    "{server} denied access: the repository is gated or private; accept its terms \
                     on its page, and set HF_TOKEN to a token that may read it"
                ),
            ),
            404 => {
                let what = match code {
                    Some("RepoNotFound") => "repository",
                    Some("RevisionNotFound") => "branch, tag or commit",
                    _ => "repository, revision or file",
                };
                let reason = format!("{server} responded with 404: there is no such {what}");
                (NotFound, format!("{reason}; check the name"))
            }
            429 => {
                // In seconds; a date is longer than what is waited for.
                let asked = header(RETRY_AFTER);
                let wait = asked.and_then(|wait| wait.parse().ok()).map(Duration::from_secs);
                let when = wait.map_or(String::new(), |wait| format!(" in {wait:?}"));
                let reason = "responded with 429, too many requests; try again";
                let again = match asked {
                    Some(_) => wait.filter(|wait| *wait <= LONGEST_WAIT),
                    None => Some(Duration::ZERO),
                };
                let reason = format!("{server} {reason}{when}");
                return Err(Failure::Other { problem: Server, reason, again });
            }
            408 | 500..=599 => {
                let reason = format!("{server} responded with {status}; try again later");
                return Err(Failure::passing(Server, reason));
            }
            _ => (Server, format!("{server} responded with {status}")),
        };
        Err(Failure::lasting(problem, reason))
    }

    /// The failure for no answer or half of one. Without the URL, which may be signed, and without
    /// the server's own text, which may be anything.
    fn unanswered(&self, method: &Method, error: reqwest::Error) -> Failure {
        use HubProblem::Unreachable;
        let (server, error) = (self.server(), error.without_url());
        if error.is_timeout() {
            let reason = format!("{server} did not answer for {:?}", self.patience(method));
            let reason = format!("{reason}; try again");
            // Who does not say what there is will not say it soon.
            return match *method {
                Method::HEAD => Failure::lasting(Unreachable, reason),
                _ => Failure::passing(Unreachable, reason),
            };
        }
        let cause = root_cause(&error);
        let reason = match error.is_connect() {
            true => {
                format!("cannot reach {server}: {cause}; check the network and HF_ENDPOINT")
            }
            false => format!("the connection to {server} was lost: {cause}; try again"),
        };
        Failure::passing(Unreachable, reason)
    }

    /// The longest time to wait for an answer, and for more of it.
    fn patience(&self, method: &Method) -> Duration {
        match *method {
            Method::HEAD => self.idle_timeout.min(LISTING_TIMEOUT),
            _ => self.idle_timeout,
        }
    }

    fn failed(&self, what: &str, error: &dyn std::error::Error) -> Failure {
        Failure::lasting(HubProblem::Unreachable, format!("{what}: {}", root_cause(error)))
    }

    /// The server's name alone: what else a URL holds may be secret.
    fn server(&self) -> String {
        let Some(endpoint) = self.endpoint else { return "the hub".into() };
        let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit('@').next().unwrap_or_default().to_owned()
    }
}

/// The result of the first attempt that succeeds or fails for good, or of the last one.
async fn persistently<T>(
    mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let waits = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_times(RETRIES);
    let mut waits = waits.with_jitter().build();
    loop {
        match attempt().await {
            Err(Failure::Other { again: Some(least), .. }) if let Some(wait) = waits.next() => {
                tokio::time::sleep(wait.max(least)).await;
            }
            result => return result,
        }
    }
}
