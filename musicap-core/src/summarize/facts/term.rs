//! What a fact names: a sound, a tempo, a mood, a genre.

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
