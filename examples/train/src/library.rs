//! Everything that a rendering plays on: soundfonts, instruments of real recordings, impulse
//! responses of real rooms, and speech.

use crate::instruments::INSTRUMENTS;
use crate::rng::Rng;
use crate::sampler::{self, resample};
use crate::score::{Part, Role};
use crate::soundfonts::{self, Font, Use};
use crate::sources;
use anyhow::{Context, Result, ensure};
use musicap::audio::AudioReader;
use std::fs;
use std::path::Path;

/// Rate of impulse responses and speech, in Hz.
const RATE: u32 = 16_000;

/// What a rendering plays on.
#[derive(Default)]
pub struct Library {
    /// General MIDI soundfonts.
    pub fonts: Vec<Font>,
    /// Instruments of real recordings; none in a rendering without them.
    pub instruments: Vec<RealInstrument>,
    /// Impulse responses, mono at 16 kHz with a total power of 1.
    pub rooms: Vec<Vec<f32>>,
    pub speech: Vec<Speech>,
    /// Recordings that are sung, not spoken.
    pub sung: Vec<Speech>,
    /// Share of the clips whose notes are random ones.
    pub scattered: f64,
    /// Share of the clips that are not music, in a rendering with recordings.
    pub without_music: f32,
}

/// Share of the clips that are not music, if nothing else is asked for.
pub const WITHOUT_MUSIC: f32 = 0.07;

/// An instrument of real recordings.
pub struct RealInstrument {
    pub font: Font,
    /// General MIDI programs; none for drum kits.
    pub programs: &'static [u8],
    /// Keys that it has recordings for.
    keys: [bool; 128],
}

/// Somebody speaking, mono at 16 kHz.
pub struct Speech {
    pub samples: Vec<f32>,
    pub woman: bool,
}

impl Library {
    /// A library of soundfonts alone.
    pub fn of(purpose: Use) -> Result<Self> {
        Ok(Self { fonts: soundfonts::load(purpose)?, ..Self::default() })
    }

    /// Adds instruments, rooms and speech from their folders.
    ///
    /// # Errors
    /// If a folder is missing or a file cannot be read.
    pub fn add_recordings(
        &mut self,
        instruments: &Path,
        sources: &Path,
        speech: &Path,
    ) -> Result<()> {
        for instrument in INSTRUMENTS {
            let path = sampler::path(instruments, instrument);
            if path.exists() {
                let font = Font::read(instrument.name, &path)?;
                let keys = font.keys();
                let programs = instrument.programs;
                self.instruments.push(RealInstrument { font, programs, keys });
            }
        }
        ensure!(
            !self.instruments.is_empty(),
            "{} holds no instruments; make them with `musicap-train instruments`",
            instruments.display()
        );
        self.rooms = rooms(sources)?;
        self.speech = voices(speech)?;
        Ok(())
    }

    /// Adds recordings of singing from a folder.
    ///
    /// # Errors
    /// If the folder is missing or a file cannot be read.
    pub fn add_singing(&mut self, folder: &Path) -> Result<()> {
        self.sung = voices(folder)?;
        Ok(())
    }

    /// Whether it has more than soundfonts.
    pub fn has_recordings(&self) -> bool {
        !self.instruments.is_empty()
    }

    /// A real instrument that can play a part, and the semitones to transpose it by.
    pub fn instrument(&self, part: &Part, rng: &mut Rng) -> Option<(&RealInstrument, i32)> {
        let able: Vec<(&RealInstrument, i32)> = self
            .instruments
            .iter()
            .filter(|instrument| match part.role {
                Role::Drums => instrument.programs.is_empty(),
                _ => instrument.programs.contains(&part.program),
            })
            .filter_map(|instrument| Some((instrument, instrument.transposition(part)?)))
            .collect();
        if able.is_empty() { None } else { Some(able[rng.index(able.len())]) }
    }
}

impl RealInstrument {
    /// The octaves, in semitones, that bring a part into the instrument's range; none if it has
    /// too few of the notes anyway. Notes that it lacks are not played.
    pub fn transposition(&self, part: &Part) -> Option<i32> {
        const ENOUGH: f32 = 0.97;
        const ENOUGH_DRUMS: f32 = 0.7;
        let (octaves, enough): (&[i32], _) = match part.role {
            Role::Drums => (&[0], ENOUGH_DRUMS),
            _ => (&[0, 12, -12], ENOUGH),
        };
        octaves.iter().copied().find(|&shift| self.share(part, shift) >= enough)
    }

    /// The share of a part's notes that it has recordings for.
    fn share(&self, part: &Part, shift: i32) -> f32 {
        let has = |key: u8| {
            let key = usize::try_from(i32::from(key) + shift).unwrap_or(usize::MAX);
            self.keys.get(key).copied().unwrap_or(false)
        };
        let played = part.notes.iter().filter(|note| has(note.key)).count();
        played as f32 / part.notes.len().max(1) as f32
    }
}

/// Impulse responses that are rooms, halls, plates and springs.
fn rooms(sources: &Path) -> Result<Vec<Vec<f32>>> {
    const LONGEST: usize = 2 * RATE as usize;
    // Effects that no recording of music was made with.
    const WITHOUT: [&str; 11] = [
        "filter",
        "comb",
        "backwards",
        "ambisonic",
        "cosmic",
        "sifter",
        "stretch",
        "wildecho",
        "noise-spreader",
        "peculiar",
        "echo-chamber",
    ];
    let folder =
        sources::find("web-audio-samples")?.folder(sources).join("src/sounds/impulse-responses");
    let mut rooms = Vec::new();
    for path in wav_files(&folder)? {
        let name = path.to_string_lossy();
        if WITHOUT.iter().any(|word| name.contains(word)) {
            continue;
        }
        let mut samples = read(&path)?;
        let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
        let start = samples.iter().position(|x| x.abs() > 0.1 * peak).unwrap_or(0);
        samples.drain(..start);
        samples.truncate(LONGEST);
        let power: f32 = samples.iter().map(|x| x * x).sum();
        samples.iter_mut().for_each(|x| *x /= power.max(1e-12).sqrt());
        rooms.push(samples);
    }
    Ok(rooms)
}

/// The WAV files of a folder, named man-*.wav and woman-*.wav.
fn voices(folder: &Path) -> Result<Vec<Speech>> {
    let mut voices = Vec::new();
    for path in wav_files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        voices.push(Speech { samples: read(&path)?, woman: name.starts_with("woman") });
    }
    Ok(voices)
}

fn wav_files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wav"));
    paths.sort();
    Ok(paths)
}

/// A file as mono at [`RATE`].
fn read(path: &Path) -> Result<Vec<f32>> {
    let mut reader = AudioReader::open(path)?;
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block()? {
        samples.extend_from_slice(block);
    }
    resample(&samples, reader.sample_rate(), RATE)
}
