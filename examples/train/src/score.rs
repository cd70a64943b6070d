//! A composed piece: what is played, and what may be said about it.

use crate::family::Family;
use crate::theory::Scale;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tempo {
    Slow,
    Medium,
    Fast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dynamics {
    Quiet,
    Moderate,
    Loud,
}

/// How many kinds of instrument sound, drums counted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Texture {
    Solo,
    Small,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Melody,
    CounterMelody,
    Chords,
    Arpeggio,
    Pad,
    Bass,
    Drums,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    Free,
    Orchestral,
    Rock,
    Electronic,
    Jazz,
    Folk,
    Ambient,
    Latin,
}

/// The feel of the drums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Groove {
    Rock,
    Dance,
    Swing,
    Funk,
    Ballad,
    March,
    Latin,
    HandPercussion,
    Waltz,
}

/// A note; times are in beats from the start of the piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    pub start: f32,
    pub length: f32,
    pub key: u8,
    pub velocity: u8,
}

/// What one player (or section) plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub role: Role,
    /// None for drums.
    pub family: Option<Family>,
    /// General MIDI program, or drum kit.
    pub program: u8,
    pub notes: Vec<Note>,
    /// Loudness in the mix relative to the leading part, in dB.
    pub level: f32,
    /// Swells of a held sound: times in beats, expression 0..=127.
    pub swells: Vec<(f32, u8)>,
}

/// A composed piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub bpm: f32,
    pub beats: f32,
    pub beats_per_bar: usize,
    pub scale: Option<Scale>,
    pub tempo: Tempo,
    pub dynamics: Dynamics,
    pub style: Style,
    pub groove: Option<Groove>,
    pub parts: Vec<Part>,
}

impl Score {
    pub fn seconds_per_beat(&self) -> f32 {
        60.0 / self.bpm
    }

    pub fn seconds(&self) -> f32 {
        self.beats * self.seconds_per_beat()
    }

    /// Families that play, in order of importance, each once.
    pub fn families(&self) -> Vec<Family> {
        let mut found = Vec::new();
        for family in self.parts.iter().filter_map(|part| part.family) {
            if !found.contains(&family) {
                found.push(family);
            }
        }
        found
    }

    pub fn has_drums(&self) -> bool {
        self.parts.iter().any(|part| part.role == Role::Drums)
    }

    /// No part plays at all.
    pub fn is_silent(&self) -> bool {
        self.parts.is_empty()
    }

    pub fn texture(&self) -> Texture {
        match self.families().len() + usize::from(self.has_drums()) {
            0 | 1 => Texture::Solo,
            2 | 3 => Texture::Small,
            _ => Texture::Full,
        }
    }
}
