//! The built command as a shell sees it: what it prints where, and its exit codes.

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{SONG, musicap, scratch, stderr, stdout, text};

const KIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../musicap-core/tests/data/parity");

/// Fails with exit code `code` and one line that holds all of `words`.
#[track_caller]
fn assert_fails(output: &Output, code: i32, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert_eq!(message.lines().count(), 1, "not one line: {message}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn the_song_is_captioned_by_the_embedded_model_and_captions_follow_the_music() {
    let output = musicap(&[SONG]);
    assert!(output.status.success(), "{}", stderr(&output));
    let captions = stdout(&output);
    let lines: Vec<&str> = captions.lines().collect();
    let spans = ["0:00–0:10 ", "0:10–0:20 ", "0:20–0:30 ", "0:30–0:40 ", "0:40–0:45 "];
    assert_eq!(lines.len(), spans.len(), "{captions}");
    for (line, span) in lines.iter().zip(spans) {
        assert!(line.starts_with(span), "{line}");
        assert!(line.ends_with('.'), "cut off: {line}");
    }
    // What was composed: a slow piano alone, then more parts, then a fast band with drums.
    let first = lines[0].replace("There are no drums.", "");
    assert!(first.contains("piano") && !first.contains("drum"), "{}", lines[0]);
    let drums = lines[3].to_lowercase().contains("drum");
    assert!(lines[3].contains("guitar") && drums, "{}", lines[3]);
    let distinct: std::collections::HashSet<_> = lines.iter().map(|line| &line[10..]).collect();
    assert!(distinct.len() >= 4, "{captions}");
}

#[test]
fn json_holds_the_documented_keys() {
    let output = musicap(&["caption", SONG, "--format", "json", "--quiet"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["file"], SONG);
    assert_eq!(json["model"], "embedded");
    assert!((json["duration_s"].as_f64().unwrap() - 45.0).abs() < 0.1, "{}", json["duration_s"]);
    assert!(json["summary"].is_null());
    let first = &json["captions"][0];
    assert_eq!((first["index"].as_u64(), first["start_s"].as_f64()), (Some(0), Some(0.0)));
    assert_eq!(first["end_s"].as_f64(), Some(10.0));
    assert!(first["score"].as_f64().unwrap() < 0.0);
    assert_eq!(json["captions"].as_array().unwrap().len(), 5);
}

#[test]
fn several_files_make_an_array_and_a_failed_one_does_not_stop_the_others() {
    let folder = scratch("several");
    let empty = folder.join("empty.mp3");
    std::fs::write(&empty, b"").unwrap();
    let output = musicap(&[SONG, text(&empty), SONG, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.contains("empty.mp3") && message.contains("1 of 3 files failed"), "{message}");
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
}

#[test]
fn a_folder_gets_a_file_for_each_recording() {
    let folder = scratch("folder");
    let song = folder.join("a song.ogg");
    std::fs::copy(SONG, &song).unwrap();
    let out = format!("{}/captions/", text(&folder));
    let output = musicap(&[text(&song), SONG, "--format", "srt", "--output", &out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let srt = std::fs::read_to_string(folder.join("captions/a song.ogg.srt")).unwrap();
    assert!(srt.starts_with("1\n00:00:00,000 --> 00:00:10,000\n"), "{srt}");
    assert!(folder.join("captions/three-scenes.ogg.srt").is_file());
}

#[test]
fn options_of_chunking_and_generation_are_obeyed() {
    let lines = |arguments: &[&str]| stdout(&musicap(arguments)).lines().count();
    assert_eq!(lines(&[SONG, "--tail", "drop"]), 4);
    assert_eq!(lines(&[SONG, "--overlap", "5"]), 8);
    let one = stdout(&musicap(&[SONG, "--threads", "1", "--batch", "1"]));
    assert_eq!(one, stdout(&musicap(&[SONG, "--threads", "2", "--batch", "5"])));
    let short = stdout(&musicap(&[SONG, "--max-length", "8", "--beams", "1"]));
    assert!(short.lines().all(|line| line.split(' ').count() <= 8), "{short}");
}

#[test]
fn mel_writes_the_reference_s_front_end() {
    let folder = scratch("mel");
    let npy = folder.join("tune.npy");
    let tune = format!("{KIT}/tune-16k.wav");
    let output = musicap(&["mel", &tune, "-o", text(&npy), "--tail", "drop"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let bytes = std::fs::read(&npy).unwrap();
    let header = String::from_utf8_lossy(&bytes[..128]).into_owned();
    assert!(header.contains("'<f4'") && header.contains("(2, 128, 1001)"), "{header}");
    assert_eq!(bytes.len(), 128 + 4 * 2 * 128 * 1001);
    // torchaudio's own, of the first chunk, written frame by frame.
    let expected = std::fs::read(format!("{KIT}/mel-chunk0.npy")).unwrap();
    let cells = |bytes: &[u8]| -> Vec<f32> {
        bytes[128..].as_chunks().0.iter().map(|&cell| f32::from_le_bytes(cell)).collect()
    };
    let (ours, theirs) = (cells(&bytes), cells(&expected));
    let differences = (0..128).flat_map(|band| (0..1001).map(move |frame| (band, frame)));
    let sum: f32 = differences
        .map(|(band, frame)| (ours[band * 1001 + frame] - theirs[frame * 128 + band]).abs())
        .sum();
    assert!(sum / (theirs.len() as f32) < 1e-3, "mean difference {}", sum / 128.0 / 1001.0);
}

#[test]
fn a_converted_checkpoint_captions_as_before() {
    let folder = scratch("convert");
    let checkpoint = format!("{KIT}/model-b");
    let tune = format!("{KIT}/tune-16k.wav");
    let captions = |model: &str| stdout(&musicap(&[&tune, "--model", model]));
    let before = captions(&checkpoint);
    assert_eq!(before.lines().count(), 3);
    for precision in ["f32", "f16"] {
        let converted = folder.join(precision);
        let output = musicap(&["convert", &checkpoint, text(&converted), "--precision", precision]);
        assert!(output.status.success(), "{}", stderr(&output));
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            assert!(converted.join(file).is_file());
        }
    }
    assert_eq!(before, captions(text(&folder.join("f32"))));
    let rounded = stdout(&musicap(&[&tune, "--model", &checkpoint, "--precision", "f16"]));
    assert_eq!(rounded, captions(text(&folder.join("f16"))));
    let size = |name: &str| std::fs::metadata(folder.join(name).join("model.safetensors")).unwrap();
    assert!(size("f16").len() < size("f32").len() * 11 / 20);
}

#[test]
fn bad_audio_is_named_with_its_cause() {
    let folder = scratch("bad-audio");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let song = std::fs::read(SONG).unwrap();
    let noise: Vec<u8> =
        (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (path, words) in [
        (file("empty.mp3", b""), &["empty.mp3", "empty"][..]),
        (file("noise.wav", &noise), &["noise.wav", "format"]),
        (file("photo.mp3", b"\xff\xd8\xff\xe0\0\x10JFIF\0"), &["photo.mp3", "JPEG"]),
        (file("header.ogg", &song[..200]), &["header.ogg"]),
        (folder.join("nowhere.mp3"), &["nowhere.mp3", "No such file"]),
        (scratch("bad-audio-empty"), &["bad-audio-empty", "no audio files in this folder"]),
    ] {
        assert_fails(&musicap(&[text(&path)]), 1, words);
    }
    // What is there of a song that is cut off is captioned; that it is cut off is said.
    let cut = musicap(&[text(&file("cut.ogg", &song[..song.len() / 2]))]);
    assert!(stdout(&cut).lines().count() >= 2, "{}", stderr(&cut));
    assert!(stderr(&cut).contains("cut.ogg"), "nothing says that it is cut off");
}

#[test]
fn bad_models_are_named_with_their_cause() {
    let folder = scratch("bad-models");
    let tune = format!("{KIT}/tune-16k.wav");
    let model = |name: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).unwrap();
        for file in ["config.json", "vocab.json", "merges.txt", "transfer.pth"] {
            std::fs::copy(format!("{KIT}/model-a/{file}"), path.join(file)).unwrap();
        }
        path
    };
    let caption = |path: &Path| musicap(&[&tune, "--model", text(path)]);
    assert!(caption(&model("whole")).status.success());

    let path = model("truncated");
    let weights = std::fs::read(path.join("transfer.pth")).unwrap();
    std::fs::write(path.join("transfer.pth"), &weights[..weights.len() / 2]).unwrap();
    assert_fails(&caption(&path), 1, &["truncated/transfer.pth", "not a valid checkpoint"]);

    let path = model("not-a-checkpoint");
    std::fs::write(path.join("transfer.pth"), b"hello").unwrap();
    assert_fails(&caption(&path), 1, &["not-a-checkpoint/transfer.pth", "not a valid"]);

    let path = model("no-vocabulary");
    std::fs::remove_file(path.join("vocab.json")).unwrap();
    assert_fails(&caption(&path), 1, &["no-vocabulary", "tokenizer.json", "missing"]);

    let path = model("no-weights");
    std::fs::remove_file(path.join("transfer.pth")).unwrap();
    assert_fails(&caption(&path), 1, &["no-weights", "model.safetensors", "missing"]);

    let edit = |name: &str, from: &str, to: &str| {
        let path = model(name);
        let config = std::fs::read_to_string(path.join("config.json")).unwrap();
        assert!(config.contains(from));
        std::fs::write(path.join("config.json"), config.replace(from, to)).unwrap();
        path
    };
    let path = edit("wrong-shape", "\"encoder_ffn_dim\": 128", "\"encoder_ffn_dim\": 256");
    assert_fails(&caption(&path), 1, &["transfer.pth", "fc1.weight", "[128, 64]", "[256, 64]"]);
    let path = edit("missing-tensor", "\"decoder_layers\": 2", "\"decoder_layers\": 3");
    assert_fails(&caption(&path), 1, &["transfer.pth", "decoder.layers.2", "missing"]);
    let path = edit("unexpected-tensor", "\"decoder_layers\": 2", "\"decoder_layers\": 1");
    assert_fails(&caption(&path), 1, &["transfer.pth", "decoder.layers.1", "unexpected"]);
    let path = edit("absurd", "\"d_model\": 64", "\"d_model\": 99999999");
    assert_fails(&caption(&path), 1, &["config.json", "d_model", "99999999"]);
    let path = edit("not-json", "{", "<");
    assert_fails(&caption(&path), 1, &["config.json", "line 1"]);

    assert_fails(&caption(&folder.join("nowhere")), 1, &["nowhere", "no such folder or file"]);
}

#[test]
fn wrong_use_exits_with_2() {
    for arguments in [
        &[][..],
        &[SONG, "--format", "xml"],
        &[SONG, "--no-such-option"],
        &[SONG, "--beams", "0"],
        &[SONG, "--overlap", "10"],
        &[SONG, "--batch", "0"],
        &[SONG, "--threads", "0"],
        &[SONG, "--max-length", "100000"],
        &[SONG, "--top-k", "many"],
        &[SONG, "--seed", "-1"],
        &[SONG, "--do-sample=maybe"],
        &[SONG, SONG, "--format", "vtt"],
        &[SONG, SONG, "--output", "captions/"],
        &["nowhere.mp3", "--beams", "0"],
        &[SONG, "--summary", "--language", "Klingon"],
        &[SONG, "--language", "Klingon"],
        &["live", "--rate", "16000", "--language", "Klingon"],
        &[SONG, "--summary", "local", "--summary-url", "http://localhost/v1"],
        &[SONG, "--summary=unknown"],
        &["summarize"],
        &["summarize", "captions.json", "--language", "Klingon"],
    ] {
        let output = musicap(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_url_says_how_it_can_be_captioned() {
    let url = "https://example.org/song.mp3";
    assert_fails(&musicap(&[url]), 1, &[url, "curl -L URL | musicap -"]);
}

#[test]
fn live_wants_samples_and_not_a_file() {
    assert_fails(&musicap(&["live", "--rate", "0"]), 2, &["--rate is 0"]);
    assert_fails(&musicap(&["live", "--sample-rate", "0"]), 2, &["--rate is 0"]);
    let mut live = Command::new(env!("CARGO_BIN_EXE_musicap"));
    live.args(["live", "--rate", "44100"]).stdin(std::fs::File::open(SONG).unwrap());
    let output = live.output().unwrap();
    assert_fails(&output, 2, &["stdin is a file in Ogg", "ffmpeg -i FILE -f s16le -", "musicap -"]);
}

#[test]
fn an_unwritable_output_is_named() {
    let folder = scratch("unwritable");
    let blocked = folder.join("file");
    std::fs::write(&blocked, b"").unwrap();
    let inside = blocked.join("captions.txt");
    assert_fails(&musicap(&[SONG, "--output", text(&inside)]), 1, &["unwritable/file"]);
    assert_fails(&musicap(&["mel", SONG, "-o", text(&inside)]), 1, &["unwritable/file"]);
}

#[test]
fn an_unwritable_output_is_found_before_anything_is_loaded() {
    let folder = scratch("unwritable-first");
    let blocked = folder.join("file");
    std::fs::write(&blocked, b"").unwrap();
    for output in [blocked.join("captions.json"), blocked.join("captions/")] {
        let arguments = [SONG, "--model", "nowhere", "--output", text(&output)];
        assert_fails(&musicap(&arguments), 1, &["unwritable-first/file"]);
    }
    let converted = blocked.join("model");
    assert_fails(
        &musicap(&["convert", "nowhere", text(&converted)]),
        1,
        &["unwritable-first/file"],
    );
    // A check leaves nothing behind.
    let output = folder.join("captions.json");
    let failed = musicap(&[SONG, "--model", "nowhere", "--output", text(&output)]);
    assert_fails(&failed, 1, &["nowhere"]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_written_to_once_and_need_no_file_beside_them() {
    let folder = scratch("special");
    let output = musicap(&[SONG, "--format", "json", "--output", "/dev/null"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let array = |json: &str| {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        json.as_array().unwrap().len()
    };
    // In the folder of descriptors nobody can create a file, root neither.
    let output = musicap(&[SONG, SONG, "--format", "json", "--output", "/dev/fd/1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(array(&stdout(&output)), 2);
    // Nor is it a folder for the recordings of a folder.
    std::fs::copy(SONG, folder.join("song.ogg")).unwrap();
    let output = musicap(&[text(&folder), "--format", "json", "--output", "/dev/stdout"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(array(&stdout(&output)), 1);

    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let read = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    let output = musicap(&[SONG, SONG, "--format", "json", "--output", text(&pipe)]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(array(&read.join().unwrap()), 2);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);

    // What is below /dev/shm are files, which are created and replaced.
    if cfg!(target_os = "linux") && Path::new("/dev/shm").is_dir() {
        let shared = format!("/dev/shm/musicap-test-{}.json", std::process::id());
        for before in [None, Some("long before ".repeat(10_000))] {
            if let Some(before) = before {
                std::fs::write(&shared, before).unwrap();
            }
            let output = musicap(&[SONG, SONG, "--output", &shared]);
            assert!(output.status.success(), "{}", stderr(&output));
            let json = std::fs::read_to_string(&shared).unwrap();
            std::fs::remove_file(&shared).unwrap();
            assert_eq!(array(&json), 2);
        }
    }
}

#[test]
fn sampling_depends_on_its_seed() {
    let with = |options: &[&str]| {
        let output = musicap(&[&[SONG, "--quiet"][..], options].concat());
        assert!(output.status.success(), "{options:?}: {}", stderr(&output));
        stdout(&output)
    };
    let greedy = with(&["--beams", "1"]);
    let sampled = |seed: &str| with(&["--do-sample", "--temperature", "1.5", "--seed", seed]);
    let captions = ["1", "2", "3"].map(sampled);
    assert_eq!(captions, ["1", "2", "3"].map(sampled));
    assert!(captions.iter().any(|some| *some != greedy), "{greedy}");
    // Of one candidate, the likeliest is drawn.
    assert_eq!(with(&["--do-sample", "true", "--top-k", "1"]), greedy);
    assert_eq!(with(&["--do-sample", "--top-p", "1e-9"]), greedy);
    assert_eq!(with(&["--do-sample", "false", "--beams", "1", "--seed", "2"]), greedy);

    let in_vain = musicap(&[SONG, "--temperature", "0.5"]);
    let note = "--temperature has no effect without --do-sample";
    assert!(stderr(&in_vain).contains(note), "{}", stderr(&in_vain));
    assert!(in_vain.status.success());
}

#[test]
fn generation_options_have_the_names_of_transformers_too() {
    let captions = |options: &[&str]| stdout(&musicap(&[&[SONG][..], options].concat()));
    let ours = captions(&["--beams", "2", "--no-repeat-ngram", "2", "--batch", "3"]);
    let theirs =
        captions(&["--num-beams", "2", "--no-repeat-ngram-size", "2", "--batch-size", "3"]);
    assert_eq!(ours.lines().count(), 5);
    assert_eq!(theirs, ours);
    let all = ["--length-penalty", "-0.5", "--early-stopping=false"];
    assert_eq!(captions(&all).lines().count(), 5);
    for (option, value) in [
        ("--length-penalty", "-11"),
        ("--temperature", "0"),
        ("--temperature", "-1"),
        ("--top-p", "1.5"),
    ] {
        let named = format!("{option} is {value}, but must be ");
        assert_fails(&musicap(&[SONG, option, value]), 2, &[&named[..]]);
    }
    let help = stdout(&musicap(&["--help"]));
    let (options, generation) = help.split_once("\nGeneration ").expect("a group of their own");
    assert!(options.contains("--quiet") && generation.contains("--do-sample"));
}

#[test]
fn mel_needs_no_weights() {
    let folder = scratch("mel-config");
    std::fs::copy(format!("{KIT}/model-a/config.json"), folder.join("config.json")).unwrap();
    let npy = folder.join("mel.npy");
    let output = musicap(&["mel", SONG, "--model", text(&folder), "-o", text(&npy)]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(npy.is_file());
}

#[test]
fn a_stream_on_stdin_has_a_line_of_json_for_each_chunk() {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_musicap"))
        .args(["live", "--rate", "8000", "--channels", "2", "--overlap", "5"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let samples: Vec<u8> = (0..8_000 * 20)
        .flat_map(|n: i32| {
            let sample = ((f64::from(n) * 0.3).sin() * 9_000.0) as i16;
            [sample, sample].map(i16::to_le_bytes).concat()
        })
        .collect();
    // Pieces that cut samples in two.
    for piece in samples.chunks(10_001) {
        stdin.write_all(piece).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let starts: Vec<f64> = lines.iter().map(|line| line["start_s"].as_f64().unwrap()).collect();
    // What is heard after 15 s has been heard already.
    assert_eq!(starts, [0.0, 5.0, 10.0]);
    for line in &lines {
        assert!(line["text"].is_string() && line["behind_s"].as_f64().unwrap() >= 0.0, "{line}");
    }
}

#[test]
fn the_recording_itself_is_no_place_for_what_is_written() {
    let folder = scratch("itself");
    let song = folder.join("song.ogg");
    std::fs::copy(SONG, &song).unwrap();
    let before = std::fs::read(&song).unwrap();
    let same = folder.join(".").join("song.ogg");
    for arguments in [
        &[text(&song), "--output", text(&same)][..],
        &["mel", text(&song), "--output", text(&same)],
    ] {
        assert_fails(&musicap(arguments), 2, &["song.ogg", "input"]);
        assert!(std::fs::read(&song).unwrap() == before);
    }
    // Nor is another one.
    for arguments in [
        &[SONG, "--output", text(&song)][..],
        &["mel", SONG, "-o", text(&song)],
        &[text(&folder), "--output", text(&song)],
    ] {
        assert_fails(&musicap(arguments), 2, &["song.ogg"]);
        assert!(std::fs::read(&song).unwrap() == before);
    }
    // Nor is a name that a recording would have.
    let new = folder.join("new.mp3");
    assert_fails(&musicap(&[SONG, "--output", text(&new)]), 2, &["new.mp3", "name of a recording"]);
    assert!(!new.exists());
}

#[test]
fn a_dash_is_stdout() {
    let output = musicap(&[SONG, "--output", "-", "--quiet"]);
    assert_eq!(stdout(&output), stdout(&musicap(&[SONG, "--quiet"])));
    assert!(!stdout(&output).is_empty() && !Path::new("-").exists());
}

#[test]
fn a_negative_number_is_a_value_and_not_an_option() {
    for option in ["--top-k", "--seed", "--beams", "--max-length", "--repetition-retries"] {
        let message = stderr(&musicap(&[SONG, option, "-1"]));
        assert!(
            message.contains("invalid value '-1' for '") && message.contains(option),
            "{message}"
        );
    }
    let message = stderr(&musicap(&[SONG, "--do-sample", "--temperature", "inf"]));
    assert!(message.contains("above 0 and finite"), "{message}");
}

#[test]
fn the_format_is_that_of_the_output_s_extension() {
    let folder = scratch("extension");
    let written = |name: &str, options: &[&str]| {
        let file = folder.join(name);
        let output = musicap(&[&[SONG, "--quiet", "-o", text(&file)][..], options].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        std::fs::read_to_string(file).unwrap()
    };
    assert!(written("a.srt", &[]).starts_with("1\n00:00:00,000 --> "));
    assert!(written("a.VTT", &[]).starts_with("WEBVTT\n"));
    assert!(written("a.json", &[]).starts_with('{'));
    assert!(written("a.txt", &[]).starts_with("0:00"));
    assert!(written("b.txt", &["--format", "srt"]).starts_with("1\n"));
    assert!(written("b.json", &["--format", "text"]).starts_with("0:00"));
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let folder = scratch("terminal");
    let json = folder.join("captions.json");
    let one = r#"{"file": "a\u001b[2J\nmusicap: b.mp3", "duration_s": 10, "model": "m", "summary": null, "captions":
        [{"index": 0, "start_s": 0, "end_s": 10, "text": "A piano \u001b]0;T\u0007 plays.", "score": -1}]}"#;
    std::fs::write(&json, format!("[{one}, {one}]")).unwrap();
    for format in ["text", "json"] {
        let output = musicap(&["summarize", text(&json), "--format", format]);
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains("piano"), "{said}");
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
        assert!(!said.contains("\nmusicap:"), "{said:?}");
    }
    let missing = musicap(&["gone\u{1b}[2J\nmusicap: all is well.mp3"]);
    assert_fails(&missing, 1, &["gone", "all is well"]);
    assert!(!stderr(&missing).trim_end().contains(char::is_control));
}
