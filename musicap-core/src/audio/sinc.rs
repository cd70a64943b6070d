//! Windowed-sinc resampling at exact fractional positions, for rates that share no factor.
//!
//! Output *k* lies at input position *k* · from / to, kept as an integer and a fraction in
//! integers, so that nothing drifts. The low-pass is a sinc under a Kaiser window, stored at a
//! few hundred fractional shifts and interpolated linearly between two of them.

use num_integer::gcd;

/// Zero crossings of the sinc on each side of its centre.
const CROSSINGS: f64 = 128.0;
/// The cut-off, as a part of the lower Nyquist frequency: the middle of the transition band.
const CUTOFF: f64 = 0.975;
/// Kaiser's shape parameter for about 100 dB.
const BETA: f64 = 10.06;
/// Shifts in one period of the lower of both rates.
const SHIFTS: f64 = 512.0;

pub(super) struct Sinc {
    /// Rates without their common divisor: the input's, the output's.
    from: u64,
    to: u64,
    /// Taps on each side of a position.
    half: usize,
    /// `shifts + 1` rows of `2 * half` coefficients.
    table: Vec<f32>,
    shifts: usize,
    /// Input around the current position; the first `half` samples lie before the stream.
    buffer: Vec<f32>,
    /// Where in `buffer` the taps of the next output start, and its fraction `rest / to`.
    start: usize,
    rest: u64,
}

impl Sinc {
    pub(super) fn new(from_hz: u32, to_hz: u32) -> Self {
        let divisor = gcd(from_hz, to_hz);
        // How much longer than an input period the sinc's unit is.
        let ratio = (f64::from(from_hz) / f64::from(to_hz)).max(1.0);
        let half = (CROSSINGS * ratio).ceil() as usize;
        let shifts = ((SHIFTS / ratio).ceil() as usize).max(16);

        let mut table = Vec::with_capacity((shifts + 1) * 2 * half);
        for shift in 0..=shifts {
            let fraction = shift as f64 / shifts as f64;
            let row: Vec<f64> = (0..2 * half)
                .map(|tap| {
                    let distance = tap as f64 - (half - 1) as f64 - fraction;
                    kernel(distance / ratio)
                })
                .collect();
            let sum: f64 = row.iter().sum();
            table.extend(row.iter().map(|value| (value / sum) as f32));
        }
        let (from, to) = (u64::from(from_hz / divisor), u64::from(to_hz / divisor));
        let mut sinc =
            Self { from, to, half, table, shifts, buffer: Vec::new(), start: 0, rest: 0 };
        sinc.reset();
        sinc
    }

    pub(super) fn reset(&mut self) {
        self.buffer.clear();
        self.buffer.resize(self.half - 1, 0.0);
        self.start = 0;
        self.rest = 0;
    }

    pub(super) fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        // In pieces, so that a long push does not make a long buffer.
        for piece in input.chunks(8_192) {
            self.buffer.extend_from_slice(piece);
            let taps = 2 * self.half;
            while let Some(window) = self.buffer.get(self.start..self.start + taps) {
                let shift = self.rest as f64 / self.to as f64 * self.shifts as f64;
                let row = (shift as usize).min(self.shifts - 1);
                let weight = (shift - row as f64) as f32;
                let (low, high) = self.table[row * taps..(row + 2) * taps].split_at(taps);
                let (low, high) = (dot(window, low), dot(window, high));
                out.push(low + weight * (high - low));

                self.rest += self.from;
                self.start += (self.rest / self.to) as usize;
                self.rest %= self.to;
            }
            let used = self.start.min(self.buffer.len());
            self.buffer.drain(..used);
            self.start -= used;
        }
    }
}

/// The low-pass at `x` periods of the lower rate from its centre.
fn kernel(x: f64) -> f64 {
    let edge = x / CROSSINGS;
    if edge.abs() >= 1.0 {
        return 0.0;
    }
    let angle = std::f64::consts::PI * CUTOFF * x;
    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
    sinc * bessel_i0(BETA * (1.0 - edge * edge).sqrt())
}

/// The modified Bessel function of the first kind and order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..64 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

/// A dot product with sums side by side, which the compiler can keep in one vector register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (a_lanes, b_lanes) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_lanes.remainder().iter().zip(b_lanes.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_lanes.zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}
