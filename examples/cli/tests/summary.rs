//! `--summary` and `musicap summarize`, with the local summarizer and with a language model's
//! server on a loopback socket.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

mod common;

#[cfg(feature = "openai")]
#[path = "../../../musicap-core/tests/common/chat.rs"]
mod chat;

use common::{SONG, musicap, stderr, stdout};

/// A file of one test's own.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What was composed: a piano plays from the beginning.
const TRUTH: &str = "piano";

#[test]
fn every_format_has_a_place_for_a_summary() {
    let with = |format: &str| {
        let output = musicap(&["--summary", SONG, "--format", format]);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let text = with("text");
    let (captions, summary) = text.split_once("\n\n").unwrap();
    assert_eq!(captions.lines().count(), 5);
    assert!(summary.contains(TRUTH) && summary.ends_with(".\n"), "{summary}");
    // What was composed: drums and a guitar come at 0:30.
    assert!(summary.contains("at 0:30") && summary.contains("drum"), "{summary}");
    let json: serde_json::Value = serde_json::from_str(&with("json")).unwrap();
    assert_eq!(json["summary"], summary.trim_end());
    // Nothing after the end of the music unless it is asked for.
    let plain = with("srt");
    assert!(plain.contains("\n5\n") && !plain.contains("\n6\n"), "{plain}");
    let srt = stdout(&musicap(&["--summary", "--summary-subtitle", SONG, "--format", "srt"]));
    let last = srt.strip_prefix(&plain).expect("the same subtitles, and one more");
    assert!(last.starts_with("6\n00:00:4"), "{last}");
    assert!(last.ends_with(&format!("{}\n\n", summary.trim_end())), "{last}");
    let vtt = with("vtt");
    assert!(vtt.starts_with("WEBVTT\n\nNOTE Summary: ") && vtt.contains(TRUTH), "{vtt}");
    let chapters = with("chapters");
    assert!(chapters.starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:30.000\nPiano\n"), "{chapters}");
    assert_eq!(json["sections"][0]["title"], "Piano");
    let german = stdout(&musicap(&["--summary", SONG, "--language", "de"]));
    assert!(german.contains("Klavierstück") && german.contains("bei 0:30"), "{german}");
    // With its value after a space, where a file could stand, too.
    assert_eq!(text, stdout(&musicap(&[SONG, "--summary", "local"])));
    let beats = stdout(&musicap(&["--facts", "beats", SONG, "--format", "json"]));
    assert!(beats.contains("\"beats\""), "{beats}");
    let in_vain = musicap(&[SONG, "--facts"]);
    assert!(stderr(&in_vain).contains("--facts has no effect"), "{}", stderr(&in_vain));
    assert!(!stderr(&musicap(&[SONG, "--facts", "--summary"])).contains("no effect"));
}

#[test]
fn captions_are_translated_without_a_summary_and_with_one() {
    let german = stdout(&musicap(&[SONG, "--language", "German"]));
    assert_eq!(german.lines().count(), 5);
    // What was composed: a piano plays from the beginning, slowly.
    let first = german.lines().next().unwrap();
    assert!(first.contains("Klavier") && first.contains("langsam"), "{german}");
    assert!(!german.contains("[en]") && !german.contains("piano"), "{german}");
    let json = stdout(&musicap(&["--summary", SONG, "--language", "ja", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["language"], "ja");
    for text in [&json["captions"][0]["text"], &json["summary"], &json["sections"][0]["title"]] {
        assert!(text.as_str().unwrap().contains("ピアノ"), "{json:#}");
    }
    let chapters = stdout(&musicap(&[SONG, "--language", "fr", "--format", "chapters"]));
    assert!(
        chapters.contains("\nPiano\n")
            && chapters.contains("\nGuitare saturée, basse et batterie\n"),
        "{chapters}"
    );

    // Captions that are translated are not summarised, and it is said why.
    let file = scratch("japanese.json");
    std::fs::write(&file, json.to_string()).unwrap();
    let output = musicap(&["summarize", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another language (ja)"), "{}", stderr(&output));

    // Before any captioning: the file need not exist.
    let output = musicap(&["nowhere.mp3", "--language", "Klingon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Hindi (hi)"), "{}", stderr(&output));
}

#[test]
fn captions_are_summarised_later_from_a_file_an_array_and_stdin() {
    let file = scratch("summarize.json");
    let file = file.to_str().unwrap();
    assert!(musicap(&[SONG, "--format", "json", "--output", file]).status.success());
    let output = musicap(&["summarize", file]);
    let summary = stdout(&output);
    assert!(output.status.success() && summary.contains(TRUTH), "{}", stderr(&output));
    assert_eq!(summary.lines().count(), 1);

    let json = stdout(&musicap(&["summarize", file, "--format", "json"]));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["summary"], summary.trim_end());
    assert_eq!(value["captions"].as_array().unwrap().len(), 5);

    let mut child = Command::new(env!("CARGO_BIN_EXE_musicap"))
        .args(["summarize", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    write!(child.stdin.take().unwrap(), "[{json},{json}]").unwrap();
    let both = stdout(&child.wait_with_output().unwrap());
    assert_eq!(both, format!("{SONG}\n{summary}\n{SONG}\n{summary}"));

    let bad = scratch("no-captions.json");
    std::fs::write(&bad, "{\"captions\": 1}").unwrap();
    for path in [bad.to_str().unwrap(), "nowhere.json"] {
        let output = musicap(&["summarize", path]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(path) && stderr(&output).lines().count() == 1);
    }
    let output = musicap(&["summarize", file, file, "--format", "srt"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn captions_have_64_mb_at_most_and_are_text() {
    const MOST: usize = 64 << 20;
    let file = scratch("large.json");
    let path = file.to_str().unwrap();
    let json = r#"{"file": "a.mp3", "duration_s": 10, "model": "m", "summary": null, "captions":
        [{"index": 0, "start_s": 0, "end_s": 10, "text": "A piano plays.", "score": -1}]}"#;
    std::fs::write(&file, " ".repeat(MOST - json.len()) + json).unwrap();
    let output = musicap(&["summarize", path]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).to_lowercase().contains("piano"), "{}", stdout(&output));
    // The limit is inside a character.
    let japanese = "ノ".repeat(MOST / 3 + 1).into_bytes();
    for (bytes, reason) in [(japanese, "larger than 64 MB"), (b"\xff\xfe{\0".to_vec(), "UTF-8")] {
        std::fs::write(&file, bytes).unwrap();
        let output = musicap(&["summarize", path]);
        assert_eq!(output.status.code(), Some(1));
        let message = stderr(&output);
        assert!(message.contains(path) && message.contains(reason), "{message}");
    }
    std::fs::remove_file(&file).unwrap();
}

#[cfg(not(feature = "openai"))]
#[test]
fn a_build_without_connections_says_so() {
    let output = musicap(&[SONG, "--summary", "openai"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--features openai"), "{}", stderr(&output));
}

#[cfg(feature = "openai")]
mod openai {
    use super::*;
    use crate::chat::{Server, status, summary};

    const KEY: &str = "sk-test-0123456789abcdefSECRET";

    fn with_key(arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_musicap"));
        command.args(arguments).env("OPENAI_API_KEY", KEY).output().unwrap()
    }

    #[test]
    fn a_language_model_summarises_in_the_language_asked_for() {
        let server =
            Server::start(vec![status(429, "Retry-After: 0\r\n", ""), summary("ピアノ曲。")]);
        let url = server.url();
        let output = with_key(&[
            "--summary",
            "openai",
            SONG,
            "--language",
            "Japanese",
            "--summary-url",
            &url,
            "--summary-model",
            "tiny",
            "--format",
            "json",
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(json["summary"], "ピアノ曲。");
        assert!(stderr(&output).contains("too many requests; trying again in"));
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1].header("authorization"), Some(&format!("Bearer {KEY}")[..]));
        assert_eq!(requests[1].body["model"], "tiny");
        assert!(requests[1].system().contains("Japanese"));
        assert_eq!(requests[1].captions().len(), 5);
    }

    #[test]
    fn wrong_use_is_found_before_anything_is_asked() {
        let file = scratch("unasked.json");
        std::fs::write(&file, musicap::Captions::default().format(musicap::Format::Json)).unwrap();
        let file = file.to_str().unwrap();
        let server = Server::start(vec![summary("A waltz.")]);
        let url = server.url();
        let arguments = ["--summary=openai", "--summary-url", &url, "--format", "srt"];
        let output = with_key(&[&["summarize", file, file], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(server.requests().is_empty());
    }

    #[test]
    fn captions_stay_where_the_summary_fails_and_no_key_is_shown() {
        let echo = format!(r#"{{"error":{{"message":"wrong key {KEY}"}}}}"#);
        let server = Server::start(vec![status(401, "", &echo)]);
        let url = server.url();
        let output = with_key(&[SONG, "--summary=openai", "--summary-url", &url]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stdout(&output).lines().count(), 5);
        let message = stderr(&output);
        assert!(message.contains("401") && !message.contains("SECRET"), "{message}");
        assert_eq!(server.requests().len(), 1);

        let output = musicap(&[SONG, "--summary", "openai"]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("OPENAI_API_KEY"), "{}", stderr(&output));
    }
}
