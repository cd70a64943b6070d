//! A track's label as the short texts that formats and templates are made of.

use musicap::facts::{Facts, TempoClass, VoiceKind};

use super::state::Label;

/// The values of one track. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// The path below the folder, with slashes.
    pub file: String,
    /// The path from the folder of the labels to the track, with slashes.
    pub path: String,
    pub duration_s: f64,
    pub caption: String,
    /// Whether somebody has changed `NAME.caption.txt`.
    pub caption_is_edited: bool,
    /// A whole number of beats per minute.
    pub bpm: Option<u32>,
    pub tempo: Option<&'static str>,
    /// `E minor`
    pub key: Option<String>,
    pub beats_per_bar: Option<u32>,
    pub genres: Vec<String>,
    /// `male vocal`, `female vocal`, `choir`, `rap`, `spoken word`, or `instrumental`
    pub voices: Vec<String>,
    pub instruments: Vec<String>,
    pub lufs: Option<f64>,
    /// What users should know of the track.
    pub notes: Vec<String>,
}

impl Values {
    /// Facts that are less likely than `min_confidence` are left out.
    pub fn new(file: &str, label: &Label, min_confidence: f32) -> Self {
        let Facts { tempo, key, time_signature, genres, loudness, .. } = &label.facts;
        let is_likely = |confidence: f32| confidence >= min_confidence;
        let tempo = tempo.filter(|tempo| is_likely(tempo.confidence));
        let likely = label.facts.instruments.iter().filter(|found| is_likely(found.confidence));
        let mut instruments: Vec<String> = likely.map(|found| found.name.clone()).collect();
        if label.facts.drums.is_some_and(|drums| drums.present && is_likely(drums.confidence)) {
            instruments.push("drums".to_owned());
        }
        let genres = genres.iter().filter(|genre| is_likely(genre.confidence));
        let meter = time_signature.filter(|found| is_likely(found.confidence));
        Values {
            file: file.to_owned(),
            path: file.to_owned(),
            duration_s: label.duration_s,
            caption: label.caption.clone(),
            caption_is_edited: false,
            bpm: tempo.map(|tempo| tempo.bpm.round() as u32),
            tempo: tempo.map(|tempo| class_name(tempo.class)),
            key: key.as_ref().filter(|key| is_likely(key.confidence)).map(ToString::to_string),
            beats_per_bar: meter.map(|found| found.beats_per_bar),
            genres: genres.map(|genre| genre.name.clone()).collect(),
            voices: voices(&label.facts, min_confidence),
            instruments,
            lufs: loudness.map(|loudness| loudness.integrated_lufs),
            notes: label.notes.clone(),
        }
    }

    /// The tags that text-to-music models are trained on.
    pub fn tags(&self) -> Vec<String> {
        let tempo = self.tempo.map(|tempo| format!("{tempo} tempo"));
        let bpm = self.bpm.map(|bpm| format!("{bpm} bpm"));
        let lists = self.genres.iter().chain(&self.voices).chain(&self.instruments).cloned();
        lists.chain(tempo).chain(bpm).chain(self.key.clone()).collect()
    }

    /// The file's name without folders and extension.
    pub fn name(&self) -> &str {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(name, _)| name)
    }
}

pub fn class_name(class: TempoClass) -> &'static str {
    match class {
        TempoClass::Slow => "slow",
        TempoClass::Medium => "medium",
        TempoClass::Fast => "fast",
    }
}

fn voices(facts: &Facts, min_confidence: f32) -> Vec<String> {
    let likely = facts.voices.iter().filter(|voice| voice.confidence >= min_confidence);
    let name = |kind: VoiceKind| match kind {
        VoiceKind::Man => "male vocal",
        VoiceKind::Woman => "female vocal",
        VoiceKind::Choir => "choir",
        VoiceKind::Rap => "rap",
        VoiceKind::Speech => "spoken word",
        _ => "voice",
    };
    let mut voices: Vec<String> = likely.map(|voice| name(voice.kind).to_owned()).collect();
    if voices.is_empty()
        && let Some(vocals) = facts.vocals.filter(|vocals| vocals.confidence >= min_confidence)
    {
        voices.push(if vocals.present { "vocals" } else { "instrumental" }.to_owned());
    }
    voices
}
