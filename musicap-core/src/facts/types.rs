//! The values that facts consist of.

use serde::{Deserialize, Serialize};

/// What is known about a span of music or a recording. An absent value is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Facts {
    /// [`VERSION`](super::VERSION), in the facts of a recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Instruments by decreasing confidence, from [`MIN_CONFIDENCE`](super::MIN_CONFIDENCE) on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instruments: Vec<Instrument>,
    /// Who sings, raps or speaks, by decreasing confidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<Voice>,
    /// Whether there are drums or other percussion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drums: Option<Presence>,
    /// Whether somebody sings or raps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocals: Option<Presence>,
    /// The tempo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<Tempo>,
    /// When there are beats, in seconds, if [`FactsMode::WithBeats`](super::FactsMode) asks for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beats: Vec<f64>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The time signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_signature: Option<TimeSignature>,
    /// Genres by decreasing confidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub genres: Vec<Tag>,
    /// The loudness of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loudness: Option<Loudness>,
    /// How much the loudness varies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamics: Option<Dynamics>,
    /// What is wrong with the recording: `vinyl`, `tape`, `hum`, `phone`, `telephone`, `clipped`
    /// or `crushed`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recording: Vec<Tag>,
    /// Content: `music`, `speech`, `applause`, `noise`, `tone` or `silence`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Tag>,
    /// Whether all instruments are acoustic; `present: false` means that one is electric or
    /// electronic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acoustic: Option<Presence>,
}

/// A name with how likely it applies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// The name, in English.
    pub name: String,
    /// How likely it applies, 0 to 1.
    pub confidence: f32,
}

/// An instrument or family of instruments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Instrument {
    /// The name of the family: `piano`, `electric guitar`, `brass`.
    pub name: String,
    /// How likely it plays, 0 to 1. Of a recording: how likely it plays for some 20 s of it.
    pub confidence: f32,
    /// The expected part of the recording in which it plays, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f32>,
    /// What it does, as far as captions say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What an instrument does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// It plays the melody or leads.
    Lead,
    /// It plays chords, arpeggios or sustained notes.
    Accompaniment,
}

/// A voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// Whose it is, or what it does.
    pub kind: VoiceKind,
    /// How likely there is one, 0 to 1.
    pub confidence: f32,
}

/// The kinds of voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VoiceKind {
    /// A man sings.
    Man,
    /// A woman sings.
    Woman,
    /// A choir.
    Choir,
    /// Somebody speaks.
    Speech,
    /// Somebody raps.
    Rap,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether it is there.
    pub present: bool,
    /// How likely this is true, 0.5 to 1.
    pub confidence: f32,
}

/// A tempo.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tempo {
    /// Beats per minute, 40 to 220.
    pub bpm: f32,
    /// How likely `bpm` is within 4 % of the beat that people tap, 0 to 1.
    pub confidence: f32,
    /// The likelier of half and double `bpm`, if `bpm` is not the beat that people tap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative_bpm: Option<f32>,
    /// `slow` below 81 BPM, `fast` from 124 BPM on.
    pub class: TempoClass,
}

/// How fast a tempo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TempoClass {
    /// Below 81 BPM.
    Slow,
    /// From 81 to 124 BPM.
    Medium,
    /// From 124 BPM on.
    Fast,
}

impl TempoClass {
    /// The class of a tempo in beats per minute.
    pub fn of(bpm: f32) -> Self {
        match bpm {
            ..81.0 => TempoClass::Slow,
            ..124.0 => TempoClass::Medium,
            _ => TempoClass::Fast,
        }
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Key {
    /// The tonic: `C`, `Db`, `D`, `Eb`, `E`, `F`, `F#`, `G`, `Ab`, `A`, `Bb` or `B`.
    pub tonic: String,
    /// Major or minor.
    pub mode: Mode,
    /// How likely tonic and mode are both right, 0 to 1.
    pub confidence: f32,
}

impl std::fmt::Display for Key {
    /// `E minor`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mode = match self.mode {
            Mode::Major => "major",
            Mode::Minor => "minor",
        };
        write!(f, "{} {mode}", self.tonic)
    }
}

/// The mode of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Major, and modes with a major third.
    Major,
    /// Minor, and modes with a minor third.
    Minor,
}

/// A time signature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeSignature {
    /// Beats in a bar: 3 or 4.
    pub beats_per_bar: u32,
    /// How likely that is right, 0 to 1.
    pub confidence: f32,
}

/// Loudness by EBU R 128, of all channels of the file before they are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Loudness {
    /// Integrated loudness in LUFS (ITU-R BS.1770-4, gated).
    pub integrated_lufs: f64,
    /// Loudness range in LU (EBU Tech 3342); absent for less than 3 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_lu: Option<f64>,
    /// The greatest sample in decibels of full scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_peak_dbfs: Option<f64>,
}

/// How much the loudness varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Dynamics {
    /// A loudness range below 5 LU: compressed pop, electronic music.
    Even,
    /// 5 to 12 LU.
    Moderate,
    /// More than 12 LU: orchestral music.
    Wide,
}
