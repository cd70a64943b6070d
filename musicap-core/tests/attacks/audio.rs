//! Sound files that declare what they do not have.

use musicap::Error;
use musicap::audio::{AudioReader, GapCause};

use crate::common::{Scratch, ffmpeg, signal, wav, wav_with};
use crate::confined::within;

const RATE: u32 = 8_000;

/// Reads a file to its end and gives the seconds that come out.
fn read(bytes: Vec<u8>) -> Result<f64, Error> {
    let mut reader = AudioReader::from_bytes(bytes, "test.bin")?;
    let mut samples = 0;
    while let Some(block) = reader.next_block()? {
        assert!(block.iter().all(|x| x.is_finite()));
        samples += block.len();
    }
    Ok(samples as f64 / f64::from(reader.sample_rate()))
}

/// Half a second in a format of ffmpeg's.
fn encoded(name: &str, arguments: &[&str]) -> Vec<u8> {
    let scratch = Scratch::new();
    let source = scratch.path("source.wav");
    std::fs::write(&source, wav(&signal(RATE, 1, RATE as usize / 2), RATE, 1)).unwrap();
    let target = scratch.path(name);
    let input = ["-i", source.to_str().unwrap(), "-fflags", "+bitexact", "-map_metadata", "-1"];
    ffmpeg(&[&input[..], arguments, &[target.to_str().unwrap()]].concat());
    std::fs::read(target).unwrap()
}

/// An ID3v2.3 tag (id3.org) with a body; its size is written in sevens of bits.
fn id3(declared: u32, body: &[u8]) -> Vec<u8> {
    let size = [21, 14, 7, 0].map(|shift| (declared >> shift) as u8 & 0x7f);
    [b"ID3\x03\0\0", &size[..], body].concat()
}

/// A frame of a tag.
fn id3_frame(name: &[u8; 4], declared: u32, text: &[u8]) -> Vec<u8> {
    [&name[..], &declared.to_be_bytes(), &[0, 0, 0], text].concat()
}

#[test]
fn ten_hours_in_a_kilobyte_are_as_long_as_what_is_there() {
    within(64, || {
        let ten_hours = 36_000 * RATE;
        let mut riff = wav(&[1_000; 400], RATE, 1);
        riff[4..8].copy_from_slice(&(ten_hours * 2 + 36).to_le_bytes());
        riff[40..44].copy_from_slice(&(ten_hours * 2).to_le_bytes());
        let mut flac = encoded("x.flac", &["-t", "0.05", "-metadata_header_padding", "0"]);
        // STREAMINFO (RFC 9639, 8.2): the number of samples is in the last 36 bits before the MD5.
        assert_eq!(&flac[..4], b"fLaC");
        flac[22..26].copy_from_slice(&ten_hours.to_be_bytes());
        let mut mp3 = encoded("x.mp3", &["-t", "0.05"]);
        // The Xing header's number of frames.
        let xing = mp3.windows(4).position(|word| word == b"Xing" || word == b"Info").unwrap();
        mp3[xing + 8..xing + 12].copy_from_slice(&(ten_hours / 576).to_be_bytes());
        for (name, bytes, decoded) in [("wav", riff, 400), ("flac", flac, 400), ("mp3", mp3, 1)] {
            assert!(bytes.len() < 4_096, "{name}: {} bytes", bytes.len());
            let mut reader = AudioReader::from_bytes(bytes, name).unwrap();
            let declared = reader.duration().unwrap().as_secs_f64();
            assert!((35_000.0..37_000.0).contains(&declared), "{name}: {declared} s");
            let samples = reader.read_all().unwrap().samples().len();
            assert!((decoded..decoded + 2_000).contains(&samples), "{name}: {samples} samples");
            let gap = reader.gaps().last().unwrap();
            assert_eq!(gap.cause, GapCause::Truncated, "{name}");
        }
    });
}

#[test]
fn rates_and_channels_out_of_this_world_are_refused() {
    within(64, || {
        for rate in [0, 1, 999, 4_000_000_000, u32::MAX] {
            let refused = read(wav_with(1, 16, rate, 1, &[0; 1_000])).unwrap_err();
            let known = matches!(refused, Error::AudioLimit { .. } | Error::DamagedAudio { .. });
            assert!(known, "{rate} Hz: {refused}");
        }
        for channels in [0, 65, 255, u16::MAX] {
            for (format, bits) in [(1, 8), (1, 16), (1, 32), (3, 64), (2, 4), (0x11, 4)] {
                let refused = read(wav_with(format, bits, RATE, channels, &[0; 100_000]));
                let refused = refused.unwrap_err();
                let known = matches!(
                    refused,
                    Error::AudioLimit { .. }
                        | Error::DamagedAudio { .. }
                        | Error::UnsupportedCodec { .. }
                        | Error::UnknownFormat { .. }
                );
                assert!(known, "{channels} channels: {refused}");
            }
        }
    });
}

#[test]
fn tags_without_end_are_passed_over_or_refused() {
    within(128, || {
        let sound = encoded("x.mp3", &["-id3v2_version", "0"]);
        let tag = id3(30, &[id3_frame(b"TIT2", 19, &[b'a'; 18]), vec![0; 1]].concat());
        // A hundred thousand tags, one after the other, and before some sound. symphonia keeps each:
        // some fifteen times its bytes.
        let mut tags = tag.repeat(100_000);
        let _ = read(tags.clone());
        tags.extend(&sound);
        let _ = read(tags);
        // One tag of a hundred thousand frames.
        let frames = id3_frame(b"TXXX", 3, b"a\0").repeat(100_000);
        let _ = read([id3(frames.len() as u32, &frames), sound.clone()].concat());
        // A tag, and a frame in it, that claim a quarter of a gigabyte.
        for declared in [1, 0x0fff_ffff] {
            for inner in [0, 0x7fff_ffff, u32::MAX] {
                let body = id3_frame(b"APIC", inner, &[0; 50]);
                let _ = read(id3(declared, &body));
                let _ = read([id3(declared, &body), sound.clone()].concat());
            }
        }
    });
}

#[test]
fn samples_that_are_no_numbers_are_silence() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE] {
        let data = value.to_le_bytes().repeat(5_000);
        let mut reader =
            AudioReader::from_bytes(wav_with(3, 32, RATE, 1, &data), "test.wav").unwrap();
        let decoded = reader.read_all().unwrap();
        assert_eq!(decoded.samples().len(), 5_000);
        assert!(decoded.samples().iter().all(|x| x.abs() <= 256.0), "{value}");
        let expected = !value.is_finite();
        assert_eq!(reader.gaps().iter().any(|gap| gap.cause == GapCause::NotFinite), expected);
    }
    let data = f64::NAN.to_le_bytes().repeat(5_000);
    assert_eq!(read(wav_with(3, 64, RATE, 1, &data)).unwrap(), 5_000.0 / f64::from(RATE));
}

/// Sizes, counts and offsets stand in the first bytes, wherever the format puts them: each is
/// given the greatest value, one after the other.
#[test]
fn no_number_of_a_header_is_believed() {
    within(256, || {
        let mut tried = 0;
        for (name, arguments) in [
            ("x.wav", &["-c:a", "pcm_s16le"][..]),
            ("x.wav", &["-c:a", "adpcm_ms"]),
            ("x.aiff", &[]),
            ("x.flac", &[]),
            ("x.mp3", &[]),
            ("x.ogg", &["-c:a", "libvorbis", "-ar", "8000"]),
            ("x.opus", &["-c:a", "libopus"]),
            ("x.m4a", &["-c:a", "aac", "-movflags", "faststart"]),
            ("x.m4a", &["-c:a", "alac", "-movflags", "faststart"]),
            ("x.mp4", &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
            ("x.mka", &["-c:a", "flac"]),
            ("x.webm", &["-c:a", "libopus"]),
        ] {
            let whole = encoded(name, &[arguments, &["-t", "0.2"]].concat());
            for place in 0..whole.len().min(1_000) {
                for lie in [
                    &[0xff; 4][..],
                    &[0x7f, 0xff, 0xff, 0xff],
                    &[0xff, 0xff, 0xff, 0x7f],
                    &[0; 4],
                    &[0xff],
                ] {
                    let mut bytes = whole.clone();
                    let end = (place + lie.len()).min(bytes.len());
                    bytes[place..end].copy_from_slice(&lie[..end - place]);
                    let seconds = read(bytes).unwrap_or(0.0);
                    // What a file may stretch itself by is silence where time stamps leap.
                    assert!(seconds < 40.0, "{name}, {place}: {seconds} s of a fifth of a second");
                    tried += 1;
                }
            }
        }
        eprintln!("{tried} headers tried");
        assert!(tried > 20_000);
    });
}

/// A run of four billion samples of no bytes (ISO/IEC 14496-12, 8.8.8).
#[test]
fn packets_of_nothing_without_end_are_given_up() {
    within(64, || {
        let fragments = ["-movflags", "frag_keyframe+empty_moov+default_base_moof"];
        for codec in ["aac", "alac"] {
            let arguments = [&["-c:a", codec, "-f", "mp4"][..], &fragments].concat();
            let mut file = encoded("x.mp4", &arguments);
            let find = |file: &[u8], name: &[u8]| file.windows(4).position(|x| x == name).unwrap();
            let trun = find(&file, b"trun");
            // Sizes and durations are not listed, so that those of the track hold for all.
            file[trun + 4..trun + 8].copy_from_slice(&1u32.to_be_bytes());
            file[trun + 8..trun + 12].fill(0xff);
            let tfhd = find(&file, b"tfhd");
            let flags = u32::from_be_bytes(file[tfhd + 4..tfhd + 8].try_into().unwrap());
            let size = [(1, 8), (2, 4), (8, 4)].iter().fold(tfhd + 12, |at, &(flag, bytes)| {
                at + if flags & flag != 0 { bytes } else { 0 }
            });
            if flags & 0x10 != 0 {
                file[size..size + 4].fill(0);
            }
            let trex = find(&file, b"trex");
            file[trex + 20..trex + 24].fill(0);
            match AudioReader::from_bytes(file, "test.mp4") {
                Err(error) => {
                    assert!(error.to_string().contains("without audio"), "{codec}: {error}")
                }
                Ok(mut reader) => {
                    let decoded = reader.read_all().unwrap().duration().as_secs_f64();
                    assert!(decoded < 40.0, "{codec}: {decoded} s");
                    assert!(!reader.gaps().is_empty(), "{codec}");
                }
            }
        }
    });
}

/// A page of Ogg (RFC 3533) with packets of up to 64 kB.
fn ogg_page(kind: u8, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.extend(vec![255; packet.len() / 255]);
        lacing.push((packet.len() % 255) as u8);
    }
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend([0; 8]);
    page.extend(1u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(lacing.len() as u8);
    page.extend(lacing);
    page.extend(packets.concat());
    let sum = page.iter().fold(0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

/// 256 Vorbis codebooks of 131,072 vectors of 16 numbers each: 2 GB in 6 kB.
#[test]
fn codebooks_that_fill_gigabytes_are_refused() {
    within(128, || {
        let (mut setup, mut filled) = (b"\x05vorbis".to_vec(), 0);
        let mut push = |number: u64, count: u32| {
            for i in 0..count {
                if filled % 8 == 0 {
                    setup.push(0);
                }
                *setup.last_mut().unwrap() |= ((number >> i & 1) as u8) << (filled % 8);
                filled += 1;
            }
        };
        push(255, 8);
        for _ in 0..256 {
            push(0x56_43_42, 24);
            push(16, 16);
            push(1 << 17, 24);
            // In order of length: all of 17 bits.
            push(1, 1);
            push(16, 5);
            push(1 << 17, 18);
            // Vectors made of two numbers of a bit each.
            push(1, 4);
            push(0, 32);
            push(0, 32);
            push(0, 4);
            push(0, 1);
            push(0, 2);
        }
        let mut head = b"\x01vorbis\0\0\0\0\x01".to_vec();
        head.extend(RATE.to_le_bytes());
        head.extend([0; 12]);
        head.extend([0xb8, 1]);
        let comment = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
        let file = [
            ogg_page(2, 0, &[&head]),
            ogg_page(0, 1, &[comment, &setup]),
            ogg_page(4, 2, &[&[0; 50], &[0; 50]]),
        ]
        .concat();
        assert!(file.len() < 7_000);
        let refused = read(file).unwrap_err();
        assert!(refused.to_string().contains("codebooks"), "{refused}");
        // One of twelve books whose codes have every length, and a hundred damaged packets.
        for file in [
            &include_bytes!(
                "../../../fuzz/regressions/decode_any/books-of-codes-of-every-length.ogg"
            )[..],
            include_bytes!(
                "../../../fuzz/regressions/decode_any/damaged-packets-with-large-books.ogg"
            ),
        ] {
            let refused = read(file.to_vec()).unwrap_err();
            assert!(refused.to_string().contains("codebooks"), "{refused}");
        }
    });
}

/// A setup header that seems to begin in every few bytes.
#[test]
fn a_header_full_of_headers_is_refused() {
    let mut head = b"\x01vorbis\0\0\0\0\x01".to_vec();
    head.extend(RATE.to_le_bytes());
    head.extend([0; 12]);
    head.extend([0xb8, 1]);
    let comment = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
    let setup = b"\x05vorbis\0BCV\x01\0\xff\xff\xff\0".repeat(2_000);
    let file = [
        ogg_page(2, 0, &[&head]),
        ogg_page(0, 1, &[comment, &setup]),
        ogg_page(4, 2, &[&[0; 50], &[0; 50]]),
    ];
    let refused = read(file.concat()).unwrap_err();
    assert!(refused.to_string().contains("vorbis"), "{refused}");
}
