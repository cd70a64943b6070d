//! Stories and facts put into a language's words, by its file in `languages`.

use super::super::facts::{Figure, Kind, Manner, Roles, Term};
use super::super::language::Catalog;
use super::sections::State;
use super::story::{Change, Event};

/// The most adjectives that a piece has.
const MAX_QUALITIES: usize = 3;

/// A list of sounds in one form, with what its verb must agree with.
pub(super) struct Sounds {
    pub(super) text: String,
    /// `one` or `other`.
    number: &'static str,
    /// The grammatical class of the first, and of the last.
    class: String,
    pub(super) last: String,
}

/// What a piece is called, who plays it if that is said after its qualities, and the sounds that
/// neither names.
struct Piece {
    name: String,
    player: Option<Term>,
    rest: Vec<Term>,
}

/// Qualities, as a message is given them that words a change of tempo in its own way.
struct Qualities {
    /// All of them in a list.
    text: String,
    /// Those but tempo, or `none`.
    moods: String,
    /// `tempo` or `loudness` alone, `mixed` for a tempo and others, `mood` for others.
    kind: &'static str,
    /// The id of the tempo, or `none`.
    tempo: &'static str,
}

impl Qualities {
    fn args(&self) -> [(&str, &str); 4] {
        let Qualities { text, moods, kind, tempo } = self;
        [("qualities", text), ("moods", moods), ("kind", kind), ("tempo", tempo)]
    }
}

/// Where a clause is in its sentence.
#[derive(Clone, Copy)]
struct Place {
    is_first: bool,
    is_last: bool,
}

/// Writes one language.
pub(super) struct Renderer {
    catalog: &'static Catalog,
}

impl Renderer {
    pub(super) fn new(catalog: &'static Catalog) -> Self {
        Renderer { catalog }
    }

    /// The message `id`, as it is. Every language has every message: a test holds them to it.
    pub(super) fn message(&self, id: &str, args: &[(&str, &str)]) -> String {
        self.catalog.text(id, args).unwrap_or_default()
    }

    /// A sentence: contracted, with a capital letter and a full stop.
    pub(super) fn sentence(&self, clause: &str) -> String {
        let text = self.catalog.contracted(&self.message("sentence", &[("clause", clause)]));
        capitalized(&text)
    }

    /// "A slow, gentle piano piece with strings and a bass, without drums"
    pub(super) fn whole(&self, state: &State) -> String {
        let mut adjectives = state.qualities();
        adjectives.truncate(MAX_QUALITIES);
        self.whole_of(state, &adjectives, &Roles::default(), false)
    }

    /// The same with all that a caption says.
    pub(super) fn whole_in_full(&self, state: &State, roles: &Roles) -> String {
        self.whole_of(state, &state.qualities(), roles, true)
    }

    fn whole_of(&self, state: &State, adjectives: &[Term], roles: &Roles, in_full: bool) -> String {
        if state.is_silent {
            return self.message("silent", &[]);
        }
        let musical: Vec<Term> =
            state.sounds.iter().copied().filter(|term| term.kind.is_musical()).collect();
        // Speech over slow music is not speech alone.
        let has_music = state.tempo.is_some() || !state.moods.is_empty() || state.genre.is_some();
        if musical.is_empty() && !state.sounds.is_empty() && !has_music {
            let sounds = self.sounds(&state.sounds, "subject");
            return self.message("only", &args(&sounds));
        }
        // What plays chords does not name a piece: "a fast piece with piano chords and a bass".
        let is_named = |lead: &Term| roles.manner(*lead).is_none();
        let is_generic = state.form.is_some() || !musical.first().is_none_or(is_named);
        let Piece { name: piece, player, mut rest } = match in_full && is_generic {
            true => Piece { name: self.genre_piece(state), player: None, rest: musical.clone() },
            false => self.piece(state, &musical),
        };
        if in_full {
            rest.extend(state.sounds.iter().filter(|term| !term.kind.is_musical()));
            rest.extend(roles.others);
        }
        let mut text = self.qualified_piece(&piece, adjectives);
        if let Some(player) = player {
            let (noun, class) = self.noun(player, "for");
            let args = [("whole", &text[..]), ("noun", &noun), ("class", &class)];
            let is_alone = state.is_solo && rest.is_empty();
            text = self.message(if is_alone { "whole-for-solo" } else { "whole-for" }, &args);
        }
        if let Some(manner) = roles.over {
            let manner = self.manner(manner, "name");
            text = self.message("manner", &[("noun", &text), ("manner", &manner)]);
        }
        if !rest.is_empty() {
            let sounds = self.players(&rest, roles, "with");
            let id = if state.is_solo && rest.len() == 1 { "whole-solo" } else { "whole-with" };
            let subject = self.players(&rest, roles, "subject");
            let mut args = args(&sounds).to_vec();
            args.extend([("whole", &text[..]), ("sounds-subject", &subject.text)]);
            args.push(("qualified", yes_or_no(!adjectives.is_empty())));
            text = self.message(id, &args);
        }
        self.without(text, state)
    }

    /// "a slow, gentle piece"
    pub(super) fn qualified_piece(&self, piece: &str, adjectives: &[Term]) -> String {
        if adjectives.is_empty() {
            return self.message("whole", &[("piece", piece)]);
        }
        let qualities = self.qualities(adjectives, "attributive");
        self.message("whole-qualities", &[("piece", piece), ("qualities", &qualities)])
    }

    /// "…, without drums or vocals", in languages that say so within the description of the whole.
    pub(super) fn without(&self, text: String, state: &State) -> String {
        if state.absent.is_empty() || !self.has("whole-without") {
            return text;
        }
        let absent = self.absent(state);
        self.message("whole-without", &[("whole", &text), ("sounds", &absent)])
    }

    /// The same after the clause, in the other languages: "…. There are no drums"
    pub(super) fn then_absent(&self, clause: String, state: &State) -> String {
        if state.absent.is_empty() || self.has("whole-without") {
            return clause;
        }
        let absent = self.absent(state);
        let [last, count] = self.absence(state);
        let args =
            [("clause", &clause[..]), ("sounds", &absent), (last.0, &last.1), (count.0, &count.1)];
        self.message("absent", &args)
    }

    /// What the verb of a sentence on what is missing agrees with.
    pub(super) fn absence(&self, state: &State) -> [(&'static str, String); 2] {
        let last = state.absent.last().map_or_else(String::new, |term| self.class(*term));
        let count = if state.absent.len() > 1 { "two" } else { "one" };
        [("last", last), ("count", count.to_owned())]
    }

    /// "drums or vocals", as they are missing.
    pub(super) fn absent(&self, state: &State) -> String {
        let nouns = state.absent.iter().map(|term| self.noun(*term, "without"));
        let joined = nouns.reduce(|(a, class), (b, last)| {
            (self.message("list-or", &[("a", &a), ("b", &b), ("class", &class)]), last)
        });
        joined.unwrap_or_default().0
    }

    /// What a piece of this genre or form is called, whoever plays it.
    pub(super) fn genre_piece(&self, state: &State) -> String {
        let named = State { sounds: Vec::new(), ..state.clone() };
        let sung: Vec<Term> =
            state.sounds.iter().copied().filter(|term| term.kind == Kind::Voice).collect();
        self.piece(&named, &sung).name
    }

    /// What a piece is called.
    fn piece(&self, state: &State, musical: &[Term]) -> Piece {
        let named = |name: String, rest: &[Term]| Piece { name, player: None, rest: rest.to_vec() };
        let is_song =
            |term: &Term| term.kind == Kind::Voice && !matches!(term.id, "whistling" | "choir");
        let is_sung = musical.iter().any(is_song);
        if let Some(genre) = state.genre {
            let id = message_id(genre);
            let song = is_sung.then(|| self.catalog.attribute(&id, "song")).flatten();
            let piece = song.or_else(|| self.catalog.attribute(&id, "piece"));
            return named(piece.unwrap_or_else(|| self.message("piece", &[])), musical);
        }
        if let [lead, rest @ ..] = musical
            && lead.kind == Kind::Instrument
            && !is_sung
        {
            // "Klavierstück", "piano piece", "morceau … pour piano", "solo piano piece"
            let is_alone = state.is_solo && rest.is_empty();
            let name = if is_alone { "solo" } else { "piece" };
            if let Some(piece) = self.catalog.attribute(&message_id(*lead), name) {
                return named(piece, rest);
            }
            if self.has("whole-for") {
                let name = self.message("piece", &[]);
                return Piece { name, player: Some(*lead), rest: rest.to_vec() };
            }
            let (noun, class) = self.noun(*lead, "for");
            let id = if is_alone { "piece-solo" } else { "piece-for" };
            return named(self.message(id, &[("noun", &noun), ("class", &class)]), rest);
        }
        let id = match (is_sung, state.form) {
            (true, _) => "song",
            (false, Some(_)) => "instrumental",
            _ => "piece",
        };
        named(self.message(id, &[]), musical)
    }

    /// "at 0:30 drums enter, and the music turns fast"
    pub(super) fn event(&self, event: &Event, time: &str, number: usize) -> String {
        if let [Change::Open(sounds), Change::AtFirst(terms)] = &event.changes[..] {
            let qualities = self.qualities_and_kind(terms, "open");
            let sounds = self.sounds(sounds, "open");
            let mut args = args(&sounds).to_vec();
            args.extend(qualities.args());
            return self.message("open-qualities", &args);
        }
        let mut text = String::new();
        for (i, change) in event.changes.iter().enumerate() {
            let place = Place { is_first: i == 0, is_last: i > 0 || event.changes.len() == 1 };
            let clause = self.change(change, place, time, number);
            text = match i {
                0 => clause,
                1 => self.message("clauses", &[("first", &text), ("second", &clause)]),
                _ => self.message("sentences", &[("first", &text), ("second", &clause)]),
            };
        }
        text
    }

    /// One clause. The first of an event has the time; the others have messages of their own, as
    /// languages order their words differently after it. Where a language's clauses end
    /// differently when another follows, it has a message for that, too.
    fn change(&self, change: &Change, place: Place, time: &str, number: usize) -> String {
        let id = |id: &str| {
            let id = format!("{id}{}", if place.is_first { "" } else { "-also" });
            let then = format!("{id}-then");
            if !place.is_last && self.has(&then) { then } else { id }
        };
        let of_sounds = |name: &str, terms: &[Term], form: &str| {
            let sounds = self.sounds(terms, form);
            let mut args = args(&sounds).to_vec();
            args.push(("time", time));
            self.message(&id(name), &args)
        };
        match change {
            Change::Open(terms) => of_sounds("open", terms, "open"),
            Change::AtFirst(terms) => {
                let qualities = self.qualities_and_kind(terms, "be");
                self.message(&id("at-first"), &qualities.args())
            }
            // Two ways to say it take turns, where a language has them.
            Change::Enter(terms) if number % 2 == 1 && place.is_first => {
                of_sounds("enter-two", terms, "subject")
            }
            Change::Enter(terms) => of_sounds("enter", terms, "subject"),
            Change::Return(terms)
                if place.is_first
                    && terms.len() >= 3
                    && terms.iter().any(|term| term.kind == Kind::Drums) =>
            {
                self.message(&id("band-returns"), &[("time", time)])
            }
            Change::Return(terms) => of_sounds("return", terms, "the"),
            Change::Follow(terms) => of_sounds("follow", terms, "subject"),
            Change::Drop(terms) => of_sounds("drop", terms, "the"),
            Change::Only(terms) => of_sounds("change", terms, "subject"),
            Change::End(terms) => of_sounds("end", terms, "the"),
            Change::Stop(term) => of_sounds("stop", &[*term], "the"),
            Change::Replace(old, new) => {
                let old_with = self.sounds(old, "with");
                let (old, new) = (self.sounds(old, "the"), self.sounds(new, "to"));
                let args = [
                    ("old-with", &old_with.text[..]),
                    ("time", time),
                    ("old", &old.text[..]),
                    ("number", old.number),
                    ("class", &old.class),
                    ("last", &old.last),
                    ("new", &new.text),
                    ("new-number", new.number),
                    ("new-last", &new.last),
                ];
                self.message(&id("replace"), &args)
            }
            Change::Silence => self.message(&id("silence"), &[("time", time)]),
            Change::Turn { qualities, from } => {
                let new = qualities.iter().find(|term| term.kind == Kind::Tempo);
                // "The music slows down" needs a tempo before.
                let step = match (from.map(|term| term.id), new.map(|term| term.id)) {
                    (Some("slow"), Some(_)) | (Some(_), Some("fast")) => "faster",
                    (Some(_), Some(_)) => "slower",
                    _ => "none",
                };
                let qualities = self.qualities_and_kind(qualities, "become");
                let mut args = qualities.args().to_vec();
                args.extend([("time", time), ("step", step)]);
                self.message(&id("turn"), &args)
            }
            Change::Genre(term) => {
                let genre = self.message(&message_id(*term), &[]);
                self.message(&id("genre"), &[("time", time), ("genre", &genre)])
            }
        }
    }

    /// "…, joined by strings and a bass at 0:10"
    pub(super) fn joined_by(&self, whole: &str, terms: &[Term], time: &str) -> String {
        let sounds = self.sounds(terms, "subject");
        let mut args = args(&sounds).to_vec();
        args.extend([("time", time), ("whole", whole)]);
        self.message("joined-by", &args)
    }

    /// "a saxophone can be heard at times"
    pub(super) fn at_times(&self, terms: &[Term]) -> String {
        self.message("at-times", &args(&self.sounds(terms, "subject")))
    }

    /// A title with the qualities that set the section apart: "piano alone, slow"
    pub(super) fn qualified(&self, title: &str, qualities: &[Term]) -> String {
        let qualities = self.qualities(qualities, "title");
        self.message("title-qualities", &[("title", title), ("qualities", &qualities)])
    }

    /// The title of a section, in lower case where it may be.
    pub(super) fn title(&self, state: &State) -> String {
        let has = |ids: &[&str]| state.sounds.iter().any(|term| ids.contains(&term.group));
        let text = if state.is_silent {
            self.message("title-silence", &[])
        } else if let [only] = state.sounds[..]
            && state.is_solo
        {
            let (sound, class) = self.noun(only, "title");
            self.message("title-alone", &[("sound", &sound), ("class", &class)])
        } else if state.sounds.len() >= 4
            && has(&["drums"])
            && has(&["bass"])
            && has(&["guitar", "electric-guitar", "distorted-guitar", "acoustic-guitar"])
        {
            self.message("title-band", &[])
        } else if state.sounds.is_empty() {
            match state.genre {
                Some(genre) => {
                    let id = message_id(genre);
                    let title = self.catalog.attribute(&id, "title");
                    title.unwrap_or_else(|| self.message(&id, &[]))
                }
                None => self.message("title-music", &[]),
            }
        } else {
            let first: Vec<Term> = state.sounds.iter().copied().take(3).collect();
            self.sounds(&first, "title").text
        };
        self.catalog.contracted(&text)
    }

    fn has(&self, id: &str) -> bool {
        self.catalog.has(id)
    }

    pub(super) fn attribute(&self, id: &str, name: &str) -> Option<String> {
        self.catalog.attribute(id, name)
    }

    /// The grammatical class of a sound.
    pub(super) fn class(&self, term: Term) -> String {
        self.noun(term, "without").1
    }

    /// A sound in a form, and its grammatical class.
    fn noun(&self, term: Term, form: &str) -> (String, String) {
        self.noun_at(term, form, 0)
    }

    /// The same at a position in a list.
    fn noun_at(&self, term: Term, form: &str, at: usize) -> (String, String) {
        let id = message_id(term);
        let class = self.catalog.attribute(&id, "class").unwrap_or_else(|| "none".into());
        let bare = self.catalog.attribute(&id, form);
        let bare = bare.unwrap_or_else(|| self.message(&id, &[]));
        let place = if at == 0 { "first" } else { "next" };
        let args =
            [("noun", &bare[..]), ("class", &class), ("kind", noun_kind(term)), ("place", place)];
        (self.message(&format!("noun-{form}"), &args), class)
    }

    /// "Piano chords": how a sound plays, as a noun in a form, and its grammatical class.
    fn played(&self, term: Term, manner: Manner, form: &str) -> (String, String) {
        let id = match manner.figure {
            Figure::Chords => "played-chords",
            Figure::Sustained => "played-sustained",
            Figure::Arpeggios => "played-arpeggios",
        };
        let sound = message_id(term);
        let of = self.catalog.attribute(&sound, &format!("of-{form}"));
        let of = of.or_else(|| self.catalog.attribute(&sound, "of"));
        let of = of.unwrap_or_else(|| self.message(&sound, &[]));
        let class = self.class(term);
        let loudness = manner.loudness.map_or("none", |term| term.id);
        let args = [("noun", &of[..]), ("class", &class), ("form", form), ("loudness", loudness)];
        let noun = self.message(id, &args);
        let class = self.catalog.attribute(id, "class").unwrap_or_else(|| "none".into());
        let args = [("noun", &noun[..]), ("class", &class), ("kind", "played"), ("place", "next")];
        (self.message(&format!("noun-{form}"), &args), class)
    }

    pub(super) fn sounds(&self, terms: &[Term], form: &str) -> Sounds {
        self.players(terms, &Roles::default(), form)
    }

    /// Sounds in a list, each with how it plays where that is known: "piano chords".
    pub(super) fn players(&self, terms: &[Term], roles: &Roles, form: &str) -> Sounds {
        // "The piano and strings" has one article.
        let listed = format!("{form}-listed");
        let form =
            if terms.len() > 1 && self.has(&format!("noun-{listed}")) { &listed } else { form };
        let noun = |(at, term): (usize, &Term)| match roles.manner(*term) {
            Some(manner) => self.played(*term, manner, form),
            None => self.noun_at(*term, form, at),
        };
        let nouns: Vec<(String, String)> = terms.iter().enumerate().map(noun).collect();
        let class = nouns.first().map_or_else(String::new, |(_, class)| class.clone());
        let last = nouns.last().map_or_else(String::new, |(_, class)| class.clone());
        // By convention classes of plurals end in p.
        let number = if nouns.len() > 1 || class.ends_with('p') { "other" } else { "one" };
        let count = if nouns.len() > 2 { "many" } else { "two" };
        let mut text = String::new();
        for (i, (noun, _)) in nouns.iter().enumerate() {
            let id = if i + 1 == nouns.len() { "list-and" } else { "list-more" };
            text = match i {
                0 => noun.clone(),
                _ => {
                    let class = &nouns[i - 1].1;
                    let args = [("a", &text[..]), ("b", noun), ("class", class), ("count", count)];
                    self.message(id, &args)
                }
            };
        }
        Sounds { text, number, class, last }
    }

    fn qualities_and_kind(&self, terms: &[Term], form: &str) -> Qualities {
        let tempo = terms.iter().find(|term| term.kind == Kind::Tempo);
        let others: Vec<Term> =
            terms.iter().copied().filter(|term| term.kind != Kind::Tempo).collect();
        let moods = match others.is_empty() {
            true => "none".to_owned(),
            false => self.qualities(&others, form),
        };
        let kind = match (tempo, &others[..]) {
            (Some(_), []) => "tempo",
            (Some(_), _) => "mixed",
            (None, [only]) if only.kind == Kind::Loudness => "loudness",
            _ => "mood",
        };
        let text = self.qualities(terms, form);
        Qualities { text, moods, kind, tempo: tempo.map_or("none", |term| term.id) }
    }

    /// "slow, gentle" (attributive), "fast and lively" (after be or become)
    pub(super) fn qualities(&self, terms: &[Term], form: &str) -> String {
        // "Un morceau calme et doux au tempo modéré": what is not one word comes after, or before,
        // those that are.
        if self.has("qualities-phrase") && matches!(form, "attributive" | "melody") {
            let is_phrase = |term: &Term| self.attribute(&message_id(*term), "phrase").is_some();
            let (phrases, words): (Vec<Term>, Vec<Term>) = terms.iter().partition(|t| is_phrase(t));
            if !phrases.is_empty() && !words.is_empty() {
                let (a, b) = (self.joined(&words, form), self.joined(&phrases, form));
                return self.message("qualities-phrase", &[("a", &a), ("b", &b)]);
            }
        }
        self.joined(terms, form)
    }

    fn joined(&self, terms: &[Term], form: &str) -> String {
        let mut text = String::new();
        for (i, &term) in terms.iter().enumerate() {
            let is_last = i + 1 == terms.len();
            let word = self.adjective(term, form, is_last);
            let id = match form {
                "melody" => "qualities-attributive".to_owned(),
                "title" => "qualities-be".to_owned(),
                _ => format!("qualities-{form}"),
            };
            text = match i {
                0 => word,
                _ if is_last => self.message(&id, &[("a", &text), ("b", &word)]),
                _ => self.message("qualities-more", &[("a", &text), ("b", &word)]),
            };
        }
        text
    }

    /// An adjective in a form. Where a language has none for melodies it is that for pieces, and
    /// for titles that after "be".
    fn adjective(&self, term: Term, form: &str, is_last: bool) -> String {
        let id = message_id(term);
        let plain = || self.message(&id, &[]);
        let by_form = |form: &str| {
            self.catalog.attribute(&id, form).or_else(|| {
                self.catalog.text(&format!("adjective-{form}"), &[("adjective", &plain())])
            })
        };
        let in_form = |form: &str| {
            let joined = (!is_last).then(|| by_form(&format!("{form}-and"))).flatten();
            joined.or_else(|| by_form(form))
        };
        let general = || match form {
            "melody" => in_form("attributive"),
            "title" | "open" => in_form("be"),
            _ => None,
        };
        in_form(form).or_else(general).unwrap_or_else(plain)
    }
}

/// What an article may depend on: a language may say "the drums enter" but "a voice enters".
fn noun_kind(term: Term) -> &'static str {
    match term.kind {
        // Nobody says "the hand claps enter".
        Kind::Drums if term.id == "claps" => "effect",
        Kind::Drums => "drums",
        Kind::Voice => "voice",
        Kind::Effect => "effect",
        _ => "instrument",
    }
}

pub(super) fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

fn message_id(term: Term) -> String {
    format!("{}-{}", term.kind.prefix(), term.id)
}

pub(super) fn args(sounds: &Sounds) -> [(&str, &str); 4] {
    [
        ("sounds", &sounds.text),
        ("number", sounds.number),
        ("class", &sounds.class),
        ("last", &sounds.last),
    ]
}

pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
