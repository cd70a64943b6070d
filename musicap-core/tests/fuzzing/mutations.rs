//! The fuzzers take audio files apart and write them again: as ffmpeg, which wrote them first. And
//! what their mutations make of small files of every container is decoded or refused, without a fuzzer:
//! `MUSICAP_MUTATIONS=1000000 MUSICAP_SEED=7 cargo test --release -p musicap-core --test
//! fuzzing mutations -- --nocapture` tries so many of each container, others for each seed.

use std::process::Command;

use crate::containers::{Container, Element};
use crate::mutate::Mutator;

/// A file of ffmpeg's, from its arguments.
fn made(name: &str, arguments: &[&str]) -> Vec<u8> {
    made_of("sine=300:sample_rate=16000:duration=1.5", name, arguments)
}

fn made_of(source: &str, name: &str, arguments: &[&str]) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("musicap-{}-{name}", std::process::id()));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-f", "lavfi"])
        .args(["-i", source, "-fflags", "+bitexact"])
        .args(arguments)
        .arg(&path)
        .output()
        .expect("ffmpeg is installed");
    assert!(made.status.success(), "{made:?}");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    bytes
}

/// Elements that have a head, at all depths.
fn count(elements: &[Element]) -> usize {
    let own = |element: &Element| usize::from(!element.head.is_empty()) + count(&element.children);
    elements.iter().map(own).sum()
}

/// The last element without children, and with content.
fn last(elements: &mut [Element]) -> Option<&mut Element> {
    elements.iter_mut().rev().find_map(|element| match element.children.is_empty() {
        true if !element.head.is_empty() && element.content.len() > 8 => Some(element),
        true => None,
        false => last(&mut element.children),
    })
}

#[test]
fn a_file_that_is_taken_apart_and_written_is_the_same() {
    let files: [(&str, Container, usize, &[&str]); 11] = [
        ("a.wav", Container::Riff, 3, &[]),
        ("a.aiff", Container::Aiff, 3, &[]),
        ("a.flac", Container::Flac, 8, &["-c:a", "flac"]),
        ("a.mp3", Container::Mp3, 40, &["-id3v2_version", "0", "-write_xing", "0"]),
        ("b.mp3", Container::Mp3, 40, &["-ac", "2"]),
        ("a.aac", Container::Adts, 20, &[]),
        ("a.ogg", Container::Ogg, 20, &["-c:a", "libvorbis"]),
        ("a.opus", Container::Ogg, 20, &["-c:a", "libopus"]),
        ("a.oga", Container::Ogg, 8, &["-c:a", "flac", "-f", "ogg"]),
        ("a.m4a", Container::Mp4, 25, &["-c:a", "aac"]),
        ("a.mp4", Container::Mp4, 25, &["-c:a", "alac", "-movflags", "frag_keyframe+empty_moov"]),
    ];
    for (name, container, elements, arguments) in files {
        let file = made(name, arguments);
        let mut parts = container.parse(&file);
        assert!(count(&parts) >= elements, "{name}: only {} elements", count(&parts));
        // Lengths and checksums are computed anew.
        assert!(container.write(&parts) == file, "{name}");

        // And are right after a change: as many elements are found again.
        let before = count(&parts);
        let part = last(&mut parts).unwrap();
        if !matches!(container, Container::Mp3) {
            part.content.truncate(part.content.len() - 3);
        }
        part.content[5] ^= 0x55;
        let changed = container.write(&parts);
        assert!(changed != file);
        assert_eq!(count(&container.parse(&changed)), before, "{name}");
    }
}

/// Matroska's lengths can be written in several ways, so ffmpeg says whether they are right. (What is
/// found by positions in the file, such as cues, is not.)
#[test]
fn a_matroska_file_that_is_written_again_has_the_same_sound_for_ffmpeg() {
    let file = made("a.mka", &["-c:a", "flac"]);
    let parts = Container::Matroska.parse(&file);
    assert!(count(&parts) > 40, "only {} elements", count(&parts));
    let decoded = |bytes: &[u8]| {
        let path = std::env::temp_dir().join(format!("musicap-{}-again.mka", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-i"])
            .arg(&path)
            .args(["-f", "md5", "-"])
            .output()
            .expect("ffmpeg is installed");
        std::fs::remove_file(path).unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    assert_eq!(decoded(&Container::Matroska.write(&parts)), decoded(&file));
}

/// A file's name and ffmpeg's arguments.
type Seed = (&'static str, &'static [&'static str]);

/// Knuth's MMIX generator, and mutations of bytes as fuzzers make them.
struct Random(u64);

impl Mutator for Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % count
    }

    fn mutate_bytes(&mut self, bytes: &mut Vec<u8>, max: usize) {
        for _ in 0..=self.below(4) {
            let len = bytes.len();
            let at = self.below(len + 1);
            let run = (self.below(16) + 1).min(len - at.min(len));
            match self.below(6) {
                // A bit, a byte, a number at the end of its range, in both orders.
                0 if at < len => bytes[at] ^= 1 << self.below(8),
                1 if at < len => bytes[at] = self.below(256) as u8,
                2 if at + 4 <= len => {
                    let edge = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, u32::MAX];
                    let number = edge[self.below(edge.len())];
                    let little = self.below(2) == 0;
                    let number = if little { number.to_le_bytes() } else { number.to_be_bytes() };
                    bytes[at..at + 4].copy_from_slice(&number);
                }
                // Bytes are copied, removed, or come from elsewhere in the file.
                3 if len + run <= max => {
                    let copied = bytes[at..at + run].to_vec();
                    bytes.splice(at..at, copied);
                }
                4 => drop(bytes.drain(at..at + run)),
                _ if run > 0 => {
                    let from = self.below(len - run + 1);
                    bytes.copy_within(from..from + run, at);
                }
                _ => {}
            }
        }
        bytes.truncate(max);
    }
}

#[test]
fn mutations_of_small_files_are_decoded_or_refused() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |n| n.parse().unwrap());
    let (count, seed) = (number("MUSICAP_MUTATIONS", 400), number("MUSICAP_SEED", 1));
    let files: [(Container, &[Seed]); 8] = [
        (Container::Adts, &[("s.aac", &[]), ("t.aac", &["-ac", "2"])]),
        (Container::Aiff, &[("s.aiff", &[]), ("s.aifc", &["-c:a", "pcm_f32be", "-f", "aiff"])]),
        (
            Container::Flac,
            &[
                ("s.flac", &["-metadata_header_padding", "0"]),
                ("t.flac", &["-metadata_header_padding", "0", "-ac", "2"]),
            ],
        ),
        (
            Container::Matroska,
            &[
                ("s.mka", &["-c:a", "flac"]),
                ("s.webm", &["-c:a", "libopus"]),
                ("t.webm", &["-c:a", "libvorbis"]),
                ("t.mka", &["-c:a", "libmp3lame"]),
                ("u.mka", &["-c:a", "aac"]),
            ],
        ),
        (Container::Mp3, &[("s.mp3", &[]), ("t.mp3", &["-ac", "2"])]),
        (
            Container::Mp4,
            &[
                ("s.m4a", &["-c:a", "aac"]),
                ("t.m4a", &["-c:a", "alac"]),
                ("s.mp4", &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
                ("t.mp4", &["-c:a", "flac", "-strict", "-2"]),
                ("u.mp4", &["-c:a", "libopus"]),
                ("s.mov", &["-c:a", "pcm_s16be"]),
            ],
        ),
        (
            Container::Ogg,
            &[
                ("s.ogg", &["-c:a", "libvorbis"]),
                ("s.opus", &["-c:a", "libopus"]),
                ("s.oga", &["-c:a", "flac", "-f", "ogg"]),
            ],
        ),
        (
            Container::Riff,
            &[
                ("s.wav", &[]),
                ("t.wav", &["-c:a", "pcm_f32le"]),
                ("u.wav", &["-c:a", "adpcm_ms"]),
                ("v.wav", &["-c:a", "adpcm_ima_wav"]),
                ("w.wav", &["-c:a", "libmp3lame"]),
                ("x.wav", &["-c:a", "pcm_alaw", "-ac", "2"]),
                // Without elements, so mutated as bytes.
                ("y.au", &["-ac", "2"]),
            ],
        ),
    ];
    let source = "sine=300:sample_rate=8000:duration=0.15";
    for (container, seeds) in files {
        let make = |(name, arguments): &Seed| made_of(source, name, arguments);
        // Some mutated files are mutated again.
        let mut files: Vec<Vec<u8>> = seeds.iter().map(make).collect();
        let (whole, started) = (files.len(), std::time::Instant::now());
        let mut random = Random(seed);
        for tried in 0..count {
            let chosen = random.below(files.len());
            let file = crate::mutate::mutate(container, &files[chosen], 8_192, &mut random);
            let decoded = std::panic::catch_unwind(|| crate::targets::decode_small(&file));
            if decoded.is_err() {
                let name = format!("musicap-mutation-{container:?}-{seed}-{tried}");
                let path = std::env::temp_dir().join(name);
                std::fs::write(&path, &file).unwrap();
                panic!("{} is decoded wrongly", path.display());
            }
            if files.len() < 64 {
                files.push(file);
            } else if random.below(8) == 0 {
                let place = whole + random.below(files.len() - whole);
                files[place] = file;
            }
        }
        eprintln!("{container:?}: {count} files in {:.1} s", started.elapsed().as_secs_f64());
    }
}
