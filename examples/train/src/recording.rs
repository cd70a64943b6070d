//! What happens to music between the players and a listener: real rooms, worn media, phones,
//! overload. Each clip's record says what was done to it.

use crate::augment::{self, Processing, RATE, Room, level, set_level};
use crate::filter::Biquad;
use crate::rng::Rng;
use crate::score::Dynamics;
use realfft::RealFftPlanner;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// How a recording sounds, where one can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Clean,
    /// Crackles and rumble of a record.
    Vinyl,
    /// Hiss and unsteady speed of a tape.
    Tape,
    /// Mains hum.
    Hum,
    /// A phone's microphone across the room.
    Phone,
    /// A telephone line.
    Telephone,
    /// Overloaded until the peaks are cut off.
    Clipped,
    /// Few bits.
    Crushed,
}

impl Quality {
    /// One in two recordings is clean.
    pub fn random(rng: &mut Rng) -> Self {
        rng.weighted(&[
            (Quality::Clean, 0.56),
            (Quality::Vinyl, 0.08),
            (Quality::Tape, 0.08),
            (Quality::Hum, 0.04),
            (Quality::Phone, 0.10),
            (Quality::Telephone, 0.02),
            (Quality::Clipped, 0.09),
            (Quality::Crushed, 0.03),
        ])
    }

    /// Treats a mix; the level stays near what it is, but for what is clipped.
    pub fn apply(self, samples: &mut [f32], rng: &mut Rng) {
        match self {
            Quality::Clean => {}
            Quality::Vinyl => vinyl(samples, rng),
            Quality::Tape => tape(samples, rng),
            Quality::Hum => hum(samples, rng),
            Quality::Phone => phone(samples, rng),
            Quality::Telephone => telephone(samples, rng),
            Quality::Clipped => clip(samples, rng),
            Quality::Crushed => crush(samples, rng),
        }
    }
}

/// The level of a recording in dB of full scale, by how loud the music is: from nearly nothing
/// to the most that a medium takes.
pub fn target_level(dynamics: Dynamics, rng: &mut Rng) -> f32 {
    match dynamics {
        Dynamics::Quiet if rng.chance(0.3) => rng.between(-54.0, -36.0),
        Dynamics::Quiet => rng.between(-38.0, -28.0),
        Dynamics::Moderate => rng.between(-27.0, -19.0),
        Dynamics::Loud => rng.between(-18.0, -9.0),
    }
}

/// Treats a mix as real recordings are treated, and sets its level. Returns what it sounds like.
pub fn master(
    samples: &mut Vec<f32>,
    dynamics: Dynamics,
    rooms: &[Vec<f32>],
    rng: &mut Rng,
) -> Quality {
    let quality = Quality::random(rng);
    match rng.weighted(&[(0, 0.25), (1, 0.30), (2, 0.45)]) {
        1 => Room::random(rng).reverberate(samples),
        2 if !rooms.is_empty() => {
            let wet = match quality {
                Quality::Phone => rng.between(0.3, 0.95),
                _ => rng.between(0.0, 0.85).powi(2),
            };
            convolve(samples, &rooms[rng.index(rooms.len())], wet);
        }
        _ => {}
    }
    let processing = Processing {
        compression: (0.4, 8.0, -14.0),
        saturation: 0.12,
        colour: 0.5,
        highest_cut: 200.0,
        low_pass: (0.2, 3_200.0),
    };
    processing.apply(samples, rng);
    set_level(samples, -20.0);
    quality.apply(samples, rng);
    let target = target_level(dynamics, rng);
    set_level(samples, target);
    if rng.chance(0.35) {
        let below = target - rng.between(24.0, 55.0);
        augment::noise(samples, below, rng);
    }
    for sample in samples {
        *sample = sample.clamp(-1.0, 1.0);
    }
    quality
}

/// Puts the music into a room: `wet` is the room's share of the power.
pub fn convolve(samples: &mut [f32], response: &[f32], wet: f32) {
    let length = (samples.len() + response.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let spectrum = |input: &[f32]| {
        let mut padded = input.to_vec();
        padded.resize(length, 0.0);
        let mut out = forward.make_output_vec();
        forward.process(&mut padded, &mut out).expect("lengths are as planned");
        out
    };
    let mut product = spectrum(samples);
    for (value, factor) in product.iter_mut().zip(spectrum(response)) {
        *value *= factor;
    }
    let mut out = inverse.make_output_vec();
    inverse.process(&mut product, &mut out).expect("lengths are as planned");
    let room = &mut out[..samples.len()];
    let gain = wet.sqrt() * 10f32.powf((level(samples) - level(room)) / 20.0);
    for (sample, room) in samples.iter_mut().zip(room) {
        *sample = (1.0 - wet).sqrt() * *sample + gain * *room;
    }
}

fn vinyl(samples: &mut [f32], rng: &mut Rng) {
    let base = level(samples);
    Biquad::low_pass(RATE, rng.between(4000.0, 7500.0), 0.6).run(samples);
    let depth = rng.between(0.0005, 0.003);
    vary_speed(samples, &[(0.555, depth)]);
    let crackle = base + rng.between(-22.0, -4.0);
    let (density, mut clicks) = (rng.between(4.0, 60.0), vec![0f32; samples.len()]);
    for _ in 0..(density * samples.len() as f32 / RATE) as usize {
        let at = rng.index(samples.len());
        let height = rng.between(0.0, 1.0).powi(6) * 8.0 + 0.2;
        let (length, sign) = (rng.int(2, 24) as usize, if rng.chance(0.5) { 1.0 } else { -1.0 });
        for (i, click) in clicks[at..].iter_mut().take(length).enumerate() {
            *click += sign * height * (-(i as f32) / (0.3 * length as f32)).exp();
        }
    }
    add(samples, clicks, crackle);
    let mut rumble = noise(samples.len(), 0.995, rng);
    Biquad::low_pass(RATE, 90.0, 0.7).run(&mut rumble);
    add(samples, rumble, base + rng.between(-30.0, -16.0));
    let surface = noise(samples.len(), 0.6, rng);
    add(samples, surface, base + rng.between(-40.0, -22.0));
}

fn tape(samples: &mut [f32], rng: &mut Rng) {
    let base = level(samples);
    let (wow, flutter) = (rng.between(0.0008, 0.004), rng.between(0.0002, 0.0008));
    vary_speed(samples, &[(rng.between(0.4, 1.6), wow), (rng.between(5.0, 9.0), flutter)]);
    let drive = rng.between(1.0, 3.0);
    let peak = samples.iter().fold(1e-6f32, |peak, x| peak.max(x.abs()));
    samples.iter_mut().for_each(|x| *x = (*x / peak * drive).tanh());
    Biquad::low_pass(RATE, rng.between(3500.0, 7000.0), 0.6).run(samples);
    set_level(samples, base);
    let mut hiss = noise(samples.len(), 0.0, rng);
    Biquad::high_pass(RATE, 1500.0, 0.5).run(&mut hiss);
    add(samples, hiss, base + rng.between(-32.0, -14.0));
}

fn hum(samples: &mut [f32], rng: &mut Rng) {
    let (mains, base) = (rng.one(&[50.0, 60.0]), level(samples));
    let shape: Vec<f32> = (1..=8).map(|n| rng.between(0.0, 1.0) / n as f32).collect();
    let tones = (0..samples.len())
        .map(|n| {
            let phase = TAU * mains * n as f32 / RATE;
            shape.iter().enumerate().map(|(i, a)| a * (phase * (i + 1) as f32).sin()).sum()
        })
        .collect();
    add(samples, tones, base + rng.between(-22.0, -6.0));
}

fn phone(samples: &mut [f32], rng: &mut Rng) {
    let base = level(samples);
    Biquad::high_pass(RATE, rng.between(180.0, 550.0), 0.7).run(samples);
    Biquad::high_pass(RATE, rng.between(120.0, 350.0), 0.7).run(samples);
    Biquad::low_pass(RATE, rng.between(3200.0, 6500.0), 0.7).run(samples);
    Biquad::peak(RATE, rng.between(900.0, 3200.0), 1.2, rng.between(2.0, 10.0)).run(samples);
    set_level(samples, base);
    if rng.chance(0.4) {
        let ceiling = 10f32.powf((base + rng.between(5.0, 9.0)) / 20.0);
        samples.iter_mut().for_each(|x| *x = ceiling * (*x / ceiling).tanh());
    }
    let tint = rng.between(0.3, 0.97);
    let background = noise(samples.len(), tint, rng);
    add(samples, background, base + rng.between(-30.0, -12.0));
}

fn telephone(samples: &mut [f32], rng: &mut Rng) {
    let base = level(samples);
    for _ in 0..2 {
        Biquad::high_pass(RATE, 300.0, 0.7).run(samples);
        Biquad::low_pass(RATE, 3300.0, 0.7).run(samples);
    }
    // Companded to eight bits, as ITU-T G.711 does.
    const MU: f32 = 255.0;
    let peak = samples.iter().fold(1e-6f32, |peak, x| peak.max(x.abs()));
    for sample in samples.iter_mut() {
        let x = *sample / peak;
        let companded = x.signum() * (1.0 + MU * x.abs()).ln() / (1.0 + MU).ln();
        let coarse = (companded * 127.0).round() / 127.0;
        *sample = coarse.signum() * ((1.0 + MU).powf(coarse.abs()) - 1.0) / MU;
    }
    set_level(samples, base);
    let line = noise(samples.len(), 0.5, rng);
    add(samples, line, base + rng.between(-34.0, -20.0));
}

fn clip(samples: &mut [f32], rng: &mut Rng) {
    let base = level(samples);
    let ceiling = 10f32.powf((base + rng.between(-2.0, 5.0)) / 20.0);
    samples.iter_mut().for_each(|x| *x = x.clamp(-ceiling, ceiling));
}

/// A guitar amplifier: pre-emphasis, overload, and the loudspeaker's narrow band.
pub fn amplify(samples: &mut [f32], rate: f32, rng: &mut Rng) {
    let base = level(samples).max(-60.0);
    Biquad::high_pass(rate, rng.between(90.0, 260.0), 0.7).run(samples);
    Biquad::peak(rate, rng.between(500.0, 1400.0), 0.7, rng.between(2.0, 9.0)).run(samples);
    let drive = 10f32.powf((rng.between(14.0, 42.0) - base) / 20.0);
    let lean = rng.between(0.0, 0.3);
    samples.iter_mut().for_each(|x| *x = (drive * *x + lean).tanh() - lean.tanh());
    Biquad::high_pass(rate, 70.0, 0.7).run(samples);
    Biquad::peak(rate, rng.between(1800.0, 3500.0), 1.0, rng.between(0.0, 6.0)).run(samples);
    let cabinet = Biquad::low_pass(rate, rng.between(3400.0, 5600.0), 0.8);
    cabinet.run(samples);
    cabinet.run(samples);
    set_level(samples, base);
}

fn crush(samples: &mut [f32], rng: &mut Rng) {
    let peak = samples.iter().fold(1e-6f32, |peak, x| peak.max(x.abs()));
    let steps = 2f32.powi(rng.int(4, 6));
    let hold = rng.int(1, 4) as usize;
    for block in samples.chunks_mut(hold) {
        let kept = (block[0] / peak * steps).round() / steps * peak;
        block.fill(kept);
    }
}

/// Plays the samples at an unsteady speed: frequencies in Hz and depths as shares of the speed.
fn vary_speed(samples: &mut [f32], wobbles: &[(f32, f32)]) {
    let input = samples.to_vec();
    for (n, sample) in samples.iter_mut().enumerate() {
        let time = n as f32 / RATE;
        let shift: f32 = wobbles
            .iter()
            .map(|(hz, depth)| depth / (TAU * hz) * (1.0 - (TAU * hz * time).cos()))
            .sum();
        let at = (n as f32 - shift * RATE).max(0.0);
        let (whole, part) = (at as usize, at.fract());
        let next = input[(whole + 1).min(input.len() - 1)];
        *sample = input[whole] * (1.0 - part) + next * part;
    }
}

/// Noise whose neighbouring samples are alike by `tint`: 0 is white.
fn noise(length: usize, tint: f32, rng: &mut Rng) -> Vec<f32> {
    let mut state = 0.0;
    (0..length)
        .map(|_| {
            state = tint * state + rng.between(-1.0, 1.0);
            state
        })
        .collect()
}

fn add(samples: &mut [f32], mut other: Vec<f32>, level_db: f32) {
    set_level(&mut other, level_db);
    for (sample, other) in samples.iter_mut().zip(other) {
        *sample += other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    /// A tone with a loud beginning twice a second: its peaks lie 10 dB above its mean.
    fn tone() -> Vec<f32> {
        let strength = |n: usize| (-((n % 8_000) as f32) / 1_500.0).exp();
        (0..32_000).map(|n| 0.5 * strength(n) * (n as f32 * TAU * 440.0 / RATE).sin()).collect()
    }

    #[test]
    fn every_quality_changes_the_sound_and_roughly_keeps_its_level() {
        use Quality::*;
        for quality in [Clean, Vinyl, Tape, Hum, Phone, Telephone, Clipped, Crushed] {
            for index in 0..20 {
                let mut rng = Rng::new(5, index, Purpose::Render);
                let mut samples = tone();
                quality.apply(&mut samples, &mut rng);
                let change = level(&samples) - level(&tone());
                assert!(change.abs() < 8.0, "{quality:?}: {change} dB");
                assert!(samples.iter().all(|x| x.is_finite()));
                assert_eq!(samples == tone(), quality == Clean, "{quality:?}");
            }
        }
    }

    #[test]
    fn a_convolution_with_an_echo_repeats_the_sound() {
        let mut samples = vec![0.0; 8_000];
        samples[100] = 1.0;
        let mut response = vec![0.0; 1_000];
        response[0] = 0.8;
        response[500] = 0.6;
        convolve(&mut samples, &response, 1.0);
        assert!((samples[100] - 0.8).abs() < 1e-3 && (samples[600] - 0.6).abs() < 1e-3);
    }
}
