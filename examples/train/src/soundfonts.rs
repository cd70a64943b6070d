//! The General MIDI soundfonts, as the Debian packages install them. None is shipped.

use crate::freepats;
use anyhow::{Context, Result};
use rustysynth::SoundFont;
use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;
use std::sync::Arc;

/// What may be done with a soundfont's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Use {
    /// Trained on.
    Train,
    /// Held out: never trained on.
    Test,
}

/// A soundfont and where it comes from.
pub struct Source {
    pub name: &'static str,
    pub package: &'static str,
    pub licence: &'static str,
    pub path: &'static str,
    pub purpose: Use,
}

/// Every soundfont that the recipe uses.
pub const SOURCES: [Source; 5] = [
    Source {
        name: "fluid",
        package: "fluid-soundfont-gm",
        licence: "MIT",
        path: "/usr/share/sounds/sf2/FluidR3_GM.sf2",
        purpose: Use::Train,
    },
    Source {
        name: "musescore",
        package: "musescore-general-soundfont-lossless",
        licence: "MIT, parts public domain or CC0",
        path: "/usr/share/sounds/sf2/MuseScore_General_Full.sf2",
        purpose: Use::Train,
    },
    Source {
        name: "csound",
        package: "csound-soundfont",
        licence: "public domain",
        path: "/usr/share/sounds/sf2/sf_GMbank.sf2",
        purpose: Use::Train,
    },
    Source {
        name: "freepats",
        package: "freepats",
        licence: "GPL-2 or later, compositions excepted",
        path: "/usr/share/midi/freepats",
        purpose: Use::Train,
    },
    Source {
        name: "timgm6mb",
        package: "timgm6mb-soundfont",
        licence: "GPL-2",
        path: "/usr/share/sounds/sf2/TimGM6mb.sf2",
        purpose: Use::Test,
    },
];

/// A soundfont in memory.
#[derive(Clone)]
pub struct Font {
    pub name: &'static str,
    pub sounds: Arc<SoundFont>,
}

impl Font {
    /// Reads a soundfont from a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(name: &'static str, path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        let sounds = SoundFont::new(&mut BufReader::new(file))
            .with_context(|| path.display().to_string())?;
        Ok(Self { name, sounds: Arc::new(sounds) })
    }

    /// The keys that some preset has a sample for.
    pub fn keys(&self) -> [bool; 128] {
        let mut keys = [false; 128];
        for instrument in self.sounds.get_instruments() {
            for region in instrument.get_regions() {
                let (low, high) = (region.get_key_range_start(), region.get_key_range_end());
                for key in low.max(0)..=high.min(127) {
                    keys[key as usize] = true;
                }
            }
        }
        keys
    }

    /// Whether it has the sound itself; a synthesizer would play another in its place.
    pub fn has(&self, program: u8, drums: bool) -> bool {
        let bank = if drums { 128 } else { 0 };
        self.sounds.get_presets().iter().any(|preset| {
            // Any kit will do for drums.
            let number = drums || preset.get_patch_number() == i32::from(program);
            preset.get_bank_number() == bank && number
        })
    }
}

/// Loads the soundfonts of one purpose.
pub fn load(purpose: Use) -> Result<Vec<Font>> {
    SOURCES.iter().filter(|source| source.purpose == purpose).map(Source::load).collect()
}

/// Loads one soundfont by its name.
pub fn load_named(name: &str) -> Result<Font> {
    SOURCES
        .iter()
        .find(|source| source.name == name)
        .with_context(|| format!("no soundfont is called {name}"))?
        .load()
}

impl Source {
    fn load(&self) -> Result<Font> {
        let missing = || format!("{} (apt-get install {})", self.path, self.package);
        let path = Path::new(self.path);
        let sounds = if path.is_dir() {
            let bytes = freepats::soundfont(path).with_context(missing)?;
            SoundFont::new(&mut Cursor::new(bytes)).with_context(missing)?
        } else {
            let file = File::open(path).with_context(missing)?;
            SoundFont::new(&mut BufReader::new(file)).with_context(missing)?
        };
        Ok(Font { name: self.name, sounds: Arc::new(sounds) })
    }
}
