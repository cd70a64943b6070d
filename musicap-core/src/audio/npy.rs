//! NumPy's file format, written as the rows come: memory does not grow with their number.

use std::io::{Seek, SeekFrom, Write};

use ndarray::ArrayView2;

/// The header's length with the magic before it, a multiple of 64 as the format asks.
const HEADER: usize = 128;

/// Writes a float32 array `[chunks, n_mels, frames]` chunk by chunk (NPY format version 1.0).
#[derive(Debug)]
pub struct NpyWriter<W> {
    out: W,
    shape: [usize; 2],
    chunks: usize,
}

impl<W: Write + Seek> NpyWriter<W> {
    /// Starts a file of chunks of `[n_mels, frames]`.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn new(mut out: W, shape: [usize; 2]) -> std::io::Result<Self> {
        out.write_all(&[0; HEADER])?;
        Ok(NpyWriter { out, shape, chunks: 0 })
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If the chunk is not of the shape that the writer was made with.
    pub fn write(&mut self, chunk: ArrayView2<f32>) -> std::io::Result<()> {
        assert_eq!(chunk.shape(), self.shape, "all chunks have one shape");
        let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.chunks += 1;
        self.out.write_all(&bytes)
    }

    /// Completes the header, which states the number of chunks.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        let ([n_mels, frames], chunks) = (self.shape, self.chunks);
        let dict = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({chunks}, {n_mels}, {frames}), }}"
        );
        let mut header = b"\x93NUMPY\x01\x00".to_vec();
        header.extend(((HEADER - 10) as u16).to_le_bytes());
        header.extend(dict.bytes());
        header.resize(HEADER - 1, b' ');
        header.push(b'\n');
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};
    use ndarray_npy::ReadNpyExt;

    #[test]
    fn what_is_written_reads_back() {
        let mut file = std::io::Cursor::new(Vec::new());
        let mut writer = NpyWriter::new(&mut file, [2, 3]).unwrap();
        writer.write(array![[1., 2., 3.], [4., 5., 6.]].view()).unwrap();
        writer.write(array![[7., 8., 9.], [10., 11., 12.]].view()).unwrap();
        writer.finish().unwrap();
        let read = Array3::<f32>::read_npy(&file.get_ref()[..]).unwrap();
        assert_eq!(read.dim(), (2, 2, 3));
        assert!(read.iter().copied().eq((1..=12).map(|value| value as f32)));
    }
}
