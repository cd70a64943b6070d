//! Facts from the probabilities of a tag head, of a chunk and of a whole recording.

use super::types::{Facts, Instrument, Presence, Tag, Voice, VoiceKind};
use super::{MIN_CONFIDENCE, rounded};

/// What a tag is about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Subject {
    /// An instrument, and whether it is acoustic.
    Instrument(Option<bool>),
    Drums,
    Vocals,
    Voice(VoiceKind),
    Genre,
    Recording,
    Content,
}

/// The tags of the embedded model, by name, with the name in facts if that differs. Tags of other
/// models that are not listed are left out.
const TAGS: &[(&str, Subject, Option<&str>)] = &[
    ("piano", Subject::Instrument(Some(true)), None),
    ("electric_piano", Subject::Instrument(Some(false)), Some("electric piano")),
    ("harpsichord", Subject::Instrument(Some(true)), None),
    ("mallets", Subject::Instrument(Some(true)), None),
    ("bells", Subject::Instrument(Some(true)), None),
    ("organ", Subject::Instrument(None), None),
    ("accordion", Subject::Instrument(Some(true)), None),
    ("acoustic_guitar", Subject::Instrument(Some(true)), Some("acoustic guitar")),
    ("electric_guitar", Subject::Instrument(Some(false)), Some("electric guitar")),
    ("distorted_guitar", Subject::Instrument(Some(false)), Some("distorted guitar")),
    ("bass", Subject::Instrument(None), None),
    ("violin", Subject::Instrument(Some(true)), None),
    ("cello", Subject::Instrument(Some(true)), None),
    ("strings", Subject::Instrument(Some(true)), None),
    ("pizzicato", Subject::Instrument(Some(true)), Some("pizzicato strings")),
    ("harp", Subject::Instrument(Some(true)), None),
    ("choir", Subject::Voice(VoiceKind::Choir), None),
    ("trumpet", Subject::Instrument(Some(true)), None),
    ("brass", Subject::Instrument(Some(true)), None),
    ("saxophone", Subject::Instrument(Some(true)), None),
    ("reeds", Subject::Instrument(Some(true)), Some("reed instrument")),
    ("flute", Subject::Instrument(Some(true)), None),
    ("synth_lead", Subject::Instrument(Some(false)), Some("synth lead")),
    ("synth_pad", Subject::Instrument(Some(false)), Some("synth pad")),
    ("folk_strings", Subject::Instrument(Some(true)), Some("plucked folk instrument")),
    ("drums", Subject::Drums, None),
    ("vocals", Subject::Vocals, None),
    ("man", Subject::Voice(VoiceKind::Man), None),
    ("woman", Subject::Voice(VoiceKind::Woman), None),
    ("speech", Subject::Content, None),
    ("music", Subject::Content, None),
    ("noise", Subject::Content, None),
    ("tone", Subject::Content, None),
    ("silence", Subject::Content, None),
    ("applause", Subject::Content, None),
    ("vinyl", Subject::Recording, None),
    ("tape", Subject::Recording, None),
    ("hum", Subject::Recording, None),
    ("phone", Subject::Recording, None),
    ("telephone", Subject::Recording, None),
    ("clipped", Subject::Recording, None),
    ("crushed", Subject::Recording, None),
    ("rock", Subject::Genre, None),
    ("hard rock", Subject::Genre, None),
    ("electronic music", Subject::Genre, Some("electronic")),
    ("electronic pop", Subject::Genre, None),
    ("jazz", Subject::Genre, None),
    ("Latin music", Subject::Genre, Some("Latin")),
    ("orchestral music", Subject::Genre, Some("orchestral")),
    ("ambient music", Subject::Genre, Some("ambient")),
    ("folk music", Subject::Genre, Some("folk")),
    ("hip hop", Subject::Genre, None),
];

/// Drums and vocals are said to be there, or not to be there, from these probabilities on, which are
/// those of captions.
const PRESENT: f32 = 0.5;
const ABSENT: f32 = 0.6;
/// Without music, instruments, voices and genres mean nothing.
const MIN_MUSIC: f32 = 0.5;

/// The tags of a model, by their places in [`TAGS`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TagNames(Vec<Option<usize>>);

impl TagNames {
    /// Of a tag head with these names.
    pub(crate) fn new(names: &[String]) -> Self {
        let place = |name: &String| TAGS.iter().position(|(known, ..)| known == name);
        TagNames(names.iter().map(place).collect())
    }

    /// All tags that facts can hold; without those of content if `has_content` is not set.
    pub(super) fn all(has_content: bool) -> Self {
        let is_known = |place: &usize| has_content || TAGS[*place].1 != Subject::Content;
        TagNames((0..TAGS.len()).map(|place| Some(place).filter(is_known)).collect())
    }

    /// The facts of one chunk with these probabilities, in the order of the names.
    pub(crate) fn of_chunk(&self, probabilities: &[f32]) -> Facts {
        self.facts(probabilities, None)
    }

    /// The facts of a recording from the greatest mean probabilities of two neighbouring chunks (a
    /// single chunk may err) and from the means of all.
    pub(crate) fn of_recording(&self, lasting: &[f32], shares: &[f32]) -> Facts {
        let whole = |tag: usize| match self.0[tag].map(|place| TAGS[place].1) {
            // What is wrong with a recording, and its genre, is the same all the time.
            Some(Subject::Genre | Subject::Recording | Subject::Content) => shares[tag],
            _ => lasting[tag],
        };
        let probabilities: Vec<f32> = (0..self.0.len()).map(whole).collect();
        self.facts(&probabilities, Some(shares))
    }

    fn facts(&self, probabilities: &[f32], shares: Option<&[f32]>) -> Facts {
        let mut facts = Facts::default();
        let known = self.0.iter().zip(probabilities).enumerate();
        let music = self.of("music", probabilities).unwrap_or(1.0);
        let speech = self.of("speech", probabilities).unwrap_or(0.0);
        let mut electric = 0.0_f32;
        let mut acoustic = 0.0_f32;
        for (tag, (place, &probability)) in known {
            let Some((name, subject, other)) = place.map(|place| &TAGS[place]) else { continue };
            let tag_of =
                || Tag { name: other.unwrap_or(name).to_owned(), confidence: rounded(probability) };
            let is_listed = probability >= MIN_CONFIDENCE;
            match subject {
                // Noise sounds like a worn record, and silence like anything.
                Subject::Recording if music.max(speech) < MIN_MUSIC => {}
                Subject::Recording | Subject::Content if is_listed => {
                    let list = match subject {
                        Subject::Recording => &mut facts.recording,
                        _ => &mut facts.content,
                    };
                    list.push(tag_of());
                    if *name == "speech" && probability >= PRESENT {
                        let kind = VoiceKind::Speech;
                        facts.voices.push(Voice { kind, confidence: rounded(probability) });
                    }
                }
                _ if music < MIN_MUSIC => {}
                Subject::Instrument(kind) if is_listed => {
                    match kind {
                        Some(true) => acoustic = acoustic.max(probability),
                        Some(false) => electric = electric.max(probability),
                        None => {}
                    }
                    let Tag { name, confidence } = tag_of();
                    let share = shares.map(|shares| rounded(shares[tag]));
                    facts.instruments.push(Instrument { name, confidence, share, role: None });
                }
                Subject::Genre if is_listed => facts.genres.push(tag_of()),
                Subject::Voice(kind) if probability >= PRESENT => {
                    facts.voices.push(Voice { kind: *kind, confidence: rounded(probability) });
                }
                Subject::Drums => facts.drums = presence(probability),
                Subject::Vocals => facts.vocals = presence(probability),
                _ => {}
            }
        }
        if acoustic.max(electric) >= PRESENT {
            let present = acoustic * (1.0 - electric);
            facts.acoustic = presence(if electric >= PRESENT { 1.0 - electric } else { present });
        }
        facts.instruments.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        facts.voices.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        for list in [&mut facts.genres, &mut facts.recording, &mut facts.content] {
            list.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        }
        facts
    }

    fn of(&self, name: &str, probabilities: &[f32]) -> Option<f32> {
        let is_it = |place: &Option<usize>| place.is_some_and(|place| TAGS[place].0 == name);
        self.0.iter().position(is_it).map(|tag| probabilities[tag])
    }
}

/// The probabilities of [`TagNames::all`] that a chunk has these facts by: 0 for what is not listed,
/// NaN for a presence that is not known.
pub(super) fn probabilities(facts: &Facts) -> Vec<f32> {
    let listed = |tags: &[Tag], name: &str| {
        tags.iter().find(|tag| tag.name == name).map_or(0.0, |tag| tag.confidence)
    };
    let known = |presence: Option<Presence>| match presence {
        Some(Presence { present: true, confidence }) => confidence,
        Some(Presence { present: false, confidence }) => 1.0 - confidence,
        None => f32::NAN,
    };
    let of_tag = |(tag, subject, other): &(&str, Subject, Option<&str>)| {
        let name = other.unwrap_or(tag);
        match subject {
            Subject::Instrument(_) => {
                let found = facts.instruments.iter().find(|found| found.name == name);
                found.map_or(0.0, |found| found.confidence)
            }
            Subject::Drums => known(facts.drums),
            Subject::Vocals => known(facts.vocals),
            Subject::Voice(kind) => {
                let found = facts.voices.iter().find(|voice| voice.kind == *kind);
                found.map_or(0.0, |voice| voice.confidence)
            }
            Subject::Genre => listed(&facts.genres, name),
            Subject::Recording => listed(&facts.recording, name),
            Subject::Content => listed(&facts.content, name),
        }
    };
    TAGS.iter().map(of_tag).collect()
}

/// Whether something with this probability is there; `None` between both thresholds.
fn presence(probability: f32) -> Option<Presence> {
    match probability {
        PRESENT.. => Some(Presence { present: true, confidence: rounded(probability) }),
        _ if 1.0 - probability >= ABSENT => {
            Some(Presence { present: false, confidence: rounded(1.0 - probability) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> TagNames {
        TagNames::new(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_in_doubt_is_absent_and_never_denied() {
        let names = names(&["piano", "flute", "drums", "vocals", "music", "unheard of"]);
        let facts = names.of_chunk(&[0.9, 0.2, 0.45, 0.1, 0.99, 1.0]);
        assert_eq!(facts.instruments.len(), 1);
        assert_eq!((facts.instruments[0].name.as_str(), facts.drums), ("piano", None));
        let vocals = facts.vocals.unwrap();
        assert!(!vocals.present && (vocals.confidence - 0.9).abs() < 1e-6);
    }

    #[test]
    fn noise_has_no_instruments_and_no_damage() {
        let names = names(&["piano", "drums", "music", "noise", "rock", "vinyl", "speech"]);
        let facts = names.of_chunk(&[0.9, 0.9, 0.1, 0.95, 0.9, 0.9, 0.1]);
        assert_eq!(facts.content.len(), 1);
        let only = Facts { content: facts.content.clone(), ..Facts::default() };
        assert_eq!(facts, only);
        assert_eq!(names.of_chunk(&[0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9]).recording.len(), 1);
        assert_eq!(names.of_chunk(&[0.1, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1]).recording.len(), 1);
    }

    #[test]
    fn one_synthesizer_makes_music_electronic() {
        let names = names(&["piano", "synth_pad"]);
        assert!(names.of_chunk(&[0.9, 0.1]).acoustic.unwrap().present);
        assert!(!names.of_chunk(&[0.9, 0.8]).acoustic.unwrap().present);
        assert_eq!(names.of_chunk(&[0.1, 0.1]).acoustic, None);
    }
}
