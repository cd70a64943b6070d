//! `musicap label`: each format read as its project documents it, what is kept, and what fails.

mod common;

use std::path::{Path, PathBuf};

use common::{SONG, musicap, scratch, stderr, text};
use serde_json::Value;

/// A folder with two songs, one in a folder of its own.
fn album(test: &str) -> PathBuf {
    let folder = scratch(test);
    std::fs::create_dir_all(folder.join("disc 2")).unwrap();
    std::fs::copy(SONG, folder.join("one.ogg")).unwrap();
    std::fs::copy(SONG, folder.join("disc 2/two.ogg")).unwrap();
    folder
}

fn label(folder: &Path, more: &[&str]) -> std::process::Output {
    musicap(&[&["label", text(folder)], more].concat())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

#[test]
fn every_format_is_as_its_project_reads_it() {
    let folder = album("label-formats");
    let formats = "ace-step-1.5,ace-step,jsonl,csv,review";
    let output = label(&folder, &["--formats", formats, "--playlists", "tempo,instruments"]);
    assert!(output.status.success(), "{}", stderr(&output));
    // ACE-Step 1.5: the caption alone, and a JSON object whose keys are optional.
    let caption = read(&folder.join("disc 2/two.caption.txt"));
    assert!(caption.trim().ends_with('.') && caption.lines().count() == 1, "{caption}");
    let song = json(&folder.join("one.json"));
    assert_eq!(song["caption"], caption.trim());
    for (key, value) in song.as_object().unwrap() {
        match &key[..] {
            "caption" => {}
            "bpm" => assert!(value.is_u64(), "{value}"),
            "keyscale" => {
                let (tonic, mode) = value.as_str().unwrap().split_once(' ').unwrap();
                assert!(tonic.len() <= 2 && ["major", "minor"].contains(&mode), "{value}");
            }
            "timesignature" => assert!(["3", "4"].contains(&value.as_str().unwrap()), "{value}"),
            other => panic!("{other}"),
        }
    }
    // ACE-Step: tags with commas between them.
    let prompt = read(&folder.join("one_prompt.txt"));
    let tags: Vec<&str> = prompt.trim().split(", ").collect();
    assert!(tags.contains(&"piano") && tags.iter().all(|tag| !tag.is_empty()), "{prompt}");
    // audiofolder: a line for each file, whose path is below the folder, all with the same keys.
    let lines: Vec<Value> = read(&folder.join("metadata.jsonl"))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let keys = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(lines.len() == 2 && keys(&lines[0]) == keys(&lines[1]));
    for row in &lines {
        assert!(folder.join(row["file_name"].as_str().unwrap()).is_file());
        assert_eq!(row["text"], caption.trim());
    }
    // CSV: the columns that ACE-Step 1.5 looks for, and as many fields in each row.
    let csv = read(&folder.join("labels.csv"));
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    assert!(["file", "caption", "bpm", "key"].iter().all(|name| header.contains(name)));
    assert_eq!(csv.lines().count(), 3);
    // M3U8: paths are relative to the playlist.
    let playlists = folder.join("playlists");
    let list = read(&playlists.join("instruments-piano.m3u8"));
    assert!(list.starts_with("#EXTM3U\n#EXTINF:"), "{list}");
    let paths: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(paths.len() == 2 && paths.iter().all(|path| playlists.join(path).is_file()));
    let page = read(&folder.join("review.html"));
    assert!(page.contains("disc 2/two.ogg") && !page.contains("__ROWS__"));
    let external = ["http:", "https:", "//cdn"];
    assert!(external.iter().all(|link| !page.contains(link)));
}

#[test]
fn only_what_has_changed_is_captioned_again() {
    let folder = album("label-again");
    assert!(label(&folder, &[]).status.success());
    let before = read(&folder.join("metadata.jsonl"));
    let output = label(&folder, &[]);
    assert!(stderr(&output).contains("2 of 2 tracks are up to date"), "{}", stderr(&output));
    assert_eq!(read(&folder.join("metadata.jsonl")), before);
    let song = folder.join("one.ogg");
    let bytes = std::fs::read(&song).unwrap();
    std::fs::write(&song, &bytes[..bytes.len() / 2]).unwrap();
    let output = label(&folder, &[]);
    assert!(stderr(&output).contains("1 of 2 tracks are up to date"), "{}", stderr(&output));
}

#[test]
fn what_a_person_has_changed_is_kept_and_counts_everywhere() {
    let folder = album("label-edited");
    assert!(label(&folder, &[]).status.success());
    std::fs::write(folder.join("one.caption.txt"), "My own words.\n").unwrap();
    let edits = r#"{"disc 2/two.ogg": {"caption": "Words of the page.", "key": "F# minor"}}"#;
    std::fs::write(folder.join("labels-edited.json"), edits).unwrap();
    for more in [&[][..], &["--overwrite"]] {
        let output = label(&folder, more);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("one.caption.txt"), "{}", stderr(&output));
        assert_eq!(read(&folder.join("one.caption.txt")), "My own words.\n");
        assert_eq!(json(&folder.join("one.json"))["caption"], "My own words.");
        let two = json(&folder.join("disc 2/two.json"));
        assert_eq!(two["caption"], "Words of the page.");
        assert_eq!(two["keyscale"], "F# minor");
        let rows = read(&folder.join("metadata.jsonl"));
        assert!(rows.contains("My own words.") && rows.contains("Words of the page."));
    }
    // A file that was there before is somebody's own.
    let folder = album("label-foreign");
    std::fs::write(folder.join("one.json"), "{}").unwrap();
    assert!(label(&folder, &[]).status.success());
    assert_eq!(read(&folder.join("one.json")), "{}");
}

#[test]
fn failures_are_listed_and_the_others_are_labelled() {
    let folder = album("label-failures");
    std::fs::write(folder.join("broken.mp3"), "no sound").unwrap();
    std::fs::copy(SONG, folder.join("one.opus")).unwrap();
    let output = label(&folder, &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("2 tracks failed:") && errors.contains("broken.mp3"), "{errors}");
    assert!(errors.contains("has the same name as"), "{errors}");
    assert_eq!(read(&folder.join("metadata.jsonl")).lines().count(), 2);
}

#[test]
fn templates_write_the_text() {
    let folder = album("label-template");
    let template = ["--template", "{instruments}, {bpm} BPM", "--formats", "ace-step,jsonl"];
    assert!(label(&folder, &template).status.success());
    let prompt = read(&folder.join("one_prompt.txt"));
    assert!(prompt.contains("piano") && !prompt.contains('{'), "{prompt}");
    assert!(read(&folder.join("metadata.jsonl")).contains(prompt.trim()));
    let output = label(&folder, &["--template", "{gender}"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("{gender}"), "{}", stderr(&output));
}
