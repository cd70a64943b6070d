//! The instruments that are made of the recordings of [`crate::sources`]: which files each is
//! made of, and which General MIDI programs it can play.

/// An instrument or a drum kit.
pub struct Instrument {
    pub name: &'static str,
    /// A name of [`crate::sources::SOURCES`].
    pub source: &'static str,
    pub layout: Layout,
    /// General MIDI programs that it plays; none for kits, which play whatever keys they have.
    pub programs: &'static [u8],
}

/// How the recordings of an instrument lie in its files.
pub enum Layout {
    /// An SFZ file.
    Sfz {
        file: &'static str,
        /// Key that chooses the articulation in place of the file's default.
        keyswitch: Option<i32>,
        /// Samples whose paths contain one of these are left out.
        without: &'static [&'static str],
        /// Octaves that its keys sound above their pitch.
        octaves: i32,
    },
    /// Files named by their note.
    Notes(Notes),
    /// Files of single hits, by the percussion keys that they stand for.
    Kit(&'static [(&'static [u8], &'static str)]),
    /// A drum kit of Hydrogen.
    Hydrogen { folder: &'static str },
    /// An SFZ file of percussion, with the keys of General MIDI that play its keys.
    SfzKit { file: &'static str, keys: &'static [(&'static [u8], i32)] },
}

/// Files named by their note.
pub struct Notes {
    pub folder: &'static str,
    /// What comes before the note in the file's name.
    pub prefix: &'static str,
    /// What the rest of the name must contain, one of them.
    pub only: &'static [&'static str],
    /// Octaves to add to the note, where middle C is not called C4.
    pub octaves: i32,
    /// Held notes are looped; plucked ones die away.
    pub held: bool,
}

const fn sfz(
    name: &'static str,
    source: &'static str,
    file: &'static str,
    programs: &'static [u8],
) -> Instrument {
    let without = &["noise", "scrape", "release", "Noise"];
    Instrument {
        name,
        source,
        layout: Layout::Sfz { file, keyswitch: None, without, octaves: 0 },
        programs,
    }
}

const fn notes(
    name: &'static str,
    source: &'static str,
    notes: Notes,
    programs: &'static [u8],
) -> Instrument {
    Instrument { name, source, layout: Layout::Notes(notes), programs }
}

/// One of the Philharmonia's instruments.
const fn philharmonia(
    name: &'static str,
    folder: &'static str,
    prefix: &'static str,
    only: &'static [&'static str],
    held: bool,
    programs: &'static [u8],
) -> Instrument {
    let source = "philharmonia-samples";
    notes(name, source, Notes { folder, prefix, only, octaves: 0, held }, programs)
}

/// One of those in the other repository, in a folder of its name; `only` are its held notes.
const fn held_by_philharmonia(
    name: &'static str,
    prefix: &'static str,
    only: &'static [&'static str],
    programs: &'static [u8],
) -> Instrument {
    let held = Notes { folder: name, prefix, only, octaves: 0, held: true };
    notes(name, "philharmonia-strings", held, programs)
}

const HELD: &[&str] = &["_15_", "_1_", "_long_"];
/// Held notes of each loudness, bowed and blown as usual.
macro_rules! held_notes {
    ($manner:literal; $($loudness:literal),*) => {
        &[$(
            concat!("_1_", $loudness, "_", $manner),
            concat!("_15_", $loudness, "_", $manner),
            concat!("_long_", $loudness, "_", $manner),
        )*]
    };
}
const ARCO: &[&str] = held_notes!("arco-normal"; "pianissimo", "piano", "mezzo-piano", "mezzo-forte", "forte", "fortissimo");
const NORMAL: &[&str] = held_notes!("normal"; "pianissimo", "piano", "mezzo-piano", "mezzo-forte", "forte", "fortissimo");
const GUITAR: &[u8] = &[26, 27, 29, 30];
const ELECTRIC_BASS: &[u8] = &[33, 34, 35, 36];

/// A kit of the drum machines of Google's samples, which all have the same files.
macro_rules! machine {
    ($name:literal) => {
        Instrument {
            name: concat!("machine-", $name),
            source: "web-audio-samples",
            layout: Layout::Kit(&[
                (&[35, 36], concat!("src/sounds/drum-samples/", $name, "/kick.wav")),
                (&[37, 38, 39, 40], concat!("src/sounds/drum-samples/", $name, "/snare.wav")),
                (&[42, 44, 46, 51], concat!("src/sounds/drum-samples/", $name, "/hihat.wav")),
                (&[48, 50], concat!("src/sounds/drum-samples/", $name, "/tom1.wav")),
                (&[45, 47], concat!("src/sounds/drum-samples/", $name, "/tom2.wav")),
                (&[41, 43], concat!("src/sounds/drum-samples/", $name, "/tom3.wav")),
            ]),
            programs: &[],
        }
    };
}

/// Every instrument.
pub const INSTRUMENTS: &[Instrument] = &[
    sfz("splendid-piano", "SplendidGrandPiano", "Splendid Grand Piano.sfz", &[0, 1]),
    sfz("headroom-piano", "BengtNilsson.HeadroomPiano", "Headroom Piano (NoFX).sfz", &[0, 1]),
    sfz(
        "salamander-piano",
        "Discord-SFZ-GM-Bank",
        "Discord GM/Melodic/001-Acoustic Grand Piano.sfz",
        &[0, 1],
    ),
    sfz(
        "upright-piano",
        "Discord-SFZ-GM-Bank",
        "Discord GM/Melodic/002-Bright Acoustic Piano.sfz",
        &[0, 1, 3],
    ),
    sfz("cp80", "GregSullivan.E-Pianos", "CP80/CP80.sfz", &[2]),
    sfz("wurlitzer", "GregSullivan.E-Pianos", "Wurlitzer EP200/Wurlitzer EP200.sfz", &[4, 5]),
    sfz("pianet", "GregSullivan.E-Pianos", "Pianet T/Pianet T.sfz", &[4, 5]),
    sfz("rhodes", "Discord-SFZ-GM-Bank", "Discord GM/Melodic/005-Electric Piano 1.sfz", &[4, 5]),
    sfz("soprano-sax", "MTG.SoloSax", "MTG Solo Saxophones/MTG Soprano Sax.sfz", &[64]),
    sfz("alto-sax", "MTG.SoloSax", "MTG Solo Saxophones/MTG Alto Sax.sfz", &[65]),
    sfz("tenor-sax", "MTG.SoloSax", "MTG Solo Saxophones/MTG Tenor Sax.sfz", &[66]),
    sfz("baritone-sax", "MTG.SoloSax", "MTG Solo Saxophones/MTG Baritone Sax.sfz", &[67]),
    sfz("weresax", "karoryfer.weresax", "Programs/Sax.sfz", &[65]),
    sfz("bear-sax", "karoryfer.bear-sax", "Programs/2-solo-poly.sfz", &[67]),
    Instrument {
        name: "war-tuba",
        source: "karoryfer.war-tuba",
        layout: Layout::Sfz {
            file: "Programs/2-solo-poly.sfz",
            keyswitch: Some(26),
            without: &["fx", "noise", "breath"],
            octaves: 0,
        },
        programs: &[58],
    },
    sfz("ixox-flute", "Ixox.Flute", "Ixox Flute.sfz", &[73]),
    sfz("rubner-arco", "dsmolken.double-bass", "d_smolken_rubner_bass_arco.sfz", &[32]),
    sfz("rubner-pizz", "dsmolken.double-bass", "d_smolken_rubner_bass_pizz.sfz", &[32]),
    sfz("meatbass-pizz", "karoryfer.meatbass", "Programs/04_pizz.sfz", &[32]),
    Instrument {
        name: "growlybass",
        source: "karoryfer.growlybass",
        layout: Layout::Sfz {
            file: "growlybass_clean.sfz",
            keyswitch: None,
            without: &["noise", "scrape"],
            octaves: 1,
        },
        programs: ELECTRIC_BASS,
    },
    sfz("swagbass", "karoryfer.swagbass", "swagbass_clean.sfz", ELECTRIC_BASS),
    sfz(
        "finger-bass",
        "Discord-SFZ-GM-Bank",
        "Discord GM/Melodic/034-Electric Bass (finger).sfz",
        ELECTRIC_BASS,
    ),
    sfz("emilyguitar", "karoryfer.emilyguitar", "emily_clean.sfz", GUITAR),
    sfz("shinyguitar", "karoryfer.shinyguitar", "Programs/main.sfz", GUITAR),
    sfz("green-guitar", "karoryfer.black-and-green-guitars", "Programs/04-green_twang.sfz", GUITAR),
    sfz(
        "steel-guitar",
        "Discord-SFZ-GM-Bank",
        "Discord GM/Melodic/026-Acoustic Guitar (steel).sfz",
        &[25],
    ),
    philharmonia(
        "nylon-guitar",
        "audio/guitar",
        "guitar_",
        &["forte_normal", "piano_normal"],
        false,
        &[24],
    ),
    sfz("ganjo", "ganjo", "ganjo.sfz", &[105]),
    philharmonia("banjo", "audio/banjo", "banjo_", &["_normal"], false, &[105]),
    sfz("sitar", "Discord-SFZ-GM-Bank", "Discord GM/Melodic/105-Sitar.sfz", &[104]),
    sfz(
        "tremolo-strings",
        "Discord-SFZ-GM-Bank",
        "Discord GM/Melodic/045-Tremolo Strings.sfz",
        &[44],
    ),
    sfz(
        "pizzicato-strings",
        "Discord-SFZ-GM-Bank",
        "Discord GM/Melodic/046-Pizzicato Strings.sfz",
        &[45],
    ),
    notes(
        "pizzicato-cellos",
        "VirtualPlayingOrchestra",
        Notes {
            folder: "samples/cello-SEC-pizzicato",
            prefix: "pizzT_",
            only: &["_v1_", "_v2_"],
            octaves: 1,
            held: false,
        },
        &[45],
    ),
    notes(
        "viola-section",
        "VirtualPlayingOrchestra",
        Notes {
            folder: "samples/all-strings-SEC-sustain",
            prefix: "ViolaEns_susvib_",
            only: &["_v2_"],
            octaves: 1,
            held: true,
        },
        &[48, 49],
    ),
    notes(
        "glockenspiel",
        "VirtualPlayingOrchestra",
        Notes {
            folder: "samples/glockenspiel",
            prefix: "glock_medium_",
            only: &[""],
            octaves: 1,
            held: false,
        },
        &[9],
    ),
    notes(
        "concert-harp",
        "VirtualPlayingOrchestra",
        Notes {
            folder: "samples/harp-sustain",
            prefix: "KSHarp_",
            only: &["_mf", "_f"],
            octaves: 0,
            held: false,
        },
        &[46],
    ),
    notes(
        "folk-harp",
        "vcsl_hise",
        Notes {
            folder: "Samples/Folk Harp",
            prefix: "EWHarp_Normal_",
            only: &["_v2_", "_v3_"],
            octaves: 1,
            held: false,
        },
        &[46],
    ),
    philharmonia("cello", "audio/cello", "cello_", HELD, true, &[42]),
    held_by_philharmonia("violin", "violin_", ARCO, &[40]),
    held_by_philharmonia("viola", "viola_", ARCO, &[41]),
    held_by_philharmonia("trumpet", "trumpet_", NORMAL, &[56]),
    philharmonia("arco-bass", "audio/double bass", "double-bass_", HELD, true, &[32]),
    philharmonia("flute", "audio/flute", "flute_", HELD, true, &[73]),
    philharmonia("oboe", "audio/oboe", "oboe_", HELD, true, &[68]),
    philharmonia("cor-anglais", "audio/cor anglais", "english-horn_", HELD, true, &[69]),
    philharmonia("bassoon", "audio/bassoon", "bassoon_", HELD, true, &[70]),
    philharmonia("clarinet", "audio/clarinet", "clarinet_", HELD, true, &[71]),
    philharmonia("bass-clarinet", "audio/bass clarinet", "bass-clarinet_", HELD, true, &[71]),
    philharmonia("saxophone", "audio/saxophone", "saxophone_", HELD, true, &[64, 65, 66]),
    philharmonia("trombone", "audio/trombone", "trombone_", HELD, true, &[57]),
    philharmonia("french-horn", "audio/french horn", "french-horn_", HELD, true, &[60]),
    machine!("4OP-FM"),
    machine!("CR78"),
    machine!("KPR77"),
    machine!("Kit3"),
    machine!("Kit8"),
    machine!("LINN"),
    machine!("R8"),
    machine!("Stark"),
    machine!("Techno"),
    machine!("TheCheebacabra1"),
    machine!("TheCheebacabra2"),
    machine!("acoustic-kit"),
    machine!("breakbeat13"),
    machine!("breakbeat8"),
    machine!("breakbeat9"),
    Instrument {
        name: "muldjord-kit",
        source: "DrumGizmo.MuldjordKit",
        layout: Layout::SfzKit {
            file: "DrumGizmo/MuldjordKit/Stereo/DrumGizmo MuldjordKit.sfz",
            keys: &[
                (&[35, 36], 36),
                (&[37, 38, 40], 38),
                (&[48, 50], 48),
                (&[47, 45], 45),
                (&[41, 43], 41),
                (&[42, 44], 42),
                (&[46], 46),
                (&[51], 51),
                (&[49], 49),
            ],
        },
        programs: &[],
    },
    Instrument {
        name: "gogodze-kit",
        source: "karoryfer.gogodze-phu-vol-ii",
        layout: Layout::SfzKit {
            file: "Programs/Kit.sfz",
            keys: &[
                (&[35, 36], 36),
                (&[37], 37),
                (&[38, 40], 38),
                (&[48, 50], 45),
                (&[47, 45], 43),
                (&[41, 43], 41),
                (&[42], 42),
                (&[44], 44),
                (&[46, 51], 46),
            ],
        },
        programs: &[],
    },
    Instrument {
        name: "cajon",
        source: "karoryfer.gogodze-phu-vol-i",
        layout: Layout::SfzKit {
            file: "Programs/Cajon.sfz",
            keys: &[
                (&[60], 50),
                (&[61], 49),
                (&[63], 51),
                (&[64], 48),
                (&[36], 48),
                (&[70, 54], 55),
            ],
        },
        programs: &[],
    },
    Instrument {
        name: "bobobo",
        source: "karoryfer.gogodze-phu-vol-i",
        layout: Layout::SfzKit {
            file: "Programs/Bobobo.sfz",
            keys: &[(&[60], 43), (&[61], 39), (&[63], 45), (&[64], 40), (&[36], 36), (&[75], 46)],
        },
        programs: &[],
    },
    Instrument {
        name: "orchestral-percussion",
        source: "philharmonia-samples",
        layout: Layout::Kit(&[
            (&[35, 36], "audio/percussion/bass drum/bass-drum__1_mezzo-forte_bass-drum-mallet.mp3"),
            (&[38, 40], "audio/percussion/snare drum/snare-drum__025_forte_with-snares.mp3"),
            (&[37], "audio/percussion/snare drum/snare-drum__025_mezzo-forte_with-snares.mp3"),
            (
                &[49, 57],
                "audio/percussion/clash cymbals/clash-cymbals__15_fortissimo_struck-together.mp3",
            ),
            (&[56], "audio/percussion/cowbell/cowbell__1_mezzo-forte_undamped.mp3"),
            (&[61, 64], "audio/percussion/djembe/djembe__05_forte_undamped.mp3"),
            (&[60, 63], "audio/percussion/surdo/surdo__05_forte_damped.mp3"),
            (&[69, 70], "audio/percussion/cabasa/cabasa__025_mezzo-forte_effect.mp3"),
            (&[54], "audio/percussion/sleigh bells/sleigh-bells__05_mezzo-forte_shaken.mp3"),
            (&[75], "audio/percussion/castanets/castanets__025_mezzo-forte_struck-singly.mp3"),
        ]),
        programs: &[],
    },
    Instrument {
        name: "audiophob",
        source: "hydrogen-drumkits",
        layout: Layout::Hydrogen { folder: "Audiophob" },
        programs: &[],
    },
    Instrument {
        name: "rumpf-kit",
        source: "hydrogen-drumkits",
        layout: Layout::Hydrogen { folder: "rumpf_kit_z01_h2" },
        programs: &[],
    },
];
