//! Test files of other projects, compared with what ffmpeg makes of them.
//!
//! `cargo test … --test conformance -- --ignored` has Cargo fetch the crates of
//! `conformance/Cargo.toml`, in whose sources the files lie. `scripts/conformance FOLDER` compares
//! the files of a folder instead and prints the table of docs/conformance.md.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use musicap::Error;
use musicap::audio::{AudioNote, AudioReader, Gap, Waveform};
use serde_json::Value;

/// What is refused though ffmpeg reads it.
const REFUSED: [&str; 8] = [
    // Core Audio's container.
    "synth_44100_16_bit_afconvert.caf",
    "synth_44100_24_bit_afconvert.caf",
    "sine_440hz_stereo.caf",
    // MPEG-4 ALS.
    "extended_audio_object_type.mp4",
    // WAV of the other byte order; integers of 64 bits; a format chunk that is not µ-law's.
    "test-8000Hz-be-3ch-5S-24bit.wav",
    "test-44100Hz-be-1ch-4bytes.wav",
    "test-8000Hz-le-3ch-5S-64bit.wav",
    "test-8000Hz-le-1ch-1byte-ulaw.wav",
];

/// Integers of 24 bits in the lower ones of 32, where they should not be: ffmpeg takes them for
/// floats, and musicap and libsndfile for integers of 32.
const OTHERWISE: [&str; 2] = [
    "pcmwaveformat-24bit-4byte-48kHz-stereo.wav",
    "waveformatextensible-24bit-4byte-48kHz-stereo.wav",
];

const EXTENSIONS: [&str; 24] = [
    "aac", "adts", "aif", "aifc", "aiff", "bit", "caf", "flac", "m4a", "m4b", "m4r", "mka", "mkv",
    "mov", "mp3", "mp4", "oga", "ogg", "opus", "qt", "spx", "wav", "wave", "webm",
];

/// Lengths may differ by so many frames where a codec has no exact end: a packet of MP3 or AAC.
const PACKET: usize = 1_152;
/// The root mean square of the difference, as a part of the sound's, that is rounding.
const ROUNDING: f64 = 1e-3;
/// The same for Opus: ffmpeg's own decoder and libopus are up to 0.7 % apart.
const ROUNDING_OF_OPUS: f64 = 1e-2;
/// By how many frames ffmpeg's sound may start earlier or later for a difference to be explained.
const MAX_SHIFT: i64 = 4_096;

#[derive(Debug)]
enum Outcome {
    /// As ffmpeg: `exact` to the bit. A length that differs by less than a packet is said.
    Equal {
        exact: bool,
        length: Option<String>,
    },
    /// The core of HE-AAC, which is said in a note.
    Core,
    /// ffmpeg reads it, and musicap says that it does not, and what it is.
    Refused(String),
    Differs(String),
    /// ffmpeg reads nothing; what musicap says.
    NoReference(Option<String>),
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_audio = extension
            .is_some_and(|extension| EXTENSIONS.contains(&&extension.to_ascii_lowercase()[..]));
        match path.is_dir() {
            true => collect(&path, found),
            false if is_audio => found.push(path),
            false => {}
        }
    }
    found.sort();
}

/// The files in the sources of the crates of `conformance/Cargo.toml`.
fn files_of_crates() -> Vec<PathBuf> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/Cargo.toml");
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let root = packages.clone().find(|package| package["name"] == "conformance").unwrap();
    let wanted = root["dependencies"].as_array().unwrap();
    let mut found = Vec::new();
    for package in packages.filter(|one| wanted.iter().any(|other| other["name"] == one["name"])) {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        collect(manifest.parent().unwrap(), &mut found);
    }
    found
}

/// What ffmpeg decodes of a file's audio track: its samples, and its channels by name.
struct Reference {
    codec: String,
    channels: usize,
    samples: Vec<f32>,
    /// Each channel's part of the mono mix.
    weights: Vec<f32>,
}

impl Reference {
    fn of(path: &Path, track: usize) -> Option<Self> {
        let stream = format!("a:{track}");
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", &stream, "-of", "json", "-show_streams"])
            .arg(path)
            .output()
            .expect("ffprobe is installed");
        let probe: Value = serde_json::from_slice(&probe.stdout).ok()?;
        let stream = &probe["streams"][0];
        let codec = stream["codec_name"].as_str()?.to_owned();
        let channels = usize::try_from(stream["channels"].as_u64()?).ok()?;
        let layout = stream["channel_layout"].as_str().unwrap_or_default();
        // libopus is Opus's reference decoder.
        let decoder = if codec == "opus" { &["-c:a", "libopus"][..] } else { &[] };
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin"])
            .args(decoder)
            .arg("-i")
            .arg(path)
            .args(["-map", &format!("0:a:{track}"), "-f", "f32le", "-"])
            .output()
            .expect("ffmpeg is installed");
        let samples = output.stdout.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
        // What is louder by so much is no sound, and is limited.
        let limited = |x: f32| if x.is_finite() { x.clamp(-256.0, 256.0) } else { 0.0 };
        let samples: Vec<f32> = samples.map(limited).collect();
        let weights = weights(layout, channels);
        (!samples.is_empty()).then_some(Self { codec, channels, samples, weights })
    }

    fn mono(&self, weights: &[f32]) -> Vec<f32> {
        let mix = |frame: &[f32]| frame.iter().zip(weights).map(|(x, w)| x * w).sum();
        self.samples.chunks_exact(self.channels).map(mix).collect()
    }

    /// One channel alone.
    fn channel(&self, channel: usize) -> Vec<f32> {
        self.samples.chunks_exact(self.channels).map(|frame| frame[channel]).collect()
    }
}

/// Each channel's part of the mono mix: half of both sides of ITU-R BS.775's stereo.
fn weights(layout: &str, channels: usize) -> Vec<f32> {
    const C: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const S: f32 = 0.5 * C;
    let layout: &[f32] = match layout.split('(').next().unwrap_or_default() {
        "2.1" => &[0.5, 0.5, 0.0],
        "3.0" if layout == "3.0(back)" => &[0.5, 0.5, 0.5],
        "3.1" => &[0.5, 0.5, C, 0.0],
        "4.0" => &[0.5, 0.5, C, 0.5],
        "4.1" => &[0.5, 0.5, C, 0.0, 0.5],
        _ => match channels {
            3 => &[0.5, 0.5, C],
            4 => &[0.5, 0.5, S, S],
            5 => &[0.5, 0.5, C, S, S],
            6 => &[0.5, 0.5, C, 0.0, S, S],
            7 => &[0.5, 0.5, C, 0.0, 0.5, S, S],
            8 => &[0.5, 0.5, C, 0.0, S, S, S, S],
            _ => return vec![1.0 / channels as f32; channels],
        },
    };
    layout.to_vec()
}

struct Ours {
    waveform: Waveform,
    gaps: Vec<Gap>,
    notes: Vec<AudioNote>,
}

fn ours(path: &Path) -> musicap::Result<Ours> {
    let mut reader = AudioReader::open(path)?;
    let waveform = reader.read_all()?;
    Ok(Ours { waveform, gaps: reader.gaps().to_vec(), notes: reader.notes().to_vec() })
}

/// The root mean square of the difference, as a part of the sound's, or of -60 dB where that is more.
fn difference(ours: &[f32], theirs: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let apart: f64 = ours.iter().zip(theirs).map(|(x, y)| square(x - y)).sum();
    let sound: f64 = theirs.iter().copied().map(square).sum();
    let floor = 1e-6 * ours.len().min(theirs.len()).max(1) as f64;
    (apart / sound.max(floor)).sqrt()
}

/// By how many frames ffmpeg's sound starts later, if a shift explains the difference in the middle.
fn shift(ours: &[f32], theirs: &[f32]) -> Option<i64> {
    let start = ours.len() / 2;
    let window = &ours[start..(start + 4_096).min(ours.len())];
    let mut shifts: Vec<i64> = (-MAX_SHIFT..=MAX_SHIFT).collect();
    shifts.sort_by_key(|shift| shift.abs());
    shifts.into_iter().find(|&shift| {
        let at = usize::try_from(start as i64 + shift).ok();
        at.and_then(|at| theirs.get(at..at + window.len()))
            .is_some_and(|theirs| difference(window, theirs) < 10.0 * ROUNDING)
    })
}

fn compare(path: &Path) -> (String, Outcome) {
    let ours = ours(path);
    let notes = ours.as_ref().map_or(&[][..], |ours| &ours.notes);
    let track = notes.iter().find_map(|note| match note {
        AudioNote::OtherTracks { read, .. } => Some(read - 1),
        _ => None,
    });
    let Some(reference) = Reference::of(path, track.unwrap_or(0)) else {
        let said = ours.err().map(|error| error.to_string());
        return ("none".into(), Outcome::NoReference(said));
    };
    let codec = reference.codec.clone();
    let outcome = match ours {
        Err(error @ (Error::UnknownFormat { .. } | Error::UnsupportedCodec { .. })) => {
            Outcome::Refused(error.to_string())
        }
        Err(error) => Outcome::Differs(format!("refused: {error}")),
        Ok(ours) => compare_sound(&ours, &reference),
    };
    (codec, outcome)
}

fn compare_sound(ours: &Ours, reference: &Reference) -> Outcome {
    let is_core = |note: &AudioNote| matches!(note, AudioNote::HeAacCore { .. });
    let found = ours.waveform.samples();
    let opposite = ours.notes.iter().find_map(|note| match note {
        AudioNote::OppositePhase { channel } => Some(channel - 1),
        _ => None,
    });
    // A layout that ffmpeg guesses is not that of WAV.
    let by_layout = reference.mono(&reference.weights);
    let by_count = reference.mono(&weights("", reference.channels));
    let is_closer = difference(found, &by_count) < difference(found, &by_layout);
    let expected = if is_closer { by_count } else { by_layout };
    if ours.notes.iter().any(is_core) {
        let is_half = (2 * found.len()).abs_diff(expected.len()) <= 4 * PACKET;
        if is_half || found.len().abs_diff(expected.len()) <= 2 * PACKET {
            return Outcome::Core;
        }
    }
    let rounding = if reference.codec == "opus" { ROUNDING_OF_OPUS } else { ROUNDING };
    let longer = found.len() as i64 - expected.len() as i64;
    let mut apart = difference(found, &expected);
    if let (true, Some(channel)) = (apart > rounding, opposite) {
        apart = difference(found, &reference.channel(channel));
    }
    let length = (longer != 0).then(|| format!("{longer:+} frames"));
    if longer.unsigned_abs() as usize <= PACKET && apart < rounding {
        return Outcome::Equal { exact: found == expected, length };
    }
    let shift = (apart >= rounding).then(|| shift(found, &expected)).flatten();
    let shift = shift.map_or(String::new(), |shift| format!(", shifted by {shift}"));
    let gaps = match ours.gaps.first() {
        Some(gap) => format!(", gap {gap}"),
        None => String::new(),
    };
    let notes: String = ours.notes.iter().map(|note| format!("; {note}")).collect();
    Outcome::Differs(format!(
        "{} frames, ffmpeg {}; difference {apart:.1e}{shift}{gaps}{notes}",
        found.len(),
        expected.len()
    ))
}

#[test]
#[ignore = "fetches crates: scripts/test core runs it"]
fn other_projects_test_files_are_decoded_as_ffmpeg_decodes_them() {
    let (mut equal, mut refused, mut broken) = (0, 0, 0);
    for path in files_of_crates() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // What fuzzers found has no right answer.
        let is_fuzz = path.components().any(|part| part.as_os_str() == "fuzz");
        if is_fuzz || OTHERWISE.contains(&&name[..]) {
            let _ = ours(&path);
            broken += 1;
            continue;
        }
        match compare(&path).1 {
            Outcome::Equal { .. } | Outcome::Core => equal += 1,
            Outcome::NoReference(_) => broken += 1,
            Outcome::Refused(message) if REFUSED.contains(&&name[..]) => {
                assert!(!message.is_empty());
                refused += 1;
            }
            outcome => panic!("{name}: {outcome:?}"),
        }
    }
    eprintln!("{equal} as ffmpeg, {refused} refused, {broken} without a right answer");
    assert!(equal >= 30 && broken >= 20, "the crates' files are gone");
}

#[test]
#[ignore = "compares the folder MUSICAP_CONFORMANCE: scripts/conformance runs it"]
fn the_files_of_a_folder_are_compared() {
    let folder = std::env::var_os("MUSICAP_CONFORMANCE").expect("MUSICAP_CONFORMANCE is a folder");
    let folder = PathBuf::from(folder);
    let mut files = Vec::new();
    collect(&folder, &mut files);
    // By set, the first folder of the path: files, exact, equal, core, refused, differing, no reference.
    let mut counts: BTreeMap<String, [usize; 7]> = BTreeMap::new();
    let mut lines = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let set = name.split('/').next().unwrap().to_owned();
        let (codec, outcome) = compare(path);
        let (column, reason) = match outcome {
            Outcome::Equal { exact: true, length } => (1, length),
            Outcome::Equal { exact: false, length } => (2, length),
            Outcome::Core => (3, None),
            Outcome::Refused(reason) => (4, Some(reason)),
            Outcome::Differs(reason) => (5, Some(reason)),
            Outcome::NoReference(reason) => (6, reason),
        };
        let count = counts.entry(set).or_default();
        count[0] += 1;
        count[column] += 1;
        if let Some(reason) = reason {
            let kind = ["", "exact", "equal", "core", "refused", "differs", "no reference"][column];
            lines.push(format!("{kind}\t{codec}\t{name}\t{}", reason.replace('\n', " ")));
        }
    }
    lines.sort();
    lines.iter().for_each(|line| println!("{line}"));
    println!(
        "\n| set | files | exact | equal | core of HE-AAC | refused | differing | not read by ffmpeg |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (set, counts) in &counts {
        let counts = counts.map(|count| count.to_string());
        println!("| {set} | {} |", counts.join(" | "));
    }
    assert!(!files.is_empty(), "no audio files in {}", folder.display());
}
