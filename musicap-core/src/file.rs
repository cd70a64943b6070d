//! Files that are replaced as a whole.

use std::fs::{File, Permissions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::error::{Error, Result};

/// Replaces the file at `path`: `write` fills a new one beside it, whose name ends in `.partial`
/// and which then takes its place.
///
/// A process that is killed, or a power cut, leaves the old file or the new one. If several write
/// at once, the file of the last one stays. The folder must exist. Devices and pipes, such as
/// `/dev/null`, are written to directly.
///
/// ```
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join("musicap-replace-file.txt");
/// musicap::replace_file(&path, |file| {
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
/// [`Error::Io`], and those of `write`; the file at `path` is as it was then.
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
    new: TempPath,
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
        let permissions = file.metadata().map_err(Error::io("create", path))?.permissions();
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.flush().map_err(Error::io("write", path))?;
        Ok(NewFile { new, path: path.to_owned(), permissions })
    }

    /// Where it is until it is committed. What is there may be replaced.
    pub(crate) fn path(&self) -> &Path {
        &self.new
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn commit(self) -> Result<()> {
        let NewFile { new, path, permissions } = self;
        let failed = || Error::io("write", &path);
        std::fs::set_permissions(&new, permissions).map_err(failed())?;
        // The bytes must reach the disk before the new name does.
        File::options().write(true).open(&new).and_then(|file| file.sync_all()).map_err(failed())?;
        new.persist(&path).map_err(|error| failed()(error.error))
    }
}

/// Whether something is at `path` that is neither file nor folder, or that the system provides
/// under a name of its own, like `/dev/stdout`.
fn is_special(path: &Path) -> bool {
    let is_other = |data: std::fs::Metadata| !data.is_file() && !data.is_dir();
    (cfg!(unix) && path.starts_with("/dev")) || std::fs::metadata(path).is_ok_and(is_other)
}
