//! What a caption says: its attributes, read from its words.

use std::collections::BTreeMap;

use super::lexicon::{self, Attribute, Entry, Kind};
use super::text::{self, Word};
use crate::caption::Caption;

/// How far before a word a "no" or "without" still concerns it, in words.
const NEGATION_WORDS: usize = 5;
/// How far after an adjective its noun may stand, in words.
const HEAD_WORDS: usize = 10;

/// How much of a caption is read, in letters: several times what models write.
const READ_LETTERS: usize = 4000;

/// A caption that has been read.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its sentences, without those that go in circles.
    pub(super) sentences: Vec<Sentence>,
    /// What it says, each with the words that it uses for it.
    pub(super) attributes: BTreeMap<Attribute, String>,
}

/// A sentence as it stands in a caption.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) words: Vec<Word>,
}

/// A phrase of the lexicon in a sentence.
struct Match {
    entry: &'static Entry,
    start: usize,
    end: usize,
}

impl Reading {
    /// Reads a caption. What it says before it starts to go in circles counts.
    pub(super) fn of(caption: &Caption) -> Self {
        let mut reading = Reading { sentences: Vec::new(), attributes: BTreeMap::new() };
        let text: String = caption.text.chars().take(READ_LETTERS).collect();
        for sentence in text::sentences(&text) {
            let words = text::words(&sentence);
            let sane = text::sane_words(&words);
            reading.read(&sentence, &words[..sane]);
            let whole = Sentence { text: sentence, words };
            let again = || reading.sentences.iter().any(|other| other.words == whole.words);
            if sane == whole.words.len() && sane > 0 && !again() {
                reading.sentences.push(whole);
            }
        }
        reading.weigh();
        reading
    }

    /// Whether nothing of the caption can be used.
    pub(super) fn is_empty(&self) -> bool {
        self.sentences.is_empty() && self.attributes.is_empty()
    }

    fn read(&mut self, sentence: &str, words: &[Word]) {
        let matches = matches(words);
        for (i, found) in matches.iter().enumerate() {
            let kind = found.entry.kind;
            let absent = is_negated(words, found.start);
            let told = match kind {
                // That other things are missing is seldom said and easily misread.
                _ if absent => matches!(kind, Kind::Drums | Kind::Voice),
                Kind::Instrument | Kind::Drums | Kind::Voice | Kind::Silence => true,
                Kind::Recording => true,
                _ => speaks_of_the_music(words, &matches, i),
            };
            if told {
                let key = found.entry.key;
                let surface = surface(sentence, &words[found.start..found.end]);
                let attribute =
                    Attribute { kind, key: if absent { group(kind) } else { key }, absent };
                self.attributes.entry(attribute).or_insert(surface);
            }
        }
    }

    /// Drops what the caption itself puts in doubt.
    fn weigh(&mut self) {
        let says = |attributes: &BTreeMap<Attribute, String>, kind, absent| {
            attributes.keys().any(|told| told.kind == kind && told.absent == absent)
        };
        for kind in [Kind::Drums, Kind::Voice] {
            if says(&self.attributes, kind, false) && says(&self.attributes, kind, true) {
                self.attributes.retain(|told, _| told.kind != kind || !told.absent);
            }
        }
        // A recording with a piano in it is not silent, whatever the caption says.
        if self.attributes.keys().any(|told| told.kind.sounds() && !told.absent) {
            self.attributes.retain(|told, _| told.kind != Kind::Silence);
        }
        // A tempo is one or the other.
        if self.attributes.keys().filter(|told| told.kind == Kind::Tempo).count() > 1 {
            self.attributes.retain(|told, _| told.kind != Kind::Tempo);
        }
    }
}

/// What absences are called by, whatever drums or voices are missing.
fn group(kind: Kind) -> &'static str {
    match kind {
        Kind::Voice => "voices",
        _ => "drums",
    }
}

/// The phrases of the lexicon, from left to right, longest first.
fn matches(words: &[Word]) -> Vec<Match> {
    let mut matches = Vec::new();
    let mut start = 0;
    while start < words.len() {
        // A phrase does not reach over a comma.
        let reach = words[start + 1..].iter().position(|word| word.after_break);
        let reach = reach.map_or(words.len(), |at| start + 1 + at);
        match lexicon::find(words[start..reach].iter().map(|word| &word.text[..])) {
            Some(entry) => {
                let end = start + entry.words.len();
                matches.push(Match { entry, start, end });
                start = end;
            }
            None => start += 1,
        }
    }
    matches
}

/// Whether a "no" or "without" before `at` concerns what stands there. It reaches over "or" and
/// lists, but not past an article or a verb.
fn is_negated(words: &[Word], at: usize) -> bool {
    const STOPS: &[&str] = &[
        "a", "an", "the", "with", "is", "are", "it", "and", "but", "while", "plays", "play",
        "only", "just", "over", "by",
    ];
    for word in words[..at].iter().rev().take(NEGATION_WORDS) {
        if lexicon::NEGATORS.contains(&&word.text[..]) || word.text.ends_with("n't") {
            return true;
        }
        if STOPS.contains(&&word.text[..]) {
            return false;
        }
    }
    false
}

/// Whether an adjective is said of the music and not of one part of it: "a slow, gentle melody",
/// "it sounds gentle", but not "gentle chords on a piano" nor "an energetic drummer".
fn speaks_of_the_music(words: &[Word], matches: &[Match], index: usize) -> bool {
    let adjective = |kind| matches!(kind, Kind::Tempo | Kind::Mood | Kind::Loudness | Kind::Genre);
    let Match { entry, end: mut at, .. } = matches[index];
    // Names of genres are too often something else when no noun follows: soul, house, country.
    let may_stand_alone = entry.kind != Kind::Genre;
    let mut past_sound = false;
    let mut rest = matches[index + 1..].iter().peekable();
    for _ in 0..HEAD_WORDS {
        let Some(word) = words.get(at) else { return may_stand_alone && !past_sound };
        if let Some(found) = rest.next_if(|found| found.start == at) {
            past_sound |= !adjective(found.entry.kind);
            at = found.end;
            continue;
        }
        if lexicon::HEADS.contains(&&word.text[..]) {
            return true;
        }
        if lexicon::JOINERS.contains(&&word.text[..]) && !past_sound {
            at += 1;
            continue;
        }
        return may_stand_alone
            && !past_sound
            && (word.after_break || lexicon::FUNCTION_WORDS.contains(&&word.text[..]));
    }
    false
}

/// The words as they stand in the sentence, in lower case.
fn surface(sentence: &str, words: &[Word]) -> String {
    match words {
        [first, .., last] => sentence[first.at.start..last.at.end].to_lowercase(),
        [only] => only.text.clone(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let caption =
            Caption { index: 0, start_s: 0.0, end_s: 10.0, text: text.into(), score: 0.0 };
        let attributes = Reading::of(&caption).attributes;
        attributes
            .iter()
            .map(|(told, words)| format!("{}{words}", if told.absent { "no " } else { "" }))
            .collect()
    }

    #[test]
    fn captions_of_the_embedded_model_are_understood() {
        assert_eq!(
            read(
                "A distorted electric guitar plays a fast-paced, bouncy melody. It is accompanied \
                  by a piano and a synth bass. The rhythm comes from a rock drum beat."
            ),
            [
                "synth bass",
                "distorted electric guitar",
                "piano",
                "rock drum beat",
                "fast-paced",
                "bouncy"
            ]
        );
        assert_eq!(
            read(
                "A piano plays a melody, alone. The music is played without drums. The tempo is \
                  fast and the mood is spirited."
            ),
            ["piano", "no drums", "fast", "spirited"]
        );
        assert_eq!(
            read(
                "This is a mid-tempo, easygoing orchestral piece with a celesta. The music is soft."
            ),
            ["celesta", "mid-tempo", "easygoing", "soft", "orchestral"]
        );
    }

    #[test]
    fn captions_of_lp_music_caps_are_understood() {
        assert_eq!(
            read(
                "The low quality recording features a sustained strings melody, followed by \
                  shimmering hi hats. It sounds emotional, passionate and kind of sad."
            ),
            ["strings", "hi hats", "emotional", "passionate", "sad", "low quality"]
        );
        assert_eq!(
            read(
                "A male vocalist sings this energetic song. The tempo is medium with a groovy \
                  bass line and no other percussion."
            ),
            ["bass line", "no percussion", "male vocalist", "medium", "energetic"]
        );
    }

    #[test]
    fn what_is_missing_is_not_read_as_there() {
        assert_eq!(read("There are no drums, bass or vocals."), ["no drums", "no vocals"]);
        assert_eq!(read("There is no piano."), [""; 0]);
        assert_eq!(read("The song isn't fast."), [""; 0]);
        assert_eq!(read("Without drums, a piano plays."), ["piano", "no drums"]);
    }

    #[test]
    fn adjectives_of_one_part_are_not_said_of_the_music() {
        assert_eq!(read("Soft chords on a piano."), ["piano"]);
        assert_eq!(read("An energetic drummer."), ["drummer"]);
        assert_eq!(read("A gentle acoustic guitar melody."), ["acoustic guitar", "gentle"]);
        assert_eq!(read("Rock guitars."), ["guitars"]);
    }

    #[test]
    fn what_a_caption_puts_in_doubt_is_left_out() {
        assert_eq!(read("A slow melody. The tempo is fast."), [""; 0]);
        assert_eq!(read("There are no drums. A drum beat keeps the time."), ["drum beat"]);
        assert_eq!(read("The recording is almost silent."), ["almost silent"]);
    }
}
