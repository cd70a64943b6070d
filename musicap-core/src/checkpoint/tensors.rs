//! Named tensors in a file or in memory, read one at a time when the model asks for them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};

use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::precision::Precision;
#[cfg(not(target_family = "wasm"))]
use super::pth;
use crate::error::{Error, Result, truncate};
use crate::finite::first_non_finite;
use crate::model::{NamedTensor, QuantizedWeight, RowSource, TensorSource, Weight};

/// The JSON header of a safetensors file may be this long, as in its reference implementation.
const MAX_HEADER: u64 = 100_000_000;

/// The most dimensions of a tensor: twice what any layer has.
const MAX_DIMENSIONS: usize = 8;

/// The embedding table under the name that counts, then under the names it may have when only
/// one of the tied tensors has been saved.
const TIED: [&str; 4] = [
    "bart.model.shared.weight",
    "bart.lm_head.weight",
    "bart.model.encoder.embed_tokens.weight",
    "bart.model.decoder.embed_tokens.weight",
];

/// Buffers of the reference's front end. They follow from the configuration.
const DERIVED: &str = "audio_encoder.mel_encoder.";

/// The tensors of one checkpoint. Nothing is read before it is asked for.
#[derive(Debug)]
pub struct Checkpoint {
    origin: String,
    tensors: BTreeMap<String, Stored>,
}

/// One tensor and where its bytes are.
#[derive(Debug)]
pub struct Stored {
    /// The format of its values.
    pub dtype: StoredType,
    /// Its dimensions, the slowest first.
    pub shape: Vec<usize>,
    bytes: Bytes,
}

/// The number formats that checkpoints keep weights in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredType {
    /// IEEE 754 double precision.
    F64,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper half of single precision.
    BF16,
    /// Whole numbers from −127 to 127, to be multiplied with their row's scale, which stands in
    /// a tensor of its own (float32 `[rows]`, named like this one with `.scale` after it).
    I8,
}

/// The name of the tensor that holds the scales of a tensor of whole numbers.
pub(super) fn scale_of(tensor: &str) -> String {
    format!("{tensor}{SCALE}")
}

const SCALE: &str = ".scale";

/// Whether whole numbers do for a tensor: the matrices that are multiplied with activations. The
/// first convolution reads decibels, whose steps would be too coarse; positions are added.
fn is_quantizable(name: &str, shape: &[usize]) -> bool {
    shape.len() > 1
        && name.ends_with(".weight")
        && !name.contains("embed_positions.")
        && !name.contains("audio_encoder.conv1.")
}

/// What a tensor is stored as at `precision`.
pub(super) fn dtype_of(precision: Precision, name: &str, shape: &[usize]) -> StoredType {
    match precision {
        Precision::F32 => StoredType::F32,
        Precision::F16 => StoredType::F16,
        Precision::Int8 if is_quantizable(name, shape) => StoredType::I8,
        Precision::Int8 => StoredType::F32,
    }
}

#[derive(Clone, Debug)]
enum Bytes {
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

/// A file, or what is as good as one.
#[derive(Clone)]
struct Source(Arc<Mutex<dyn ReadSeek>>);

trait ReadSeek: Read + Seek + Send {}

impl<R: Read + Seek + Send> ReadSeek for R {}

impl Source {
    fn read_at(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let mut buffer = vec![0; length];
        let mut file = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
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

impl Checkpoint {
    /// The tensors of a safetensors file.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::InvalidCheckpoint`].
    pub fn open_safetensors(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io("read", path))?;
        Self::from_safetensors(path.display().to_string(), file)
    }

    /// The tensors of a safetensors file that is anything that can be read and sought: bytes in a
    /// [`Cursor`](std::io::Cursor), a file that a browser or Python opened. They are read when the
    /// model asks for them. `origin` names them in errors.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`], also if it cannot be read.
    pub fn from_safetensors<R>(origin: impl Into<String>, mut file: R) -> Result<Self>
    where
        R: Read + Seek + Send + 'static,
    {
        let origin = origin.into();
        let unreadable =
            |reason: std::io::Error| invalid(&origin, format!("it cannot be read: {reason}"));
        let file_length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| invalid(&origin, "it is shorter than 8 bytes"))?;
        let header_length = u64::from_le_bytes(length);
        if header_length > MAX_HEADER.min(file_length.saturating_sub(8)) {
            return Err(invalid(&origin, "it is not a safetensors file, or it is cut off"));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(unreadable)?;
        let file = Source(Arc::new(Mutex::new(file)));
        let data_start = 8 + header_length;
        Self::from_header(origin, &header, file_length - data_start, |start, length| Bytes::File {
            file: file.clone(),
            start: data_start + start,
            length,
        })
    }

    /// The tensors of a safetensors file that is part of the program.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`].
    pub fn from_static_safetensors(origin: &str, bytes: &'static [u8]) -> Result<Self> {
        let header_length = bytes.first_chunk::<8>().map(|n| u64::from_le_bytes(*n) as usize);
        let header = header_length.and_then(|n| bytes[8..].split_at_checked(n));
        let (header, data) = header.ok_or_else(|| invalid(origin, "it is cut off"))?;
        Self::from_header(origin.to_owned(), header, data.len() as u64, |start, length| {
            Bytes::Memory(&data[start as usize..][..length])
        })
    }

    fn from_header(
        origin: String,
        header: &[u8],
        data_length: u64,
        locate: impl Fn(u64, usize) -> Bytes,
    ) -> Result<Self> {
        let metadata: Metadata = serde_json::from_slice(header)
            .map_err(|reason| invalid(&origin, format!("its header: {reason}")))?;
        let mut tensors = BTreeMap::new();
        for (name, info) in metadata.tensors() {
            let dtype = match info.dtype {
                Dtype::F64 => StoredType::F64,
                Dtype::F32 => StoredType::F32,
                Dtype::F16 => StoredType::F16,
                Dtype::BF16 => StoredType::BF16,
                Dtype::I8 => StoredType::I8,
                other => return Err(unknown_type(&origin, &name, &other)),
            };
            check_dimensions(&origin, &name, &info.shape)?;
            let (start, end) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
            let elements = info.shape.iter().try_fold(1usize, |n, &dim| n.checked_mul(dim));
            let length = elements.and_then(|n| n.checked_mul(dtype.size()));
            if end > data_length {
                let reason = format!(
                    "it is cut off: tensor {name} ends {} bytes after its end",
                    end - data_length
                );
                return Err(invalid(&origin, reason));
            }
            let length = length.filter(|&length| end.checked_sub(start) == Some(length as u64));
            let Some(length) = length else {
                let reason = format!("tensor {name} has offsets that do not fit its shape");
                return Err(invalid(&origin, reason));
            };
            let bytes = locate(start, length);
            tensors.insert(name, Stored { dtype, shape: info.shape.clone(), bytes });
        }
        let checkpoint = Checkpoint { origin, tensors };
        checkpoint.check_scales()?;
        Ok(checkpoint)
    }

    /// Whole numbers without scales that fit mean nothing.
    fn check_scales(&self) -> Result<()> {
        let whole = self.tensors.iter().filter(|(_, stored)| stored.dtype == StoredType::I8);
        for (name, stored) in whole {
            let scale = self.tensors.get(&scale_of(name));
            let rows = stored.shape.first().copied().unwrap_or(0);
            if scale.is_none_or(|s| s.dtype != StoredType::F32 || s.shape != [rows]) || rows == 0 {
                let reason = format!(
                    "tensor {name} is stored as int8 but has no scales: {} should be float32 [{rows}]",
                    scale_of(name)
                );
                return Err(invalid(&self.origin, reason));
            }
        }
        Ok(())
    }

    /// The tensors of a PyTorch file: a state_dict, or a dictionary that holds one under
    /// `state_dict` beside an optimizer's state and the like. The pickle is parsed, not run.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::InvalidCheckpoint`]; always in a browser.
    #[cfg(target_family = "wasm")]
    pub fn open_pth(path: &Path) -> Result<Self> {
        let reason = "convert it first, with `musicap convert`; only safetensors are read here";
        Err(invalid(&path.display().to_string(), reason))
    }

    /// The tensors of a PyTorch file: a state_dict, or a dictionary that holds one under
    /// `state_dict` beside an optimizer's state and the like. The pickle is parsed, not run.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::InvalidCheckpoint`].
    #[cfg(not(target_family = "wasm"))]
    pub fn open_pth(path: &Path) -> Result<Self> {
        let origin = path.display().to_string();
        // The reader's own error does not tell an unreadable file from an unreadable format.
        let file = File::open(path).map_err(Error::io("read", path))?;
        pth::check(&file).map_err(|reason| invalid(&origin, reason))?;
        let reader = guarded(|| pytorch_reader::PytorchReader::new(path))
            .ok_or_else(|| invalid(&origin, "it contradicts itself"))?
            .map_err(|reason| invalid(&origin, reason.to_string()))?;
        let mut found = reader.into_tensors();
        let bytes =
            found.values().fold(0, |sum: u64, tensor| sum.saturating_add(tensor.byte_len() as u64));
        pth::check_sizes(&file, bytes).map_err(|reason| invalid(&origin, reason))?;
        const NESTED: &str = "state_dict.";
        if found.keys().any(|name| name.starts_with(NESTED)) {
            found.retain(|name, _| name.starts_with(NESTED));
        }
        let mut tensors = BTreeMap::new();
        for (name, tensor) in found {
            let name = name.strip_prefix(NESTED).unwrap_or(&name);
            // What DistributedDataParallel puts before every name.
            let name = name.strip_prefix("module.").unwrap_or(name).to_owned();
            let dtype = match tensor.dtype() {
                pytorch_reader::DType::F64 => StoredType::F64,
                pytorch_reader::DType::F32 => StoredType::F32,
                pytorch_reader::DType::F16 => StoredType::F16,
                pytorch_reader::DType::BF16 => StoredType::BF16,
                other => return Err(unknown_type(&origin, &name, &other)),
            };
            let shape = tensor.shape().to_vec();
            check_dimensions(&origin, &name, &shape)?;
            let stored = Stored { dtype, shape, bytes: Bytes::Pickled(tensor) };
            if tensors.insert(name.clone(), stored).is_some() {
                return Err(invalid(&origin, format!("it holds tensor {name} twice")));
            }
        }
        Ok(Checkpoint { origin, tensors })
    }

    /// The float32 tensors of a network that has been trained. `origin` names them in errors.
    pub fn from_tensors(
        origin: impl Into<String>,
        tensors: impl IntoIterator<Item = NamedTensor>,
    ) -> Self {
        let stored = |tensor: NamedTensor| {
            let bytes = Bytes::Values(tensor.values);
            (tensor.name, Stored { dtype: StoredType::F32, shape: tensor.shape, bytes })
        };
        Checkpoint { origin: origin.into(), tensors: tensors.into_iter().map(stored).collect() }
    }

    /// What the checkpoint is called in errors.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A checkpoint whose tensors the model takes one by one.
    pub fn reader(&self) -> Reader<'_> {
        Reader { checkpoint: self, precision: Precision::F32, taken: Vec::new() }
    }

    /// The tensors that make the model, with the names to save them under: tied ones once,
    /// derived ones not at all.
    pub fn saved_tensors(&self) -> impl Iterator<Item = (&str, &Stored)> {
        let tied = TIED.into_iter().find_map(|name| self.tensors.get(name));
        let others = self.tensors.iter().map(|(name, stored)| (name.as_str(), stored));
        let others = others.filter(|(name, _)| {
            !TIED.contains(name) && !name.starts_with(DERIVED) && !self.is_scale(name)
        });
        tied.map(|stored| (TIED[0], stored)).into_iter().chain(others)
    }

    fn find(&self, name: &str) -> Option<&Stored> {
        match name == TIED[0] {
            true => TIED.into_iter().find_map(|name| self.tensors.get(name)),
            false => self.tensors.get(name),
        }
    }

    /// Whether a tensor holds the scales of another.
    fn is_scale(&self, name: &str) -> bool {
        let owner = name.strip_suffix(SCALE).and_then(|owner| self.tensors.get(owner));
        owner.is_some_and(|owner| owner.dtype == StoredType::I8)
    }

    /// The values of a tensor of this checkpoint as float32.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`] if its bytes cannot be read.
    pub fn read(&self, name: &str, stored: &Stored) -> Result<Vec<f32>> {
        match stored.dtype {
            StoredType::I8 => Ok(Weight::Int8(self.read_quantized(name, stored)?).into_f32()),
            dtype => Ok(dtype.to_f32(&self.bytes(name, stored)?)),
        }
    }

    /// The values of a tensor of this checkpoint as whole numbers with a scale for each row:
    /// those stored, or rounded.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`] if its bytes cannot be read or are no finite numbers.
    pub(super) fn read_quantized(&self, name: &str, stored: &Stored) -> Result<QuantizedWeight> {
        let rows = stored.shape.first().copied().unwrap_or(1).max(1);
        if stored.dtype != StoredType::I8 {
            let values = self.read(name, stored)?;
            self.check_finite(name, &values)?;
            return Ok(QuantizedWeight::new(&values, values.len() / rows));
        }
        // In place: the numbers take over the bytes' allocation.
        let bytes = self.bytes(name, stored)?.into_owned();
        let values = bytes.into_iter().map(|byte| byte as i8).collect();
        let scales = self.read_scales(name, stored)?;
        Ok(QuantizedWeight { values, scales })
    }

    fn read_scales(&self, name: &str, stored: &Stored) -> Result<Vec<f32>> {
        // The tied table's scales stand beside whichever of its names holds the numbers.
        let own = self.tensors.iter().find(|(_, other)| std::ptr::eq(*other, stored));
        let name = scale_of(own.map_or(name, |(own, _)| own));
        let scales = self
            .tensors
            .get(&name)
            .ok_or_else(|| invalid(&self.origin, format!("tensor {name} is missing")))?;
        let scales = scales.dtype.to_f32(&self.bytes(&name, scales)?);
        self.check_finite(&name, &scales)?;
        Ok(scales)
    }

    fn bytes<'a>(&self, name: &str, stored: &'a Stored) -> Result<Cow<'a, [u8]>> {
        let unreadable = |reason: std::io::Error| {
            invalid(&self.origin, format!("tensor {name} cannot be read: {reason}"))
        };
        match &stored.bytes {
            Bytes::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            Bytes::File { file, start, length } => {
                file.read_at(*start, *length).map(Cow::Owned).map_err(unreadable)
            }
            #[cfg(not(target_family = "wasm"))]
            Bytes::Pickled(tensor) => tensor.read().map(Cow::Owned).map_err(unreadable),
            Bytes::Values(values) => {
                Ok(Cow::Owned(values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            }
        }
    }
}

impl Checkpoint {
    /// Refuses weights that no computation survives.
    pub(super) fn check_finite(&self, name: &str, values: &[f32]) -> Result<()> {
        match first_non_finite(values) {
            None => Ok(()),
            Some(_) => {
                let reason = "has values that are no finite numbers at this precision";
                Err(invalid(&self.origin, format!("tensor {name} {reason}")))
            }
        }
    }
}

impl StoredType {
    /// Bytes of one value.
    pub fn size(self) -> usize {
        match self {
            StoredType::F64 => 8,
            StoredType::F32 => 4,
            StoredType::F16 | StoredType::BF16 => 2,
            StoredType::I8 => 1,
        }
    }

    fn to_f32(self, bytes: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            bytes.as_chunks().0.iter().map(|&chunk| value(chunk)).collect()
        }
        match self {
            StoredType::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
            StoredType::F32 => each(bytes, f32::from_le_bytes),
            StoredType::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
            StoredType::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            StoredType::I8 => each(bytes, |b| f32::from(i8::from_le_bytes(b))),
        }
    }
}

/// Hands a checkpoint's tensors to the model and knows which are left over.
#[derive(Debug)]
pub struct Reader<'a> {
    checkpoint: &'a Checkpoint,
    precision: Precision,
    taken: Vec<String>,
}

impl TensorSource for Reader<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let stored = self.take(name, shape)?;
        self.read(name, stored)
    }

    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Weight> {
        let stored = self.take(name, shape)?;
        let wanted = self.precision == Precision::Int8 && is_quantizable(name, shape);
        if wanted || stored.dtype == StoredType::I8 {
            return self.checkpoint.read_quantized(name, stored).map(Weight::Int8);
        }
        self.read(name, stored).map(Weight::F32)
    }

    fn rows(&mut self, name: &str) -> Result<Option<Arc<dyn RowSource>>> {
        let Some(stored) = self.checkpoint.find(name) else { return Ok(None) };
        let as_stored = match (self.precision, stored.dtype) {
            (_, StoredType::I8) | (Precision::F32, _) | (Precision::F16, StoredType::F16) => true,
            (Precision::F16 | Precision::Int8, _) => false,
        };
        let seekable = matches!(stored.bytes, Bytes::Memory(_) | Bytes::File { .. });
        let &[_, width] = &stored.shape[..] else { return Ok(None) };
        if !as_stored || !seekable {
            return Ok(None);
        }
        let scales = match stored.dtype {
            StoredType::I8 => self.checkpoint.read_scales(name, stored)?,
            _ => Vec::new(),
        };
        Ok(Some(Arc::new(StoredRows {
            origin: self.checkpoint.origin.clone(),
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
    /// Of whole numbers.
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

impl<'a> Reader<'a> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<&'a Stored> {
        let origin = || self.checkpoint.origin.clone();
        let Some(stored) = self.checkpoint.find(name) else {
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

impl Reader<'_> {
    /// Rounds weights to `precision`, as a folder of that precision holds them.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Says that the model is complete.
    ///
    /// # Errors
    /// [`Error::UnexpectedTensors`] if the checkpoint holds more than the model has asked for,
    /// [`Error::WrongShape`] if the tied tensors are of different shapes.
    pub fn finish(self) -> Result<()> {
        let tied =
            || TIED.iter().filter_map(|&name| Some((name, self.checkpoint.tensors.get(name)?)));
        if let Some((_, first)) = tied().next()
            && let Some((name, other)) = tied().find(|(_, other)| other.shape != first.shape)
        {
            return Err(Error::WrongShape {
                origin: self.checkpoint.origin.clone(),
                tensor: name.to_owned(),
                expected: first.shape.clone(),
                found: other.shape.clone(),
            });
        }
        let essential = self.checkpoint.saved_tensors().map(|(name, _)| name);
        let left: Vec<&str> =
            essential.filter(|&name| !self.taken.iter().any(|t| t == name)).collect();
        match left.first() {
            None => Ok(()),
            Some(&first) => Err(Error::UnexpectedTensors {
                origin: self.checkpoint.origin.clone(),
                count: left.len(),
                first: truncate(first),
            }),
        }
    }
}

/// Shapes are told in errors, and a file may give one a million dimensions.
fn check_dimensions(origin: &str, name: &str, shape: &[usize]) -> Result<()> {
    match shape.len() <= MAX_DIMENSIONS {
        true => Ok(()),
        false => {
            let found = shape.len();
            let reason = format!("tensor {name} has {found} dimensions, beyond {MAX_DIMENSIONS}");
            Err(invalid(origin, reason))
        }
    }
}

/// Calls into pytorch-reader. No file is known that it panics on.
#[cfg(not(target_family = "wasm"))]
fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).ok()
}

/// Reasons hold words of the file.
fn invalid(origin: &str, reason: impl AsRef<str>) -> Error {
    Error::InvalidCheckpoint { origin: origin.to_owned(), reason: truncate(reason.as_ref()) }
}

fn unknown_type(origin: &str, name: &str, dtype: &dyn std::fmt::Debug) -> Error {
    let known = "weights are read as float32, float16, bfloat16 or float64";
    invalid(origin, format!("tensor {name} is stored as {dtype:?}; {known}"))
}
