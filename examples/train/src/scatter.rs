//! Random notes instead of music: what a clip teaches about an instrument then depends on its sound
//! alone, not on what that instrument mostly plays.

use crate::family::{Family, Production};
use crate::rng::Rng;
use crate::score::Note;

/// How far beyond a family's melody range its notes go, in semitones.
const BEYOND: i32 = 9;
/// General MIDI percussion keys.
const PERCUSSION: (i32, i32) = (35, 81);

/// Notes of an instrument over `beats` at `beat` seconds each.
pub fn notes(family: Family, beats: f32, beat: f32, rng: &mut Rng) -> Vec<Note> {
    let (low, high) = family.traits().range;
    let (low, high) = (i32::from(low) - BEYOND, i32::from(high) + BEYOND);
    let low = low.max(24);
    let chords = family.traits().production != Production::Line && rng.chance(0.35);
    // One note again and again, a scale, or anything; mostly within an octave or two.
    let held = rng.chance(0.25);
    let step = rng.one(&[0, 0, 0, 1, 2, -1, -2]);
    let span = if held { 0 } else { rng.int(3, 24) };
    let base = rng.int(low, (high - span).max(low));
    let mean = 0.12 * 2f32.powf(rng.between(0.0, if held { 5.5 } else { 4.0 }));
    let touch = rng.one(&[0.4, 0.9, 0.98, 1.6]);
    let mut notes = Vec::new();
    let (mut at, mut key) = (0.0, base + rng.int(0, span));
    while at < beats {
        let seconds = mean * 2f32.powf(if held { 0.0 } else { rng.between(-1.0, 1.0) });
        let length = seconds / beat;
        let velocity = rng.int(45, 115) as u8;
        let mut play = |key: i32| {
            let key = key.clamp(21, 108) as u8;
            notes.push(Note { start: at, length: length * touch, key, velocity });
        };
        play(key);
        if chords {
            (0..rng.int(1, 3)).for_each(|_| play(base + rng.int(0, 19)));
        }
        key = match step {
            _ if held => key,
            0 => base + rng.int(0, span),
            _ => base + (key - base + step).rem_euclid(span + 1),
        };
        at += length * if rng.chance(0.15) { 2.0 } else { 1.0 };
    }
    notes
}

/// Hits on one to four kinds of percussion.
pub fn hits(beats: f32, beat: f32, rng: &mut Rng) -> Vec<Note> {
    let (low, high) = PERCUSSION;
    let keys: Vec<i32> = (0..rng.int(1, 4)).map(|_| rng.int(low, high)).collect();
    let mean = 0.11 * 2f32.powf(rng.between(0.0, 4.0));
    let mut notes = Vec::new();
    let mut at = 0.0;
    while at < beats {
        let velocity = rng.int(50, 120) as u8;
        notes.push(Note { start: at, length: 0.1, key: rng.one(&keys) as u8, velocity });
        at += mean * 2f32.powf(rng.between(-0.7, 0.7)) / beat;
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn notes_fill_the_piece_and_lie_near_the_range() {
        for index in 0..200 {
            let mut rng = Rng::new(3, index, Purpose::Compose);
            let notes = notes(Family::Flute, 20.0, 0.5, &mut rng);
            let last = notes.iter().fold(0f32, |last, note| last.max(note.start));
            assert!(notes[0].start == 0.0 && last < 20.0 && last > 20.0 - 24.0);
            assert!(notes.iter().all(|note| (51..=108).contains(&note.key) && note.length > 0.0));
            let hits = hits(20.0, 0.5, &mut rng);
            assert!(hits.iter().all(|hit| (35..=81).contains(&hit.key)));
        }
    }
}
