//! The number formats of stored tensors.

use half::{bf16, f16};
use safetensors::Dtype;

/// The data types in which checkpoints store weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredType {
    /// IEEE 754 double precision.
    F64,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper half of single precision.
    BF16,
    /// Integers from −127 to 127, to be multiplied by their row's scale. The scales are a separate
    /// float32 tensor `[rows]`, whose name is that of the weights with `.scale` appended.
    I8,
}

/// Each format's name in safetensors files.
const SAFETENSORS: [(StoredType, Dtype); 5] = [
    (StoredType::F64, Dtype::F64),
    (StoredType::F32, Dtype::F32),
    (StoredType::F16, Dtype::F16),
    (StoredType::BF16, Dtype::BF16),
    (StoredType::I8, Dtype::I8),
];

impl StoredType {
    /// The format of a tensor in a safetensors file, if weights may have it.
    pub(super) fn from_safetensors(dtype: Dtype) -> Option<Self> {
        SAFETENSORS.iter().find(|(_, known)| *known == dtype).map(|(stored, _)| *stored)
    }

    /// What safetensors calls the format.
    pub(super) fn to_safetensors(self) -> Dtype {
        let row = SAFETENSORS.iter().find(|(stored, _)| *stored == self);
        row.expect("every format is in the table").1
    }

    /// Size of one value in bytes.
    pub fn size(self) -> usize {
        match self {
            StoredType::F64 => 8,
            StoredType::F32 => 4,
            StoredType::F16 | StoredType::BF16 => 2,
            StoredType::I8 => 1,
        }
    }

    /// Little-endian values as float32.
    pub(super) fn to_f32(self, bytes: &[u8]) -> Vec<f32> {
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
