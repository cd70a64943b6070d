//! Roles: which sound has the melody or leads the piece, and how the others accompany it.
//!
//! Read for captions in other languages: "a flute plays a melody over piano chords" is more than
//! "a flute piece with a piano".

use super::lexicon::{self, Match};
use super::term::{Kind, Term};
use super::text::Word;

/// In what way a sound leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// It plays or sings the melody: "a flute plays a slow melody".
    Melody,
    /// It plays chords or arpeggios, by its [`Manner`]: "a harp plays slow arpeggios".
    Figure,
    /// It is in front of the others: "fast rock led by an electric guitar".
    Front,
}

/// How a sound plays that does not play a melody: "soft sustained chords".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) figure: Figure,
    /// Of these chords, not of the music.
    pub(crate) loudness: Option<Term>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Chords,
    Sustained,
    Arpeggios,
}

/// Words between an adjective and "chords".
const QUALIFIERS: &[&str] = &["sustained", "held", "long", "broken", "and"];

/// Whether an adjective that ends at `end` is one of chords or arpeggios, and so of a [`Manner`].
pub(super) fn is_of_chords(words: &[Word], matches: &[Match], end: usize) -> bool {
    let is_between = |at: usize| {
        QUALIFIERS.contains(&&words[at].text[..])
            || matches.iter().any(|found| (found.start..found.end).contains(&at))
    };
    let next = (end..words.len()).find(|&at| !is_between(at));
    next.is_some_and(|at| ["chords", "arpeggios"].contains(&&words[at].text[..]))
}

/// The roles of a caption's sounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Roles {
    pub(crate) lead: Option<(Term, Lead)>,
    /// The sounds whose manner of playing is stated.
    pub(crate) manners: Vec<(Term, Manner)>,
    /// Chords whose player is not named: "a solo piano plays a melody over chords".
    pub(crate) over: Option<Manner>,
    /// Further instruments that are not named: "with accompaniment", "and other instruments".
    pub(crate) others: Option<Term>,
}

impl Roles {
    pub(crate) fn manner(&self, term: Term) -> Option<Manner> {
        self.manners.iter().find(|(other, _)| *other == term).map(|(_, manner)| *manner)
    }
}

/// Reads the roles of a sentence.
pub(super) fn read(words: &[Word], matches: &[Match], roles: &mut Roles) {
    let sentence = Sentence { words, matches };
    let of_lead = sentence.melody(roles).or_else(|| {
        roles.lead = roles.lead.or_else(|| sentence.front().map(|term| (term, Lead::Front)));
        None
    });
    let is_others = |at: usize| match sentence.word(at) {
        "accompaniment" => true,
        "instruments" if at > 1 => {
            sentence.word(at - 1) == "other" && sentence.word(at - 2) != "no"
        }
        _ => false,
    };
    if (0..words.len()).any(is_others) {
        roles.others = lexicon::by_id(Kind::Instrument, lexicon::OTHERS);
    }
    for (at, word) in words.iter().enumerate() {
        let Some(manner) = sentence.manner(at, &word.text) else { continue };
        match of_lead {
            Some((term, chords)) if chords == at => {
                roles.manners.push((term, manner));
                roles.lead = roles.lead.or(Some((term, Lead::Figure)));
            }
            _ => match sentence.player(at) {
                Some(term) => roles.manners.push((term, manner)),
                None => roles.over = Some(manner),
            },
        }
    }
}

struct Sentence<'a> {
    words: &'a [Word],
    matches: &'a [Match],
}

impl Sentence<'_> {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &word.text)
    }

    fn sound(&self, is_it: impl Fn(&&Match) -> bool) -> Option<Term> {
        let is_sound = |found: &&Match| found.entry.term.kind.is_sound() && is_it(found);
        self.matches.iter().find(is_sound).map(|found| found.entry.term)
    }

    /// Records which sound has the melody. If it plays chords instead, returns the sound and the
    /// position of that word.
    fn melody(&self, roles: &mut Roles) -> Option<(Term, usize)> {
        let is_verb = |word: &Word| matches!(&word.text[..], "plays" | "play" | "sings" | "sing");
        let verb = self.words.iter().position(is_verb)?;
        let player = self.sound(|found| found.end == verb)?;
        let is_adjective = |at: usize| {
            let skipped = ["sustained", "held", "broken", "long", "a", "an", "the"];
            skipped.contains(&self.word(at))
                || lexicon::INTENSIFIERS.contains(&self.word(at))
                || self.matches.iter().any(|found| {
                    !found.entry.term.kind.is_sound() && (found.start..found.end).contains(&at)
                })
        };
        let object = (verb + 1..self.words.len()).find(|&at| !is_adjective(at))?;
        match self.word(object) {
            "melody" | "tune" => roles.lead = roles.lead.or(Some((player, Lead::Melody))),
            "chords" | "arpeggios" => return Some((player, object)),
            _ => {}
        }
        None
    }

    /// The sound that leads a piece: "led by X", "sung by X", "with X in front of …", "featuring X, backed
    /// by …", "with vocals over …".
    fn front(&self) -> Option<Term> {
        let after = |at: usize| self.sound(|found| found.start >= at && found.start <= at + 2);
        (0..self.words.len()).find_map(|at| match (self.word(at), self.word(at + 1)) {
            ("led" | "sung", "by") => after(at + 2),
            ("in", "front") => self.sound(|found| found.end == at),
            ("featuring", _) if self.words.iter().any(|word| word.text == "backed") => {
                after(at + 1)
            }
            ("with", _) => self.sound(|found| {
                let is_voice = found.entry.term.kind == Kind::Voice;
                let starts = found.start == at + 1 || found.start == at + 2;
                is_voice && starts && self.word(found.end) == "over"
            }),
            _ => None,
        })
    }

    /// The manner of playing that the word at `at` states.
    fn manner(&self, at: usize, word: &str) -> Option<Manner> {
        let is_player = |found: &&Match| found.entry.term.kind.is_sound() && found.end == at;
        let of_sound = self.matches.iter().find(is_player);
        let start = of_sound.map_or(at, |found| found.start);
        let before = if start > 0 { self.word(start - 1) } else { "" };
        let figure = match word {
            "arpeggios" => Figure::Arpeggios,
            "chords" => match before {
                "sustained" | "held" | "long" => Figure::Sustained,
                "broken" => Figure::Arpeggios,
                _ => Figure::Chords,
            },
            // "Sustained strings"
            "sustained" => {
                let next = self.matches.iter().find(|found| found.start == at + 1)?;
                let is_alone = self.word(next.end) != "chords";
                (next.entry.term.kind.is_sound() && is_alone).then_some(Figure::Sustained)?
            }
            _ => return None,
        };
        let loudness = self.matches.iter().rev().find(|found| found.end <= start).filter(|found| {
            let is_between = |at: usize| QUALIFIERS.contains(&self.word(at));
            found.entry.term.kind == Kind::Loudness && (found.end..start).all(is_between)
        });
        Some(Manner { figure, loudness: loudness.map(|found| found.entry.term) })
    }

    /// The sound that plays the chords at `at`: "piano chords", "chords on a piano", "sustained strings".
    fn player(&self, at: usize) -> Option<Term> {
        if self.word(at) == "sustained" {
            return self.sound(|found| found.start == at + 1);
        }
        let is_linked = ["on", "from", "of", "by", "played"].contains(&self.word(at + 1));
        self.sound(|found| found.end == at)
            .or_else(|| self.sound(|found| is_linked && (at + 2..=at + 4).contains(&found.start)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    const CHORDS: Manner = Manner { figure: Figure::Chords, loudness: None };
    const SUSTAINED: Manner = Manner { figure: Figure::Sustained, loudness: None };
    const ARPEGGIOS: Manner = Manner { figure: Figure::Arpeggios, loudness: None };

    type Read = (Option<(&'static str, Lead)>, Vec<(&'static str, Manner)>, Option<Manner>);

    fn read(text: &str) -> Read {
        let roles = Facts::parse(text).roles;
        let manners = roles.manners.iter().map(|(term, manner)| (term.id, *manner)).collect();
        (roles.lead.map(|(term, lead)| (term.id, lead)), manners, roles.over)
    }

    #[test]
    fn the_sound_with_the_melody_leads() {
        let flute = Some(("flute", Lead::Melody));
        let text =
            "A flute plays a slow, calm melody over piano chords, sustained strings and bass.";
        let manners = vec![("piano", CHORDS), ("strings", SUSTAINED)];
        assert_eq!(read(text), (flute, manners, None));
        let text = "A flute plays a slow tune with long synth pad chords and harp arpeggios.";
        let manners = vec![("synth-pad", SUSTAINED), ("harp", ARPEGGIOS)];
        assert_eq!(read(text), (flute, manners, None));
        let text = "A flute plays a fast melody, accompanied by sustained chords from a string \
            section and a bass.";
        assert_eq!(read(text), (flute, vec![("strings", SUSTAINED)], None));
        let woman = Some(("female-voice", Lead::Melody));
        assert_eq!(read("A woman sings a fast melody over drums."), (woman, vec![], None));
    }

    #[test]
    fn the_sound_in_front_leads() {
        for text in [
            "Fast, lively rock led by electric guitar, with bass and drums.",
            "Fast, lively rock with electric guitar in front of bass and drums.",
            "Fast, lively rock featuring electric guitar, backed by bass and drums.",
        ] {
            assert_eq!(read(text).0, Some(("electric-guitar", Lead::Front)), "{text}");
        }
        for text in [
            "Fast, lively rock with male vocals over bass and drums.",
            "Fast, lively rock sung by a male singer over bass and drums.",
        ] {
            assert_eq!(read(text).0, Some(("male-voice", Lead::Front)), "{text}");
        }
        for text in [
            "A fast piece featuring an organ and a cello.",
            "A fast orchestral piece with a flute and bells.",
            "This is a slow solo for piano alone.",
        ] {
            assert_eq!(read(text).0, None, "{text}");
        }
    }

    #[test]
    fn unnamed_accompaniment_is_other_instruments() {
        for (text, has_others) in [
            ("A flute plays a slow tune over drums and other instruments.", true),
            ("A flute plays a slow tune with accompaniment.", true),
            ("Drums, fast and lively, with no other instruments.", false),
        ] {
            assert_eq!(Facts::parse(text).roles.others.is_some(), has_others, "{text}");
        }
    }

    #[test]
    fn chords_have_a_player_or_are_the_lead_s_own() {
        let text = "A harp plays slow, gentle arpeggios, unaccompanied.";
        assert_eq!(read(text), (Some(("harp", Lead::Figure)), vec![("harp", ARPEGGIOS)], None));
        let text = "Strings play slow, gentle held chords over drums.";
        let strings = Some(("strings", Lead::Figure));
        assert_eq!(read(text), (strings, vec![("strings", SUSTAINED)], None));
        let text = "A solo piano plays a slow, gentle melody over broken chords.";
        assert_eq!(read(text), (Some(("piano", Lead::Melody)), vec![], Some(ARPEGGIOS)));
    }

    #[test]
    fn chords_may_be_soft_while_the_music_is_not() {
        let text = "A flute plays a slow melody with soft chords on a piano and loud broken chords \
            on a harp.";
        let facts = Facts::parse(text);
        let of = |id: &str| {
            let found = facts.roles.manners.iter().find(|(term, _)| term.id == id);
            found.and_then(|(_, manner)| manner.loudness).map(|term| term.id)
        };
        assert_eq!((of("piano"), of("harp")), (Some("quiet"), Some("loud")));
        assert!(facts.is_complete() && facts.of(|kind| kind == Kind::Loudness).count() == 0);
    }
}
