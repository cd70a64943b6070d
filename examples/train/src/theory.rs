//! Scales, chords and progressions.

use crate::rng::Rng;

/// Semitones of the seven degrees above the tonic.
pub type Mode = [i32; 7];

pub const IONIAN: Mode = [0, 2, 4, 5, 7, 9, 11];
pub const DORIAN: Mode = [0, 2, 3, 5, 7, 9, 10];
pub const MIXOLYDIAN: Mode = [0, 2, 4, 5, 7, 9, 10];
pub const AEOLIAN: Mode = [0, 2, 3, 5, 7, 8, 10];
pub const HARMONIC_MINOR: Mode = [0, 2, 3, 5, 7, 8, 11];

/// A mode on a tonic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// MIDI key of the tonic below middle C.
    pub tonic: i32,
    pub mode: Mode,
}

impl Scale {
    pub fn random(rng: &mut Rng) -> Self {
        let mode = rng.weighted(&[
            (IONIAN, 5.0),
            (AEOLIAN, 3.0),
            (HARMONIC_MINOR, 1.5),
            (DORIAN, 1.0),
            (MIXOLYDIAN, 1.0),
        ]);
        Self { tonic: 48 + rng.int(0, 11), mode }
    }

    /// The key as `musicap` names it: "E minor". A mode is minor if its third is.
    pub fn name(&self) -> String {
        const TONICS: [&str; 12] =
            ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
        let tonic = TONICS[self.tonic.rem_euclid(12) as usize];
        format!("{tonic} {}", if self.mode[2] == 3 { "minor" } else { "major" })
    }

    /// MIDI key of a degree; degree 7 is an octave above degree 0.
    pub fn key(&self, degree: i32) -> i32 {
        self.tonic + 12 * degree.div_euclid(7) + self.mode[degree.rem_euclid(7) as usize]
    }

    /// The degree whose key lies nearest to `key`.
    pub fn nearest(&self, key: i32) -> i32 {
        let guess = (key - self.tonic) * 7 / 12;
        (guess - 3..=guess + 3).min_by_key(|&degree| (self.key(degree) - key).abs()).unwrap()
    }
}

/// A chord as stacked thirds on a degree of the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    pub root: i32,
    pub seventh: bool,
}

impl Chord {
    /// Degrees of the chord, root first.
    pub fn degrees(&self) -> Vec<i32> {
        let size = if self.seventh { 4 } else { 3 };
        (0..size).map(|third| self.root + 2 * third).collect()
    }

    /// Whether a degree, in any octave, belongs to the chord.
    pub fn contains(&self, degree: i32) -> bool {
        self.degrees().iter().any(|tone| (tone - degree).rem_euclid(7) == 0)
    }

    /// Keys of the chord voiced from `low` upwards, each tone once.
    pub fn voicing(&self, scale: &Scale, low: i32) -> Vec<i32> {
        let mut keys: Vec<i32> = self
            .degrees()
            .iter()
            .map(|&degree| low + (scale.key(degree) - low).rem_euclid(12))
            .collect();
        keys.sort_unstable();
        keys
    }
}

const PROGRESSIONS: [&[i32]; 12] = [
    &[0, 4, 5, 3],
    &[0, 5, 3, 4],
    &[5, 3, 0, 4],
    &[0, 3, 4, 0],
    &[1, 4, 0, 0],
    &[0, 3, 0, 4],
    &[0, 6, 5, 4],
    &[0, 0, 3, 4],
    &[0, 2, 3, 4],
    &[0, 4, 0, 4],
    &[0, 0, 0, 0],
    &[3, 4, 2, 5],
];

/// One chord a bar: a four-bar progression, now and then varied on its repeat.
pub fn progression(rng: &mut Rng, bars: usize, sevenths: bool) -> Vec<Chord> {
    let pattern = rng.one(&PROGRESSIONS);
    let rotation = if rng.chance(0.2) { rng.index(4) } else { 0 };
    (0..bars)
        .map(|bar| {
            let mut root = pattern[(bar + rotation) % 4];
            if bar >= 4 && rng.chance(0.15) {
                root = rng.int(0, 5);
            }
            Chord { root, seventh: sevenths && rng.chance(0.8) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_climb_by_octaves_and_are_found_again() {
        let scale = Scale { tonic: 50, mode: DORIAN };
        for degree in -14..21 {
            assert_eq!(scale.key(degree + 7), scale.key(degree) + 12);
            assert_eq!(scale.nearest(scale.key(degree)), degree);
        }
    }

    #[test]
    fn voicings_hold_the_tones_of_the_chord_within_an_octave() {
        let scale = Scale { tonic: 55, mode: IONIAN };
        let keys = Chord { root: 4, seventh: true }.voicing(&scale, 48);
        let classes: Vec<i32> = keys.iter().map(|key| key % 12).collect();
        assert_eq!(classes, [0, 2, 6, 9]); // D7 in G major from C upwards
        assert!(keys.iter().all(|key| (48..60).contains(key)));
    }
}
