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

/// Adjectives for the loudness; none for what is neither loud nor quiet.
pub fn loudness(dynamics: Dynamics) -> &'static [&'static str] {
    match dynamics {
        Dynamics::Quiet => &["quiet", "soft"],
        Dynamics::Moderate => &[],
        Dynamics::Loud => &["loud", "strong"],
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
}

/// Reads a caption: longest names first, each taken out when found, so that "electric piano" is
/// no piano and "no drums" are no drums.
pub fn read(caption: &str) -> Reading {
    let mut text = format!(" {} ", caption.to_lowercase().replace(['.', ',', ';', ':'], " "));
    text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text = format!(" {text} ");
    // Masks a name and gives the places where it was, so that no shorter name is found in it.
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
    for absent in [
        "no drums or percussion",
        "no drums",
        "no percussion",
        "without drums",
        "without any drums",
        "without percussion",
    ] {
        take(absent);
    }
    let mut names: Vec<(&str, Family)> = Vec::new();
    for traits in &FAMILIES {
        let programs = traits.programs.iter().flat_map(|&program| program_nouns(program));
        for noun in family_nouns(traits.family).iter().chain(programs) {
            names.push((noun.text, traits.family));
        }
    }
    names.push(("string orchestra", Family::Strings));
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut places: Vec<(usize, Family)> = Vec::new();
    let mut repeats = false;
    for (name, family) in names {
        let found = take(name);
        repeats |= found.len() > 1;
        places.extend(found.into_iter().map(|place| (place, family)));
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
    Reading { families, drums, tempo, silent, repeats }
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
    fn drums_that_are_denied_are_none() {
        for denial in ["There are no drums or percussion.", "A harp plays without any drums."] {
            assert!(!read(denial).drums, "{denial}");
        }
    }

    #[test]
    fn drums_and_basses_are_read() {
        let reading = read("A double bass and a rock drum beat, fast and lively.");
        assert_eq!(reading.families, [Family::Bass]);
        assert!(reading.drums);
        assert_eq!(reading.tempo, Some(Tempo::Fast));
    }
}
