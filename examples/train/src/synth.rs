//! Synthesizers, as they are rather than sampled: detuned oscillators through a resonant filter
//! with envelopes (subtractive), two operators (FM), and the drawbars of an electric organ.

use crate::family::Family;
use crate::rng::Rng;
use crate::score::{Part, Score};
use std::f32::consts::TAU;

/// A sound with its settings.
pub struct Patch {
    voice: Voice,
    attack: f32,
    decay: f32,
    sustain: f32,
    release: f32,
    /// Vibrato or rotor speed in Hz, depth in semitones.
    wobble: (f32, f32),
    /// Cutoff in Hz at rest, octaves that the envelope opens it by, resonance.
    cutoff: f32,
    sweep: f32,
    resonance: f32,
}

enum Voice {
    /// Oscillators: shape, semitones off.
    Oscillators(Vec<(Shape, f32)>),
    /// Ratio of the modulator's frequency, and its index.
    Fm(f32, f32),
    /// Strengths of the harmonics of a tone-wheel organ.
    Drawbars([f32; 9]),
}

#[derive(Clone, Copy)]
enum Shape {
    Saw,
    Square,
    Pulse,
    Triangle,
}

/// Ratios of an organ's drawbars to the key's pitch.
const DRAWBARS: [f32; 9] = [0.5, 1.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];

impl Patch {
    /// A sound for a part, if it is one that a synthesizer makes.
    pub fn random(part: &Part, rng: &mut Rng) -> Option<Self> {
        let family = part.family?;
        let bass = matches!(part.program, 38 | 39);
        // Church and reed organs are no electric ones.
        let organ = matches!(part.program, 16..=18);
        let (voice, attack, decay, sustain, release) = match family {
            Family::SynthLead => (
                voice(rng),
                rng.between(0.002, 0.03),
                rng.between(0.1, 0.8),
                rng.between(0.4, 1.0),
                0.08,
            ),
            Family::SynthPad => {
                let release = rng.between(0.3, 1.2);
                (voice(rng), rng.between(0.1, 0.9), 1.0, rng.between(0.7, 1.0), release)
            }
            Family::Bass if bass => {
                (voice(rng), 0.003, rng.between(0.1, 0.6), rng.between(0.1, 0.8), 0.06)
            }
            Family::Organ if organ => {
                let mut bars = [0f32; 9];
                bars.iter_mut().for_each(|bar| *bar = rng.between(-0.4, 1.0).max(0.0));
                bars[2] = bars[2].max(0.5);
                (Voice::Drawbars(bars), 0.004, 0.1, 1.0, 0.03)
            }
            _ => return None,
        };
        let wobble = match family {
            Family::Organ => (rng.one(&[0.8, 6.5]), rng.between(0.0, 0.18)),
            _ => (rng.between(0.2, 6.5), rng.between(-0.05, 0.2).max(0.0)),
        };
        let cutoff = match (family, bass) {
            (Family::Organ, _) => 7000.0,
            (_, true) => rng.between(200.0, 1500.0),
            _ => 300.0 * 2f32.powf(rng.between(0.0, 4.5)),
        };
        let sweep = if family == Family::Organ { 0.0 } else { rng.between(-0.5, 3.5).max(0.0) };
        let resonance = rng.between(0.6, 5.0);
        Some(Self { voice, attack, decay, sustain, release, wobble, cutoff, sweep, resonance })
    }

    /// Plays a part: mono at `rate`, the first `seconds` after `from`.
    pub fn play(&self, score: &Score, part: &Part, rate: u32, from: f32, seconds: f32) -> Vec<f32> {
        let beat = score.seconds_per_beat();
        let rate = rate as f32;
        let skipped = (from * rate) as usize;
        let total = skipped + (seconds * rate) as usize;
        let mut out = vec![0f32; total];
        for note in &part.notes {
            let start = (note.start * beat * rate) as usize;
            if start < total {
                let held = (note.length * beat).max(0.05);
                let volume = (f32::from(note.velocity) / 127.0).powf(1.2);
                self.note(&mut out[start..], rate, f32::from(note.key), held, volume);
            }
        }
        out.split_off(skipped)
    }

    /// Adds one note.
    fn note(&self, out: &mut [f32], rate: f32, key: f32, held: f32, volume: f32) {
        const CONTROL: usize = 32;
        let length = (((held + self.release) * rate) as usize).min(out.len());
        let mut phases = [0f32; 9];
        // A state variable filter (Chamberlin).
        let (mut low, mut band) = (0f32, 0f32);
        let (mut level, mut opened, mut step) = (0f32, 0f32, [0f32; 9]);
        for (n, out) in out[..length].iter_mut().enumerate() {
            if n % CONTROL == 0 {
                let time = n as f32 / rate;
                level = self.envelope(time, held);
                let bend = self.wobble.1 * (TAU * self.wobble.0 * time).sin();
                let hz = 440.0 * 2f32.powf((key + bend - 69.0) / 12.0);
                self.steps(hz / rate, &mut step);
                let cutoff = self.cutoff * 2f32.powf(self.sweep * level);
                opened = 2.0 * (std::f32::consts::PI * (cutoff / rate).min(0.16)).sin();
            }
            let sound = self.oscillate(&mut phases, &step);
            low += opened * band;
            let high = sound - low - band / self.resonance;
            band += opened * high;
            *out += volume * level * low;
        }
    }

    fn envelope(&self, time: f32, held: f32) -> f32 {
        let at = |time: f32| {
            if time < self.attack {
                time / self.attack
            } else {
                let fallen = (-(time - self.attack) / self.decay.max(0.01)).exp();
                self.sustain + (1.0 - self.sustain) * fallen
            }
        };
        match time < held {
            true => at(time),
            false => at(held) * (1.0 - (time - held) / self.release).max(0.0),
        }
    }

    /// Cycles a sample of each oscillator.
    fn steps(&self, base: f32, step: &mut [f32; 9]) {
        match &self.voice {
            Voice::Oscillators(oscillators) => {
                for (step, (_, off)) in step.iter_mut().zip(oscillators) {
                    *step = base * 2f32.powf(off / 12.0);
                }
            }
            Voice::Fm(ratio, _) => (step[0], step[1]) = (base, base * ratio),
            Voice::Drawbars(_) => {
                for (step, ratio) in step.iter_mut().zip(DRAWBARS) {
                    *step = base * ratio;
                }
            }
        }
    }

    fn oscillate(&self, phases: &mut [f32; 9], step: &[f32; 9]) -> f32 {
        let mut sound = 0.0;
        match &self.voice {
            Voice::Oscillators(oscillators) => {
                for (i, (shape, _)) in oscillators.iter().enumerate() {
                    sound += shape.value(phases[i], step[i]);
                }
                sound /= oscillators.len() as f32;
            }
            Voice::Fm(_, index) => {
                sound = (TAU * phases[0] + index * (TAU * phases[1]).sin()).sin();
            }
            Voice::Drawbars(bars) => {
                for (bar, (phase, step)) in bars.iter().zip(phases.iter().zip(step)) {
                    // Wheels above half the rate are silent.
                    if *step < 0.45 {
                        sound += bar * (TAU * phase).sin();
                    }
                }
                sound /= 4.0;
            }
        }
        for (phase, step) in phases.iter_mut().zip(step) {
            *phase = (*phase + step).fract();
        }
        sound
    }
}

/// One to four oscillators, or FM.
fn voice(rng: &mut Rng) -> Voice {
    if rng.chance(0.2) {
        return Voice::Fm(rng.one(&[0.5, 1.0, 2.0, 3.0, 3.5, 7.0]), rng.between(0.5, 5.0));
    }
    let spread = rng.between(0.03, 0.2);
    let count = rng.int(1, 4);
    let octave = rng.one(&[0.0, 0.0, -12.0, 12.0, 7.0]);
    let oscillators = (0..count).map(|i| {
        let shape =
            rng.one(&[Shape::Saw, Shape::Saw, Shape::Square, Shape::Pulse, Shape::Triangle]);
        let off = if i == 1 { octave } else { 0.0 };
        (shape, off + spread * rng.bell())
    });
    Voice::Oscillators(oscillators.collect())
}

impl Shape {
    /// The value at a phase, its jumps rounded (PolyBLEP: Välimäki and Huovilainen, 2007).
    fn value(self, phase: f32, step: f32) -> f32 {
        let saw = |phase: f32| 2.0 * phase - 1.0 - blep(phase, step);
        match self {
            Shape::Saw => saw(phase),
            Shape::Square => saw(phase) - saw((phase + 0.5).fract()),
            Shape::Pulse => saw(phase) - saw((phase + 0.2).fract()),
            Shape::Triangle => 4.0 * (phase - 0.5).abs() - 1.0,
        }
    }
}

fn blep(phase: f32, step: f32) -> f32 {
    if phase < step {
        let x = phase / step;
        2.0 * x - x * x - 1.0
    } else if phase > 1.0 - step {
        let x = (phase - 1.0) / step;
        x * x + 2.0 * x + 1.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    use crate::sampler::pitch;
    use crate::score::{Dynamics, Note, Role, Style, Tempo};

    #[test]
    fn synthesizers_sound_at_their_pitch_and_stay_bounded() {
        let score = Score {
            bpm: 60.0,
            beats: 4.0,
            beats_per_bar: 4,
            scale: None,
            tempo: Tempo::Slow,
            dynamics: Dynamics::Moderate,
            style: Style::Free,
            groove: None,
            parts: Vec::new(),
        };
        let part = |family, program| Part {
            role: Role::Melody,
            family: Some(family),
            program,
            notes: vec![Note { start: 0.0, length: 2.0, key: 57, velocity: 100 }],
            level: 0.0,
            swells: Vec::new(),
        };
        let mut rng = Rng::new(1, 0, Purpose::Render);
        assert!(Patch::random(&part(Family::Organ, 19), &mut rng).is_none());
        let mut right = 0;
        for index in 0..60 {
            let mut rng = Rng::new(1, index, Purpose::Render);
            let part = part(Family::SynthLead, 80);
            let patch = Patch::random(&part, &mut rng).unwrap();
            let sound = patch.play(&score, &part, 32_000, 0.0, 1.0);
            assert!(sound.iter().all(|x| x.abs() < 20.0), "{index}");
            let off = (pitch(&sound[8_000..24_000], 32_000.0) - 57.0).rem_euclid(12.0);
            right += usize::from(off.min(12.0 - off) < 0.6);
        }
        // Some have a second oscillator a fifth above, or a modulator of half the pitch.
        assert!(right >= 45, "{right} of 60");
    }
}
