//! Products of 8-bit integers in WebAssembly, whose vectors multiply pairs of 16-bit integers and add
//! them in one instruction (`i32x4.dot_i16x8_s`), where rten-gemm's kernel takes seven.

use simd::{Vector, from_bytes, from_words, tile};

const ZERO: u8 = 128;
/// Rows and outputs that are computed together: their sums and weights fit the sixteen vector registers
/// of x86-64. Five rows are the beams of a chunk.
const ROWS: usize = 5;
const OUTPUTS: usize = 2;
/// Values that are multiplied in one turn: a vector of weights, two of inputs.
const LANES: usize = 16;
/// Bytes of inputs that are multiplied with all weights before the next, so that they stay in the
/// innermost cache.
const CACHED: usize = 24 << 10;

/// A turn's inputs of a row, and its weights of `OUTPUTS` outputs.
type Inputs = [Vector; 2];
type Weights = [Vector; OUTPUTS];

/// The zero point of inputs, and how far they reach from it: products of 16-bit integers are exact.
pub fn spread() -> (f32, u8) {
    (127.0, ZERO)
}

/// A weight `[d_output, d_input]` of int8 values.
pub struct Int8Weight {
    /// For each pair of outputs, the weights of each turn. What is missing is filled up by zeros.
    values: Vec<Weights>,
    d_input: usize,
    /// Turns for each output.
    turns: usize,
    /// Zeros: the zero point is taken from the inputs.
    offsets: Vec<i32>,
}

impl Int8Weight {
    pub fn new(values: Vec<i8>, d_input: usize) -> Self {
        let (d_output, turns) = (values.len() / d_input, d_input.div_ceil(LANES));
        let vector = &|output: usize, turn: usize| {
            let row = values.chunks_exact(d_input).nth(output).unwrap_or_default();
            let row = row.chunks(LANES).nth(turn).unwrap_or_default();
            let mut bytes = [0; LANES];
            bytes[..row.len()].copy_from_slice(row);
            from_bytes(bytes)
        };
        let packed = (0..d_output.div_ceil(OUTPUTS)).flat_map(|pair| {
            (0..turns).map(move |turn| std::array::from_fn(|i| vector(OUTPUTS * pair + i, turn)))
        });
        Int8Weight { values: packed.collect(), d_input, turns, offsets: vec![0; d_output] }
    }

    /// What is to be added to the products of each output.
    pub fn offsets(&self) -> &[i32] {
        &self.offsets
    }

    /// Rows `[rows, d_input]` → products `[rows, d_output]`.
    pub fn multiply(&self, &Operand { rows, .. }: &Operand, products: &mut [i32]) {
        let &Int8Weight { d_input, turns, .. } = self;
        let d_output = self.offsets.len();
        let tiles = (CACHED / (size_of::<Inputs>() * ROWS * turns)).max(1);
        let rows = rows.chunks(tiles * ROWS * d_input);
        for (rows, products) in rows.zip(products.chunks_mut(tiles * ROWS * d_output)) {
            let inputs: Vec<Inputs> =
                rows.chunks(ROWS * d_input).flat_map(|rows| self.pack(rows)).collect();
            for (pair, weights) in self.values.chunks_exact(turns).enumerate() {
                let outputs = OUTPUTS * pair..d_output.min(OUTPUTS * (pair + 1));
                let tiles = inputs.chunks(ROWS * turns);
                for (inputs, products) in tiles.zip(products.chunks_mut(ROWS * d_output)) {
                    let rows = products.chunks_exact_mut(d_output);
                    let rows = rows.map(|row| &mut row[outputs.clone()]);
                    match inputs.len() / turns {
                        1 => store(tile::<1>(inputs, weights), rows),
                        2 => store(tile::<2>(inputs, weights), rows),
                        3 => store(tile::<3>(inputs, weights), rows),
                        4 => store(tile::<4>(inputs, weights), rows),
                        _ => store(tile::<ROWS>(inputs, weights), rows),
                    }
                }
            }
        }
    }

    /// The inputs of up to `ROWS` rows: those of the first turn of each row, then of the next turn.
    fn pack(&self, rows: &[u8]) -> impl Iterator<Item = Inputs> {
        let row_count = rows.len() / self.d_input;
        (0..self.turns * row_count).map(move |i| {
            let (turn, row) = (i / row_count, i % row_count);
            let row = &rows[row * self.d_input..][..self.d_input];
            std::array::from_fn(|half| {
                let values = row.chunks(LANES / 2).nth(2 * turn + half).unwrap_or_default();
                let mut words = [0; LANES / 2];
                for (word, &value) in words.iter_mut().zip(values) {
                    *word = i16::from(value) - i16::from(ZERO);
                }
                from_words(words)
            })
        })
    }

    /// The same into a new vector.
    pub fn products(&self, rows: &Operand) -> Vec<i32> {
        let mut products = vec![0; rows.count * self.offsets.len()];
        self.multiply(rows, &mut products);
        products
    }
}

/// Writes the products of a tile to the rows.
fn store<'a>(found: impl AsRef<[[i32; OUTPUTS]]>, rows: impl Iterator<Item = &'a mut [i32]>) {
    for (found, row) in found.as_ref().iter().zip(rows) {
        row.copy_from_slice(&found[..row.len()]);
    }
}

/// The left side of products: rows `[count, d_input]` around their zero point.
pub struct Operand<'a> {
    rows: &'a [u8],
    count: usize,
}

impl<'a> Operand<'a> {
    /// Rows to be multiplied with weights of any number of outputs.
    pub fn new(rows: &'a [u8], count: usize, _d_output: usize) -> Self {
        Operand { rows, count }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd {
    use std::arch::wasm32::{
        i8x16, i16x8, i16x8_extend_high_i8x16, i16x8_extend_low_i8x16, i32x4_add, i32x4_dot_i16x8,
        i32x4_extract_lane, i32x4_splat, v128,
    };

    use super::{Inputs, OUTPUTS, Weights};

    pub type Vector = v128;

    pub fn from_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: [i8; 16]) -> Vector {
        i8x16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
    }

    #[inline(always)]
    pub fn from_words([a, b, c, d, e, f, g, h]: [i16; 8]) -> Vector {
        i16x8(a, b, c, d, e, f, g, h)
    }

    /// The products of `ROWS` rows of inputs and outputs' weights, as many turns of both.
    #[inline(always)]
    pub fn tile<const ROWS: usize>(
        inputs: &[Inputs],
        weights: &[Weights],
    ) -> [[i32; OUTPUTS]; ROWS] {
        let mut sums = [[i32x4_splat(0); OUTPUTS]; ROWS];
        for (inputs, weights) in inputs.as_chunks::<ROWS>().0.iter().zip(weights) {
            let low = weights.map(|bytes| i16x8_extend_low_i8x16(bytes));
            let high = weights.map(|bytes| i16x8_extend_high_i8x16(bytes));
            for row in 0..ROWS {
                for output in 0..OUTPUTS {
                    let sum = &mut sums[row][output];
                    *sum = i32x4_add(*sum, i32x4_dot_i16x8(inputs[row][0], low[output]));
                    *sum = i32x4_add(*sum, i32x4_dot_i16x8(inputs[row][1], high[output]));
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
}

/// The same for tests of what is around it on other processors.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod simd {
    use super::{Inputs, OUTPUTS, Weights};

    #[derive(Clone, Copy)]
    pub enum Vector {
        Bytes([i8; 16]),
        Words([i16; 8]),
    }

    impl Vector {
        fn values(self) -> Vec<i32> {
            match self {
                Vector::Bytes(bytes) => bytes.map(i32::from).to_vec(),
                Vector::Words(words) => words.map(i32::from).to_vec(),
            }
        }
    }

    pub fn from_bytes(bytes: [i8; 16]) -> Vector {
        Vector::Bytes(bytes)
    }

    pub fn from_words(words: [i16; 8]) -> Vector {
        Vector::Words(words)
    }

    pub fn tile<const ROWS: usize>(
        inputs: &[Inputs],
        weights: &[Weights],
    ) -> [[i32; OUTPUTS]; ROWS] {
        std::array::from_fn(|row| {
            std::array::from_fn(|output| {
                let inputs = inputs.iter().skip(row).step_by(ROWS).flatten();
                let inputs = inputs.flat_map(|vector| vector.values());
                let weights = weights.iter().flat_map(|turn| turn[output].values());
                inputs.zip(weights).map(|(input, weight)| input * weight).sum()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_any_shape_are_exact() {
        // One row to several blocks of rows and all remainders, odd widths, odd numbers of outputs.
        let shapes = [(1, 8, 2), (2, 16, 1), (3, 13, 5), (4, 40, 2), (5, 33, 3), (40, 512, 3)];
        for (count, d_input, d_output) in shapes.into_iter().chain([(9, 3001, 4), (12, 100, 7)]) {
            let mut state = 7u32;
            let mut byte = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            let rows: Vec<u8> = (0..count * d_input).map(|_| byte().max(1)).collect();
            let values: Vec<i8> = (0..d_output * d_input).map(|_| byte() as i8).collect();
            let (_, zero) = spread();
            let weight = Int8Weight::new(values.clone(), d_input);
            let products = weight.products(&Operand::new(&rows, count, d_output));
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
