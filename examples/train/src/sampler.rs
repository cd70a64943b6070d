//! Makes soundfonts of the instruments: one file each, written once and read by every process
//! that renders.

use crate::instruments::{INSTRUMENTS, Instrument, Layout, Notes};
use crate::sf2::{Envelope, Preset, Sample, SoundFontFile, Zone};
use crate::sfz::{self, Region};
use crate::sources;
use anyhow::{Context, Result, ensure};
use musicap::audio::{AudioReader, Resampler};
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};
use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rate of samples that have no loop, in Hz. Clips end at 16 kHz and notes are shifted by a few
/// keys, so this keeps all that is left of them.
const RATE: u32 = 32_000;
/// Samples without a loop end after this time.
const LONGEST_SECONDS: f32 = 9.0;

/// Writes the soundfonts that are not in `folder` yet, and returns how many it holds then.
/// Instruments whose recordings are missing are named and left out.
///
/// # Errors
/// If a file cannot be written.
pub fn make(sources: &Path, folder: &Path) -> Result<usize> {
    fs::create_dir_all(folder)?;
    let mut made = 0;
    for instrument in INSTRUMENTS {
        let path = path(folder, instrument);
        if !path.exists() {
            match soundfont(instrument, sources) {
                Ok(file) => {
                    let bytes = file.to_bytes(instrument.name);
                    for (key, heard) in out_of_tune(&file, &bytes)? {
                        eprintln!("{}: key {key} sounds like {heard:.1}", instrument.name);
                    }
                    let temporary = path.with_extension("part");
                    fs::write(&temporary, bytes)?;
                    fs::rename(&temporary, &path)?;
                    eprintln!(
                        "{}: {} samples, {} MB",
                        instrument.name,
                        file.samples.len(),
                        fs::metadata(&path)?.len() / 1_000_000
                    );
                }
                Err(error) => {
                    eprintln!("{} left out: {error:#}", instrument.name);
                    continue;
                }
            }
        }
        made += 1;
    }
    Ok(made)
}

/// Keys of a melodic instrument that sound more than half a key off, or not at all (key 0).
fn out_of_tune(file: &SoundFontFile, bytes: &[u8]) -> Result<Vec<(u8, f32)>> {
    const CHECK_RATE: i32 = 32_000;
    let Some(preset) = file.presets.iter().find(|preset| preset.bank == 0) else {
        return Ok(Vec::new());
    };
    let font = Arc::new(SoundFont::new(&mut Cursor::new(bytes))?);
    let mut wrong = Vec::new();
    for key in (36..=84).step_by(4) {
        let mut synth = Synthesizer::new(&font, &SynthesizerSettings::new(CHECK_RATE))?;
        synth.process_midi_message(0, 0xC0, preset.program.into(), 0);
        synth.note_on(0, key.into(), 90);
        let (mut left, mut right) = (vec![0.0; 19_200], vec![0.0; 19_200]);
        synth.render(&mut left, &mut right);
        let heard = pitch(&left[6_400..], CHECK_RATE as f32);
        if (heard - f32::from(key)).abs() > 0.5 {
            wrong.push((key, heard));
        }
    }
    Ok(wrong)
}

/// The pitch as a MIDI key, by the first high peak of the autocorrelation; 0 for silence.
pub fn pitch(samples: &[f32], rate: f32) -> f32 {
    let window = samples.len() / 2;
    let power: f32 = samples[..window].iter().map(|x| x * x).sum();
    if power < 1e-7 * window as f32 {
        return 0.0;
    }
    let likeness = |lag: usize| -> f32 {
        let (a, b) = (&samples[..window], &samples[lag..lag + window]);
        let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        product / (power * b.iter().map(|b| b * b).sum::<f32>()).sqrt().max(1e-9)
    };
    let (low, high) = ((rate / 1500.0) as usize, (rate / 50.0) as usize);
    let values: Vec<f32> = (low..high.min(samples.len() - window)).map(likeness).collect();
    let peak = values.iter().fold(0f32, |peak, &x| peak.max(x));
    let first = (1..values.len() - 1).find(|&i| {
        values[i] > 0.92 * peak && values[i] >= values[i - 1] && values[i] >= values[i + 1]
    });
    let Some(i) = first else { return 0.0 };
    let (a, b, c) = (values[i - 1], values[i], values[i + 1]);
    let lag = (low + i) as f32 + 0.5 * (a - c) / (a - 2.0 * b + c).min(-1e-9);
    69.0 + 12.0 * (rate / lag / 440.0).log2()
}

/// Where the soundfont of an instrument lies.
pub fn path(folder: &Path, instrument: &Instrument) -> PathBuf {
    folder.join(instrument.name).with_extension("sf2")
}

fn soundfont(instrument: &Instrument, sources: &Path) -> Result<SoundFontFile> {
    let folder = sources::find(instrument.source)?.folder(sources);
    ensure!(
        folder.is_dir(),
        "{} is not there; `musicap-train sources` says where it is to be had",
        folder.display()
    );
    let mut builder = Builder::default();
    match &instrument.layout {
        Layout::Sfz { file, keyswitch, without, octaves } => {
            for region in sfz::read(&folder.join(file), *keyswitch)? {
                let path = region.sample.to_string_lossy();
                if !without.iter().any(|word| path.contains(word)) {
                    builder.region(&region, None)?;
                }
            }
            builder.transpose(-12 * octaves);
        }
        Layout::SfzKit { file, keys } => {
            let regions = sfz::read(&folder.join(file), None)?;
            for (played, source) in *keys {
                for region in &regions {
                    for &key in *played {
                        builder.region(region, Some((key, *source)))?;
                    }
                }
            }
        }
        Layout::Notes(notes) => builder.notes(&folder, notes)?,
        Layout::Kit(hits) => {
            for (keys, file) in *hits {
                builder.hit(keys, &folder.join(file))?;
            }
        }
        Layout::Hydrogen { folder: kit } => {
            for (keys, file) in hydrogen(&folder.join(kit))? {
                builder.hit(keys, &file)?;
            }
        }
    }
    ensure!(!builder.zones.is_empty(), "no sample serves a key");
    Ok(builder.finish(instrument.programs))
}

#[derive(Default)]
struct Builder {
    samples: Vec<Sample>,
    zones: Vec<Zone>,
    known: HashMap<String, usize>,
}

impl Builder {
    /// Adds a region of an SFZ file; for a kit, if it serves `source`, on `key`.
    fn region(&mut self, region: &Region, kit: Option<(u8, i32)>) -> Result<()> {
        let key = region.key("key");
        let low = region.key("lokey").or(key).unwrap_or(0);
        let high = region.key("hikey").or(key).unwrap_or(127);
        let mut root = region.key("pitch_keycenter").or(key).unwrap_or(60);
        let mut cents = region.number("tune").or(region.number("pitch")).unwrap_or(0.0)
            + 100.0 * region.number("transpose").unwrap_or(0.0);
        let keys = match kit {
            Some((_, source)) if !(low..=high).contains(&source) => return Ok(()),
            Some((key, _)) => {
                (root, cents) = (key.into(), 0.0);
                (key, key)
            }
            None if high < 0 || low > 127 || low > high => return Ok(()),
            None => (low.clamp(0, 127) as u8, high.clamp(0, 127) as u8),
        };
        let velocity = |name, default| region.number(name).map_or(default, |v: f32| v as u8);
        let volume = ["volume", "group_volume", "master_volume", "global_volume"]
            .iter()
            .filter_map(|name| region.number(name))
            .sum::<f32>();
        let (attack, sustain) = (region.envelope("attack"), region.envelope("sustain"));
        let one_shot = kit.is_some() || region.text("loop_mode") == Some("one_shot");
        let Ok(sample) = self.sample(region, kit.is_none()) else {
            eprintln!("no sample {}", region.sample.display());
            return Ok(());
        };
        self.zones.push(Zone {
            sample,
            keys,
            velocities: (velocity("lovel", 0), velocity("hivel", 127).min(127)),
            root_key: root.clamp(0, 127) as u8,
            cents: cents as i16,
            attenuation: -volume,
            envelope: Envelope {
                attack: attack.unwrap_or(0.001).min(0.15),
                hold: region.envelope("hold").unwrap_or(0.0),
                decay: region.envelope("decay").unwrap_or(0.001).max(0.001),
                sustain: sustain.map_or(0.0, |share| {
                    (-20.0 * (share / 100.0).max(1e-6).log10()).clamp(0.0, 100.0)
                }),
                release: if one_shot {
                    2.0
                } else {
                    region.envelope("release").unwrap_or(0.05).clamp(0.03, 2.0)
                },
            },
        });
        Ok(())
    }

    /// Moves all zones by some keys.
    fn transpose(&mut self, by: i32) {
        let moved = |key: u8| (i32::from(key) + by).clamp(0, 127) as u8;
        self.zones.retain(|zone| i32::from(zone.keys.1) + by >= 0);
        for zone in &mut self.zones {
            zone.keys = (moved(zone.keys.0), moved(zone.keys.1));
            zone.root_key = moved(zone.root_key);
        }
    }

    /// The sample of a region, read once for all regions that play it.
    fn sample(&mut self, region: &Region, looped: bool) -> Result<usize> {
        let path = find(&region.sample).context("no such file")?;
        let loop_mode = region.text("loop_mode").or(region.text("loopmode"));
        let offset = region.number("offset").unwrap_or(0.0).max(0.0) as usize;
        let name = format!("{}@{offset}@{loop_mode:?}", path.display());
        if let Some(&known) = self.known.get(&name) {
            return Ok(known);
        }
        let (mut samples, rate) = decode(&path)?;
        let mut loop_ = match (region.number("loop_start"), region.number("loop_end")) {
            _ if !looped || matches!(loop_mode, Some("no_loop" | "one_shot")) => None,
            (Some(start), Some(end)) => Some((start as u32, end as u32 + 1)),
            _ => loop_of_file(&path, samples.len()),
        };
        let offset = offset.min(samples.len() / 2);
        samples.drain(..offset);
        loop_ = loop_
            .and_then(|(from, to)| Some((from.checked_sub(offset as u32)?, to - offset as u32)))
            .filter(|&(from, to)| from + 8 < to && to as usize <= samples.len());
        self.known.insert(name, self.samples.len());
        self.push(samples, rate, loop_)
    }

    /// Takes a sample in; without a loop it is brought to [`RATE`] and its end is cut.
    fn push(&mut self, samples: Vec<f32>, rate: u32, loop_: Option<(u32, u32)>) -> Result<usize> {
        let (mut samples, rate) = match loop_ {
            Some((_, to)) => {
                (samples[..to as usize + 1.min(samples.len() - to as usize)].to_vec(), rate)
            }
            None => (resample(&samples, rate, RATE)?, RATE),
        };
        if loop_.is_none() {
            trim_end(&mut samples, rate);
        }
        let data = samples.iter().map(|x| (x.clamp(-1.0, 1.0) * 32_767.0) as i16).collect();
        self.samples.push(Sample { data, rate, loop_ });
        Ok(self.samples.len() - 1)
    }

    /// Files named by their note: each serves the keys that are nearest to it.
    fn notes(&mut self, folder: &Path, notes: &Notes) -> Result<()> {
        // By key and loudness, the first length that is wanted.
        let mut found: HashMap<(i32, u8), (usize, PathBuf)> = HashMap::new();
        let folder = folder.join(notes.folder);
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut paths: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(rest) = name.strip_prefix(notes.prefix) else { continue };
            let note = rest.split(['_', '-', '.']).next().unwrap_or("");
            let Some(key) = sfz::note_number(note) else { continue };
            let Some(rank) = notes.only.iter().position(|word| rest.contains(word)) else {
                continue;
            };
            let unwanted = ["phrase", "cresc", "trill", "gliss", "harmonic", "tremolo", "muted"];
            let wanted = !unwanted.iter().any(|word| rest.contains(word));
            let plain = !notes.held || !rest.contains("_normal") || rest.contains("normal");
            if !wanted
                || !plain
                || (notes.held && name.ends_with(".mp3") && !rest.contains("normal"))
            {
                continue;
            }
            let place = (key + 12 * notes.octaves, loudness(rest));
            let better = found.get(&place).is_none_or(|(known, _)| rank < *known);
            if better {
                found.insert(place, (rank, path));
            }
        }
        let mut loudnesses: Vec<u8> = found.keys().map(|&(_, loudness)| loudness).collect();
        loudnesses.sort();
        loudnesses.dedup();
        // A loudness with few notes would be stretched far.
        let most = loudnesses.iter().map(|l| count(&found, *l)).max().unwrap_or(0);
        loudnesses.retain(|l| count(&found, *l) * 2 >= most);
        for (place, &loudness) in loudnesses.iter().enumerate() {
            let velocities = (
                (128 * place / loudnesses.len()) as u8,
                (128 * (place + 1) / loudnesses.len() - 1) as u8,
            );
            let mut layer: Vec<(i32, &PathBuf)> = found
                .iter()
                .filter(|((_, l), _)| *l == loudness)
                .map(|((key, _), (_, path))| (*key, path))
                .collect();
            layer.sort();
            let edges: Vec<i32> =
                layer.windows(2).map(|pair| (pair[0].0 + pair[1].0) / 2).collect();
            for (i, (key, path)) in layer.iter().enumerate() {
                let low = if i == 0 { 0 } else { edges[i - 1] + 1 };
                let high = edges.get(i).copied().unwrap_or(127);
                let Ok((mut samples, rate)) = decode(path) else {
                    eprintln!("{} cannot be read", path.display());
                    continue;
                };
                trim_start(&mut samples, rate);
                let loop_ = if notes.held { add_loop(&mut samples, rate) } else { None };
                let sample = self.push(samples, rate, loop_)?;
                self.zones.push(Zone {
                    sample,
                    keys: (low.clamp(0, 127) as u8, high.clamp(0, 127) as u8),
                    velocities,
                    root_key: (*key).clamp(0, 127) as u8,
                    cents: 0,
                    attenuation: 0.0,
                    envelope: Envelope::flat(if notes.held { 0.12 } else { 0.5 }),
                });
            }
        }
        Ok(())
    }

    /// A single hit on some keys.
    fn hit(&mut self, keys: &[u8], path: &Path) -> Result<()> {
        let (mut samples, rate) = decode(path)?;
        trim_start(&mut samples, rate);
        let sample = self.push(samples, rate, None)?;
        for &key in keys {
            self.zones.push(Zone {
                sample,
                keys: (key, key),
                velocities: (0, 127),
                root_key: key,
                cents: 0,
                attenuation: 0.0,
                envelope: Envelope::flat(2.0),
            });
        }
        Ok(())
    }

    fn finish(mut self, programs: &[u8]) -> SoundFontFile {
        // A soundfont cannot make anything louder: the loudest zone is the measure.
        let loudest = self.zones.iter().map(|zone| zone.attenuation).fold(f32::MAX, f32::min);
        for zone in &mut self.zones {
            zone.attenuation -= loudest;
        }
        let presets = match programs {
            [] => vec![Preset { bank: 128, program: 0, instrument: 0 }],
            _ => {
                programs.iter().map(|&program| Preset { bank: 0, program, instrument: 0 }).collect()
            }
        };
        SoundFontFile { samples: self.samples, instruments: vec![self.zones], presets }
    }
}

impl Region {
    /// A value of the volume envelope: what stands there and what controllers at rest add.
    fn envelope(&self, name: &str) -> Option<f32> {
        self.modulated(&format!("ampeg_{name}"))
    }
}

fn count(found: &HashMap<(i32, u8), (usize, PathBuf)>, loudness: u8) -> usize {
    found.keys().filter(|(_, l)| *l == loudness).count()
}

/// Loudness of a recording by the words or the layer in its name.
fn loudness(name: &str) -> u8 {
    let words: [(&[&str], u8); 4] = [
        (&["pianissimo", "_v1_"], 0),
        (&["_mezzo-piano_", "_piano_", "_v2_"], 1),
        (&["mezzo-forte", "_mf"], 2),
        (&["fortissimo", "_forte_", "_v3_", "_f."], 3),
    ];
    words.iter().find(|(names, _)| names.iter().any(|n| name.contains(n))).map_or(2, |(_, l)| *l)
}

/// The file itself, or the one that is called so but for capitals.
fn find(path: &Path) -> Option<PathBuf> {
    // A folder that players ask their users for.
    let path = PathBuf::from(path.to_string_lossy().replace("/$sample_dir/", "/../Samples/"));
    if path.exists() {
        return Some(path);
    }
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    fs::read_dir(path.parent()?)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|other| other.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase() == name))
}

/// Mono samples and their rate.
fn decode(path: &Path) -> Result<(Vec<f32>, u32)> {
    let mut reader = AudioReader::open(path).with_context(|| path.display().to_string())?;
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block()? {
        samples.extend_from_slice(block);
    }
    Ok((samples, reader.sample_rate()))
}

/// `samples` at another rate.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>> {
    let mut resampler = Resampler::new(from, to)?;
    let mut out = Vec::new();
    resampler.process(samples, &mut out);
    resampler.finish(&mut out);
    Ok(out)
}

/// The loop that a WAV file (chunk `smpl`), or a FLAC file that was one, says it has.
fn loop_of_file(path: &Path, frames: usize) -> Option<(u32, u32)> {
    let bytes = fs::read(path).ok()?;
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let places = bytes.windows(4).enumerate().filter(|(_, id)| *id == b"smpl");
    for (at, _) in places {
        let (size, loops) = (long(at + 4)?, long(at + 8 + 28).unwrap_or(0));
        let (start, end) = (long(at + 8 + 36 + 8), long(at + 8 + 36 + 12));
        if let (60..=4096, 1..=16, Some(start), Some(end)) = (size, loops, start, end)
            && start < end
            && (end as usize) < frames
        {
            return Some((start, end + 1));
        }
    }
    None
}

/// Cuts what lies before the first sound, but for five milliseconds.
fn trim_start(samples: &mut Vec<f32>, rate: u32) {
    let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
    let first = samples.iter().position(|x| x.abs() > 0.01 * peak).unwrap_or(0);
    samples.drain(..first.saturating_sub(rate as usize / 200));
}

/// Cuts what is no longer heard, and what comes after [`LONGEST_SECONDS`], with a fade.
fn trim_end(samples: &mut Vec<f32>, rate: u32) {
    let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
    let last = samples.iter().rposition(|x| x.abs() > 0.0004 * peak).map_or(0, |at| at + 1);
    samples.truncate(last.min((LONGEST_SECONDS * rate as f32) as usize));
    let fade = (rate as usize / 20).min(samples.len());
    let from = samples.len() - fade;
    for (i, sample) in samples[from..].iter_mut().enumerate() {
        *sample *= 1.0 - i as f32 / fade as f32;
    }
}

/// Makes the steady middle of a held note a loop, its end blended into its beginning.
fn add_loop(samples: &mut Vec<f32>, rate: u32) -> Option<(u32, u32)> {
    let window = rate as usize / 20;
    let blocks: Vec<f32> =
        samples.chunks(window).map(|block| block.iter().map(|x| x * x).sum::<f32>()).collect();
    let peak = blocks.iter().fold(0f32, |peak, &power| peak.max(power));
    // The part within 10 dB of the loudest, without its attack and release.
    let first = blocks.iter().position(|&power| power > 0.1 * peak)? + 3;
    let last = blocks.iter().rposition(|&power| power > 0.1 * peak)?.checked_sub(2)?;
    if last < first + 8 {
        return None;
    }
    let (from, blend) = (first * window + window, window);
    let end = last * window;
    // The end of the loop where the sound is most like it is at the loop's start.
    let likeness = |to: usize| -> f32 {
        let (a, b) = (&samples[from - blend..from], &samples[to - blend..to]);
        let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        let power: f32 = b.iter().map(|b| b * b).sum();
        product / power.max(1e-9).sqrt()
    };
    let earliest = end.saturating_sub(rate as usize / 12).max(from + 4 * window);
    let to = (earliest..end).max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)))?;
    for i in 0..blend {
        let share = i as f32 / blend as f32;
        let before = samples[from - blend + i];
        let sample = &mut samples[to - blend + i];
        *sample = (1.0 - share) * *sample + share * before;
    }
    samples.truncate(to + 1);
    Some((from as u32, to as u32))
}

/// Percussion keys and files of a drum kit of Hydrogen, by the names of its instruments.
fn hydrogen(folder: &Path) -> Result<Vec<(&'static [u8], PathBuf)>> {
    // The first that matches counts.
    const NAMES: [(&str, &[u8]); 16] = [
        ("kick", &[35, 36]),
        ("bass drum", &[35, 36]),
        ("stick", &[37]),
        ("snare", &[38, 40]),
        ("clap", &[39]),
        ("pedal", &[44]),
        ("open", &[46]),
        ("closed", &[42]),
        ("tom low", &[41, 43, 45]),
        ("low tom", &[41, 43, 45]),
        ("tom mid", &[47]),
        ("middle tom", &[47]),
        ("tom hi", &[48, 50]),
        ("high tom", &[48, 50]),
        ("crash", &[49, 57]),
        ("ride", &[51]),
    ];
    let path = folder.join("drumkit.xml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut hits: Vec<(&'static [u8], PathBuf)> = Vec::new();
    for instrument in text.split("<instrument>").skip(1) {
        let value = |tag: &str| {
            let from = instrument.find(&format!("<{tag}>"))? + tag.len() + 2;
            Some(&instrument[from..from + instrument[from..].find('<')?])
        };
        let (Some(name), Some(file)) = (value("name"), value("filename")) else { continue };
        let name = name.to_lowercase();
        let Some((_, keys)) = NAMES.iter().find(|(word, _)| name.contains(word)) else { continue };
        let file = folder.join(file);
        if file.is_file() && !hits.iter().any(|(known, _)| known == keys) {
            hits.push((keys, file));
        }
    }
    ensure!(hits.len() >= 4, "{} names few drums that are known", path.display());
    Ok(hits)
}
