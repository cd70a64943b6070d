//! From the words of a caption to its facts.

use super::caption::Facts;
use super::lexicon::{self, Match};
use super::roles;
use super::term::{Kind, Term};
use super::text::{self, Sentence, Word};

/// How many words before a word a "no" or "without" still applies to it.
const NEGATION_WORDS: usize = 5;
/// How many words after an adjective its noun may be.
const HEAD_WORDS: usize = 10;
/// How many characters of a caption are read: several times what models write.
const MAX_CHARS: usize = 4000;

impl Facts {
    /// Reads the facts of a caption's text.
    pub(crate) fn parse(text: &str) -> Self {
        facts(text)
    }
}

/// The facts of a caption. What precedes the point where it starts to repeat itself counts.
fn facts(caption: &str) -> Facts {
    let mut facts = Facts::default();
    let text: String = caption.chars().take(MAX_CHARS).collect();
    if text.len() < caption.len() {
        facts.unread.push("…".into());
    }
    for sentence in text::sentences(&text) {
        let words = text::words(&sentence);
        let usable = text::words_before_repetition(&words);
        if usable < words.len() {
            facts.unread.extend(words[usable..].iter().map(|word| word.text.clone()));
        }
        read(&words[..usable], &mut facts);
        let whole = Sentence { text: sentence, words };
        let again = || facts.sentences.iter().any(|other| other.words == whole.words);
        if usable == whole.words.len() && usable > 0 && !again() {
            facts.sentences.push(whole);
        }
    }
    resolve_contradictions(&mut facts);
    facts
}

fn read(words: &[Word], facts: &mut Facts) {
    let matches = matches(words);
    let mut is_read = vec![false; words.len()];
    for (i, found) in matches.iter().enumerate() {
        is_read[found.start..found.end].fill(true);
        let term = found.entry.term;
        let phrase = || words[found.start..found.end].iter().map(|word| word.text.clone());
        if is_negated(words, found.start) {
            match term.kind {
                Kind::Drums | Kind::Voice => push(&mut facts.absent, general(term)),
                // Other things are seldom said to be missing, and easily misread; as no fact
                // tells of it, the facts are not all that the caption says.
                _ => facts.unread.extend(phrase()),
            }
            continue;
        }
        let applies = match term.kind {
            Kind::Tempo | Kind::Mood | Kind::Loudness | Kind::Genre | Kind::Form => {
                describes_the_music(words, &matches, i)
            }
            _ => true,
        };
        if applies {
            push(&mut facts.terms, term);
            if !found.entry.is_exact {
                facts.unread.extend(phrase());
            }
        } else if term.kind != Kind::Loudness || !roles::is_of_chords(words, &matches, found.end) {
            // "A soft bass", "a jazz guitar": no fact says it.
            facts.unread.extend(phrase());
        }
    }
    roles::read(words, &matches, &mut facts.roles);
    for phrase in lexicon::SOLO_PHRASES {
        let at = words.windows(phrase.len()).position(|window| {
            window.iter().zip(*phrase).all(|(word, wanted)| word.text == *wanted)
        });
        // "A guitar solo" is one of a band.
        let of_a_band = |at: usize| {
            phrase == &["solo"] && at > 0 && is_read[at - 1] && !is_adjective(&matches, at - 1)
        };
        facts.is_solo |= at.is_some_and(|at| !of_a_band(at));
    }
    let unread = words.iter().zip(&is_read).filter(|(word, is_read)| {
        let known = [lexicon::FUNCTION_WORDS, lexicon::INTENSIFIERS, lexicon::FRAME_WORDS];
        let known = known.iter().any(|list| list.contains(&&word.text[..]));
        !**is_read && !known && !lexicon::NEGATORS.contains(&&word.text[..])
    });
    facts.unread.extend(unread.map(|(word, _)| word.text.clone()));
}

fn is_adjective(matches: &[Match], at: usize) -> bool {
    let found = matches.iter().find(|found| found.start <= at && at < found.end);
    found.is_some_and(|found| !found.entry.term.kind.is_sound())
}

fn push(terms: &mut Vec<Term>, term: Term) {
    if !terms.contains(&term) {
        terms.push(term);
    }
}

/// What an absence is recorded as, whatever drums or voices are missing.
fn general(term: Term) -> Term {
    let id = if term.kind == Kind::Voice { "voice" } else { "drums" };
    lexicon::by_id(term.kind, id).unwrap_or(term)
}

/// Drops what the caption itself contradicts.
fn resolve_contradictions(facts: &mut Facts) {
    let has = |terms: &[Term], kind| terms.iter().any(|term| term.kind == kind);
    for kind in [Kind::Drums, Kind::Voice] {
        if has(&facts.terms, kind) {
            facts.absent.retain(|term| term.kind != kind);
        }
    }
    // A recording with a piano in it is not silent, and the faint noise of silence is no event.
    if facts.terms.iter().any(|term| term.kind.is_musical()) {
        facts.terms.retain(|term| term.kind != Kind::Silence);
    } else if has(&facts.terms, Kind::Silence) {
        facts.terms.retain(|term| term.kind == Kind::Silence);
        facts.is_solo = false;
    }
    // A tempo is one or the other, and so is loudness.
    for kind in [Kind::Tempo, Kind::Loudness] {
        if facts.of(|other| other == kind).count() > 1 {
            facts.terms.retain(|term| term.kind != kind);
        }
    }
    // "A bass guitar plays a bass line" names one bass.
    let specific: Vec<&str> =
        facts.terms.iter().filter(|term| term.id != term.group).map(|term| term.group).collect();
    facts.terms.retain(|term| term.id != term.group || !specific.contains(&term.id));
    // "Guitar" beside "electric guitar" is the same one.
    let specific = ["acoustic-guitar", "electric-guitar", "distorted-guitar"];
    if facts.terms.iter().any(|term| specific.contains(&term.id)) {
        facts.terms.retain(|term| term.id != "guitar");
    }
    let voices = facts.of(|kind| kind == Kind::Voice).filter(|term| term.id != "voice").count();
    if voices > 0 {
        facts.terms.retain(|term| term.id != "voice" || term.kind != Kind::Voice);
    }
}

/// The phrases of the lexicon, from left to right, longest first.
fn matches(words: &[Word]) -> Vec<Match> {
    let mut matches = Vec::new();
    let mut start = 0;
    while start < words.len() {
        // A phrase does not extend past a comma.
        let comma = words[start + 1..].iter().position(|word| word.after_break);
        let limit = comma.map_or(words.len(), |at| start + 1 + at);
        match lexicon::find(words[start..limit].iter().map(|word| &word.text[..])) {
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

/// Whether a "no" or "without" before `at` applies to the word there. It extends over "or" and
/// lists, but not past a verb, nor past an article except its own: "without a piano".
fn is_negated(words: &[Word], at: usize) -> bool {
    const STOPS: &[&str] = &[
        "a", "an", "the", "with", "is", "are", "it", "it's", "and", "but", "while", "only", "just",
        "over", "by", "there", "there's",
    ];
    let is_article = |word: &Word| matches!(&word.text[..], "a" | "an" | "the" | "any");
    // "Without drums, a piano plays": before an article only its own "without" matters.
    if let [before @ .., article] = &words[..at]
        && is_article(article)
    {
        return end_in_negation(before);
    }
    for end in (at.saturating_sub(NEGATION_WORDS) + 1..=at).rev() {
        let word = &words[end - 1].text[..];
        // "Without kick and snare" lacks both.
        if end == at && word == "and" {
            continue;
        }
        if end_in_negation(&words[..end]) {
            return true;
        }
        if STOPS.contains(&word) || VERBS.contains(&word) {
            return false;
        }
    }
    false
}

/// Verbs past which a negation does not reach: "without vocals, featuring drums".
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "plays", "play", "played", "performed", "sung", "has", "have", "having", "features", "feature",
    "featuring", "includes", "include", "including", "contains", "contain", "containing",
    "consists", "consist", "consisting", "uses", "use", "using", "accompanying",
];

/// Whether `words` end in a "no" or "without", or in a verb that is itself negated: "does not have".
fn end_in_negation(words: &[Word]) -> bool {
    let negates =
        |word: &Word| lexicon::NEGATORS.contains(&&word.text[..]) || word.text.ends_with("n't");
    let Some((last, before)) = words.split_last() else { return false };
    let is_adverb = |word: &&Word| lexicon::INTENSIFIERS.contains(&&word.text[..]);
    let is_verb = VERBS.contains(&&last.text[..]);
    negates(last)
        || is_verb && before.iter().rev().find(|word| !is_adverb(word)).is_some_and(negates)
}

/// Whether an adjective describes the music and not one part of it: "a slow, gentle melody",
/// "it sounds gentle", but not "gentle chords on a piano" nor "an energetic drummer".
fn describes_the_music(words: &[Word], matches: &[Match], index: usize) -> bool {
    let adjective = |kind: Kind| !kind.is_sound();
    let Match { entry, end: mut at, .. } = matches[index];
    // Names of genres are too often something else when no noun follows: soul, house, country.
    // "An instrumental" needs none.
    const NOUNS: &[&str] = &[
        "rock",
        "hard-rock",
        "pop",
        "electropop",
        "jazz",
        "metal",
        "blues",
        "folk",
        "hip-hop",
        "reggae",
    ];
    let may_be_alone = entry.term.kind != Kind::Genre || NOUNS.contains(&entry.term.id);
    if entry.term.kind == Kind::Form {
        return true;
    }
    let mut past_sound = false;
    let mut last = entry.term.kind;
    let mut rest = matches[index + 1..].iter().peekable();
    for _ in 0..HEAD_WORDS {
        let Some(word) = words.get(at) else { return may_be_alone && !past_sound };
        if let Some(found) = rest.next_if(|found| found.start == at) {
            // "Hip hop: someone raps"
            if last == Kind::Genre && word.after_break && found.entry.term.kind.is_sound() {
                return may_be_alone && !past_sound;
            }
            // "A slow instrumental", "a bass plays a slow bass line"
            let is_line = found.entry.words.last().is_some_and(|word| word == "line");
            let group = found.entry.term.group;
            let is_lead = || matches[..index].iter().any(|lead| lead.entry.term.group == group);
            if found.entry.term.kind == Kind::Form || is_line && is_lead() {
                return true;
            }
            last = found.entry.term.kind;
            past_sound |= !adjective(last);
            at = found.end;
            continue;
        }
        if lexicon::HEADS.contains(&&word.text[..]) {
            return true;
        }
        if lexicon::INTENSIFIERS.contains(&&word.text[..]) && !past_sound {
            at += 1;
            continue;
        }
        // What the lead plays is what there is of the music: "a slow bass line, long chords".
        let chords = ["long", "sustained", "held", "broken", "chords", "arpeggios"];
        if chords.contains(&&word.text[..]) && !past_sound {
            return entry.term.kind != Kind::Loudness || is_object(words, matches, index);
        }
        return may_be_alone
            && !past_sound
            && (word.after_break
                || lexicon::FUNCTION_WORDS.contains(&&word.text[..])
                // "Calm rock led by a saxophone"
                || ["led", "featuring", "sung", "backed"].contains(&&word.text[..]));
    }
    false
}

/// Whether nothing but adjectives is between an adjective and the verb before it: "a harp plays slow,
/// soft chords".
fn is_object(words: &[Word], matches: &[Match], index: usize) -> bool {
    let is_adjective = |at: usize| {
        ["a", "an"].contains(&&words[at].text[..])
            || lexicon::INTENSIFIERS.contains(&&words[at].text[..])
            || is_adjective(matches, at)
    };
    let verb = (0..matches[index].start).rev().find(|&at| !is_adjective(at));
    verb.is_some_and(|at| ["plays", "play"].contains(&&words[at].text[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let facts = Facts::parse(text);
        let absent = facts.absent.iter().map(|term| format!("no {}", term.id));
        facts.terms.iter().map(|term| term.id.to_owned()).chain(absent).collect()
    }

    #[test]
    fn captions_of_the_embedded_model_are_understood() {
        assert_eq!(
            read(
                "A distorted electric guitar plays a fast-paced, bouncy melody. It is accompanied \
                  by a piano and a synth bass. The rhythm comes from a rock drum beat."
            ),
            ["distorted-guitar", "fast", "lively", "piano", "synth-bass", "rock-drums"]
        );
        assert_eq!(
            read(
                "A piano plays a melody, alone. The music is played without drums. The tempo is \
                  fast and the mood is spirited."
            ),
            ["piano", "fast", "lively", "no drums"]
        );
        assert_eq!(
            read(
                "This is a mid-tempo, easygoing orchestral piece with a celesta. The music is soft."
            ),
            ["medium", "relaxed", "orchestral", "celesta", "quiet"]
        );
        assert_eq!(
            read("This is an instrumental with a plucked instrument. A woman sings."),
            ["instrumental", "plucked", "female-voice"]
        );
    }

    #[test]
    fn captions_of_lp_music_caps_are_understood() {
        assert_eq!(
            read(
                "The low quality recording features a sustained strings melody, followed by \
                  shimmering hi hats. It sounds emotional, passionate and kind of sad."
            ),
            ["poor", "strings", "drums", "emotional", "passionate", "sad"]
        );
        assert_eq!(
            read(
                "A male vocalist sings this energetic song. The tempo is medium with a groovy \
                  bass line and no other percussion."
            ),
            ["male-voice", "energetic", "medium", "bass", "no drums"]
        );
    }

    #[test]
    fn missing_things_are_not_read_as_present() {
        assert_eq!(read("There are no drums, bass or vocals."), ["no drums", "no voice"]);
        assert_eq!(read("There is no piano."), [""; 0]);
        assert!(!Facts::parse("A flute plays, but no piano.").is_complete());
        assert_eq!(read("The song isn't fast."), [""; 0]);
        assert_eq!(read("Without drums, a piano plays."), ["piano", "no drums"]);
        assert_eq!(read("A harp plays without a piano."), ["harp"]);
        assert_eq!(read("A harp plays without kick and snare."), ["harp", "no drums"]);
    }

    #[test]
    fn a_negation_ends_at_a_verb_that_is_not_negated_itself() {
        for (text, facts) in [
            (
                "An instrumental without vocals featuring acoustic drums and a bass.",
                &["instrumental", "drums", "bass", "no voice"][..],
            ),
            ("It has no singer, features drums.", &["drums", "no voice"]),
            ("There is no singing, there's drums.", &["drums", "no voice"]),
            ("No vocals, played on acoustic guitar.", &["acoustic-guitar", "no voice"]),
            ("No drums are played.", &["no drums"]),
            ("Without sung vocals.", &["no voice"]),
            ("The song does not really have drums.", &["no drums"]),
            ("It doesn't feature any drums or vocals.", &["no drums", "no voice"]),
            ("The song never has a singer.", &["no voice"]),
        ] {
            assert_eq!(read(text), facts, "{text}");
        }
    }

    #[test]
    fn a_typographic_apostrophe_is_one() {
        assert_eq!(read("The song isn’t fast."), [""; 0]);
        assert_eq!(read("There aren’t any drums."), ["no drums"]);
        assert_eq!(read("A children’s choir sings."), ["children"]);
        assert_eq!(Facts::parse("The song isn’t fast.").sentences[0].text, "The song isn’t fast.");
    }

    #[test]
    fn adjectives_of_one_part_are_not_read_as_the_music_s() {
        assert_eq!(read("Soft chords on a piano."), ["piano"]);
        assert_eq!(read("A harp plays slow, soft chords."), ["harp", "slow", "quiet"]);
        assert_eq!(read("A flute plays a tune over soft harp chords."), ["flute", "harp"]);
        assert_eq!(read("An energetic drummer."), ["drums"]);
        assert_eq!(read("A gentle acoustic guitar melody."), ["gentle", "acoustic-guitar"]);
        assert_eq!(read("Rock guitars."), ["guitar"]);
        assert_eq!(
            read("Slow, calm hip hop: someone raps over drums."),
            ["slow", "calm", "hip-hop", "rap", "drums"]
        );
    }

    #[test]
    fn contradictions_are_left_out() {
        assert_eq!(read("A slow melody. The tempo is fast."), [""; 0]);
        assert_eq!(read("There are no drums. A drum beat keeps the time."), ["drums"]);
        assert_eq!(read("The recording is almost silent, with faint noise."), ["silent"]);
        assert_eq!(read("White noise."), ["white-noise"]);
        assert_eq!(read("A guitar and an electric guitar."), ["electric-guitar"]);
    }

    #[test]
    fn solos_are_those_of_one_instrument() {
        for (text, is_solo) in [
            ("A solo violin plays a slow melody.", true),
            ("A piano plays, unaccompanied.", true),
            ("This is a slow solo for piano alone.", true),
            ("Drums play with no other instruments.", true),
            ("A guitar solo over drums.", false),
            ("A piano plays over drums.", false),
        ] {
            assert_eq!(Facts::parse(text).is_solo, is_solo, "{text}");
        }
    }

    #[test]
    fn only_captions_of_known_words_are_read_in_full() {
        for (text, unread) in [
            ("A flute plays a slow, calm melody over a harp and strings.", &[][..]),
            ("A shimmering flute plays.", &["shimmering"]),
            ("A flute plays long notes long notes.", &["long", "notes", "long", "notes"]),
        ] {
            assert_eq!(Facts::parse(text).unread, unread, "{text}");
        }
    }
}
