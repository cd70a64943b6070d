//! Drum patterns, one bar at a time, on the General MIDI percussion map.

use crate::compose::{Frame, note};
use crate::rng::Rng;
use crate::score::{Groove, Note, Tempo};

const KICK: i32 = 36;
const SIDE_STICK: i32 = 37;
const SNARE: i32 = 38;
const CLAP: i32 = 39;
const CLOSED_HAT: i32 = 42;
const OPEN_HAT: i32 = 46;
const LOW_TOM: i32 = 45;
const HIGH_TOM: i32 = 48;
const CRASH: i32 = 49;
const RIDE: i32 = 51;
const TAMBOURINE: i32 = 54;
const HIGH_BONGO: i32 = 60;
const LOW_BONGO: i32 = 61;
const HIGH_CONGA: i32 = 63;
const LOW_CONGA: i32 = 64;
const SHAKER: i32 = 70;
const CLAVES: i32 = 75;

/// The drum part of a piece whose plan has a groove.
pub fn play(frame: &Frame, rng: &mut Rng) -> Vec<Note> {
    let Some(groove) = frame.plan.groove else { return Vec::new() };
    let mut bar = Bar { notes: Vec::new(), start: 0.0 };
    let busy = rng.chance(0.5);
    let backbeat = rng.one(&[SNARE, SNARE, SIDE_STICK]);
    let cymbal = rng.one(&[CLOSED_HAT, CLOSED_HAT, RIDE]);
    let fills = rng.chance(0.5);
    for (number, (start, _)) in frame.bars().enumerate() {
        bar.start = start;
        match groove {
            Groove::Rock => {
                bar.hit(KICK, &[0.0, 2.0], 105);
                if busy {
                    bar.hit(KICK, &[2.5], 95);
                }
                bar.hit(SNARE, &[1.0, 3.0], 104);
                bar.every(0.5, 4.0, cymbal, 78);
            }
            Groove::Dance => {
                bar.every(1.0, 4.0, KICK, 110);
                bar.hit(if busy { CLAP } else { SNARE }, &[1.0, 3.0], 96);
                bar.hit(OPEN_HAT, &[0.5, 1.5, 2.5, 3.5], 80);
                if busy && frame.plan.tempo != Tempo::Fast {
                    bar.every(0.25, 4.0, CLOSED_HAT, 60);
                }
            }
            Groove::Swing => {
                bar.hit(RIDE, &[0.0, 1.0, 1.67, 2.0, 3.0, 3.67], 82);
                bar.hit(44, &[1.0, 3.0], 76);
                if rng.chance(0.5) {
                    bar.hit(SNARE, &[rng.one(&[1.67, 2.67, 3.67])], 60);
                }
                bar.hit(KICK, &[0.0], 70);
            }
            Groove::Funk => {
                bar.hit(KICK, &[0.0, 0.75, 2.5], 104);
                bar.hit(SNARE, &[1.0, 3.0], 104);
                let step = if frame.plan.tempo == Tempo::Fast { 0.5 } else { 0.25 };
                bar.every(step, 4.0, CLOSED_HAT, 70);
            }
            Groove::Ballad => {
                bar.hit(KICK, &[0.0, 2.5], 90);
                bar.hit(backbeat, &[2.0], 90);
                bar.every(if busy { 0.5 } else { 1.0 }, 4.0, cymbal, 66);
            }
            Groove::March => {
                bar.hit(SNARE, &[0.0, 1.0, 1.5, 2.0, 3.0, 3.25, 3.5, 3.75], 84);
                bar.hit(KICK, &[0.0, 2.0], 96);
            }
            Groove::Latin => {
                bar.hit(CLAVES, &[0.0, 1.5, 3.0], 88);
                bar.hit(HIGH_CONGA, &[0.5, 1.0, 2.5], 84);
                bar.hit(LOW_CONGA, &[3.0, 3.5], 88);
                bar.every(0.5, 4.0, SHAKER, 70);
                if busy {
                    bar.hit(KICK, &[0.0, 1.5, 2.0, 3.5], 90);
                }
            }
            Groove::HandPercussion => {
                bar.hit(HIGH_BONGO, &[0.0, 0.5, 1.5, 2.0, 3.0], 84);
                bar.hit(LOW_BONGO, &[1.0, 2.5, 3.5], 88);
                bar.every(if busy { 0.5 } else { 1.0 }, 4.0, rng.one(&[TAMBOURINE, SHAKER]), 66);
            }
            Groove::Waltz => {
                bar.hit(KICK, &[0.0], 100);
                bar.hit(backbeat, &[1.0, 2.0], 82);
                bar.every(if busy { 0.5 } else { 1.0 }, 3.0, cymbal, 70);
            }
        }
        if fills && number % 4 == 3 && !matches!(groove, Groove::Waltz | Groove::Swing) {
            bar.hit(HIGH_TOM, &[3.0, 3.25], 96);
            bar.hit(LOW_TOM, &[3.5, 3.75], 100);
        }
        if fills && number % 4 == 0 && matches!(groove, Groove::Rock | Groove::Funk) {
            bar.hit(CRASH, &[0.0], 92);
        }
    }
    bar.notes
}

struct Bar {
    notes: Vec<Note>,
    start: f32,
}

impl Bar {
    fn hit(&mut self, key: i32, beats: &[f32], velocity: u8) {
        for beat in beats {
            self.notes.push(note(self.start + beat, 0.2, key, velocity));
        }
    }

    fn every(&mut self, step: f32, beats: f32, key: i32, velocity: u8) {
        for i in 0..(beats / step) as usize {
            let accent = if i % 2 == 0 { 0 } else { 12 };
            self.hit(key, &[i as f32 * step], velocity - accent);
        }
    }
}
