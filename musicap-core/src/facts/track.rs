//! Facts of a recording: what its samples, its captions and the tags of its chunks say.

use std::collections::BTreeMap;

use super::key::KeyMeter;
use super::tags::TagNames;
use super::tempo::TempoMeter;
use super::types::{Dynamics, Facts, Instrument, Loudness, Role, TempoClass, Voice, VoiceKind};
use super::{MIN_CONFIDENCE, VERSION, rounded};
use crate::caption::Caption;
use crate::summarize::facts::{self as read, Kind, Term};

/// Loudness ranges in LU from which dynamics are moderate, and beyond which they are wide.
const MODERATE_LU: f64 = 5.0;
const WIDE_LU: f64 = 12.0;
/// Below this probability of music there is no tempo or key.
const MIN_MUSIC: f32 = 0.5;

/// What is measured of a recording's mono samples while they are read.
pub(crate) struct TrackAnalysis {
    tempo: TempoMeter,
    key: KeyMeter,
}

impl TrackAnalysis {
    /// For samples at this rate, in hertz.
    pub(crate) fn new(sample_rate: u32, with_beats: bool) -> Self {
        let tempo = TempoMeter::new(sample_rate, with_beats);
        TrackAnalysis { tempo, key: KeyMeter::new(sample_rate) }
    }

    /// Takes the next samples.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.tempo.push(samples);
        self.key.push(samples);
    }
}

impl std::fmt::Debug for TrackAnalysis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackAnalysis").finish_non_exhaustive()
    }
}

/// What tags and captions say of a recording, added up in order of time: memory does not grow.
#[derive(Debug, Default)]
pub(crate) struct TrackSums {
    tags: TagSums,
    words: WordSums,
}

impl TrackSums {
    /// The facts of the next caption, from its tags and its text. They count for the recording.
    pub(crate) fn next(&mut self, tags: Option<(&TagNames, &[f32])>, caption: &Caption) -> Facts {
        let mut facts = Facts::default();
        if let Some((names, probabilities)) = tags {
            self.tags.push(names, probabilities);
            facts = names.of_chunk(probabilities);
        }
        let said = read::Facts::parse(&caption.text);
        add_words(&mut facts, &said, caption.confidence);
        self.words.push(&facts, &said);
        facts
    }
}

/// The tags of a recording's chunks.
#[derive(Debug, Default)]
struct TagSums {
    names: Option<TagNames>,
    count: usize,
    sums: Vec<f32>,
    /// The greatest mean of two neighbouring chunks.
    lasting: Vec<f32>,
    last: Vec<f32>,
}

impl TagSums {
    /// Adds the probabilities of the next chunk.
    fn push(&mut self, names: &TagNames, probabilities: &[f32]) {
        if self.count == 0 {
            self.names = Some(names.clone());
            self.sums = vec![0.0; probabilities.len()];
            self.lasting = vec![0.0; probabilities.len()];
        } else {
            let pairs = self.last.iter().zip(probabilities);
            for (lasting, (before, now)) in self.lasting.iter_mut().zip(pairs) {
                *lasting = lasting.max((before + now) / 2.0);
            }
        }
        self.sums.iter_mut().zip(probabilities).for_each(|(sum, x)| *sum += x);
        self.last = probabilities.to_vec();
        self.count += 1;
    }

    fn facts(&self) -> Facts {
        let Some(names) = &self.names else { return Facts::default() };
        let shares: Vec<f32> = self.sums.iter().map(|sum| sum / self.count as f32).collect();
        let lasting = if self.count == 1 { &shares } else { &self.lasting };
        names.of_recording(lasting, &shares)
    }
}

/// What the captions of a recording say.
#[derive(Debug, Default)]
struct WordSums {
    captions: usize,
    /// How many captions say that an instrument leads, and that it accompanies.
    roles: BTreeMap<String, [usize; 2]>,
    /// Sum of the confidences that somebody raps.
    rap: f32,
    /// How many captions name a slow, a medium and a fast tempo.
    tempos: [usize; 3],
}

impl WordSums {
    /// Adds the next caption: its facts and what its text says.
    fn push(&mut self, facts: &Facts, said: &read::Facts) {
        self.captions += 1;
        for Instrument { name, role, .. } in &facts.instruments {
            let place = match role {
                Some(Role::Lead) => 0,
                Some(Role::Accompaniment) => 1,
                None => continue,
            };
            self.roles.entry(name.clone()).or_default()[place] += 1;
        }
        let rap = facts.voices.iter().find(|voice| voice.kind == VoiceKind::Rap);
        self.rap += rap.map_or(0.0, |voice| voice.confidence);
        for term in said.of(|kind| kind == Kind::Tempo) {
            let place = ["slow", "medium", "fast"].iter().position(|id| *id == term.group);
            self.tempos[place.unwrap_or(1)] += 1;
        }
    }

    /// Completes the facts of a recording: the role that most captions give to an instrument, and rap.
    fn complete(&self, facts: &mut Facts) {
        for instrument in &mut facts.instruments {
            instrument.role = match self.roles.get(&instrument.name) {
                None => None,
                Some([lead, accompaniment]) if lead >= accompaniment => Some(Role::Lead),
                Some(_) => Some(Role::Accompaniment),
            };
        }
        let confidence = self.rap / self.captions.max(1) as f32;
        if confidence >= MIN_CONFIDENCE {
            add_rap(facts, confidence);
        }
    }

    /// The tempo that most captions name.
    fn tempo(&self) -> Option<TempoClass> {
        let classes = [TempoClass::Slow, TempoClass::Medium, TempoClass::Fast];
        let (class, count) =
            classes.into_iter().zip(self.tempos).max_by_key(|(_, count)| *count)?;
        // More than half of those that name one.
        (count * 2 > self.tempos.iter().sum()).then_some(class)
    }
}

/// Completes the facts of a caption by what its text says: roles and rap.
fn add_words(facts: &mut Facts, said: &read::Facts, confidence: Option<f32>) {
    for instrument in &mut facts.instruments {
        let is_it = |term: &Term| family(*term) == instrument.name;
        let leads = said.roles.lead.is_some_and(|(term, _)| is_it(&term));
        let accompanies = said.roles.manners.iter().any(|(term, _)| is_it(term));
        instrument.role = match (leads, accompanies) {
            (true, _) => Some(Role::Lead),
            (false, true) => Some(Role::Accompaniment),
            _ => None,
        };
    }
    if said.of(|kind| kind == Kind::Voice).any(|term| term.group == "rap") {
        add_rap(facts, confidence.unwrap_or(0.5));
    }
}

fn add_rap(facts: &mut Facts, confidence: f32) {
    facts.voices.push(Voice { kind: VoiceKind::Rap, confidence: rounded(confidence) });
    facts.voices.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
}

/// The facts of a recording whose samples start at `start_s` seconds.
pub(crate) fn of_recording(
    analysis: TrackAnalysis,
    sums: &TrackSums,
    loudness: Option<Loudness>,
    start_s: f64,
) -> Facts {
    let mut facts = sums.tags.facts();
    facts.version = Some(VERSION);
    sums.words.complete(&mut facts);
    if is_music(&facts) {
        let pulse = analysis.tempo.finish(sums.words.tempo());
        (facts.tempo, facts.time_signature) = (pulse.tempo, pulse.time_signature);
        facts.beats = pulse.beats.into_iter().map(|beat| start_s + beat).collect();
        facts.key = analysis.key.finish();
    }
    facts.dynamics = loudness.and_then(|loudness| loudness.range_lu).map(|range| match range {
        ..MODERATE_LU => Dynamics::Even,
        ..=WIDE_LU => Dynamics::Moderate,
        _ => Dynamics::Wide,
    });
    facts.loudness = loudness;
    facts
}

/// Whether there is music, as far as tags say.
fn is_music(facts: &Facts) -> bool {
    let music = facts.content.iter().find(|tag| tag.name == "music");
    facts.content.is_empty() || music.is_some_and(|tag| tag.confidence >= MIN_MUSIC)
}

/// The name in facts of the instrument family that a term of the lexicon belongs to.
fn family(term: Term) -> String {
    match term.group {
        "pizzicato" => "pizzicato strings".to_owned(),
        "plucked" => "plucked folk instrument".to_owned(),
        "woodwind" | "oboe" | "clarinet" | "bassoon" => "reed instrument".to_owned(),
        "trombone" | "tuba" | "french-horn" => "brass".to_owned(),
        group => group.replace('-', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_of_one_chunk_is_less_likely_than_one_that_lasts() {
        let names = ["piano", "flute", "music"].map(str::to_owned);
        let names = TagNames::new(&names);
        let facts = |chunks: &[[f32; 3]]| {
            let mut sums = TagSums::default();
            chunks.iter().for_each(|chunk| sums.push(&names, chunk));
            sums.facts()
        };
        let (quiet, both, one) = ([0.9, 0.0, 1.0], [0.9, 0.8, 1.0], [0.0, 0.8, 1.0]);
        let (once, lasting) = (facts(&[quiet, both, quiet]), facts(&[quiet, both, one]));
        let find = |facts: &Facts, name: &str| {
            facts.instruments.iter().find(|found| found.name == name).cloned().unwrap()
        };
        assert!(find(&once, "flute").confidence < 0.5);
        assert!(find(&lasting, "flute").confidence > 0.75);
        let piano = find(&lasting, "piano");
        assert_eq!((piano.confidence, piano.share), (0.9, Some(0.6)));
        assert_eq!(find(&facts(&[both]), "flute").confidence, 0.8);
    }

    #[test]
    fn the_tempo_that_captions_agree_on_is_named() {
        let named_tempo = |texts: &[&str]| {
            let mut sums = TrackSums::default();
            for text in texts {
                sums.next(None, &Caption { text: (*text).to_owned(), ..Caption::default() });
            }
            sums.words.tempo()
        };
        let captions = ["A slow piano piece.", "A slow piano piece with drums.", "A fast song."];
        assert_eq!(named_tempo(&captions), Some(TempoClass::Slow));
        assert_eq!(named_tempo(&captions[1..]), None);
        assert_eq!(named_tempo(&[]), None);
    }
}
