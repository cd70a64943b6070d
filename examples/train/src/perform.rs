//! Performs a score: each part on a soundfont, a real instrument or by a singer, then the mix.

use crate::augment;
use crate::clip::SECONDS;
use crate::family::Family;
use crate::filter::halve;
use crate::library::{Library, RealInstrument, Speech};
use crate::rap;
use crate::recording;
use crate::render::{self, PART_RATE, Performance};
use crate::rng::Rng;
use crate::score::{Part, Role, Score};
use crate::singer::Singer;
use crate::soundfonts::Font;
use crate::synth::Patch;
use anyhow::{Result, bail};
use musicap::facts::VoiceKind;

/// Which part of the piece is rendered.
pub struct Cut {
    pub from: f32,
    seconds: f32,
    /// Silence before the music.
    wait: f32,
    /// No note begins later than this, in seconds of the piece.
    last_note: f32,
}

impl Cut {
    pub fn random(rng: &mut Rng) -> Self {
        let from = if rng.chance(0.4) { 0.0 } else { rng.between(0.0, 2.5) };
        let seconds = if rng.chance(0.1) { rng.between(2.5, 9.5) } else { SECONDS };
        let wait = if from == 0.0 && rng.chance(0.15) { rng.between(0.1, 1.2) } else { 0.0 };
        let last_note = if rng.chance(0.05) { from + rng.between(6.0, 9.0) } else { f32::MAX };
        Self { from, seconds, wait, last_note }
    }

    /// When the first beat is, in seconds of the clip.
    pub fn first_beat_s(&self, seconds_per_beat: f32) -> f32 {
        (self.from / seconds_per_beat).ceil() * seconds_per_beat - self.from + self.wait
    }

    pub fn shorten(&self, score: &mut Score) {
        let beat = score.seconds_per_beat();
        for part in &mut score.parts {
            part.notes.retain(|note| note.start * beat < self.last_note);
        }
    }
}

/// A mix and what it was played on.
pub struct Mix {
    /// Samples at 16 kHz.
    pub mix: Vec<f32>,
    /// Soundfont or instrument of each part that is left in the score.
    pub sources: Vec<String>,
    pub voice_kind: Option<VoiceKind>,
    /// Whether whoever speaks or raps is a woman.
    pub woman: Option<bool>,
}

/// Renders and mixes the parts at 16 kHz; parts that cannot be heard leave the score.
pub fn perform(score: &mut Score, cut: &Cut, library: &Library, rng: &mut Rng) -> Result<Mix> {
    const INAUDIBLE_DB: f32 = -75.0;
    let fonts = &library.fonts;
    let common_font = &fonts[rng.index(fonts.len())];
    let mixed_fonts = rng.chance(0.4);
    let shifted = rng.chance(0.5);
    let coloured = rng.chance(0.7);
    let length = (cut.seconds * PART_RATE as f32) as usize;
    let wait = (cut.wait * PART_RATE as f32) as usize;
    let mut mix = vec![0f32; length];
    let (mut sources, mut kept) = (Vec::new(), Vec::new());
    let (mut voice_kind, mut woman) = (None, None);
    // A family that has several parts plays all of them on one instrument.
    let mut chosen: Vec<(Option<Family>, u8, Option<&RealInstrument>)> = Vec::new();
    for mut part in score.parts.clone() {
        let first = if mixed_fonts { &fonts[rng.index(fonts.len())] } else { common_font };
        let sung = part.family == Some(Family::Voice);
        let real = if sung { None } else { real_instrument(&part, library, &mut chosen, rng) };
        let font = if sung || real.is_some() { first } else { able(first, fonts, &part, rng)? };
        let shift = if shifted { rng.int(-3, 3) } else { 0 };
        let spoken = if sung { spoken(score, library, rng) } else { None };
        let patch = if sung || real.is_some() { None } else { synthesizer(&part, library, rng) };
        let recorded = sung && spoken.is_none() && !library.sung.is_empty() && rng.chance(0.6);
        let mut sound = if recorded {
            let voice = &library.sung[rng.index(library.sung.len())];
            voice_kind = Some(if voice.woman { VoiceKind::Woman } else { VoiceKind::Man });
            sources.push("sung speech".to_owned());
            rap::speak(voice, PART_RATE, cut.seconds, rng)?
        } else if let Some((speech, kind)) = spoken {
            (voice_kind, woman) = (Some(kind), Some(speech.woman));
            sources.push("speech".to_owned());
            match kind {
                VoiceKind::Rap => rap::rap(score, speech, PART_RATE, cut.from, cut.seconds, rng)?,
                _ => rap::speak(speech, PART_RATE, cut.seconds, rng)?,
            }
        } else if let Some(patch) = patch {
            sources.push("synthesizer".to_owned());
            patch.play(score, &part, PART_RATE, cut.from, cut.seconds)
        } else if sung {
            let (singer, kind) = singer(&mut part, library, rng);
            voice_kind = kind;
            sources.push("singer".to_owned());
            singer.sing(score, &part.notes, PART_RATE, cut.from, cut.seconds, rng)
        } else if let Some((instrument, transpose)) = real {
            sources.push(instrument.font.name.to_owned());
            let how =
                Performance { formant_shift: shift.clamp(-2, 2), program: part.program, transpose };
            let font = &instrument.font;
            let mut sound = render::part(score, &part, how, font, cut.from, cut.seconds)?;
            if part.family == Some(Family::DistortedGuitar) {
                recording::amplify(&mut sound, PART_RATE as f32, rng);
            }
            sound
        } else {
            sources.push(font.name.to_owned());
            perform_part(score, &part, shift, font, cut, rng)?
        };
        if coloured {
            augment::colour(&mut sound, PART_RATE as f32, rng);
        }
        let audible = &sound[..length - wait];
        if augment::level(audible) < INAUDIBLE_DB {
            sources.pop();
            continue;
        }
        augment::set_level(&mut sound, -20.0 + part.level);
        for (out, sample) in mix[wait..].iter_mut().zip(&sound) {
            *out += sample;
        }
        kept.push(part);
    }
    score.parts = kept;
    if !score.has_drums() {
        score.groove = None;
    }
    if voice_kind.is_none() && score.families().contains(&Family::Choir) {
        voice_kind = Some(VoiceKind::Choir);
    }
    Ok(Mix { mix: halve(&mix), sources, voice_kind, woman })
}

/// A real instrument for a part in one case of two, with the keys to transpose by.
fn real_instrument<'a>(
    part: &Part,
    library: &'a Library,
    chosen: &mut Vec<(Option<Family>, u8, Option<&'a RealInstrument>)>,
    rng: &mut Rng,
) -> Option<(&'a RealInstrument, i32)> {
    const REAL: f64 = 0.55;
    if !library.has_recordings() {
        return None;
    }
    let same = |(family, program, _): &&(Option<Family>, u8, Option<&RealInstrument>)| {
        (*family, *program) == (part.family, part.program)
    };
    if let Some(&(_, _, known)) = chosen.iter().find(same) {
        return known.and_then(|known| Some((known, known.transposition(part)?)));
    }
    let found = if rng.chance(REAL) { library.instrument(part, rng) } else { None };
    chosen.push((part.family, part.program, found.map(|(instrument, _)| instrument)));
    found
}

/// Somebody who raps or speaks instead of singing, now and then where there are drums.
fn spoken<'a>(
    score: &Score,
    library: &'a Library,
    rng: &mut Rng,
) -> Option<(&'a Speech, VoiceKind)> {
    if library.speech.is_empty() || !score.has_drums() || !rng.chance(0.3) {
        return None;
    }
    let speech = &library.speech[rng.index(library.speech.len())];
    Some((speech, if rng.chance(0.75) { VoiceKind::Rap } else { VoiceKind::Speech }))
}

/// A synthesizer for a part that is played on one, in every second case.
fn synthesizer(part: &Part, library: &Library, rng: &mut Rng) -> Option<Patch> {
    if library.has_recordings() && rng.chance(0.5) { Patch::random(part, rng) } else { None }
}

/// A singer for a part, whose notes are brought into the singer's range.
fn singer(part: &mut Part, library: &Library, rng: &mut Rng) -> (Singer, Option<VoiceKind>) {
    if !library.has_recordings() {
        return (Singer::random(&part.notes, rng), None);
    }
    let kind = rng.one(&[VoiceKind::Man, VoiceKind::Woman]);
    let (singer, shift) = Singer::of(kind, &part.notes, rng);
    for note in &mut part.notes {
        note.key = (i32::from(note.key) + shift).clamp(21, 108) as u8;
    }
    (singer, Some(kind))
}

/// `first` if it has the part's sound, else another soundfont that has.
///
/// # Errors
/// If none has it.
fn able<'a>(first: &'a Font, fonts: &'a [Font], part: &Part, rng: &mut Rng) -> Result<&'a Font> {
    let has = |font: &Font| font.has(part.program, part.role == Role::Drums);
    if !fonts.iter().any(has) {
        bail!("no soundfont has General MIDI program {}", part.program);
    }
    let mut font = first;
    while !has(font) {
        font = &fonts[rng.index(fonts.len())];
    }
    Ok(font)
}

/// A part alone; now and then doubled by a relative of its program.
fn perform_part(
    score: &Score,
    part: &Part,
    shift: i32,
    font: &Font,
    cut: &Cut,
    rng: &mut Rng,
) -> Result<Vec<f32>> {
    let how = Performance { formant_shift: shift, program: part.program, transpose: 0 };
    let mut sound = render::part(score, part, how, font, cut.from, cut.seconds)?;
    let relatives = part.family.map_or(&[][..], |family| family.traits().programs);
    if part.role != Role::Drums && relatives.len() > 1 && rng.chance(0.12) {
        let program = rng.one(relatives);
        // Only relatives with the same names in captions may stand in.
        let same_name =
            crate::words::program_nouns(program) == crate::words::program_nouns(part.program);
        if program != part.program && same_name && font.has(program, false) {
            let twin = render::part(
                score,
                part,
                Performance { program, ..how },
                font,
                cut.from,
                cut.seconds,
            )?;
            let gain = rng.between(0.3, 1.0);
            for (sample, other) in sound.iter_mut().zip(twin) {
                *sample += gain * other;
            }
        }
    }
    Ok(sound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    use crate::sf2::{Envelope, Preset, Sample, SoundFontFile, Zone};
    use std::sync::Arc;

    /// A soundfont with nothing but a violin.
    fn violin() -> Font {
        let envelope = Envelope { attack: 0.0, hold: 0.0, decay: 0.0, sustain: 0.0, release: 0.0 };
        let zone = Zone {
            sample: 0,
            keys: (0, 127),
            velocities: (0, 127),
            root_key: 60,
            cents: 0,
            attenuation: 0.0,
            envelope,
        };
        let file = SoundFontFile {
            samples: vec![Sample { data: vec![1000; 1000], rate: 32_000, loop_: Some((0, 1000)) }],
            instruments: vec![vec![zone]],
            presets: vec![Preset { bank: 0, program: 40, instrument: 0 }],
        };
        let bytes = file.to_bytes("violin");
        let sounds = rustysynth::SoundFont::new(&mut std::io::Cursor::new(bytes)).unwrap();
        Font { name: "violin", sounds: Arc::new(sounds) }
    }

    #[test]
    fn a_program_that_no_soundfont_has_is_an_error_and_not_an_endless_search() {
        let fonts = [violin(), violin()];
        let mut rng = Rng::new(1, 0, Purpose::Render);
        let part = |program| Part {
            role: Role::Melody,
            family: Some(Family::Violin),
            program,
            notes: Vec::new(),
            level: 0.0,
            swells: Vec::new(),
        };
        assert!(able(&fonts[0], &fonts, &part(40), &mut rng).is_ok());
        let error = able(&fonts[0], &fonts, &part(73), &mut rng).err().unwrap();
        assert!(error.to_string().contains("73"), "{error}");
    }
}
