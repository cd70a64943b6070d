//! A file that is being downloaded.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// The bytes of a file that are there so far. They go away with their owner unless they are
/// adopted or [kept](Self::keep) for the next download. Nobody else writes to them meanwhile.
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    length: u64,
    /// Whether there were bytes when it was opened.
    is_resumed: bool,
    keep: bool,
    /// Locked, if the file system has locks; the last field, so that it is released last.
    lock: Option<File>,
}

impl Partial {
    /// Opens `folder/name.hash`, which `lock` is for. What is left of other hashes of `name`, of
    /// older versions, is removed.
    pub(super) fn open(folder: &Path, name: &str, hash: &str, lock: Option<File>) -> Result<Self> {
        let path = folder.join(match &lock {
            Some(_) => format!("{name}.{hash}"),
            // Of no other process, since that might write to it at the same time.
            None => {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                format!("{name}.{hash}.{}-{number}", std::process::id())
            }
        });
        if lock.is_some() {
            for old in others(folder, name).into_iter().filter(|old| *old != path) {
                fs::remove_file(&old).map_err(Error::io("remove", &old))?;
            }
        }
        let mut file = open(&path).map_err(Error::io("create", &path))?;
        let length = file.seek(SeekFrom::End(0)).map_err(Error::io("read", &path))?;
        Ok(Partial { file, path, length, is_resumed: length > 0, keep: false, lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that are there.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether some of the bytes are of an earlier download.
    pub(super) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Whether the bytes stay for the next download, which finds them if there are locks.
    pub(super) fn keep(&mut self, keep: bool) {
        self.keep = keep && self.lock.is_some();
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io("write", &self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Forgets the bytes that are there.
    pub(super) fn restart(&mut self) -> Result<()> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(Error::io("write", &self.path))?;
        (self.length, self.is_resumed) = (0, false);
        Ok(())
    }

    /// Moves the bytes to `target`, at once for everyone who looks.
    pub(super) fn adopt(self, target: &Path) -> Result<()> {
        let write = || {
            self.file.sync_all()?;
            target.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::rename(&self.path, target)
        };
        write().map_err(Error::io("write", target))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.keep || self.length == 0 {
            let _ = fs::remove_file(&self.path);
        }
        // The folder goes too once no other file is being fetched.
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let mut tries = 0;
    loop {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        match options.open(path) {
            // Another download, which was the last one, has just removed the folder.
            Err(error) if error.kind() == ErrorKind::NotFound && tries < 10 => tries += 1,
            result => return result,
        }
    }
}

/// What other downloads of `name` have left.
fn others(folder: &Path, name: &str) -> Vec<PathBuf> {
    let prefix = format!("{name}.");
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok());
    let is_of_name = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(&prefix).is_some_and(|hash| !hash.contains('.'))
    };
    entries.map(|entry| entry.path()).filter(is_of_name).collect()
}
