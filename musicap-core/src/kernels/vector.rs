//! The few loops over float32 that are hot, in the widest vectors that the machine has.

use rten_simd::ops::{BitOps, FloatOps, NumOps, ToFloat};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

/// One query against the keys and values of a sequence, head by head: scores, softmax, mix.
///
/// `scores` is scratch for one head.
pub struct Attend<'a> {
    /// `[d_model]`
    pub query: &'a [f32],
    /// Key and value of each position, `[d_model]` each.
    pub memory: &'a [(&'a [f32], &'a [f32])],
    pub heads: usize,
    pub scale: f32,
    pub scores: &'a mut Vec<f32>,
    /// `[d_model]`
    pub out: &'a mut [f32],
}

impl SimdOp for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let head_dim = self.query.len() / self.heads;
        for head in 0..self.heads {
            let span = head * head_dim..(head + 1) * head_dim;
            let query = &self.query[span.clone()];
            self.scores.clear();
            for (key, _) in self.memory {
                self.scores.push(dot(isa, query, &key[span.clone()]) * self.scale);
            }
            rten_vecmath::Softmax::new_mut(self.scores).eval(isa);
            mix(isa, self.scores, self.memory, span.start, &mut self.out[span]);
        }
    }
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

#[inline(always)]
fn greatest<I: Isa>(isa: I, values: &[f32]) -> f32 {
    let ops = isa.f32();
    let folded = fold(
        isa,
        values,
        f32::NEG_INFINITY,
        #[inline(always)]
        |a, b| ops.max(a, b),
        #[inline(always)]
        |a, b| ops.max(a, b),
    );
    rten_simd::Simd::to_array(folded).as_ref().iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// `ln Σ exp(x)`
pub struct LogSumExp<'a>(pub &'a [f32]);

impl SimdOp for LogSumExp<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let ops = isa.f32();
        let greatest = greatest(isa, self.0);
        if !greatest.is_finite() {
            return f32::NAN;
        }
        let offset = ops.splat(greatest);
        let sum = fold(
            isa,
            self.0,
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
fn dot<I: Isa>(isa: I, a: &[f32], b: &[f32]) -> f32 {
    let ops = isa.f32();
    let lanes = ops.len();
    let (mut even, mut odd) = (ops.zero(), ops.zero());
    let (mut a, mut b) = (a.chunks_exact(2 * lanes), b.chunks_exact(2 * lanes));
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        let ([a0, a1], [b0, b1]) = (ops.load_many::<2>(a), ops.load_many::<2>(b));
        even = ops.mul_add(a0, b0, even);
        odd = ops.mul_add(a1, b1, odd);
    }
    let (mut a, mut b) = (a.remainder(), b.remainder());
    while !a.is_empty() {
        let taken = lanes.min(a.len());
        even = ops.mul_add(ops.load_pad(a).0, ops.load_pad(b).0, even);
        (a, b) = (&a[taken..], &b[taken..]);
    }
    ops.sum(ops.add(even, odd))
}

/// `out = Σ weights[i] · rows[i].1[start..start + out.len()]`
#[inline(always)]
fn mix<I: Isa>(isa: I, weights: &[f32], rows: &[(&[f32], &[f32])], start: usize, out: &mut [f32]) {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut at = start;
    let mut blocks = out.chunks_exact_mut(4 * lanes);
    for out in blocks.by_ref() {
        let mut sum = [ops.zero(); 4];
        for (&weight, (_, row)) in weights.iter().zip(rows) {
            let weight = ops.splat(weight);
            let row = ops.load_many::<4>(&row[at..at + 4 * lanes]);
            for i in 0..4 {
                sum[i] = ops.mul_add(weight, row[i], sum[i]);
            }
        }
        for (sum, out) in sum.into_iter().zip(out.chunks_exact_mut(lanes)) {
            ops.store(sum, out);
        }
        at += 4 * lanes;
    }
    let rest = blocks.into_remainder();
    for out in rest.chunks_mut(lanes) {
        let mut sum = ops.zero();
        for (&weight, (_, row)) in weights.iter().zip(rows) {
            sum = ops.mul_add(ops.splat(weight), ops.load_pad(&row[at..at + out.len()]).0, sum);
        }
        match out.len() == lanes {
            true => ops.store(sum, out),
            false => {
                for (out, &value) in out.iter_mut().zip(rten_simd::Simd::to_array(sum).as_ref()) {
                    *out = value;
                }
            }
        }
        at += out.len();
    }
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

/// Rounds a row to whole numbers around `zero`, whose largest magnitude becomes `reach`; gives
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
        let zero = f32::from(self.zero) + 0.5;
        for (out, value) in self.out.iter_mut().zip(self.row) {
            // Truncation after adding a half rounds, for what is above zero.
            *out = (value * inverse + zero) as i32 as u8;
        }
        step
    }
}

/// Whole-number products back to float32, in the place where they are: `· step · scale + bias`.
pub struct Dequantize<'a> {
    pub products: &'a [i32],
    pub step: f32,
    pub scales: &'a [f32],
    pub bias: &'a [f32],
    pub out: &'a mut [f32],
}

impl SimdOp for Dequantize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (ops, ints) = (isa.f32(), isa.i32());
        let lanes = ops.len();
        let step = ops.splat(self.step);
        let mut at = 0;
        while at < self.out.len() {
            let end = (at + lanes).min(self.out.len());
            let product = ints.to_float(ints.load_pad(&self.products[at..end]).0);
            let scale = ops.mul(step, ops.load_pad(&self.scales[at..end]).0);
            let value = ops.mul_add(product, scale, ops.load_pad(&self.bias[at..end]).0);
            if end - at == lanes {
                ops.store(value, &mut self.out[at..end]);
            } else {
                let values = rten_simd::Simd::to_array(value);
                self.out[at..end].copy_from_slice(&values.as_ref()[..end - at]);
            }
            at = end;
        }
    }
}
