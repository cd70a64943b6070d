//! Models from a Hugging Face hub, kept in the cache that other Hugging Face programs use.
//!
//! A file is asked for with a HEAD request, which tells its hash and the commit that the branch
//! stands for, and is fetched only if the cache does not have that hash. Downloads are checked
//! before they can be seen in the cache. At a commit hash instead of a branch, or
//! [offline](Hub::offline), what is in the cache is used without any request.

mod cache;
mod id;
mod model;
mod partial;
mod transfer;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use self::cache::{Cached, RepoCache};
pub use self::id::HubId;
use self::partial::Partial;
use self::transfer::{Answer, Failure, Listing, OnProgress, Transfer};
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
    /// | `HF_HUB_CACHE` or `HUGGINGFACE_HUB_CACHE` | the cache | `$HF_HOME/hub` |
    /// | `HF_HOME` | the folder of all Hugging Face programs | `huggingface` in `$XDG_CACHE_HOME` or `~/.cache` |
    /// | `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` | `1`, `true`, `yes` or `on`: use no network | use it |
    /// | `HF_TOKEN` or `HUGGING_FACE_HUB_TOKEN` | the access token | that in the file `HF_TOKEN_PATH` |
    /// | `HF_TOKEN_PATH` | the file that `hf auth login` writes | `$HF_HOME/token` |
    /// | `HF_HUB_DISABLE_IMPLICIT_TOKEN` | `1`, …: send no token of the environment | send it |
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if there is no home folder and none of the variables names a cache.
    pub fn from_env() -> Result<Self> {
        Ok(Hub {
            endpoint: variable("HF_ENDPOINT"),
            cache: cache_from_env()?,
            offline: is_set("HF_HUB_OFFLINE") || is_set("TRANSFORMERS_OFFLINE"),
            token: token_from_env().map(SecretString::from),
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

    /// Gives up if the server sends nothing for `timeout`, or does not say within ten seconds what
    /// it has; the default is 60 s.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The path of the repository's file `file`: from the cache if it is there and up to date,
    /// otherwise downloaded. If the server fails or cannot be reached, the cached file is used. A
    /// large file whose download broke off is continued the next time.
    ///
    /// # Errors
    /// [`Error::Hub`] if it is not available, [`Error::Io`] if the cache cannot be written to,
    /// [`Error::InvalidOption`] if `file` is not a path within a repository.
    pub fn file(&self, id: &HubId, file: &str) -> Result<PathBuf> {
        self.file_or_cached(id, file)?.ok_or_else(|| self.missing(id, file))
    }

    /// The same for an optional file: `None` if the repository does not have it. Offline, a file
    /// that is not in the cache counts as missing if other files of its repository are there.
    ///
    /// # Errors
    /// Those of [`file`](Self::file), except that the file is missing.
    pub fn file_if_any(&self, id: &HubId, file: &str) -> Result<Option<PathBuf>> {
        self.optional(id, file, self.file_or_cached(id, file))
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
            Err(Error::Hub { problem: HubProblem::Offline, .. })
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

    /// The file as the server has it, or the cache's if the server does not give it.
    fn file_or_cached(&self, id: &HubId, file: &str) -> Result<Option<PathBuf>> {
        match self.up_to_date(id, file) {
            Err(error) if self.may_use_cache_after(&error) => match self.cache(id).find(file) {
                Cached::File(path) => Ok(Some(path)),
                Cached::Absent => Ok(None),
                Cached::OthersOnly | Cached::Nothing => Err(error),
            },
            result => result,
        }
    }

    /// Whether the cache does for now, since the server fails, cannot be reached or denies access.
    fn may_use_cache_after(&self, error: &Error) -> bool {
        use HubProblem::{Damaged, Denied, NotFound, Server, Unreachable};
        let is_of_server = matches!(
            error,
            Error::Io { .. }
                | Error::Hub { problem: Damaged | Denied | NotFound | Server | Unreachable, .. }
        );
        is_of_server && !self.offline
    }

    /// The file as the server has it; `None` if the repository is known not to have it.
    fn up_to_date(&self, id: &HubId, file: &str) -> Result<Option<PathBuf>> {
        let found = self.look_up(id, file)?;
        if let Some(commit) = &found.commit {
            self.cache(id).remember(commit);
        }
        Ok(found.path)
    }

    /// The same, without noting which commit a branch stands for.
    fn look_up(&self, id: &HubId, file: &str) -> Result<Found> {
        check_file_name(file)?;
        let cache = self.cache(id);
        let found = |path| Ok(Found { path, commit: None });
        match cache.find(file) {
            // A commit never changes.
            Cached::File(path) if self.offline || id.is_pinned() => return found(Some(path)),
            Cached::Absent if self.offline || id.is_pinned() => return found(None),
            _ if self.offline => return Err(self.not_cached(id, file)),
            _ => {}
        }
        let transfer = Transfer {
            endpoint: self.endpoint.as_deref(),
            token: self.token.as_ref().map(ExposeSecret::expose_secret),
            idle_timeout: self.timeout,
            progress: self.progress.clone(),
            id,
            file,
        };
        let want = |listing: &Listing| match cache.has(file, listing) {
            true => Ok(None),
            false => cache.partial(file, listing, || transfer.report(0, listing.size)),
        };
        let (listing, partial) = match transfer.run(want) {
            Ok(Answer::Found(listing, partial)) => (listing, partial),
            Ok(Answer::Absent(commit)) => {
                cache.adopt_absence(file, &commit);
                return Ok(Found { path: None, commit: Some(commit) });
            }
            Err(Failure::Cache(error)) => return Err(error),
            Err(Failure::Other { problem, reason, .. }) => {
                return Err(fault(id, file, problem, reason));
            }
        };
        if let Some(mut partial) = partial {
            if let Some(reason) = damage(&partial, &listing)? {
                partial.keep(false);
                let is_resumed = partial.is_resumed();
                drop(partial);
                return match is_resumed {
                    // What was there before may have been wrong: once more, from the start.
                    true => self.look_up(id, file),
                    false => Err(fault(id, file, HubProblem::Damaged, reason)),
                };
            }
            cache.adopt(partial, &listing)?;
        }
        let path = cache.point(file, &listing)?;
        Ok(Found { path: Some(path), commit: Some(listing.commit) })
    }

    /// The fault of a file that could only be downloaded.
    fn not_cached(&self, id: &HubId, file: &str) -> Error {
        let reason = format!(
            "it is not in the cache {}, and the network is disabled (HF_HUB_OFFLINE); download it \
             once with the network enabled",
            self.cache(id).root().display()
        );
        fault(id, file, HubProblem::Offline, reason)
    }

    /// The fault of a file that is needed and was not found.
    fn missing(&self, id: &HubId, file: &str) -> Error {
        match self.offline && !matches!(self.cache(id).find(file), Cached::Absent) {
            true => self.not_cached(id, file),
            false => no_such_file(id, file),
        }
    }
}

/// What became of a look for a file.
struct Found {
    /// Where it is; `None` if the repository does not have it.
    path: Option<PathBuf>,
    /// The commit that the revision stands for now, if the server was asked.
    commit: Option<String>,
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

/// Whether an environment variable says yes.
fn is_set(name: &str) -> bool {
    variable(name).is_some_and(|value| is_yes(&value))
}

fn is_yes(value: &str) -> bool {
    ["1", "true", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

/// The path in an environment variable, `~` for the home folder as other programs read it.
fn path_variable(name: &str) -> Option<PathBuf> {
    expanded(PathBuf::from(variable(name)?), std::env::home_dir)
}

fn expanded(path: PathBuf, home: impl FnOnce() -> Option<PathBuf>) -> Option<PathBuf> {
    match path.strip_prefix("~") {
        Ok(rest) => Some(home()?.join(rest)),
        Err(_) => Some(path),
    }
}

fn cache_from_env() -> Result<PathBuf> {
    path_variable("HF_HUB_CACHE")
        .or_else(|| path_variable("HUGGINGFACE_HUB_CACHE"))
        .or_else(|| Some(home_from_env()?.join("hub")))
        .ok_or_else(|| Error::option("HF_HOME", "not set", "set, because there is no home folder"))
}

/// The token that the user's other Hugging Face programs send.
fn token_from_env() -> Option<String> {
    if is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        return None;
    }
    let stored = || {
        let path = path_variable("HF_TOKEN_PATH");
        let path = path.or_else(|| Some(home_from_env()?.join("token")))?;
        let token = std::fs::read_to_string(path).ok()?.trim().to_owned();
        (!token.is_empty()).then_some(token)
    };
    variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN")).or_else(stored)
}

/// The folder of all Hugging Face programs.
fn home_from_env() -> Option<PathBuf> {
    let xdg = || Some(path_variable("XDG_CACHE_HOME")?.join("huggingface"));
    let usual = || Some(std::env::home_dir()?.join(".cache").join("huggingface"));
    path_variable("HF_HOME").or_else(xdg).or_else(usual)
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
fn damage(partial: &Partial, listing: &Listing) -> Result<Option<String>> {
    let (path, length, etag) = (partial.path(), partial.length(), &listing.etag);
    if listing.has_sha256() {
        let found = sha256(path).map_err(Error::io("read", path))?;
        let differs = !found.eq_ignore_ascii_case(etag);
        return Ok(differs.then(|| {
            format!(
                "the downloaded file's SHA-256 is {found}, but the server announced {etag}; \
                     try again"
            )
        }));
    }
    let announced = listing.size.filter(|size| *size != length);
    Ok(announced.map(|announced| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_switches_of_the_environment_are_read_as_others_read_them() {
        let path = |path: &str| expanded(path.into(), || Some("/home/me".into())).unwrap();
        assert_eq!(path("~/models"), Path::new("/home/me/models"));
        assert_eq!(path("~"), Path::new("/home/me"));
        assert_eq!(path("/a/~"), Path::new("/a/~"));
        assert_eq!(path("~me/a"), Path::new("~me/a"));
        assert!(["1", "TRUE", "Yes", "on"].into_iter().all(is_yes));
        assert!(!["0", "false", "no", "off", ""].into_iter().any(is_yes));
    }
}
