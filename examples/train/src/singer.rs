//! A singing voice, which no soundfont has: a glottal pulse through the resonances of vowels
//! (Klatt, "Software for a cascade/parallel formant synthesizer", 1980; pulse after Rosenberg,
//! 1971; vowels after Peterson and Barney, 1952).

use crate::rng::Rng;
use crate::score::{Note, Score};
use musicap::facts::VoiceKind;
use std::f32::consts::TAU;

/// First three formants of a man's vowels in Hz; two higher ones hardly move.
const VOWELS: [[f32; 3]; 7] = [
    [730.0, 1090.0, 2440.0], // father
    [570.0, 840.0, 2410.0],  // lawn
    [530.0, 1840.0, 2480.0], // head
    [270.0, 2290.0, 3010.0], // heed
    [300.0, 870.0, 2240.0],  // who
    [660.0, 1720.0, 2410.0], // had
    [490.0, 1350.0, 1690.0], // heard
];
const BANDWIDTHS: [f32; 5] = [80.0, 90.0, 120.0, 160.0, 220.0];

/// What stays the same through a piece: who sings.
pub struct Singer {
    /// Formants against a man's: women's lie a sixth higher, children's a quarter or more.
    tract: f32,
    vibrato_hz: f32,
    vibrato_depth: f32,
    /// Seconds until vibrato sets in.
    vibrato_after: f32,
    glide: f32,
    breath: f32,
    /// Share of a period in which the glottis is open: small is pressed, large is soft.
    open: f32,
    jitter: f32,
}

impl Singer {
    /// A man or a woman, and the octaves in semitones that bring the notes into their range.
    pub fn of(kind: VoiceKind, notes: &[Note], rng: &mut Rng) -> (Self, i32) {
        let mean =
            notes.iter().map(|note| f32::from(note.key)).sum::<f32>() / notes.len().max(1) as f32;
        let (tract, centre) = match kind {
            VoiceKind::Man => (rng.between(0.88, 1.04), rng.between(48.0, 57.0)),
            _ => (rng.between(1.13, 1.30), rng.between(61.0, 69.0)),
        };
        let shift = 12 * ((centre - mean) / 12.0).round() as i32;
        (Self { tract, ..Self::random(notes, rng) }, shift)
    }

    /// A voice whose formants suit the middle of its notes.
    pub fn random(notes: &[Note], rng: &mut Rng) -> Self {
        let mean =
            notes.iter().map(|note| f32::from(note.key)).sum::<f32>() / notes.len().max(1) as f32;
        let tract = match mean {
            ..55.0 => rng.between(0.92, 1.06),
            ..62.0 => rng.between(0.98, 1.2),
            _ => rng.between(1.12, 1.32),
        };
        Self {
            tract,
            vibrato_hz: rng.between(4.6, 6.6),
            vibrato_depth: if rng.chance(0.25) { 0.05 } else { rng.between(0.15, 0.7) },
            vibrato_after: rng.between(0.05, 0.5),
            glide: rng.between(0.02, 0.12),
            breath: rng.between(0.004, 0.06),
            open: rng.between(0.45, 0.75),
            jitter: rng.between(0.02, 0.12),
        }
    }

    /// Sings the notes one after the other: mono at `rate`, the first `seconds` after `from`.
    pub fn sing(
        &self,
        score: &Score,
        notes: &[Note],
        rate: u32,
        from: f32,
        seconds: f32,
        rng: &mut Rng,
    ) -> Vec<f32> {
        const CONTROL: usize = 64;
        let beat = score.seconds_per_beat();
        let rate = rate as f32;
        let skipped = (from * rate) as usize;
        let total = skipped + (seconds * rate) as usize;
        let mut notes: Vec<&Note> = notes.iter().collect();
        notes.sort_by(|a, b| a.start.total_cmp(&b.start).then(b.key.cmp(&a.key)));
        notes.dedup_by(|later, first| later.start - first.start < 0.05);

        let mut out = vec![0.0; total];
        let mut formants = self.formants(rng);
        let mut target = formants;
        let mut tract: [Resonator; 5] = Default::default();
        let mut key = notes.first().map_or(60.0, |note| f32::from(note.key));
        let (mut phase, mut gain, mut wander) = (0f32, 0f32, 0f32);
        let (mut next, mut sung): (usize, Option<(&Note, f32)>) = (0, None);
        let (mut consonant, mut hiss) = (0.0, Resonator::default());
        for block in (0..total).step_by(CONTROL) {
            let time = block as f32 / rate;
            if let Some(&note) = notes.get(next).filter(|note| note.start * beat <= time) {
                next += 1;
                sung = Some((note, time));
                target = self.formants(rng);
                if rng.chance(0.6) {
                    consonant = rng.between(0.02, 0.09);
                    hiss.tune(rng.between(1800.0, 6500.0), 1500.0, rate);
                }
            }
            let (mut aim, mut pitch) = (0.0, key);
            if let Some((note, begun)) = sung {
                let age = time - begun;
                let until = notes.get(next).map_or(f32::MAX, |after| after.start * beat);
                let end = ((note.start + note.length) * beat).min(until);
                key += (f32::from(note.key) - key) * step(CONTROL, rate, self.glide);
                if time < end && consonant <= 0.0 {
                    let swell = 0.8 + 0.2 * (age * 2.2).min(1.0);
                    aim = swell * (f32::from(note.velocity) / 127.0).powf(1.3);
                }
                let vibrato = ((age - self.vibrato_after) / 0.4).clamp(0.0, 1.0);
                wander = 0.9 * wander + self.jitter * rng.between(-0.5, 0.5);
                pitch = key
                    + wander
                    + vibrato * self.vibrato_depth * (TAU * self.vibrato_hz * age).sin();
            }
            for (formant, target) in formants.iter_mut().zip(target) {
                *formant += (target - *formant) * step(CONTROL, rate, 0.035);
            }
            let hz = 440.0 * 2f32.powf((pitch - 69.0) / 12.0);
            for ((resonator, &formant), width) in tract.iter_mut().zip(&formants).zip(BANDWIDTHS) {
                // A singer opens the mouth rather than let the first formant fall below the pitch.
                resonator.tune(formant.max(hz * 0.98).min(0.45 * rate), width, rate);
            }
            let end = (block + CONTROL).min(total);
            for sample in &mut out[block..end] {
                gain += (aim - gain) * step(1, rate, 0.018);
                phase = (phase + hz / rate).fract();
                let noise = rng.between(-1.0, 1.0);
                let mut sound = gain * (self.flow(phase) + self.breath * noise);
                for resonator in &mut tract {
                    sound = resonator.run(sound);
                }
                if consonant > 0.0 {
                    consonant -= 1.0 / rate;
                    sound += 0.012 * hiss.run(noise);
                }
                *sample = sound;
            }
        }
        // Lips radiate the change of flow.
        for n in (1..total).rev() {
            out[n] -= 0.97 * out[n - 1];
        }
        out.split_off(skipped)
    }

    /// Flow through the glottis at a phase of its cycle: opens slowly, closes at once.
    fn flow(&self, phase: f32) -> f32 {
        let rise = self.open * 0.7;
        if phase < rise {
            let x = phase / rise;
            x * x * (3.0 - 2.0 * x)
        } else if phase < self.open {
            let x = (phase - rise) / (self.open - rise);
            1.0 - x * x
        } else {
            0.0
        }
    }

    fn formants(&self, rng: &mut Rng) -> [f32; 5] {
        let [one, two, three] = rng.one(&VOWELS);
        [one, two, three, 3300.0, 3850.0].map(|hz| hz * self.tract * rng.between(0.96, 1.04))
    }
}

/// The share of the way that a smoothed value goes in `samples`.
fn step(samples: usize, rate: f32, seconds: f32) -> f32 {
    1.0 - (-(samples as f32) / (rate * seconds)).exp()
}

/// Two poles of unit gain at 0 Hz.
#[derive(Default)]
struct Resonator {
    a: f32,
    b: f32,
    c: f32,
    last: [f32; 2],
}

impl Resonator {
    fn tune(&mut self, hz: f32, bandwidth: f32, rate: f32) {
        let radius = (-std::f32::consts::PI * bandwidth / rate).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * hz / rate).cos();
        self.a = 1.0 - self.b - self.c;
    }

    fn run(&mut self, input: f32) -> f32 {
        let output = self.a * input + self.b * self.last[0] + self.c * self.last[1];
        self.last = [output, self.last[0]];
        output
    }
}
