//! Writes what may truly be said of a score in plain English, as a reviewer would.
//!
//! A caption names the families that play, their roles, the tempo, the drums, who sings, the
//! genre where style and players show it, and a mood that tempo and loudness support; then how
//! the recording sounds, where it is not clean. It never tells mode, register or articulation,
//! which the model does not learn to tell apart.

use crate::clip::Record;
use crate::family::{Family, Production};
use crate::nonmusic::Kind;
use crate::recording::Quality;
use crate::rng::Rng;
use crate::score::{Dynamics, Groove, Role, Score, Style, Tempo};
use crate::wording::Wording;
use crate::words::{self, Noun};
use musicap::facts::VoiceKind;

/// Captions kept for each clip, to compare others with.
pub const VARIANTS: usize = 12;

/// What a caption is written from.
#[derive(Clone, Debug)]
pub struct Scene {
    pub tempo: Tempo,
    pub dynamics: Dynamics,
    pub style: Style,
    pub groove: Option<Groove>,
    /// In order of importance.
    pub parts: Vec<ScenePart>,
    pub voice: Option<VoiceKind>,
    /// Whether whoever speaks or raps is a woman; None where it is not said.
    pub woman: Option<bool>,
    pub quality: Option<Quality>,
    /// The genre that style and players show.
    pub genre: Option<&'static str>,
    /// Whether parts were left out, so that nobody is said to play alone.
    pub partial: bool,
}

/// A part of a [`Scene`].
#[derive(Clone, Copy, Debug)]
pub struct ScenePart {
    pub role: Role,
    /// None for drums.
    pub family: Option<Family>,
    pub program: u8,
    /// Named by its class, as its family is hard to tell.
    pub vague: bool,
}

impl Scene {
    /// What a score says, all families named.
    pub fn of_score(score: &Score) -> Self {
        let parts = score.parts.iter().map(|part| ScenePart {
            role: part.role,
            family: part.family,
            program: part.program,
            vague: false,
        });
        Self {
            tempo: score.tempo,
            dynamics: score.dynamics,
            style: score.style,
            groove: score.groove,
            parts: parts.collect(),
            voice: None,
            woman: None,
            quality: None,
            genre: None,
            partial: false,
        }
        .with_genre()
    }

    /// All that the record of a rendered clip says.
    pub fn of_record(record: &Record) -> Self {
        let parts = record.parts.iter().map(|part| ScenePart {
            role: part.role,
            family: part.family,
            program: part.program,
            vague: false,
        });
        Self {
            tempo: record.tempo,
            dynamics: record.dynamics,
            style: record.style,
            groove: record.groove,
            parts: parts.collect(),
            voice: record.voice_kind,
            woman: record.woman,
            quality: record.quality,
            genre: None,
            partial: false,
        }
        .with_genre()
    }

    fn with_genre(mut self) -> Self {
        self.genre = genre(&self);
        self
    }

    /// The same with less of it said: parts named by their class or left out, the singer's sex,
    /// the genre or the recording unsaid. What a caption may leave out in training, the search
    /// can leave out where the tag head is not sure.
    pub fn with_less(&self, rng: &mut Rng) -> Self {
        let mut scene = self.clone();
        let mut kept = Vec::new();
        for (place, part) in self.parts.iter().enumerate() {
            let Some(family) = part.family else {
                kept.push(*part);
                continue;
            };
            let mut part = *part;
            let has_class = !words::classes(family).is_empty() && family != Family::Voice;
            if rng.chance(0.35) {
                if has_class && (place == 0 || rng.chance(0.6)) {
                    part.vague = true;
                } else if place > 0 {
                    scene.partial = true;
                    continue;
                }
            }
            kept.push(part);
        }
        scene.parts = kept;
        if rng.chance(0.3) {
            scene.woman = None;
            if matches!(scene.voice, Some(VoiceKind::Man | VoiceKind::Woman)) {
                scene.voice = None;
            }
        }
        if rng.chance(0.3) {
            scene.genre = None;
        }
        if rng.chance(0.3) {
            scene.quality = None;
        }
        scene
    }

    fn has_drums(&self) -> bool {
        self.parts.iter().any(|part| part.role == Role::Drums)
    }

    /// Melodic parts, each family once.
    fn players(&self) -> Vec<ScenePart> {
        let mut players: Vec<ScenePart> = Vec::new();
        for part in self.parts.iter().filter(|part| part.family.is_some()) {
            if !players.iter().any(|known| known.family == part.family) {
                players.push(*part);
            }
        }
        players
    }
}

/// `VARIANTS` captions of a score.
#[cfg(test)]
pub fn variants(score: &Score, rng: &mut Rng) -> Vec<String> {
    (0..VARIANTS).map(|_| write(score, rng)).collect()
}

/// One caption of a score.
#[cfg(test)]
pub fn write(score: &Score, rng: &mut Rng) -> String {
    describe(&Scene::of_score(score), &mut Wording::Varied(rng))
}

/// The caption of a score in the one wording that the trainer teaches.
pub fn steady(score: &Score) -> String {
    steady_of(&Scene::of_score(score))
}

/// The caption that the trainer teaches: its words follow from what is heard.
pub fn steady_of(scene: &Scene) -> String {
    let lead = scene.parts.first().and_then(|part| part.family);
    describe(scene, &mut Wording::Steady(lead))
}

/// Writes the captions of a rendered clip into its record: all that is said in the wording that is
/// taught, the same in other words, and the taught wording with less said.
pub fn write_into(record: &mut Record, rng: &mut Rng) {
    if record.kind != Kind::Music || record.silent {
        let kind = if record.silent { Kind::Silence } else { record.kind };
        record.caption = without_music(kind, record.woman);
        record.captions = without_music_variants(kind, record.woman, rng);
        let unsaid = without_music(kind, None);
        record.taught = vec![record.caption.clone(), record.caption.clone(), unsaid];
        return;
    }
    let scene = Scene::of_record(record);
    record.genre = scene.genre.map(str::to_owned);
    record.caption = steady_of(&scene);
    record.captions = (0..VARIANTS).map(|_| describe(&scene, &mut Wording::Varied(rng))).collect();
    record.taught = (0..VARIANTS)
        .map(|_| {
            if rng.chance(0.4) { record.caption.clone() } else { steady_of(&scene.with_less(rng)) }
        })
        .collect();
}

fn describe(scene: &Scene, wording: &mut Wording) -> String {
    let players = scene.players();
    let mut sentences = Vec::new();
    let raps = scene.voice == Some(VoiceKind::Rap);
    match players.as_slice() {
        [lead, ..]
            if lead.family == Some(Family::Voice)
                && (raps || scene.voice == Some(VoiceKind::Speech))
                && scene.parts.len() > 1 =>
        {
            sentences.push(spoken(scene, raps, &players, wording));
        }
        [] if scene.has_drums() => sentences.push(drums_alone(scene, wording)),
        [] => return silence(wording),
        [lead] if scene.partial => sentences.push(accompanied(scene, lead, wording)),
        [lead] => sentences.push(solo(scene, lead, wording)),
        players => {
            let sentence = match scene.genre {
                Some(genre) if wording.chance(0.6) => styled(scene, players, genre, wording),
                _ => led(scene, players, wording),
            };
            sentences.push(sentence);
            if players.len() > 2 && !scene.has_drums() {
                sentences.push(
                    wording.one(&["there are no drums", "there is no percussion"]).to_owned(),
                );
            }
        }
    }
    if let Some(quality) = scene.quality.and_then(|quality| recording(quality, wording)) {
        sentences.push(quality.to_owned());
    }
    sentences.iter().map(|sentence| capitalised(sentence) + ".").collect::<Vec<_>>().join(" ")
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// "slow, gentle" or "slow and gentle".
fn adjectives(scene: &Scene, wording: &mut Wording) -> String {
    let tempo = wording.one(words::tempo_adjectives(scene.tempo));
    let mood = wording.one(words::moods(scene.tempo, scene.dynamics));
    let join = if wording.chance(0.7) { "," } else { " and" };
    format!("{tempo}{join} {mood}")
}

/// One family alone, with or without drums.
fn solo(scene: &Scene, lead: &ScenePart, wording: &mut Wording) -> String {
    let noun = name(lead, wording);
    let adjectives = adjectives(scene, wording);
    let family = lead.family.unwrap_or(Family::Piano);
    let mut roles: Vec<Role> = scene.parts.iter().map(|part| part.role).collect();
    roles.retain(|&role| role != Role::Drums && role != lead.role);
    let with = match roles.first() {
        Some(Role::Chords) => " over chords",
        Some(Role::Arpeggio) => " over broken chords",
        Some(Role::Pad) => " over long chords",
        _ => "",
    };
    let what = what_is_played(lead.role, &adjectives, wording);
    let drums = drums(scene, wording).map(|drums| format!(" over {drums}"));
    if family == Family::Voice {
        let singer = singer(scene.voice, wording);
        return format!("{singer} {what}{}", drums.unwrap_or(", unaccompanied".to_owned()));
    }
    if let Some(drums) = drums {
        let verb = verb(family, noun);
        return format!("{} {verb} {what}{drums}", with_article(noun));
    }
    if family == Family::Strings && !with.is_empty() && wording.chance(0.5) {
        return format!("a string orchestra plays {what}{with}");
    }
    match wording.index(3) {
        0 | 1 if !noun.plural && !is_section(noun) => {
            format!("a solo {} {} {what}{with}", noun.text, verb(family, noun))
        }
        _ => format!("{} {} {what}{with}, unaccompanied", with_article(noun), verb(family, noun)),
    }
}

/// One family named of several that play.
fn accompanied(scene: &Scene, lead: &ScenePart, wording: &mut Wording) -> String {
    let opening = opening(scene, lead, wording);
    match drums(scene, wording) {
        Some(drums) => format!("{opening} over {drums} and other instruments"),
        None => format!("{opening} with accompaniment"),
    }
}

/// "a slow, gentle melody", "slow, gentle arpeggios".
fn what_is_played(role: Role, adjectives: &str, wording: &mut Wording) -> String {
    match role {
        Role::Pad => {
            format!("{adjectives} {}", wording.one(&["sustained chords", "held chords"]))
        }
        Role::Chords => format!("{adjectives} chords"),
        Role::Arpeggio => {
            format!("{adjectives} {}", wording.one(&["arpeggios", "broken chords"]))
        }
        Role::Bass => article(adjectives, wording.one(&["line", "bass line"])),
        _ => article(adjectives, wording.one(&["melody", "tune"])),
    }
}

/// The leading instrument first, then the others.
fn led(scene: &Scene, players: &[ScenePart], wording: &mut Wording) -> String {
    let opening = opening(scene, &players[0], wording);
    let link = wording.one(&[" over", ", accompanied by", " with", ", backed by"]);
    format!("{opening}{link} {}", list(&others(scene, &players[1..], wording)))
}

/// What the leading part plays: "a piano plays a slow, gentle melody".
fn opening(scene: &Scene, lead: &ScenePart, wording: &mut Wording) -> String {
    let adjectives = adjectives(scene, wording);
    let what = what_is_played(lead.role, &adjectives, wording);
    match lead.family {
        Some(Family::Voice) => format!("{} {what}", singer(scene.voice, wording)),
        family => {
            let noun = name(lead, wording);
            format!("{} {} {what}", with_article(noun), verb(family.unwrap_or(Family::Piano), noun))
        }
    }
}

/// The genre first: "fast, energetic rock led by electric guitar, with bass and drums".
fn styled(scene: &Scene, players: &[ScenePart], genre: &str, wording: &mut Wording) -> String {
    let adjectives = adjectives(scene, wording);
    let others = list(&others(scene, &players[1..], wording));
    if players[0].family == Some(Family::Voice) {
        let vocals = match scene.voice {
            Some(VoiceKind::Woman) => "female vocals",
            Some(VoiceKind::Man) => "male vocals",
            _ => "a singer",
        };
        return match wording.index(2) {
            0 => format!("{adjectives} {genre} with {vocals} over {others}"),
            _ => format!("{adjectives} {genre} sung by {} over {others}", sung_by(scene.voice)),
        };
    }
    let lead = bare(name(&players[0], wording));
    match wording.index(3) {
        0 => format!("{adjectives} {genre} led by {lead}, with {others}"),
        1 => format!("{adjectives} {genre} with {lead} in front of {others}"),
        _ => format!("{adjectives} {genre} featuring {lead}, backed by {others}"),
    }
}

/// The genre that style and players show.
fn genre(scene: &Scene) -> Option<&'static str> {
    let plays = |family| scene.parts.iter().any(|part| part.family == Some(family));
    let sung = plays(Family::Voice);
    if scene.voice == Some(VoiceKind::Rap) && sung {
        return Some("hip hop");
    }
    match scene.style {
        Style::Rock if scene.has_drums() && plays(Family::DistortedGuitar) => {
            Some(if scene.dynamics == Dynamics::Loud { "hard rock" } else { "rock" })
        }
        Style::Rock if scene.has_drums() => Some("rock"),
        Style::Electronic if scene.has_drums() => {
            Some(if sung { "electronic pop" } else { "electronic music" })
        }
        Style::Jazz if scene.has_drums() => Some("jazz"),
        Style::Latin if scene.has_drums() => Some("Latin music"),
        Style::Orchestral if scene.players().len() > 2 => Some("orchestral music"),
        Style::Ambient => Some("ambient music"),
        Style::Folk if scene.players().len() > 1 && !scene.has_drums() => Some("folk music"),
        _ => None,
    }
}

/// The accompaniment by what each part does, drums last.
fn others(scene: &Scene, players: &[ScenePart], wording: &mut Wording) -> Vec<String> {
    let mut others: Vec<String> = players.iter().map(|part| accompaniment(part, wording)).collect();
    others.extend(drums(scene, wording));
    others
}

fn accompaniment(part: &ScenePart, wording: &mut Wording) -> String {
    let noun = name(part, wording);
    let plain = bare(noun);
    let family = part.family.unwrap_or(Family::Piano);
    let held = family.traits().production == Production::Sustained;
    if noun.plural || is_section(noun) || noun.text.ends_with("instrument") {
        return match part.role {
            Role::Pad if family == Family::Strings && !part.vague => "sustained strings".to_owned(),
            _ => plain,
        };
    }
    match part.role {
        Role::Chords => format!("{} chords", noun.text),
        Role::Arpeggio => format!("{} arpeggios", noun.text),
        Role::Pad if held => format!("sustained {} chords", noun.text),
        Role::Pad => format!("long {} chords", noun.text),
        _ => plain,
    }
}

/// Drums by their feel, or plainly.
fn drums(scene: &Scene, wording: &mut Wording) -> Option<String> {
    if !scene.has_drums() {
        return None;
    }
    let noun = match scene.groove {
        Some(groove) if wording.chance(0.6) => wording.one(words::drum_nouns(groove)),
        _ => wording.one(&words::DRUMS),
    };
    Some(noun.text.to_owned())
}

fn drums_alone(scene: &Scene, wording: &mut Wording) -> String {
    let noun =
        scene.groove.map_or(words::DRUMS[0], |groove| wording.one(words::drum_nouns(groove)));
    let tempo = wording.one(words::tempo_names(scene.tempo));
    let mood = wording.one(words::moods(scene.tempo, scene.dynamics));
    match wording.index(2) {
        0 => format!("{}, {tempo} and {mood}, with no other instruments", noun.text),
        _ => format!("{} alone, {tempo} and {mood}", noun.text),
    }
}

/// Somebody raps or speaks over music.
fn spoken(scene: &Scene, raps: bool, players: &[ScenePart], wording: &mut Wording) -> String {
    let who = match scene.woman {
        Some(true) => "a woman",
        Some(false) => "a man",
        None => "someone",
    };
    let adjectives = adjectives(scene, wording);
    let mut others = others(scene, &players[1..], wording);
    if others.is_empty() {
        others.push("accompaniment".to_owned());
    }
    let others = list(&others);
    match raps {
        true => format!("{adjectives} hip hop: {who} raps over {others}"),
        false => format!("{who} speaks over {adjectives} music with {others}"),
    }
}

/// "a woman sings".
fn singer(voice: Option<VoiceKind>, wording: &mut Wording) -> String {
    match voice {
        Some(VoiceKind::Woman) => "a woman sings".to_owned(),
        Some(VoiceKind::Man) => "a man sings".to_owned(),
        _ => format!("a {} sings", wording.one(words::family_nouns(Family::Voice)).text),
    }
}

fn sung_by(voice: Option<VoiceKind>) -> &'static str {
    match voice {
        // Read back by "female" and "male" with "singer".
        Some(VoiceKind::Woman) => "a female singer",
        Some(VoiceKind::Man) => "a male singer",
        _ => "a singer",
    }
}

/// How a recording that is not clean sounds.
fn recording(quality: Quality, wording: &mut Wording) -> Option<&'static str> {
    let (taught, other) = match quality {
        Quality::Clean => return None,
        Quality::Vinyl => ("it crackles like an old record", "the recording has vinyl crackle"),
        Quality::Tape => ("the recording has tape hiss", "it sounds like an old tape"),
        Quality::Hum => ("there is a low hum", "the recording has mains hum"),
        Quality::Phone => ("it sounds like a phone recording", "the recording is thin and noisy"),
        Quality::Telephone => ("it sounds like a telephone line", "the sound is narrow"),
        Quality::Clipped => ("the recording is distorted", "the recording is overloaded"),
        Quality::Crushed => ("the sound is lo-fi", "the sound is crushed and lo-fi"),
    };
    Some(if wording.is_steady() || wording.chance(0.6) { taught } else { other })
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
        (Kind::Speech, None) => [
            "Speech. There is no music.",
            "Someone is speaking, without any music.",
            "Nothing but speech.",
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

/// A name for a part's instrument: of its family, or closer where the program has one; of its
/// class where the part is vague.
fn name(part: &ScenePart, wording: &mut Wording) -> Noun {
    let Some(family) = part.family else { return words::DRUMS[0] };
    if let (true, Some(class)) = (part.vague, words::classes(family).first()) {
        let nouns: Vec<Noun> = class.nouns().collect();
        return if wording.is_steady() { nouns[0] } else { wording.one(&nouns) };
    }
    let close = words::program_nouns(part.program);
    // A viola is no violin, a brass section no single brass instrument.
    let only_close = matches!(part.program, 41 | 61 | 108 | 109 | 114);
    let own = words::family_nouns(family);
    let closer = match wording.is_steady() {
        true => own[0].text.ends_with("instrument"),
        false => wording.chance(0.7),
    };
    let names = if !close.is_empty() && (only_close || closer) { close } else { own };
    // One name for each instrument, whoever leads.
    if wording.is_steady() { names[0] } else { wording.one(names) }
}

fn verb(family: Family, noun: Noun) -> &'static str {
    match (family, noun.plural) {
        (Family::Choir | Family::Voice, false) => "sings",
        (Family::Choir, true) => "sing",
        (_, true) => "play",
        (_, false) => "plays",
    }
}

/// Names that need their article even in a list.
fn is_section(noun: Noun) -> bool {
    ["ensemble", "section", "choir", "pad", "lead", "box", "singer", "vocalist"]
        .iter()
        .any(|word| noun.text.ends_with(word))
}

/// "bass", "harp", but "a string section": as instruments stand in a list.
fn bare(noun: Noun) -> String {
    if is_section(noun) || noun.text.ends_with("instrument") {
        with_article(noun)
    } else {
        noun.text.to_owned()
    }
}

/// "a piano", "an organ", "bells".
pub fn with_article(noun: Noun) -> String {
    if noun.plural { noun.text.to_owned() } else { article("", noun.text) }
}

/// "a slow melody", "an organ".
fn article(adjectives: &str, noun: &str) -> String {
    let phrase =
        if adjectives.is_empty() { noun.to_owned() } else { format!("{adjectives} {noun}") };
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
    use crate::plan::Plan;
    use crate::rng::Purpose;

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
    fn captions_of_records_are_true_also_with_less_said() {
        let (mut sung, mut less) = (0, 0);
        for index in 0..600 {
            let mut rng = Rng::new(11, index, Purpose::Compose);
            let score = compose(&Plan::random(&mut rng), 12.0, &mut rng);
            let mut record = crate::clip::record(index, &score, Vec::new(), Vec::new());
            let is_sung = score.families().contains(&Family::Voice);
            record.voice_kind = is_sung.then(|| {
                let speaks = if score.has_drums() { VoiceKind::Rap } else { VoiceKind::Man };
                rng.one(&[VoiceKind::Man, VoiceKind::Woman, speaks])
            });
            let female = match record.voice_kind {
                Some(VoiceKind::Rap) => index % 2 == 0,
                kind => kind == Some(VoiceKind::Woman),
            };
            record.woman = Some(female);
            record.quality = Some(rng.one(&[Quality::Clean, Quality::Vinyl, Quality::Telephone]));
            write_into(&mut record, &mut rng);
            for caption in [&record.caption].into_iter().chain(&record.captions) {
                let reading = words::read(caption);
                assert_eq!(reading.drums, score.has_drums(), "{caption}");
                assert_eq!(sorted(reading.families), sorted(score.families()), "{caption}");
                // A choir beside the singer may lead.
                if is_sung && score.parts[0].family == Some(Family::Voice) {
                    let sex = if female { words::Sex::Female } else { words::Sex::Male };
                    assert_eq!(reading.sex, Some(sex), "{caption}");
                    sung += 1;
                }
            }
            // With less said, all that is said is true.
            for caption in &record.taught {
                let reading = words::read(caption);
                assert_eq!(reading.drums, score.has_drums(), "{caption}");
                let false_ = reading.families.iter().find(|f| !score.families().contains(f));
                assert_eq!(false_, None, "{caption}");
                for class in &reading.classes {
                    let classes = |f: Family| words::classes(f);
                    assert!(
                        score.families().iter().any(|&f| classes(f).contains(class)),
                        "{class:?}: {caption}"
                    );
                }
                let alone = ["solo", "unaccompanied"].iter().any(|word| caption.contains(word));
                assert!(!alone || score.families().len() == 1, "{caption}");
                let wrong = if female { words::Sex::Male } else { words::Sex::Female };
                assert!(!is_sung || reading.sex != Some(wrong), "{caption}");
                less += usize::from(*caption != record.caption);
            }
        }
        assert!(sung > 50 && less > 1000, "{sung} {less}");
    }

    fn sorted(mut families: Vec<Family>) -> Vec<Family> {
        families.sort();
        families
    }

    #[test]
    fn captions_are_sentences_of_reasonable_length() {
        for index in 0..300 {
            for caption in captioned(index).1 {
                let count = caption.split_whitespace().count();
                assert!((4..=36).contains(&count), "{count}: {caption}");
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
