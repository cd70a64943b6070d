//! The words that captions use for what can be heard, each with the thing that it means.
//!
//! Taken from the vocabulary of the embedded model's composer and from what writers of music
//! captions say most. A word that is not here is no loss of truth: the summary says less.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What kind of statement a word makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Something that plays.
    Instrument,
    /// Something that is struck, whatever it is.
    Drums,
    /// Somebody who sings or speaks.
    Voice,
    /// How fast the music is.
    Tempo,
    /// How it feels.
    Mood,
    /// How loud it is.
    Loudness,
    /// What sort of music it is.
    Genre,
    /// How it was recorded.
    Recording,
    /// That nothing is heard.
    Silence,
}

/// A thing that captions may agree on. Words of one attribute mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Attribute {
    pub(super) kind: Kind,
    pub(super) key: &'static str,
    /// Whether it is said to be missing: "no drums".
    pub(super) absent: bool,
}

/// An attribute's key and the phrases for it. Plurals of [`Kind::sounds`] need no line.
type Row = (&'static str, &'static [&'static str]);

#[rustfmt::skip]
const INSTRUMENTS: &[Row] = &[
    ("piano", &["piano", "grand piano", "upright piano", "pianist"]),
    ("electric piano", &["electric piano", "e piano", "rhodes piano", "wurlitzer"]),
    ("keyboard", &["keyboard", "keys"]),
    ("harpsichord", &["harpsichord"]),
    ("celesta", &["celesta", "celeste"]),
    ("music box", &["music box"]),
    ("mallets", &["mallet instrument", "mallets", "vibraphone", "marimba", "xylophone",
        "glockenspiel"]),
    ("bells", &["bells", "bell like instrument", "tubular bells", "chimes", "church bells"]),
    ("organ", &["organ", "church organ", "pipe organ", "hammond organ"]),
    ("accordion", &["accordion", "accordion solo", "concertina", "bandoneon", "melodica"]),
    ("harmonica", &["harmonica"]),
    ("acoustic guitar", &["acoustic guitar", "classical guitar", "nylon guitar", "spanish guitar",
        "flamenco guitar"]),
    ("distorted guitar", &["distorted guitar", "distorted electric guitar", "distortion guitar",
        "overdriven guitar", "overdriven electric guitar"]),
    ("electric guitar", &["electric guitar", "clean electric guitar"]),
    ("guitar", &["guitar", "guitarist"]),
    ("bass", &["bass", "bass guitar", "electric bass", "electric bass guitar", "bassline",
        "bass line", "sub bass", "synth bass", "slap bass"]),
    ("double bass", &["double bass", "upright bass", "contrabass"]),
    ("violin", &["violin", "viola", "fiddle", "violinist"]),
    ("cello", &["cello", "cellist"]),
    ("strings", &["strings", "string section", "string ensemble", "string orchestra",
        "string quartet", "orchestral strings"]),
    ("pizzicato", &["pizzicato strings", "plucked strings"]),
    ("harp", &["harp"]),
    ("trumpet", &["trumpet", "muted trumpet", "cornet", "bugle"]),
    ("trombone", &["trombone"]),
    ("tuba", &["tuba"]),
    ("french horn", &["french horn"]),
    ("brass", &["brass", "brass section", "brass instrument", "brass ensemble", "horns",
        "horn section"]),
    ("saxophone", &["saxophone", "sax", "alto saxophone", "tenor saxophone"]),
    ("clarinet", &["clarinet"]),
    ("oboe", &["oboe", "english horn"]),
    ("bassoon", &["bassoon"]),
    ("woodwinds", &["woodwind instrument", "woodwinds", "woodwind section"]),
    ("flute", &["flute", "piccolo", "recorder", "pan flute", "bamboo flute"]),
    ("bagpipes", &["bagpipe"]),
    ("synth lead", &["synth lead", "lead synth", "lead synthesizer"]),
    ("synth pad", &["synth pad", "synthesizer pad", "pad"]),
    ("synth", &["synth", "synthesizer", "synthesiser", "arpeggiated synth"]),
    ("folk strings", &["plucked folk instrument", "banjo", "mandolin", "sitar", "koto", "shamisen",
        "oud", "lute", "zither", "bouzouki", "erhu"]),
    ("ukulele", &["ukulele"]),
    ("theremin", &["theremin"]),
    ("orchestra", &["orchestra"]),
    ("turntable", &["turntable", "scratching", "record scratches"]),
    ("sound effects", &["sound effects", "sound effect"]),
    ("applause", &["applause", "clapping audience", "crowd cheering", "audience cheering"]),
];

#[rustfmt::skip]
const DRUMS: &[Row] = &[
    ("drums", &["drums", "drum", "drum beat", "steady drum beat", "drum set", "drum kit",
        "drum machine", "acoustic drums", "electronic drums", "rock drums", "rock drum beat",
        "jazz drums", "swinging jazz drums", "swinging drum beat", "funky drums",
        "funky drum beat", "simple drum beat", "sparse drums", "marching snare drums",
        "marching drum beat", "latin drums", "waltz drums", "waltz drum beat", "four on the floor",
        "four on the floor dance beat", "electronic dance beat", "dance beat", "programmed drums",
        "kick", "kick drum", "bass drum", "snare", "snare drum", "hi hat", "hi hats", "cymbal",
        "ride cymbal", "crash cymbal", "toms", "drummer", "drumming", "percussion",
        "latin percussion", "hand percussion", "percussive elements", "percussive instruments",
        "wooden percussion", "hand drum", "bongo", "bongos", "conga", "djembe", "tabla",
        "tambourine", "shaker", "cajon", "timpani", "claps", "hand claps", "cowbell",
        "triangle"]),
];

#[rustfmt::skip]
const VOICES: &[Row] = &[
    ("male voice", &["male vocal", "male vocalist", "male voice", "male singer", "male lead",
        "male vocal harmony", "man singing", "male singing"]),
    ("female voice", &["female vocal", "female vocalist", "female voice", "female singer",
        "woman singing", "female singing"]),
    ("choir", &["choir", "vocal harmony", "vocal harmonies", "backing vocal", "background vocal",
        "backup singer", "chorus of voices"]),
    ("child", &["child voice", "children's choir", "kids singing", "children singing"]),
    ("rap", &["rapper", "rapping", "male rapper", "female rapper"]),
    ("speech", &["male speaker", "female speaker", "speech", "narration"]),
    ("voice", &["voice", "vocal", "vocalist", "singer", "vocal melody", "singing", "humming",
        "vocals"]),
    ("whistling", &["whistling"]),
];

#[rustfmt::skip]
const TEMPOS: &[Row] = &[
    ("slow", &["slow", "slow paced", "unhurried"]),
    ("medium", &["mid tempo", "medium paced", "moderately paced", "medium", "moderate",
        "moderately fast"]),
    ("fast", &["fast", "fast paced", "up tempo", "uptempo", "quick", "rapid"]),
];

#[rustfmt::skip]
const MOODS: &[Row] = &[
    ("calm", &["calm", "calming", "peaceful", "gentle", "soothing", "dreamy", "tender", "relaxing",
        "relaxed", "mellow", "tranquil", "serene", "chill", "reflective", "easygoing",
        "laid back", "meditative"]),
    ("lively", &["lively", "bouncy", "spirited", "playful", "nimble", "fun", "groovy",
        "danceable", "upbeat", "cheerful"]),
    ("energetic", &["energetic", "exciting", "powerful", "driving", "vigorous", "high energy",
        "hard hitting", "frenetic"]),
    ("intense", &["intense", "aggressive", "chaotic", "fierce"]),
    ("grand", &["grand", "majestic", "solemn", "dramatic", "epic", "heroic", "triumphant",
        "cinematic"]),
    ("bold", &["bold", "confident"]),
    ("steady", &["steady", "flowing"]),
    ("light", &["light", "delicate"]),
    ("warm", &["warm"]),
    ("happy", &["happy", "joyful", "joyous", "uplifting", "optimistic", "positive", "jolly"]),
    ("sad", &["sad", "melancholic", "melancholy", "sorrowful", "mournful", "somber", "gloomy"]),
    ("emotional", &["emotional", "heartfelt", "sentimental", "nostalgic", "soulful", "poignant"]),
    ("passionate", &["passionate", "romantic", "sensual", "seductive"]),
    ("dark", &["dark", "ominous", "sinister", "menacing", "scary", "creepy"]),
    ("tense", &["tense", "suspenseful", "eerie", "mysterious", "haunting", "unsettling"]),
    ("ethereal", &["ethereal", "hypnotic", "trippy", "psychedelic", "spiritual", "atmospheric"]),
    ("inspiring", &["inspiring", "inspirational", "motivational", "hopeful"]),
];

#[rustfmt::skip]
const LOUDNESS: &[Row] = &[
    ("quiet", &["quiet", "soft"]),
    ("loud", &["loud", "strong"]),
];

#[rustfmt::skip]
const GENRES: &[Row] = &[
    ("orchestral", &["orchestral", "classical", "symphonic"]),
    ("rock", &["rock", "hard rock", "punk rock", "punk", "grunge"]),
    ("metal", &["metal", "heavy metal", "death metal"]),
    ("pop", &["pop"]),
    ("electronic", &["electronic", "techno", "house", "edm", "trance", "dubstep", "drum and bass"]),
    ("jazz", &["jazz", "jazzy", "swing"]),
    ("blues", &["blues", "bluesy"]),
    ("folk", &["folk", "country", "bluegrass"]),
    ("hip hop", &["hip hop", "trap"]),
    ("reggae", &["reggae", "dub", "ska"]),
    ("latin", &["salsa", "bossa nova", "flamenco", "tango", "reggaeton"]),
    ("ambient", &["ambient", "new age"]),
    ("funk", &["funk", "funky", "disco", "soul"]),
    ("gospel", &["gospel", "religious"]),
    ("instrumental", &["instrumental"]),
];

#[rustfmt::skip]
const RECORDINGS: &[Row] = &[
    ("poor", &["low quality", "poor quality", "bad quality", "lo fi", "noisy", "muffled"]),
    ("live", &["live performance", "live recording", "live concert"]),
];

const SILENCES: &[Row] = &[("silent", &["silent", "almost silent", "completely silent"])];

impl Kind {
    /// Whether it is a thing with a sound, which may have a plural and an article.
    pub(super) fn sounds(self) -> bool {
        matches!(self, Kind::Instrument | Kind::Drums | Kind::Voice)
    }
}

/// A phrase that is known.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) words: Vec<String>,
    pub(super) kind: Kind,
    pub(super) key: &'static str,
}

/// All phrases by their first word, longest first.
static PHRASES: LazyLock<HashMap<String, Vec<Entry>>> = LazyLock::new(|| {
    let tables = [
        (Kind::Instrument, INSTRUMENTS),
        (Kind::Drums, DRUMS),
        (Kind::Voice, VOICES),
        (Kind::Tempo, TEMPOS),
        (Kind::Mood, MOODS),
        (Kind::Loudness, LOUDNESS),
        (Kind::Genre, GENRES),
        (Kind::Recording, RECORDINGS),
        (Kind::Silence, SILENCES),
    ];
    let mut phrases: HashMap<String, Vec<Entry>> = HashMap::new();
    for (kind, table) in tables {
        for &(key, names) in table {
            for name in names {
                let plural = (kind.sounds() && !name.ends_with('s')).then(|| format!("{name}s"));
                for name in [Some((*name).to_owned()), plural].into_iter().flatten() {
                    let words: Vec<String> = name.split(' ').map(str::to_owned).collect();
                    phrases.entry(words[0].clone()).or_default().push(Entry { words, kind, key });
                }
            }
        }
    }
    phrases
        .values_mut()
        .for_each(|list| list.sort_by_key(|entry| std::cmp::Reverse(entry.words.len())));
    phrases
});

/// The longest phrase that `words` start with.
pub(super) fn find<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Option<&'static Entry> {
    let entries = PHRASES.get(words.clone().next()?)?;
    entries.iter().find(|entry| {
        let mut words = words.clone();
        entry.words.iter().all(|word| words.next() == Some(word))
    })
}

/// What may follow an adjective that speaks of the music as a whole: "a slow melody".
pub(super) const HEADS: &[&str] = &[
    "melody",
    "melodies",
    "tune",
    "piece",
    "music",
    "song",
    "track",
    "instrumental",
    "solo",
    "line",
    "passage",
    "composition",
    "mood",
    "feel",
    "feeling",
    "atmosphere",
    "vibe",
    "tempo",
    "rhythm",
    "manner",
    "way",
    "sound",
    "performance",
    "recording",
    "arrangement",
    "jam",
    "ballad",
    "theme",
    "groove",
    "ambience",
    "character",
    "style",
    "energy",
    "beat",
];

/// What joins adjectives or strengthens them.
pub(super) const JOINERS: &[&str] = &[
    "and",
    "or",
    "but",
    "yet",
    "very",
    "quite",
    "rather",
    "really",
    "more",
    "so",
    "also",
    "as",
    "well",
    "slightly",
    "fairly",
    "extremely",
    "somewhat",
];

/// Words that say nothing about what is heard.
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "a",
    "an",
    "the",
    "this",
    "that",
    "these",
    "those",
    "it",
    "its",
    "there",
    "is",
    "are",
    "was",
    "be",
    "has",
    "have",
    "with",
    "without",
    "over",
    "under",
    "in",
    "on",
    "at",
    "to",
    "of",
    "for",
    "from",
    "by",
    "into",
    "as",
    "while",
    "which",
    "who",
    "where",
    "and",
    "or",
    "but",
    "then",
    "along",
    "throughout",
    "can",
    "could",
    "would",
    "you",
    "one",
    "no",
    "not",
    "any",
    "other",
    "some",
    "kind",
    "sort",
    "like",
    "i",
    "we",
    "they",
    "their",
    "his",
    "her",
    "also",
    "very",
    "quite",
    "just",
];

/// Words that nearly every caption has, whatever is heard.
pub(super) const COMMONPLACES: &[&str] = &[
    "music",
    "melody",
    "piece",
    "song",
    "track",
    "recording",
    "tempo",
    "mood",
    "sound",
    "sounds",
    "feel",
    "feels",
    "play",
    "plays",
    "played",
    "playing",
    "featuring",
    "features",
    "consists",
    "accompanied",
    "accompaniment",
    "backed",
    "rhythm",
    "comes",
    "keeps",
    "drives",
    "time",
    "heard",
    "sing",
    "sings",
    "passage",
    "alone",
    "background",
    "paced",
    "chords",
    "section",
];

/// Words that make what follows them missing.
pub(super) const NEGATORS: &[&str] =
    &["no", "without", "not", "never", "lacks", "lacking", "absence", "devoid", "neither", "nor"];
