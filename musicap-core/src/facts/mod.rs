//! Facts: what is known about the music as data, next to the words of its captions.
//!
//! A [`Caption`](crate::Caption) and the [`Captions`](crate::Captions) of a recording have facts if
//! [`CaptionOptions::facts`](crate::CaptionOptions::facts) asks for them. A value that is absent is
//! not known; it is never a denial. Every value comes with a confidence from 0 to 1.
//!
//! | fact | of a caption | of a recording | source |
//! |---|---|---|---|
//! | instruments, voices, drums, vocals, genres, recording, content, acoustic | yes | yes | the tag head of the model, or of the embedded model next to another one |
//! | roles of instruments | yes | yes | the caption |
//! | tempo, time signature | no | yes | `facts/tempo.rs` and the tempo that captions name |
//! | beats, if asked for | no | yes | `facts/beats.rs` |
//! | key | no | yes | `facts/key.rs` |
//! | loudness, dynamics | no | yes | the channels of the file, by the crate `ebur128` |
//!
//! ```
//! use musicap::audio::AudioReader;
//! use musicap::{CaptionOptions, Captioner};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
//! let options = CaptionOptions::default().with_facts();
//! let captions = Captioner::embedded()?.caption(AudioReader::open(path)?, &options)?;
//! let facts = captions.facts.unwrap();
//! assert!(facts.instruments.iter().any(|instrument| instrument.name == "piano"));
//! assert!(facts.loudness.is_some());
//! # Ok::<(), musicap::Error>(())
//! ```
//!
//! Facts of a recording are those of its captions and of its samples
//! ([`Facts::of_recording`]), so that they can be computed apart.
//!
//! The JSON of facts is described by the JSON Schema [`SCHEMA`].

mod beats;
mod frames;
mod key;
mod key_network;
mod signal;
mod tags;
mod tempo;
mod track;
mod types;

use std::str::FromStr;

use crate::error::{Error, Result};
pub(crate) use signal::SignalAnalysis;
pub use signal::SignalFacts;
pub(crate) use tags::TagNames;
pub(crate) use track::CaptionSums;
pub use types::{
    Dynamics, Facts, Instrument, Key, Loudness, Mode, Presence, Role, Tag, Tempo, TempoClass,
    TimeSignature, Voice, VoiceKind,
};

/// Which facts captions and recordings get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactsMode {
    /// None, which costs nothing.
    #[default]
    Off,
    /// All but the times of beats.
    On,
    /// All, with the times of beats.
    WithBeats,
}

impl FromStr for FactsMode {
    type Err = Error;

    /// Parses `off`, `on` or `beats`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "off" => Ok(FactsMode::Off),
            "on" => Ok(FactsMode::On),
            "beats" => Ok(FactsMode::WithBeats),
            _ => Err(Error::option("facts", text, "off, on or beats")),
        }
    }
}

/// The version of the facts' JSON, in [`Facts::version`]. It changes when a value changes its name
/// or meaning; new optional values do not change it.
pub const VERSION: u32 = 1;

/// The JSON Schema (draft 2020-12) of [`Facts`].
pub const SCHEMA: &str = include_str!("../../schema/facts-1.schema.json");

/// A value that is less likely than this is not listed. It is the probability below which the
/// embedded model cannot name an instrument, so facts list all that captions name.
pub const MIN_CONFIDENCE: f32 = 0.25;

/// Three decimals: more would differ between processors.
fn rounded(confidence: f32) -> f32 {
    (confidence.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}
