//! Recordings by unusual ways and names.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{SONG, musicap, scratch, stderr, stdout, text};

/// Two seconds of silence: a WAV file whose samples are all 0.
fn silence(path: &Path) {
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav.extend([16_000u32.to_le_bytes(), 32_000u32.to_le_bytes()].concat());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(64_000_u32.to_le_bytes());
    wav.extend([0; 64_000]);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, wav).unwrap();
}

#[test]
fn a_recording_on_stdin_is_captioned_like_the_file() {
    let expected = stdout(&musicap(&[SONG]));
    let from_pipe = |shell: &str| {
        let mut command = Command::new("sh");
        let command = command.args(["-c", shell, "sh", env!("CARGO_BIN_EXE_musicap"), SONG]);
        let output = command.env_remove("OPENAI_API_KEY").output().unwrap();
        assert!(output.status.success(), "{shell}: {}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(from_pipe("cat \"$2\" | \"$1\" -"), expected);
    #[cfg(target_os = "linux")]
    {
        assert_eq!(from_pipe("cat \"$2\" | \"$1\" /dev/stdin"), expected);
        assert_eq!(from_pipe("\"$1\" /dev/stdin < \"$2\""), expected);
    }
}

#[test]
fn a_name_too_long_for_an_ending_is_cut_and_found_again() {
    let folder = scratch("long-names");
    let out = folder.join("out");
    let names = [240, 251, 252, 255].map(|length| format!("{}.wav", "é".repeat((length - 4) / 2)));
    for name in &names {
        silence(&folder.join("music").join(name));
    }
    let arguments = [text(&folder.join("music")).to_owned(), "--output".into(), text(&out).into()];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = musicap(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 4);
    let again = musicap(&arguments);
    assert!(stderr(&again).contains("4 of 4 files are already captioned"), "{}", stderr(&again));
}

#[test]
fn brackets_in_the_name_of_a_folder_are_no_pattern() {
    let folder = scratch("brackets");
    let album = folder.join("Album [FLAC] (2020)");
    silence(&album.join("a.wav"));
    silence(&album.join("b [live].wav"));
    for (pattern, count) in [("*.wav", 2), ("b [live].wav", 1), ("[ab]*.wav", 2), ("*", 2)] {
        let out = folder.join("out");
        let _ = std::fs::remove_dir_all(&out);
        let output =
            musicap(&[text(&album.join(pattern)), "--output", &format!("{}/", text(&out))]);
        assert!(output.status.success(), "{pattern}: {}", stderr(&output));
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), count, "{pattern}");
    }
}

#[cfg(unix)]
#[test]
fn a_line_break_in_a_name_breaks_no_line() {
    let folder = scratch("line-break");
    silence(&folder.join("one\ntwo.wav"));
    silence(&folder.join("three.wav"));
    let output = musicap(&[text(&folder)]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.lines().any(|line| line.ends_with("onetwo.wav")), "{text}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_command_leaves_no_hidden_file() {
    let folder = scratch("interrupted");
    // Hours of silence, of which nothing is on the disk.
    let long = folder.join("long.wav");
    silence(&long);
    let mut head = std::fs::read(&long).unwrap();
    head[40..44].copy_from_slice(&2_000_000_000_u32.to_le_bytes());
    std::fs::write(&long, &head).unwrap();
    std::fs::File::options().write(true).open(&long).unwrap().set_len(2_000_000_044).unwrap();
    let hidden = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().file_name() != "long.wav").count()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_musicap"));
    let target = folder.join("long.npy");
    command.args(["mel", text(&long), "--output", text(&target)]).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    while hidden() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(hidden(), 0);
}

#[test]
fn folders_are_searched_for_videos_too() {
    let folder = scratch("videos");
    for extension in ["webm", "mka", "mp4", "mov", "mkv"] {
        silence(&folder.join(format!("music/a.{extension}")));
    }
    let out = folder.join("out");
    let output = musicap(&[text(&folder.join("music")), "--output", text(&out)]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 5);
}
