//! Malformed input of every kind. Nothing may panic, abort, or take memory out of proportion to
//! the input; other invariants are asserted.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{LazyLock, Once};
use std::time::Duration;

use musicap::audio::{AudioLimits, AudioReader, NpyReader};
use musicap::checkpoint::{Checkpoint, CheckpointReader, ModelConfig};
use musicap::serde_json::Map;
use musicap::summarize::{Language, LocalSummarizer, SummaryOptions};
use musicap::{
    Captioner, Captions, Error, Format, LiveOptions, LoadOptions, Pretrained, Tokenizer, VocabFiles,
};

/// Errors have a bounded length and no control characters.
fn check(error: &Error) {
    let message = error.to_string();
    assert!(message.len() < 2_000 && !message.contains(char::is_control), "{message:?}");
}

/// A folder of this process, which the next process with its id clears.
fn folder() -> PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let name = format!("musicap-fuzz-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    });
    FOLDER.clone()
}

/// Replaces libFuzzer's panic hook, which ends the process at once, so that panics within symphonia
/// and tokenizers can be caught, silently. Other panics still end the process.
fn allow_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        drop(std::panic::take_hook());
        let default_hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("", |place| place.file());
            if !["/symphonia", "/tokenizers"].iter().any(|known| place.contains(known)) {
                default_hook(panic);
            }
        }));
    });
}

/// Audio files of any format.
pub fn decode_any(data: &[u8]) {
    decode(data, Duration::from_secs(120));
}

/// Audio files of a few packets: a declared duration of more than ten seconds is refused.
pub fn decode_small(data: &[u8]) {
    decode(data, Duration::from_secs(10));
}

fn decode(data: &[u8], max_duration: Duration) {
    allow_caught_panics();
    let limits = AudioLimits::default().with_max_duration(max_duration);
    let source = Cursor::new(data.to_vec());
    let mut reader = match AudioReader::from_reader_with(source, "fuzz", limits) {
        Ok(reader) => reader,
        Err(error) => return check(&error),
    };
    assert!((1_000..=768_000).contains(&reader.sample_rate()));
    assert!((1..=64).contains(&reader.channels()));
    let mut samples = 0;
    loop {
        match reader.next_block() {
            Ok(Some(block)) => {
                assert!(!block.is_empty() && block.iter().all(|x| x.abs() <= 256.0));
                samples += block.len();
            }
            Ok(None) => break,
            Err(error) => return check(&error),
        }
    }
    let heard = samples as f64 / f64::from(reader.sample_rate());
    assert!((reader.position().as_secs_f64() - heard).abs() < 1e-3);
    for gap in reader.gaps() {
        assert!(gap.start <= gap.end && gap.to_string().len() < 2_000);
    }
}

/// WAV files whose header is made of the first bytes, so that more of them are sound.
pub fn wav(data: &[u8]) {
    let Some((head, sound)) = data.split_first_chunk::<16>() else { return };
    let number = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
    // Formats that are known, and any other.
    let format = match head[0] % 8 {
        0 => number(2),
        known => [1, 3, 6, 7, 2, 0x11, 0xfffe][usize::from(known) - 1],
    };
    let extra = usize::from(head[1] % 64).min(sound.len());
    let (extra, sound) = sound.split_at(extra);
    file.extend(b"fmt ");
    file.extend((16 + extra.len() as u32).to_le_bytes());
    file.extend(format.to_le_bytes());
    file.extend(head[4..16].iter().chain([&head[2], &head[3]]));
    file.extend(extra);
    file.extend(b"data");
    file.extend((sound.len() as u32).to_le_bytes());
    file.extend(sound);
    let length = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    decode_any(&file);
}

/// NumPy's arrays, read some chunks at a time.
pub fn npy(data: &[u8]) {
    let short = |error: std::io::Error| {
        let message = error.to_string();
        assert!(message.len() < 2_000 && !message.contains(char::is_control), "{message:?}");
    };
    let mut reader = match NpyReader::new(data) {
        Ok(reader) => reader,
        Err(error) => return short(error),
    };
    let [chunks, n_mels, frames] = reader.shape();
    assert!(reader.data_start() <= data.len() as u64);
    let mut read = 0;
    for most in (0..3).chain(std::iter::repeat(1_000_000)) {
        match reader.read(most) {
            Ok(some) => {
                let (found, ..) = some.dim();
                assert_eq!((found, n_mels, frames), some.dim());
                read += found;
                if found == 0 && most > 0 {
                    assert_eq!(read, chunks);
                    break;
                }
            }
            Err(error) => return short(error),
        }
    }
    assert!((read * n_mels * frames * 4) as u64 + reader.data_start() <= data.len() as u64);
}

/// Reads every tensor.
fn read_all(checkpoint: &Checkpoint) {
    for (name, stored) in checkpoint.tensors() {
        match checkpoint.read(name, stored) {
            Ok(values) => assert_eq!(values.len(), stored.shape.iter().product::<usize>()),
            Err(error) => check(&error),
        }
    }
    for model_type in musicap::model::model_types() {
        let mut keys = Map::from_iter([("model_type".to_owned(), model_type.into())]);
        let architecture = musicap::model::architecture(&mut keys).unwrap();
        let reader = CheckpointReader::new(checkpoint, &*architecture);
        let _ = reader.finish().map_err(|error| check(&error));
    }
}

/// PyTorch files: as they are, or, if the first byte is even, the pickle of an archive.
pub fn pth(data: &[u8]) {
    let Some((&kind, data)) = data.split_first() else { return };
    let path = folder().join("transfer.pth");
    let file = if kind % 2 == 0 { archive(data) } else { data.to_vec() };
    std::fs::write(&path, file).unwrap();
    match Checkpoint::open_pth(&path) {
        Ok(checkpoint) => read_all(&checkpoint),
        Err(error) => check(&error),
    }
}

/// An archive of a pickle and a storage of 64 bytes.
fn archive(pickle: &[u8]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in [("a/data.pkl", pickle), ("a/data/0", &[63; 64])] {
        let start = file.len() as u32;
        let length = (bytes.len() as u32).to_le_bytes();
        let middle = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &length, &length].concat();
        let names = [&(name.len() as u16).to_le_bytes()[..], &[0; 2]].concat();
        file.extend([b"PK\x03\x04", &middle[..], &names, name.as_bytes(), bytes].concat());
        directory.extend([b"PK\x01\x02\x14\0", &middle[..], &names, &[0; 10]].concat());
        directory.extend([&start.to_le_bytes()[..], name.as_bytes()].concat());
    }
    let (length, start) = (directory.len() as u32, file.len() as u32);
    let end = [&b"PK\x05\x06\0\0\0\0\x02\0\x02\0"[..], &length.to_le_bytes(), &start.to_le_bytes()];
    [file, directory, end.concat(), vec![0; 2]].concat()
}

/// Model folders: the parts between bytes of 0xff are their files. The first is the weights'
/// header, whose length is put before it.
pub fn safetensors_folder(data: &[u8]) {
    allow_caught_panics();
    let folder = folder().join("model");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut parts = data.split(|&byte| byte == 0xff);
    let header = parts.next().unwrap_or_default();
    let weights = [&(header.len() as u64).to_le_bytes(), header, &[0x3c; 256]].concat();
    match Checkpoint::from_safetensors("fuzz", Cursor::new(weights.clone())) {
        Ok(checkpoint) => read_all(&checkpoint),
        Err(error) => check(&error),
    }
    let _ = Checkpoint::from_safetensors("fuzz", Cursor::new(data.to_vec()));
    std::fs::write(folder.join("model.safetensors"), weights).unwrap();
    for name in
        ["config.json", "tokenizer.json", "generation_config.json", "vocab.json", "merges.txt"]
    {
        let Some(part) = parts.next() else { break };
        if !part.is_empty() {
            std::fs::write(folder.join(name), part).unwrap();
        }
    }
    match Pretrained::open(&folder) {
        Ok(pretrained) => match Captioner::load(&pretrained, &LoadOptions::default()) {
            Ok(captioner) => assert!(captioner.config().architecture().vocab_size() > 0),
            Err(error) => check(&error),
        },
        Err(error) => check(&error),
    }
}

/// `config.json`, and after a byte of 0xff `generation_config.json`.
pub fn config(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == 0xff).map(String::from_utf8_lossy);
    let config = parts.next().unwrap_or_default();
    let generation = parts.next();
    match ModelConfig::from_json("fuzz", &config, generation.as_deref()) {
        Ok(config) => {
            let architecture = config.architecture();
            let frames = architecture.encoder_frames(&config.audio);
            assert!(config.audio.frames() > 0 && frames <= 4_096);
            let again = ModelConfig::from_json("fuzz", &config.to_json(), None).unwrap();
            assert_eq!(again.architecture().to_keys(), architecture.to_keys());
            assert_eq!((again.audio, again.generation), (config.audio, config.generation));
        }
        Err(error) => check(&error),
    }
}

/// `tokenizer.json`; with a byte of 0xff `vocab.json` and `merges.txt`.
pub fn tokenizer(data: &[u8]) {
    allow_caught_panics();
    let mut parts = data.splitn(2, |&byte| byte == 0xff);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let found = match second {
        None => Tokenizer::from_json("fuzz", first),
        Some(merges) => {
            let (vocab, merges) = (String::from_utf8_lossy(first), String::from_utf8_lossy(merges));
            let special_tokens = &["<s>", "</s>"];
            let (vocab, merges) = (&vocab, &merges);
            let files = VocabFiles { vocab, merges, special_tokens, ..VocabFiles::default() };
            Tokenizer::from_vocab("fuzz", &files)
        }
    };
    let tokenizer = match found {
        Ok(tokenizer) => tokenizer,
        Err(error) => return check(&error),
    };
    let size = tokenizer.vocab_size();
    let ids: Vec<u32> = (0..16).chain([size as u32, u32::MAX]).collect();
    let _ = tokenizer.decode(&ids).map_err(|error| check(&error));
    match tokenizer.encode("A solo piano plays, \u{1f3b5} slowly.") {
        Ok(tokens) => assert!(tokens.iter().all(|&token| (token as usize) < size)),
        Err(error) => check(&error),
    }
    let _ = tokenizer.to_json().map_err(|error| check(&error));
}

/// Captions in JSON, written in all formats and summarised.
pub fn captions(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let recordings = match Captions::parse_json("fuzz", &text) {
        Ok(recordings) => recordings,
        Err(error) => return check(&error),
    };
    for captions in &recordings {
        for format in [Format::Text, Format::Srt, Format::Vtt] {
            let written = captions.format(format);
            let bare = |c: char| c == '\n' || !c.is_control();
            assert!(captions.summary.is_some() || written.chars().all(bare), "{written:?}");
        }
        let again = Captions::parse_json("fuzz", &captions.format(Format::Json)).unwrap();
        assert_eq!(again.len(), 1);
        // One of the languages, whose templates get what the captions say as their arguments.
        let languages: Vec<Language> = Language::all().collect();
        let language = languages[data.len() % languages.len()];
        let options = SummaryOptions::default().with_language(language.code());
        match LocalSummarizer::new().describe(captions, &options) {
            Ok(summary) => {
                // Fluent writes what it has no argument for as `{$name}`.
                let has_brace = captions.captions.iter().any(|one| one.text.contains('{'));
                assert!(has_brace || !summary.contains("{$"), "{summary:?}");
            }
            Err(error) => check(&error),
        }
        for section in captions.find_sections(language) {
            assert!(section.start_s <= section.end_s);
        }
    }
}

/// A stream in pieces: the first bytes are its options, each after them a piece.
pub fn live_pushes(data: &[u8]) {
    static CAPTIONER: LazyLock<Captioner> = LazyLock::new(|| {
        let options = LoadOptions::default().with_threads(1);
        Captioner::load(&Pretrained::embedded().unwrap(), &options).unwrap()
    });
    let Some((&[rate, channels, overlap, pieces @ ..], _)) = data.split_first_chunk::<64>() else {
        return;
    };
    let rates = [0, 1, 999, 1_000, 8_000, 11_025, 16_000, 44_100, 48_000, 192_000, u32::MAX];
    let rate = rates[usize::from(rate) % rates.len()];
    let channels = usize::from(channels % 70);
    let mut generation = CAPTIONER.config().generation.clone();
    (generation.num_beams, generation.min_length, generation.max_length) = (1, 0, 3);
    let options = LiveOptions::new(rate, channels)
        .with_overlap(f64::from(overlap) / 16.0)
        .with_generation(generation);
    let (mut input, mut events) = match CAPTIONER.live(&options) {
        Ok(stream) => stream,
        Err(error) => return check(&error),
    };
    let mut left = rate as usize * channels * 11;
    for &piece in &pieces {
        // Lengths of any size, odd ones, too; values of any kind.
        let length = (usize::from(piece) * usize::from(piece) * 97 + 1).min(left);
        left -= length;
        let value = match piece {
            255 => f32::NAN,
            254 => f32::INFINITY,
            253 => f32::MAX,
            252 => f32::MIN_POSITIVE,
            _ => f32::from(piece) / 256.0,
        };
        match input.push(&vec![value; length]) {
            Ok(()) => {}
            Err(error) => check(&error),
        }
        assert!(events.behind_s() >= 0.0);
    }
    drop(input);
    for event in &mut events {
        event.unwrap();
    }
}
