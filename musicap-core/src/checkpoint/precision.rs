//! The precisions that weights can have: one table, which names, loading and saving read.

use serde::{Deserialize, Serialize};

use super::dtype::StoredType;
use crate::error::{Error, Result};

/// The precision of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 16-bit floating point: half the size. A CPU computes in 32 bits, a GPU in 16.
    F16,
    /// Weights as 8-bit integers, each output channel with its own scale: a quarter of the size.
    /// The CPU multiplies them by inputs that are rounded to 8 bits row by row; other devices
    /// convert them to floating point. Biases, norms, positions and the first convolution stay in
    /// 32-bit floating point.
    Int8,
}

/// A row of the table.
struct Row {
    precision: Precision,
    /// Its name in options and JSON: that of the variant in lower case.
    name: &'static str,
    /// What matrices are stored as that are multiplied with activations.
    matrices: StoredType,
    /// What all other tensors are stored as.
    others: StoredType,
}

const TABLE: [Row; 3] = [
    Row {
        precision: Precision::F32,
        name: "f32",
        matrices: StoredType::F32,
        others: StoredType::F32,
    },
    Row {
        precision: Precision::F16,
        name: "f16",
        matrices: StoredType::F16,
        others: StoredType::F16,
    },
    Row {
        precision: Precision::Int8,
        name: "int8",
        matrices: StoredType::I8,
        others: StoredType::F32,
    },
];

impl Precision {
    /// All precisions, the highest first.
    pub const ALL: &'static [Precision] =
        &[TABLE[0].precision, TABLE[1].precision, TABLE[2].precision];

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.precision == self).expect("every precision is in the table")
    }

    /// What a tensor is stored as at this precision; `quantizable` as its architecture says.
    pub(super) fn stored_type(self, quantizable: bool) -> StoredType {
        let row = self.row();
        if quantizable { row.matrices } else { row.others }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.row().name)
    }
}

impl std::str::FromStr for Precision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = TABLE.iter().find(|row| row.name == name).map(|row| row.precision);
        let names = TABLE.map(|row| row.name).join(", ");
        known.ok_or_else(|| Error::option("precision", name, format!("one of {names}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for &precision in Precision::ALL {
            let json = serde_json::to_value(precision).unwrap();
            assert_eq!(json, precision.to_string());
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
        }
        let refused = "f8".parse::<Precision>().unwrap_err().to_string();
        assert!(refused.contains("f32, f16, int8"), "{refused}");
    }
}
