//! Power spectra through a filter bank to decibels, many frames side by side.

/// Frames that are computed together: as many as the widest vectors have lanes.
pub const FRAMES: usize = 16;

/// One band of a filter bank: the weights of the neighbouring bins that it sums.
#[derive(Clone, Debug)]
pub struct Band {
    pub first_bin: usize,
    pub weights: Vec<f32>,
}

/// `10·log10(max(Σ weight · power, floor))` for every band and frame. `powers` holds a row for
/// each bin, `out` one for each band.
pub fn decibels(powers: &[[f32; FRAMES]], bands: &[Band], floor: f32, out: &mut [[f32; FRAMES]]) {
    let work = Decibels { powers, bands, floor, out };
    #[cfg(feature = "flex")]
    rten_simd::SimdOp::dispatch(work);
    #[cfg(not(feature = "flex"))]
    work.compute();
}

struct Decibels<'a> {
    powers: &'a [[f32; FRAMES]],
    bands: &'a [Band],
    floor: f32,
    out: &'a mut [[f32; FRAMES]],
}

impl Decibels<'_> {
    /// Loops over arrays, which the compiler turns into the vectors of the machine that it is
    /// compiled for.
    #[inline(always)]
    fn compute(self) {
        for (band, out) in self.bands.iter().zip(self.out) {
            let mut sums = [0.0; FRAMES];
            for (&weight, powers) in band.weights.iter().zip(&self.powers[band.first_bin..]) {
                for (sum, power) in sums.iter_mut().zip(powers) {
                    *sum += weight * power;
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                let power = if sum > self.floor { sum } else { self.floor };
                *out = 10.0 * log10(power);
            }
        }
    }
}

#[cfg(feature = "flex")]
impl rten_simd::SimdOp for Decibels<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: rten_simd::Isa>(self, _: I) {
        self.compute();
    }
}

/// Decimal logarithm of a positive normal number, without branches: of the exponent, and for
/// what is left, between √½ and √2, the series of `2·artanh((m - 1)/(m + 1))`.
///
/// In double precision, so that what comes out is rounded once, as torch rounds it: a beam search
/// can hang on less than a millionth of a decibel.
#[inline(always)]
fn log10(x: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let bits = x.to_bits().wrapping_sub(ROOT_HALF);
    let exponent = f64::from(bits as i32 >> 23);
    let mantissa = f64::from(f32::from_bits((bits & 0x007f_ffff) + ROOT_HALF));
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let mut series = 0.0;
    for odd in [13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        series = series * square + 1.0 / odd;
    }
    (exponent * std::f64::consts::LOG10_2 + 2.0 * std::f64::consts::LOG10_E * t * series) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_right_from_silence_to_full_scale() {
        let mut x = 1e-10f32;
        while x < 1e9 {
            let expected = f64::from(x).log10();
            let ulp = f64::from((expected as f32).abs().next_up()) - expected.abs();
            assert!((f64::from(log10(x)) - expected).abs() <= ulp.max(1e-9), "log10 {x}");
            x *= 1.000_37;
        }
    }

    #[test]
    fn bands_are_weighted_sums_and_silence_is_the_floor() {
        let powers: Vec<[f32; FRAMES]> =
            (0..6).map(|bin| std::array::from_fn(|frame| (bin * frame) as f32)).collect();
        let bands = [Band { first_bin: 2, weights: vec![0.5, 1.0, 0.25] }];
        let mut out = [[0.0; FRAMES]];
        decibels(&powers, &bands, 1e-10, &mut out);
        assert!((out[0][0] + 100.0).abs() < 1e-4);
        for (frame, decibels) in out[0].iter().enumerate().skip(1) {
            let sum = (2.0 * 0.5 + 3.0 + 4.0 * 0.25) * frame as f64;
            assert!((f64::from(*decibels) - 10.0 * sum.log10()).abs() < 1e-4);
        }
    }
}
