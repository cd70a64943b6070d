//! Roles: who plays the melody, who leads a piece, and how the others accompany.
//!
//! Read for captions in other languages: "a flute plays a melody over piano chords" is more than
//! "a flute piece with a piano".

use super::lexicon;
use super::parse::Match;
use super::text::Word;
use super::{Kind, Term};

/// In what way a sound leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// It plays or sings the melody: "a flute plays a slow melody".
    Melody,
    /// The others stand behind it: "fast rock led by an electric guitar".
    Front,
}

/// How a sound plays that does not play a melody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Chords,
    Sustained,
    Arpeggios,
}

/// The roles of a caption's sounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Roles {
    pub(crate) lead: Option<(Term, Lead)>,
    /// Of whom captions say how they play.
    pub(crate) manners: Vec<(Term, Manner)>,
    /// Chords that nobody is named for: "a solo piano plays a melody over chords".
    pub(crate) over: Option<Manner>,
    /// Others that nobody names: "with accompaniment", "and other instruments".
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
            Some((term, chords)) if chords == at => roles.manners.push((term, manner)),
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

    /// Notes who plays the melody. Where it is chords, gives the player and the word for them.
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

    /// Who leads a piece: "led by X", "sung by X", "with X in front of …", "featuring X, backed
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

    /// What the word at `at` says of how somebody plays.
    fn manner(&self, at: usize, word: &str) -> Option<Manner> {
        let of_sound = self.matches.iter().find(|found| found.end == at);
        let start = of_sound.map_or(at, |found| found.start);
        let before = if start > 0 { self.word(start - 1) } else { "" };
        match word {
            "arpeggios" => Some(Manner::Arpeggios),
            "chords" => Some(match before {
                "sustained" | "held" | "long" => Manner::Sustained,
                "broken" => Manner::Arpeggios,
                _ => Manner::Chords,
            }),
            // "Sustained strings"
            "sustained" => {
                let next = self.matches.iter().find(|found| found.start == at + 1)?;
                let is_alone = self.word(next.end) != "chords";
                (next.entry.term.kind.is_sound() && is_alone).then_some(Manner::Sustained)
            }
            _ => None,
        }
    }

    /// Who plays the chords at `at`: "piano chords", "chords on a piano", "sustained strings".
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

    type Read = (Option<(&'static str, Lead)>, Vec<(&'static str, Manner)>, Option<Manner>);

    fn read(text: &str) -> Read {
        let roles = Facts::parse(text).roles;
        let manners = roles.manners.iter().map(|(term, manner)| (term.id, *manner)).collect();
        (roles.lead.map(|(term, lead)| (term.id, lead)), manners, roles.over)
    }

    #[test]
    fn who_plays_the_melody_leads() {
        let flute = Some(("flute", Lead::Melody));
        let text =
            "A flute plays a slow, calm melody over piano chords, sustained strings and bass.";
        let manners = vec![("piano", Manner::Chords), ("strings", Manner::Sustained)];
        assert_eq!(read(text), (flute, manners, None));
        let text = "A flute plays a slow tune with long synth pad chords and harp arpeggios.";
        let manners = vec![("synth-pad", Manner::Sustained), ("harp", Manner::Arpeggios)];
        assert_eq!(read(text), (flute, manners, None));
        let text = "A flute plays a fast melody, accompanied by sustained chords from a string \
            section and a bass.";
        assert_eq!(read(text), (flute, vec![("strings", Manner::Sustained)], None));
        let woman = Some(("female-voice", Lead::Melody));
        assert_eq!(read("A woman sings a fast melody over drums."), (woman, vec![], None));
    }

    #[test]
    fn who_is_in_front_leads() {
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
    fn others_that_nobody_names_are_others() {
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
        assert_eq!(read(text), (None, vec![("harp", Manner::Arpeggios)], None));
        let text = "Strings play slow, gentle held chords over drums.";
        assert_eq!(read(text), (None, vec![("strings", Manner::Sustained)], None));
        let text = "A solo piano plays a slow, gentle melody over broken chords.";
        assert_eq!(read(text), (Some(("piano", Lead::Melody)), vec![], Some(Manner::Arpeggios)));
    }
}
