//! A source of bytes of known length, parts of which are read as others.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use symphonia::core::io::MediaSource;

use super::AudioLimits;
use crate::{Error, Result};

/// A file in which ranges of bytes are replaced, so that symphonia reads a header that it
/// understands. Lengths and positions are those after the replacements.
pub(super) struct Input<R> {
    inner: R,
    /// Where `inner` stands, so that reading on does not seek.
    inner_at: u64,
    position: u64,
    /// In order and without gaps; none of them is empty.
    pieces: Vec<Piece>,
}

struct Piece {
    range: Range<u64>,
    from: Bytes,
}

enum Bytes {
    /// At this place of the file.
    File(u64),
    Memory(Vec<u8>),
}

impl<R: Read + Seek> Input<R> {
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let len = inner.seek(SeekFrom::End(0))?;
        inner.seek(SeekFrom::Start(0))?;
        let whole = Piece { range: 0..len, from: Bytes::File(0) };
        let pieces = if len > 0 { vec![whole] } else { Vec::new() };
        Ok(Self { inner, inner_at: 0, position: 0, pieces })
    }

    /// `N` bytes at `at`; `None` if they are not there or cannot be read.
    pub(super) fn read_at<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.seek(SeekFrom::Start(at)).ok()?;
        self.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

impl<R> Input<R> {
    pub(super) fn len(&self) -> u64 {
        self.pieces.last().map_or(0, |piece| piece.range.end)
    }

    /// Puts `bytes` in the place of the bytes in `range`. An empty `range` inserts, empty `bytes`
    /// remove.
    pub(super) fn replace(&mut self, range: Range<u64>, bytes: Vec<u8>) {
        let range = range.start.min(self.len())..range.end.min(self.len());
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for piece in std::mem::take(&mut self.pieces) {
            before.extend(piece.part(0..range.start));
            after.extend(piece.part(range.end..u64::MAX));
        }
        let inserted = (bytes.len() as u64, Bytes::Memory(bytes));
        let mut at = 0;
        for (len, from) in before.into_iter().chain([inserted]).chain(after) {
            if len > 0 {
                self.pieces.push(Piece { range: at..at + len, from });
                at += len;
            }
        }
    }
}

impl Piece {
    /// The length and the bytes of what lies in `range`.
    fn part(&self, range: Range<u64>) -> Option<(u64, Bytes)> {
        let (start, end) = (range.start.max(self.range.start), range.end.min(self.range.end));
        let len = end.checked_sub(start)?;
        let skipped = start - self.range.start;
        let from = match &self.from {
            Bytes::File(at) => Bytes::File(at + skipped),
            // What has been put in place of a header is small.
            Bytes::Memory(bytes) => Bytes::Memory(bytes[skipped as usize..][..len as usize].into()),
        };
        Some((len, from))
    }
}

impl<R: Read + Seek> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.position;
        let index = self.pieces.partition_point(|piece| piece.range.end <= at);
        let Some(piece) = self.pieces.get(index) else { return Ok(0) };
        let left = usize::try_from(piece.range.end - at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let buffer = &mut buffer[..wanted];
        let skipped = at - piece.range.start;
        let count = match &piece.from {
            Bytes::Memory(bytes) => {
                buffer.copy_from_slice(&bytes[skipped as usize..][..wanted]);
                wanted
            }
            Bytes::File(start) => {
                let wanted_at = start + skipped;
                if self.inner_at != wanted_at {
                    self.inner_at = self.inner.seek(SeekFrom::Start(wanted_at))?;
                }
                let count = self.inner.read(buffer)?;
                self.inner_at += count as u64;
                count
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl<R> Seek for Input<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Input<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}

/// A file, or what came through a pipe.
pub(super) enum FileOrPipe {
    File(File),
    Pipe(Cursor<Vec<u8>>),
}

impl Read for FileOrPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            FileOrPipe::File(file) => file.read(buffer),
            FileOrPipe::Pipe(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for FileOrPipe {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            FileOrPipe::File(file) => file.seek(to),
            FileOrPipe::Pipe(bytes) => bytes.seek(to),
        }
    }
}

/// Opens a file. A pipe, such as `/dev/stdin` or a shell's `<(…)`, is read to its end into memory,
/// as containers need to be read from more places than one.
pub(super) fn open(path: &Path, limits: &AudioLimits) -> Result<Input<FileOrPipe>> {
    let data = std::fs::metadata(path).map_err(Error::io("read", path))?;
    let file = || File::open(path).map_err(Error::io("read", path));
    let source = if data.is_file() {
        FileOrPipe::File(file()?)
    } else if is_pipe(&data) && is_open(path) {
        FileOrPipe::Pipe(Cursor::new(read_pipe(file()?, &path.display().to_string(), limits)?))
    } else {
        let what = match data.is_dir() {
            true => "it is a folder, not a file",
            false if is_pipe(&data) => "it is a named pipe, not a file; read it from stdin",
            false => "it is not a file",
        };
        return Err(Error::io("read", path)(io::Error::other(what)));
    };
    Input::new(source).map_err(Error::io("read", path))
}

/// Reads a stream that cannot be sought into memory.
pub(super) fn read_pipe(from: impl Read, origin: &str, limits: &AudioLimits) -> Result<Vec<u8>> {
    let failed = |source| Error::AudioRead { origin: origin.into(), at_s: 0.0, source };
    let mut bytes = Vec::new();
    from.take(limits.max_stream_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limits.max_stream_bytes {
        return Err(Error::AudioLimit {
            origin: origin.into(),
            what: "the stream",
            found: format!("{} bytes or more", bytes.len()),
            limit: format!("{} bytes; save it to a file first", limits.max_stream_bytes),
        });
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_pipe(data: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    data.file_type().is_fifo() || data.file_type().is_socket()
}

/// Whether a pipe is one that this process has open already. To open a named one would wait until
/// somebody writes into it, perhaps for ever.
fn is_open(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &mut Input<Cursor<Vec<u8>>>) -> Vec<u8> {
        let mut bytes = Vec::new();
        input.seek(SeekFrom::Start(0)).unwrap();
        input.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, input.len());
        bytes
    }

    /// Random replacements, compared with those of a vector.
    #[test]
    fn replaced_bytes_are_read_and_counted_as_in_a_vector() {
        let mut seed = 1_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % below
        };
        for _ in 0..300 {
            let mut truth: Vec<u8> = (0..random(40)).map(|n| n as u8).collect();
            let mut input = Input::new(Cursor::new(truth.clone())).unwrap();
            for step in 0..4 {
                let start = random(truth.len() + 1);
                let end = start + random(truth.len() - start + 1);
                let bytes = vec![100 + step; random(9)];
                input.replace(start as u64..end as u64, bytes.clone());
                truth.splice(start..end, bytes);
                assert_eq!(all(&mut input), truth);
                for (at, byte) in truth.iter().enumerate() {
                    let found: Option<[u8; 1]> = input.read_at(at as u64);
                    assert_eq!(found, Some([*byte]));
                }
            }
        }
    }

    #[test]
    fn the_end_is_that_after_the_replacements() {
        let mut input = Input::new(Cursor::new(vec![0; 100])).unwrap();
        input.replace(40..100, Vec::new());
        assert_eq!(input.seek(SeekFrom::End(-10)).unwrap(), 30);
        assert_eq!(input.seek(SeekFrom::Current(20)).unwrap(), 50);
        assert_eq!(input.read(&mut [0; 4]).unwrap(), 0);
        assert!(input.seek(SeekFrom::End(-41)).is_err());
    }
}
