//! Products of 8-bit integers in WebAssembly, whose vectors multiply pairs of 16-bit integers and add
//! them in one instruction (`i32x4.dot_i16x8_s`), where rten-gemm's kernel takes seven.

/// The zero point of inputs, and how far they reach from it: products of 16-bit integers are exact.
pub fn spread() -> (f32, u8) {
    (127.0, ZERO)
}

const ZERO: u8 = 128;
/// Rows and outputs that are computed together: their sums, inputs and weights fit the sixteen
/// vector registers of x86-64.
const ROWS: usize = 4;
const OUTPUTS: usize = 2;
/// Values of a vector.
const LANES: usize = 8;
/// Bytes of inputs that are multiplied with all weights before the next, so that they stay in the
/// innermost cache.
const CACHED: usize = 24 << 10;

/// A weight `[d_output, d_input]` of int8 values, with rows filled up by zeros to whole vectors and
/// to an even number.
pub struct Int8Weight {
    values: Vec<i8>,
    width: usize,
    d_input: usize,
    /// Zeros: the zero point is taken from the inputs.
    offsets: Vec<i32>,
}

impl Int8Weight {
    pub fn new(values: Vec<i8>, d_input: usize) -> Self {
        let d_output = values.len() / d_input;
        let width = d_input.next_multiple_of(LANES);
        let size = d_output.next_multiple_of(OUTPUTS) * width;
        let mut padded = values;
        if padded.len() != size {
            let values = std::mem::replace(&mut padded, vec![0; size]);
            for (row, padded) in values.chunks_exact(d_input).zip(padded.chunks_exact_mut(width)) {
                padded[..d_input].copy_from_slice(row);
            }
        }
        Int8Weight { values: padded, width, d_input, offsets: vec![0; d_output] }
    }

    /// What is to be added to the products of each output.
    pub fn offsets(&self) -> &[i32] {
        &self.offsets
    }

    /// Rows `[rows, d_input]`, spread around their zero point → products `[rows, d_output]`.
    pub fn multiply(&self, rows: &[u8], products: &mut [i32]) {
        let (width, d_output) = (self.width, self.offsets.len());
        let block = (CACHED / (2 * width)).max(ROWS) / ROWS * ROWS;
        let mut inputs = vec![0i16; block * width];
        let rows = rows.chunks(block * self.d_input);
        for (rows, products) in rows.zip(products.chunks_mut(block * d_output)) {
            for (row, input) in rows.chunks_exact(self.d_input).zip(inputs.chunks_exact_mut(width))
            {
                for (value, input) in row.iter().zip(input) {
                    *input = i16::from(*value) - i16::from(ZERO);
                }
            }
            let count = products.len() / d_output;
            for (pair, weights) in self.values.chunks_exact(OUTPUTS * width).enumerate() {
                let outputs = OUTPUTS.min(d_output - OUTPUTS * pair);
                for first in (0..count).step_by(ROWS) {
                    let found = tile(&inputs[first * width..][..ROWS * width], weights, width);
                    for (row, found) in found.iter().enumerate().take(count - first) {
                        let at = (first + row) * d_output + OUTPUTS * pair;
                        products[at..at + outputs].copy_from_slice(&found[..outputs]);
                    }
                }
            }
        }
    }

    /// The same into a new vector.
    pub fn products(&self, rows: &[u8], count: usize) -> Vec<i32> {
        let mut products = vec![0; count * self.offsets.len()];
        self.multiply(rows, &mut products);
        products
    }
}

/// The products of `ROWS` rows of inputs and `OUTPUTS` rows of weights, `width` values each.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn tile(inputs: &[i16], weights: &[i8], width: usize) -> [[i32; OUTPUTS]; ROWS] {
    use std::arch::wasm32::{
        i16x8_load_extend_i8x8, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat, v128,
        v128_load,
    };
    assert!(inputs.len() == ROWS * width && weights.len() == OUTPUTS * width);
    assert!(width.is_multiple_of(LANES));
    let mut sums = [[i32x4_splat(0); OUTPUTS]; ROWS];
    for at in (0..width).step_by(LANES) {
        // SAFETY: `at + LANES` is at most `width`, and there are as many rows of it as are read.
        let weights: [v128; OUTPUTS] = std::array::from_fn(|output| unsafe {
            i16x8_load_extend_i8x8(weights.as_ptr().add(output * width + at))
        });
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above; loads need no alignment.
            let input = unsafe { v128_load(inputs.as_ptr().add(row * width + at).cast()) };
            for (sum, &weight) in sums.iter_mut().zip(&weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(input, weight));
            }
        }
    }
    sums.map(|sums| {
        sums.map(|sum| {
            i32x4_extract_lane::<0>(sum)
                + i32x4_extract_lane::<1>(sum)
                + i32x4_extract_lane::<2>(sum)
                + i32x4_extract_lane::<3>(sum)
        })
    })
}

/// The same for tests of what is around it on other processors.
#[cfg(not(target_arch = "wasm32"))]
fn tile(inputs: &[i16], weights: &[i8], width: usize) -> [[i32; OUTPUTS]; ROWS] {
    std::array::from_fn(|row| {
        std::array::from_fn(|output| {
            let (inputs, weights) = (&inputs[row * width..], &weights[output * width..]);
            let pairs = inputs[..width].iter().zip(&weights[..width]);
            pairs.map(|(&input, &weight)| i32::from(input) * i32::from(weight)).sum()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_any_shape_are_exact() {
        // One row to several blocks of rows, odd widths, odd numbers of outputs.
        for (count, d_input, d_output) in [(1, 8, 2), (3, 13, 5), (40, 512, 3), (9, 3001, 4)] {
            let mut state = 7u32;
            let mut byte = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            let rows: Vec<u8> = (0..count * d_input).map(|_| byte().max(1)).collect();
            let values: Vec<i8> = (0..d_output * d_input).map(|_| byte() as i8).collect();
            let (_, zero) = spread();
            let weight = Int8Weight::new(values.clone(), d_input);
            let products = weight.products(&rows, count);
            for (row, products) in rows.chunks(d_input).zip(products.chunks(d_output)) {
                for (weights, (product, offset)) in
                    values.chunks(d_input).zip(products.iter().zip(weight.offsets()))
                {
                    let pairs = row.iter().zip(weights);
                    let expected: i64 =
                        pairs.map(|(&x, &w)| (i64::from(x) - i64::from(zero)) * i64::from(w)).sum();
                    assert_eq!(i64::from(product + offset), expected);
                }
            }
        }
    }
}
