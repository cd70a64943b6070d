//! NumPy's file format, written and read chunk by chunk: memory does not grow with their number.
//!
//! ndarray-npy reads arrays whole. npyz reads them in parts, but allocates as much for a header as
//! its 32-bit length field says, 4 GB for a file of 12 bytes, and parses it by recursion.

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};

use ndarray::{Array3, ArrayView2};

use crate::error::truncate;

/// The header's length with the magic before it, a multiple of 64 as the format asks.
const HEADER: usize = 128;

/// The longest header that is read: that of three dimensions has some hundred bytes.
const MAX_HEADER: usize = 1 << 16;
const MAGIC: &[u8] = b"\x93NUMPY";

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
    pub fn new(mut out: W, shape: [usize; 2]) -> Result<Self> {
        out.write_all(&[0; HEADER])?;
        Ok(NpyWriter { out, shape, chunks: 0 })
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If the chunk's shape is not the one given to [`new`](Self::new).
    pub fn write(&mut self, chunk: ArrayView2<f32>) -> Result<()> {
        assert_eq!(chunk.shape(), self.shape, "all chunks have one shape");
        let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.chunks += 1;
        self.out.write_all(&bytes)
    }

    /// Completes the header, which states the number of chunks.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let ([n_mels, frames], chunks) = (self.shape, self.chunks);
        let dict = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({chunks}, {n_mels}, {frames}), }}"
        );
        let mut header = [MAGIC, &[1, 0]].concat();
        header.extend(((HEADER - 10) as u16).to_le_bytes());
        header.extend(dict.bytes());
        header.resize(HEADER - 1, b' ');
        header.push(b'\n');
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.flush()
    }
}

/// Reads a float32 array `[chunks, n_mels, frames]` chunk by chunk: what [`NpyWriter`], or
/// `numpy.save`, wrote.
///
/// ```
/// use musicap::audio::{NpyReader, NpyWriter};
///
/// let mut file = std::io::Cursor::new(Vec::new());
/// let mut writer = NpyWriter::new(&mut file, [128, 1001])?;
/// writer.write(ndarray::Array2::zeros((128, 1001)).view())?;
/// writer.finish()?;
///
/// let mut reader = NpyReader::new(&file.get_ref()[..])?;
/// assert_eq!(reader.shape(), [1, 128, 1001]);
/// assert_eq!(reader.read(8)?.dim(), (1, 128, 1001));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyReader<R> {
    from: R,
    shape: [usize; 3],
    data_start: u64,
    /// Chunks that are still to come.
    left: usize,
}

impl<R: Read> NpyReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if this is not an array of little-endian float32 in three
    /// dimensions and C order; errors of reading.
    pub fn new(mut from: R) -> Result<Self> {
        let mut start = [0; 8];
        from.read_exact(&mut start).map_err(cut_off)?;
        if !start.starts_with(MAGIC) {
            return Err(invalid("not a .npy file: it does not start with \\x93NUMPY"));
        }
        let wide = start[6] > 1;
        let mut length = [0; 4];
        from.read_exact(&mut length[..if wide { 4 } else { 2 }]).map_err(cut_off)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_HEADER {
            return Err(invalid(format!("its header has {length} bytes, more than {MAX_HEADER}")));
        }
        let mut header = vec![0; length];
        from.read_exact(&mut header).map_err(cut_off)?;
        let header = String::from_utf8_lossy(&header);
        let shape = shape(&header)?;
        let data_start = (8 + if wide { 4 } else { 2 } + length) as u64;
        Ok(NpyReader { from, shape, data_start, left: shape[0] })
    }

    /// Chunks, mel bands, frames.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Where the first chunk's values start, in bytes, for readers that seek.
    pub fn data_start(&self) -> u64 {
        self.data_start
    }

    /// The next `most` chunks, or fewer if fewer are left.
    ///
    /// Memory grows with the data that is read, whatever the header declares.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEof`] if values are missing; errors of reading.
    pub fn read(&mut self, most: usize) -> Result<Array3<f32>> {
        let [_, n_mels, frames] = self.shape;
        let chunks = most.min(self.left);
        let bytes = chunks * n_mels * frames * size_of::<f32>();
        let mut values = Vec::new();
        self.from.by_ref().take(bytes as u64).read_to_end(&mut values)?;
        if values.len() < bytes {
            return Err(cut_off(ErrorKind::UnexpectedEof.into()));
        }
        self.left -= chunks;
        let values = values.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        Ok(Array3::from_shape_vec((chunks, n_mels, frames), values).expect("as many as counted"))
    }
}

/// The shape that a header states, if it is one that can be read.
fn shape(header: &str) -> Result<[usize; 3]> {
    let value = |key: &str| {
        let place = header.find(&format!("'{key}':")).map(|at| at + key.len() + 3);
        let value = place.map(|at| header[at..].trim_start());
        value.ok_or_else(|| invalid(format!("its header has no {key}: {}", header.trim())))
    };
    if !value("descr")?.starts_with("'<f4'") {
        return Err(invalid("its numbers are not float32 (<f4): save array.astype(\"<f4\")"));
    }
    if !value("fortran_order")?.starts_with("False") {
        return Err(invalid("it is in Fortran order: save numpy.ascontiguousarray(array)"));
    }
    let list = value("shape")?;
    let inside = list.strip_prefix('(').and_then(|list| list.split_once(')'));
    let inside = inside.ok_or_else(|| invalid("its shape is not a tuple"))?.0;
    let sizes = inside.split(',').map(str::trim).filter(|size| !size.is_empty());
    let sizes: Option<Vec<usize>> = sizes.map(|size| size.parse().ok()).collect();
    let shape = sizes.and_then(|sizes| <[usize; 3]>::try_from(sizes).ok());
    let shape = shape.ok_or_else(|| {
        invalid(format!("its shape is ({inside}), but must be (chunks, n_mels, frames)"))
    })?;
    // Chunks of nothing would be read without end.
    if shape[1..].contains(&0) {
        return Err(invalid(format!("its shape is ({inside}): its chunks are empty")));
    }
    let values =
        shape.iter().try_fold(size_of::<f32>(), |product, &size| product.checked_mul(size.max(1)));
    let values = values.filter(|&bytes| isize::try_from(bytes).is_ok());
    values
        .map(|_| shape)
        .ok_or_else(|| invalid(format!("its shape, ({inside}), does not fit into memory")))
}

fn invalid(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, truncate(&reason.into()))
}

/// Says what it means that bytes are missing.
fn cut_off(error: Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => Error::new(error.kind(), "the array is truncated"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, Axis, ShapeBuilder, Slice, array};
    use ndarray_npy::{ReadNpyExt, WriteNpyExt};

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

    fn npy(array: impl WriteNpyExt) -> Vec<u8> {
        let mut bytes = Vec::new();
        array.write_npy(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_others_write_is_read_piece_by_piece() {
        let array = Array3::from_shape_fn((5, 2, 3), |(i, j, k)| (100 * i + 10 * j + k) as f32);
        let bytes = npy(array.clone());
        let mut reader = NpyReader::new(&bytes[..]).unwrap();
        assert_eq!(reader.shape(), [5, 2, 3]);
        assert_eq!(bytes.len() as u64, reader.data_start() + 5 * 2 * 3 * 4);
        assert_eq!(reader.read(2).unwrap(), array.slice_axis(Axis(0), Slice::from(..2)));
        assert_eq!(reader.read(100).unwrap(), array.slice_axis(Axis(0), Slice::from(2..)));
        assert_eq!(reader.read(100).unwrap().dim(), (0, 2, 3));
    }

    #[test]
    fn other_arrays_and_damaged_ones_are_refused_with_the_reason() {
        let error = |bytes: &[u8]| {
            NpyReader::new(bytes).and_then(|mut reader| reader.read(9)).unwrap_err().to_string()
        };
        assert!(error(&npy(Array3::<f64>::zeros((1, 2, 3)))).contains("float32"));
        assert!(error(&npy(Array3::<f32>::zeros((1, 2, 3).f()))).contains("Fortran"));
        assert!(error(&npy(Array4::<f32>::zeros((1, 2, 3, 4)))).contains("(1, 2, 3, 4)"));
        assert!(error(&npy(Array3::<f32>::zeros((9, 0, 3)))).contains("empty"));
        assert!(error(b"RIFF....WAVE").contains("NUMPY"));
        let good = npy(Array3::<f32>::zeros((2, 2, 3)));
        for length in 0..good.len() {
            assert_eq!(error(&good[..length]), "the array is truncated");
        }
        // A header that promises more than any machine has.
        let text =
            String::from_utf8_lossy(&good[10..128]).replace("(2, 2, 3)", "(99999999, 9999, 9)");
        let mut huge = good[..10].to_vec();
        huge.extend(&text.as_bytes()[..118]);
        assert_eq!(error(&huge), "the array is truncated");
    }
}
