//! Plays scores on soundfonts.

use crate::score::{Part, Role, Score};
use crate::soundfonts::Font;
use anyhow::Result;
use rustysynth::{Synthesizer, SynthesizerSettings};

const PROGRAM_CHANGE: i32 = 0xC0;
const CONTROL_CHANGE: i32 = 0xB0;
const VOLUME: i32 = 7;
const PAN: i32 = 10;
const EXPRESSION: i32 = 11;
const REVERB_SEND: i32 = 91;

/// Rate at which single parts are rendered: high enough that what folds back above 16 kHz falls
/// to the half-band filter on the way down.
pub const PART_RATE: u32 = 32_000;

/// How one part is performed.
#[derive(Clone, Copy, Debug)]
pub struct Performance {
    /// Notes are played this many semitones off and the sound is slowed down or sped up to
    /// undo it: the pitch stays, the formants and the attack move.
    pub formant_shift: i32,
    /// Program played instead of the part's own.
    pub program: u8,
    /// Semitones to transpose by, to bring a part into the instrument's range.
    pub transpose: i32,
}

enum Event {
    On { key: i32, velocity: i32 },
    Off { key: i32 },
    Expression(i32),
}

/// One part alone, mono, at [`PART_RATE`], the first `seconds` after `from` seconds.
pub fn part(
    score: &Score,
    part: &Part,
    how: Performance,
    font: &Font,
    from: f32,
    seconds: f32,
) -> Result<Vec<f32>> {
    let rate = f64::from(PART_RATE) * 2f64.powf(f64::from(how.formant_shift) / 12.0);
    let mut settings = SynthesizerSettings::new(rate.round() as i32);
    settings.enable_reverb_and_chorus = false;
    let mut synth = Synthesizer::new(&font.sounds, &settings)?;
    let channel = channel(part, 0);
    synth.process_midi_message(channel, PROGRAM_CHANGE, i32::from(how.program), 0);
    let shift = if part.role == Role::Drums { 0 } else { how.formant_shift + how.transpose };

    let skip = (from * PART_RATE as f32) as usize;
    let total = skip + (seconds * PART_RATE as f32) as usize;
    let (mut left, mut right) = (vec![0.0; total], vec![0.0; total]);
    let mut done = 0;
    for (time, event) in events(score, part) {
        let at = ((time * PART_RATE as f32) as usize).min(total);
        if at > done {
            synth.render(&mut left[done..at], &mut right[done..at]);
            done = at;
        }
        send(&mut synth, channel, &event, shift);
        if at == total {
            break;
        }
    }
    synth.render(&mut left[done..], &mut right[done..]);
    Ok(left[skip..].iter().zip(&right[skip..]).map(|(l, r)| 0.5 * (l + r)).collect())
}

/// The whole piece in stereo with the synthesizer's own reverb, as for a listener.
pub fn stereo(scores: &[Score], font: &Font, rate: u32) -> Result<(Vec<f32>, Vec<f32>)> {
    const TAIL_SECONDS: f32 = 1.5;
    let total: f32 = scores.iter().map(Score::seconds).sum::<f32>() + TAIL_SECONDS;
    let samples = (total * rate as f32) as usize;
    let (mut left, mut right) = (vec![0.0; samples], vec![0.0; samples]);
    let mut start = 0.0;
    for score in scores {
        let from = (start * rate as f32) as usize;
        for (index, part) in score.parts.iter().enumerate() {
            let mut synth = Synthesizer::new(&font.sounds, &SynthesizerSettings::new(rate as i32))?;
            let channel = channel(part, index);
            // General MIDI volume acts on the amplitude by its square.
            let gain = 10f32.powf(part.level / 40.0) * 100.0;
            let place = 64 + [0, -28, 28, -14, 14, 0, 40][index % 7];
            synth.process_midi_message(channel, PROGRAM_CHANGE, i32::from(part.program), 0);
            synth.process_midi_message(
                channel,
                CONTROL_CHANGE,
                VOLUME,
                gain.clamp(1.0, 127.0) as i32,
            );
            synth.process_midi_message(channel, CONTROL_CHANGE, PAN, place);
            synth.process_midi_message(channel, CONTROL_CHANGE, REVERB_SEND, 60);
            let end =
                (from + ((score.seconds() + TAIL_SECONDS) * rate as f32) as usize).min(samples);
            let (mut l, mut r) = (vec![0.0; end - from], vec![0.0; end - from]);
            let mut done = 0;
            for (time, event) in events(score, part) {
                let at = ((time * rate as f32) as usize).min(l.len());
                if at > done {
                    synth.render(&mut l[done..at], &mut r[done..at]);
                    done = at;
                }
                send(&mut synth, channel, &event, 0);
            }
            synth.render(&mut l[done..], &mut r[done..]);
            for i in 0..l.len() {
                left[from + i] += l[i];
                right[from + i] += r[i];
            }
        }
        start += score.seconds();
    }
    Ok((left, right))
}

fn channel(part: &Part, index: usize) -> i32 {
    match part.role {
        Role::Drums => Synthesizer::PERCUSSION_CHANNEL as i32,
        _ => (index % Synthesizer::PERCUSSION_CHANNEL) as i32,
    }
}

/// Everything that happens in a part, in order of time (seconds).
fn events(score: &Score, part: &Part) -> Vec<(f32, Event)> {
    let beat = score.seconds_per_beat();
    let mut events = Vec::with_capacity(part.notes.len() * 2 + part.swells.len());
    for &(at, value) in &part.swells {
        events.push((at * beat, Event::Expression(i32::from(value))));
    }
    for note in &part.notes {
        let key = i32::from(note.key);
        events.push((note.start * beat, Event::On { key, velocity: i32::from(note.velocity) }));
        // A hair early, so that a repeated key is let go before it is struck again.
        let end = (note.start + note.length) * beat - 0.004;
        events.push((end.max(note.start * beat + 0.03), Event::Off { key }));
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    events
}

fn send(synth: &mut Synthesizer, channel: i32, event: &Event, shift: i32) {
    match *event {
        Event::On { key, velocity } => {
            synth.note_on(channel, (key + shift).clamp(0, 127), velocity)
        }
        Event::Off { key } => synth.note_off(channel, (key + shift).clamp(0, 127)),
        Event::Expression(value) => {
            synth.process_midi_message(channel, CONTROL_CHANGE, EXPRESSION, value)
        }
    }
}
