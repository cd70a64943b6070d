//! The array of features in S3, read a few chunks at a time with range requests.

use musicap::audio::NpyReader;
use ndarray::Array3;
use pipeline::{Features, Problem, Store};

/// Bytes that are read for the header, which has 128 if `ingest` wrote it.
const HEADER_BYTES: u64 = 4096;

/// An array `[chunks, n_mels, frames]` of float32.
pub struct Array<'a> {
    store: &'a Store,
    bucket: &'a str,
    key: &'a str,
    /// The offset of the values, in bytes.
    start: u64,
    shape: [usize; 3],
}

impl<'a> Array<'a> {
    /// Reads the header of the array at `key`, which `features` describes.
    pub async fn open(
        store: &'a Store,
        bucket: &'a str,
        key: &'a str,
        features: &Features,
    ) -> Result<Self, Problem> {
        let wrong = |reason: String| {
            Problem::permanent("Features", format!("s3://{bucket}/{key}: {reason}"))
        };
        let header = store.range(bucket, key, 0, HEADER_BYTES).await?;
        let npy = NpyReader::new(&header[..]).map_err(|error| wrong(error.to_string()))?;
        let front_end = &features.front_end;
        let expected = [features.chunks.len(), front_end.n_mels, front_end.frames()];
        if npy.shape() != expected {
            let found = npy.shape();
            return Err(wrong(format!("shape {found:?}; its description gives {expected:?}")));
        }
        Ok(Array { store, bucket, key, start: npy.data_start(), shape: expected })
    }

    /// The size of a chunk in bytes.
    pub fn chunk_bytes(&self) -> usize {
        self.shape[1] * self.shape[2] * size_of::<f32>()
    }

    /// `count` chunks, beginning with the chunk `first`.
    pub async fn read(&self, first: usize, count: usize) -> Result<Array3<f32>, Problem> {
        let bytes = self.chunk_bytes();
        let start = self.start + (first * bytes) as u64;
        let wanted = count * bytes;
        let read = self.store.range(self.bucket, self.key, start, wanted as u64).await?;
        let values: Vec<f32> =
            read.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect();
        let found = read.len();
        Array3::from_shape_vec((count, self.shape[1], self.shape[2]), values).map_err(|_| {
            let (bucket, key) = (self.bucket, self.key);
            let message = format!(
                "s3://{bucket}/{key}: truncated: {found} of {wanted} bytes at offset {start}"
            );
            Problem::permanent("Features", message)
        })
    }
}
