//! Weights as a checkpoint gives them.

use crate::error::Result;

/// A matrix of weights `[d_output, d_input]`, row by row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Weight {
    /// In single precision.
    F32(Vec<f32>),
    /// As int8, each row with its own scale.
    Int8(QuantizedWeight),
}

/// A matrix of int8 values, to be multiplied by the scale of their row.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedWeight {
    /// Values `[d_output, d_input]`, from −127 to 127.
    pub values: Vec<i8>,
    /// Scales `[d_output]`.
    pub scales: Vec<f32>,
}

impl QuantizedWeight {
    /// Rounds each row of `d_input` values to int8, scaled so that the largest magnitude is 127.
    pub fn new(weight: &[f32], d_input: usize) -> Self {
        let mut values = Vec::with_capacity(weight.len());
        let mut scales = Vec::with_capacity(weight.len() / d_input);
        for row in weight.chunks_exact(d_input) {
            let largest = row.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            values.extend(row.iter().map(|value| (value / scale).round() as i8));
            scales.push(scale);
        }
        QuantizedWeight { values, scales }
    }
}

impl Weight {
    /// All values in single precision.
    pub fn into_f32(self) -> Vec<f32> {
        match self {
            Weight::F32(values) => values,
            Weight::Int8(QuantizedWeight { values, scales }) => {
                let d_input = values.len() / scales.len().max(1);
                let rows = values.chunks_exact(d_input.max(1)).zip(&scales);
                rows.flat_map(|(row, scale)| row.iter().map(move |&v| f32::from(v) * scale))
                    .collect()
            }
        }
    }

    /// Appends row `row` of `d_input` values in single precision.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn push_row(&self, row: usize, d_input: usize, out: &mut Vec<f32>) {
        let span = row * d_input..(row + 1) * d_input;
        match self {
            Weight::F32(values) => out.extend_from_slice(&values[span]),
            Weight::Int8(QuantizedWeight { values, scales }) => {
                out.extend(values[span].iter().map(|&value| f32::from(value) * scales[row]));
            }
        }
    }

    /// This matrix `[d_output, channels, taps]` as `[d_output, taps, channels]`.
    pub fn taps_first(self, channels: usize, taps: usize) -> Self {
        fn turned<T: Copy>(values: Vec<T>, channels: usize, taps: usize) -> Vec<T> {
            let mut turned = values.clone();
            let size = channels * taps;
            for (row, turned) in values.chunks_exact(size).zip(turned.chunks_exact_mut(size)) {
                for (tap, turned) in turned.chunks_exact_mut(channels).enumerate() {
                    for (value, turned) in row[tap..].iter().step_by(taps).zip(turned) {
                        *turned = *value;
                    }
                }
            }
            turned
        }
        match self {
            Weight::F32(values) => Weight::F32(turned(values, channels, taps)),
            Weight::Int8(QuantizedWeight { values, scales }) => {
                let values = turned(values, channels, taps);
                Weight::Int8(QuantizedWeight { values, scales })
            }
        }
    }
}

/// Rows of a table that stays in its file, read one at a time.
pub trait RowSource: Send + Sync + std::fmt::Debug {
    /// Appends the float32 values of row `row`.
    ///
    /// # Errors
    /// If it cannot be read.
    fn push_row(&self, row: usize, out: &mut Vec<f32>) -> Result<()>;
}
