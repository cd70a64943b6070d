//! Second-order filters (Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
//! coefficients") and the half-band decimator.

use std::f32::consts::PI;

/// A second-order section, normalised so that a0 is 1.
#[derive(Clone, Copy, Debug)]
pub struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
}

impl Biquad {
    pub fn low_pass(rate: f32, frequency: f32, q: f32) -> Self {
        let (cos, alpha) = pole(rate, frequency, q);
        let b1 = 1.0 - cos;
        Self::normalised([b1 / 2.0, b1, b1 / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    pub fn high_pass(rate: f32, frequency: f32, q: f32) -> Self {
        let (cos, alpha) = pole(rate, frequency, q);
        let b1 = 1.0 + cos;
        Self::normalised([b1 / 2.0, -b1, b1 / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    pub fn peak(rate: f32, frequency: f32, q: f32, gain_db: f32) -> Self {
        let (cos, alpha) = pole(rate, frequency, q);
        let gain = 10f32.powf(gain_db / 40.0);
        Self::normalised(
            [1.0 + alpha * gain, -2.0 * cos, 1.0 - alpha * gain],
            [1.0 + alpha / gain, -2.0 * cos, 1.0 - alpha / gain],
        )
    }

    /// Raises or lowers everything above `frequency`.
    pub fn high_shelf(rate: f32, frequency: f32, gain_db: f32) -> Self {
        let (cos, alpha) = pole(rate, frequency, 0.707);
        let gain = 10f32.powf(gain_db / 40.0);
        let root = 2.0 * gain.sqrt() * alpha;
        let (up, down) = (gain + 1.0, gain - 1.0);
        Self::normalised(
            [
                gain * (up + down * cos + root),
                -2.0 * gain * (down + up * cos),
                gain * (up + down * cos - root),
            ],
            [up - down * cos + root, 2.0 * (down - up * cos), up - down * cos - root],
        )
    }

    fn normalised(b: [f32; 3], a: [f32; 3]) -> Self {
        Self { b: b.map(|value| value / a[0]), a: [a[1] / a[0], a[2] / a[0]] }
    }

    pub fn run(&self, samples: &mut [f32]) {
        let (mut s1, mut s2) = (0.0, 0.0);
        for sample in samples {
            let input = *sample;
            let output = self.b[0] * input + s1;
            s1 = self.b[1] * input - self.a[0] * output + s2;
            s2 = self.b[2] * input - self.a[1] * output;
            *sample = output;
        }
    }
}

fn pole(rate: f32, frequency: f32, q: f32) -> (f32, f32) {
    let omega = 2.0 * PI * (frequency / rate).min(0.49);
    (omega.cos(), omega.sin() / (2.0 * q))
}

/// Halves the rate through a 63-tap Hann-windowed half-band filter.
pub fn halve(samples: &[f32]) -> Vec<f32> {
    const REACH: i32 = 31;
    let taps: Vec<(i32, f32)> = (1..=REACH)
        .step_by(2)
        .map(|n| {
            let x = PI * n as f32 / 2.0;
            let window = 0.5 + 0.5 * (PI * n as f32 / (REACH + 1) as f32).cos();
            (n, 0.5 * x.sin() / x * window)
        })
        .collect();
    let reach = REACH as usize;
    let mut padded = vec![0.0; samples.len() + 2 * reach];
    padded[reach..reach + samples.len()].copy_from_slice(samples);
    (0..samples.len() / 2)
        .map(|i| {
            let centre = 2 * i + reach;
            let sides: f32 = taps
                .iter()
                .map(|&(n, tap)| tap * (padded[centre - n as usize] + padded[centre + n as usize]))
                .sum();
            0.5 * padded[centre] + sides
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(run: impl Fn(Vec<f32>) -> Vec<f32>, frequency: f32) -> f32 {
        let input: Vec<f32> =
            (0..16_000).map(|n| (2.0 * PI * frequency * n as f32 / 16_000.0).sin()).collect();
        let output = run(input);
        let rest = &output[output.len() / 2..];
        20.0 * (rest.iter().map(|x| x * x).sum::<f32>() / rest.len() as f32 * 2.0).sqrt().log10()
    }

    #[test]
    fn filters_have_their_gains() {
        let through = |filter: Biquad| {
            move |mut x: Vec<f32>| {
                filter.run(&mut x);
                x
            }
        };
        assert!((gain(through(Biquad::low_pass(16e3, 1000.0, 0.707)), 1000.0) + 3.0).abs() < 0.1);
        assert!(gain(through(Biquad::high_pass(16e3, 1000.0, 0.707)), 100.0) < -35.0);
        assert!((gain(through(Biquad::peak(16e3, 1000.0, 1.0, 6.0)), 1000.0) - 6.0).abs() < 0.1);
        assert!((gain(through(Biquad::high_shelf(16e3, 500.0, -9.0)), 6000.0) + 9.0).abs() < 0.3);
    }

    #[test]
    fn halving_keeps_the_lower_half_and_drops_the_upper() {
        assert!(gain(|x| halve(&x), 3000.0).abs() < 0.1);
        assert!(gain(|x| halve(&x), 5500.0) < -45.0);
    }
}
