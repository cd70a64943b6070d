//! The precisions that weights can have: one table of names.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How precisely weights are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 16-bit floating point: half the size; computed with in 32 bits.
    F16,
    /// Weights in 8-bit whole numbers, each output channel with its own scale: a quarter of the
    /// size. The CPU multiplies them with inputs that are rounded to 8 bits row by row; other
    /// devices compute with what they stand for. Biases, norms, positions and the first
    /// convolution, which reads decibels, stay as they are.
    Int8,
}

impl Precision {
    /// All precisions, the finest first.
    pub const ALL: [Precision; 3] = [Precision::F32, Precision::F16, Precision::Int8];
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Precision::F32 => "f32",
            Precision::F16 => "f16",
            Precision::Int8 => "int8",
        })
    }
}

impl std::str::FromStr for Precision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Precision::ALL.into_iter().find(|precision| precision.to_string() == name);
        known.ok_or_else(|| Error::option("precision", name, "f32, f16 or int8"))
    }
}
