//! Facts against outside truth: click tracks and chords made here, ffmpeg's loudness, the schema.

use crate::common::ffmpeg;
use musicap::audio::{AudioReader, Waveform};
use musicap::facts::{Facts, FactsMode, Mode, SCHEMA};
use musicap::{CaptionOptions, Captioner, Captions, Format};
use serde_json::Value;

const RATE: usize = 16_000;
const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");

/// Notes of decaying harmonics: start in seconds, length, MIDI key.
fn notes(notes: &[(f64, f64, u8)], seconds: usize) -> Vec<f32> {
    let mut samples = vec![0.0_f32; seconds * RATE];
    for &(start, length, key) in notes {
        let hz = 440.0 * 2.0_f64.powf((f64::from(key) - 69.0) / 12.0);
        let first = (start * RATE as f64) as usize;
        for (n, sample) in samples.iter_mut().skip(first).enumerate() {
            let t = n as f64 / RATE as f64;
            if t > length {
                break;
            }
            let tone = |k: f64| (std::f64::consts::TAU * hz * k * t).sin() / (k * k);
            let sound = (1..=4).map(|k| tone(f64::from(k))).sum::<f64>();
            *sample += (0.08 * sound * (-2.5 * t).exp() * (t * 400.0).min(1.0)) as f32;
        }
    }
    samples
}

/// A piece of four chords, one a bar, with a bass note on each beat and a chord on the first.
fn piece(bpm: f64, tonic: u8, is_minor: bool, seconds: usize) -> Vec<f32> {
    let beat = 60.0 / bpm;
    // I IV V I, with the raised third of the dominant in minor, too.
    let third = if is_minor { 3 } else { 4 };
    let chords: [(u8, u8); 4] = [(0, third), (5, third), (7, 4), (0, third)];
    let mut played = Vec::new();
    for number in 0..(seconds as f64 / beat) as usize {
        let (root, third) = chords[number / 4 % 4];
        let (start, root) = (number as f64 * beat, tonic + root);
        played.push((start, beat, root - 12));
        if number % 4 == 0 {
            for key in [root, root + third, root + 7] {
                played.push((start, 4.0 * beat, key + 12));
            }
        }
    }
    notes(&played, seconds)
}

fn facts(samples: Vec<f32>) -> Facts {
    let waveform = Waveform::new(samples, RATE as u32).unwrap();
    let options = CaptionOptions::default().with_facts();
    let captions = Captioner::embedded().unwrap().caption(waveform.reader(), &options).unwrap();
    captions.facts.unwrap()
}

#[test]
fn the_tempo_of_a_piece_is_found_allowing_its_half_and_double() {
    for bpm in [66.0, 92.0, 120.0, 151.0] {
        let tempo = facts(piece(bpm, 48, false, 30)).tempo.unwrap();
        let ratio = f64::from(tempo.bpm) / bpm;
        let octave = ratio.log2().round();
        assert!((ratio / 2.0_f64.powf(octave) - 1.0).abs() < 0.02, "{bpm}: {tempo:?}");
        let alternative = f64::from(tempo.alternative_bpm.unwrap() / tempo.bpm);
        assert!((alternative - 2.0).abs() < 0.01 || (alternative - 0.5).abs() < 0.01, "{tempo:?}");
    }
}

#[test]
fn beats_are_where_notes_begin() {
    for (bpm, lead_in) in [(92.0, 0.0), (120.0, 3.21)] {
        let mut samples = vec![0.0; (lead_in * RATE as f64) as usize];
        samples.extend(piece(bpm, 48, false, 40));
        let options = CaptionOptions::default().with_beats();
        let waveform = Waveform::new(samples, RATE as u32).unwrap();
        let captioner = Captioner::embedded().unwrap();
        let found = captioner.caption(waveform.reader(), &options).unwrap().facts.unwrap().beats;
        // Beats of the half or the double tempo are right too.
        let beat = 60.0 / bpm;
        let off = |at: &f64| {
            let place = (at - lead_in) / (beat / 2.0);
            (place - place.round()).abs() * beat / 2.0
        };
        let on_time = found.iter().filter(|at| off(at) < 0.03).count();
        assert!(on_time * 20 >= found.len() * 19, "{bpm}: {on_time}: {found:?}");
        assert!(found.windows(2).all(|two| (0.4..2.1).contains(&((two[1] - two[0]) / beat))));
        assert!(found[0] < lead_in + 4.1 * beat, "{found:?}");
        assert!(found[found.len() - 1] > lead_in + 40.0 - 4.1 * beat, "{found:?}");
    }
    assert!(facts(piece(92.0, 48, false, 20)).beats.is_empty());
}

#[test]
fn keys_are_found_in_any_tuning() {
    for (tonic, is_minor, name) in [(48, false, "C"), (54, true, "F#"), (56, false, "Ab")] {
        let samples = piece(100.0, tonic, is_minor, 20);
        // The same 35 cents sharp.
        let sharp = 2.0_f64.powf(0.35 / 12.0);
        let at = |n: usize| (n as f64 * sharp) as usize;
        let tuned: Vec<f32> = (0..15 * RATE).map(|n| samples[at(n)]).collect();
        for samples in [samples, tuned] {
            let key = facts(samples).key.unwrap();
            assert_eq!((&key.tonic[..], key.mode == Mode::Minor), (name, is_minor), "{key:?}");
        }
    }
}

#[test]
fn noise_and_silence_have_no_tempo_and_no_key() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let noise: Vec<f32> = (0..20 * RATE).map(|_| 0.2 * random()).collect();
    for samples in [noise, vec![0.0; 20 * RATE]] {
        let facts = facts(samples);
        assert!(facts.tempo.is_none() && facts.key.is_none(), "{facts:?}");
        assert!(facts.instruments.is_empty() && facts.drums.is_none(), "{facts:?}");
    }
}

/// Loudness in LUFS and range in LU by ffmpeg.
fn by_ffmpeg(file: &str) -> (f64, f64) {
    let output = std::process::Command::new("ffmpeg")
        .args(["-hide_banner", "-nostats", "-i", file, "-af", "ebur128", "-f", "null", "-"])
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary = log.rsplit("Summary:").next().unwrap();
    let find = |name: &str| {
        let line = summary.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()
    };
    (find("I:"), find("LRA:"))
}

#[test]
fn loudness_is_that_of_ffmpeg() {
    let folder = std::env::temp_dir().join(format!("musicap-facts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    // Stereo with different sides, mono at 44.1 kHz, and a loud and a soft half.
    let made = [
        ("wide.wav", "aevalsrc=0.3*sin(660*t)*gt(sin(3*t)\\,0)|0.05*sin(2000*t):s=48000:d=20"),
        ("mono.flac", "sine=f=1000:r=44100:d=12"),
        ("halves.wav", "aevalsrc=(0.5-0.342*gt(t\\,15))*sin(3000*t):s=44100:d=30"),
    ];
    for (name, source) in made {
        ffmpeg(&["-f", "lavfi", "-i", source, &path(name)]);
    }
    let song = SONG.to_owned();
    for file in made.iter().map(|(name, _)| path(name)).chain([song]) {
        let mut reader = AudioReader::open(&file).unwrap();
        reader.measure_loudness();
        while reader.next_block().unwrap().is_some() {}
        let found = reader.loudness().unwrap();
        let (integrated, range) = by_ffmpeg(&file);
        assert!(
            (found.integrated_lufs - integrated).abs() <= 0.1,
            "{file}: {found:?} {integrated}"
        );
        // The tolerance of EBU Tech 3342; ffmpeg and ebur128 take windows at different distances.
        assert!((found.range_lu.unwrap() - range).abs() <= 1.0, "{file}: {found:?} {range}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn song(facts: FactsMode) -> Captions {
    let mut options = CaptionOptions::default();
    options.facts = facts;
    let reader = AudioReader::open(SONG).unwrap();
    Captioner::embedded().unwrap().caption(reader, &options).unwrap()
}

#[test]
fn facts_change_nothing_but_their_own_keys() {
    let (without, mut with) = (song(FactsMode::Off), song(FactsMode::WithBeats));
    assert!(!without.format(Format::Json).contains("\"facts\""));
    let json = with.format(Format::Json);
    assert_eq!(Captions::parse_json("song", &json).unwrap(), std::slice::from_ref(&with));
    assert!(with.facts.take().is_some());
    assert!(with.captions.iter_mut().all(|caption| caption.facts.take().is_some()));
    assert_eq!(with, without);
}

#[test]
fn captions_name_no_instrument_that_facts_do_not_list() {
    let with = song(FactsMode::WithBeats);
    for caption in &with.captions {
        let facts = caption.facts.as_ref().unwrap();
        for name in ["piano", "violin", "flute", "organ", "saxophone"] {
            let is_named = caption.text.to_lowercase().contains(name);
            let is_listed = facts.instruments.iter().any(|found| found.name.contains(name));
            assert!(!is_named || is_listed, "{}: {facts:?}", caption.text);
        }
    }
}

#[test]
fn a_model_without_tags_gets_those_of_the_embedded_one() {
    let whisper = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/whisper");
    let options = CaptionOptions::default().with_facts();
    let captioner = Captioner::from_pretrained(whisper).unwrap();
    let captions = captioner.caption(AudioReader::open(SONG).unwrap(), &options).unwrap();
    let facts = captions.facts.unwrap();
    let own = song(FactsMode::WithBeats).facts.unwrap();
    assert!(facts.instruments.iter().any(|found| found.name == "piano"), "{facts:?}");
    assert_eq!((facts.loudness, facts.key), (own.loudness, own.key));
}

#[test]
fn the_schema_has_all_values_and_real_facts_follow_it() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let with = song(FactsMode::WithBeats);
    let of_captions = with.captions.iter().map(|caption| caption.facts.as_deref());
    for facts in of_captions.chain([with.facts.as_ref()]) {
        let facts = serde_json::to_value(facts.unwrap()).unwrap();
        check(&schema, &schema, &facts, "facts");
    }
    let wrong = serde_json::json!({ "tempo": { "bpm": 10, "confidence": 0.5, "class": "slow" } });
    let checked = std::panic::catch_unwind(|| check(&schema, &schema, &wrong, "wrong"));
    assert!(checked.is_err());
}

/// Holds a value to those keywords of JSON Schema that the schema uses.
fn check(root: &Value, schema: &Value, value: &Value, place: &str) {
    for (keyword, rule) in schema.as_object().unwrap() {
        let holds = match &keyword[..] {
            "$ref" => {
                let path = rule.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(path).unwrap(), value, place);
                true
            }
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "number" => value.is_number(),
                other => panic!("type {other}"),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "const" => rule == value,
            "minimum" => value.as_f64() >= rule.as_f64(),
            "maximum" => value.as_f64() <= rule.as_f64(),
            "minLength" => value.as_str().unwrap().len() as u64 >= rule.as_u64().unwrap(),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|key| value.get(key.as_str().unwrap()).is_some()),
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                value.as_object().unwrap().keys().all(|key| known.contains_key(key))
            }
            "properties" => {
                for (key, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        check(root, rule, value, &format!("{place}.{key}"));
                    }
                }
                true
            }
            "items" => {
                value.as_array().unwrap().iter().for_each(|item| check(root, rule, item, place));
                true
            }
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            other => panic!("keyword {other}"),
        };
        assert!(holds, "{place}: {value} against {keyword}: {rule}");
    }
}
