//! Named tensors in a file or in memory, read one at a time when the model asks for them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::tensor::Metadata;

use super::bytes::{Bytes, Source};
use super::dtype::StoredType;
#[cfg(not(target_family = "wasm"))]
use super::pth;
use crate::error::{Error, Result, truncate};
use crate::finite::first_non_finite;
use crate::model::{Architecture, NamedTensor, QuantizedWeight, Weight};

/// The JSON header of a safetensors file may be this long, as in its reference implementation.
const MAX_HEADER: u64 = 100_000_000;

/// The most dimensions of a tensor: twice what any layer has.
const MAX_DIMENSIONS: usize = 8;

/// The tensors of one checkpoint. Values are read when they are requested.
#[derive(Debug)]
pub struct Checkpoint {
    origin: String,
    tensors: BTreeMap<String, Stored>,
}

/// One tensor and where its bytes are.
#[derive(Debug)]
pub struct Stored {
    /// The data type of its values.
    pub dtype: StoredType,
    /// Its dimensions, the slowest-varying first.
    pub shape: Vec<usize>,
    pub(super) bytes: Bytes,
}

/// What follows an int8 tensor's name in that of its scales.
const SCALE: &str = ".scale";

/// The name of the tensor that holds the scales of an int8 tensor.
pub(super) fn scale_of(tensor: &str) -> String {
    format!("{tensor}{SCALE}")
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

    /// The tensors of a safetensors file from any seekable reader: bytes in a
    /// [`Cursor`](std::io::Cursor), or a file opened by a browser or Python. They are read when
    /// the model requests them. `origin` names the file in errors.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`] if it is invalid or cannot be read.
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
            return Err(invalid(&origin, "it is not a safetensors file, or it is truncated"));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(unreadable)?;
        let file = Source::new(file);
        let data_start = 8 + header_length;
        Self::from_header(origin, &header, file_length - data_start, |start, length| Bytes::File {
            file: file.clone(),
            start: data_start + start,
            length,
        })
    }

    /// The tensors of a safetensors file that is embedded in the program.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`].
    pub fn from_static_safetensors(origin: &str, bytes: &'static [u8]) -> Result<Self> {
        let header_length = bytes.first_chunk::<8>().map(|n| u64::from_le_bytes(*n) as usize);
        let header = header_length.and_then(|n| bytes[8..].split_at_checked(n));
        let (header, data) = header.ok_or_else(|| invalid(origin, "it is truncated"))?;
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
            .map_err(|reason| invalid(&origin, format!("invalid header: {reason}")))?;
        let mut tensors = BTreeMap::new();
        for (name, info) in metadata.tensors() {
            let Some(dtype) = StoredType::from_safetensors(info.dtype) else {
                return Err(unknown_type(&origin, &name, &info.dtype));
            };
            check_dimensions(&origin, &name, &info.shape)?;
            let (start, end) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
            let elements = info.shape.iter().try_fold(1usize, |n, &dim| n.checked_mul(dim));
            let length = elements.and_then(|n| n.checked_mul(dtype.size()));
            if end > data_length {
                let reason = format!(
                    "it is truncated: tensor {name} ends {} bytes after its end",
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

    /// Int8 tensors need scales of the right shape.
    fn check_scales(&self) -> Result<()> {
        let int8 = self.tensors.iter().filter(|(_, stored)| stored.dtype == StoredType::I8);
        for (name, stored) in int8 {
            let scale = self.tensors.get(&scale_of(name));
            let rows = stored.shape.first().copied().unwrap_or(0);
            if scale.is_none_or(|s| s.dtype != StoredType::F32 || s.shape != [rows]) || rows == 0 {
                let reason = format!(
                    "tensor {name} is stored as int8 but has no scales: {} should be float32 \
                     [{rows}]",
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
    /// [`Error::Io`] or [`Error::InvalidCheckpoint`]; in a browser, always one of them.
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
        let file = File::open(path).map_err(Error::io("read", path))?;
        let mut found = pth::tensors(&file, path).map_err(|reason| invalid(&origin, reason))?;
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
                return Err(invalid(&origin, format!("tensor {name} occurs twice")));
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

    /// The checkpoint's name in errors.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// All tensors with the names they are stored under, in order of their names.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Stored)> {
        self.tensors.iter().map(|(name, stored)| (name.as_str(), stored))
    }

    /// The tensors of a model of `architecture`, with the names to save them under: tied tensors
    /// once, without derived tensors and the scales of int8 tensors.
    pub fn saved_tensors(
        &self,
        architecture: &dyn Architecture,
    ) -> impl Iterator<Item = (&str, &Stored)> {
        let groups = architecture.tied_tensors();
        let tied = groups.iter().filter_map(|group| Some((group[0], self.first_of(group)?)));
        let others = self.tensors().filter(|(name, _)| {
            !groups.iter().any(|group| group.contains(name))
                && !architecture.is_derived(name)
                && !self.is_scale(name)
        });
        let others: Vec<_> = others.collect();
        tied.chain(others)
    }

    /// Tensor `name`, stored under any name of its group if it is tied.
    pub(super) fn find(&self, name: &str, architecture: &dyn Architecture) -> Option<&Stored> {
        match architecture.tied_tensors().iter().find(|group| group[0] == name) {
            Some(group) => self.first_of(group),
            None => self.tensors.get(name),
        }
    }

    fn first_of(&self, names: &[&str]) -> Option<&Stored> {
        names.iter().find_map(|&name| self.tensors.get(name))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Stored> {
        self.tensors.get(name)
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

    /// The values of a tensor of this checkpoint as int8 with a scale for each row: those stored,
    /// or rounded.
    ///
    /// # Errors
    /// [`Error::InvalidCheckpoint`] if its bytes cannot be read or are not finite.
    pub(super) fn read_quantized(&self, name: &str, stored: &Stored) -> Result<QuantizedWeight> {
        let rows = stored.shape.first().copied().unwrap_or(1).max(1);
        if stored.dtype != StoredType::I8 {
            let values = self.read(name, stored)?;
            self.check_finite(name, &values)?;
            return Ok(QuantizedWeight::new(&values, values.len() / rows));
        }
        // In place: the integers take over the bytes' allocation.
        let bytes = self.bytes(name, stored)?.into_owned();
        let values = bytes.into_iter().map(|byte| byte as i8).collect();
        let scales = self.read_scales(name, stored)?;
        Ok(QuantizedWeight { values, scales })
    }

    pub(super) fn read_scales(&self, name: &str, stored: &Stored) -> Result<Vec<f32>> {
        // A tied tensor's scales are named after whichever of its names is stored.
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

    /// Refuses weights with values that are NaN or infinite.
    pub(super) fn check_finite(&self, name: &str, values: &[f32]) -> Result<()> {
        match first_non_finite(values) {
            None => Ok(()),
            Some(_) => {
                let reason = "has values that are NaN or infinite at this precision";
                Err(invalid(&self.origin, format!("tensor {name} {reason}")))
            }
        }
    }
}

/// Shapes are part of error messages, and a file may claim a million dimensions.
fn check_dimensions(origin: &str, name: &str, shape: &[usize]) -> Result<()> {
    match shape.len() <= MAX_DIMENSIONS {
        true => Ok(()),
        false => {
            let found = shape.len();
            let reason =
                format!("tensor {name} has {found} dimensions, more than {MAX_DIMENSIONS}");
            Err(invalid(origin, reason))
        }
    }
}

/// Reasons quote the file.
pub(super) fn invalid(origin: &str, reason: impl AsRef<str>) -> Error {
    Error::InvalidCheckpoint { origin: origin.to_owned(), reason: truncate(reason.as_ref()) }
}

fn unknown_type(origin: &str, name: &str, dtype: &dyn std::fmt::Debug) -> Error {
    let known = "weights are read as float32, float16, bfloat16 or float64";
    invalid(origin, format!("tensor {name} is stored as {dtype:?}; {known}"))
}
