//! Files that are there whole or not at all.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// Files that are being written, for [`remove_partial_files`].
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn partial_files() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what [`replace_file`] is writing at this moment in other threads. For programs that end
/// at once on a signal such as Ctrl-C: nobody else removes those files.
pub fn remove_partial_files() {
    for partial in partial_files().drain(..) {
        let _ = std::fs::remove_file(partial);
    }
}

/// Makes the file at `path` anew: `write` fills one beside it, with a name of its own that ends in
/// `.partial`, which then takes its place.
///
/// Whoever is interrupted, by `kill -9` or a power cut, leaves the old file or the new one. Of
/// several who write at once the last one's file stays. The folder must be there. What is no file,
/// such as `/dev/null` or a pipe, is written into as it is.
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
/// [`Error::Io`], and those of `write`; nothing has changed at `path` then.
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
    let lot = RandomState::new().build_hasher().finish();
    let partial = path.with_file_name(format!(".{lot:016x}.partial"));
    let replace = || {
        // A file that is new cannot be somebody's link to another place.
        let file = File::create_new(&partial).map_err(Error::io("create", path))?;
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        let file = file.into_inner().map_err(|error| error.into_error());
        // Or the new name might reach the disk before the bytes do.
        file.and_then(|file| file.sync_all()).map_err(Error::io("write", path))?;
        std::fs::rename(&partial, path).map_err(Error::io("write", path))
    };
    partial_files().push(partial.clone());
    let replaced = replace();
    partial_files().retain(|other| *other != partial);
    replaced.inspect_err(|_| {
        // What is half written is of no use; that it could not be removed is not the news.
        let _ = std::fs::remove_file(&partial);
    })
}

/// Whether something is at `path` that is neither file nor folder, or that the system gives out
/// under a name of its own, like `/dev/stdout`.
fn is_special(path: &Path) -> bool {
    let is_other = |data: std::fs::Metadata| !data.is_file() && !data.is_dir();
    (cfg!(unix) && path.starts_with("/dev")) || std::fs::metadata(path).is_ok_and(is_other)
}
