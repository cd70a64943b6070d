//! What lies between a soundfont and a recording: rooms, microphones, mixing, compression, noise.

use crate::filter::Biquad;
use crate::rng::Rng;
use crate::score::Dynamics;

/// Rate of everything in this file.
pub const RATE: f32 = 16_000.0;

/// Colours a single part, as another instrument or microphone would.
pub fn colour(samples: &mut [f32], rate: f32, rng: &mut Rng) {
    if rng.chance(0.5) {
        let (frequency, gain) = (rng.between(600.0, 4000.0), rng.between(-9.0, 7.0));
        Biquad::high_shelf(rate, frequency, gain).run(samples);
    }
    for _ in 0..rng.int(0, 3) {
        let frequency = 120.0 * 2f32.powf(rng.between(0.0, 5.4));
        Biquad::peak(rate, frequency, rng.between(0.6, 3.0), rng.between(-8.0, 8.0)).run(samples);
    }
}

/// How likely each step of mastering is, and how strong at most.
pub struct Processing {
    /// The chance of compression, its greatest ratio, and its lowest threshold in decibels.
    pub compression: (f64, f32, f32),
    /// The chance of saturation.
    pub saturation: f64,
    /// The chance of a colour.
    pub colour: f64,
    /// The highest frequency of a high-pass filter, in hertz.
    pub highest_cut: f32,
    /// The chance of a steep low-pass filter, and its lowest frequency in hertz.
    pub low_pass: (f64, f32),
}

impl Processing {
    pub fn apply(&self, samples: &mut [f32], rng: &mut Rng) {
        let (chance, ratio, threshold) = self.compression;
        if rng.chance(chance) {
            compress(samples, rng.between(2.0, ratio), rng.between(threshold, -3.0));
        }
        if rng.chance(self.saturation) {
            saturate(samples, rng.between(1.0, 4.0));
        }
        if rng.chance(self.colour) {
            colour(samples, RATE, rng);
        }
        if rng.chance(0.2) {
            Biquad::high_pass(RATE, rng.between(40.0, self.highest_cut), 0.707).run(samples);
        }
        let (chance, lowest) = self.low_pass;
        if rng.chance(chance) {
            // Lossy coding at low rates cuts steeply: three sections of one frequency.
            let low_pass = Biquad::low_pass(RATE, rng.between(lowest, 7_200.0), 0.8);
            for _ in 0..3 {
                low_pass.run(samples);
            }
        }
    }
}

/// Treats the mix as a recording is treated, and sets its loudness.
pub fn master(samples: &mut Vec<f32>, dynamics: Dynamics, rng: &mut Rng) {
    if rng.chance(0.75) {
        let room = Room::random(rng);
        room.reverberate(samples);
    }
    let processing = Processing {
        compression: (0.35, 6.0, -12.0),
        saturation: 0.2,
        colour: 0.4,
        highest_cut: 220.0,
        low_pass: (0.3, 2_800.0),
    };
    processing.apply(samples, rng);
    let target = match dynamics {
        Dynamics::Quiet => rng.between(-36.0, -28.0),
        Dynamics::Moderate => rng.between(-26.0, -20.0),
        Dynamics::Loud => rng.between(-18.0, -11.0),
    };
    set_level(samples, target);
    if rng.chance(0.5) {
        let below = target - rng.between(22.0, 55.0);
        noise(samples, below, rng);
    }
    for sample in samples {
        *sample = sample.clamp(-1.0, 1.0);
    }
}

/// Noise alone, as of an empty room or a blank tape.
pub fn near_silence(length: usize, rng: &mut Rng) -> Vec<f32> {
    let mut samples = vec![0.0; length];
    if rng.chance(0.8) {
        let level = rng.between(-75.0, -52.0);
        noise(&mut samples, level, rng);
    }
    samples
}

/// Root mean square level in dB of full scale.
pub fn level(samples: &[f32]) -> f32 {
    let power: f32 = samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32;
    10.0 * power.max(1e-12).log10()
}

/// Scales to a root mean square level.
pub fn set_level(samples: &mut [f32], target_db: f32) {
    let gain = 10f32.powf(((target_db - level(samples)) / 20.0).min(4.0));
    for sample in samples {
        *sample *= gain;
    }
}

pub fn compress(samples: &mut [f32], ratio: f32, threshold_above_mean: f32) {
    let threshold = level(samples) + threshold_above_mean + 6.0;
    let (attack, release) = ((-1.0 / (0.005 * RATE)).exp(), (-1.0 / (0.12 * RATE)).exp());
    let mut envelope = 0f32;
    for sample in samples {
        let power = *sample * *sample;
        let keep = if power > envelope { attack } else { release };
        envelope = keep * envelope + (1.0 - keep) * power;
        let over = 10.0 * envelope.max(1e-12).log10() - threshold;
        if over > 0.0 {
            *sample *= 10f32.powf(over * (1.0 / ratio - 1.0) / 20.0);
        }
    }
}

pub fn saturate(samples: &mut [f32], drive: f32) {
    let peak = samples.iter().fold(1e-6f32, |peak, x| peak.max(x.abs()));
    for sample in samples {
        *sample = (*sample / peak * drive).tanh();
    }
}

pub fn noise(samples: &mut [f32], level_db: f32, rng: &mut Rng) {
    let tint = rng.between(0.0, 0.98);
    let mut hiss: Vec<f32> = Vec::with_capacity(samples.len());
    let mut state = 0.0;
    for _ in 0..samples.len() {
        state = tint * state + rng.between(-1.0, 1.0);
        hiss.push(state);
    }
    set_level(&mut hiss, level_db);
    for (sample, hiss) in samples.iter_mut().zip(hiss) {
        *sample += hiss;
    }
}

/// A reverberator after Schroeder: parallel damped combs, then all-passes.
pub struct Room {
    size: f32,
    decay: f32,
    damping: f32,
    wet: f32,
}

impl Room {
    pub fn random(rng: &mut Rng) -> Self {
        Self {
            size: rng.between(0.5, 1.8),
            decay: rng.between(0.6, 0.9),
            damping: rng.between(0.1, 0.7),
            wet: rng.between(0.05, 0.6),
        }
    }

    pub fn reverberate(&self, samples: &mut [f32]) {
        let mut wet = vec![0.0; samples.len()];
        for milliseconds in [29.7, 34.1, 37.9, 41.3, 45.7, 49.1] {
            let delay = (milliseconds * self.size * RATE / 1000.0) as usize;
            let mut line = vec![0.0; delay];
            let mut low = 0.0;
            let mut at = 0;
            for (input, output) in samples.iter().zip(wet.iter_mut()) {
                let echo = line[at];
                low = echo * (1.0 - self.damping) + low * self.damping;
                line[at] = input + self.decay * low;
                *output += echo;
                at = if at + 1 == delay { 0 } else { at + 1 };
            }
        }
        for milliseconds in [5.0, 1.7] {
            let delay = (milliseconds * RATE / 1000.0) as usize;
            let mut line = vec![0.0; delay];
            let mut at = 0;
            for sample in &mut wet {
                let echo = line[at];
                line[at] = *sample + 0.5 * echo;
                *sample = echo - 0.5 * line[at];
                at = if at + 1 == delay { 0 } else { at + 1 };
            }
        }
        let gain = self.wet * 10f32.powf((level(samples) - level(&wet)) / 20.0);
        for (sample, wet) in samples.iter_mut().zip(wet) {
            *sample = (1.0 - 0.5 * self.wet) * *sample + gain * wet;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn a_quiet_master_stays_below_a_loud_one() {
        for index in 0..40 {
            let mut rng = Rng::new(3, index, Purpose::Render);
            let tone: Vec<f32> =
                (0..32_000).map(|n| (n as f32 * 0.2).sin() * rng.between(0.5, 1.0)).collect();
            let (mut quiet, mut loud) = (tone.clone(), tone);
            master(&mut quiet, Dynamics::Quiet, &mut rng);
            master(&mut loud, Dynamics::Loud, &mut rng);
            assert!(level(&quiet) < -26.0 && level(&loud) > -20.0);
            assert!(quiet.iter().chain(&loud).all(|x| x.is_finite() && x.abs() <= 1.0));
        }
    }
}
