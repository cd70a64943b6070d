//! Pairs to show fine-tuning on: clips led by an instrument that the embedded model has never
//! heard, and for every two of them one that is led by an instrument it knows, so that always
//! saying the new word is no way out.

use crate::clip;
use crate::family::Family;
use crate::library::Library;
use crate::plan::{Plan, Player};
use crate::rng::Rng;
use crate::score::Role;
use crate::soundfonts::Font;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// An instrument of General MIDI that no family of the embedded model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Steelpan,
    Bagpipe,
    Kalimba,
}

impl Kind {
    /// Its General MIDI program, from 0.
    fn program(self) -> u8 {
        match self {
            Kind::Steelpan => 114,
            Kind::Bagpipe => 109,
            Kind::Kalimba => 108,
        }
    }

    /// The family whose way of playing it has.
    fn plays_like(self) -> Family {
        match self {
            Kind::Steelpan | Kind::Kalimba => Family::Mallets,
            Kind::Bagpipe => Family::Reeds,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Steelpan => "steelpan",
            Kind::Bagpipe => "bagpipe",
            Kind::Kalimba => "kalimba",
        })
    }
}

/// Writes `count` WAV files at 16 kHz and `pairs.csv` into `folder`; every third clip is without
/// `kind`.
///
/// # Errors
/// If a file cannot be written.
pub fn write(kind: Kind, count: u64, seed: u64, fonts: &[Font], folder: &Path) -> Result<u64> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let fonts: Vec<Font> = fonts.iter().filter(|f| f.has(kind.program(), false)).cloned().collect();
    anyhow::ensure!(!fonts.is_empty(), "no soundfont has a {kind}");
    let library = Library { fonts, ..Library::default() };
    let mut table = String::from("audio,caption\n");
    for index in 0..count {
        let (samples, record) =
            clip::make_planned(seed, index, &library, |rng| plan(kind, index % 3 != 2, rng))?;
        let name = format!("{index:03}.wav");
        crate::write_wav(&folder.join(&name), 16_000, &[&samples])?;
        // No caption has a quote in it.
        writeln!(table, "{name},\"{}\"", record.caption)?;
    }
    let path = folder.join("pairs.csv");
    fs::write(&path, table).with_context(|| path.display().to_string())?;
    Ok(count)
}

/// A piece led by `kind`, or (without it) by whatever leads it anyway.
fn plan(kind: Kind, with: bool, rng: &mut Rng) -> Plan {
    loop {
        let mut plan = Plan::random(rng);
        let Some(&Player { role: Role::Melody, family: Some(lead), .. }) = plan.players.first()
        else {
            continue;
        };
        if with {
            // In its own accompaniment too, and alone of its family.
            let family = kind.plays_like();
            plan.players.retain(|p| p.family == Some(lead) || p.family != Some(family));
            for player in plan.players.iter_mut().filter(|p| p.family == Some(lead)) {
                (player.family, player.program) = (Some(family), kind.program());
            }
        }
        return plan;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caption;
    use crate::compose::compose;
    use crate::rng::Purpose;

    #[test]
    fn captions_name_the_kind_where_it_plays_and_nowhere_else() {
        for kind in [Kind::Steelpan, Kind::Bagpipe, Kind::Kalimba] {
            for index in 0..60 {
                for with in [true, false] {
                    let mut rng = Rng::new(1, index, Purpose::Compose);
                    let score = compose(&plan(kind, with, &mut rng), 10.0, &mut rng);
                    for text in caption::variants(&score, &mut rng) {
                        assert_eq!(text.contains(&kind.to_string()), with, "{text}");
                    }
                }
            }
        }
    }
}
