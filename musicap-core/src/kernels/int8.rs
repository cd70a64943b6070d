//! Products of 8-bit integers by rten-gemm.

use rten_gemm::{
    GemmExecutor, GemmInputA, GemmInputB, GemmOptions, GemmUninitOptions, PackedAMatrix,
    PackedBMatrix,
};
use rten_tensor::{Layout, NdTensorView};
use rten_vecmath::ExtendInit;

// Little more than a choice of kernel, but not made to be sent between threads.
thread_local! {
    static INT8: GemmExecutor<u8, i8, i32> = GemmExecutor::new();
}

/// How 8-bit inputs are spread around their zero point. Kernels without VNNI add pairs of
/// products in 16 bits, which only 7-bit inputs never overflow.
pub fn spread() -> (f32, u8) {
    if INT8.with(|gemm| gemm.may_saturate()) { (63.0, 64) } else { (127.0, 128) }
}

/// A weight `[d_output, d_input]` of int8 values.
pub struct Int8Weight {
    matrix: PackedBMatrix<i8>,
    /// What the inputs' zero point adds to each output, negated.
    offsets: Vec<i32>,
}

/// rten-gemm packs its left side again for each weight, and in that for each block of columns. With
/// more columns than this, it is packed once beforehand.
const WIDE: usize = 2048;

impl Int8Weight {
    pub fn new(values: Vec<i8>, d_input: usize) -> Self {
        let zero = i32::from(spread().1);
        let sum = |row: &[i8]| row.iter().map(|&value| i32::from(value)).sum::<i32>();
        let offsets: Vec<i32> = values.chunks_exact(d_input).map(|row| -zero * sum(row)).collect();
        let view = NdTensorView::from_data([offsets.len(), d_input], &values[..]);
        let matrix = INT8.with(|gemm| gemm.prepack_b(view.transposed()));
        Int8Weight { matrix, offsets }
    }

    /// What is to be added to the products of each output.
    pub fn offsets(&self) -> &[i32] {
        &self.offsets
    }

    /// Rows `[rows, d_input]` → products `[rows, d_output]`.
    pub fn multiply(&self, rows: &Operand, products: &mut [i32]) {
        let b = GemmInputB::Packed(&self.matrix);
        INT8.with(|gemm| gemm.gemm(products, rows.input(), b, GemmOptions::default()))
            .expect("sizes that fit");
    }

    /// The same into a new vector.
    pub fn products(&self, rows: &Operand) -> Vec<i32> {
        let size = rows.rows.shape()[0] * self.offsets.len();
        let mut products = Vec::with_capacity(size);
        products.extend_init(|room| {
            let options = GemmUninitOptions::default();
            let b = GemmInputB::Packed(&self.matrix);
            INT8.with(|gemm| gemm.gemm_uninit(&mut room[..size], rows.input(), b, options))
                .expect("sizes that fit")
        });
        products
    }
}

/// The left side of products: rows `[count, d_input]` around their zero point.
pub struct Operand<'a> {
    rows: NdTensorView<'a, u8, 2>,
    packed: Option<PackedAMatrix<u8>>,
}

impl<'a> Operand<'a> {
    /// Rows to be multiplied with weights of `d_output` outputs altogether.
    pub fn new(rows: &'a [u8], count: usize, d_output: usize) -> Self {
        let rows = NdTensorView::from_data([count, rows.len() / count.max(1)], rows);
        let packed = (d_output > WIDE).then(|| INT8.with(|gemm| gemm.prepack_a(rows)));
        Operand { rows, packed }
    }

    fn input(&self) -> GemmInputA<'_, u8> {
        match &self.packed {
            Some(packed) => GemmInputA::Packed(packed),
            None => GemmInputA::Unpacked(self.rows),
        }
    }
}
