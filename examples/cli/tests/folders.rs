//! Folders and patterns of recordings, and going on after an interruption.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::{SONG, musicap, scratch, stderr, text, tone};

/// Every file below a folder with the time of its last change, by its path from there.
fn tree(folder: &Path) -> BTreeMap<String, SystemTime> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(path).into_iter().flatten().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
                continue;
            }
            let path = entry.path();
            let name = text(path.strip_prefix(folder).unwrap()).replace('\\', "/");
            found.insert(name, entry.metadata().unwrap().modified().unwrap());
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    tree(folder).into_keys().collect()
}

/// A small library: two files of one name, a hidden one, one that is no sound, one of text.
fn library(test: &str) -> PathBuf {
    let folder = scratch(test);
    tone(&folder.join("music/a.wav"), 3);
    std::fs::copy(SONG, folder.join("music/a.ogg")).unwrap();
    tone(&folder.join("music/deep/er/B.WAV"), 3);
    tone(&folder.join("music/.hidden.wav"), 3);
    std::fs::write(folder.join("music/broken.mp3"), b"no sound").unwrap();
    std::fs::write(folder.join("music/notes.txt"), b"text").unwrap();
    folder
}

#[test]
fn a_folder_is_mirrored_and_failures_are_listed_at_the_end() {
    let folder = library("mirror");
    let (music, out) = (folder.join("music"), folder.join("out"));
    let arguments = [text(&music), "--output", text(&out)];
    let output = musicap(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert_eq!(names(&out), ["a.ogg.txt", "a.wav.txt", "deep/er/B.WAV.txt"]);
    let message = stderr(&output);
    let (_, list) = message.split_once("musicap: 1 of 4 files failed:\n").unwrap();
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains("broken.mp3") && list.contains("not a supported audio file"), "{list}");

    // Again: what is done stays as it is, what failed is tried again.
    let before = tree(&out);
    let output = musicap(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(tree(&out), before);
    assert!(stderr(&output).contains("3 of 4 files are already captioned"), "{}", stderr(&output));
    std::fs::remove_file(music.join("broken.mp3")).unwrap();
    let output = musicap(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(tree(&out), before);
    let output = musicap(&[&arguments[..], &["--overwrite", "--quiet"]].concat());
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert!(tree(&out).iter().all(|(name, time)| *time > before[name]));
}

#[test]
fn patterns_are_expanded_where_the_shell_did_not() {
    let folder = library("patterns");
    let out = folder.join("out/");
    let pattern = format!("{}/music/**/*.[wW]*", text(&folder));
    let output = musicap(&[&pattern, "--output", text(&out), "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(&out), ["a.wav.json", "deep/er/B.WAV.json"]);

    // Of several folders, each keeps its name.
    let (one, two) = (folder.join("music/deep"), folder.join("music"));
    let all = folder.join("all");
    musicap(&[text(&one), text(&two), "--output", text(&all)]);
    let expected =
        ["deep/er/B.WAV.txt", "music/a.ogg.txt", "music/a.wav.txt", "music/deep/er/B.WAV.txt"];
    assert_eq!(names(&all), expected);

    // The habit of Windows for all files: of them, those that are recordings.
    let every = folder.join("every");
    let output = musicap(&[&format!("{}/music/*.*", text(&folder)), "--output", text(&every)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("1 of 3 files failed"), "{}", stderr(&output));
    assert_eq!(names(&every), ["a.ogg.txt", "a.wav.txt"]);

    let output = musicap(&[&format!("{}/*.flac", text(&folder))]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no audio file matches this pattern"), "{}", stderr(&output));
}

#[test]
fn an_interrupted_run_is_continued_with_nothing_done_twice_and_nothing_lost() {
    let folder = scratch("interrupted");
    let (music, out) = (folder.join("music"), folder.join("out"));
    const FILES: usize = 12;
    for n in 0..FILES {
        tone(&music.join(format!("{}/{n:02}.wav", n % 3)), 60);
    }
    // A recording a batch, so that files are done one after another.
    let options = ["--format", "json", "--threads", "1", "--batch", "6"];
    let arguments = [&[text(&music), "--output", text(&out)], &options[..]].concat();
    let mut run = Command::new(env!("CARGO_BIN_EXE_musicap"))
        .args(&arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let done = |out: &Path| {
        tree(out)
            .into_iter()
            .filter(|(name, _)| name.ends_with(".json"))
            .collect::<BTreeMap<_, _>>()
    };
    while done(&out).len() < 3 && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().unwrap(); // SIGKILL
    run.wait().unwrap();
    let first = done(&out);
    assert!((3..FILES).contains(&first.len()), "{} files were done", first.len());

    let output = musicap(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let note = format!("{} of {FILES} files are already captioned", first.len());
    assert!(stderr(&output).contains(&note), "{}", stderr(&output));
    let all = tree(&out);
    assert_eq!(all.len(), FILES, "{all:?}");
    for (name, time) in all {
        assert!(name.ends_with(".wav.json"), "left behind: {name}");
        // What was done before has not been touched.
        assert!(first.get(&name).is_none_or(|before| *before == time), "{name}");
        let json = std::fs::read_to_string(out.join(&name)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["captions"].as_array().unwrap().len(), 6, "{name}");
    }
}

#[test]
fn finished_captions_are_in_the_file_while_others_are_captioned() {
    let folder = scratch("finished");
    let (short, long, output) =
        (folder.join("short.wav"), folder.join("long.wav"), folder.join("captions.json"));
    tone(&short, 20);
    tone(&long, 3_600);
    let mut run = Command::new(env!("CARGO_BIN_EXE_musicap"))
        .args([text(&short), text(&long), "--format", "json", "--threads", "1"])
        .args(["--output", text(&output)])
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !output.exists() && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().unwrap(); // SIGKILL
    run.wait().unwrap();
    let json = std::fs::read_to_string(&output).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(json[0]["captions"].as_array().unwrap().len(), 2);
}

#[test]
fn one_file_for_many_recordings_is_not_written_after_each() {
    let folder = scratch("seldom");
    let (music, output) = (folder.join("music"), folder.join("captions.json"));
    for n in 0..40 {
        tone(&music.join(format!("{n:02}.wav")), 3);
    }
    let started = Instant::now();
    let mut run = Command::new(env!("CARGO_BIN_EXE_musicap"))
        .args([text(&music), "--threads", "1", "--output", text(&output)])
        .spawn()
        .unwrap();
    let (mut writes, mut last) = (0, None);
    let status = loop {
        if let Some(status) = run.try_wait().unwrap() {
            break status;
        }
        let written = std::fs::metadata(&output).and_then(|file| file.modified()).ok();
        if written.is_some() && written != last {
            (writes, last) = (writes + 1, written);
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success());
    // At once, every two seconds, and at the end.
    assert!(writes <= 2 + started.elapsed().as_secs() / 2, "{writes} writes");
    let json = std::fs::read_to_string(&output).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 40);
    assert!(json[39]["file"].as_str().unwrap().ends_with("39.wav"));
}

#[test]
fn names_that_differ_in_case_are_two_only_where_the_file_system_has_both() {
    let folder = scratch("case");
    let (one, two) = (folder.join("one/Intro.wav"), folder.join("two/intro.wav"));
    tone(&one, 3);
    tone(&two, 3);
    let out = folder.join("out/");
    let output = musicap(&[text(&one), text(&two), "--output", text(&out)]);
    if folder.join("ONE").exists() {
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("would both be written to"), "{}", stderr(&output));
        assert_eq!(names(&out), [""; 0]);
    } else {
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(names(&out), ["Intro.wav.txt", "intro.wav.txt"]);
    }
}
