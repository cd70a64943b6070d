//! Facts of a recording: what its samples, its captions and the tags of its chunks say.

use std::collections::BTreeMap;

use super::signal::SignalFacts;
use super::tags::{self, TagNames};
use super::tempo::Found;
use super::types::{Dynamics, Facts, Instrument, Role, TempoClass, Voice, VoiceKind};
use super::{MIN_CONFIDENCE, VERSION, rounded};
use crate::caption::Caption;
use crate::summarize::facts::{self as read, Kind, Term};

/// Loudness ranges in LU from which dynamics are moderate, and beyond which they are wide.
const MODERATE_LU: f64 = 5.0;
const WIDE_LU: f64 = 12.0;
/// Below this probability of music there is no tempo or key.
const MIN_MUSIC: f32 = 0.5;

impl Facts {
    /// The facts of a chunk with what its caption says: the roles of instruments, and rap.
    pub fn with_words_of(mut self, caption: &Caption) -> Facts {
        add_words(&mut self, &read::Facts::parse(&caption.text), caption.confidence);
        self
    }

    /// The facts of a recording from those of its captions, in order of time, and from its samples.
    ///
    /// The confidence of an instrument is the greatest mean of two neighbouring captions, as a single
    /// one may err; its share is the mean of all. What is not listed in a caption counts as 0.
    pub fn of_recording(captions: &[Caption], signal: &SignalFacts) -> Facts {
        let mut sums = CaptionSums::default();
        captions.iter().for_each(|caption| sums.push(caption));
        sums.with_signal(signal)
    }
}

/// What the captions of a recording say, added up in order of time: memory does not grow.
#[derive(Debug, Default)]
pub(crate) struct CaptionSums {
    tags: TagSums,
    words: WordSums,
}

impl CaptionSums {
    /// Adds the next caption, with its facts.
    pub(crate) fn push(&mut self, caption: &Caption) {
        let none = Facts::default();
        let facts = caption.facts.as_deref().unwrap_or(&none);
        self.tags.push(facts);
        self.words.push(facts, &read::Facts::parse(&caption.text));
    }

    /// The facts of the recording.
    pub(crate) fn with_signal(&self, signal: &SignalFacts) -> Facts {
        let mut facts = self.tags.facts();
        facts.version = Some(VERSION);
        self.words.complete(&mut facts);
        if is_music(&facts) {
            let Found { tempo, time_signature, beats } = signal.pulses.named(self.words.tempo());
            (facts.tempo, facts.time_signature) = (*tempo, *time_signature);
            facts.beats = beats.clone();
            facts.key = signal.key.clone();
        }
        facts.loudness = signal.loudness;
        let range = signal.loudness.and_then(|loudness| loudness.range_lu);
        facts.dynamics = range.map(|range| match range {
            ..MODERATE_LU => Dynamics::Even,
            ..=WIDE_LU => Dynamics::Moderate,
            _ => Dynamics::Wide,
        });
        facts
    }
}

/// The probabilities of tags of a recording's captions. Those that are not known (NaN) do not count.
#[derive(Debug, Default)]
struct TagSums {
    /// Whether a caption has facts about the content.
    has_content: bool,
    tags: Vec<TagSum>,
}

#[derive(Clone, Copy, Debug)]
struct TagSum {
    count: usize,
    sum: f32,
    last: f32,
    /// The greatest mean of two neighbouring captions; NaN without two.
    lasting: f32,
}

impl TagSum {
    const NONE: TagSum = TagSum { count: 0, sum: 0.0, last: f32::NAN, lasting: f32::NAN };

    fn push(&mut self, probability: f32) {
        self.lasting = self.lasting.max((self.last + probability) / 2.0);
        self.last = probability;
        if !probability.is_nan() {
            (self.sum, self.count) = (self.sum + probability, self.count + 1);
        }
    }

    fn mean(&self) -> f32 {
        self.sum / self.count as f32
    }

    fn lasting(&self) -> f32 {
        if self.lasting.is_nan() { self.mean() } else { self.lasting }
    }
}

impl TagSums {
    /// Adds the next caption's.
    fn push(&mut self, facts: &Facts) {
        let probabilities = tags::probabilities(facts);
        self.tags.resize(probabilities.len(), TagSum::NONE);
        self.tags.iter_mut().zip(probabilities).for_each(|(tag, x)| tag.push(x));
        self.has_content |= !facts.content.is_empty();
    }

    fn facts(&self) -> Facts {
        if self.tags.is_empty() {
            return Facts::default();
        }
        let means: Vec<f32> = self.tags.iter().map(TagSum::mean).collect();
        let lasting: Vec<f32> = self.tags.iter().map(TagSum::lasting).collect();
        TagNames::all(self.has_content).of_recording(&lasting, &means)
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
            chunks.iter().for_each(|chunk| sums.push(&names.of_chunk(chunk)));
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
    fn what_one_caption_does_not_know_others_do() {
        let names = ["drums", "vocals"].map(str::to_owned);
        let names = TagNames::new(&names);
        let facts = |chunks: &[[f32; 2]]| {
            let mut sums = TagSums::default();
            chunks.iter().for_each(|chunk| sums.push(&names.of_chunk(chunk)));
            let Facts { drums, vocals, .. } = sums.facts();
            [drums, vocals].map(|it| it.map(|it| (it.present, it.confidence)))
        };
        let unknown = [0.45, 0.45];
        assert_eq!(facts(&[unknown, unknown]), [None, None]);
        assert_eq!(facts(&[[0.0, 1.0], unknown]), [Some((false, 1.0)), Some((true, 1.0))]);
        let twice = facts(&[[0.0, 1.0], [0.25, 0.75], unknown]);
        assert_eq!(twice, [Some((false, 0.875)), Some((true, 0.875))]);
    }

    #[test]
    fn the_tempo_that_captions_agree_on_is_named() {
        let named_tempo = |texts: &[&str]| {
            let mut sums = CaptionSums::default();
            for text in texts {
                sums.push(&Caption { text: (*text).to_owned(), ..Caption::default() });
            }
            sums.words.tempo()
        };
        let captions = ["A slow piano piece.", "A slow piano piece with drums.", "A fast song."];
        assert_eq!(named_tempo(&captions), Some(TempoClass::Slow));
        assert_eq!(named_tempo(&captions[1..]), None);
        assert_eq!(named_tempo(&[]), None);
    }
}
