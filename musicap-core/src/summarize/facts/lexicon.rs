//! The words that captions use, each with the term that it means.
//!
//! Taken from the vocabulary of the embedded model's training captions and from the commonest
//! words of people's music captions. A word that is missing here costs completeness, not truth.
//! Every term has an entry in every file of `languages`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Kind, Term};

/// A term's id, its group (empty: the id itself) and the phrases for it. Plurals of
/// [`Kind::is_sound`] need no entry. After `~` the phrase says more than the term ("hi hat" of
/// `drums`): it is read, but a caption with it is not translated.
type Row = (&'static str, &'static str, &'static [&'static str]);

/// The id of "other instruments".
pub(super) const OTHERS: &str = "others";

#[rustfmt::skip]
const INSTRUMENTS: &[Row] = &[
    ("piano", "", &["piano", "grand piano", "~upright piano", "pianist", "acoustic piano"]),
    ("electric-piano", "", &["electric piano", "e piano", "rhodes piano", "wurlitzer"]),
    ("keyboard", "", &["keyboard", "keys", "keyboard instrument"]),
    ("harpsichord", "", &["harpsichord"]),
    ("celesta", "", &["celesta", "celeste"]),
    ("music-box", "", &["music box"]),
    ("mallets", "", &["mallet instrument", "mallets", "mallet percussion", "tuned percussion"]),
    ("vibraphone", "mallets", &["vibraphone"]),
    ("marimba", "mallets", &["marimba"]),
    ("xylophone", "mallets", &["xylophone"]),
    ("glockenspiel", "mallets", &["glockenspiel"]),
    ("chiming", "", &["chiming instrument"]),
    ("kalimba", "", &["kalimba"]),
    ("steelpan", "", &["steelpan", "steel pan", "steel drum"]),
    ("bells", "", &["bells", "bell", "bell like instrument", "~chimes", "~church bells"]),
    ("tubular-bells", "bells", &["tubular bells"]),
    ("organ", "", &["organ", "~hammond organ"]),
    ("church-organ", "organ", &["church organ", "pipe organ"]),
    ("accordion", "", &["accordion", "~concertina", "~bandoneon",
        "~melodica"]),
    ("harmonica", "", &["harmonica"]),
    ("acoustic-guitar", "", &["acoustic guitar", "~classical guitar", "~nylon guitar",
        "~spanish guitar", "~flamenco guitar", "~steel guitar"]),
    ("electric-guitar", "", &["electric guitar", "clean electric guitar", "clean guitar"]),
    ("distorted-guitar", "", &["distorted guitar", "distorted electric guitar",
        "distortion guitar", "overdriven guitar", "overdriven electric guitar"]),
    ("guitar", "", &["guitar", "guitarist"]),
    ("bass", "", &["bass", "bassline", "bass line", "~sub bass"]),
    ("electric-bass", "bass", &["bass guitar", "electric bass", "electric bass guitar",
        "~slap bass"]),
    ("synth-bass", "bass", &["synth bass", "synthesizer bass", "bass synth", "bass synthesizer"]),
    ("double-bass", "bass", &["double bass", "upright bass", "contrabass", "acoustic bass"]),
    ("violin", "", &["violin", "fiddle", "violinist"]),
    ("viola", "violin", &["viola"]),
    ("cello", "", &["cello", "cellist"]),
    ("strings", "", &["strings", "string section", "string ensemble", "string orchestra",
        "~string quartet", "orchestral strings", "bowed strings"]),
    ("bowed", "", &["bowed instrument", "bowed string instrument"]),
    ("pizzicato", "", &["pizzicato strings", "plucked strings"]),
    ("harp", "", &["harp"]),
    ("trumpet", "", &["trumpet", "~cornet", "~bugle"]),
    ("muted-trumpet", "trumpet", &["muted trumpet"]),
    ("trombone", "", &["trombone"]),
    ("tuba", "", &["tuba"]),
    ("french-horn", "", &["french horn"]),
    ("brass", "", &["brass", "brass section", "brass instrument", "brass ensemble", "horns",
        "horn section"]),
    ("saxophone", "", &["saxophone", "sax", "~alto saxophone", "~tenor saxophone"]),
    ("clarinet", "", &["clarinet"]),
    ("oboe", "", &["oboe"]),
    ("english-horn", "oboe", &["english horn", "cor anglais"]),
    ("bassoon", "", &["bassoon"]),
    ("woodwind", "", &["woodwind", "woodwind instrument", "woodwind section", "reed instrument"]),
    ("wind", "", &["wind instrument"]),
    ("flute", "", &["flute", "~bamboo flute"]),
    ("piccolo", "flute", &["piccolo"]),
    ("recorder", "flute", &["recorder"]),
    ("pan-flute", "flute", &["pan flute"]),
    ("bagpipes", "", &["bagpipe"]),
    ("synth-lead", "", &["synth lead", "lead synth", "lead synthesizer"]),
    ("synth-pad", "", &["synth pad", "synthesizer pad", "pad"]),
    ("synth", "", &["synth", "synthesizer", "synthesiser", "arpeggiated synth"]),
    ("plucked", "", &["plucked folk instrument", "plucked instrument", "plucked string instrument",
        "folk instrument"]),
    ("banjo", "plucked", &["banjo"]),
    ("mandolin", "plucked", &["mandolin"]),
    ("sitar", "plucked", &["sitar"]),
    ("koto", "plucked", &["koto"]),
    ("shamisen", "plucked", &["shamisen"]),
    ("oud", "plucked", &["oud"]),
    ("lute", "plucked", &["lute", "~bouzouki"]),
    ("zither", "plucked", &["zither"]),
    ("ukulele", "", &["ukulele"]),
    ("theremin", "", &["theremin"]),
    ("orchestra", "", &["orchestra"]),
    ("turntables", "", &["turntable", "scratching", "record scratches"]),
    // Instruments that are not named, in translations: see roles.
    (OTHERS, "", &[]),
];

#[rustfmt::skip]
const DRUMS: &[Row] = &[
    ("drums", "", &["drums", "drum", "drum beat", "steady drum beat", "drum set", "drum kit",
        "~drum machine", "acoustic drums", "~programmed drums", "~kick", "~kick drum",
        "~bass drum", "~snare", "~snare drum", "~hi hat", "~cymbal", "~ride cymbal",
        "~crash cymbal", "~tom", "drummer", "drumming"]),
    ("simple-drums", "drums", &["simple drum beat", "simple drums", "sparse drums",
        "sparse drum beat"]),
    ("rock-drums", "drums", &["rock drums", "rock drum beat", "rock drum", "rock beat"]),
    ("jazz-drums", "drums", &["jazz drums", "swinging jazz drums", "swinging drum beat",
        "swing drums", "swing drum beat", "jazz drum beat"]),
    ("funk-drums", "drums", &["funky drums", "funky drum beat", "funk drums", "funk drum beat"]),
    ("electronic-beat", "drums", &["electronic drums", "electronic dance beat", "electronic beat",
        "four on the floor dance beat", "four on the floor", "four on the floor beat",
        "dance beat"]),
    ("march-drums", "drums", &["marching snare drums", "marching drum beat", "marching drums",
        "marching snare drum"]),
    ("waltz-drums", "drums", &["waltz drums", "waltz drum beat"]),
    ("latin-percussion", "drums", &["latin percussion", "latin drums", "latin drum beat"]),
    ("hand-drums", "drums", &["hand drum", "hand percussion", "~bongo", "~bongos", "~conga",
        "~djembe", "~tabla", "~cajon"]),
    ("percussion", "drums", &["percussion", "percussion instrument", "percussive elements",
        "percussive instruments", "~wooden percussion", "~tambourine", "~shaker", "~cowbell",
        "~triangle"]),
    ("timpani", "", &["timpani", "~timpani rolls", "kettledrum"]),
    ("claps", "", &["claps", "hand claps", "handclaps", "clapping"]),
];

#[rustfmt::skip]
const VOICES: &[Row] = &[
    ("voice", "", &["voice", "vocal", "vocalist", "singer", "vocal melody", "singing", "humming",
        "vocals", "lead vocals", "lead singer"]),
    ("male-voice", "", &["male vocal", "male vocalist", "male voice", "male singer", "male lead",
        "~male vocal harmony", "man singing", "male singing", "man", "man's voice",
        "male lead vocals"]),
    ("female-voice", "", &["female vocal", "female vocalist", "female voice", "female singer",
        "woman singing", "female singing", "woman", "women", "woman's voice",
        "female lead vocals"]),
    ("choir", "", &["choir", "~vocal harmony", "~vocal harmonies", "~backing vocal",
        "~background vocal", "~backup singer", "chorus of voices", "voices", "singers"]),
    ("children", "", &["child voice", "children's choir", "children's voices", "kids singing",
        "children singing"]),
    ("rap", "", &["rapper", "rapping", "rapped vocals", "someone raps"]),
    ("male-rap", "rap", &["male rapper", "man raps", "man rapping"]),
    ("female-rap", "rap", &["female rapper", "woman raps", "woman rapping"]),
    ("whistling", "", &["whistling"]),
];

#[rustfmt::skip]
const EFFECTS: &[Row] = &[
    ("speech", "", &["speech", "narration", "speaker", "speaking voice", "spoken word",
        "spoken words", "people talking", "someone speaks", "someone is speaking"]),
    ("male-speech", "speech", &["male speaker", "man speaking", "man speaks", "man is speaking",
        "man talks", "man talking"]),
    ("female-speech", "speech", &["female speaker", "woman speaking", "woman speaks",
        "woman is speaking", "woman talks", "woman talking"]),
    ("applause", "", &["applause", "clapping audience", "crowd cheering", "audience cheering",
        "audience applauds", "cheering",
        "audience claps", "clapping of an audience"]),
    ("noise", "", &["noise", "~static", "~hiss"]),
    ("white-noise", "noise", &["white noise", "hiss of white noise", "steady hiss of white noise"]),
    ("pink-noise", "noise", &["pink noise"]),
    ("rumble", "noise", &["brown noise", "rumbling noise", "low rumbling noise",
        "deep rumble of noise", "rumble of noise"]),
    ("tone", "", &["tone", "electronic tone", "test tone", "electronic test tone", "single tone",
        "single electronic tone", "beep"]),
    ("sound-effects", "", &["sound effects", "sound effect"]),
];

#[rustfmt::skip]
const TEMPOS: &[Row] = &[
    ("slow", "", &["slow", "slow paced", "unhurried", "slow tempo"]),
    ("medium", "", &["mid tempo", "medium paced", "moderately paced", "medium", "moderate",
        "moderately fast", "medium tempo"]),
    ("fast", "", &["fast", "fast paced", "up tempo", "uptempo", "quick", "rapid"]),
];

#[rustfmt::skip]
const MOODS: &[Row] = &[
    ("calm", "", &["calm", "calming", "peaceful", "tranquil", "serene", "meditative"]),
    ("gentle", "calm", &["gentle", "soothing", "tender"]),
    ("dreamy", "calm", &["dreamy"]),
    ("relaxed", "calm", &["relaxed", "relaxing", "mellow", "chill", "easygoing", "laid back"]),
    ("reflective", "calm", &["reflective"]),
    ("lively", "", &["lively", "bouncy", "spirited", "nimble", "upbeat"]),
    ("playful", "lively", &["playful", "fun"]),
    ("groovy", "lively", &["groovy", "danceable"]),
    ("energetic", "", &["energetic", "exciting", "driving", "vigorous", "high energy"]),
    ("powerful", "energetic", &["powerful", "hard hitting"]),
    ("intense", "", &["intense", "chaotic", "frenetic"]),
    ("aggressive", "intense", &["aggressive", "fierce"]),
    ("grand", "", &["grand", "majestic", "heroic", "triumphant"]),
    ("solemn", "grand", &["solemn"]),
    ("dramatic", "grand", &["dramatic", "cinematic"]),
    ("epic", "grand", &["epic"]),
    ("bold", "", &["bold", "confident"]),
    ("steady", "", &["steady", "flowing"]),
    ("light", "", &["light", "delicate"]),
    ("warm", "", &["warm"]),
    ("happy", "", &["happy", "joyful", "joyous", "uplifting", "optimistic", "positive", "jolly",
        "cheerful"]),
    ("sad", "", &["sad", "melancholic", "melancholy", "sorrowful", "mournful", "somber",
        "gloomy"]),
    ("emotional", "", &["emotional", "heartfelt", "soulful", "poignant"]),
    ("nostalgic", "emotional", &["nostalgic", "sentimental"]),
    ("passionate", "", &["passionate", "sensual", "seductive"]),
    ("romantic", "passionate", &["romantic"]),
    ("dark", "", &["dark", "ominous", "sinister", "menacing"]),
    ("scary", "dark", &["scary", "creepy"]),
    ("tense", "", &["tense", "suspenseful", "unsettling"]),
    ("mysterious", "tense", &["eerie", "mysterious", "haunting"]),
    ("ethereal", "", &["ethereal", "spiritual", "atmospheric"]),
    ("hypnotic", "ethereal", &["hypnotic", "trippy", "psychedelic"]),
    ("inspiring", "", &["inspiring", "inspirational", "motivational", "hopeful"]),
];

#[rustfmt::skip]
const LOUDNESS: &[Row] = &[
    ("quiet", "", &["quiet", "soft"]),
    ("loud", "", &["loud", "strong"]),
];

#[rustfmt::skip]
const GENRES: &[Row] = &[
    ("orchestral", "", &["orchestral", "symphonic"]),
    ("classical", "", &["classical"]),
    ("rock", "", &["rock", "~punk rock", "~punk", "~grunge"]),
    ("hard-rock", "rock", &["hard rock"]),
    ("metal", "", &["metal", "heavy metal", "~death metal"]),
    ("pop", "", &["pop"]),
    ("electropop", "pop", &["electronic pop", "electropop"]),
    ("electronic", "", &["electronic", "~techno", "~house", "~edm", "~trance", "~dubstep",
        "~drum and bass"]),
    ("jazz", "", &["jazz", "jazzy", "~swing"]),
    ("blues", "", &["blues", "bluesy"]),
    ("folk", "", &["folk", "~bluegrass"]),
    ("country", "", &["country"]),
    ("hip-hop", "", &["hip hop", "~trap"]),
    ("reggae", "", &["reggae", "~dub", "~ska"]),
    ("latin", "", &["~salsa", "~bossa nova", "~flamenco", "~tango", "~reggaeton", "latin"]),
    ("ambient", "", &["ambient", "~new age"]),
    ("funk", "", &["funk", "funky", "~disco", "~soul"]),
    ("gospel", "", &["gospel", "~religious"]),
];

const FORMS: &[Row] = &[("instrumental", "", &["instrumental"])];

#[rustfmt::skip]
const RECORDINGS: &[Row] = &[
    ("poor", "", &["low quality", "poor quality", "bad quality", "~lo fi", "~noisy", "~muffled"]),
    ("lo-fi", "poor", &["sound is lo fi", "sound is crushed and lo fi"]),
    ("vinyl", "", &["crackles like an old record", "vinyl crackle"]),
    ("tape", "", &["tape hiss", "sounds like an old tape"]),
    ("hum", "", &["low hum", "mains hum"]),
    ("phone", "", &["sounds like a phone recording", "recording is thin and noisy",
        "sounds like a telephone line", "sound is narrow"]),
    ("overloaded", "", &["recording is distorted", "recording is overloaded"]),
    ("live", "", &["live performance", "live recording", "live concert"]),
];

const SILENCES: &[Row] = &[(
    "silent",
    "",
    &[
        "silent",
        "almost silent",
        "completely silent",
        "silence",
        "near silence",
        "hardly anything to hear",
        "nothing to hear",
    ],
)];

const TABLES: [(Kind, &[Row]); 11] = [
    (Kind::Instrument, INSTRUMENTS),
    (Kind::Drums, DRUMS),
    (Kind::Voice, VOICES),
    (Kind::Effect, EFFECTS),
    (Kind::Tempo, TEMPOS),
    (Kind::Mood, MOODS),
    (Kind::Loudness, LOUDNESS),
    (Kind::Genre, GENRES),
    (Kind::Form, FORMS),
    (Kind::Recording, RECORDINGS),
    (Kind::Silence, SILENCES),
];

fn term(kind: Kind, (id, group, _): &Row) -> Term {
    Term { kind, id, group: if group.is_empty() { id } else { group } }
}

/// All terms there are.
pub(in crate::summarize) fn all_terms() -> impl Iterator<Item = Term> {
    TABLES.into_iter().flat_map(|(kind, rows)| rows.iter().map(move |row| term(kind, row)))
}

/// The term of this kind and id; for groups and tests.
pub(super) fn by_id(kind: Kind, id: &str) -> Option<Term> {
    all_terms().find(|term| term.kind == kind && term.id == id)
}

/// A phrase that is known.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) words: Vec<String>,
    pub(super) term: Term,
    /// Whether the term says all that the phrase says.
    pub(super) is_exact: bool,
}

/// All phrases by their first word, longest first.
static PHRASES: LazyLock<HashMap<String, Vec<Entry>>> = LazyLock::new(|| {
    let mut phrases: HashMap<String, Vec<Entry>> = HashMap::new();
    for (kind, table) in TABLES {
        for row in table {
            for phrase in row.2 {
                let name = phrase.strip_prefix('~').unwrap_or(phrase);
                let is_exact = name == *phrase;
                let plural = (kind.is_sound() && !name.ends_with('s')).then(|| format!("{name}s"));
                for name in [Some(name.to_owned()), plural].into_iter().flatten() {
                    let words: Vec<String> = name.split(' ').map(str::to_owned).collect();
                    let list = phrases.entry(words[0].clone()).or_default();
                    // "Voices" are a choir, whatever the plural of "voice" would be.
                    list.retain(|entry| entry.words != words);
                    list.push(Entry { words, term: term(kind, row), is_exact });
                }
            }
        }
    }
    for list in phrases.values_mut() {
        list.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
    }
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

/// What may follow an adjective that describes the music as a whole: "a slow melody".
#[rustfmt::skip]
pub(super) const HEADS: &[&str] = &[
    "melody", "melodies", "tune", "piece", "music", "song", "track", "solo", "line", "passage",
    "composition", "mood", "feel", "feeling", "atmosphere", "vibe", "tempo", "rhythm", "manner",
    "way", "sound", "performance", "recording", "arrangement", "jam", "ballad", "theme", "groove",
    "ambience", "character", "style", "energy", "beat",
];

/// What joins adjectives or strengthens them.
#[rustfmt::skip]
pub(in crate::summarize) const INTENSIFIERS: &[&str] = &[
    "and", "or", "but", "yet", "very", "quite", "rather", "really", "more", "so", "also", "as",
    "well", "slightly", "fairly", "extremely", "somewhat",
];

/// Words that carry no content of their own.
#[rustfmt::skip]
pub(in crate::summarize) const FUNCTION_WORDS: &[&str] = &[
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "there", "is", "are", "was",
    "be", "has", "have", "with", "without", "over", "under", "in", "on", "at", "to", "of", "for",
    "from", "by", "into", "as", "while", "which", "who", "where", "and", "or", "but", "then",
    "along", "throughout", "can", "could", "would", "you", "one", "no", "not", "any", "other",
    "some", "kind", "sort", "like", "i", "we", "they", "their", "his", "her", "also", "very",
    "quite", "just",
];

/// Words that nearly every caption has, whatever the music.
#[rustfmt::skip]
pub(in crate::summarize) const COMMON_WORDS: &[&str] = &[
    "music", "melody", "piece", "song", "track", "recording", "tempo", "mood", "sound", "sounds",
    "feel", "feels", "play", "plays", "played", "playing", "featuring", "features", "consists",
    "accompanied", "accompaniment", "backed", "rhythm", "comes", "keeps", "drives", "time",
    "heard", "sing", "sings", "passage", "alone", "background", "paced", "chords", "section",
];

/// The words of captions' frames, whose sense the facts carry (who plays, what is alone) or that
/// have none. A caption of lexicon phrases, function words and these is read in full.
#[rustfmt::skip]
pub(super) const FRAME_WORDS: &[&str] = &[
    "accompanied", "accompaniment", "accompany", "accompanies", "accompanying", "all", "alone",
    "anything", "apart", "arpeggios", "audience", "backed", "backing", "background", "backs", "beat", "broken",
    "chords", "clearly", "come", "comes", "deep", "drive", "drives", "driven", "even", "faint", "featuring",
    "features", "feel", "feels", "front", "hardly", "hear", "heard", "held", "hold", "holds", "instrument",
    "instruments", "joined", "keep", "keeps", "lead", "leads", "led", "line", "little", "long", "low",
    "melodic", "melody", "mood", "music", "musical", "nothing", "only", "own", "part", "passage",
    "performance", "performed", "piece", "play", "played", "playing", "plays", "recording",
    "rhythm", "rumble", "rumbling", "rush", "sing", "singing", "sings", "solo", "song", "sound", "sounds", "sung", "supported",
    "sustained", "tempo", "time", "track", "tune", "unaccompanied", "single", "together",
];

/// Words that say that one sound is alone.
pub(super) const SOLO_PHRASES: &[&[&str]] = &[
    &["alone"],
    &["unaccompanied"],
    &["solo"],
    &["on", "its", "own"],
    &["on", "their", "own"],
    &["by", "itself"],
    &["no", "other", "instruments"],
];

/// Words that make what follows them missing.
pub(super) const NEGATORS: &[&str] =
    &["no", "without", "not", "never", "lacks", "lacking", "absence", "devoid", "neither", "nor"];
