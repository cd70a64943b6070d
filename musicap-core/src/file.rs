//! Files that are replaced as a whole.

use std::fs::{File, Permissions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempPath;

use crate::error::{Error, Result};

/// Files that are being written, for [`remove_partial_files`].
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn partial_files() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the files that [`replace_file`] is currently writing in other threads, for programs that
/// exit immediately on a signal such as Ctrl-C.
pub fn remove_partial_files() {
    for partial in partial_files().drain(..) {
        let _ = std::fs::remove_file(partial);
    }
}

/// Replaces the file at `path`: `write` fills a new file in the same folder, whose name ends in
/// `.partial` and which is then renamed to `path`.
///
/// If the process is killed or the power fails, either the old file or the new one is left. Of
/// several concurrent writers, the last one wins. The folder must exist. A file that is replaced
/// keeps its permissions, unless it is read-only; of a symbolic link the link is replaced, not its
/// target. Devices and pipes, such as `/dev/null`, are written to directly.
///
/// ```
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join("musicap-replace-file.txt");
/// musicap::file::replace_file(&path, |file| {
///     writeln!(file, "all of it").map_err(|source| musicap::Error::Io {
///         path: path.clone(),
///         action: "write",
///         source,
///     })
/// })?;
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), musicap::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`], and those of `write`; the file at `path` is then unchanged.
pub fn replace_file(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    if is_special(path) {
        let file = File::options().write(true).open(path).map_err(Error::io("write", path))?;
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        return file.flush().map_err(Error::io("write", path));
    }
    NewFile::write(path, write)?.commit()
}

/// A file that is complete and will take its place when it is [committed](Self::commit); if it is
/// dropped before, it is removed.
pub(crate) struct NewFile {
    /// None once it is committed.
    new: Option<TempPath>,
    path: PathBuf,
    permissions: Permissions,
}

impl NewFile {
    /// Writes a file that is to take the place of `path`.
    ///
    /// # Errors
    /// [`Error::Io`], and those of `write`.
    pub(crate) fn write(
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
    ) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".partial").rand_bytes(16);
        // As other new files, and not for the owner alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let new = builder
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(Error::io("create", path))?;
        let (file, new) = new.into_parts();
        partial_files().push(new.to_path_buf());
        // Of the file that it replaces, if there is one.
        let old = std::fs::symlink_metadata(path)
            .ok()
            .filter(|old| old.is_file() && !old.permissions().readonly());
        let of_new = || file.metadata().map_err(Error::io("create", path));
        let permissions = old.map_or_else(of_new, Ok)?.permissions();
        let new = NewFile { new: Some(new), path: path.to_owned(), permissions };
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.flush().map_err(Error::io("write", path))?;
        Ok(new)
    }

    /// Where it is until it is committed. What is there may be replaced.
    pub(crate) fn path(&self) -> &Path {
        self.new.as_ref().expect("it is not committed")
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn commit(mut self) -> Result<()> {
        let new = self.new.take().expect("committed once");
        let NewFile { path, permissions, .. } = &self;
        let permissions = permissions.clone();
        let place = new.to_path_buf();
        let persisted = std::fs::set_permissions(&new, permissions)
            // The bytes must reach the disk before the new name does.
            .and_then(|()| File::options().write(true).open(&new)?.sync_all())
            .and_then(|()| new.persist(path).map_err(|error| error.error));
        partial_files().retain(|other| *other != place);
        persisted.map_err(Error::io("write", path))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(new) = &self.new {
            let place: &Path = new;
            partial_files().retain(|other| other != place);
        }
    }
}

/// Whether [`replace_file`] writes directly to what is at `path`: it is neither file nor folder, or
/// the system provides it under a name of its own, like `/dev/stdout`.
pub fn is_special(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    // Below /dev/shm are files like others.
    let is_named = cfg!(unix) && path.starts_with("/dev") && !path.starts_with("/dev/shm");
    let is_other = |data: std::fs::Metadata| !data.is_dir() && (is_named || !data.is_file());
    std::fs::metadata(path).is_ok_and(is_other)
}
