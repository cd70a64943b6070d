//! Each header that is fixed before symphonia reads it, given to symphonia as it is: a test that
//! fails here says that symphonia reads it now, and that the fix can go.

use crate::common::make::{
    ape_tag, matroska, ogg_file, ogg_packet_pages, ogg_packets, ogg_pages, unlaced, with_chapters,
};
use crate::common::{Scratch, ffmpeg, signal, wav, wav_with};
use musicap::audio::AudioReader;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::{FormatOptions, TrackType, probe::Hint};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

const RATE: u32 = 44_100;
const FRAMES: usize = 3 * RATE as usize;

fn encoded(name: &str, arguments: &[&str]) -> Vec<u8> {
    let scratch = Scratch::new();
    let source = scratch.path("source.wav");
    std::fs::write(&source, wav(&signal(RATE, 2, FRAMES), RATE, 2)).unwrap();
    let target = scratch.path(name);
    let input = ["-i", source.to_str().unwrap()];
    ffmpeg(&[&input[..], arguments, &[target.to_str().unwrap()]].concat());
    std::fs::read(target).unwrap()
}

/// The frames that symphonia alone decodes; an error ends them.
fn symphonia_alone(bytes: Vec<u8>) -> usize {
    let stream = MediaSourceStream::new(Box::new(std::io::Cursor::new(bytes)), Default::default());
    let probe = symphonia::default::get_probe();
    let options = (FormatOptions::default(), MetadataOptions::default());
    let Ok(mut reader) = probe.probe(&Hint::new(), stream, options.0, options.1) else { return 0 };
    let Some(track) = reader.default_track(TrackType::Audio) else { return 0 };
    let params = track.codec_params.as_ref().unwrap().audio().unwrap().clone();
    let codecs = symphonia::default::get_codecs();
    let Ok(mut decoder) = codecs.make_audio_decoder(&params, &AudioDecoderOptions::default())
    else {
        return 0;
    };
    let mut frames = 0;
    while let Ok(Some(packet)) = reader.next_packet() {
        // An error, or another rate: something else than the sound was decoded.
        frames += decoder.decode(&packet).map_or(1_000_000, |buffer| match buffer.spec().rate() {
            RATE => buffer.frames(),
            _ => 1_000_000,
        });
    }
    frames
}

/// Holds a fix to be needed, and to work: for `frames` of sound, up to `tolerance`.
fn needed(name: &str, file: Vec<u8>, frames: usize, tolerance: usize) {
    let alone = symphonia_alone(file.clone());
    let is_right = alone.abs_diff(frames) <= tolerance;
    assert!(!is_right, "{name}: symphonia reads {alone} frames alone; the fix can go");
    let fixed = AudioReader::from_bytes(file, name).unwrap().read_all().unwrap().samples().len();
    assert!(fixed.abs_diff(frames) <= tolerance, "{name}: {fixed} of {frames} frames");
}

#[test]
fn wav_sizes_of_64_bits() {
    needed("rf64", encoded("x.wav", &["-rf64", "always"]), FRAMES, 0);
}

#[test]
fn wav_sizes_that_were_never_written() {
    let mut file = wav(&signal(RATE, 1, FRAMES), RATE, 1);
    file[4..8].fill(0);
    file[40..44].fill(0);
    needed("never written", file, FRAMES, 0);
}

#[test]
fn wav_sizes_that_are_too_small_for_their_chunks() {
    let mut file = wav(&signal(RATE, 1, FRAMES), RATE, 1);
    file[4..8].copy_from_slice(&17_u32.to_le_bytes());
    needed("too small", file, FRAMES, 0);
}

#[test]
fn wav_of_12_bits() {
    let mut file = wav_with(1, 16, RATE, 1, &[0x40; 2 * FRAMES]);
    file[34] = 12;
    needed("12 bits", file, FRAMES, 0);
}

#[test]
fn wav_with_a_list_that_is_too_long() {
    let mut file = wav(&signal(RATE, 1, FRAMES), RATE, 1);
    // The text ends beyond its list once it is padded.
    file.splice(36..36, *b"LIST\x17\0\0\0INFOISFT\x0b\0\0\0Lavf56.1.0\0\0");
    needed("list", file, FRAMES, 0);
}

#[test]
fn flac_with_damaged_comments() {
    let mut file = encoded("x.flac", &[]);
    // After the description of the stream: a comment block whose vendor is longer than the file.
    file.splice(42..42, *b"\x04\0\0\x08\xff\xff\xff\x7f\0\0\0\0");
    needed("comments", file, FRAMES, 0);
}

#[test]
fn flac_with_frames_of_several_sizes_that_are_numbered() {
    let mut file = encoded("x.flac", &[]);
    file[8..10].copy_from_slice(&16_u16.to_be_bytes());
    needed("numbered", file, FRAMES, 0);
}

#[test]
fn matroska_with_chapters_without_an_identifier() {
    let pcm = wav(&signal(RATE, 1, FRAMES), RATE, 1).split_off(44);
    let blocks = pcm.chunks(8_820).enumerate();
    let blocks: Vec<(u64, Vec<u8>)> =
        blocks.map(|(index, data)| (100 * index as u64, unlaced(data))).collect();
    let file = matroska("A_PCM/INT/LIT", &[], (f64::from(RATE), 1, 16), &[], &blocks);
    needed("chapters", with_chapters(&file), FRAMES, 0);
}

#[test]
fn aiff_whose_format_has_a_long_name() {
    let mut file = encoded("x.aiff", &["-c:a", "pcm_f32be"]);
    let comm = file.windows(4).position(|word| word == b"COMM").unwrap();
    let grow = |file: &mut [u8], at: usize| {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) + 100;
        file[at..at + 4].copy_from_slice(&size.to_be_bytes());
        size as usize
    };
    let end = comm + 8 + grow(&mut file, comm + 4) - 100;
    grow(&mut file, 4);
    file.splice(end..end, [0; 100]);
    needed("name", file, FRAMES, 0);
}

#[test]
fn wav_with_mp3() {
    needed("mp3 in wav", encoded("x.wav", &["-c:a", "libmp3lame"]), FRAMES, 3_500);
}

#[test]
fn aiff_whose_form_is_too_large() {
    let mut file = encoded("x.aiff", &[]);
    file[4..8].fill(0xff);
    needed("form", file, FRAMES, 0);
}

#[test]
fn mp4_that_is_cut_off() {
    let mut file = encoded("x.m4a", &["-c:a", "alac", "-movflags", "faststart"]);
    file.truncate(file.len() / 2);
    needed("cut", file, FRAMES / 2, FRAMES / 6);
}

#[test]
fn ogg_with_a_large_picture() {
    let file = encoded("x.ogg", &["-c:a", "libvorbis"]);
    let (pages, packets) = (ogg_pages(&file), ogg_packets(&file));
    let serial = u32::from_le_bytes(pages[0][14..18].try_into().unwrap());
    let length = 17_000_000_u32.to_le_bytes();
    let comments = [b"\x03vorbis\0\0\0\0\x01\0\0\0", &length[..], &vec![b'A'; 17_000_000], &[1]];
    let mut large = vec![pages[0].clone()];
    large.extend(ogg_packet_pages(&comments.concat(), serial, 1));
    large.extend(ogg_packet_pages(&packets[2], serial, 400));
    let sound = pages.iter().position(|page| crate::common::make::granule(page) > 0).unwrap();
    large.extend(pages[sound..].iter().cloned());
    needed("picture", ogg_file(large), FRAMES, 0);
}

#[test]
fn mp3_with_a_picture_in_a_tag_at_its_end() {
    // A picture in which frames of another rate can be found.
    let picture = encoded("x.mp3", &["-ar", "16000", "-write_xing", "0"]);
    let mp3 = encoded("x.mp3", &["-write_xing", "0"]);
    needed("tag", [mp3, ape_tag(b"Cover Art (Front)", &picture)].concat(), FRAMES, 3_500);
}

#[test]
fn mp3_behind_megabytes_of_zeros() {
    needed("zeros", [vec![0; 3_000_000], encoded("x.mp3", &[])].concat(), FRAMES, 0);
}
