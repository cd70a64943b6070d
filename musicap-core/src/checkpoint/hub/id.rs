//! What a repository on the hub is called.

use std::fmt;

/// The branch that is meant when none is named.
const DEFAULT_REVISION: &str = "main";

/// The longest owner, repository or revision name that is taken.
const MAX_NAME: usize = 96;

/// Endings by which a path to a file is told from a repository's name.
const FILE_ENDINGS: [&str; 4] = [".pth", ".pt", ".safetensors", ".json"];

/// A repository on the hub, `owner/name`, at a branch, tag or commit, `owner/name@revision`.
///
/// ```
/// # use musicap::checkpoint::HubId;
/// let id = HubId::parse("owner/name@v2").unwrap();
/// assert_eq!((id.repo(), id.revision()), ("owner/name", "v2"));
/// assert!(HubId::parse("../name").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HubId {
    repo: String,
    revision: String,
}

impl HubId {
    /// Parses `owner/name` or `owner/name@revision`. `None` for everything else: a path, a name
    /// with characters other than letters, digits, `.`, `_` and `-`, or one that points outside
    /// its folder.
    pub fn parse(name: &str) -> Option<Self> {
        let (repo, revision) = name.split_once('@').unwrap_or((name, DEFAULT_REVISION));
        let (owner, model) = repo.split_once('/')?;
        let is_file = FILE_ENDINGS.iter().any(|end| model.ends_with(end));
        // Two dashes stand for the slash in the cache's folder names.
        let is_repo = [owner, model].iter().all(|part| is_name(part) && !part.contains("--"));
        let is_revision = revision.len() <= MAX_NAME && revision.split('/').all(is_name);
        (is_repo && !is_file && is_revision)
            .then(|| HubId { repo: repo.to_owned(), revision: revision.to_owned() })
    }

    /// The main branch of a repository whose name needs no checking.
    pub(super) fn known(repo: &'static str) -> Self {
        HubId { repo: repo.to_owned(), revision: DEFAULT_REVISION.to_owned() }
    }

    /// The owner and the repository's name, `owner/name`.
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The branch, tag or commit.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The same repository at `revision`.
    pub(super) fn at(&self, revision: &str) -> Self {
        HubId { repo: self.repo.clone(), revision: revision.to_owned() }
    }

    /// Whether the revision is a commit, which always means the same files.
    pub(super) fn is_pinned(&self) -> bool {
        is_commit(&self.revision)
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repo)?;
        if self.revision != DEFAULT_REVISION {
            write!(f, "@{}", self.revision)?;
        }
        Ok(())
    }
}

/// Whether `revision` is the full hash of a commit.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `part` can stand in a URL and name one file or folder, neither hidden nor above.
pub(super) fn is_name(part: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_NAME).contains(&part.len())
        && part.bytes().all(allowed)
        && !part.starts_with(['.', '-'])
        && !part.ends_with('.')
        && !part.contains("..")
}
