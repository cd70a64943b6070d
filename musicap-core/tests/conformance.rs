//! The test files of other projects' decoders, held to what ffmpeg makes of them.
//!
//! `cargo test --release -p musicap-core --test conformance -- --ignored` has Cargo fetch the
//! crates of `conformance/Cargo.toml`, in whose sources the files lie. `MUSICAP_CONFORMANCE` may
//! name a folder of more.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::downmix;
use musicap::audio::{AudioReader, Waveform};
use musicap::{Error, Result};
use serde_json::Value;

/// What is refused though ffmpeg reads it, as docs say.
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

const EXTENSIONS: [&str; 10] =
    ["aac", "aif", "aiff", "caf", "flac", "m4a", "mp3", "mp4", "ogg", "wav"];

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_sound = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| EXTENSIONS.contains(&extension));
        match path.is_dir() {
            true => collect(&path, found),
            false if is_sound => found.push(path),
            false => {}
        }
    }
}

fn files() -> Vec<PathBuf> {
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
        collect(
            Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap(),
            &mut found,
        );
    }
    if let Some(more) = std::env::var_os("MUSICAP_CONFORMANCE") {
        collect(Path::new(&more), &mut found);
    }
    found
}

/// The sound and the number of its channels.
fn ours(path: &Path) -> Result<(Waveform, usize)> {
    let mut reader = AudioReader::open(path)?;
    let waveform = reader.read_all()?;
    Ok((waveform, reader.channels()))
}

/// What ffmpeg decodes, if it does.
fn theirs(path: &Path) -> Option<Vec<f32>> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args(["-map", "0:a:0", "-f", "f32le", "-"])
        .output()
        .expect("ffmpeg is installed");
    let samples = output.stdout.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    Some(samples.collect()).filter(|samples: &Vec<f32>| !samples.is_empty())
}

/// The difference's root mean square, as a part of the sound's.
fn difference(ours: &[f32], theirs: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let apart: f64 = ours.iter().zip(theirs).map(|(x, y)| square(x - y)).sum();
    let sound: f64 = theirs.iter().copied().map(square).sum();
    (apart / sound.max(1e-12)).sqrt()
}

#[test]
#[ignore = "fetches crates: scripts/test core runs it"]
fn other_projects_test_files_are_decoded_as_ffmpeg_decodes_them() {
    let (mut equal, mut refused, mut broken) = (0, 0, 0);
    for path in files() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // What fuzzers found has no right answer.
        let is_fuzz = path.components().any(|part| part.as_os_str() == "fuzz");
        let theirs = match is_fuzz || OTHERWISE.contains(&&name[..]) {
            true => None,
            false => theirs(&path),
        };
        match (ours(&path), theirs) {
            (Ok((sound, channels)), Some(theirs)) => {
                // What is louder by so much is no sound: it is cut off.
                let theirs: Vec<f32> = theirs.iter().map(|x| x.clamp(-256.0, 256.0)).collect();
                let theirs = downmix(&theirs, channels);
                let ours = sound.samples();
                let difference = difference(ours, &theirs);
                eprintln!("{name}: {} samples, {}, {difference:.1e}", ours.len(), theirs.len());
                // Where an edit list ends within a packet, ffmpeg goes on to the packet's end.
                let is_lossy =
                    [".aac", ".m4a", ".mp3", ".mp4"].iter().any(|end| name.ends_with(end));
                let allowed = if is_lossy { 1_152 } else { 0 };
                assert!(ours.len().abs_diff(theirs.len()) <= allowed, "{name}: length");
                assert!(difference < 1e-3, "{name}: {difference}");
                equal += 1;
            }
            (Err(error), Some(_)) => {
                assert!(REFUSED.contains(&&name[..]), "{error}");
                assert!(
                    matches!(
                        error,
                        Error::UnknownFormat { .. }
                            | Error::UnsupportedCodec { .. }
                            | Error::DamagedAudio { .. }
                    ),
                    "{error}"
                );
                refused += 1;
            }
            (_, None) => broken += 1,
        }
    }
    eprintln!("{equal} as ffmpeg, {refused} refused, {broken} without a right answer");
    assert!(equal >= 30 && broken >= 20, "the crates' files are gone");
}
