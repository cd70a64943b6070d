//! Facts: what is known of a section of music, whoever says it.
//!
//! Today they are parsed from captions by the [`lexicon`]; whatever else knows instruments or a
//! tempo (a classifier's tags) adds [`Term`]s of its own. Sections, summaries and captions in
//! other languages are made from facts alone. [`Roles`] are kept for translations: sections and
//! summaries do not use them.

mod lexicon;
mod parse;
mod roles;
mod text;

#[cfg(test)]
pub(super) use lexicon::all_terms;
pub(super) use lexicon::{COMMON_WORDS, FUNCTION_WORDS, INTENSIFIERS};
pub(super) use parse::Sentence;
pub(super) use roles::{Figure, Lead, Manner, Roles};

/// What kind of thing a term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A melodic instrument.
    Instrument,
    /// Drums and other percussion.
    Drums,
    /// A voice that sings, raps or whistles.
    Voice,
    /// A sound that is no music: speech, applause, noise.
    Effect,
    /// How fast the music is.
    Tempo,
    /// How it feels.
    Mood,
    /// How loud it is.
    Loudness,
    /// Its genre.
    Genre,
    /// What sort of piece it is, apart from its genre: an instrumental.
    Form,
    /// How it was recorded.
    Recording,
    /// That there is nothing to hear.
    Silence,
}

impl Kind {
    /// Whether it is a source of sound: a noun that can enter, return or fall silent.
    pub(crate) fn is_sound(self) -> bool {
        matches!(self, Kind::Instrument | Kind::Drums | Kind::Voice | Kind::Effect)
    }

    /// Whether it is a source of music.
    pub(crate) fn is_musical(self) -> bool {
        self.is_sound() && self != Kind::Effect
    }

    /// The prefix of its terms' messages in the language files.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Kind::Instrument | Kind::Drums | Kind::Voice | Kind::Effect => "sound",
            Kind::Tempo => "tempo",
            Kind::Mood => "mood",
            Kind::Loudness => "loudness",
            Kind::Genre | Kind::Form => "genre",
            Kind::Recording => "recording",
            Kind::Silence => "silence",
        }
    }
}

/// One thing that may be true of music.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Term {
    pub(crate) kind: Kind,
    /// What terms that differ in shade alone have in common: `double-bass` and `synth-bass` are
    /// both of `bass`. Captions agree on groups.
    pub(crate) group: &'static str,
    /// Its name in the language files, after the kind's prefix.
    pub(crate) id: &'static str,
}

/// The facts of one caption.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// What is there, each once, in the order of mention: the leading sound comes first.
    pub(crate) terms: Vec<Term>,
    /// What is said to be missing: drums and voices, by their groups' general terms.
    pub(crate) absent: Vec<Term>,
    /// Whether the one sound is said to be alone.
    pub(crate) is_solo: bool,
    /// Which sound leads, and how the others accompany it.
    pub(crate) roles: Roles,
    /// The sentences that they were read from, without those that repeat without end.
    pub(super) sentences: Vec<Sentence>,
    /// Words that the lexicon does not know.
    pub(crate) unread: Vec<String>,
}

impl Facts {
    /// Reads the facts of a caption's text.
    pub(crate) fn parse(text: &str) -> Self {
        parse::facts(text)
    }

    /// Whether there is nothing to use.
    pub(super) fn is_empty(&self) -> bool {
        self.sentences.is_empty() && self.terms.is_empty() && self.absent.is_empty()
    }

    /// Whether the facts say all that the text says, so that they may stand for it.
    pub(crate) fn is_complete(&self) -> bool {
        self.unread.is_empty() && !self.terms.is_empty()
    }

    /// Terms of these kinds.
    pub(crate) fn of(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = Term> {
        self.terms.iter().copied().filter(move |term| wanted(term.kind))
    }
}
