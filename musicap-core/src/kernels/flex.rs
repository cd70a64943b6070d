//! In and out of Burn's CPU tensors.

use burn::prelude::*;
use burn::tensor::TensorData;
use burn_flex::Flex;
use burn_flex::FlexTensor;

fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect("a tensor of the Flex backend")
}

/// The values of a float32 tensor of the Flex backend, row by row.
pub struct Values(FlexTensor);

impl Values {
    /// # Panics
    /// If the tensor is of another backend: only what was loaded for this one comes here.
    pub fn of<const D: usize>(tensor: Tensor<D>) -> Self {
        let tensor = primitive(tensor);
        // Asked first: even where nothing is copied, `to_contiguous` clones the tensor.
        Values(if tensor.layout().is_contiguous() { tensor } else { tensor.to_contiguous() })
    }
}

impl std::ops::Deref for Values {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        let start = self.0.layout().start_offset();
        &self.0.storage()[start..start + self.0.layout().num_elements()]
    }
}

/// The values of a tensor as [`Values::of`] has them, which are not copied if nothing else holds
/// them.
pub fn into_vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    primitive(tensor).into_data().try_into_vec().expect("float32 values")
}

/// A tensor of these values, which are not copied.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    let data = TensorData::new(values, shape);
    Tensor::from_primitive::<Flex>(FlexTensor::from_data(data))
}
