//! Weight matrices laid out once for the matrix kernels of rten-gemm, in float32 or int8.

use rayon::prelude::*;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::{SimdOp, SimdUnaryOp};
use rten_tensor::NdTensorView;
use rten_vecmath::Gelu;

use super::vector::{Dequantize, Quantize};
use super::{QuantizedWeight, Weight};

// Little more than a choice of kernel, but not made to be sent between threads.
thread_local! {
    static F32: GemmExecutor = GemmExecutor::new();
    static INT8: GemmExecutor<u8, i8, i32> = GemmExecutor::new();
}

/// A weight `[d_output, d_input]` that is multiplied with rows from the right, transposed.
pub struct PackedWeight {
    d_input: usize,
    d_output: usize,
    matrix: Matrix,
}

enum Matrix {
    F32(PackedBMatrix<f32>),
    Int8 {
        matrix: PackedBMatrix<i8>,
        /// What one step of each output's weights is worth.
        scales: Vec<f32>,
        /// What the inputs' zero point adds to each output, to be taken away again.
        offsets: Vec<i32>,
    },
}

/// How 8-bit inputs are spread around their zero point. Kernels without VNNI add pairs of
/// products in 16 bits, which only 7-bit inputs never overflow.
fn spread() -> (f32, u8) {
    if INT8.with(|gemm| gemm.may_saturate()) { (63.0, 64) } else { (127.0, 128) }
}

impl std::fmt::Debug for PackedWeight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_quantized() { "int8" } else { "float32" };
        write!(f, "{kind} [{}, {}]", self.d_output, self.d_input)
    }
}

impl PackedWeight {
    /// Packs a weight `[d_output, d_input]`.
    pub fn new(weight: Weight, d_input: usize) -> Self {
        match weight {
            Weight::F32(values) => {
                let d_output = values.len() / d_input;
                let view = NdTensorView::from_data([d_output, d_input], &values[..]);
                let matrix = Matrix::F32(F32.with(|gemm| gemm.prepack_b(view.transposed())));
                PackedWeight { d_input, d_output, matrix }
            }
            Weight::Int8(QuantizedWeight { values, scales }) => {
                let d_output = scales.len();
                let zero = i32::from(spread().1);
                let sum = |row: &[i8]| row.iter().map(|&value| i32::from(value)).sum::<i32>();
                let offsets = values.chunks_exact(d_input).map(|row| -zero * sum(row)).collect();
                let view = NdTensorView::from_data([d_output, d_input], &values[..]);
                let matrix = INT8.with(|gemm| gemm.prepack_b(view.transposed()));
                let matrix = Matrix::Int8 { matrix, scales, offsets };
                PackedWeight { d_input, d_output, matrix }
            }
        }
    }

    /// Whether it holds whole numbers.
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

    /// Rows `[rows, d_input]` → `[rows, d_output]`, in place of what `out` held.
    pub fn apply(&self, input: Rows, bias: &[f32], out: &mut Vec<f32>) {
        // What a used buffer held is overwritten, so that it need not be cleared.
        out.resize(input.count * self.d_output, 0.0);
        self.apply_to(input, bias, out);
    }

    /// Rows `[rows, d_input]` → `out`, `[rows, d_output]`.
    pub fn apply_to(&self, input: Rows, bias: &[f32], out: &mut [f32]) {
        let rows = input.count;
        match &self.matrix {
            Matrix::F32(matrix) => {
                let (shape, strides) = ([rows, self.d_input], [input.stride, 1]);
                let view = NdTensorView::from_slice_with_strides(shape, input.values, strides);
                let options =
                    GemmOptions { bias: Some(BiasVector::Row(bias)), ..GemmOptions::default() };
                let input = GemmInputA::Unpacked(view.expect("rows within their slice"));
                F32.with(|gemm| gemm.gemm(out, input, GemmInputB::Packed(matrix), options))
                    .expect("sizes that fit");
            }
            Matrix::Int8 { matrix, scales, offsets } => {
                let (reach, zero) = spread();
                let mut quantized = vec![0u8; rows * self.d_input];
                let mut steps = vec![0f32; rows];
                let quantize = |(i, (out, step)): (usize, (&mut [u8], &mut f32))| {
                    let row = &input.values[i * input.stride..][..self.d_input];
                    *step = Quantize { row, reach, zero, out }.dispatch();
                };
                quantized
                    .par_chunks_exact_mut(self.d_input)
                    .zip(&mut steps)
                    .enumerate()
                    .with_min_len((SHARE / self.d_input).max(1))
                    .for_each(quantize);
                let view = NdTensorView::from_data([rows, self.d_input], &quantized[..]);
                // The products take the place of what they will be turned into.
                let products: &mut [i32] = bytemuck::cast_slice_mut(out);
                let options =
                    GemmOptions { bias: Some(BiasVector::Row(offsets)), ..GemmOptions::default() };
                let input = GemmInputA::Unpacked(view);
                INT8.with(|gemm| gemm.gemm(products, input, GemmInputB::Packed(matrix), options))
                    .expect("sizes that fit");
                par_rows(out, self.d_output, |i, at, out| {
                    let scales = &scales[at..][..out.len()];
                    let bias = &bias[at..][..out.len()];
                    Dequantize { products: out, step: steps[i], scales, bias }.dispatch();
                });
            }
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

/// `x · Φ(x)`, exactly by the error function.
pub fn gelu(values: &mut [f32]) {
    par_rows(values, 1024, |_, _, values| {
        Gelu {}.map_mut(values);
    });
}
