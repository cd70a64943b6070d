//! The fuzzers take audio files apart and write them again: as ffmpeg, which wrote them first.

#[path = "../../fuzz/src/containers.rs"]
mod containers;

use std::process::Command;

use containers::{Container, Element};

/// A file of ffmpeg's, from its arguments.
fn made(name: &str, arguments: &[&str]) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("musicap-{}-{name}", std::process::id()));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-f", "lavfi"])
        .args(["-i", "sine=300:sample_rate=16000:duration=1.5"])
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
        ("a.wav", Container::Riff, 5, &[]),
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
