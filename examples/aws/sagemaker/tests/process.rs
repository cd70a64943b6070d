//! The Processing contract, in a folder that takes the place of `/opt/ml`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use musicap::{Captioner, Captions};

const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../songs/three-scenes.ogg");

fn process(root: &Path) -> bool {
    let run = Command::new(env!("CARGO_BIN_EXE_sagemaker"))
        .args(["process", "--root", root.to_str().unwrap()])
        .output()
        .unwrap();
    run.status.success()
}

fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn outputs(root: &Path) -> BTreeSet<String> {
    let folder = root.join("processing/output/album");
    let Ok(files) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn two_machines_caption_every_recording_once() {
    let song = std::fs::read(SONG).unwrap();
    let found = ["algo-1", "algo-2"].map(|host| {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(r#"{{"current_host": "{host}", "hosts": ["algo-1", "algo-2"]}}"#);
        write(folder.path(), "config/resourceconfig.json", config);
        for i in 0..12 {
            write(folder.path(), &format!("processing/input/album/{i}.ogg"), &song);
        }
        write(folder.path(), "processing/input/album/cover.jpg", "not audio");
        assert!(process(folder.path()));
        assert!(!folder.path().join("output/message").exists());
        let found = outputs(folder.path());
        let first = folder.path().join("processing/output/album").join(found.first().unwrap());
        let captions = std::fs::read_to_string(&first).unwrap();
        let captions = &Captions::parse_json("first", &captions).unwrap()[0].captions;
        let expected = Captioner::embedded().unwrap().caption_file(SONG).unwrap();
        assert_eq!(*captions, expected.captions);
        found
    });
    assert!(found[0].is_disjoint(&found[1]) && !found[0].is_empty() && !found[1].is_empty());
    assert_eq!(found[0].len() + found[1].len(), 12);
}

#[test]
fn a_failure_is_reported_and_the_others_are_done() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "processing/input/album/a.ogg", std::fs::read(SONG).unwrap());
    write(folder.path(), "processing/input/album/b.mp3", "words");
    assert!(!process(folder.path()));
    let message = std::fs::read_to_string(folder.path().join("output/message")).unwrap();
    assert!(message.contains("1 of 2") && message.contains("album/b.mp3"), "{message}");
    assert!(message.len() <= 1024);
    assert_eq!(outputs(folder.path()), BTreeSet::from(["a.ogg.json".to_owned()]));

    // Captions that exist are kept when the job is started again.
    let done = folder.path().join("processing/output/album/a.ogg.json");
    let before = std::fs::metadata(&done).unwrap().modified().unwrap();
    std::fs::remove_file(folder.path().join("processing/input/album/b.mp3")).unwrap();
    assert!(process(folder.path()));
    assert_eq!(std::fs::metadata(&done).unwrap().modified().unwrap(), before);
}

/// A .npy file with this shape in its header and so many bytes of values.
fn npy(shape: &str, bytes: usize) -> Vec<u8> {
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(dict.bytes());
    file.resize(127, b' ');
    file.push(b'\n');
    file.resize(128 + bytes, 0);
    file
}

#[test]
fn arrays_whose_captions_have_the_same_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let chunk = npy("1, 128, 251", 128 * 251 * 4);
    for name in ["x/a.npy", "y/a.npy", "y/b.npy"] {
        write(folder.path(), &format!("processing/input/{name}"), &chunk);
    }
    assert!(!process(folder.path()));
    let message = std::fs::read_to_string(folder.path().join("output/message")).unwrap();
    for part in ["2 of 3", "x/a.npy", "y/a.npy", "a.json"] {
        assert!(message.contains(part), "{message}");
    }
    let output = folder.path().join("processing/output");
    assert!(output.join("b.json").exists() && !output.join("a.json").exists());
}

#[test]
fn a_header_of_an_array_that_is_not_there_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let shapes = ["1099511627776, 128, 251", "4611686018427387904, 1, 4", "1, 128, 1001"];
    for (i, shape) in shapes.iter().enumerate() {
        write(folder.path(), &format!("processing/input/{i}.npy"), npy(shape, 128));
    }
    assert!(!process(folder.path()));
    let message = std::fs::read_to_string(folder.path().join("output/message")).unwrap();
    assert!(message.contains("3 of 3") && message.contains("1099511627776"), "{message}");
}

#[test]
fn a_job_without_input_fails() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!process(folder.path()));
    let message = std::fs::read_to_string(folder.path().join("output/message")).unwrap();
    assert!(message.contains("processing/input"), "{message}");
}
