//! Linear layers and the embedding table that is the output layer too.

use std::sync::Arc;

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::activation::gelu;
use burn::tensor::{DType, FloatDType, TensorData};
use rayon::prelude::*;

use super::{LogitStats, Placement, RowSource, Weight, unpacked};
#[cfg(feature = "flex")]
use super::{
    flex,
    packed::{Activation, PackedWeight, Rows},
};
use crate::error::Result;

/// `x · Wᵀ + b` over the last dimension.
#[derive(Module, Debug)]
pub struct Linear {
    plain: Option<burn::nn::Linear>,
    #[cfg(feature = "flex")]
    #[module(skip)]
    packed: Option<Arc<PackedWeight>>,
}

impl Linear {
    /// A layer of a weight `[d_output, d_input]`, as PyTorch keeps it, and a bias `[d_output]`.
    pub fn new(weight: Weight, bias: Vec<f32>, d_input: usize, placement: &Placement) -> Self {
        let d_output = bias.len();
        #[cfg(feature = "flex")]
        if placement.layout.is_packed() {
            let packed = PackedWeight::new(weight, bias, d_input);
            return Linear { plain: None, packed: Some(Arc::new(packed)) };
        }
        unpacked();
        // Burn keeps the transpose.
        let weight = placement.tensor(weight.into_f32(), [d_output, d_input]).transpose();
        let bias = placement.tensor(bias, [d_output]);
        Linear {
            plain: Some(burn::nn::Linear {
                weight: Param::from_tensor(weight),
                bias: Some(Param::from_tensor(bias)),
            }),
            #[cfg(feature = "flex")]
            packed: None,
        }
    }

    /// Whether it multiplies integers.
    pub fn is_quantized(&self) -> bool {
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            return packed.is_quantized();
        }
        false
    }

    /// `[rows, length, d_input]` → `[rows, length, d_output]`
    pub fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            return forward_packed(packed, input, Activation::Identity);
        }
        unpacked();
        let plain = self.plain.as_ref().expect("a layer is plain or packed");
        // One product of [rows · length, d_input] is faster than one for each row.
        let [rows, length, d_input] = input.dims();
        let output = plain.forward(input.reshape([rows * length, d_input]));
        let [_, d_output] = output.dims();
        output.reshape([rows, length, d_output])
    }

    /// [`forward`](Self::forward) of several layers with the same input.
    pub fn forward_all<const N: usize>(layers: [&Linear; N], input: Tensor<3>) -> [Tensor<3>; N] {
        #[cfg(feature = "flex")]
        if layers.iter().all(|layer| layer.packed.is_some()) {
            let weights = layers.map(|layer| &**layer.packed.as_ref().expect("all are packed"));
            let [rows, length, d_input] = input.dims();
            let values = flex::Values::of(input);
            let outputs = PackedWeight::apply_all(weights, Rows::of(&values, d_input));
            let mut outputs = outputs.into_iter().zip(weights);
            return [(); N].map(|()| {
                let (output, weight) = outputs.next().expect("an output for each layer");
                flex::tensor(output, [rows, length, weight.d_output()])
            });
        }
        layers.map(|layer| layer.forward(input.clone()))
    }

    /// [`forward`](Self::forward) with GELU after it.
    pub fn forward_gelu(&self, input: Tensor<3>) -> Tensor<3> {
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            return forward_packed(packed, input, Activation::Gelu);
        }
        unpacked();
        gelu(self.forward(input))
    }
}

#[cfg(feature = "flex")]
fn forward_packed(weight: &PackedWeight, input: Tensor<3>, activation: Activation) -> Tensor<3> {
    let [rows, length, d_input] = input.dims();
    let output = weight.apply(Rows::of(&flex::Values::of(input), d_input), activation);
    flex::tensor(output, [rows, length, weight.d_output()])
}

/// Token embeddings which, transposed, are the output layer.
#[derive(Module, Debug)]
pub struct TiedEmbedding {
    /// `[vocab_size, d_model]`
    plain: Option<Param<Tensor<2>>>,
    /// `[1, vocab_size]`
    bias: Param<Tensor<2>>,
    #[cfg(feature = "flex")]
    #[module(skip)]
    packed: Option<Arc<PackedTable>>,
}

/// Both sides of a packed table: its rows, and itself as a weight.
#[cfg(feature = "flex")]
#[derive(Debug)]
struct PackedTable {
    rows: Arc<dyn RowSource>,
    weight: PackedWeight,
}

/// A table in memory.
#[cfg(feature = "flex")]
#[derive(Debug)]
struct Table {
    weight: Weight,
    d_model: usize,
}

#[cfg(feature = "flex")]
impl RowSource for Table {
    fn push_row(&self, row: usize, out: &mut Vec<f32>) -> Result<()> {
        self.weight.push_row(row, self.d_model, out);
        Ok(())
    }
}

impl TiedEmbedding {
    /// A table `[vocab_size, d_model]`, its rows where they can stay, and the bias of the output
    /// layer, `[vocab_size]`.
    pub fn new(
        table: Weight,
        #[cfg_attr(not(feature = "flex"), allow(unused_variables))] rows: Option<
            Arc<dyn RowSource>,
        >,
        bias: Vec<f32>,
        d_model: usize,
        placement: &Placement,
    ) -> Self {
        let vocab_size = bias.len();
        let tensor = Param::from_tensor(placement.tensor(bias.clone(), [1, vocab_size]));
        #[cfg(feature = "flex")]
        if placement.layout.is_packed() {
            let (rows, weight) = match rows {
                Some(rows) => (rows, PackedWeight::new(table, bias, d_model)),
                None => {
                    let weight = PackedWeight::new(table.clone(), bias, d_model);
                    (Arc::new(Table { weight: table, d_model }) as Arc<dyn RowSource>, weight)
                }
            };
            let packed = Some(Arc::new(PackedTable { rows, weight }));
            return TiedEmbedding { plain: None, bias: tensor, packed };
        }
        unpacked();
        let table = placement.tensor(table.into_f32(), [vocab_size, d_model]);
        TiedEmbedding {
            plain: Some(Param::from_tensor(table)),
            bias: tensor,
            #[cfg(feature = "flex")]
            packed: None,
        }
    }

    /// Token ids `[rows, length]`, row by row → embeddings `[rows, length, d_model]`.
    ///
    /// # Errors
    /// If the table's file cannot be read any more.
    pub fn embed(&self, tokens: &[u32], rows: usize) -> Result<Tensor<3>> {
        let length = tokens.len() / rows;
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            let mut values = Vec::new();
            for &token in tokens {
                packed.rows.push_row(token as usize, &mut values)?;
            }
            return Ok(flex::tensor(values, [rows, length, packed.weight.d_input()]));
        }
        unpacked();
        let table = self.plain.as_ref().expect("a table is plain or packed").val();
        let ids: Vec<i64> = tokens.iter().map(|&token| i64::from(token)).collect();
        let ids =
            Tensor::<2, Int>::from_data(TensorData::new(ids, [rows, length]), &table.device());
        Ok(burn::tensor::module::embedding(table, ids))
    }

    /// Hidden states `[rows, d_model]` → logits `[rows, vocab_size]`, in place of what `logits`
    /// held, with statistics of each row.
    ///
    /// # Errors
    /// The backend's reason, in words.
    pub fn logits(
        &self,
        hidden: Tensor<2>,
        logits: &mut Vec<f32>,
    ) -> Result<Vec<LogitStats>, String> {
        #[cfg(feature = "flex")]
        if let Some(packed) = &self.packed {
            let [_, d_model] = hidden.dims();
            let values = flex::Values::of(hidden);
            let rows = Rows::of(&values, d_model);
            // What a used buffer held is overwritten, so that it need not be cleared.
            logits.resize(rows.count * packed.weight.d_output(), 0.0);
            return Ok(packed.weight.apply_and_look(rows, logits, LogitStats::of));
        }
        let projected = self.project(hidden);
        let [_, vocab_size] = projected.dims();
        *logits = projected.try_into_vec_as().map_err(|e| e.to_string())?;
        Ok(logits.par_chunks(vocab_size).map(LogitStats::of).collect())
    }

    /// Hidden states `[rows, d_model]` → logits `[rows, vocab_size]` in single precision by
    /// Burn's operations, for a model that is not packed.
    pub fn project(&self, hidden: Tensor<2>) -> Tensor<2> {
        unpacked();
        let table = self.plain.as_ref().expect("a table is plain or packed").val();
        let logits = hidden.matmul(table.transpose()) + self.bias.val();
        match logits.dtype() {
            DType::F16 => logits.cast(FloatDType::F32),
            _ => logits,
        }
    }
}
