//! The residual sum and the layer norm after it.

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::prelude::*;
use burn::tensor::{DType, FloatDType, TensorData};

use super::{Placement, unpacked};
#[cfg(feature = "flex")]
use super::{flex, packed, vector};

/// BART's layer norms all add this to the variance.
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
            use rten_simd::SimdOp;
            let shape @ [_, _, d_model] = hidden.dims();
            // The sum takes the place of the residual, which nothing else holds.
            let (hidden, mut sum) = (flex::Values::of(hidden), flex::into_vec(residual));
            let [scale, shift] = &**packed;
            packed::par_rows(&mut sum, d_model, |i, _, row| {
                let residual = &hidden[i * d_model..][..d_model];
                let epsilon = EPSILON as f32;
                vector::AddNorm { row, residual, scale, shift, epsilon }.dispatch();
            });
            return flex::tensor(sum, shape);
        }
        unpacked();
        let sum = hidden + residual;
        // Of half precision, squares soon leave the range.
        match sum.dtype() {
            DType::F16 => self.plain.forward(sum.cast(FloatDType::F32)).cast(FloatDType::F16),
            _ => self.plain.forward(sum),
        }
    }
}
