//! Where a tensor's bytes are.

use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a tensor's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    Memory(&'static [u8]),
    File {
        file: Source,
        start: u64,
        length: usize,
    },
    #[cfg(not(target_family = "wasm"))]
    Pickled(pytorch_reader::Tensor),
    Values(Vec<f32>),
}

/// Anything that can be read at any position, one reader at a time.
#[derive(Clone)]
pub(super) struct Source(Arc<Mutex<dyn ReadSeek>>);

trait ReadSeek: Read + Seek + Send {}

impl<R: Read + Seek + Send> ReadSeek for R {}

impl Source {
    pub(super) fn new(file: impl Read + Seek + Send + 'static) -> Self {
        Source(Arc::new(Mutex::new(file)))
    }

    pub(super) fn read_at(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let mut buffer = vec![0; length];
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut buffer)?;
        Ok(buffer)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Bytes {
    /// Whether any row can be read without reading all.
    pub(super) fn is_seekable(&self) -> bool {
        matches!(self, Bytes::Memory(_) | Bytes::File { .. })
    }
}
