//! One training clip: a piece, composed, performed part by part, mixed and treated; or something
//! that is not music.

use crate::augment;
use crate::caption;
use crate::compose::compose;
use crate::family::Family;
use crate::library::Library;
use crate::nonmusic::{self, Kind};
use crate::perform::{Cut, perform};
use crate::plan::Plan;
use crate::recording::{self, Quality};
use crate::rng::{Purpose, Rng};
use crate::score::{Dynamics, Groove, Role, Score, Style, Tempo, Texture};
use crate::theory::Scale;
use anyhow::Result;
use musicap::facts::VoiceKind;
use serde::{Deserialize, Serialize};

/// Length of a clip.
pub const SECONDS: f32 = 10.0;

/// What is kept of a clip's score, one line of JSON each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub index: u64,
    #[serde(default)]
    pub kind: Kind,
    pub fonts: Vec<String>,
    pub bpm: f32,
    /// When the first beat of the score is, in seconds of the clip; the others follow by `bpm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_beat_s: Option<f32>,
    /// "E minor"; in a mode by its third.
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub beats_per_bar: Option<usize>,
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
    /// The parts in order of importance.
    #[serde(default)]
    pub parts: Vec<PartRecord>,
    /// Who sings or speaks, where that is known.
    #[serde(default)]
    pub voice_kind: Option<VoiceKind>,
    /// Whether whoever speaks is a woman.
    #[serde(default)]
    pub woman: Option<bool>,
    /// How the recording sounds.
    #[serde(default)]
    pub quality: Option<Quality>,
    /// The lossy codec that the clip went through, and its bit rate.
    #[serde(default)]
    pub codec: Option<String>,
    /// Root mean square level in dB of full scale.
    #[serde(default)]
    pub level: Option<f32>,
    /// The genre that style and players show.
    #[serde(default)]
    pub genre: Option<String>,
    /// Whether the notes are random ones, of which only the instruments may be told.
    #[serde(default)]
    pub scattered: bool,
    /// All that is said of the clip, in the wording that the trainer teaches.
    pub caption: String,
    /// The same in other words.
    pub captions: Vec<String>,
    /// The taught wording, mostly with less of it said; one is drawn at each visit.
    #[serde(default)]
    pub taught: Vec<String>,
}

/// What is kept of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartRecord {
    pub role: Role,
    /// None for drums.
    pub family: Option<Family>,
    pub program: u8,
    /// The soundfont or instrument that played it.
    pub source: String,
    /// Loudness in the mix relative to the leading part, in dB.
    pub level: f32,
}

/// Composes and renders clip `index` of `seed`: samples at 16 kHz, at most [`SECONDS`].
pub fn make(seed: u64, index: u64, library: &Library) -> Result<(Vec<f32>, Record)> {
    if library.has_recordings() {
        let mut rng = Rng::new(seed, index, Purpose::Kind);
        let kind = Kind::random(library.without_music, &mut rng);
        if kind != Kind::Music {
            return Ok(without_music(kind, seed, index, library, &mut rng));
        }
        if rng.chance(library.scattered) {
            let (samples, mut record) = make_planned(seed, index, library, Plan::scattered)?;
            record.scattered = true;
            return Ok((samples, record));
        }
    }
    make_planned(seed, index, library, Plan::random)
}

/// The same with a piece of a given plan.
pub fn make_planned(
    seed: u64,
    index: u64,
    library: &Library,
    plan: impl FnOnce(&mut Rng) -> Plan,
) -> Result<(Vec<f32>, Record)> {
    let mut composer = Rng::new(seed, index, Purpose::Compose);
    let mut renderer = Rng::new(seed, index, Purpose::Render);
    let plan = plan(&mut composer);
    let cut = Cut::random(&mut renderer);
    let mut score = compose(&plan, cut.from + SECONDS, &mut composer);
    cut.shorten(&mut score);

    let performance = perform(&mut score, &cut, library, &mut renderer)?;
    let mut mix = performance.mix;
    let mut quality = None;
    if score.is_silent() {
        mix = augment::near_silence(mix.len(), &mut renderer);
    } else if library.has_recordings() {
        quality = Some(recording::master(&mut mix, score.dynamics, &library.rooms, &mut renderer));
    } else {
        augment::master(&mut mix, score.dynamics, &mut renderer);
    }
    let mut record = record(index, &score, performance.sources, Vec::new());
    record.first_beat_s = Some(cut.first_beat_s(score.seconds_per_beat()));
    record.voice_kind = performance.voice_kind;
    record.woman = performance.woman;
    record.quality = quality;
    record.level = Some(augment::level(&mix));
    caption::write_into(&mut record, &mut Rng::new(seed, index, Purpose::Caption));
    Ok((mix, record))
}

/// A clip that is not music.
fn without_music(
    kind: Kind,
    seed: u64,
    index: u64,
    library: &Library,
    rng: &mut Rng,
) -> (Vec<f32>, Record) {
    let length = (SECONDS * augment::RATE) as usize;
    let (samples, woman) = nonmusic::render(kind, length, library, rng);
    let plan = Plan::with(Tempo::Medium, Dynamics::Moderate, Style::Free, rng);
    let score = compose(&plan, SECONDS, rng);
    let mut record = record(index, &score, Vec::new(), Vec::new());
    record.kind = kind;
    record.silent = kind == Kind::Silence;
    record.woman = woman;
    record.voice_kind = (kind == Kind::Speech).then_some(VoiceKind::Speech);
    record.level = Some(augment::level(&samples));
    caption::write_into(&mut record, &mut Rng::new(seed, index, Purpose::Caption));
    (samples, record)
}

/// The record of a score.
///
/// `sources` names what each part was played on.
pub fn record(index: u64, score: &Score, sources: Vec<String>, captions: Vec<String>) -> Record {
    let mut fonts: Vec<String> = Vec::new();
    for source in &sources {
        if !fonts.contains(source) {
            fonts.push(source.clone());
        }
    }
    let parts = score.parts.iter().enumerate().map(|(i, part)| PartRecord {
        role: part.role,
        family: part.family,
        program: part.program,
        source: sources.get(i).cloned().unwrap_or_default(),
        level: part.level,
    });
    Record {
        index,
        kind: Kind::Music,
        parts: parts.collect(),
        voice_kind: None,
        woman: None,
        quality: None,
        codec: None,
        level: None,
        fonts,
        bpm: score.bpm,
        first_beat_s: None,
        key: score.scale.as_ref().map(Scale::name),
        beats_per_bar: Some(score.beats_per_bar),
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
        genre: None,
        scattered: false,
        caption: caption::steady(score),
        captions,
        taught: Vec::new(),
    }
}
