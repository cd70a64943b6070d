//! The vocabulary: the names that captions use, and what they mean when read back.

use crate::family::{FAMILIES, Family};
use crate::score::{Dynamics, Groove, Tempo};

/// A name for an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    pub text: &'static str,
    pub plural: bool,
}

// Macros and not functions: references to literals live as long as the program.
macro_rules! one {
    ($text:literal) => {
        Noun { text: $text, plural: false }
    };
}
macro_rules! many {
    ($text:literal) => {
        Noun { text: $text, plural: true }
    };
}

/// Names that are true of every program of a family.
pub fn family_nouns(family: Family) -> &'static [Noun] {
    match family {
        Family::Piano => &[one!("piano")],
        Family::ElectricPiano => &[one!("electric piano")],
        Family::Harpsichord => &[one!("harpsichord")],
        Family::Mallets => &[one!("mallet instrument")],
        Family::Bells => &[many!("bells"), one!("bell-like instrument")],
        Family::Organ => &[one!("organ")],
        Family::Accordion => &[one!("accordion")],
        Family::AcousticGuitar => &[one!("acoustic guitar")],
        Family::ElectricGuitar => &[one!("electric guitar"), one!("clean electric guitar")],
        Family::DistortedGuitar => &[one!("distorted electric guitar"), one!("distorted guitar")],
        Family::Bass => &[one!("bass")],
        Family::Violin => &[one!("violin")],
        Family::Cello => &[one!("cello")],
        Family::Strings => &[one!("string ensemble"), one!("string section"), many!("strings")],
        Family::Pizzicato => &[many!("pizzicato strings"), many!("plucked strings")],
        Family::Harp => &[one!("harp")],
        Family::Choir => &[one!("choir"), many!("voices")],
        Family::Trumpet => &[one!("trumpet")],
        Family::Brass => &[one!("brass instrument")],
        Family::Saxophone => &[one!("saxophone")],
        Family::Reeds => &[one!("woodwind instrument")],
        Family::Flute => &[one!("flute")],
        Family::SynthLead => &[one!("synth lead"), one!("lead synthesizer")],
        Family::SynthPad => &[one!("synth pad"), one!("synthesizer pad")],
        Family::FolkStrings => &[one!("plucked folk instrument")],
        Family::Voice => &[one!("singer"), one!("singer"), one!("vocalist")],
    }
}

/// A class of instruments that a caption names where the family is doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Guitar,
    Plucked,
    Keyboard,
    Chiming,
    Bowed,
    Woodwind,
    Wind,
    Synthesizer,
    Vocal,
}

/// The classes with what captions call them; longer names first where one holds another.
const CLASS_NOUNS: [(Class, Noun); 16] = [
    (Class::Guitar, one!("guitar")),
    (Class::Guitar, many!("guitars")),
    (Class::Plucked, one!("plucked instrument")),
    (Class::Plucked, one!("plucked string instrument")),
    (Class::Keyboard, one!("keyboard")),
    (Class::Keyboard, one!("keyboard instrument")),
    (Class::Chiming, one!("chiming instrument")),
    (Class::Bowed, many!("bowed strings")),
    (Class::Bowed, one!("bowed instrument")),
    (Class::Woodwind, one!("woodwind")),
    (Class::Wind, one!("wind instrument")),
    (Class::Wind, many!("wind instruments")),
    (Class::Synthesizer, many!("synthesizers")),
    (Class::Synthesizer, one!("synthesizer")),
    (Class::Vocal, many!("vocals")),
    (Class::Vocal, one!("voice")),
];

impl Class {
    /// What a caption calls it.
    pub fn nouns(self) -> impl Iterator<Item = Noun> {
        CLASS_NOUNS.iter().filter(move |(class, _)| *class == self).map(|(_, noun)| *noun)
    }
}

/// Classes that a family belongs to, the closest first; none for a bass, whose name is as general
/// as can be.
pub fn classes(family: Family) -> &'static [Class] {
    use Class::*;
    match family {
        Family::Piano | Family::ElectricPiano | Family::Organ | Family::Accordion => &[Keyboard],
        Family::Harpsichord => &[Keyboard, Plucked],
        Family::Mallets | Family::Bells => &[Chiming],
        Family::AcousticGuitar | Family::ElectricGuitar | Family::DistortedGuitar => {
            &[Guitar, Plucked]
        }
        Family::Bass => &[],
        Family::Violin | Family::Cello | Family::Strings => &[Bowed],
        Family::Pizzicato | Family::Harp | Family::FolkStrings => &[Plucked],
        Family::Choir | Family::Voice => &[Vocal],
        Family::Trumpet | Family::Brass => &[Wind],
        Family::Saxophone | Family::Reeds | Family::Flute => &[Woodwind, Wind],
        Family::SynthLead | Family::SynthPad => &[Synthesizer],
    }
}

/// How captions tell a singer or speaker, by who it is; read back as [`Family::Voice`].
pub const VOICES: [&str; 14] = [
    "woman sings",
    "man sings",
    "female vocals",
    "male vocals",
    "female singer",
    "male singer",
    "woman raps",
    "man raps",
    "woman speaks over",
    "man speaks over",
    "someone raps",
    "someone speaks over",
    "rapped vocals",
    "sung vocals",
];

/// Closer names for single programs; empty where the family's name says it all.
pub fn program_nouns(program: u8) -> &'static [Noun] {
    match program {
        8 => &[one!("celesta")],
        9 => &[one!("glockenspiel")],
        10 => &[one!("music box")],
        11 => &[one!("vibraphone")],
        12 => &[one!("marimba")],
        13 => &[one!("xylophone")],
        14 => &[many!("tubular bells")],
        19 => &[one!("church organ"), one!("pipe organ")],
        32 => &[one!("double bass"), one!("upright bass")],
        33..=36 => &[one!("bass guitar"), one!("electric bass")],
        38 | 39 => &[one!("synth bass")],
        41 => &[one!("viola")],
        57 => &[one!("trombone")],
        58 => &[one!("tuba")],
        59 => &[one!("muted trumpet")],
        60 => &[one!("French horn")],
        61 => &[one!("brass section")],
        68 => &[one!("oboe")],
        69 => &[one!("English horn")],
        70 => &[one!("bassoon")],
        71 => &[one!("clarinet")],
        72 => &[one!("piccolo")],
        74 => &[one!("recorder")],
        75 => &[one!("pan flute")],
        104 => &[one!("sitar")],
        105 => &[one!("banjo")],
        106 => &[one!("shamisen")],
        107 => &[one!("koto")],
        // Not of the embedded model's families: what fine-tuning is shown on.
        108 => &[one!("kalimba")],
        109 => &[one!("bagpipe")],
        114 => &[one!("steelpan")],
        _ => &[],
    }
}

pub fn tempo_adjectives(tempo: Tempo) -> &'static [&'static str] {
    match tempo {
        Tempo::Slow => &["slow", "slow", "slow-paced", "unhurried"],
        Tempo::Medium => &["mid-tempo", "medium-paced", "moderately paced"],
        Tempo::Fast => &["fast", "fast", "fast-paced", "up-tempo", "quick"],
    }
}

/// Nouns after "tempo is", adjectives that suit it.
pub fn tempo_names(tempo: Tempo) -> &'static [&'static str] {
    match tempo {
        Tempo::Slow => &["slow", "slow and unhurried"],
        Tempo::Medium => &["medium", "moderate"],
        Tempo::Fast => &["fast", "quick", "fast and lively"],
    }
}

/// Moods that tempo and loudness together bear out.
pub fn moods(tempo: Tempo, dynamics: Dynamics) -> &'static [&'static str] {
    match (tempo, dynamics) {
        (Tempo::Slow, Dynamics::Quiet) => {
            &["calm", "peaceful", "gentle", "soothing", "dreamy", "tender", "relaxing"]
        }
        (Tempo::Slow, Dynamics::Moderate) => &["relaxed", "mellow", "reflective", "calm"],
        (Tempo::Slow, Dynamics::Loud) => &["grand", "majestic", "powerful", "solemn", "dramatic"],
        (Tempo::Medium, Dynamics::Quiet) => &["gentle", "easygoing", "soft", "laid-back"],
        (Tempo::Medium, Dynamics::Moderate) => &["steady", "warm", "easygoing", "flowing"],
        (Tempo::Medium, Dynamics::Loud) => &["bold", "driving", "strong", "confident"],
        (Tempo::Fast, Dynamics::Quiet) => &["light", "playful", "nimble", "delicate"],
        (Tempo::Fast, Dynamics::Moderate) => &["lively", "bouncy", "spirited"],
        (Tempo::Fast, Dynamics::Loud) => &["energetic", "exciting", "intense", "powerful"],
    }
}

/// Names for the drums of a groove, plural or with their article.
pub fn drum_nouns(groove: Groove) -> &'static [Noun] {
    match groove {
        Groove::Rock => &[one!("a rock drum beat"), many!("rock drums")],
        Groove::Dance => {
            &[one!("a four-on-the-floor dance beat"), one!("an electronic dance beat")]
        }
        Groove::Swing => &[many!("swinging jazz drums"), one!("a swinging drum beat")],
        Groove::Funk => &[one!("a funky drum beat"), many!("funky drums")],
        Groove::Ballad => &[one!("a simple drum beat"), many!("sparse drums")],
        Groove::March => &[many!("marching snare drums"), one!("a marching drum beat")],
        Groove::Latin => &[one!("Latin percussion"), many!("Latin drums")],
        Groove::HandPercussion => &[many!("hand drums"), one!("hand percussion")],
        Groove::Waltz => &[one!("a waltz drum beat"), many!("waltz drums")],
    }
}

/// Names for any drums.
pub const DRUMS: [Noun; 3] = [many!("drums"), one!("a drum beat"), one!("a steady drum beat")];

/// What a caption says, read back by its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// In the order in which they are first named.
    pub families: Vec<Family>,
    pub drums: bool,
    pub tempo: Option<Tempo>,
    pub silent: bool,
    /// An instrument is named twice by the same name.
    pub repeats: bool,
    /// Classes that are named where the family is not.
    pub classes: Vec<Class>,
    /// Whether a man or a woman sings or speaks.
    pub sex: Option<Sex>,
}

/// Who sings or speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

/// Reads a caption: longest names first, each taken out when found, so that "electric piano" is
/// no piano and "no drums" are no drums.
pub fn read(caption: &str) -> Reading {
    let mut text = text_words(caption);
    let mut take = |name: &str| {
        let needle = format!(" {} ", name.to_lowercase());
        let mut found = Vec::new();
        while let Some(at) = text.find(&needle) {
            let name = at + 1..at + needle.len() - 1;
            let mask = "#".repeat(name.len());
            text.replace_range(name, &mask);
            found.push(at);
        }
        found
    };
    // The longer ones first: each is taken out when it is found.
    for absent in [
        "no drums or percussion",
        "without any percussion",
        "without any drums",
        "without percussion",
        "without drums",
        "no percussion",
        "no drums",
    ] {
        take(absent);
    }
    let mut names: Vec<(&str, Result<Family, Class>)> = Vec::new();
    for traits in &FAMILIES {
        let programs = traits.programs.iter().flat_map(|&program| program_nouns(program));
        for noun in family_nouns(traits.family).iter().chain(programs) {
            names.push((noun.text, Ok(traits.family)));
        }
    }
    names.push(("string orchestra", Ok(Family::Strings)));
    names.push(("sustained strings", Ok(Family::Strings)));
    names.extend(VOICES.map(|name| (name, Ok(Family::Voice))));
    names.extend(CLASS_NOUNS.map(|(class, noun)| (noun.text, Err(class))));
    let female = [" woman ", " female "].iter().any(|word| text_words(caption).contains(word));
    let male = [" man ", " male "].iter().any(|word| text_words(caption).contains(word));
    let sex = match (female, male) {
        (true, false) => Some(Sex::Female),
        (false, true) => Some(Sex::Male),
        _ => None,
    };
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut places: Vec<(usize, Family)> = Vec::new();
    let mut classes = Vec::new();
    let mut repeats = false;
    for (name, meaning) in names {
        let found = take(name);
        match meaning {
            Ok(family) => {
                repeats |= found.len() > 1;
                places.extend(found.into_iter().map(|place| (place, family)));
            }
            Err(class) if !found.is_empty() && !classes.contains(&class) => classes.push(class),
            Err(_) => {}
        }
    }
    places.sort_unstable_by_key(|&(place, _)| place);
    let mut families = Vec::new();
    for (_, family) in places {
        if !families.contains(&family) {
            families.push(family);
        }
    }
    let drums = ["drums", "drum", "percussion", "dance beat"].map(|name| !take(name).is_empty());
    let drums = drums.contains(&true);
    let has =
        |words: &[&[&str]]| words.concat().iter().any(|word| text.contains(&format!(" {word} ")));
    let tempo = [Tempo::Slow, Tempo::Fast, Tempo::Medium]
        .into_iter()
        .find(|&tempo| has(&[tempo_adjectives(tempo), tempo_names(tempo)]));
    let silent = text.contains(" silent ") || text.contains(" silence ");
    Reading { families, drums, tempo, silent, repeats, classes, sex }
}

/// The words of a caption in small letters, with a blank around each. Marks stay: "bass, guitar"
/// is no bass guitar.
fn text_words(caption: &str) -> String {
    let text = caption.to_lowercase().replace(['.', ',', ';', ':'], " , ");
    format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_names_are_read_before_the_shorter_ones_they_hold() {
        let reading =
            read("An electric piano plays a slow melody over plucked strings. There are no drums.");
        assert_eq!(reading.families, [Family::ElectricPiano, Family::Pizzicato]);
        assert!(!reading.drums);
        assert_eq!(reading.tempo, Some(Tempo::Slow));
    }

    #[test]
    fn families_stand_in_the_order_in_which_they_are_named() {
        let reading = read("A harp leads, with an electric piano, strings and a harp.");
        assert_eq!(reading.families, [Family::Harp, Family::ElectricPiano, Family::Strings]);
        assert!(reading.repeats);
    }

    #[test]
    fn drums_that_are_said_to_be_absent_are_not_read_as_drums() {
        for absent in [
            "There are no drums or percussion.",
            "A harp alone, without any percussion.",
            "No drums.",
            "The music is played without drums.",
        ] {
            assert!(!read(absent).drums, "{absent}");
        }
        assert!(read("No drums but hand percussion.").drums);
    }

    #[test]
    fn classes_are_read_where_no_family_is_named() {
        let reading = read("A plucked instrument and a guitar over a synth pad, with woodwind.");
        assert_eq!(reading.families, [Family::SynthPad]);
        assert_eq!(reading.classes, [Class::Plucked, Class::Woodwind, Class::Guitar]);
        assert_eq!(read("An acoustic guitar.").classes, []);
        let reading = read("A flute over bass, guitar chords.");
        assert_eq!(reading.families, [Family::Flute, Family::Bass]);
        assert_eq!(reading.classes, [Class::Guitar]);
    }

    #[test]
    fn singers_are_read_with_their_sex_and_speakers_are_no_singers() {
        let reading = read("A woman sings a slow melody over piano chords.");
        assert_eq!(
            (reading.sex, reading.families),
            (Some(Sex::Female), vec![Family::Voice, Family::Piano])
        );
        let reading = read("Fast rock with male vocals and drums.");
        assert_eq!((reading.sex, reading.families), (Some(Sex::Male), vec![Family::Voice]));
        let reading = read("A man is speaking. There is no music.");
        assert_eq!((reading.sex, reading.families), (Some(Sex::Male), vec![]));
    }

    #[test]
    fn drums_and_basses_are_read() {
        let reading = read("A double bass and a rock drum beat, fast and lively.");
        assert_eq!(reading.families, [Family::Bass]);
        assert!(reading.drums);
        assert_eq!(reading.tempo, Some(Tempo::Fast));
    }
}
