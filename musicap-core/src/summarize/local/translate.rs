//! Captions in other languages, each rendered from its facts and roles.

use super::super::facts::{Facts, Figure, Kind, Lead, Manner, Roles, Term};
use super::super::language::Language;
use super::render::{Renderer, args, yes_or_no};
use super::sections::State;
use crate::Result;
use crate::caption::{Caption, Captions};

impl Captions {
    /// The captions in `language`, see [`Caption::translated`], and their
    /// [sections](Self::find_sections). [`language`](Self::language) is set accordingly. A summary
    /// is left unchanged; make it before translating, since it is made from English captions.
    ///
    /// # Errors
    /// [`Error::InvalidCaptions`](crate::Error::InvalidCaptions) for captions in another language than
    /// English and `language`.
    pub fn translated(&self, language: Language) -> Result<Captions> {
        let mut translated = self.clone();
        match self.known_language() {
            Some(own) if own == language => return Ok(translated),
            Some(Language::ENGLISH) => {}
            _ => {
                let why = "translations are made from the English captions";
                return Err(self.in_another_language(why));
            }
        }
        translated.captions = self.captions.iter().map(|one| one.translated(language)).collect();
        translated.sections = self.find_sections(language);
        translated.language = Some(language.code().to_owned());
        Ok(translated)
    }
}

impl Caption {
    /// An English caption in `language`. A caption with a word that has no translation stays in
    /// English and is marked: `[en] …`.
    ///
    /// The translation keeps the sounds, which of them leads, how the others accompany it, tempo,
    /// mood, loudness, genre, what is absent and how the recording sounds. It is worded
    /// idiomatically rather than word for word.
    ///
    /// ```
    /// use musicap::caption::Caption;
    /// use musicap::summarize::Language;
    ///
    /// let text = "A flute plays a slow, calm melody over piano chords.";
    /// let caption = Caption::new(0, 0.0, 10.0, text);
    /// assert_eq!(
    ///     caption.translated(Language::find("de")?).text,
    ///     "Eine Flöte spielt eine langsame, ruhige Melodie, begleitet von Klavierakkorden."
    /// );
    /// # Ok::<(), musicap::Error>(())
    /// ```
    pub fn translated(&self, language: Language) -> Caption {
        let text = match language == Language::ENGLISH {
            true => self.text.clone(),
            false => rendered(&Facts::parse(&self.text), language)
                .map(|sentences| sentences.join(language.sentence_separator()))
                .unwrap_or_else(|| format!("[en] {}", self.text)),
        };
        Caption { text, ..self.clone() }
    }
}

/// The sentences of a caption in a language, if its facts say all that it says.
pub(super) fn rendered(facts: &Facts, language: Language) -> Option<Vec<String>> {
    let count = |kind: Kind| facts.of(|other| other == kind).count();
    // Of genres and forms a piece has one.
    if !facts.is_complete() || count(Kind::Genre) + count(Kind::Form) > 1 {
        return None;
    }
    let mut state = State::of(std::slice::from_ref(facts), 0.5);
    state.moods = facts.of(|kind| kind == Kind::Mood).collect();
    // Sounds of a group are one in a section, but not in a caption: "a xylophone … glockenspiel".
    state.sounds = facts.of(Kind::is_sound).collect();
    state.sounds.sort_by_key(|term| match term.kind {
        Kind::Effect => 2,
        Kind::Drums => 1,
        _ => 0,
    });
    let renderer = Renderer::new(language.catalog());
    let mut sentences = vec![renderer.sentence(&renderer.caption(&state, &facts.roles))];
    sentences.extend(renderer.remarks(&state));
    Some(sentences)
}

impl Renderer {
    /// "A flute plays a slow, calm melody, accompanied by a piano (chords)"
    fn caption(&self, state: &State, roles: &Roles) -> String {
        let is_music = state.sounds.iter().any(|term| term.kind.is_musical());
        let lead = roles.lead.filter(|(term, _)| is_music && state.sounds.contains(term));
        match lead {
            Some((term, Lead::Melody | Lead::Figure))
                if state.genre.is_none() && state.form.is_none() =>
            {
                self.melody(term, state, roles)
            }
            Some((term, Lead::Front)) => {
                let text = self.led(term, state, roles);
                self.then_absent(text, state)
            }
            _ => {
                let text = self.whole_in_full(state, roles);
                self.then_absent(text, state)
            }
        }
    }

    fn melody(&self, lead: Term, state: &State, roles: &Roles) -> String {
        let subject = self.sounds(&[lead], "subject");
        let (with, the) = (self.sounds(&[lead], "with"), self.sounds(&[lead], "the"));
        let qualities = self.qualities(&state.qualities(), "melody");
        let is_sung = lead.kind == Kind::Voice && lead.id != "whistling";
        let mut given = args(&subject).to_vec();
        given.push(("sound", lead.id));
        given.extend([("sounds-with", &with.text[..]), ("sounds-the", &the.text)]);
        given.push(("verb", if is_sung { "sing" } else { "play" }));
        let qualities = if qualities.is_empty() { "none" } else { &qualities };
        let object = match (roles.lead, roles.manner(lead)) {
            (Some((_, Lead::Figure)), Some(manner)) => {
                // "Soft arpeggios": said of the music as one of its qualities.
                let loudness = manner.loudness.filter(|_| state.loudness.is_none());
                let figure = self.manner(Manner { loudness, ..manner }, "name");
                let class = self.attribute(manner_id(manner), "class").unwrap_or_default();
                let args = [("qualities", qualities), ("figure", &figure), ("class", &class)];
                self.message("object-figure", &args)
            }
            _ => self.message("object-melody", &[("qualities", qualities)]),
        };
        given.push(("object", &object));
        let others = accompanists(lead, state, roles);
        let is_alone = state.is_solo && others.is_empty();
        given.push(("alone", yes_or_no(is_alone)));
        let mut text = self.message("lead", &given);
        if let Some(manner) = roles.over {
            let over = self.manner(manner, "over");
            text = self.message("lead-over", &[("lead", &text), ("manner", &over)]);
        }
        if !others.is_empty() {
            let sounds = self.players(&others, roles, "with");
            let by = self.players(&others, roles, "by");
            let mut given = args(&sounds).to_vec();
            let to = self.players(&others, roles, "to");
            given.extend([("lead", &text[..]), ("sounds-by", &by.text), ("sounds-to", &to.text)]);
            text = self.message("lead-with", &given);
        }
        if !state.absent.is_empty() {
            let absent = self.absent(state);
            let [last, count] = self.absence(state);
            let given =
                [("lead", &text[..]), ("sounds", &absent), (last.0, &last.1), (count.0, &count.1)];
            text = self.message("lead-without", &given);
        }
        text
    }

    /// "A fast rock piece led by an electric guitar, with bass and drums"
    fn led(&self, lead: Term, state: &State, roles: &Roles) -> String {
        let others = accompanists(lead, state, roles);
        let qualities = state.qualities();
        let whole = self.qualified_piece(&self.genre_piece(state), &qualities);
        if others.is_empty() {
            return self.whole_in_full(state, roles);
        }
        let (by, with) = (self.sounds(&[lead], "by"), self.sounds(&[lead], "with"));
        let sounds = self.players(&others, roles, "with");
        let mut given = args(&sounds).to_vec();
        given.extend([("whole", &whole[..]), ("lead", &by.text), ("lead-with", &with.text)]);
        let subject = self.players(&others, roles, "subject");
        given.extend([("lead-last", &by.last[..]), ("sounds-subject", &subject.text)]);
        given.push(("qualified", yes_or_no(!qualities.is_empty())));
        let text = self.message("whole-led", &given);
        self.without(text, state)
    }

    /// Sentences on how the recording sounds.
    pub(super) fn remarks(&self, state: &State) -> Vec<String> {
        let remark =
            |term: &Term| self.sentence(&self.message(&format!("recording-{}", term.id), &[]));
        state.recording.iter().map(remark).collect()
    }

    /// "chords", in the form that follows "over" where that differs.
    pub(super) fn manner(&self, manner: Manner, form: &str) -> String {
        let id = manner_id(manner);
        let loudness = manner.loudness.and_then(|term| self.attribute(id, term.id));
        let own = || self.attribute(id, form).unwrap_or_else(|| self.message(id, &[]));
        loudness.unwrap_or_else(own)
    }
}

fn manner_id(manner: Manner) -> &'static str {
    match manner.figure {
        Figure::Chords => "manner-chords",
        Figure::Sustained => "manner-sustained",
        Figure::Arpeggios => "manner-arpeggios",
    }
}

/// All sounds but the leading one, those that are not named last.
fn accompanists(lead: Term, state: &State, roles: &Roles) -> Vec<Term> {
    let named = state.sounds.iter().copied().filter(|&term| term != lead);
    named.chain(roles.others).collect()
}
