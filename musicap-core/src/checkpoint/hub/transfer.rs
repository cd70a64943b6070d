//! One file over the network, by hf-hub.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hf_hub::progress::{DownloadEvent, Progress, ProgressEvent, ProgressHandler};
use hf_hub::{HFClient, HFError};

use super::id::HubId;
use crate::error::{HubProblem, root_cause};

/// Called with the bytes done, the bytes in all (0 if unknown) and the file's name.
pub(super) type OnProgress = Arc<dyn Fn(u64, u64, &str) + Send + Sync>;

/// How often a request is tried again after the server failed or could not be reached.
const RETRIES: usize = 3;

/// What to fetch and how.
pub(super) struct Transfer<'a> {
    pub(super) endpoint: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    /// The longest time without a byte.
    pub(super) idle_timeout: Duration,
    pub(super) progress: Option<OnProgress>,
    pub(super) id: &'a HubId,
    pub(super) file: &'a str,
    /// The cache that hf-hub fills.
    pub(super) cache: &'a Path,
}

/// A file as the server gave it.
pub(super) struct Fetched {
    /// Where it is in the cache.
    pub(super) path: PathBuf,
    /// Its size as the server announced it; 0 if it did not.
    pub(super) announced: u64,
}

/// Why a transfer failed.
pub(super) enum Failure {
    /// The disk's fault.
    Disk(std::io::Error),
    /// The server does not have the file, or the repository, or the revision.
    Missing,
    /// Everything else.
    Other(HubProblem, String),
}

impl Transfer<'_> {
    /// Fetches the file. It runs on a thread and a runtime of its own, so the caller may be
    /// within a runtime, and giving up leaves nothing behind.
    pub(super) fn run(self) -> Result<Fetched, Failure> {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(Failure::Disk)?;
            let result = runtime.block_on(self.fetch());
            // Without waiting for a name that is still being looked up.
            runtime.shutdown_background();
            result
        };
        let panicked = || {
            Failure::Other(
                HubProblem::Damaged,
                "the download stopped because of an internal error".into(),
            )
        };
        std::thread::scope(|scope| scope.spawn(run).join().unwrap_or_else(|_| Err(panicked())))
    }

    async fn fetch(&self) -> Result<Fetched, Failure> {
        let client = self.client().map_err(|error| self.failure(error))?;
        let (owner, name) = self.id.repo().split_once('/').unwrap_or_default();
        let repo = client.model(owner, name);
        let meter = Arc::new(Meter::new(self.file, self.progress.clone()));
        let download = repo
            .download_file()
            .filename(self.file)
            .revision(self.id.revision())
            .progress(Progress::from(meter.clone()))
            .send();
        let mut download = pin!(download);
        loop {
            let left = self.idle_timeout.saturating_sub(meter.idle());
            match tokio::time::timeout(left, download.as_mut()).await {
                Ok(Ok(path)) => return Ok(Fetched { path, announced: meter.total() }),
                Ok(Err(error)) => return Err(self.failure(error)),
                Err(_) if meter.idle() >= self.idle_timeout => {
                    let reason =
                        format!("{} did not answer for {:?}", self.server(), self.idle_timeout);
                    return Err(Failure::Other(HubProblem::Unreachable, reason));
                }
                Err(_) => {}
            }
        }
    }

    fn client(&self) -> Result<HFClient, HFError> {
        let mut builder = HFClient::builder().cache_dir(self.cache).retry_max_attempts(RETRIES);
        if let Some(endpoint) = self.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(token) = self.token {
            builder = builder.token(token);
        }
        builder.build()
    }

    /// The server's name alone: what else a URL holds may be secret.
    fn server(&self) -> String {
        let Some(endpoint) = self.endpoint else { return "the hub".into() };
        let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit('@').next().unwrap_or_default().to_owned()
    }

    /// What hf-hub says, without the URLs, which may be signed, and without the server's own
    /// text, which may be anything.
    fn failure(&self, error: HFError) -> Failure {
        use HubProblem::{Damaged, Denied, Server, Unreachable};
        let server = self.server();
        let (problem, reason) = match error {
            HFError::EntryNotFound { .. } | HFError::LocalEntryNotFound { .. } => {
                return Failure::Missing;
            }
            HFError::RepoNotFound { .. } | HFError::RevisionNotFound { .. } => {
                return Failure::Missing;
            }
            HFError::Io(error) => return Failure::Disk(error),
            HFError::AuthRequired { context } => match context.error_code.as_deref() {
                Some("GatedRepo") => (Denied, gated(&server)),
                _ => (
                    Denied,
                    format!(
                        "{server} responded with 401: there is no such repository, or it is private; \
                         check its name, or set HF_TOKEN to a token that may read it"
                    ),
                ),
            },
            HFError::Forbidden { .. } => (Denied, gated(&server)),
            HFError::RateLimited { retry_after, .. } => {
                let wait = retry_after.map_or(String::new(), |wait| format!(" in {wait:?}"));
                (Server, format!("{server} responded with 429, too many requests; try again{wait}"))
            }
            HFError::Http { context } => {
                let status = context.status.as_u16();
                (Server, format!("{server} responded with {status}; try again later"))
            }
            HFError::Request { source, .. } => {
                let source = source.without_url();
                let cause = root_cause(&source);
                if source.is_connect() {
                    let advice = "check the network and HF_ENDPOINT";
                    (Unreachable, format!("cannot reach {server}: {cause}; {advice}"))
                } else if source.is_timeout() {
                    (Unreachable, format!("{server} did not answer in time; try again"))
                } else {
                    let what = format!("the connection to {server} was lost");
                    (Unreachable, format!("{what}: {cause}; try again"))
                }
            }
            HFError::Url(_) => {
                (Unreachable, "the endpoint is not a URL; check HF_ENDPOINT".to_owned())
            }
            HFError::MalformedResponse { what, .. } => {
                let advice = "is HF_ENDPOINT a Hugging Face hub?";
                (Server, format!("{server} does not follow the hub's protocol: {what}; {advice}"))
            }
            HFError::Xet { operation, .. } => {
                (Unreachable, format!("the {operation} from {server} failed; try again"))
            }
            _ => {
                (Damaged, "the download failed because of an internal error; try again".to_owned())
            }
        };
        Failure::Other(problem, reason)
    }
}

fn gated(server: &str) -> String {
    format!(
        "{server} denied access: the repository is gated or private; accept its terms on \
         its page, and set HF_TOKEN to a token that may read it"
    )
}

/// Follows a download, to tell others and to notice when it stands still.
struct Meter {
    file: String,
    callback: Option<OnProgress>,
    done: AtomicU64,
    total: AtomicU64,
    moved: Mutex<Instant>,
}

impl Meter {
    fn new(file: &str, callback: Option<OnProgress>) -> Self {
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(0));
        Meter { file: file.to_owned(), callback, done, total, moved: Mutex::new(Instant::now()) }
    }

    fn idle(&self) -> Duration {
        self.moved.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).elapsed()
    }

    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    fn report(&self, done: u64) {
        if self.done.swap(done, Ordering::Relaxed) == done && done > 0 {
            return;
        }
        *self.moved.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Instant::now();
        if let Some(callback) = &self.callback {
            callback(done, self.total(), &self.file);
        }
    }
}

impl ProgressHandler for Meter {
    fn on_progress(&self, event: &ProgressEvent) {
        let ProgressEvent::Download(event) = event else { return };
        match event {
            DownloadEvent::Start { total_bytes, .. } => {
                self.total.store(*total_bytes, Ordering::Relaxed);
                self.report(0);
            }
            DownloadEvent::Progress { files } => {
                files.iter().for_each(|file| self.report(file.bytes_completed));
            }
            DownloadEvent::AggregateProgress { bytes_completed, .. } => {
                self.report(*bytes_completed);
            }
            DownloadEvent::Complete => {}
        }
    }
}
