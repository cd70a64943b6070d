//! `musicap label`: each format read as its project documents it, what is kept, and what fails.

mod common;

use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use common::tone;
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
fn tracks_are_captioned_again_in_another_precision() {
    let folder = album("label-precision");
    for (precision, is_done) in [("f32", false), ("f32", true), ("int8", false), ("int8", true)] {
        let output = label(&folder, &["--precision", precision]);
        let messages = stderr(&output);
        assert_eq!(messages.contains("2 of 2 tracks are up to date"), is_done, "{messages}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_track_that_is_replaced_while_it_is_captioned_is_captioned_again() {
    let folder = scratch("label-replaced");
    let (track, other) = (folder.join("track.wav"), scratch("label-replacing").join("other.wav"));
    tone(&track, 1_800);
    tone(&other, 20);
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_musicap"))
        .args(["label", text(&folder), "--jobs", "1", "--quiet"])
        .spawn()
        .unwrap();
    let (file, descriptors) = (track.canonicalize().unwrap(), format!("/proc/{}/fd", run.id()));
    let is_open = || {
        let links = std::fs::read_dir(&descriptors).into_iter().flatten().flatten();
        links.filter_map(|link| std::fs::read_link(link.path()).ok()).any(|open| open == file)
    };
    while !is_open() {
        assert!(run.try_wait().unwrap().is_none(), "it ended before the track was replaced");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    std::fs::rename(&other, &track).unwrap();
    assert!(run.wait().unwrap().success());
    let csv = || read(&folder.join("labels.csv"));
    assert!(csv().contains(",1800.00,"), "{}", csv());
    let output = label(&folder, &[]);
    assert!(!stderr(&output).contains("up to date"), "{}", stderr(&output));
    assert!(csv().contains(",20.00,"), "{}", csv());
    let output = label(&folder, &[]);
    assert!(stderr(&output).contains("1 of 1 track is up to date"), "{}", stderr(&output));
}

#[test]
fn names_that_differ_in_case_are_two_only_where_the_file_system_has_both() {
    let folder = scratch("label-case");
    std::fs::copy(SONG, folder.join("Intro.ogg")).unwrap();
    std::fs::copy(SONG, folder.join("intro.opus")).unwrap();
    let output = label(&folder, &[]);
    let ignores_case = folder.join("INTRO.OGG").exists();
    assert_eq!(output.status.success(), !ignores_case, "{}", stderr(&output));
    assert_eq!(stderr(&output).contains("has the same name as"), ignores_case);
    assert_eq!(rows(&folder).len(), if ignores_case { 1 } else { 2 });
}

#[test]
fn values_whose_playlists_would_have_one_name_share_it() {
    let folder = album("label-playlists");
    let edits = r#"{"one.ogg": {"genres": "Hip Hop"}, "disc 2/two.ogg": {"genres": "hip-hop"}}"#;
    std::fs::write(folder.join("labels-edited.json"), edits).unwrap();
    assert!(label(&folder, &["--playlists", "genre"]).status.success());
    let playlists = folder.join("playlists");
    assert_eq!(std::fs::read_dir(&playlists).unwrap().count(), 1);
    let list = read(&playlists.join("genre-hip-hop.m3u8"));
    let paths: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(paths, ["../disc 2/two.ogg", "../one.ogg"]);
}

/// Which tracks share a batch must not matter, nor in which order they are done.
#[test]
fn labels_are_the_same_whatever_the_number_of_tracks_at_a_time() {
    let folder = album("label-jobs");
    let song = std::fs::read(SONG).unwrap();
    for part in 1..7 {
        std::fs::write(folder.join(format!("{part}.ogg")), &song[..song.len() * part / 7]).unwrap();
        std::fs::write(folder.join(format!("no sound {part}.mp3")), "no sound").unwrap();
    }
    let run = |jobs: &str| {
        let output = label(&folder, &["--jobs", jobs, "--overwrite"]);
        assert_eq!(output.status.code(), Some(1));
        let errors = stderr(&output);
        let failures = errors.split_once("6 tracks failed:").expect("all failures are listed").1;
        (
            failures.to_owned(),
            read(&folder.join("metadata.jsonl")),
            read(&folder.join("labels.csv")),
        )
    };
    let one = run("1");
    assert_eq!(one.1.lines().count(), 8);
    for jobs in ["2", "3", "50"] {
        assert_eq!(run(jobs), one, "--jobs {jobs}");
    }
    for jobs in ["0", "-1", "513", "two"] {
        let output = label(&folder, &["--jobs", jobs]);
        assert_eq!(output.status.code(), Some(2));
        let is_range = stderr(&output).contains("1..=512");
        assert!(is_range || jobs == "-1" || jobs == "two", "{}", stderr(&output));
    }
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

/// The lines of a table, whatever their order.
fn rows(folder: &Path) -> Vec<Value> {
    let text = read(&folder.join("metadata.jsonl"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_file_that_cannot_be_written_fails_alone() {
    let folder = album("label-unwritable");
    let formats = ["--formats", "ace-step-1.5,ace-step,jsonl", "--template", "{bpm} BPM"];
    // A folder is where a file is to be.
    std::fs::create_dir(folder.join("one.json")).unwrap();
    let output = label(&folder, &formats);
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    assert!(errors.contains("1 file could not be written:"), "{errors}");
    assert!(errors.contains("one.json") && !errors.contains("two"), "{errors}");
    assert!(folder.join("disc 2/two.json").is_file() && rows(&folder).len() == 2);
    // What was written is known as musicap's, and is written again with another text.
    std::fs::remove_dir(folder.join("one.json")).unwrap();
    let output = label(&folder, &[&formats[..3], &["{instruments}"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("by hand"), "{}", stderr(&output));
    assert!(read(&folder.join("one_prompt.txt")).contains("piano"));
}

#[test]
fn damaged_corrections_are_refused_before_captioning() {
    let folder = album("label-damaged-edits");
    for (edits, expected) in [
        ("{\"one.ogg\": ", "review.html"),
        (r#"{"one.ogg": {"bpm": "fast"}}"#, "one.ogg: bpm is \"fast\""),
        (r#"{"one.ogg": {"key": "H minor"}}"#, "one.ogg: key is \"H minor\""),
    ] {
        std::fs::write(folder.join("labels-edited.json"), edits).unwrap();
        let output = label(&folder, &[]);
        assert_eq!(output.status.code(), Some(1));
        let errors = stderr(&output);
        assert!(errors.contains("labels-edited.json") && errors.contains(expected), "{errors}");
        assert!(!folder.join("one.json").exists() && !folder.join(".musicap-labels.json").exists());
    }
}

#[test]
fn paths_lead_from_another_folder_to_the_tracks() {
    let folder = album("label-elsewhere");
    let other = scratch("label-elsewhere-output").join("a/b");
    let output = label(&folder, &["--output", text(&other), "--playlists", "instruments"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("below its data_dir"), "{}", stderr(&output));
    for row in rows(&other) {
        assert!(other.join(row["file_name"].as_str().unwrap()).is_file(), "{row}");
    }
    let playlists = other.join("playlists");
    let list = read(&playlists.join("instruments-piano.m3u8"));
    let mut paths = list.lines().filter(|line| !line.starts_with('#'));
    assert!(paths.all(|path| playlists.join(path).is_file()), "{list}");
    assert!(read(&other.join("review.html")).contains("/label-elsewhere/disc 2/two.ogg"));
    let output = label(&folder, &["--output", text(&folder)]);
    assert!(!stderr(&output).contains("data_dir"), "{}", stderr(&output));
    assert_eq!(rows(&folder)[1]["file_name"], "one.ogg");
}

#[test]
fn corrections_count_are_kept_and_are_reported_without_effect() {
    let folder = album("label-corrections");
    let song = "one.ogg";
    let edit = |edits: &str| std::fs::write(folder.join("labels-edited.json"), edits).unwrap();
    assert!(label(&folder, &[]).status.success());
    // A review after a change by hand is the last word, but the file stays.
    std::fs::write(folder.join("one.caption.txt"), "By hand.").unwrap();
    edit(
        r#"{"one.ogg": {"caption": "Reviewed.", "bpm": "200", "key": "f minor", "mood": "sad"},
            "gone.ogg": {"bpm": "100"}}"#,
    );
    for _ in 0..2 {
        let output = label(&folder, &[]);
        let notes = stderr(&output);
        assert!(output.status.success(), "{notes}");
        assert!(notes.contains("gone.ogg: no such track"), "{notes}");
        assert!(notes.contains("one.ogg: no field is called mood"), "{notes}");
        assert!(notes.contains("one.caption.txt: changed by hand"), "{notes}");
        assert_eq!(read(&folder.join("one.caption.txt")), "By hand.");
        let one = json(&folder.join("one.json"));
        assert_eq!((&one["caption"], &one["bpm"]), (&"Reviewed.".into(), &200.into()));
        assert_eq!(one["keyscale"], "F minor");
        let csv = read(&folder.join("labels.csv"));
        let row = csv.lines().find(|line| line.starts_with(song)).unwrap();
        assert!(row.contains(",200,F minor,") && row.contains(",fast,"), "{row}");
    }
    // They stay without their file, and end with an empty correction.
    std::fs::remove_file(folder.join("labels-edited.json")).unwrap();
    assert!(label(&folder, &[]).status.success());
    assert_eq!(json(&folder.join("one.json"))["caption"], "Reviewed.");
    assert!(read(&folder.join("review.html")).contains("F minor"));
    // A change by hand after the review is the last word in turn.
    std::fs::write(folder.join("one.caption.txt"), "By hand again.").unwrap();
    assert!(label(&folder, &[]).status.success());
    assert_eq!(json(&folder.join("one.json"))["caption"], "By hand again.");
    edit(r#"{"one.ogg": {}}"#);
    assert!(label(&folder, &[]).status.success());
    assert_ne!(json(&folder.join("one.json"))["bpm"], 200);
}

#[test]
fn damage_of_a_track_is_reported() {
    let folder = scratch("label-damage");
    let mut bytes = std::fs::read(SONG).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0);
    std::fs::write(folder.join("damaged.ogg"), bytes).unwrap();
    let captioned = musicap(&[text(&folder.join("damaged.ogg"))]);
    assert!(stderr(&captioned).contains("damaged.ogg: "), "{}", stderr(&captioned));
    let output = label(&folder, &[]);
    let (remarks, messages) = (stderr(&captioned), stderr(&output));
    let end = messages.strip_prefix(&remarks).expect("the same remarks");
    assert!(end.starts_with("musicap: labels of 1 track are in ") && end.contains("review.html"));
    // The table has them too, also when the track is not captioned again.
    let remark = remarks.trim_end().split_once("damaged.ogg: ").unwrap().1.replace('"', "\"\"");
    for _ in 0..2 {
        let csv = read(&folder.join("labels.csv"));
        assert!(csv.lines().next().unwrap().ends_with(",notes"), "{csv}");
        assert!(csv.contains(remark.lines().next().unwrap()), "{csv}, not {remark}");
        std::fs::remove_file(folder.join("labels.csv")).unwrap();
        assert!(label(&folder, &[]).status.success());
    }
}

#[test]
fn nothing_is_written_without_tracks() {
    let folder = scratch("label-nothing");
    let wrong = folder.join("musik");
    let output = label(&wrong, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("musik") && !wrong.exists(), "{}", stderr(&output));
    let output = label(&folder, &["--formats", "jsonl", "csv"]);
    assert!(stderr(&output).contains("FOLDER is csv"), "{}", stderr(&output));
    assert!(stderr(&output).contains("separated by commas"), "{}", stderr(&output));
    let output = label(&folder, &["--output", text(&wrong)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("nothing is written"), "{}", stderr(&output));
    assert!(!wrong.exists() && std::fs::read_dir(&folder).unwrap().next().is_none());
    // Tables are not emptied because their tracks are gone or fail.
    std::fs::copy(SONG, folder.join("one.ogg")).unwrap();
    assert!(label(&folder, &[]).status.success());
    let output = label(&folder, &[]);
    assert!(stderr(&output).contains("1 of 1 track is up to date"), "{}", stderr(&output));
    let csv = read(&folder.join("labels.csv"));
    for gone in [false, true] {
        match gone {
            false => std::fs::write(folder.join("one.ogg"), "no sound").unwrap(),
            true => std::fs::remove_file(folder.join("one.ogg")).unwrap(),
        }
        assert_eq!(label(&folder, &[]).status.code(), Some(1));
        assert_eq!(read(&folder.join("labels.csv")), csv);
    }
}

#[test]
fn an_unknown_language_is_one_error() {
    let folder = album("label-language");
    let output = label(&folder, &["--language", "xx"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output).matches("xx").count(), 1, "{}", stderr(&output));
    assert!(!folder.join(".musicap-labels.json").exists());
}

#[test]
fn what_no_longer_holds_is_removed() {
    let folder = album("label-stale");
    let playlists = folder.join("playlists");
    let with = |fact: &str| label(&folder, &["--playlists", fact]);
    assert!(with("instruments").status.success());
    let (piano, drums) =
        (playlists.join("instruments-piano.m3u8"), playlists.join("instruments-drums.m3u8"));
    assert!(piano.is_file());
    std::fs::write(&drums, "#EXTM3U\n").unwrap();
    let edits =
        r#"{"one.ogg": {"instruments": "oboe"}, "disc 2/two.ogg": {"instruments": "oboe"}}"#;
    std::fs::write(folder.join("labels-edited.json"), edits).unwrap();
    for _ in 0..2 {
        assert!(with("instruments").status.success());
        assert!(playlists.join("instruments-oboe.m3u8").is_file() && !piano.exists());
    }
    // A person has changed it.
    assert!(drums.is_file());
    assert!(label(&folder, &[]).status.success());
    assert!(playlists.join("instruments-oboe.m3u8").is_file());
    // A track that fails now, or that is gone, has no row.
    std::fs::write(folder.join("one.ogg"), "no sound").unwrap();
    assert_eq!(label(&folder, &[]).status.code(), Some(1));
    assert_eq!(rows(&folder).len(), 1);
    std::fs::copy(SONG, folder.join("three.ogg")).unwrap();
    std::fs::remove_file(folder.join("one.ogg")).unwrap();
    std::fs::remove_dir_all(folder.join("disc 2")).unwrap();
    assert!(label(&folder, &[]).status.success());
    assert_eq!(rows(&folder).len(), 1);
    let state = json(&folder.join(".musicap-labels.json"));
    assert_eq!(state["tracks"].as_object().unwrap().keys().collect::<Vec<_>>(), ["three.ogg"]);
}

#[test]
fn paths_in_csv_are_not_changed() {
    let folder = scratch("label-csv");
    std::fs::copy(SONG, folder.join("=one, two.ogg")).unwrap();
    assert!(label(&folder, &["--formats", "csv"]).status.success());
    assert!(read(&folder.join("labels.csv")).contains("\r\n\"=one, two.ogg\","));
}

#[test]
fn captions_of_other_editors_are_read_or_reported() {
    let folder = album("label-encodings");
    std::fs::write(folder.join("one.caption.txt"), "\u{feff}My words.\r\n").unwrap();
    std::fs::write(folder.join("disc 2/two.caption.txt"), b"H\xf6rner.\n").unwrap();
    let output = label(&folder, &[]);
    let notes = stderr(&output);
    assert!(notes.contains("two.caption.txt") && notes.contains("UTF-8"), "{notes}");
    assert!(notes.contains("changed by hand"), "{notes}");
    assert_eq!(json(&folder.join("one.json"))["caption"], "My words.");
    assert_eq!(std::fs::read(folder.join("disc 2/two.caption.txt")).unwrap(), b"H\xf6rner.\n");
    // A text without known values is the caption.
    assert!(label(&folder, &["--template", "{genre}"]).status.success());
    assert!(rows(&folder).iter().all(|row| row["text"] != ""));
}
