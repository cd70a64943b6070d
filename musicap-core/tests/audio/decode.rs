//! Decoding held to ffmpeg's PCM, format by format.

use std::path::Path;

use crate::common::{
    Scratch, downmix, ffmpeg, ffmpeg_decode, ffmpeg_decode_with, mean_of_channels, signal, wav,
    wav_with,
};
use musicap::audio::{AudioReader, Waveform};

/// Not a multiple of any codec's packet.
const FRAMES: usize = 145_531;
const RATE: u32 = 44_100;
const STEP: f32 = 1.0 / 32_768.0;

fn read(path: &Path) -> Waveform {
    let mut reader = AudioReader::open(path).unwrap();
    let waveform = reader.read_all().unwrap();
    assert!(reader.gaps().is_empty(), "{}: {:?}", path.display(), reader.gaps());
    waveform
}

/// Encodes the signal with ffmpeg.
fn encode(scratch: &Scratch, name: &str, channels: u16, arguments: &[&str]) -> std::path::PathBuf {
    let source = scratch.path(&format!("source-{channels}.wav"));
    let samples = signal(RATE, channels.into(), FRAMES);
    std::fs::write(&source, wav(&samples, RATE, channels)).unwrap();
    let target = scratch.path(name);
    let mut all = vec!["-i", source.to_str().unwrap()];
    all.extend(arguments);
    all.push(target.to_str().unwrap());
    ffmpeg(&all);
    target
}

fn worst(ours: &[f32], theirs: &[f32]) -> f32 {
    ours.iter().zip(theirs).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

fn lossless(name: &str, arguments: &[&str]) {
    lossless_with(name, arguments, &[1, 2, 6]);
}

fn lossless_with(name: &str, arguments: &[&str], channels: &[u16]) {
    for &channels in channels {
        let scratch = Scratch::new();
        let path = encode(&scratch, name, channels, arguments);
        let ours = read(&path);
        let theirs = downmix(&ffmpeg_decode(&path), channels.into());
        assert_eq!(ours.sample_rate(), RATE);
        assert_eq!(ours.samples().len(), theirs.len(), "{name}, {channels} channels: length");
        let worst = worst(ours.samples(), &theirs);
        eprintln!("{name} {arguments:?}, {channels} channels: worst difference {worst:e}");
        // Three or more channels differ in how the mean is rounded.
        let allowed = if channels > 2 { 1e-6 } else { 0.0 };
        assert!(worst <= allowed, "{name}, {channels} channels: {worst}");
    }
}

#[test]
fn wav_of_16_bits_equals_its_integers_divided_by_32768() {
    let samples = signal(16_000, 1, 48_001);
    let mut reader = AudioReader::from_bytes(wav(&samples, 16_000, 1), "memory.wav").unwrap();
    let ours = reader.read_all().unwrap();
    let truth: Vec<f32> = samples.iter().map(|&x| f32::from(x) / 32_768.0).collect();
    assert!(ours.samples() == truth);
    assert_eq!(
        (reader.sample_rate(), reader.channels(), reader.origin()),
        (16_000, 1, "memory.wav")
    );
    assert_eq!(reader.duration().unwrap().as_secs_f64(), 48_001.0 / 16_000.0);
    assert_eq!(reader.position(), reader.duration().unwrap());
}

#[test]
fn stereo_becomes_half_left_plus_half_right() {
    let samples = signal(16_000, 2, 20_000);
    let mut reader = AudioReader::from_bytes(wav(&samples, 16_000, 2), "stereo").unwrap();
    let ours = reader.read_all().unwrap();
    let mean = |pair: &[i16]| (f32::from(pair[0]) * 0.5 + f32::from(pair[1]) * 0.5) / 32_768.0;
    let truth: Vec<f32> = samples.chunks_exact(2).map(mean).collect();
    assert!(ours.samples() == truth);
    assert_eq!(reader.channels(), 2);
}

#[test]
fn wav_of_every_sample_format_equals_ffmpeg() {
    for codec in ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"] {
        lossless("x.wav", &["-c:a", codec]);
    }
    for codec in ["pcm_alaw", "pcm_mulaw"] {
        lossless_with("x.wav", &["-c:a", codec], &[1, 2]);
    }
}

#[test]
fn wav_files_of_64_bit_sizes_equal_ffmpeg() {
    lossless("x.wav", &["-rf64", "always"]);
    let scratch = Scratch::new();
    let path = encode(&scratch, "x.wav", 1, &["-rf64", "always"]);
    let mut bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..4], b"RF64");
    bytes[..4].copy_from_slice(b"BW64");
    // Nothing filled in, as ffmpeg leaves it in a pipe.
    let mut piped = bytes.clone();
    piped[20..44].fill(0);
    let ours = AudioReader::from_bytes(piped, "piped").unwrap().read_all().unwrap();
    assert_eq!(ours.samples().len(), FRAMES);
    // What comes after the sound is no sound.
    bytes.extend(b"LIST\x08\0\0\0INFOIART");
    let ours = AudioReader::from_bytes(bytes, "bw64").unwrap().read_all().unwrap();
    assert_eq!(ours.samples().len(), FRAMES);
}

#[test]
fn wav_files_whose_sizes_are_unknown_or_wrong_are_read_to_their_end() {
    let samples = signal(RATE, 1, FRAMES);
    let good = wav(&samples, RATE, 1);
    let truth: Vec<f32> = samples.iter().map(|&x| f32::from(x) / 32_768.0).collect();
    let bytes = 2 * FRAMES as u32;
    // Switched off, at once and after a first header, written to a pipe by ffmpeg and by sox, added
    // up wrongly.
    let sizes = [
        (0, 0),
        (36, 0),
        (u32::MAX, 0),
        (u32::MAX, u32::MAX),
        (0x7fff_ffff, 0x7fff_ffdb),
        (17, bytes),
    ];
    for (whole, data) in sizes {
        let mut file = good.clone();
        file[4..8].copy_from_slice(&u32::to_le_bytes(whole));
        file[40..44].copy_from_slice(&data.to_le_bytes());
        let mut reader = AudioReader::from_bytes(file, "sizes").unwrap();
        assert!(reader.read_all().unwrap().samples() == truth, "{whole} {data}");
        assert!(reader.gaps().is_empty(), "{whole} {data}");
    }
}

/// A little more than the sizes of WAV can say.
const LARGE: u64 = (1 << 32) + (1 << 26);

#[test]
fn rf64_of_more_than_four_gigabytes_is_whole() {
    let format = large_wav_format();
    let mut sizes = b"ds64\x1c\0\0\0".to_vec();
    sizes.extend([LARGE + 72, LARGE, 0].iter().flat_map(|number| number.to_le_bytes()));
    sizes.extend([0; 4]);
    silence_is_whole(
        &[b"RF64\xff\xff\xff\xffWAVE", &sizes[..], &format[12..40], &[0xff; 4]].concat(),
    );
}

#[test]
fn wav_of_more_than_four_gigabytes_is_whole_though_its_size_wraps() {
    silence_is_whole(&[&large_wav_format()[..40], &(LARGE as u32).to_le_bytes()].concat());
}

/// 128 bytes a frame.
fn large_wav_format() -> Vec<u8> {
    wav_with(3, 64, 192_000, 16, &[])
}

/// Decodes a sparse file with this header and so much silence.
fn silence_is_whole(header: &[u8]) {
    let scratch = Scratch::new();
    let path = scratch.path("large.wav");
    std::fs::write(&path, header).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(header.len() as u64 + LARGE).unwrap();
    let mut reader = AudioReader::open(&path).unwrap();
    let mut frames = 0;
    while let Some(block) = reader.next_block().unwrap() {
        frames += block.len() as u64;
    }
    assert_eq!(frames, LARGE / 128);
    assert!(reader.gaps().is_empty(), "{:?}", reader.gaps());
}

#[test]
fn what_is_missing_of_a_large_wav_file_is_said() {
    let mut file = wav(&signal(RATE, 1, 48_000), RATE, 1);
    file[4..8].copy_from_slice(&3_000_000_036_u32.to_le_bytes());
    file[40..44].copy_from_slice(&3_000_000_000_u32.to_le_bytes());
    let mut reader = AudioReader::from_bytes(file, "cut").unwrap();
    assert_eq!(reader.read_all().unwrap().samples().len(), 48_000);
    assert_eq!(reader.gaps().len(), 1);
}

#[test]
fn wav_of_12_bits_lies_in_the_upper_ones_of_16() {
    let mut file = wav(&[0x7ff0, -0x8000, 0x10], RATE, 1);
    file[34] = 12;
    let ours = AudioReader::from_bytes(file, "12 bits").unwrap().read_all().unwrap();
    assert_eq!(ours.samples(), [2047.0 / 2048.0, -1.0, 1.0 / 2048.0]);
    let mut file = wav_with(1, 32, RATE, 1, &(3_i32 << 29).to_le_bytes());
    file[34] = 24;
    let ours = AudioReader::from_bytes(file, "24 bits").unwrap().read_all().unwrap();
    assert_eq!(ours.samples(), [0.75]);
}

#[test]
fn au_equals_ffmpeg() {
    for codec in [
        "pcm_mulaw",
        "pcm_alaw",
        "pcm_s8",
        "pcm_s16be",
        "pcm_s24be",
        "pcm_s32be",
        "pcm_f32be",
        "pcm_f64be",
    ] {
        lossless_with("x.au", &["-c:a", codec], &[1, 2]);
    }
    lossless("x.au", &[]);
}

#[test]
fn aiff_of_every_sample_format_equals_ffmpeg() {
    for codec in ["pcm_s8", "pcm_s16be", "pcm_s24be", "pcm_s32be"] {
        lossless("x.aiff", &["-c:a", codec]);
    }
}

#[test]
fn flac_equals_ffmpeg() {
    lossless("x.flac", &["-sample_fmt", "s16"]);
    lossless("x.flac", &["-sample_fmt", "s32", "-bits_per_raw_sample", "24"]);
    lossless("x.oga", &["-c:a", "flac"]);
}

#[test]
fn alac_equals_ffmpeg_and_has_the_original_length() {
    lossless_with("x.m4a", &["-c:a", "alac"], &[1, 2]);
    let scratch = Scratch::new();
    let path = encode(&scratch, "x.m4a", 2, &["-c:a", "alac"]);
    assert_eq!(read(&path).samples().len(), FRAMES);
}

/// Length as given, alignment and samples as ffmpeg's.
fn lossy(name: &str, arguments: &[&str], length: impl Fn(usize) -> usize) {
    lossy_by(&[], STEP, name, arguments, length);
}

/// The same with options for ffmpeg's decoder and the largest difference allowed.
fn lossy_by(
    decoder: &[&str],
    allowed: f32,
    name: &str,
    arguments: &[&str],
    length: impl Fn(usize) -> usize,
) {
    for channels in [1, 2] {
        let scratch = Scratch::new();
        let path = encode(&scratch, name, channels, arguments);
        let ours = read(&path);
        let theirs = mean_of_channels(&ffmpeg_decode_with(decoder, &path), channels.into());
        let worst = worst(ours.samples(), &theirs);
        eprintln!(
            "{name} {arguments:?}, {channels} channels: {} samples, ffmpeg {}, worst difference {:.2} steps",
            ours.samples().len(),
            theirs.len(),
            worst / STEP
        );
        assert_eq!(ours.samples().len(), length(theirs.len()), "{name} {arguments:?}: length");
        assert!(worst < allowed, "{name} {arguments:?}: {worst} off");
    }
}

#[test]
fn mp3_has_the_samples_and_the_gapless_length_of_ffmpeg() {
    for quality in [&["-b:a", "128k"][..], &["-b:a", "320k"], &["-q:a", "4"]] {
        lossy("x.mp3", quality, |theirs| {
            assert_eq!(theirs, FRAMES, "ffmpeg itself trims to the original's length");
            theirs
        });
    }
}

#[test]
fn mp3_at_low_rates_has_the_samples_and_the_length_of_ffmpeg() {
    lossy("x.mp3", &["-ar", "22050"], |theirs| theirs);
    lossy("x.mp3", &["-ar", "11025"], |theirs| theirs);
    lossy("x.mp3", &["-ar", "48000"], |theirs| theirs);
}

#[test]
fn mp3_without_a_header_is_not_cut() {
    lossy("x.mp3", &["-write_xing", "0", "-b:a", "128k"], |theirs| theirs);
    // A variable bit rate makes every estimate from the first frames wrong.
    lossy("x.mp3", &["-write_xing", "0", "-q:a", "6"], |theirs| theirs);
}

#[test]
fn two_mp3_files_in_a_row_are_both_heard() {
    let scratch = Scratch::new();
    let one = std::fs::read(encode(&scratch, "x.mp3", 1, &["-b:a", "128k"])).unwrap();
    let double = scratch.path("double.mp3");
    std::fs::write(&double, [one.clone(), one].concat()).unwrap();
    let decoded = read(&double).samples().len();
    assert!((2 * FRAMES..2 * FRAMES + 4_000).contains(&decoded), "{decoded} samples");
}

#[test]
fn ogg_vorbis_has_the_samples_and_the_length_of_ffmpeg() {
    lossy("x.ogg", &["-c:a", "libvorbis", "-q:a", "5"], |theirs| {
        assert_eq!(theirs, FRAMES);
        theirs
    });
}

#[cfg(feature = "opus")]
#[test]
fn opus_has_the_samples_and_the_length_of_ffmpeg() {
    // ffmpeg's own decoder is not bit-exact in stereo: the reference implementation judges.
    let libopus = ["-c:a", "libopus"];
    // SILK, hybrid and CELT, by bit rate and purpose.
    for arguments in [
        &["-c:a", "libopus", "-b:a", "96k"][..],
        &["-c:a", "libopus", "-b:a", "12k", "-application", "voip"],
        &["-c:a", "libopus", "-b:a", "24k", "-application", "voip"],
        &["-c:a", "libopus", "-b:a", "64k", "-frame_duration", "60"],
        &["-c:a", "libopus", "-b:a", "64k", "-frame_duration", "2.5"],
    ] {
        lossy_by(&libopus, STEP, "x.opus", arguments, |theirs| theirs);
    }
    // As above, Matroska's DiscardPadding is not known: whole packets of 960 after the pre-skip.
    let whole = |theirs: usize| (theirs + 312).next_multiple_of(960) - 312;
    lossy_by(&libopus, STEP, "x.webm", &["-c:a", "libopus"], whole);
    // As with AAC, the original's length: 145,531 samples at 44.1 kHz are 158,402 at 48 kHz.
    lossy_by(&libopus, STEP, "x.mp4", &["-c:a", "libopus"], |_| 158_402);
}

#[test]
fn aac_in_mp4_starts_as_ffmpeg_does_and_ends_with_the_original() {
    // ffmpeg 5 keeps the padding of the last packet, later ones do not: the original's length is
    // what the file declares.
    for name in ["x.m4a", "x.mp4", "x.mov"] {
        lossy(name, &["-c:a", "aac", "-b:a", "128k"], |theirs| {
            assert!((FRAMES..FRAMES + 1_024).contains(&theirs));
            FRAMES
        });
    }
}

#[test]
fn aac_with_an_itunes_comment_instead_of_an_edit_list_is_cut_by_it() {
    let scratch = Scratch::new();
    let path = encode(&scratch, "x.m4a", 2, &["-c:a", "aac", "-b:a", "128k"]);
    let expected = read(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    let edit_list = bytes.windows(4).position(|kind| kind == b"edts").unwrap();
    bytes[edit_list..edit_list + 4].copy_from_slice(b"free");
    // The comment replaces the metadata that ffmpeg writes last, in `udta` at the end of `moov`.
    let comment = format!(" 00000000 {:08X} {:08X} {:016X}", 1_024, 901, FRAMES);
    let atom = |kind: &[u8], content: &[u8]| {
        [&(content.len() as u32 + 8).to_be_bytes(), kind, content].concat()
    };
    let item = [
        atom(b"mean", b"\0\0\0\0com.apple.iTunes"),
        atom(b"name", b"\0\0\0\0iTunSMPB"),
        atom(b"data", &[b"\0\0\0\x01\0\0\0\0", comment.as_bytes()].concat()),
    ];
    let list = atom(b"ilst", &atom(b"----", &item.concat()));
    let handler = atom(b"hdlr", &[&[0; 8], &b"mdirappl"[..], &[0; 9]].concat());
    let meta = atom(b"meta", &[&[0; 4][..], &handler, &list].concat());
    let user_data = atom(b"udta", &meta);
    let old = bytes.windows(4).rposition(|kind| kind == b"udta").unwrap() - 4;
    let moov = bytes.windows(4).rposition(|kind| kind == b"moov").unwrap() - 4;
    bytes.truncate(old);
    bytes.extend(&user_data);
    let size = (bytes.len() - moov) as u32;
    bytes[moov..moov + 4].copy_from_slice(&size.to_be_bytes());

    let ours = AudioReader::from_bytes(bytes, "itunes.m4a").unwrap().read_all().unwrap();
    assert_eq!(ours.samples().len(), FRAMES);
    assert!(ours == expected);
}

#[test]
fn streams_that_mark_no_padding_have_the_samples_and_the_length_of_ffmpeg() {
    lossy("x.aac", &["-c:a", "aac"], |theirs| theirs);
    lossy("x.mka", &["-c:a", "aac"], |theirs| theirs);
    // ffmpeg cuts the end by Matroska's DiscardPadding, which symphonia does not read out.
    lossy("x.mka", &["-c:a", "libmp3lame"], |theirs| theirs.next_multiple_of(1_152));
}

#[test]
fn flac_in_matroska_equals_ffmpeg() {
    lossless("x.mka", &["-c:a", "flac"]);
    lossless("x.mka", &["-c:a", "pcm_s16le"]);
}

#[test]
fn fragmented_mp4_is_decoded_whole() {
    let fragments = ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"];
    // With the encoder's delay, as there is no edit list, but without its padding.
    lossy("x.mp4", &fragments, |_| FRAMES + 1_024);
}

#[test]
fn the_sound_of_a_video_is_read() {
    let scratch = Scratch::new();
    let sound = encode(&scratch, "sound.wav", 2, &[]);
    let video = scratch.path("video.mp4");
    let picture = "testsrc=duration=3.3:size=64x64:rate=10";
    let (sound, target) = (sound.to_str().unwrap(), video.to_str().unwrap());
    ffmpeg(&["-f", "lavfi", "-i", picture, "-i", sound, "-c:a", "aac", "-c:v", "mpeg4", target]);
    let ours = read(&video);
    let theirs = mean_of_channels(&ffmpeg_decode(&video), 2);
    assert!(worst(ours.samples(), &theirs) < STEP);
    assert!(theirs.len().abs_diff(ours.samples().len()) < 1_024);
}

#[test]
fn reading_from_memory_and_from_any_reader_gives_the_same() {
    let scratch = Scratch::new();
    let path = encode(&scratch, "x.mp3", 2, &[]);
    let expected = read(&path);
    let bytes = std::fs::read(&path).unwrap();
    let shared: std::sync::Arc<[u8]> = bytes.clone().into();
    assert!(AudioReader::from_bytes(bytes, "a").unwrap().read_all().unwrap() == expected);
    assert!(AudioReader::from_bytes(shared, "b").unwrap().read_all().unwrap() == expected);
    let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
    assert!(AudioReader::from_reader(file, "c").unwrap().read_all().unwrap() == expected);
}
