//! Every input that ever made a fuzzer stop, once more: `fuzz/regressions/TARGET/PROPERTY`.

use std::path::Path;

use crate::targets;

type Target = fn(&[u8]);

/// A target's name and function.
const TARGETS: [(&str, Target); 17] = [
    ("adts", targets::decode_small),
    ("aiff", targets::decode_small),
    ("captions", targets::captions),
    ("config", targets::config),
    ("decode_any", targets::decode_any),
    ("flac", targets::decode_small),
    ("live_pushes", targets::live_pushes),
    ("matroska", targets::decode_small),
    ("mp3", targets::decode_small),
    ("mp4", targets::decode_small),
    ("npy", targets::npy),
    ("ogg", targets::decode_small),
    ("pth", targets::pth),
    ("riff", targets::decode_small),
    ("safetensors_folder", targets::safetensors_folder),
    ("tokenizer", targets::tokenizer),
    ("wav", targets::wav),
];

#[test]
fn what_once_failed_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions");
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
        let (_, target) =
            TARGETS.iter().find(|(known, _)| *known == name).expect("a target's name");
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let bytes = std::fs::read(&file).unwrap();
            assert!(bytes.len() <= 4_096, "{} is to be shrunk", file.display());
            eprintln!("{}", file.display());
            target(&bytes);
            replayed += 1;
        }
    }
    assert!(replayed > 0);
}

/// All inputs that the fuzzers have kept, for `scripts/fuzz --coverage`.
#[test]
#[ignore = "replays MUSICAP_FUZZ/corpus"]
fn the_corpora_hold() {
    let folder = std::env::var_os("MUSICAP_FUZZ").expect("MUSICAP_FUZZ is set");
    for (name, target) in TARGETS {
        let Ok(files) = std::fs::read_dir(Path::new(&folder).join("corpus").join(name)) else {
            continue;
        };
        for file in files {
            target(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
