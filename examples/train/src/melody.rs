//! Melodies: two rhythmic motifs in an A A B A phrase, walked over the scale, leaning on the
//! chord at the strong beats.

use crate::compose::{Frame, note};
use crate::family::{Family, Production};
use crate::rng::Rng;
use crate::score::{Note, Style, Tempo};

/// The tune.
pub fn lead(frame: &Frame, family: Family, rng: &mut Rng) -> Vec<Note> {
    let motifs = [rhythm(frame, rng), rhythm(frame, rng)];
    let (low, high) = family.traits().range;
    let span = i32::from(high - low).min(rng.int(14, 22));
    let low = i32::from(low) + rng.int(0, i32::from(high - low) - span);
    let mut notes = walk(frame, &motifs, low, low + span, touch(family, rng), rng);
    // Sections of strings or brass often double the tune an octave lower.
    if matches!(family, Family::Strings | Family::Brass | Family::Choir | Family::Piano)
        && rng.chance(0.35)
    {
        let doubled: Vec<Note> = notes
            .iter()
            .filter(|note| note.key >= family.traits().range.0 + 12)
            .map(|&note| Note { key: note.key - 12, ..note })
            .collect();
        notes.extend(doubled);
    }
    notes
}

/// A slower second voice, mostly below the tune.
pub fn counter(frame: &Frame, family: Family, rng: &mut Rng) -> Vec<Note> {
    let bar = frame.beats_per_bar();
    let motifs = [vec![(0.0, bar / 2.0), (bar / 2.0, bar / 2.0)], rhythm(frame, rng)];
    let (low, high) = family.traits().range;
    let (low, high) = (i32::from(low), i32::from(high));
    walk(frame, &motifs, low, (low + 16).min(high), touch(family, rng), rng)
}

/// The sounding share of a note's length.
fn touch(family: Family, rng: &mut Rng) -> f32 {
    match family.traits().production {
        Production::Line | Production::Sustained => {
            rng.weighted(&[(0.97, 0.6), (0.8, 0.25), (0.45, 0.15)])
        }
        _ => rng.one(&[0.6, 0.95, 1.4]),
    }
}

/// One bar of note values: (start, length) in beats.
fn rhythm(frame: &Frame, rng: &mut Rng) -> Vec<(f32, f32)> {
    let values: &[(f32, f32)] = match (frame.plan.style, frame.plan.tempo) {
        (Style::Ambient, _) => &[(2.0, 0.5), (3.0, 0.2), (1.0, 0.3)],
        (_, Tempo::Slow) => &[(1.0, 0.5), (2.0, 0.22), (0.5, 0.16), (1.5, 0.12)],
        (_, Tempo::Medium) => &[(1.0, 0.4), (0.5, 0.4), (1.5, 0.12), (2.0, 0.08)],
        (_, Tempo::Fast) => &[(0.5, 0.55), (1.0, 0.33), (1.5, 0.08), (0.25, 0.04)],
    };
    let bar = frame.beats_per_bar();
    let mut cell = Vec::new();
    let mut at = 0.0;
    while at < bar - 0.1 {
        let value = rng.weighted(values).min(bar - at);
        let repeats = if value < 0.5 { 2 } else { 1 };
        for _ in 0..repeats {
            if at < bar - 0.1 {
                cell.push((at, value));
                at += value;
            }
        }
    }
    cell
}

fn walk(
    frame: &Frame,
    motifs: &[Vec<(f32, f32)>; 2],
    low: i32,
    high: i32,
    touch: f32,
    rng: &mut Rng,
) -> Vec<Note> {
    let scale = &frame.scale;
    let mut degree = scale.nearest((low + high) / 2);
    let mut notes = Vec::new();
    for (bar, (start, chord)) in frame.bars().enumerate() {
        let motif = &motifs[usize::from(bar % 4 == 2)];
        for &(at, length) in motif {
            if at > 0.0 && rng.chance(0.08) {
                continue;
            }
            degree += rng.weighted(&[
                (-1, 3.0),
                (1, 3.0),
                (0, 0.8),
                (-2, 1.0),
                (2, 1.0),
                (4, 0.3),
                (-3, 0.3),
            ]);
            if at.fract() == 0.0 && !chord.contains(degree) && rng.chance(0.75) {
                degree += if chord.contains(degree + 1) { 1 } else { -1 };
            }
            while scale.key(degree) > high {
                degree -= 3;
            }
            while scale.key(degree) < low {
                degree += 3;
            }
            let velocity = if at == 0.0 { 94 } else { 84 };
            notes.push(note(start + at, length * touch, scale.key(degree), velocity));
        }
    }
    notes
}
