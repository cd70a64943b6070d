//! Weight matrices laid out once for the matrix kernels of rten-gemm, in float32 or int8.

use rayon::prelude::*;
use rten_gemm::{
    BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, GemmUninitOptions, PackedBMatrix,
};
use rten_simd::{SimdOp, SimdUnaryOp};
use rten_tensor::NdTensorView;
use rten_vecmath::{ExtendInit, Gelu};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use super::int8::{Int8Weight, Operand, spread};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::int8_wasm::{Int8Weight, Operand, spread};
use super::vector::{Dequantize, Quantize};
use super::{QuantizedWeight, Weight};

// Little more than a choice of kernel, but not made to be sent between threads.
thread_local! {
    static F32: GemmExecutor = GemmExecutor::new();
}

/// A weight `[d_output, d_input]` that is multiplied with rows from the right, transposed, and
/// the bias that is added.
pub struct PackedWeight {
    d_input: usize,
    d_output: usize,
    bias: Vec<f32>,
    matrix: Matrix,
}

enum Matrix {
    F32 {
        matrix: PackedBMatrix<f32>,
        /// LP-MusicCaps' output layer has a bias of zeros, which need not be added.
        has_bias: bool,
    },
    Int8 {
        matrix: Int8Weight,
        /// What one step of each output's weights is worth.
        scales: Vec<f32>,
    },
}

/// What is done to the rows that come out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    Identity,
    /// `x · Φ(x)`, exactly by the error function.
    Gelu,
}

/// Layers with fewer inputs or outputs than this multiply in float32, whatever their weights are
/// stored in. Rounding a row takes the longer, compared with what it saves, the narrower the layer
/// is, and small models are the ones whose captions it changes.
const NARROW: usize = 512;

impl std::fmt::Debug for PackedWeight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_quantized() { "int8" } else { "float32" };
        write!(f, "{kind} [{}, {}]", self.d_output, self.d_input)
    }
}

impl PackedWeight {
    /// Packs a weight `[d_output, d_input]` with its bias `[d_output]`; int8 weights stay int8
    /// in layers that are wide enough.
    pub fn new(weight: Weight, bias: Vec<f32>, d_input: usize) -> Self {
        let d_output = bias.len();
        let narrow = d_input.min(d_output) < NARROW;
        let weight = if narrow { Weight::F32(weight.into_f32()) } else { weight };
        let matrix = match weight {
            Weight::F32(values) => {
                let view = NdTensorView::from_data([d_output, d_input], &values[..]);
                let matrix = F32.with(|gemm| gemm.prepack_b(view.transposed()));
                Matrix::F32 { matrix, has_bias: bias.iter().any(|&bias| bias != 0.0) }
            }
            Weight::Int8(QuantizedWeight { values, scales }) => {
                Matrix::Int8 { matrix: Int8Weight::new(values, d_input), scales }
            }
        };
        PackedWeight { d_input, d_output, bias, matrix }
    }

    /// Whether it holds int8 values.
    pub fn is_quantized(&self) -> bool {
        matches!(self.matrix, Matrix::Int8 { .. })
    }

    /// Width of the rows that go in.
    pub fn d_input(&self) -> usize {
        self.d_input
    }

    /// Width of the rows that come out.
    pub fn d_output(&self) -> usize {
        self.d_output
    }

    /// Rows `[rows, d_input]` → `[rows, d_output]`.
    pub fn apply(&self, input: Rows, activation: Activation) -> Vec<f32> {
        let size = input.count * self.d_output;
        match &self.matrix {
            Matrix::F32 { matrix, has_bias } => {
                let bias = has_bias.then_some(BiasVector::Row(&self.bias[..]));
                let mut out = Vec::with_capacity(size);
                out.extend_init(|room| {
                    let options = GemmUninitOptions { bias, ..GemmUninitOptions::default() };
                    let (a, b) = (self.view(input), GemmInputB::Packed(matrix));
                    F32.with(|gemm| gemm.gemm_uninit(&mut room[..size], a, b, options))
                        .expect("sizes that fit")
                });
                activation.apply(&mut out);
                out
            }
            Matrix::Int8 { matrix, .. } => {
                let Quantized { values, steps } = self.quantize(input);
                let rows = Operand::new(&values, input.count, self.d_output);
                self.dequantized(matrix, &rows, &steps, activation)
            }
        }
    }

    /// [`apply`](Self::apply) of several weights to the same rows, which are rounded and packed
    /// once.
    pub fn apply_all<const N: usize>(weights: [&PackedWeight; N], input: Rows) -> [Vec<f32>; N] {
        if !weights.iter().all(|weight| weight.is_quantized()) {
            return weights.map(|weight| weight.apply(input, Activation::Identity));
        }
        let Quantized { values, steps } = weights[0].quantize(input);
        let d_output = weights.iter().map(|weight| weight.d_output).sum();
        let rows = Operand::new(&values, input.count, d_output);
        weights.map(|weight| {
            let Matrix::Int8 { matrix, .. } = &weight.matrix else {
                unreachable!("all are quantized");
            };
            weight.dequantized(matrix, &rows, &steps, Activation::Identity)
        })
    }

    fn dequantized(
        &self,
        matrix: &Int8Weight,
        rows: &Operand,
        steps: &[f32],
        activation: Activation,
    ) -> Vec<f32> {
        // Of the same size, they keep their place.
        let bits = matrix.products(rows).into_iter().map(|product| f32::from_bits(product as u32));
        let mut out = bits.collect::<Vec<f32>>();
        self.dequantize_all(steps, &mut out, activation);
        out
    }

    /// [`apply`](Self::apply) into a slice, `[rows, d_output]`.
    pub fn apply_to(&self, input: Rows, activation: Activation, out: &mut [f32]) {
        match &self.matrix {
            Matrix::F32 { matrix, has_bias } => {
                let bias = has_bias.then_some(BiasVector::Row(&self.bias[..]));
                let options = GemmOptions { bias, ..GemmOptions::default() };
                let (a, b) = (self.view(input), GemmInputB::Packed(matrix));
                F32.with(|gemm| gemm.gemm(out, a, b, options)).expect("sizes that fit");
                activation.apply(out);
            }
            Matrix::Int8 { matrix, .. } => {
                let steps = self.multiply(input, matrix, out);
                self.dequantize_all(&steps, out, activation);
            }
        }
    }

    /// Puts integer products into `out`, in the place of the values that they will be turned into;
    /// gives the size of a step for each row.
    fn multiply(&self, input: Rows, matrix: &Int8Weight, out: &mut [f32]) -> Vec<f32> {
        let Quantized { values, steps } = self.quantize(input);
        let rows = Operand::new(&values, input.count, self.d_output);
        matrix.multiply(&rows, bytemuck::cast_slice_mut(out));
        steps
    }

    /// [`apply_to`](Self::apply_to), and what `look` makes of each row while it is still in the
    /// cache.
    pub fn apply_and_look<T: Send>(
        &self,
        input: Rows,
        out: &mut [f32],
        look: impl Fn(&[f32]) -> T + Sync,
    ) -> Vec<T> {
        let steps = match &self.matrix {
            Matrix::F32 { .. } => {
                self.apply_to(input, Activation::Identity, out);
                None
            }
            Matrix::Int8 { matrix, .. } => Some(self.multiply(input, matrix, out)),
        };
        let rows = out.par_chunks_exact_mut(self.d_output).enumerate().map(|(i, row)| {
            if let Some(steps) = &steps {
                self.dequantize(steps[i], 0, row);
            }
            look(row)
        });
        rows.collect()
    }

    fn view<'a>(&self, input: Rows<'a>) -> GemmInputA<'a, f32> {
        let (shape, strides) = ([input.count, self.d_input], [input.stride, 1]);
        let view = NdTensorView::from_slice_with_strides(shape, input.values, strides);
        GemmInputA::Unpacked(view.expect("rows within their slice"))
    }

    fn quantize(&self, input: Rows) -> Quantized {
        let (reach, zero) = spread();
        let mut values = vec![0u8; input.count * self.d_input];
        let mut steps = vec![0f32; input.count];
        values
            .par_chunks_exact_mut(self.d_input)
            .zip(&mut steps)
            .enumerate()
            .with_min_len((SHARE / self.d_input).max(1))
            .for_each(|(i, (out, step))| {
                let row = &input.values[i * input.stride..][..self.d_input];
                *step = Quantize { row, reach, zero, out }.dispatch();
            });
        Quantized { values, steps }
    }

    fn dequantize_all(&self, steps: &[f32], out: &mut [f32], activation: Activation) {
        par_rows(out, self.d_output, |i, at, products| {
            self.dequantize(steps[i], at, products);
            if activation == Activation::Gelu {
                Gelu {}.map_mut(products);
            }
        });
    }

    /// Turns the products of a row from its output `at` on into what they stand for.
    fn dequantize(&self, step: f32, at: usize, products: &mut [f32]) {
        let Matrix::Int8 { scales, matrix } = &self.matrix else {
            unreachable!("only int8 products are dequantized");
        };
        let span = at..at + products.len();
        let (offsets, scales) = (&matrix.offsets()[span.clone()], &scales[span.clone()]);
        Dequantize { products, offsets, step, scales, bias: &self.bias[span] }.dispatch();
    }
}

/// Rows as 8-bit integers, and what a step of each is worth.
struct Quantized {
    values: Vec<u8>,
    steps: Vec<f32>,
}

impl Activation {
    fn apply(self, values: &mut [f32]) {
        if self == Activation::Gelu {
            par_rows(values, 1024, |_, _, values| {
                Gelu {}.map_mut(values);
            });
        }
    }
}

/// Rows in a slice, each `stride` values after the one before.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub count: usize,
    pub stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `width` values, one right after the other.
    pub fn of(values: &'a [f32], width: usize) -> Self {
        Rows { values, count: values.len() / width, stride: width }
    }
}

/// Values that one thread should get at least, for work of about a nanosecond each.
const SHARE: usize = 16_384;

/// Runs `work(row, place in the row, values)` on all rows of `width`, cut into pieces, on all
/// threads if there is enough of it.
pub fn par_rows(values: &mut [f32], width: usize, work: impl Fn(usize, usize, &mut [f32]) + Sync) {
    if values.len() <= SHARE || rayon::current_num_threads() == 1 {
        for (i, row) in values.chunks_mut(width).enumerate() {
            work(i, 0, row);
        }
    } else if width <= SHARE {
        let rows_each = SHARE / width;
        values.par_chunks_mut(rows_each * width).enumerate().for_each(|(block, rows)| {
            for (i, row) in rows.chunks_mut(width).enumerate() {
                work(block * rows_each + i, 0, row);
            }
        });
    } else {
        values.par_chunks_mut(width).enumerate().for_each(|(i, row)| {
            row.par_chunks_mut(SHARE).enumerate().for_each(|(piece, values)| {
                work(i, piece * SHARE, values);
            });
        });
    }
}
