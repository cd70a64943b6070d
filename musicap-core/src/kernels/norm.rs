//! Layer norms, alone or after a residual sum.

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::prelude::*;
use burn::tensor::{DType, FloatDType, TensorData};

use super::{Layout, Placement, unpacked};
#[cfg(feature = "flex")]
use super::{flex, packed, vector};

/// What is added to the variance: PyTorch's default, which BART and Whisper keep.
const EPSILON: f64 = 1e-5;

/// Layer normalisation of a sum.
#[derive(Module, Debug)]
pub struct AddNorm {
    plain: LayerNorm,
    #[cfg(feature = "flex")]
    #[module(skip)]
    packed: Option<Arc<[Vec<f32>; 2]>>,
}

impl AddNorm {
    /// A norm of a weight and a bias, each `[d_model]`.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>, placement: &Placement) -> Self {
        let d_model = weight.len();
        let param = |values: Vec<f32>| {
            let data = TensorData::new(values, [d_model]);
            Param::from_tensor(Tensor::from_data(data, &placement.device))
        };
        let mut plain = LayerNormConfig::new(d_model).with_epsilon(EPSILON).init(&placement.device);
        plain.gamma = param(weight.clone());
        plain.beta = Some(param(bias.clone()));
        AddNorm {
            plain,
            #[cfg(feature = "flex")]
            packed: placement.layout.is_packed().then(|| Arc::new([weight, bias])),
        }
    }

    /// `norm(hidden + residual)`, in single precision, both `[rows, length, d_model]`.
    pub fn forward(&self, hidden: Tensor<3>, residual: Tensor<3>) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            let shape @ [_, _, d_model] = hidden.dims();
            // The sum takes the place of the residual, which nothing else holds.
            let (hidden, mut sum) = (flex::Values::of(hidden), flex::into_vec(residual));
            packed::par_rows(&mut sum, d_model, |i, _, row| {
                norm_row(packed, row, &hidden[i * d_model..][..d_model]);
            });
            return flex::tensor(sum, shape);
        }
        unpacked();
        self.norm_plain(hidden + residual)
    }

    /// `norm(hidden)`, in single precision, `[rows, length, d_model]`.
    pub fn norm(&self, hidden: Tensor<3>) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            let shape @ [_, _, d_model] = hidden.dims();
            let mut values = flex::into_vec(hidden);
            packed::par_rows(&mut values, d_model, |_, _, row| norm_row(packed, row, &[]));
            return flex::tensor(values, shape);
        }
        unpacked();
        self.norm_plain(hidden)
    }

    fn norm_plain(&self, hidden: Tensor<3>) -> Tensor<3> {
        // Squares soon leave the range of half precision.
        match hidden.dtype() {
            DType::F16 => self.plain.forward(hidden.cast(FloatDType::F32)).cast(FloatDType::F16),
            _ => self.plain.forward(hidden),
        }
    }
}

/// `a + b`, both `[rows, length, d_model]`.
pub fn add(a: Tensor<3>, b: Tensor<3>, layout: Layout) -> Tensor<3> {
    #[cfg(feature = "flex")]
    if layout.is_packed() {
        let shape @ [_, _, d_model] = a.dims();
        let (a, mut sum) = (flex::Values::of(a), flex::into_vec(b));
        packed::par_rows(&mut sum, d_model, |i, at, row| {
            let other = &a[i * d_model + at..][..row.len()];
            row.iter_mut().zip(other).for_each(|(value, other)| *value += other);
        });
        return flex::tensor(sum, shape);
    }
    let _ = layout;
    unpacked();
    a + b
}

/// Normalises `row + residual` in the place of `row`; without a residual, `row`.
#[cfg(feature = "flex")]
fn norm_row([scale, shift]: &[Vec<f32>; 2], row: &mut [f32], residual: &[f32]) {
    let epsilon = EPSILON as f32;
    rten_simd::SimdOp::dispatch(vector::AddNorm { row, residual, scale, shift, epsilon });
}
