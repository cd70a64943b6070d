//! Writes the notes of a plan: harmony first, then each part by its role.

use crate::drums;
use crate::family::{Family, Production};
use crate::melody;
use crate::plan::{Plan, Player};
use crate::rng::Rng;
use crate::scatter;
use crate::score::{Dynamics, Note, Part, Role, Score, Style, Tempo};
use crate::theory::{Chord, Scale, progression};

/// What all parts of a piece share.
pub struct Frame<'a> {
    pub plan: &'a Plan,
    pub scale: Scale,
    /// One chord a bar.
    pub chords: Vec<Chord>,
}

impl Frame<'_> {
    pub fn beats_per_bar(&self) -> f32 {
        self.plan.beats_per_bar as f32
    }

    pub fn bars(&self) -> impl Iterator<Item = (f32, Chord)> + '_ {
        self.chords
            .iter()
            .enumerate()
            .map(|(bar, &chord)| (bar as f32 * self.beats_per_bar(), chord))
    }
}

/// A piece of at least `seconds` on `plan`.
pub fn compose(plan: &Plan, seconds: f32, rng: &mut Rng) -> Score {
    let scale = Scale::random(rng);
    compose_in(plan, scale, seconds, rng)
}

/// The same in a given key, for pieces of several sections.
pub fn compose_in(plan: &Plan, scale: Scale, seconds: f32, rng: &mut Rng) -> Score {
    let beats = seconds * plan.bpm / 60.0;
    let bars = (beats / plan.beats_per_bar as f32).ceil().max(1.0) as usize;
    let sevenths = plan.style == Style::Jazz || rng.chance(0.12);
    let frame = Frame { plan, scale, chords: progression(rng, bars, sevenths) };
    let mut parts: Vec<Part> =
        plan.players.iter().map(|player| part(&frame, player, rng)).collect();
    for part in &mut parts {
        humanise(part, plan.dynamics, rng);
    }
    Score {
        bpm: plan.bpm,
        beats: bars as f32 * plan.beats_per_bar as f32,
        beats_per_bar: plan.beats_per_bar,
        scale: Some(scale),
        tempo: plan.tempo,
        dynamics: plan.dynamics,
        style: plan.style,
        groove: plan.groove,
        parts,
    }
}

fn part(frame: &Frame, player: &Player, rng: &mut Rng) -> Part {
    let (beats, beat) = (frame.chords.len() as f32 * frame.beats_per_bar(), 60.0 / frame.plan.bpm);
    let notes = match (player.role, player.family) {
        (Role::Drums, _) if frame.plan.scattered => scatter::hits(beats, beat, rng),
        (_, Some(family)) if frame.plan.scattered => scatter::notes(family, beats, beat, rng),
        (Role::Melody, Some(family)) => melody::lead(frame, family, rng),
        (Role::CounterMelody, Some(family)) => melody::counter(frame, family, rng),
        (Role::Chords, Some(family)) => chords(frame, family, rng),
        (Role::Arpeggio, Some(_)) => arpeggio(frame, rng),
        (Role::Pad, Some(_)) => pad(frame, rng),
        (Role::Bass, _) => bass(frame, rng),
        (Role::Drums, _) | (_, None) => drums::play(frame, rng),
    };
    let level = match player.role {
        Role::Melody => 0.0,
        Role::CounterMelody => rng.between(-6.0, 0.0),
        Role::Chords | Role::Arpeggio => rng.between(-8.0, -1.0),
        Role::Pad => rng.between(-9.0, -2.0),
        Role::Bass => rng.between(-5.0, 1.0),
        Role::Drums => rng.between(-6.0, 2.0),
    };
    Part {
        role: player.role,
        family: player.family,
        program: player.program,
        swells: swells(frame, player, rng),
        notes,
        level,
    }
}

/// Chords struck in one of the ways that accompaniments have.
fn chords(frame: &Frame, family: Family, rng: &mut Rng) -> Vec<Note> {
    #[derive(Clone, Copy, PartialEq)]
    enum Manner {
        Held,
        OnBeats,
        OffBeats,
        BassAndChord,
        Syncopated,
        Strummed,
    }
    use Manner::*;
    let guitar =
        matches!(family, Family::AcousticGuitar | Family::ElectricGuitar | Family::DistortedGuitar);
    let manner = match frame.plan.tempo {
        _ if guitar => rng.one(&[Strummed, Strummed, OnBeats]),
        Tempo::Slow => rng.one(&[Held, Held, OnBeats, BassAndChord]),
        _ => rng.one(&[OnBeats, OffBeats, BassAndChord, Syncopated, Held]),
    };
    let power = family == Family::DistortedGuitar;
    let low = rng.int(46, 58);
    let bar_beats = frame.plan.beats_per_bar;
    let length = rng.between(0.4, 0.95);
    let mut notes = Vec::new();
    let strike = |notes: &mut Vec<Note>,
                  keys: &[i32],
                  start: f32,
                  length: f32,
                  spread: f32,
                  velocity: u8| {
        for (i, &key) in keys.iter().enumerate() {
            notes.push(note(start + spread * i as f32, length, key, velocity));
        }
    };
    for (start, chord) in frame.bars() {
        let mut keys = chord.voicing(&frame.scale, low);
        let root = low - 12 + (frame.scale.key(chord.root) - low).rem_euclid(12);
        if power {
            keys = vec![root, root + 7, root + 12];
        }
        match manner {
            Held => strike(&mut notes, &keys, start, bar_beats as f32 * 0.98, 0.0, 80),
            OnBeats => {
                for beat in 0..bar_beats {
                    strike(
                        &mut notes,
                        &keys,
                        start + beat as f32,
                        length,
                        0.0,
                        if beat == 0 { 88 } else { 76 },
                    );
                }
            }
            OffBeats => {
                for beat in 0..bar_beats {
                    strike(&mut notes, &keys, start + beat as f32 + 0.5, 0.4, 0.0, 80);
                }
            }
            BassAndChord => {
                notes.push(note(start, 0.9, root, 88));
                for beat in 1..bar_beats {
                    strike(&mut notes, &keys, start + beat as f32, length, 0.0, 74);
                }
            }
            Syncopated => {
                let hits: &[f32] = if bar_beats == 4 { &[0.0, 1.5, 3.0] } else { &[0.0, 1.5] };
                for &hit in hits {
                    strike(&mut notes, &keys, start + hit, length + 0.3, 0.0, 82);
                }
            }
            Strummed => {
                let step = if frame.plan.tempo == Tempo::Slow { 1.0 } else { 0.5 };
                for i in 0..(bar_beats as f32 / step) as usize {
                    if i % 2 == 0 || rng.chance(0.6) {
                        let velocity = if i % 4 == 0 { 88 } else { 72 };
                        strike(
                            &mut notes,
                            &keys,
                            start + i as f32 * step,
                            step * 0.9,
                            0.02,
                            velocity,
                        );
                    }
                }
            }
        }
    }
    notes
}

/// The chord's tones one after another.
fn arpeggio(frame: &Frame, rng: &mut Rng) -> Vec<Note> {
    let step = match frame.plan.tempo {
        Tempo::Slow => rng.one(&[1.0, 0.5, 0.5]),
        _ => 0.5,
    };
    let low = rng.int(50, 66);
    let ring = rng.between(0.9, 3.0);
    let shape =
        rng.one(&[[0, 1, 2, 3, 2, 1], [0, 1, 2, 3, 4, 5], [0, 2, 1, 2, 3, 2], [3, 2, 1, 0, 1, 2]]);
    let mut notes = Vec::new();
    for (start, chord) in frame.bars() {
        let keys = chord.voicing(&frame.scale, low);
        for i in 0..(frame.beats_per_bar() / step) as usize {
            let place = shape[i % shape.len()];
            let key = keys[place % keys.len()] + 12 * (place / keys.len()) as i32;
            notes.push(note(
                start + i as f32 * step,
                step * ring,
                key,
                if i == 0 { 84 } else { 74 },
            ));
        }
    }
    notes
}

/// Chords held for a bar, or for two when they stay.
fn pad(frame: &Frame, rng: &mut Rng) -> Vec<Note> {
    let low = rng.int(46, 62);
    let doubled = rng.chance(0.35);
    let mut notes = Vec::new();
    for (start, chord) in frame.bars() {
        for key in chord.voicing(&frame.scale, low) {
            notes.push(note(start, frame.beats_per_bar() * 1.02, key, 76));
        }
        if doubled {
            let root = frame.scale.key(chord.root);
            notes.push(note(
                start,
                frame.beats_per_bar() * 1.02,
                low - 12 + (root - low).rem_euclid(12),
                76,
            ));
        }
    }
    notes
}

/// The low line.
fn bass(frame: &Frame, rng: &mut Rng) -> Vec<Note> {
    #[derive(Clone, Copy)]
    enum Line {
        Roots,
        RootAndFifth,
        Walking,
        Pulse,
        Octaves,
        Groove,
    }
    let line = match (frame.plan.style, frame.plan.tempo) {
        (Style::Jazz, _) => Line::Walking,
        (Style::Ambient, _) => Line::Roots,
        (_, Tempo::Slow) => rng.one(&[Line::Roots, Line::RootAndFifth, Line::Walking]),
        (Style::Electronic, _) => rng.one(&[Line::Pulse, Line::Octaves, Line::Groove]),
        (Style::Rock, _) => rng.one(&[Line::Pulse, Line::Groove]),
        _ => {
            rng.one(&[Line::RootAndFifth, Line::Walking, Line::Pulse, Line::Octaves, Line::Groove])
        }
    };
    let bar_beats = frame.plan.beats_per_bar;
    let mut notes = Vec::new();
    for (start, chord) in frame.bars() {
        let tone = |third: i32| 28 + (frame.scale.key(chord.root + third) - 28).rem_euclid(12);
        let root = tone(0);
        match line {
            Line::Roots => notes.push(note(start, bar_beats as f32 * 0.95, root, 90)),
            Line::RootAndFifth => {
                for (i, at) in (0..bar_beats).step_by(2).enumerate() {
                    notes.push(note(start + at as f32, 1.6, tone(4 * (i as i32 % 2)), 90));
                }
            }
            Line::Walking => {
                for beat in 0..bar_beats {
                    let degree = if beat == 0 { 0 } else { rng.one(&[1, 2, 4, 5]) };
                    notes.push(note(start + beat as f32, 0.9, tone(degree), 88));
                }
            }
            Line::Pulse => {
                for i in 0..bar_beats * 2 {
                    notes.push(note(
                        start + i as f32 * 0.5,
                        0.42,
                        root,
                        if i % 2 == 0 { 92 } else { 80 },
                    ));
                }
            }
            Line::Octaves => {
                for i in 0..bar_beats * 2 {
                    notes.push(note(start + i as f32 * 0.5, 0.4, root + 12 * (i as i32 % 2), 86));
                }
            }
            Line::Groove => {
                for &(at, length, third) in
                    &[(0.0, 0.9, 0), (1.5, 0.45, 0), (2.0, 0.9, 4), (3.5, 0.45, 2)]
                {
                    if at < bar_beats as f32 {
                        notes.push(note(start + at, length, tone(third), 90));
                    }
                }
            }
        }
    }
    notes
}

/// Held sounds breathe: a swell every bar or two.
fn swells(frame: &Frame, player: &Player, rng: &mut Rng) -> Vec<(f32, u8)> {
    let held = player.family.is_some_and(|family| {
        matches!(family.traits().production, Production::Line | Production::Sustained)
    });
    if !held || rng.chance(0.4) {
        return Vec::new();
    }
    let period = frame.beats_per_bar() * rng.one(&[1.0, 2.0]);
    let depth = rng.between(10.0, 50.0);
    let beats = frame.chords.len() as f32 * frame.beats_per_bar();
    (0..(beats * 2.0) as usize)
        .map(|half_beat| {
            let at = half_beat as f32 / 2.0;
            let phase = (at / period * std::f32::consts::TAU).cos();
            (at, (127.0 - depth * (0.5 + 0.5 * phase)) as u8)
        })
        .collect()
}

/// Small unevenness in time and touch; loud pieces are struck harder.
fn humanise(part: &mut Part, dynamics: Dynamics, rng: &mut Rng) {
    let looseness = rng.between(0.0, 0.02);
    let touch = match dynamics {
        Dynamics::Quiet => 0.58,
        Dynamics::Moderate => 0.9,
        Dynamics::Loud => 1.25,
    } * rng.between(0.9, 1.1);
    for note in &mut part.notes {
        note.start = (note.start + looseness * rng.bell()).max(0.0);
        let velocity = f32::from(note.velocity) * touch + 3.0 * rng.bell();
        note.velocity = velocity.clamp(20.0, 127.0) as u8;
    }
}

/// A note with its key kept on the keyboard.
pub fn note(start: f32, length: f32, key: i32, velocity: u8) -> Note {
    Note { start, length, key: key.clamp(21, 108) as u8, velocity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn piece(index: u64) -> Score {
        let mut rng = Rng::new(7, index, Purpose::Compose);
        let plan = Plan::random(&mut rng);
        compose(&plan, 12.0, &mut rng)
    }

    #[test]
    fn same_seed_same_piece_and_another_index_another_piece() {
        assert_eq!(piece(5), piece(5));
        assert_ne!(piece(5), piece(6));
    }

    #[test]
    fn melodies_stay_in_their_instruments_range_and_basses_low() {
        for index in 0..400 {
            for part in piece(index).parts {
                let (low, high) = match (part.role, part.family) {
                    (Role::Melody | Role::CounterMelody, Some(family)) => family.traits().range,
                    (Role::Bass, _) => (28, 52),
                    _ => (21, 108),
                };
                for note in &part.notes {
                    assert!(
                        (low..=high).contains(&note.key),
                        "{:?} {:?} key {}",
                        part.role,
                        part.family,
                        note.key
                    );
                }
            }
        }
    }

    #[test]
    fn every_part_plays_in_the_first_ten_seconds() {
        for index in 0..400 {
            let score = piece(index);
            for part in &score.parts {
                let heard: f32 = part
                    .notes
                    .iter()
                    .filter(|note| note.start * score.seconds_per_beat() < 8.0)
                    .map(|note| note.length * score.seconds_per_beat())
                    .sum();
                assert!(
                    heard > 0.5,
                    "{:?} {:?} of piece {index} is hardly heard",
                    part.role,
                    part.family
                );
            }
        }
    }
}
