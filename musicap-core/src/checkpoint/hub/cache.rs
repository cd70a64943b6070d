//! The Hugging Face cache on disk, as every other program that uses it keeps it.
//!
//! ```text
//! models--owner--name/refs/main                      the commit that main stood for last
//!                     snapshots/<commit>/<file>      a link to the file's bytes
//!                     blobs/<etag>                   the bytes
//!                     .no_exist/<commit>/<file>      known not to be in the repository
//! ```
//! Downloads go to a folder of their own within the repository's, as [`Partial`] files. Only what
//! has been checked is moved from there to where others look.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::id::{HubId, is_commit, is_name};
use super::partial::Partial;
use super::transfer::Listing;
use crate::error::{Error, Result};
use crate::file::replace_file;

/// Where downloads in progress are, within a repository's folder.
const PARTIAL: &str = ".musicap";

/// What the cache knows about a file.
#[derive(Debug)]
pub(super) enum Cached {
    /// It is there.
    File(PathBuf),
    /// The repository does not have it.
    Absent,
    /// Nothing about the file, though other files of the same revision are there.
    OthersOnly,
    /// Nothing about this revision.
    Nothing,
}

/// One repository's part of the cache.
pub(super) struct RepoCache {
    root: PathBuf,
    folder: PathBuf,
    id: HubId,
}

impl RepoCache {
    pub(super) fn new(root: &Path, id: &HubId) -> Self {
        // Links need a path that holds from anywhere.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        RepoCache { folder: root.join(folder_name(id)), root, id: id.clone() }
    }

    /// Where the cache is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Looks `file` up without any network.
    pub(super) fn find(&self, file: &str) -> Cached {
        let Some(commit) = self.commit() else { return Cached::Nothing };
        let snapshot = self.folder.join("snapshots").join(&commit);
        let path = snapshot.join(file);
        if path.is_file() {
            Cached::File(path)
        } else if self.folder.join(".no_exist").join(&commit).join(file).is_file() {
            Cached::Absent
        } else if snapshot.is_dir() {
            Cached::OthersOnly
        } else {
            Cached::Nothing
        }
    }

    /// The commit that the revision stands for, as far as is known here.
    pub(super) fn commit(&self) -> Option<String> {
        if self.id.is_pinned() {
            return Some(self.id.revision().to_owned());
        }
        let text = fs::read_to_string(self.folder.join("refs").join(self.id.revision())).ok()?;
        let commit = text.trim();
        is_name(commit).then(|| commit.to_owned())
    }

    /// Waits until nobody else fetches `file`, in this process or another. `None` where the file
    /// system has no locks, as some in networks: all that is lost is that a file may be fetched
    /// twice. `waiting` is called if somebody does.
    fn lock(&self, file: &str, waiting: impl FnOnce()) -> Result<Option<File>> {
        let name = format!("{}.musicap.lock", flat_name(file));
        let path = self.root.join(".locks").join(folder_name(&self.id)).join(name);
        let lock = create_parent(&path).and_then(|()| File::create(&path));
        let lock = lock.map_err(Error::io("create", &path))?;
        let mut locked = match lock.try_lock() {
            Err(TryLockError::WouldBlock) => {
                waiting();
                lock.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        while locked.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
            locked = lock.lock();
        }
        Ok(locked.is_ok().then_some(lock))
    }

    /// Whether the bytes that the server has for `file` are here.
    pub(super) fn has(&self, file: &str, listing: &Listing) -> bool {
        // Where the file system has no links, others move the bytes to the snapshot.
        let pointer = self.pointer(file, &listing.commit);
        self.blob(listing).is_file() || fs::symlink_metadata(pointer).is_ok_and(|it| it.is_file())
    }

    /// Where to download `file` to: what an earlier download left of the same bytes, if their hash
    /// will tell whether they are right, or nothing yet. `None` if somebody else has fetched the
    /// file while this waited, of which `waiting` tells.
    pub(super) fn partial(
        &self,
        file: &str,
        listing: &Listing,
        waiting: impl FnOnce(),
    ) -> Result<Option<Partial>> {
        let lock = self.lock(file, waiting)?;
        if self.has(file, listing) {
            return Ok(None);
        }
        let folder = self.folder.join(PARTIAL);
        let mut partial = Partial::open(&folder, &flat_name(file), &listing.etag, lock)?;
        match listing.has_sha256() {
            true => partial.keep(true),
            false => partial.restart()?,
        }
        Ok(Some(partial))
    }

    /// Takes over the bytes of a download.
    pub(super) fn adopt(&self, partial: Partial, listing: &Listing) -> Result<()> {
        partial.adopt(&self.blob(listing))
    }

    /// Makes `file` of the commit lead to the bytes that the server has for it, which are here.
    pub(super) fn point(&self, file: &str, listing: &Listing) -> Result<PathBuf> {
        let (blob, pointer) = (self.blob(listing), self.pointer(file, &listing.commit));
        let is_other = blob_name(&pointer).is_some_and(|name| name != listing.etag);
        if is_other || !pointer.is_file() {
            point(&pointer, &blob, &listing.etag, file).map_err(Error::io("write", &pointer))?;
        }
        Ok(pointer)
    }

    /// Notes that the repository has no `file` at `commit`, if the cache can be written to.
    pub(super) fn adopt_absence(&self, file: &str, commit: &str) {
        let marker = self.folder.join(".no_exist").join(commit).join(file);
        let _ = write_whole(&marker, "");
    }

    fn blob(&self, listing: &Listing) -> PathBuf {
        self.folder.join("blobs").join(&listing.etag)
    }

    fn pointer(&self, file: &str, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit).join(file)
    }

    /// Notes which commit the revision stands for, if the cache can be written to.
    pub(super) fn remember(&self, commit: &str) {
        if self.id.is_pinned() || self.commit().as_deref() == Some(commit) {
            return;
        }
        let _ = write_whole(&self.folder.join("refs").join(self.id.revision()), commit);
    }

    /// The commit in the path of a file in a snapshot, if it is a full one.
    pub(super) fn pinned_by(&self, path: &Path) -> Option<HubId> {
        let path = path.strip_prefix(self.folder.join("snapshots")).ok()?;
        let commit = path.iter().next().and_then(OsStr::to_str)?;
        is_commit(commit).then(|| self.id.at(commit))
    }
}

/// The repository's folder in a cache.
fn folder_name(id: &HubId) -> String {
    format!("models--{}", id.repo().replace('/', "--"))
}

/// `file` as one name.
fn flat_name(file: &str) -> String {
    file.replace('/', "--")
}

/// The name of the blob that `pointer` links to, if it is a link.
fn blob_name(pointer: &Path) -> Option<String> {
    Some(fs::read_link(pointer).ok()?.file_name()?.to_str()?.to_owned())
}

/// Makes `pointer` lead to `blob`, at once for everyone who looks.
fn point(pointer: &Path, blob: &Path, etag: &str, file: &str) -> io::Result<()> {
    create_parent(pointer)?;
    let folder = pointer.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(".musicap-").make_in(folder, |new| {
        let up = "../".repeat(2 + file.matches('/').count());
        link(&Path::new(&up).join("blobs").join(etag), new)
            .or_else(|_| fs::hard_link(blob, new))
            .or_else(|_| fs::copy(blob, new).map(drop))
    })?;
    new.into_temp_path().persist(pointer).map_err(|error| error.error)
}

/// Writes a small file such that nobody sees a part of it.
fn write_whole(path: &Path, text: &str) -> Result<()> {
    create_parent(path).map_err(Error::io("create", path))?;
    replace_file(path, |file| file.write_all(text.as_bytes()).map_err(Error::io("write", path)))
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Windows gives links to administrators alone.
#[cfg(not(unix))]
fn link(_target: &Path, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
