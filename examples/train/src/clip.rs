//! One training clip: a piece, composed, performed part by part, mixed and treated.

use crate::augment;
use crate::caption;
use crate::compose::compose;
use crate::rng::{Rng, Purpose};
use crate::family::Family;
use crate::filter::halve;
use crate::plan::Plan;
use crate::render::{self, PART_RATE, Performance};
use crate::score::{Dynamics, Groove, Part, Role, Score, Style, Tempo, Texture};
use crate::singer::Singer;
use crate::soundfonts::Font;
use anyhow::Result;
use serde::{Deserialize, Serialize};

/// Length of a clip.
pub const SECONDS: f32 = 10.0;

/// What is kept of a clip's score, one line of JSON each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub index: u64,
    pub fonts: Vec<String>,
    pub bpm: f32,
    pub tempo: Tempo,
    pub dynamics: Dynamics,
    pub style: Style,
    pub texture: Texture,
    pub drums: bool,
    pub groove: Option<Groove>,
    pub silent: bool,
    /// Family of the leading part.
    pub lead: Option<Family>,
    pub families: Vec<Family>,
    pub programs: Vec<u8>,
    /// What the trainer teaches.
    pub caption: String,
    /// The same in other words.
    pub captions: Vec<String>,
}

/// Composes and renders clip `index` of `seed`: samples at 16 kHz, at most [`SECONDS`].
pub fn make(seed: u64, index: u64, fonts: &[Font]) -> Result<(Vec<f32>, Record)> {
    make_planned(seed, index, fonts, Plan::random)
}

/// The same with a piece of one's own planning.
pub fn make_planned(
    seed: u64,
    index: u64,
    fonts: &[Font],
    plan: impl FnOnce(&mut Rng) -> Plan,
) -> Result<(Vec<f32>, Record)> {
    let mut composer = Rng::new(seed, index, Purpose::Compose);
    let mut studio = Rng::new(seed, index, Purpose::Render);
    let plan = plan(&mut composer);
    let cut = Cut::random(&mut studio);
    let mut score = compose(&plan, cut.from + SECONDS, &mut composer);
    cut.shorten(&mut score);

    let (mut mix, used) = perform(&mut score, &cut, fonts, &mut studio)?;
    if score.is_silent() {
        mix = augment::near_silence(mix.len(), &mut studio);
    } else {
        augment::master(&mut mix, score.dynamics, &mut studio);
    }
    let captions = caption::variants(&score, &mut Rng::new(seed, index, Purpose::Caption));
    Ok((mix, record(index, &score, used, captions)))
}

/// Which stretch of the piece is heard.
struct Cut {
    from: f32,
    seconds: f32,
    /// Silence before the music.
    wait: f32,
    /// No note begins later than this, in seconds of the piece.
    last_note: f32,
}

impl Cut {
    fn random(rng: &mut Rng) -> Self {
        let from = if rng.chance(0.4) { 0.0 } else { rng.between(0.0, 2.5) };
        let seconds = if rng.chance(0.1) { rng.between(2.5, 9.5) } else { SECONDS };
        let wait = if from == 0.0 && rng.chance(0.15) { rng.between(0.1, 1.2) } else { 0.0 };
        let last_note = if rng.chance(0.05) { from + rng.between(6.0, 9.0) } else { f32::MAX };
        Self { from, seconds, wait, last_note }
    }

    fn shorten(&self, score: &mut Score) {
        let beat = score.seconds_per_beat();
        for part in &mut score.parts {
            part.notes.retain(|note| note.start * beat < self.last_note);
        }
    }
}

/// Renders and mixes the parts at 16 kHz; parts that cannot be heard leave the score.
fn perform(
    score: &mut Score,
    cut: &Cut,
    fonts: &[Font],
    rng: &mut Rng,
) -> Result<(Vec<f32>, Vec<String>)> {
    const INAUDIBLE_DB: f32 = -75.0;
    let common_font = &fonts[rng.index(fonts.len())];
    let mixed_fonts = rng.chance(0.4);
    let shifted = rng.chance(0.5);
    let coloured = rng.chance(0.7);
    let length = (cut.seconds * PART_RATE as f32) as usize;
    let wait = (cut.wait * PART_RATE as f32) as usize;
    let mut mix = vec![0f32; length];
    let mut used = Vec::new();
    let mut kept = Vec::new();
    for part in score.parts.clone() {
        let first = if mixed_fonts { &fonts[rng.index(fonts.len())] } else { common_font };
        let sung = part.family == Some(Family::Voice);
        let font = if sung { first } else { able(first, fonts, &part, rng) };
        let shift = if shifted { rng.int(-3, 3) } else { 0 };
        let mut sound = if sung {
            let singer = Singer::random(&part.notes, rng);
            singer.sing(score, &part.notes, PART_RATE, cut.from, cut.seconds, rng)
        } else {
            perform_part(score, &part, shift, font, cut, rng)?
        };
        if coloured {
            augment::colour(&mut sound, PART_RATE as f32, rng);
        }
        let audible = &sound[..length - wait];
        if augment::level(audible) < INAUDIBLE_DB {
            continue;
        }
        augment::set_level(&mut sound, -20.0 + part.level);
        for (out, sample) in mix[wait..].iter_mut().zip(&sound) {
            *out += sample;
        }
        let name = if sung { "singer" } else { font.name };
        if !used.iter().any(|other| other == name) {
            used.push(name.to_owned());
        }
        kept.push(part);
    }
    score.parts = kept;
    if !score.has_drums() {
        score.groove = None;
    }
    Ok((halve(&mix), used))
}

/// `first` if it has the part's sound, else another soundfont that has.
fn able<'a>(first: &'a Font, fonts: &'a [Font], part: &Part, rng: &mut Rng) -> &'a Font {
    let mut font = first;
    while !font.has(part.program, part.role == Role::Drums) {
        font = &fonts[rng.index(fonts.len())];
    }
    font
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
    let how = Performance { formant_shift: shift, program: part.program };
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

/// The record of a score.
pub fn record(index: u64, score: &Score, fonts: Vec<String>, captions: Vec<String>) -> Record {
    Record {
        index,
        fonts,
        bpm: score.bpm,
        tempo: score.tempo,
        dynamics: score.dynamics,
        style: score.style,
        texture: score.texture(),
        drums: score.has_drums(),
        groove: score.groove,
        silent: score.is_silent(),
        lead: score.parts.first().and_then(|part| part.family),
        families: score.families(),
        programs: score
            .parts
            .iter()
            .filter(|part| part.family.is_some())
            .map(|part| part.program)
            .collect(),
        caption: caption::steady(score),
        captions,
    }
}
