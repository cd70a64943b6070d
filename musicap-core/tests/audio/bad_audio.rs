//! Files that are no sound, damaged, hostile or too much: an error or a gap that says so.

use std::time::Duration;

use crate::common::{Scratch, ffmpeg, signal, wav, wav_with};
use musicap::Error;
use musicap::audio::{AudioLimits, AudioReader, GapCause, Waveform};

const RATE: u32 = 44_100;

fn open_bytes(bytes: impl Into<Vec<u8>>) -> musicap::Result<AudioReader> {
    AudioReader::from_bytes(bytes.into(), "test.bin")
}

/// The error's message, which must be one line and name the file.
fn refusal(bytes: impl Into<Vec<u8>>) -> (Error, String) {
    let error = match open_bytes(bytes) {
        Err(error) => error,
        Ok(reader) => panic!("opened as {}", reader.container()),
    };
    let message = error.to_string();
    eprintln!("{message}");
    assert!(!message.contains('\n'), "{message}");
    assert!(message.contains("test.bin"), "{message}");
    (error, message)
}

/// Bytes that look like nothing.
fn random(len: usize, mut seed: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bytes.extend_from_slice(&seed.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

fn encoded(name: &str, arguments: &[&str]) -> Vec<u8> {
    let scratch = Scratch::new();
    let source = scratch.path("source.wav");
    std::fs::write(&source, wav(&signal(RATE, 2, 6 * RATE as usize), RATE, 2)).unwrap();
    let target = scratch.path(name);
    let mut all = vec!["-i", source.to_str().unwrap()];
    all.extend(arguments);
    all.push(target.to_str().unwrap());
    ffmpeg(&all);
    std::fs::read(target).unwrap()
}

#[test]
fn an_empty_file_is_called_empty() {
    let (error, message) = refusal([]);
    assert!(matches!(error, Error::UnknownFormat { .. }));
    assert!(message.contains("empty"));
}

#[test]
fn random_bytes_are_no_sound() {
    for seed in 1..40 {
        for len in [1, 2, 15, 100, 5_000, 300_000] {
            match open_bytes(random(len, seed)) {
                Err(Error::UnknownFormat { .. } | Error::DamagedAudio { .. }) => {}
                Err(other) => panic!("{len} bytes, seed {seed}: {other}"),
                Ok(reader) => panic!("{len} bytes, seed {seed}: opened as {}", reader.container()),
            }
        }
    }
}

#[test]
fn other_kinds_of_files_are_named() {
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &random(200_000, 7)].concat();
    for (bytes, word) in [
        (jpeg, "JPEG"),
        (b"\x89PNG\r\n\x1a\n0000".to_vec(), "PNG"),
        (b"PK\x03\x04....".to_vec(), "ZIP"),
        (b"%PDF-1.7".to_vec(), "PDF"),
        (b"MThd\0\0\0\x06".to_vec(), "MIDI"),
        (b"<!DOCTYPE html><html>404</html>".to_vec(), "web page"),
    ] {
        let (error, message) = refusal(bytes);
        assert!(matches!(error, Error::UnknownFormat { .. }));
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn missing_files_folders_and_forbidden_files_say_so() {
    let scratch = Scratch::new();
    let missing = AudioReader::open(scratch.path("nowhere.mp3")).unwrap_err();
    assert!(missing.to_string().contains("nowhere.mp3: cannot read: No such file"), "{missing}");
    let folder = scratch.path("folder.wav");
    std::fs::create_dir(&folder).unwrap();
    let folder = AudioReader::open(&folder).unwrap_err();
    assert!(folder.to_string().contains("folder.wav: cannot read: it is a folder"), "{folder}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let forbidden = scratch.path("forbidden.wav");
        std::fs::write(&forbidden, wav(&[0; 100], RATE, 1)).unwrap();
        std::fs::set_permissions(&forbidden, std::fs::Permissions::from_mode(0o000)).unwrap();
        match AudioReader::open(&forbidden) {
            Err(error) => assert!(error.to_string().contains("Permission denied"), "{error}"),
            // The superuser may read everything.
            Ok(reader) => assert_eq!(reader.channels(), 1),
        }
    }
}

#[test]
fn files_without_samples_are_an_error() {
    let (error, _) = refusal(wav(&[], RATE, 2));
    assert!(matches!(error, Error::NoSamples { .. }), "{error}");
    for name in ["x.flac", "x.mp3", "x.ogg", "x.m4a"] {
        let scratch = Scratch::new();
        let source = scratch.path("source.wav");
        std::fs::write(&source, wav(&[], RATE, 2)).unwrap();
        let target = scratch.path(name);
        ffmpeg(&["-i", source.to_str().unwrap(), target.to_str().unwrap()]);
        refusal(std::fs::read(target).unwrap());
    }
}

#[test]
fn headers_cut_short_are_damaged_files() {
    for (name, keep) in
        [("x.flac", 30), ("x.ogg", 40), ("x.m4a", 60), ("x.wav", 30), ("x.aiff", 20), ("x.au", 20)]
    {
        let mut bytes = encoded(name, &[]);
        bytes.truncate(keep);
        let (error, _) = refusal(bytes);
        assert!(matches!(error, Error::DamagedAudio { .. }), "{name}: {error}");
    }
}

#[test]
fn a_file_cut_off_in_the_middle_is_decoded_so_far_and_reported() {
    for (name, arguments) in [
        ("x.wav", &[][..]),
        ("x.aiff", &[]),
        ("x.au", &[]),
        ("x.flac", &[]),
        ("x.ogg", &["-c:a", "libvorbis"]),
        ("x.mp3", &["-b:a", "128k"]),
        ("x.m4a", &["-c:a", "aac", "-movflags", "faststart"]),
        ("x.m4a", &["-c:a", "alac", "-movflags", "faststart"]),
    ] {
        let mut bytes = encoded(name, arguments);
        bytes.truncate(bytes.len() / 2);
        let mut reader = open_bytes(bytes).unwrap();
        let decoded = reader.read_all().unwrap().duration().as_secs_f64();
        assert!((1.5..4.5).contains(&decoded), "{name}: {decoded} s");
        let gap = reader.gaps().last().unwrap_or_else(|| panic!("{name}: nothing reported"));
        eprintln!("{name}: {gap}");
        assert_eq!(gap.cause, GapCause::Truncated, "{name}");
        assert!((gap.start.as_secs_f64() - decoded).abs() < 1e-6, "{name}: {gap}");
        // An Ogg file does not say beforehand how long it is.
        if name != "x.ogg" {
            assert!((gap.end.as_secs_f64() - 6.0).abs() < 0.05, "{name}: {gap}");
        }
    }
}

/// An AU header with these fields, then `bytes` bytes of samples.
fn au(start: u32, size: u32, encoding: u32, rate: u32, channels: u32, bytes: usize) -> Vec<u8> {
    let fields = [start, size, encoding, rate, channels].map(u32::to_be_bytes).concat();
    [b".snd", &fields[..], &vec![1; bytes]].concat()
}

#[test]
fn au_files_with_invalid_fields_are_refused() {
    let damaged =
        [au(23, 200, 3, RATE, 1, 200), au(24, 200, 3, 0, 1, 200), au(24, 200, 3, RATE, 0, 200)];
    for bytes in damaged {
        let (error, _) = refusal(bytes);
        assert!(matches!(error, Error::DamagedAudio { .. }), "{error}");
    }
    for bytes in [au(24, 200, 3, 999, 1, 200), au(24, 200, 7, RATE, 65_535, 200)] {
        let (error, _) = refusal(bytes);
        assert!(matches!(error, Error::AudioLimit { .. }), "{error}");
    }
    // G.721 ADPCM.
    let (error, message) = refusal(au(24, 200, 23, RATE, 1, 200));
    assert!(matches!(error, Error::UnsupportedCodec { .. }), "{error}");
    assert!(message.contains("AU") && message.contains("ffmpeg -i"), "{message}");
    // The samples would start behind the end.
    refusal(au(1 << 30, u32::MAX, 3, RATE, 1, 200));
}

#[test]
fn au_of_unknown_length_ends_with_the_file() {
    let mut reader = open_bytes(au(24, u32::MAX, 3, RATE, 2, 4_001)).unwrap();
    assert_eq!(reader.duration(), None);
    // The last byte is no frame.
    assert_eq!(reader.read_all().unwrap().samples().len(), 1_000);
    assert!(reader.gaps().is_empty(), "{:?}", reader.gaps());
    // The text between the header and the samples is skipped, as is what follows them.
    let mut reader = open_bytes(au(32, 400, 3, RATE, 2, 1_000)).unwrap();
    assert_eq!(reader.read_all().unwrap().samples().len(), 100);
    assert!(reader.gaps().is_empty(), "{:?}", reader.gaps());
}

#[test]
fn damage_in_the_middle_is_reported_and_what_follows_keeps_its_time() {
    for (name, arguments) in [
        ("x.flac", &[][..]),
        ("x.ogg", &["-c:a", "libvorbis"]),
        ("x.m4a", &["-c:a", "alac", "-movflags", "faststart"]),
    ] {
        let whole = encoded(name, arguments);
        let expected = open_bytes(whole.clone()).unwrap().read_all().unwrap();
        let mut bytes = whole;
        let (from, to) = (bytes.len() / 2, bytes.len() / 2 + bytes.len() / 20);
        bytes[from..to].copy_from_slice(&random(to - from, 3));
        let mut reader = open_bytes(bytes).unwrap();
        let decoded = reader.read_all().unwrap();
        for gap in reader.gaps() {
            eprintln!("{name}: {gap}");
        }
        let gaps = reader.gaps();
        assert!(!gaps.is_empty(), "{name}: nothing reported");
        assert!(gaps.iter().all(|gap| gap.filled), "{name}: {gaps:?}");
        assert!(gaps.iter().all(|gap| (2.0..4.5).contains(&gap.start.as_secs_f64())), "{name}");
        let (ours, whole) = (decoded.samples(), expected.samples());
        assert_eq!(ours.len(), whole.len(), "{name}: length");
        // Away from the damage, as Vorbis blocks overlap.
        let last = whole.len() - RATE as usize / 2;
        assert!(ours[last..] == whole[last..], "{name}: the end is out of time");
    }
}

#[test]
fn damage_in_an_mp3_does_not_end_it() {
    let mut bytes = encoded("x.mp3", &["-b:a", "128k"]);
    let expected = open_bytes(bytes.clone()).unwrap().read_all().unwrap().duration();
    let (from, to) = (bytes.len() / 2, bytes.len() / 2 + 2_000);
    bytes[from..to].copy_from_slice(&random(to - from, 3));
    let mut reader = open_bytes(bytes).unwrap();
    let decoded = reader.read_all().unwrap().duration();
    eprintln!("{:?}", reader.gaps());
    assert!(expected.abs_diff(decoded) < Duration::from_millis(300), "{decoded:?} of {expected:?}");
    assert!(!reader.gaps().is_empty());
}

#[test]
fn a_change_of_channels_within_an_mp3_is_followed() {
    let mono = encoded("x.mp3", &["-ac", "1", "-write_xing", "0", "-id3v2_version", "0"]);
    let stereo = encoded("x.mp3", &["-write_xing", "0", "-id3v2_version", "0"]);
    let each = open_bytes(mono.clone()).unwrap().read_all().unwrap().duration();
    let mut reader = open_bytes([mono, stereo].concat()).unwrap();
    let decoded = reader.read_all().unwrap().duration();
    assert!((2 * each).abs_diff(decoded) < Duration::from_millis(100), "{decoded:?}");
}

#[test]
fn a_chained_ogg_file_is_decoded_whole() {
    let one = encoded("x.ogg", &["-c:a", "libvorbis"]);
    let two = encoded("x.ogg", &["-c:a", "libvorbis", "-ac", "1"]);
    let decoded = open_bytes([one, two].concat()).unwrap().read_all().unwrap();
    assert!((decoded.duration().as_secs_f64() - 12.0).abs() < 0.1, "{:?}", decoded.duration());
}

#[test]
fn impossible_rates_and_channel_numbers_are_refused() {
    for rate in [0, 1, 999, 768_001, 4_000_000_000] {
        let (error, _) = refusal(wav_with(1, 16, rate, 1, &[0; 1_000]));
        assert!(matches!(error, Error::AudioLimit { .. } | Error::DamagedAudio { .. }), "{error}");
    }
    for channels in [0, 65, 255, 65_535] {
        let (error, _) = refusal(wav_with(1, 16, RATE, channels, &[0; 200_000]));
        assert!(
            matches!(error, Error::AudioLimit { .. } | Error::DamagedAudio { .. }),
            "{channels} channels: {error}"
        );
    }
}

#[test]
fn sound_longer_than_the_limit_is_refused() {
    let limits = AudioLimits::default().with_max_duration(Duration::from_secs(2));
    let three = std::io::Cursor::new(wav(&vec![0; 3 * 8_000], 8_000, 1));
    let error = AudioReader::from_reader_with(three, "three.wav", limits).unwrap_err();
    assert!(matches!(error, Error::AudioLimit { what: "duration", .. }), "{error}");
    assert!(error.to_string().contains("3.0 s") && error.to_string().contains("2.0 s"), "{error}");

    // A stream does not declare its length: it runs into the limit.
    let stream = ffmpeg(&["-f", "lavfi", "-i", "sine=r=8000:d=3", "-f", "flac", "-"]);
    let stream = std::io::Cursor::new(stream);
    let mut reader = AudioReader::from_reader_with(stream, "stream.flac", limits).unwrap();
    assert_eq!(reader.duration(), None);
    let error = reader.read_all().unwrap_err();
    assert!(matches!(error, Error::AudioLimit { what: "duration", .. }), "{error}");
    assert!(reader.next_block().unwrap().is_none(), "an error is the end");
}

#[test]
fn a_file_that_declares_ten_hours_in_a_kilobyte_gives_what_it_has() {
    let mut bytes = wav(&[1_000; 500], 8_000, 1);
    let declared = 8_000_u32 * 2 * 36_000;
    bytes[4..8].copy_from_slice(&(declared + 36).to_le_bytes());
    bytes[40..44].copy_from_slice(&declared.to_le_bytes());
    let mut reader = open_bytes(bytes).unwrap();
    assert_eq!(reader.read_all().unwrap().samples().len(), 500);
    assert_eq!(reader.gaps().len(), 1);
    assert_eq!(reader.gaps()[0].cause, GapCause::Truncated);
}

#[test]
fn samples_that_are_not_numbers_become_silence_and_are_reported() {
    let mut samples = vec![0.25_f32; 1_000];
    samples[100] = f32::NAN;
    samples[200] = f32::INFINITY;
    samples[300] = f32::NEG_INFINITY;
    samples[400] = 1e30;
    let data: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    let mut reader = open_bytes(wav_with(3, 32, RATE, 1, &data)).unwrap();
    let decoded = reader.read_all().unwrap();
    assert_eq!(decoded.samples()[100..=300].iter().filter(|&&x| x == 0.0).count(), 3);
    assert!(decoded.samples().iter().all(|x| x.abs() <= 256.0));
    assert_eq!(reader.gaps()[0].cause, GapCause::NotFinite);
}

#[test]
fn a_waveform_takes_only_whole_frames_of_finite_samples() {
    assert!(
        Waveform::new([0.0, f32::NAN], RATE).unwrap_err().to_string().contains("sample 1 is NaN")
    );
    assert!(Waveform::new([0.0], 0).is_err());
    assert!(Waveform::from_interleaved(&[0.0; 5], 2, RATE).is_err());
    assert!(Waveform::from_interleaved(&[0.0; 4], 0, RATE).is_err());
    assert!(Waveform::from_planar(&[vec![0.0; 3], vec![0.0; 4]], RATE).is_err());
    assert!(Waveform::from_planar::<Vec<f32>>(&[], RATE).is_err());
    let planar = Waveform::from_planar(&[[0.5, 1.0], [-0.5, 0.0]], RATE).unwrap();
    assert_eq!(planar.samples(), [0.0, 0.5]);
    assert_eq!(planar, Waveform::from_interleaved(&[0.5, -0.5, 1.0, 0.0], 2, RATE).unwrap());
}

#[test]
fn video_without_sound_has_no_audio_track() {
    let scratch = Scratch::new();
    let target = scratch.path("silent.mp4");
    let picture = "testsrc=duration=1:size=64x64:rate=10";
    ffmpeg(&["-f", "lavfi", "-i", picture, "-c:v", "mpeg4", target.to_str().unwrap()]);
    let (error, _) = refusal(std::fs::read(target).unwrap());
    assert!(matches!(error, Error::NoAudioTrack { .. }), "{error}");
}

#[test]
fn codecs_without_a_decoder_are_named_with_what_to_do() {
    for (name, arguments, word) in [
        #[cfg(not(feature = "opus"))]
        ("x.opus", &["-c:a", "libopus"][..], "Opus"),
        ("x.mp4", &["-c:a", "ac3"][..], "Dolby Digital"),
        ("x.mka", &["-c:a", "dca", "-strict", "-2"], "DTS"),
    ] {
        let (error, message) = refusal(encoded(name, arguments));
        assert!(matches!(error, Error::UnsupportedCodec { .. }), "{error}");
        assert!(message.contains(word) && message.contains("ffmpeg -i"), "{message}");
    }
}

#[test]
fn a_source_that_fails_on_the_way_is_an_error_with_its_time() {
    struct Failing(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if (200_000..400_000).contains(&self.0.position()) {
                return Err(std::io::Error::other("the disk is on fire"));
            }
            self.0.read(buffer)
        }
    }
    impl std::io::Seek for Failing {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let bytes = wav(&signal(RATE, 1, 6 * RATE as usize), RATE, 1);
    let source = Failing(std::io::Cursor::new(bytes));
    let mut reader = AudioReader::from_reader(source, "failing.wav").unwrap();
    let error = reader.read_all().unwrap_err();
    assert!(matches!(error, Error::AudioRead { at_s, .. } if at_s > 1.0), "{error}");
    assert!(error.to_string().contains("the disk is on fire"));
}

#[test]
fn any_flipped_bytes_give_sound_or_an_error() {
    for (name, arguments) in [
        ("x.wav", &["-t", "0.5"][..]),
        ("x.aiff", &["-t", "0.5"]),
        ("x.flac", &["-t", "0.5"]),
        ("x.mp3", &["-t", "0.5"]),
        ("x.ogg", &["-t", "0.5"]),
        ("x.m4a", &["-t", "0.5"]),
        ("x.m4a", &["-t", "0.5", "-c:a", "alac"]),
        ("x.aac", &["-t", "0.5"]),
        ("x.mka", &["-t", "0.5"]),
        #[cfg(feature = "opus")]
        ("x.opus", &["-t", "0.5"]),
    ] {
        let whole = encoded(name, arguments);
        for seed in 1..150_u64 {
            let mut bytes = whole.clone();
            let dice = random(64, seed * 7_919);
            // Half of the hits go to the header, where they do the most.
            for hit in dice.chunks_exact(8).take(1 + seed as usize % 8) {
                let span = if hit[0] & 1 == 0 { bytes.len().min(400) } else { bytes.len() };
                let at = usize::from(u16::from_le_bytes([hit[1], hit[2]])) * 31 % span;
                bytes[at] = hit[3];
            }
            if let Ok(mut reader) = open_bytes(bytes) {
                let mut total = 0;
                while let Ok(Some(block)) = reader.next_block() {
                    assert!(block.iter().all(|x| x.is_finite()), "{name}, seed {seed}");
                    total += block.len();
                }
                let most = 60 * reader.sample_rate() as usize;
                assert!(total < most, "{name}, seed {seed}: {total} samples out of half a second");
            }
        }
    }
}
