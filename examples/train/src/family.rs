//! The instrument families that a caption can name, with the General MIDI programs behind them.

use serde::{Deserialize, Serialize};

/// A group of General MIDI programs that sound alike and share a name in captions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Piano,
    ElectricPiano,
    Harpsichord,
    Mallets,
    Bells,
    Organ,
    Accordion,
    AcousticGuitar,
    ElectricGuitar,
    DistortedGuitar,
    Bass,
    Violin,
    Cello,
    Strings,
    Pizzicato,
    Harp,
    Choir,
    Trumpet,
    Brass,
    Saxophone,
    Reeds,
    Flute,
    SynthLead,
    SynthPad,
    FolkStrings,
    Voice,
}

/// How an instrument speaks: decides which roles and patterns suit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Production {
    /// One note at a time, held by breath or bow.
    Line,
    /// Many players or keys, held as long as wanted.
    Sustained,
    /// Struck or plucked, many notes at once, dying away.
    Plucked,
    /// The low line of a band.
    Low,
}

/// What the composer must know about a family.
pub struct Traits {
    pub family: Family,
    pub production: Production,
    /// General MIDI programs, from 0.
    pub programs: &'static [u8],
    /// Comfortable melody range, MIDI keys.
    pub range: (u8, u8),
}

use Family::*;
use Production::*;

const fn row(
    family: Family,
    production: Production,
    programs: &'static [u8],
    low: u8,
    high: u8,
) -> Traits {
    Traits { family, production, programs, range: (low, high) }
}

/// All families, in the order of [`Family`].
pub const FAMILIES: [Traits; 26] = [
    row(Piano, Plucked, &[0, 0, 1, 2, 3], 55, 88),
    row(ElectricPiano, Plucked, &[4, 5], 52, 84),
    row(Harpsichord, Plucked, &[6], 52, 84),
    row(Mallets, Plucked, &[11, 12, 13], 57, 88),
    row(Bells, Plucked, &[8, 8, 9, 10, 14], 65, 96),
    row(Organ, Sustained, &[16, 17, 18, 19, 20], 48, 84),
    row(Accordion, Sustained, &[21, 23], 52, 84),
    row(AcousticGuitar, Plucked, &[24, 25], 48, 79),
    row(ElectricGuitar, Plucked, &[26, 27, 28], 48, 79),
    row(DistortedGuitar, Sustained, &[29, 30], 45, 79),
    row(Bass, Low, &[32, 33, 34, 35, 36, 38, 39], 28, 50),
    row(Violin, Line, &[40, 40, 41], 57, 91),
    row(Cello, Line, &[42], 40, 69),
    row(Strings, Sustained, &[48, 48, 49, 44, 50], 48, 88),
    row(Pizzicato, Plucked, &[45], 48, 84),
    row(Harp, Plucked, &[46], 48, 88),
    row(Choir, Sustained, &[52, 52, 53, 54], 48, 79),
    row(Trumpet, Line, &[56, 56, 56, 59], 55, 84),
    row(Brass, Sustained, &[57, 60, 61, 61, 58], 43, 74),
    row(Saxophone, Line, &[64, 65, 65, 66, 66, 67], 46, 79),
    row(Reeds, Line, &[68, 69, 70, 71, 71], 50, 84),
    row(Flute, Line, &[73, 73, 72, 74, 75], 60, 93),
    row(SynthLead, Line, &[80, 81, 81, 84, 87], 50, 86),
    row(SynthPad, Sustained, &[88, 89, 90, 91, 92, 94, 95], 45, 79),
    row(FolkStrings, Plucked, &[104, 105, 105, 106, 107], 52, 84),
    // Sung by singer.rs; the program only stands for it.
    row(Voice, Line, &[85], 45, 76),
];

impl Family {
    /// What the composer must know about this family.
    pub fn traits(self) -> &'static Traits {
        &FAMILIES[self as usize]
    }

    /// The name used in files of scores.
    pub fn key(self) -> String {
        serde_json::to_value(self).unwrap().as_str().unwrap().to_owned()
    }

    /// Whether it can carry harmony on its own.
    pub fn plays_chords(self) -> bool {
        matches!(self.traits().production, Sustained | Plucked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_follows_the_enum_and_no_program_belongs_to_two_families() {
        let mut owner = [None; 128];
        for (index, traits) in FAMILIES.iter().enumerate() {
            assert_eq!(traits.family as usize, index);
            for &program in traits.programs {
                let before = owner[program as usize].replace(traits.family);
                assert!(before.is_none() || before == Some(traits.family), "program {program}");
            }
        }
    }
}
