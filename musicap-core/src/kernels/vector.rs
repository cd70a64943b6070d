//! The few loops over float32 that are hot, in the widest vectors that the machine has.

use burn::prelude::*;
use rten_simd::ops::{BitOps, Extend, FloatOps, NarrowSaturate, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp, f16};
use rten_vecmath::{Exp, ExtendInit, F32ToF16};

use super::BLOCK;
use super::flex;

/// What keys and values are kept as.
pub trait Stored: Copy + Send + Sync + std::fmt::Debug + 'static {
    fn store(values: Tensor<3>) -> Vec<Self>;
    /// The first two vectors' worth of `values`.
    fn load_two<I: Isa>(isa: I, values: &[Self]) -> [I::F32; 2];
    /// At most one vector's worth, padded with zeros.
    fn load_some<I: Isa>(isa: I, values: &[Self]) -> I::F32;
}

impl Stored for f32 {
    fn store(values: Tensor<3>) -> Vec<f32> {
        flex::into_vec(values)
    }

    #[inline(always)]
    fn load_two<I: Isa>(isa: I, values: &[f32]) -> [I::F32; 2] {
        isa.f32().load_many::<2>(values)
    }

    #[inline(always)]
    fn load_some<I: Isa>(isa: I, values: &[f32]) -> I::F32 {
        let ops = isa.f32();
        if values.len() == ops.len() { ops.load(values) } else { ops.load_pad(values).0 }
    }
}

impl Stored for f16 {
    fn store(values: Tensor<3>) -> Vec<f16> {
        let values = flex::Values::of(values);
        let mut halves = Vec::with_capacity(values.len());
        halves.extend_init(|room| F32ToF16::new(&values, &mut room[..values.len()]).dispatch());
        halves
    }

    #[inline(always)]
    fn load_two<I: Isa>(isa: I, values: &[f16]) -> [I::F32; 2] {
        let ops = isa.f16();
        let both = ops.load(values);
        [ops.extend_low(both), ops.extend_high(both)]
    }

    #[inline(always)]
    fn load_some<I: Isa>(isa: I, values: &[f16]) -> I::F32 {
        let ops = isa.f16();
        ops.extend_low(ops.load_pad(values).0)
    }
}

/// Queries against the keys and values of a sequence each: scores, softmax, mix.
///
/// Head by head, since the queries of a chunk's beams share most of their keys and values, which are
/// then still in the cache. `scores` is scratch for one head.
pub struct Attend<'a, T> {
    /// `[rows, d_model]`: the queries, in whose place comes what they find.
    pub rows: &'a mut [f32],
    pub d_model: usize,
    /// For each row, key and value of each position, `[d_model]` each.
    pub memory: &'a [Vec<(&'a [T], &'a [T])>],
    pub heads: usize,
    pub scale: f32,
    pub scores: &'a mut Vec<f32>,
}

impl<T: Stored> SimdOp for Attend<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let head_dim = self.d_model / self.heads;
        for head in 0..self.heads {
            let span = head * head_dim..(head + 1) * head_dim;
            for (row, memory) in self.rows.chunks_exact_mut(self.d_model).zip(self.memory) {
                let row = &mut row[span.clone()];
                self.scores.clear();
                self.scores.resize(memory.len(), 0.0);
                for (score, (key, _)) in self.scores.iter_mut().zip(memory) {
                    *score = dot(isa, row, &key[span.clone()]) * self.scale;
                }
                softmax(isa, self.scores);
                mix(isa, self.scores, memory, span.start, row);
            }
        }
    }
}

/// rten-vecmath's softmax, bit for bit, which searches the greatest in a function of its own that
/// is compiled without wide vectors.
#[inline(always)]
pub(super) fn softmax<I: Isa>(isa: I, scores: &mut [f32]) {
    let ops = isa.f32();
    let offset = ops.splat(peak(isa, scores));
    let mut sum = ops.zero();
    let mut blocks = scores.chunks_exact_mut(ops.len());
    for block in blocks.by_ref() {
        let x = Exp::apply(isa, ops.sub(ops.load(block), offset));
        sum = ops.add(sum, x);
        ops.store(x, block);
    }
    let rest = blocks.into_remainder();
    if !rest.is_empty() {
        let (padded, mask) = ops.load_pad(rest);
        let x = ops.select(Exp::apply(isa, ops.sub(padded, offset)), ops.zero(), mask);
        sum = ops.add(sum, x);
        rest.copy_from_slice(&rten_simd::Simd::to_array(x).as_ref()[..rest.len()]);
    }
    let sum: f32 = rten_simd::Simd::to_array(sum).as_ref().iter().sum();
    let factor = 1.0 / sum;
    scores.iter_mut().for_each(|score| *score *= factor);
}

/// Folds a slice into one vector. `step` and `join` must be `#[inline(always)]`: what is not
/// inlined is compiled without the machine's vectors.
#[inline(always)]
fn fold<I: Isa>(
    isa: I,
    values: &[f32],
    start: f32,
    step: impl Fn(I::F32, I::F32) -> I::F32,
    join: impl Fn(I::F32, I::F32) -> I::F32,
) -> I::F32 {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut folded = [ops.splat(start); 4];
    let mut blocks = values.chunks_exact(4 * lanes);
    for block in blocks.by_ref() {
        let block = ops.load_many::<4>(block);
        for i in 0..4 {
            folded[i] = step(folded[i], block[i]);
        }
    }
    for rest in blocks.remainder().chunks(lanes) {
        let (padded, mask) = ops.load_pad(rest);
        folded[0] = ops.select(step(folded[0], padded), folded[0], mask);
    }
    join(join(folded[0], folded[1]), join(folded[2], folded[3]))
}

/// `ln Σ exp(x)`, and the greatest value of each block of [`BLOCK`].
pub struct LogSumExp<'a> {
    pub values: &'a [f32],
    pub peaks: &'a mut Vec<f32>,
}

impl SimdOp for LogSumExp<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let ops = isa.f32();
        for block in self.values.chunks(BLOCK) {
            self.peaks.push(peak(isa, block));
        }
        let greatest = self.peaks.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if !greatest.is_finite() {
            return f32::NAN;
        }
        let offset = ops.splat(greatest);
        let sum = fold(
            isa,
            self.values,
            0.0,
            #[inline(always)]
            |sum, x| ops.add(sum, Exp::apply(isa, ops.sub(x, offset))),
            #[inline(always)]
            |a, b| ops.add(a, b),
        );
        greatest + ops.sum(sum).ln()
    }
}

#[inline(always)]
fn dot<I: Isa, T: Stored>(isa: I, a: &[f32], b: &[T]) -> f32 {
    let ops = isa.f32();
    let lanes = ops.len();
    let (mut even, mut odd) = (ops.zero(), ops.zero());
    let (mut a, mut b) = (a.chunks_exact(2 * lanes), b.chunks_exact(2 * lanes));
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        let ([a0, a1], [b0, b1]) = (ops.load_many::<2>(a), T::load_two(isa, b));
        even = ops.mul_add(a0, b0, even);
        odd = ops.mul_add(a1, b1, odd);
    }
    for (a, b) in a.remainder().chunks(lanes).zip(b.remainder().chunks(lanes)) {
        even = ops.mul_add(ops.load_pad(a).0, T::load_some(isa, b), even);
    }
    ops.sum(ops.add(even, odd))
}

/// `out = Σ weights[i] · rows[i].1[start..start + out.len()]`
#[inline(always)]
fn mix<I: Isa, T: Stored>(
    isa: I,
    weights: &[f32],
    rows: &[(&[T], &[T])],
    start: usize,
    out: &mut [f32],
) {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut at = start;
    let mut blocks = out.chunks_exact_mut(4 * lanes);
    for out in blocks.by_ref() {
        let mut sum = [ops.zero(); 4];
        for (&weight, (_, row)) in weights.iter().zip(rows) {
            let weight = ops.splat(weight);
            let [a, b] = T::load_two(isa, &row[at..at + 2 * lanes]);
            let [c, d] = T::load_two(isa, &row[at + 2 * lanes..at + 4 * lanes]);
            for (sum, value) in sum.iter_mut().zip([a, b, c, d]) {
                *sum = ops.mul_add(weight, value, *sum);
            }
        }
        for (sum, out) in sum.into_iter().zip(out.chunks_exact_mut(lanes)) {
            ops.store(sum, out);
        }
        at += 4 * lanes;
    }
    for out in blocks.into_remainder().chunks_mut(lanes) {
        let mut sum = ops.zero();
        for (&weight, (_, row)) in weights.iter().zip(rows) {
            let row = T::load_some(isa, &row[at..at + out.len()]);
            sum = ops.mul_add(ops.splat(weight), row, sum);
        }
        out.copy_from_slice(&rten_simd::Simd::to_array(sum).as_ref()[..out.len()]);
        at += out.len();
    }
}

/// The greatest of some values, −∞ of none. NaN is ignored.
#[inline(always)]
fn peak<I: Isa>(isa: I, values: &[f32]) -> f32 {
    let ops = isa.f32();
    // `max` leaves open what NaN gives.
    let peaks = fold(
        isa,
        values,
        f32::NEG_INFINITY,
        #[inline(always)]
        |peak, x| ops.select(x, peak, ops.gt(x, peak)),
        #[inline(always)]
        |a, b| ops.select(b, a, ops.gt(b, a)),
    );
    let peaks = rten_simd::Simd::to_array(peaks);
    peaks.as_ref().iter().fold(f32::NEG_INFINITY, |peak, &x| if x > peak { x } else { peak })
}

/// Adds `residual` to `row` and brings the sum to mean 0 and variance 1, then scales and shifts
/// it: layer normalisation (Ba et al., 2016).
pub struct AddNorm<'a> {
    pub row: &'a mut [f32],
    pub residual: &'a [f32],
    pub scale: &'a [f32],
    pub shift: &'a [f32],
    pub epsilon: f32,
}

impl SimdOp for AddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let AddNorm { row, residual, scale, shift, epsilon } = self;
        for (value, other) in row.iter_mut().zip(residual) {
            *value += other;
        }
        let ops = isa.f32();
        let count = row.len() as f32;
        let sum = fold(
            isa,
            row,
            0.0,
            #[inline(always)]
            |a, b| ops.add(a, b),
            #[inline(always)]
            |a, b| ops.add(a, b),
        );
        let mean = ops.sum(sum) / count;
        let centre = ops.splat(mean);
        let squares = fold(
            isa,
            row,
            0.0,
            #[inline(always)]
            |sum, x| {
                let off = ops.sub(x, centre);
                ops.mul_add(off, off, sum)
            },
            #[inline(always)]
            |a, b| ops.add(a, b),
        );
        let variance = ops.sum(squares) / count;
        let factor = 1.0 / (variance + epsilon).sqrt();
        for ((value, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
            *value = (*value - mean) * factor * scale + shift;
        }
    }
}

/// Rounds a row to integers around `zero`, whose largest magnitude becomes `reach`; gives
/// the size of one step.
pub struct Quantize<'a> {
    pub row: &'a [f32],
    pub reach: f32,
    pub zero: u8,
    pub out: &'a mut [u8],
}

impl SimdOp for Quantize<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let ops = isa.f32();
        let magnitudes = fold(
            isa,
            self.row,
            0.0,
            #[inline(always)]
            |a, x| ops.max(a, ops.abs(x)),
            #[inline(always)]
            |a, b| ops.max(a, b),
        );
        let magnitudes = rten_simd::Simd::to_array(magnitudes);
        let largest = magnitudes.as_ref().iter().copied().fold(0f32, f32::max);
        if largest == 0.0 {
            self.out.fill(self.zero);
            return 0.0;
        }
        let step = largest / self.reach;
        let inverse = self.reach / largest;
        // Truncation after adding a half rounds, for what is above zero.
        let zero = f32::from(self.zero) + 0.5;
        let (scale, shift) = (ops.splat(inverse), ops.splat(zero));
        let whole = ops.len() * 4;
        let mut rows = self.row.chunks_exact(whole);
        let mut outs = self.out.chunks_exact_mut(whole);
        for (row, out) in rows.by_ref().zip(outs.by_ref()) {
            let [a, b, c, d] = ops.load_many::<4>(row);
            let a = ops.to_int_trunc(ops.add(ops.mul(a, scale), shift));
            let b = ops.to_int_trunc(ops.add(ops.mul(b, scale), shift));
            let c = ops.to_int_trunc(ops.add(ops.mul(c, scale), shift));
            let d = ops.to_int_trunc(ops.add(ops.mul(d, scale), shift));
            let low = isa.i32().narrow_saturate(a, b);
            let high = isa.i32().narrow_saturate(c, d);
            isa.u8().store(isa.i16().narrow_saturate(low, high), out);
        }
        for (out, value) in outs.into_remainder().iter_mut().zip(rows.remainder()) {
            *out = (value * inverse + zero) as i32 as u8;
        }
        step
    }
}

/// Integer products, kept as the bits of float32, to
/// `(product + offset) · step · scale + bias`.
pub struct Dequantize<'a> {
    pub products: &'a mut [f32],
    pub offsets: &'a [i32],
    pub step: f32,
    pub scales: &'a [f32],
    pub bias: &'a [f32],
}

impl SimdOp for Dequantize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let rest = self.offsets.iter().zip(self.scales).zip(self.bias);
        for (value, ((offset, scale), bias)) in self.products.iter_mut().zip(rest) {
            let product = (value.to_bits() as i32).wrapping_add(*offset) as f32;
            *value = product * (self.step * scale) + bias;
        }
    }
}
