//! Files that are there whole or not at all.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use crate::error::{Error, Result};

/// Makes the file at `path` anew: `write` fills one beside it, with `.partial` added to its name,
/// which then takes its place.
///
/// Whoever is interrupted, by `kill -9` or a power cut, leaves the old file or the new one. The
/// folder must be there.
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
    let partial = path.with_added_extension("partial");
    let replace = || {
        // What an earlier try has left goes. A file that is new cannot be somebody's link to
        // another place.
        let _ = std::fs::remove_file(&partial);
        let file = File::create_new(&partial).map_err(Error::io("create", path))?;
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        let file = file.into_inner().map_err(|error| error.into_error());
        // Or the new name might reach the disk before the bytes do.
        file.and_then(|file| file.sync_all()).map_err(Error::io("write", path))?;
        std::fs::rename(&partial, path).map_err(Error::io("write", path))
    };
    replace().inspect_err(|_| {
        // What is half written is of no use; that it could not be removed is not the news.
        let _ = std::fs::remove_file(&partial);
    })
}
