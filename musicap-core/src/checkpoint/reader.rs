//! Gives a checkpoint's tensors to the network that is being built.

use std::borrow::Cow;
use std::sync::Arc;

use half::f16;

use super::bytes::Bytes;
use super::dtype::StoredType;
use super::precision::Precision;
use super::tensors::{Checkpoint, Stored};
use crate::error::{Error, Result, truncate};
use crate::model::{Architecture, RowSource, TensorSource, Weight};
use crate::tags::TAG_HEAD;

/// A [`TensorSource`] that reads a checkpoint, rounds to a precision and tracks which tensors have
/// not been requested.
#[derive(Debug)]
pub struct CheckpointReader<'a> {
    checkpoint: &'a Checkpoint,
    architecture: &'a dyn Architecture,
    precision: Precision,
    taken: Vec<String>,
}

impl TensorSource for CheckpointReader<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let stored = self.take(name, shape)?;
        self.read(name, stored)
    }

    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Weight> {
        let stored = self.take(name, shape)?;
        let quantizable = self.architecture.is_quantizable(name, shape);
        let wanted = self.precision.stored_type(quantizable);
        if wanted == StoredType::I8 || stored.dtype == StoredType::I8 {
            return self.checkpoint.read_quantized(name, stored).map(Weight::Int8);
        }
        self.read(name, stored).map(Weight::F32)
    }

    fn rows(&mut self, name: &str) -> Result<Option<Arc<dyn RowSource>>> {
        let Some(stored) = self.checkpoint.find(name, self.architecture) else { return Ok(None) };
        let wanted =
            self.precision.stored_type(self.architecture.is_quantizable(name, &stored.shape));
        // Rounded values differ from those in the file.
        let as_stored =
            stored.dtype == StoredType::I8 || stored.dtype == wanted || wanted == StoredType::F32;
        let &[_, width] = &stored.shape[..] else { return Ok(None) };
        if !as_stored || !stored.bytes.is_seekable() {
            return Ok(None);
        }
        let scales = match stored.dtype {
            StoredType::I8 => self.checkpoint.read_scales(name, stored)?,
            _ => Vec::new(),
        };
        Ok(Some(Arc::new(StoredRows {
            origin: self.checkpoint.origin().to_owned(),
            bytes: stored.bytes.clone(),
            dtype: stored.dtype,
            width,
            scales,
        })))
    }
}

/// Rows of a stored matrix, read where they are.
#[derive(Debug)]
struct StoredRows {
    /// The checkpoint.
    origin: String,
    bytes: Bytes,
    dtype: StoredType,
    width: usize,
    /// Of int8 values.
    scales: Vec<f32>,
}

impl RowSource for StoredRows {
    fn push_row(&self, row: usize, out: &mut Vec<f32>) -> Result<()> {
        let failed = || Error::io("read", &self.origin);
        let length = self.width * self.dtype.size();
        let bytes = match &self.bytes {
            Bytes::Memory(bytes) => Cow::Borrowed(&bytes[row * length..][..length]),
            Bytes::File { file, start, .. } => {
                let start = start + (row * length) as u64;
                Cow::Owned(file.read_at(start, length).map_err(failed())?)
            }
            // Not seekable.
            _ => return Err(failed()(std::io::ErrorKind::Unsupported.into())),
        };
        let first = out.len();
        out.extend(self.dtype.to_f32(&bytes));
        if let Some(scale) = self.scales.get(row) {
            out[first..].iter_mut().for_each(|value| *value *= scale);
        }
        Ok(())
    }
}

impl<'a> CheckpointReader<'a> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<&'a Stored> {
        let origin = || self.checkpoint.origin().to_owned();
        let Some(stored) = self.checkpoint.find(name, self.architecture) else {
            return Err(Error::MissingTensor { origin: origin(), tensor: name.to_owned() });
        };
        if stored.shape != shape {
            return Err(Error::WrongShape {
                origin: origin(),
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                found: stored.shape.clone(),
            });
        }
        self.taken.push(name.to_owned());
        Ok(stored)
    }

    fn read(&self, name: &str, stored: &Stored) -> Result<Vec<f32>> {
        let mut values = self.checkpoint.read(name, stored)?;
        if self.precision == Precision::F16 {
            values.iter_mut().for_each(|value| *value = f16::from_f32(*value).to_f32());
        }
        self.checkpoint.check_finite(name, &values)?;
        Ok(values)
    }
}

impl<'a> CheckpointReader<'a> {
    /// Reads `checkpoint` for a model of `architecture`, in single precision.
    pub fn new(checkpoint: &'a Checkpoint, architecture: &'a dyn Architecture) -> Self {
        CheckpointReader { checkpoint, architecture, precision: Precision::F32, taken: Vec::new() }
    }

    /// Rounds weights to `precision`, as a model folder of that precision stores them.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Checks that the model has requested every tensor of the checkpoint.
    ///
    /// # Errors
    /// [`Error::UnexpectedTensors`] if it has not,
    /// [`Error::WrongShape`] if tied tensors have different shapes.
    pub fn finish(self) -> Result<()> {
        for group in self.architecture.tied_tensors() {
            let mut stored =
                group.iter().filter_map(|&name| Some((name, self.checkpoint.get(name)?)));
            let Some((_, first)) = stored.next() else { continue };
            if let Some((name, other)) = stored.find(|(_, other)| other.shape != first.shape) {
                return Err(Error::WrongShape {
                    origin: self.checkpoint.origin().to_owned(),
                    tensor: name.to_owned(),
                    expected: first.shape.clone(),
                    found: other.shape.clone(),
                });
            }
        }
        // Programs that need the network alone leave the tag head where it is.
        let saved = self.checkpoint.saved_tensors(self.architecture).map(|(name, _)| name);
        let saved = saved.filter(|name| !name.starts_with(TAG_HEAD));
        let left: Vec<&str> =
            saved.filter(|&name| !self.taken.iter().any(|taken| taken == name)).collect();
        match left.first() {
            None => Ok(()),
            Some(&first) => Err(Error::UnexpectedTensors {
                origin: self.checkpoint.origin().to_owned(),
                count: left.len(),
                first: truncate(first),
            }),
        }
    }
}
