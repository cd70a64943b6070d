//! The command `compose-and-render`: clips into a shard, a batch at a time.

use crate::clip::{self, Record};
use crate::codec;
use crate::features::Features;
use crate::library::Library;
use crate::rng::{Purpose, Rng};
use crate::shard::Shard;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// Clips that go through a codec together.
const BATCH: u64 = 16;
/// Share of the clips that go through one.
const CODED: f64 = 0.35;

/// Renders part `part` of `parts` of `clips` clips, from where the shard ends.
///
/// # Errors
/// If a file cannot be written, or ffmpeg fails.
pub fn run(
    out: &Path,
    clips: u64,
    seed: u64,
    (part, parts): (u64, u64),
    library: &Library,
    listen: Option<&Path>,
    audio: bool,
) -> Result<()> {
    const KEPT_TO_LISTEN: u64 = 40;
    let features = Features::new()?;
    let mut shard = Shard::open(out, part, parts)?;
    let mut pcm = if audio { Some(Pcm::open(out, part, parts, shard.clips())?) } else { None };
    let mine = (clips + parts - 1 - part) / parts;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} clips, {per_sec}, {eta} left")?;
    let progress = ProgressBar::new(mine).with_style(style).with_position(shard.clips());
    progress.reset_eta();
    while shard.clips() < mine {
        let (first, end) = (shard.clips(), (shard.clips() / BATCH + 1) * BATCH);
        let mut batch: Vec<(Vec<f32>, Record)> = (first..end.min(mine))
            .map(|place| clip::make(seed, part + place * parts, library))
            .collect::<Result<_>>()?;
        if library.has_recordings() {
            code(&mut batch, seed)?;
        }
        for (samples, record) in &batch {
            if let Some(folder) = listen.filter(|_| record.index < KEPT_TO_LISTEN) {
                fs::create_dir_all(folder)?;
                let path = folder.join(format!("{}.wav", record.index));
                crate::write_wav(&path, 16_000, &[samples])?;
            }
            if let Some(pcm) = &mut pcm {
                pcm.push(samples)?;
            }
            shard.push(&features.bytes(samples), record)?;
            progress.inc(1);
        }
    }
    progress.finish();
    Ok(())
}

/// The samples of a shard's clips as 16-bit PCM.
struct Pcm(File);

impl Pcm {
    const SAMPLES: usize = 160_000;

    /// Opens `part-of-parts.pcm` for the clips after the first `clips`.
    fn open(folder: &Path, part: u64, parts: u64, clips: u64) -> Result<Self> {
        let path = folder.join(format!("{part}-of-{parts}.pcm"));
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        file.set_len(clips * 2 * Self::SAMPLES as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self(file))
    }

    /// Adds a clip; one that is shorter than ten seconds is repeated, as the model's front end does.
    fn push(&mut self, samples: &[f32]) -> Result<()> {
        let scaled = |x: &f32| (x * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16;
        let bytes: Vec<u8> = samples
            .iter()
            .cycle()
            .take(Self::SAMPLES)
            .flat_map(|x| scaled(x).to_le_bytes())
            .collect();
        Ok(self.0.write_all(&bytes)?)
    }
}

/// Sends some of a batch through a codec.
fn code(batch: &mut [(Vec<f32>, Record)], seed: u64) -> Result<()> {
    let Some((_, first)) = batch.first() else { return Ok(()) };
    let mut rng = Rng::new(!seed, first.index, Purpose::Kind);
    let coded: Vec<bool> = batch.iter().map(|_| rng.chance(CODED)).collect();
    let mut clips: Vec<&mut Vec<f32>> = Vec::new();
    let mut records = Vec::new();
    for ((samples, record), _) in batch.iter_mut().zip(&coded).filter(|(_, coded)| **coded) {
        clips.push(samples);
        records.push(record);
    }
    if clips.is_empty() {
        return Ok(());
    }
    let codec = codec::round_trip(&mut clips, &mut rng)?;
    records.into_iter().for_each(|record| record.codec = Some(codec.clone()));
    Ok(())
}
