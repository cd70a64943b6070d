//! Models from a Hugging Face hub, kept in the cache that other Hugging Face programs use.
//!
//! A file is asked for with a HEAD request, which tells its hash and the commit that the branch
//! stands for, and is fetched only if the cache does not have that hash. Downloads are checked
//! before they can be seen in the cache. At a commit hash instead of a branch, or
//! [offline](Hub::offline), what is in the cache is used without any request.
//!
//! The server is trusted in one point: hf-hub 1.0 takes the hash and the commit that it names for
//! file names as they come. Ours are checked before anything is taken over from the staging.

mod cache;
mod id;
mod model;
mod transfer;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use self::cache::{Cached, RepoCache, Staging};
pub use self::id::HubId;
use self::transfer::{Failure, Fetched, OnProgress, Transfer};
use crate::error::{Error, HubProblem, Result};

/// How long a server may keep silent.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Access to a hub and to the cache of its files.
///
/// ```no_run
/// use musicap::checkpoint::{Hub, HubId};
///
/// let hub = Hub::from_env()?.with_progress(|done, total, file| {
///     eprintln!("{file}: {done} of {total} bytes");
/// });
/// let id = HubId::parse("seungheondoh/lp-music-caps").expect("a hub id");
/// let model = hub.pretrained(&id)?;
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Clone)]
pub struct Hub {
    endpoint: Option<String>,
    cache: PathBuf,
    offline: bool,
    token: Option<SecretString>,
    progress: Option<OnProgress>,
    timeout: Duration,
}

impl Hub {
    /// A hub as configured by the environment:
    ///
    /// | Variable | Meaning | Default |
    /// |---|---|---|
    /// | `HF_ENDPOINT` | the server's URL | the Hugging Face hub |
    /// | `HF_HUB_CACHE` | the cache | `$HF_HOME/hub` |
    /// | `HF_HOME` | the folder of all Hugging Face programs | `~/.cache/huggingface` |
    /// | `HF_HUB_OFFLINE` | `1`, `true`, `yes` or `on`: use no network | use it |
    /// | `HF_TOKEN` | the access token | the token of `hf auth login`, if any |
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if there is no home folder and none of the variables names a cache.
    pub fn from_env() -> Result<Self> {
        let offline = variable("HF_HUB_OFFLINE").unwrap_or_default().to_ascii_lowercase();
        Ok(Hub {
            endpoint: variable("HF_ENDPOINT"),
            cache: cache_from_env()?,
            offline: ["1", "true", "yes", "on"].contains(&offline.as_str()),
            token: match variable("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
                Some(_) => None,
                None => variable("HF_TOKEN").map(SecretString::from),
            },
            progress: None,
            timeout: TIMEOUT,
        })
    }

    /// Uses the server at `url`.
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Caches files in `folder`.
    pub fn with_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = folder.into();
        self
    }

    /// Uses only the cache, not the network.
    pub fn offline(mut self) -> Self {
        self.offline = true;
        self
    }

    /// Uses the network, whatever `HF_HUB_OFFLINE` says.
    pub fn online(mut self) -> Self {
        self.offline = false;
        self
    }

    /// Sends `token` to the server. It never appears in errors or `Debug` output, and is erased
    /// from memory when the hub is dropped.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(SecretString::from(token.into()));
        self
    }

    /// Calls `callback` while a file is downloaded, with the bytes downloaded, the total bytes (0
    /// if unknown) and the file's name. It must not block.
    pub fn with_progress(
        mut self,
        callback: impl Fn(u64, u64, &str) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(callback));
        self
    }

    /// Gives up if the server sends nothing for `timeout`; the default is 60 s.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The path of the repository's file `file`: from the cache if it is there and up to date,
    /// otherwise downloaded. If the server fails or cannot be reached, the cached file is used. On
    /// Windows a cached file always counts as up to date: remove it from the cache to have it again.
    ///
    /// # Errors
    /// [`Error::Hub`] if it is not available, [`Error::Io`] if the cache cannot be written to,
    /// [`Error::InvalidOption`] if `file` is not a path within a repository.
    pub fn file(&self, id: &HubId, file: &str) -> Result<PathBuf> {
        self.look_up(id, file)?.ok_or_else(|| no_such_file(id, file))
    }

    /// The same for an optional file: `None` if the repository does not have it. Offline, a file
    /// that is not in the cache counts as missing if other files of its repository are there.
    ///
    /// # Errors
    /// Those of [`file`](Self::file), except that the file is missing.
    pub fn file_if_any(&self, id: &HubId, file: &str) -> Result<Option<PathBuf>> {
        self.optional(id, file, self.look_up(id, file))
    }

    /// What was `found` for a file that need not be there.
    fn optional(
        &self,
        id: &HubId,
        file: &str,
        found: Result<Option<PathBuf>>,
    ) -> Result<Option<PathBuf>> {
        match found {
            Err(Error::Hub { problem: HubProblem::NotFound, .. }) => Ok(None),
            Err(Error::Hub { problem: HubProblem::Offline | HubProblem::Unreachable, .. })
                if matches!(self.cache(id).find(file), Cached::OthersOnly) =>
            {
                Ok(None)
            }
            found => found,
        }
    }

    fn cache(&self, id: &HubId) -> RepoCache {
        RepoCache::new(&self.cache, id)
    }

    /// `None` if the repository is known not to have the file.
    fn look_up(&self, id: &HubId, file: &str) -> Result<Option<PathBuf>> {
        check_file_name(file)?;
        let cache = self.cache(id);
        let cached = cache.find(file);
        match cached {
            // A commit never changes. On Windows the cache does not tell what a file's hash is.
            Cached::File(path) if self.offline || id.is_pinned() || cfg!(not(unix)) => {
                return Ok(Some(path));
            }
            Cached::Absent if self.offline || id.is_pinned() => return Ok(None),
            _ if self.offline => {
                let reason = format!(
                    "it is not in the cache {}, and the network is disabled (HF_HUB_OFFLINE); \
                     download it once with the network enabled",
                    cache.root().display()
                );
                return Err(fault(id, file, HubProblem::Offline, reason));
            }
            _ => {}
        }
        match (self.fetch(id, file, &cache), cached) {
            (Err(error), Cached::File(path)) if is_passing(&error) => Ok(Some(path)),
            (Err(error), Cached::Absent) if is_passing(&error) => Ok(None),
            (result, _) => result,
        }
    }

    /// Asks the server and takes over what it has.
    fn fetch(&self, id: &HubId, file: &str, cache: &RepoCache) -> Result<Option<PathBuf>> {
        let _lock = cache.lock(file)?;
        let staging = cache.stage(file)?;
        let transfer = Transfer {
            endpoint: self.endpoint.as_deref(),
            token: self.token.as_ref().map(ExposeSecret::expose_secret),
            idle_timeout: self.timeout,
            progress: self.progress.clone(),
            id,
            file,
            cache: staging.root(),
        };
        match transfer.run() {
            Ok(fetched) => self.adopt(id, file, cache, &staging, &fetched).map(Some),
            Err(Failure::Disk(source)) => Err(Error::io("write", cache.root())(source)),
            Err(Failure::Other(problem, reason)) => Err(fault(id, file, problem, reason)),
            Err(Failure::Missing) if cache.adopt_absence(&staging, file)? => Ok(None),
            Err(Failure::Missing) => {
                let reason = "the server responded with 404: there is no such repository, \
                              revision or file; check the name";
                Err(fault(id, file, HubProblem::NotFound, reason))
            }
        }
    }

    fn adopt(
        &self,
        id: &HubId,
        file: &str,
        cache: &RepoCache,
        staging: &Staging,
        fetched: &Fetched,
    ) -> Result<PathBuf> {
        let check = |blob: &Path, etag: &str| {
            let fault = |reason| fault(id, file, HubProblem::Damaged, reason);
            check_bytes(blob, etag, fetched.announced)?.map_or(Ok(()), |reason| Err(fault(reason)))
        };
        cache.adopt(staging, file, &fetched.path, check)?.ok_or_else(|| {
            let reason = "the server sent an invalid commit or hash for the file; is HF_ENDPOINT \
                          a Hugging Face hub?";
            fault(id, file, HubProblem::Server, reason)
        })
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the token nor the endpoint, which may hold a password.
        f.debug_struct("Hub")
            .field("cache", &self.cache)
            .field("offline", &self.offline)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// An environment variable that is set to something.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

fn cache_from_env() -> Result<PathBuf> {
    if let Some(cache) = variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE")) {
        return Ok(cache.into());
    }
    let xdg = || Some(PathBuf::from(variable("XDG_CACHE_HOME")?).join("huggingface"));
    let usual = || Some(std::env::home_dir()?.join(".cache").join("huggingface"));
    let home = variable("HF_HOME").map(PathBuf::from).or_else(xdg).or_else(usual);
    home.map(|home| home.join("hub"))
        .ok_or_else(|| Error::option("HF_HOME", "not set", "set, because there is no home folder"))
}

/// Whether another time might go better, and the cache does for now.
fn is_passing(error: &Error) -> bool {
    use HubProblem::{Damaged, Server, Unreachable};
    matches!(error, Error::Io { .. } | Error::Hub { problem: Damaged | Server | Unreachable, .. })
}

/// Refuses what would lead out of the repository, or be another file on another system.
fn check_file_name(file: &str) -> Result<()> {
    let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.len() < 200;
    let is_odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    if file.split('/').all(is_part) && !file.contains(is_odd) {
        return Ok(());
    }
    Err(Error::option("file", file.escape_debug(), "a path within a repository"))
}

/// What is wrong with the bytes of a download, if anything. Of a large file the server's hash is
/// the SHA-256; of other files there is the size.
fn check_bytes(path: &Path, etag: &str, announced: u64) -> Result<Option<String>> {
    let is_sha256 = etag.len() == 64 && etag.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sha256 {
        let found = sha256(path).map_err(Error::io("read", path))?;
        let differs = !found.eq_ignore_ascii_case(etag);
        return Ok(differs.then(|| {
            format!(
                "the downloaded file's SHA-256 is {found}, but the server announced {etag}; \
                     try again"
            )
        }));
    }
    let length = path.metadata().map_err(Error::io("read", path))?.len();
    let differs = announced > 0 && length != announced;
    Ok(differs.then(|| {
        format!("{length} bytes were downloaded, but the server announced {announced}; try again")
    }))
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn no_such_file(id: &HubId, file: &str) -> Error {
    let reason = "the repository has no such file; is it a musicap model?";
    fault(id, file, HubProblem::NotFound, reason)
}

fn fault(id: &HubId, file: &str, problem: HubProblem, reason: impl Into<String>) -> Error {
    let file = file.to_owned();
    Error::Hub { id: id.to_string(), file, problem, reason: reason.into() }
}
