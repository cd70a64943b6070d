//! Writes what may truly be said of a score in plain English.
//!
//! A caption tells the families that play, their roles, the tempo, the drums or their absence,
//! and a mood that tempo and loudness bear out. It never tells mode, register or articulation,
//! which the model does not learn to hear.

use crate::rng::Rng;
use crate::family::Family;
use crate::nonmusic::Kind;
use crate::score::{Part, Role, Score, Style};
use crate::wording::Wording;
use crate::words::{self, Noun};

/// Captions kept for each clip, to compare others with.
pub const VARIANTS: usize = 12;

/// `VARIANTS` captions of a score.
pub fn variants(score: &Score, rng: &mut Rng) -> Vec<String> {
    (0..VARIANTS).map(|_| write(score, rng)).collect()
}

/// One caption of 10 to 36 words.
pub fn write(score: &Score, rng: &mut Rng) -> String {
    let mut best = String::new();
    for _ in 0..12 {
        best = draft(score, &mut Wording::Varied(rng));
        if (10..=36).contains(&best.split_whitespace().count()) {
            break;
        }
    }
    best
}

/// The caption that the trainer teaches: its words follow from what is heard.
pub fn steady(score: &Score) -> String {
    let lead = score.parts.first().and_then(|part| part.family);
    draft(score, &mut Wording::Steady(lead))
}

fn draft(score: &Score, wording: &mut Wording) -> String {
    if score.is_silent() {
        return silence(wording);
    }
    if score.families().is_empty() {
        return drums_alone(score, wording);
    }
    let mut text = Draft { score, sentences: Vec::new(), tempo_told: false, mood_told: false };
    if score.families().len() == 1 {
        text.solo(wording);
    } else if wording.chance(0.65) {
        text.led(wording);
    } else {
        text.listed(wording);
    }
    text.drums(wording);
    text.close(wording);
    text.sentences.join(" ")
}

/// A caption on its way: sentences so far, and what they have told.
struct Draft<'a> {
    score: &'a Score,
    sentences: Vec<String>,
    tempo_told: bool,
    mood_told: bool,
}

impl Draft<'_> {
    fn say(&mut self, sentence: String) {
        let mut letters = sentence.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        self.sentences.push(format!("{}{}.", first.unwrap_or_default(), letters.as_str()));
    }

    /// "slow, gentle", "slow" or nothing.
    fn adjectives(&mut self, wording: &mut Wording) -> String {
        let tempo = wording.one(words::tempo_adjectives(self.score.tempo));
        let mood = self.mood(wording);
        match wording.index(4) {
            0 => String::new(),
            1 => {
                self.tempo_told = true;
                format!("{tempo} ")
            }
            _ => {
                self.tempo_told = true;
                self.mood_told = true;
                if wording.chance(0.6) {
                    format!("{tempo}, {mood} ")
                } else {
                    format!("{tempo} and {mood} ")
                }
            }
        }
    }

    fn mood(&self, wording: &mut Wording) -> &'static str {
        wording.one(words::moods(self.score.tempo, self.score.dynamics))
    }

    /// One family alone.
    fn solo(&mut self, wording: &mut Wording) {
        let lead = &self.score.parts[0];
        let noun = name(lead, wording);
        let company: Vec<Role> = self.score.parts[1..]
            .iter()
            .filter(|part| part.family.is_some())
            .map(|part| part.role)
            .collect();
        let orchestra = lead.family == Some(Family::Strings) && !company.is_empty();
        if self.score.has_drums() {
            let played = self.played(noun, &company, wording);
            self.say(played);
        } else if orchestra && wording.chance(0.3) {
            let piece = article(&self.adjectives(wording), "piece");
            self.say(format!("a string orchestra plays {piece} on its own"));
        } else if wording.chance(0.25) {
            let kind = wording.one(&["piece", "solo", "passage"]);
            let piece = article(&self.adjectives(wording), kind);
            self.say(format!("this is {piece} for {} alone", noun.text));
        } else {
            let played = self.played(noun, &company, wording);
            match wording.index(3) {
                0 if !noun.plural => self.say(played.replacen(
                    &with_article(noun),
                    &format!("a solo {}", noun.text),
                    1,
                )),
                1 => self.say(format!("{played}, unaccompanied")),
                _ => self.say(format!("{played}, alone")),
            }
        }
    }

    /// "a piano plays a slow melody with chords"
    fn played(&mut self, noun: Noun, company: &[Role], wording: &mut Wording) -> String {
        let verb = verb(&self.score.parts[0], noun, wording);
        let what = self.what_the_lead_plays(wording);
        let with = match company.first() {
            Some(Role::Chords) if wording.chance(0.6) => " with chords",
            Some(Role::Arpeggio) if wording.chance(0.6) => " with arpeggios",
            Some(Role::Pad) if wording.chance(0.6) => " over long chords",
            _ => "",
        };
        format!("{} {verb} {what}{with}", with_article(noun))
    }

    fn what_the_lead_plays(&mut self, wording: &mut Wording) -> String {
        let adjectives = self.adjectives(wording);
        match self.score.parts[0].role {
            Role::Pad => format!(
                "{adjectives}{}",
                wording.one(&["long chords", "sustained chords", "held chords"])
            ),
            Role::Chords => format!("{adjectives}chords"),
            Role::Arpeggio => {
                format!("{adjectives}{}", wording.one(&["arpeggios", "broken chords"]))
            }
            Role::Bass => article(&adjectives, wording.one(&["line", "bass line"])),
            _ => article(&adjectives, wording.one(&["melody", "melody", "tune"])),
        }
    }

    /// The leading instrument first, then its company.
    fn led(&mut self, wording: &mut Wording) {
        let lead = &self.score.parts[0];
        let noun = name(lead, wording);
        let what = self.what_the_lead_plays(wording);
        let verb = verb(lead, noun, wording);
        let company = list(&self.company(wording));
        let opening = format!("{} {verb} {what}", with_article(noun));
        match wording.index(4) {
            0 => self.say(format!("{opening} over {company}")),
            1 => self.say(format!("{opening}, accompanied by {company}")),
            2 => self.say(format!("{opening} with {company}")),
            _ => {
                self.say(opening);
                let phrase = wording.one(&[
                    "it is accompanied by",
                    "the accompaniment is played by",
                    "it is backed by",
                ]);
                let plain: Vec<String> =
                    self.other_parts().map(|part| with_article(name(part, wording))).collect();
                self.say(format!("{phrase} {}", list(&plain)));
            }
        }
    }

    /// All instruments in one list.
    fn listed(&mut self, wording: &mut Wording) {
        let mut names = vec![with_article(name(&self.score.parts[0], wording))];
        names.extend(self.other_parts().map(|part| with_article(name(part, wording))));
        let names = list(&names);
        let adjectives = self.adjectives(wording);
        let kind = self.kind(wording);
        let piece = article(&adjectives, kind);
        match wording.index(3) {
            0 => self.say(format!("this is {piece} with {names}")),
            1 => self.say(format!("{piece} performed by {names}")),
            _ => self.say(format!("{piece} featuring {names}")),
        }
    }

    fn kind(&self, wording: &mut Wording) -> &'static str {
        let styled = match self.score.style {
            Style::Orchestral => "orchestral piece",
            Style::Rock if self.score.has_drums() => "rock piece",
            Style::Electronic if self.score.has_drums() => "electronic piece",
            Style::Jazz if self.score.has_drums() => "jazz piece",
            Style::Ambient => "ambient piece",
            _ if self.is_sung() => "song",
            _ => "instrumental piece",
        };
        match wording.index(10) {
            0..6 => styled,
            6 | 7 if !self.is_sung() => "instrumental",
            _ => wording.one(&["piece", "piece of music"]),
        }
    }

    fn is_sung(&self) -> bool {
        self.score.families().iter().any(|family| matches!(family, Family::Choir | Family::Voice))
    }

    /// Melodic parts but the lead and whatever repeats a family.
    fn other_parts(&self) -> impl Iterator<Item = &Part> {
        let mut told = vec![self.score.parts[0].family];
        self.score.parts[1..].iter().filter(move |part| {
            let new = part.family.is_some() && !told.contains(&part.family);
            told.push(part.family);
            new
        })
    }

    /// The other parts by what they do.
    fn company(&self, wording: &mut Wording) -> Vec<String> {
        self.other_parts()
            .map(|part| {
                let noun = name(part, wording);
                let plain = with_article(noun);
                let soft = match words::loudness(self.score.dynamics) {
                    adjectives if !adjectives.is_empty() && wording.chance(0.25) => {
                        format!("{} ", wording.one(adjectives))
                    }
                    _ => String::new(),
                };
                match part.role {
                    _ if wording.chance(0.4) => plain,
                    Role::Chords => format!("{soft}chords on {plain}"),
                    Role::Arpeggio => format!("{soft}arpeggios on {plain}"),
                    Role::Pad if noun.plural => format!("sustained {}", noun.text),
                    Role::Pad => format!(
                        "{}chords from {plain}",
                        wording.one(&["long ", "sustained ", "held "])
                    ),
                    _ => plain,
                }
            })
            .collect()
    }

    fn drums(&mut self, wording: &mut Wording) {
        let Some(groove) = self.score.groove else {
            if wording.chance(0.35) {
                let absent = [
                    "there are no drums",
                    "there is no percussion",
                    "the music is played without drums",
                ];
                self.say(wording.one(&absent).to_owned());
            }
            return;
        };
        let noun = if wording.chance(0.45) {
            wording.one(words::drum_nouns(groove))
        } else {
            wording.one(&words::DRUMS)
        };
        let (keep, drive) = if noun.plural { ("keep", "drive") } else { ("keeps", "drives") };
        let text = noun.text;
        match wording.index(4) {
            0 => self.say(format!("{text} {keep} the time")),
            1 => self.say(format!("{text} {drive} the rhythm")),
            2 => self.say(format!("the rhythm comes from {text}")),
            _ => {
                let last = self.sentences.pop().unwrap_or_default();
                let joined = format!("{} with {text}", last.trim_end_matches('.'));
                self.sentences.push(format!("{joined}."));
            }
        }
    }

    /// Whatever is not told yet.
    fn close(&mut self, wording: &mut Wording) {
        let tempo = wording.one(words::tempo_names(self.score.tempo));
        let mood = self.mood(wording);
        let loudness = words::loudness(self.score.dynamics);
        match (self.tempo_told, self.mood_told) {
            (false, _) => match wording.index(3) {
                0 => self.say(format!("the tempo is {tempo}")),
                1 => self.say(format!("the tempo is {tempo} and the mood is {mood}")),
                _ => {
                    let adjective = wording.one(words::tempo_adjectives(self.score.tempo));
                    self.say(format!("the music is {adjective} and {mood}"));
                }
            },
            (true, false) if wording.chance(0.6) => {
                self.say(format!(
                    "{} {mood}",
                    wording.one(&["the mood is", "the music feels", "it sounds"])
                ));
            }
            (true, true) if !loudness.is_empty() && wording.chance(0.3) => {
                self.say(format!("the music is {}", wording.one(loudness)));
            }
            _ => {}
        }
    }
}

fn drums_alone(score: &Score, wording: &mut Wording) -> String {
    let noun =
        score.groove.map_or(words::DRUMS[0], |groove| wording.one(words::drum_nouns(groove)));
    let tempo = wording.one(words::tempo_names(score.tempo));
    let mood = wording.one(words::moods(score.tempo, score.dynamics));
    let verb = if noun.plural { "play" } else { "plays" };
    let mut text = match wording.index(2) {
        0 => format!(
            "{} {verb} alone, with no other instruments. The tempo is {tempo} and the feel is {mood}.",
            noun.text
        ),
        _ => format!(
            "{} without any melodic instruments. The rhythm is {mood} and the tempo is {tempo}.",
            noun.text
        ),
    };
    text[..1].make_ascii_uppercase();
    text
}

/// Captions of a clip that is not music, in different words.
pub fn without_music_variants(kind: Kind, woman: Option<bool>, rng: &mut Rng) -> Vec<String> {
    (0..VARIANTS).map(|_| rng.one(&without_music_wordings(kind, woman)).to_owned()).collect()
}

/// The caption of a clip that is not music.
pub fn without_music(kind: Kind, woman: Option<bool>) -> String {
    without_music_wordings(kind, woman)[0].to_owned()
}

fn without_music_wordings(kind: Kind, woman: Option<bool>) -> [&'static str; 3] {
    match (kind, woman) {
        (Kind::Music | Kind::Silence, _) => [
            "Silence, apart from faint background noise. There is no music.",
            "The recording is almost silent. There is no music.",
            "Near silence with a little noise. There is no music.",
        ],
        (Kind::WhiteNoise, _) => [
            "White noise. There is no music.",
            "A steady hiss of white noise. There is no music.",
            "Nothing but white noise.",
        ],
        (Kind::PinkNoise, _) => [
            "Pink noise. There is no music.",
            "A soft, even rush of pink noise. There is no music.",
            "Nothing but pink noise.",
        ],
        (Kind::BrownNoise, _) => [
            "Low, rumbling noise. There is no music.",
            "A deep rumble of noise. There is no music.",
            "Nothing but low, rumbling noise.",
        ],
        (Kind::Tone, _) => [
            "A single electronic tone. There is no music.",
            "An electronic test tone. There is no music.",
            "Nothing but a single tone.",
        ],
        (Kind::Applause, _) => [
            "Applause. There is no music.",
            "An audience claps. There is no music.",
            "The clapping of an audience, without any music.",
        ],
        (Kind::Speech, Some(true)) => [
            "A woman is speaking. There is no music.",
            "A woman speaks, without any music.",
            "Speech: a woman talks. There is no music.",
        ],
        (Kind::Speech, _) => [
            "A man is speaking. There is no music.",
            "A man speaks, without any music.",
            "Speech: a man talks. There is no music.",
        ],
    }
}

fn silence(wording: &mut Wording) -> String {
    wording.one(&[
        "The recording is almost silent. Only a faint background noise can be heard, and no music is playing.",
        "There is hardly anything to hear, only silence with a little noise. No instruments are playing.",
        "This part is silent apart from faint noise. There is no music and no instruments play.",
    ])
    .to_owned()
}

/// A name for a part's instrument: of its family, or closer where the program has one.
fn name(part: &Part, wording: &mut Wording) -> Noun {
    let Some(family) = part.family else { return words::DRUMS[0] };
    let close = words::program_nouns(part.program);
    // A viola is no violin, a brass section no single brass instrument.
    let only_close = matches!(part.program, 41 | 61 | 108 | 109 | 114);
    let own = words::family_nouns(family);
    let closer = match wording.is_steady() {
        true => own[0].text.ends_with("instrument"),
        false => wording.chance(0.7),
    };
    wording.one(if !close.is_empty() && (only_close || closer) { close } else { own })
}

fn verb(part: &Part, noun: Noun, wording: &mut Wording) -> &'static str {
    match (part.family, noun.plural) {
        (Some(Family::Choir | Family::Voice), false) => "sings",
        (Some(Family::Choir), true) => "sing",
        (_, true) => "play",
        (_, false) if part.role == Role::Pad && wording.chance(0.3) => "holds",
        _ => "plays",
    }
}

/// "a piano", "an organ", "bells".
pub fn with_article(noun: Noun) -> String {
    if noun.plural { noun.text.to_owned() } else { article("", noun.text) }
}

/// "a slow melody", "an organ".
fn article(adjectives: &str, noun: &str) -> String {
    let phrase = format!("{adjectives}{noun}");
    let vowel = phrase.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']);
    format!("{} {phrase}", if vowel { "an" } else { "a" })
}

fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::compose;
    use crate::rng::Purpose;
    use crate::plan::Plan;

    fn captioned(index: u64) -> (Score, Vec<String>) {
        let mut rng = Rng::new(11, index, Purpose::Compose);
        let plan = Plan::random(&mut rng);
        let score = compose(&plan, 12.0, &mut rng);
        let mut captions = variants(&score, &mut Rng::new(11, index, Purpose::Caption));
        captions.push(steady(&score));
        (score, captions)
    }

    #[test]
    fn captions_name_every_family_of_the_score_and_no_other() {
        for index in 0..500 {
            let (score, captions) = captioned(index);
            for caption in captions {
                let reading = words::read(&caption);
                let mut told = reading.families.clone();
                let mut played = score.families();
                told.sort();
                played.sort();
                assert_eq!(told, played, "{caption}");
                assert_eq!(reading.drums, score.has_drums(), "{caption}");
                assert_eq!(reading.silent, score.is_silent(), "{caption}");
                if !score.is_silent() {
                    assert_eq!(reading.tempo, Some(score.tempo), "{caption}");
                }
            }
        }
    }

    #[test]
    fn captions_are_sentences_of_reasonable_length() {
        for index in 0..300 {
            for caption in captioned(index).1 {
                let count = caption.split_whitespace().count();
                assert!((7..=42).contains(&count), "{count}: {caption}");
                assert!(
                    caption.ends_with('.') && caption.starts_with(|c: char| c.is_uppercase()),
                    "{caption}"
                );
                assert!(
                    !caption.contains("  ") && !caption.contains(" .") && !caption.contains(".."),
                    "{caption}"
                );
                assert!(!caption.contains("a a ") && !caption.contains(" a e"), "{caption}");
            }
        }
    }

    #[test]
    fn steady_captions_have_one_name_for_each_instrument_that_leads() {
        let mut names = std::collections::HashMap::new();
        for index in 0..500 {
            let (score, _) = captioned(index);
            let Some(lead) = score.parts.first().filter(|lead| lead.family.is_some()) else {
                continue;
            };
            let family = words::family_nouns(lead.family.unwrap());
            let known = family.iter().chain(words::program_nouns(lead.program));
            let caption = steady(&score).to_lowercase();
            // A string section without other instruments.
            if caption.contains("string orchestra") {
                continue;
            }
            let said = known
                .map(|noun| noun.text)
                .filter(|noun| caption.contains(&noun.to_lowercase()))
                .max_by_key(|noun| noun.len());
            assert_eq!(
                *names.entry((lead.family, lead.program)).or_insert(said),
                said,
                "{caption}"
            );
        }
        assert!(names.len() > 50);
    }

    #[test]
    fn captions_follow_from_the_seed() {
        assert_eq!(captioned(3).1, captioned(3).1);
    }
}
