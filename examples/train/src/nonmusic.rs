//! Clips without music, so that a model can call noise noise: noises, tones, applause, speech.

use crate::augment::{self, RATE, set_level};
use crate::filter::Biquad;
use crate::library::Library;
use crate::rng::Rng;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// What a clip holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Music,
    Silence,
    WhiteNoise,
    PinkNoise,
    BrownNoise,
    Tone,
    Applause,
    Speech,
}

impl Kind {
    /// Music, but for a share of the clips, 0 to 1.
    pub fn random(other: f32, rng: &mut Rng) -> Self {
        let other = other / 0.07;
        let weights = [
            (Kind::Music, 1.0 - 0.07 * other),
            (Kind::Silence, 0.010 * other),
            (Kind::WhiteNoise, 0.010 * other),
            (Kind::PinkNoise, 0.008 * other),
            (Kind::BrownNoise, 0.006 * other),
            (Kind::Tone, 0.010 * other),
            (Kind::Applause, 0.010 * other),
            (Kind::Speech, 0.016 * other),
        ];
        rng.weighted(&weights)
    }
}

/// Samples of a clip without music, and whether a woman speaks in it.
pub fn render(
    kind: Kind,
    length: usize,
    library: &Library,
    rng: &mut Rng,
) -> (Vec<f32>, Option<bool>) {
    let mut woman = None;
    let mut samples = match kind {
        Kind::Silence if rng.chance(0.3) => return (vec![0.0; length], None),
        Kind::Music | Kind::Silence => return (augment::near_silence(length, rng), None),
        Kind::WhiteNoise => (0..length).map(|_| rng.between(-1.0, 1.0)).collect(),
        Kind::PinkNoise => pink(length, rng),
        Kind::BrownNoise => brown(length, rng),
        Kind::Tone => tone(length, rng),
        Kind::Applause => applause(length, rng),
        Kind::Speech => {
            let speech = &library.speech[rng.index(library.speech.len())];
            woman = Some(speech.woman);
            let start = rng.index(speech.samples.len().saturating_sub(length).max(1));
            speech.samples.iter().cycle().skip(start).take(length).copied().collect()
        }
    };
    if matches!(kind, Kind::Speech | Kind::Applause) && rng.chance(0.6) {
        augment::colour(&mut samples, RATE, rng);
    }
    set_level(&mut samples, rng.between(-44.0, -12.0));
    (samples, woman)
}

/// White noise through a filter that falls by 3 dB an octave (Paul Kellet's).
fn pink(length: usize, rng: &mut Rng) -> Vec<f32> {
    let mut b = [0f32; 3];
    (0..length)
        .map(|_| {
            let white = rng.between(-1.0, 1.0);
            b[0] = 0.99765 * b[0] + white * 0.0990460;
            b[1] = 0.96300 * b[1] + white * 0.2965164;
            b[2] = 0.57000 * b[2] + white * 1.0526913;
            b.iter().sum::<f32>() + white * 0.1848
        })
        .collect()
}

/// Noise that falls by 6 dB an octave.
fn brown(length: usize, rng: &mut Rng) -> Vec<f32> {
    let mut state = 0f32;
    (0..length)
        .map(|_| {
            state = 0.995 * state + rng.between(-1.0, 1.0);
            state
        })
        .collect()
}

/// A sine, a square or a sawtooth of one pitch, steady or interrupted.
fn tone(length: usize, rng: &mut Rng) -> Vec<f32> {
    let hz = 80.0 * 2f32.powf(rng.between(0.0, 5.6));
    let shape = rng.weighted(&[(0, 0.7), (1, 0.15), (2, 0.15)]);
    let beep = if rng.chance(0.2) { Some(rng.between(0.5, 4.0)) } else { None };
    let mut samples: Vec<f32> = (0..length)
        .map(|n| {
            let time = n as f32 / RATE;
            let on = beep.is_none_or(|rate| (time * rate).fract() < 0.5);
            let phase = (time * hz).fract();
            let value = match shape {
                0 => (TAU * phase).sin(),
                1 => {
                    if phase < 0.5 {
                        1.0
                    } else {
                        -1.0
                    }
                }
                _ => 2.0 * phase - 1.0,
            };
            if on { value } else { 0.0 }
        })
        .collect();
    if shape > 0 {
        Biquad::low_pass(RATE, 5000.0, 0.7).run(&mut samples);
    }
    samples
}

/// Many people clap, each at a pace and with a colour of their own.
fn applause(length: usize, rng: &mut Rng) -> Vec<f32> {
    let mut out = vec![0f32; length];
    let people = 2f32.powf(rng.between(3.0, 8.0)) as usize;
    for _ in 0..people {
        let (pace, colour) = (rng.between(2.2, 4.5), rng.between(900.0, 2800.0));
        let (distance, length_s) = (rng.between(0.1, 1.0).powi(2), rng.between(0.004, 0.016));
        let (mut time, q) = (rng.between(0.0, 1.0 / pace), rng.between(0.8, 3.0));
        let mut clap: Vec<f32> = (0..(6.0 * length_s * RATE) as usize)
            .map(|n| rng.between(-1.0, 1.0) * (-(n as f32) / (length_s * RATE)).exp())
            .collect();
        Biquad::high_pass(RATE, 400.0, 0.7).run(&mut clap);
        Biquad::peak(RATE, colour, q, 14.0).run(&mut clap);
        while ((time * RATE) as usize) < length {
            let (at, force) = ((time * RATE) as usize, distance * rng.between(0.5, 1.0));
            for (out, clap) in out[at..].iter_mut().zip(&clap) {
                *out += force * clap;
            }
            time += (1.0 + 0.08 * rng.bell()).max(0.3) / pace;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    /// Power above `hz` as a share of all.
    fn high_share(samples: &[f32], hz: f32) -> f32 {
        let mut high = samples.to_vec();
        Biquad::high_pass(RATE, hz, 0.707).run(&mut high);
        10f32.powf((augment::level(&high) - augment::level(samples)) / 10.0)
    }

    #[test]
    fn noises_have_their_colours() {
        let library = Library::default();
        let share = |kind| {
            let mut rng = Rng::new(1, 0, Purpose::Render);
            high_share(&render(kind, 64_000, &library, &mut rng).0, 1000.0)
        };
        // White noise has seven eighths of its power above an eighth of the band.
        assert!((share(Kind::WhiteNoise) - 0.875).abs() < 0.05);
        assert!((0.15..0.5).contains(&share(Kind::PinkNoise)), "{}", share(Kind::PinkNoise));
        assert!(share(Kind::BrownNoise) < 0.2, "{}", share(Kind::BrownNoise));
    }
}
