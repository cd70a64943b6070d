//! The Hugging Face cache on disk, as every other program that uses it keeps it.
//!
//! ```text
//! models--owner--name/refs/main                      the commit that main stood for last
//!                     snapshots/<commit>/<file>      a link to the file's bytes
//!                     blobs/<etag>                   the bytes
//!                     .no_exist/<commit>/<file>      known not to be in the repository
//! ```
//! Downloads go to a cache of their own within the repository's folder, the [`Staging`]. Only
//! what has been checked is moved from there to where others look.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::id::{HubId, is_commit, is_name};
use crate::error::{Error, Result};
use crate::file::replace_file;

/// Downloads in progress, within a repository's folder.
const STAGING: &str = ".musicap";

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
    fn commit(&self) -> Option<String> {
        if self.id.is_pinned() {
            return Some(self.id.revision().to_owned());
        }
        let text = fs::read_to_string(self.folder.join("refs").join(self.id.revision())).ok()?;
        let commit = text.trim();
        is_name(commit).then(|| commit.to_owned())
    }

    /// Waits until nobody else fetches `file`, in this process or another.
    pub(super) fn lock(&self, file: &str) -> Result<File> {
        let name = format!("{}.musicap.lock", flat_name(file));
        let path = self.root.join(".locks").join(folder_name(&self.id)).join(name);
        let lock = create_parent(&path).and_then(|()| File::create(&path));
        let lock = lock.map_err(Error::io("create", &path))?;
        match lock.lock() {
            // Some network file systems have no locks. All that is lost is that the file may be
            // fetched twice.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(lock),
            Err(error) => Err(Error::io("lock", &path)(error)),
            Ok(()) => Ok(lock),
        }
    }

    /// A cache to download `file` to, which knows what this one knows. The file must be
    /// [locked](Self::lock).
    pub(super) fn stage(&self, file: &str) -> Result<Staging> {
        let root = self.folder.join(STAGING).join(flat_name(file));
        // Left by a process that was killed, since the file is locked.
        remove_folder(&root).map_err(Error::io("remove", &root))?;
        let staging = Staging { folder: root.join(folder_name(&self.id)), root };
        self.seed(&staging, file).map_err(Error::io("create", &staging.root))?;
        Ok(staging)
    }

    /// Puts links to what is here into the staging, so that only what is new will be fetched.
    fn seed(&self, staging: &Staging, file: &str) -> io::Result<()> {
        let blobs = staging.folder.join("blobs");
        fs::create_dir_all(&blobs)?;
        if let Ok(entries) = fs::read_dir(self.folder.join("blobs")) {
            for entry in entries.filter_map(|entry| entry.ok()) {
                let name = entry.file_name();
                if entry.path().is_file() && !name.to_string_lossy().ends_with(".incomplete") {
                    link(&entry.path(), &blobs.join(name))?;
                }
            }
        }
        let (Some(commit), Cached::File(path)) = (self.commit(), self.find(file)) else {
            return Ok(());
        };
        let Some(etag) = blob_name(&path) else { return Ok(()) };
        if !self.id.is_pinned() {
            let branch = staging.folder.join("refs").join(self.id.revision());
            create_parent(&branch)?;
            fs::write(&branch, &commit)?;
        }
        let pointer = staging.folder.join("snapshots").join(commit).join(file);
        create_parent(&pointer)?;
        link(&blobs.join(etag), &pointer)
    }

    /// Takes over `path`, which the staging has for `file`, once `check` has approved the bytes.
    /// `check` gets the bytes' path and the name that the server gave them.
    pub(super) fn adopt(
        &self,
        staging: &Staging,
        file: &str,
        path: &Path,
        check: impl FnOnce(&Path, &str) -> Result<()>,
    ) -> Result<Option<PathBuf>> {
        let Some((commit, etag)) = staging.commit_of(path).zip(staging.etag_of(path)) else {
            return Ok(None);
        };
        let (staged, blob) =
            (staging.folder.join("blobs").join(&etag), self.folder.join("blobs").join(&etag));
        if !blob.is_file() {
            check(&staged, &etag)?;
            let moved = create_parent(&blob).and_then(|()| fs::rename(&staged, &blob));
            moved.map_err(Error::io("write", &blob))?;
        }
        let pointer = self.folder.join("snapshots").join(&commit).join(file);
        if blob_name(&pointer).as_deref() != Some(&etag) || !pointer.is_file() {
            point(&pointer, &blob, &etag, file).map_err(Error::io("write", &pointer))?;
        }
        self.remember(&commit)?;
        Ok(Some(pointer))
    }

    /// Takes over what the staging learnt about a `file` that does not exist. False if that is
    /// nothing: then the repository or revision may not exist either.
    pub(super) fn adopt_absence(&self, staging: &Staging, file: &str) -> Result<bool> {
        let Ok(entries) = fs::read_dir(staging.folder.join(".no_exist")) else { return Ok(false) };
        let mut commits = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let Some(commit) = commits.next().filter(|commit| is_name(commit)) else {
            return Ok(false);
        };
        let marker = self.folder.join(".no_exist").join(&commit).join(file);
        write_whole(&marker, "")?;
        self.remember(&commit)?;
        Ok(true)
    }

    /// Notes which commit the revision stands for.
    fn remember(&self, commit: &str) -> Result<()> {
        if self.id.is_pinned() || self.commit().as_deref() == Some(commit) {
            return Ok(());
        }
        let path = self.folder.join("refs").join(self.id.revision());
        write_whole(&path, commit)
    }

    /// The commit in the path of a file in a snapshot, if it is a full one.
    pub(super) fn pinned_by(&self, path: &Path) -> Option<HubId> {
        let commit = first_name(path.strip_prefix(self.folder.join("snapshots")).ok()?)?;
        is_commit(&commit).then(|| self.id.at(&commit))
    }
}

/// A cache that one download has for itself. It goes away with its owner.
pub(super) struct Staging {
    root: PathBuf,
    folder: PathBuf,
}

impl Staging {
    /// What to give to hf-hub as the cache.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn commit_of(&self, path: &Path) -> Option<String> {
        first_name(path.strip_prefix(self.folder.join("snapshots")).ok()?)
    }

    /// The name of the blob behind `path`: where it links to, or the only one there is.
    fn etag_of(&self, path: &Path) -> Option<String> {
        if cfg!(unix) {
            return blob_name(path);
        }
        let entries = fs::read_dir(self.folder.join("blobs")).ok()?;
        let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.next().filter(|name| is_etag(name) && names.next().is_none())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = remove_folder(&self.root);
        // The parent goes too once no other file is being fetched.
        let _ = self.root.parent().map(fs::remove_dir);
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

fn is_etag(name: &str) -> bool {
    is_name(name) && !name.ends_with(".incomplete")
}

/// The name of the blob that `pointer` links to.
fn blob_name(pointer: &Path) -> Option<String> {
    let target = fs::read_link(pointer).ok()?;
    let name = target.file_name()?.to_str()?;
    is_etag(name).then(|| name.to_owned())
}

/// The first part of a relative path, if it is a plain name.
fn first_name(path: &Path) -> Option<String> {
    match path.components().next()? {
        Component::Normal(name) => name.to_str().filter(|name| is_name(name)).map(str::to_owned),
        _ => None,
    }
}

/// Makes `pointer` lead to `blob`, at once for everyone who looks.
fn point(pointer: &Path, blob: &Path, etag: &str, file: &str) -> io::Result<()> {
    create_parent(pointer)?;
    let folder = pointer.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(".musicap-").make_in(folder, |new| {
        if cfg!(unix) {
            let up = "../".repeat(2 + file.matches('/').count());
            link(&Path::new(&up).join("blobs").join(etag), new)
        } else {
            fs::hard_link(blob, new).or_else(|_| fs::copy(blob, new).map(drop))
        }
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

fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Windows gives links to administrators alone. There the staging starts empty, and what is in
/// the cache is used without asking for anything newer.
#[cfg(not(unix))]
fn link(_target: &Path, _path: &Path) -> io::Result<()> {
    Ok(())
}
