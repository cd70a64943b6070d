//! Decoded frames follow each other, whatever the container says: for each way in which files say
//! something else, what comes out, and that nothing is reported that is not so.

#[cfg(unix)]
use std::io::Write;
#[cfg(unix)]
use std::os::fd::AsRawFd;

use crate::common::make::{self, ogg_file, ogg_pages, set_granule};
use crate::common::{Scratch, ffmpeg, ffmpeg_decode, wav, wav_with};
use musicap::Error;
use musicap::audio::{AudioNote, AudioReader, GapCause, Waveform};

const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
/// What is encoded: 25 s of the song.
const SECONDS: f64 = 25.0;

fn run(input: &[&str], name: &str, arguments: &[&str]) -> Vec<u8> {
    let scratch = Scratch::new();
    let target = scratch.path(name);
    ffmpeg(&[input, arguments, &[target.to_str().unwrap()]].concat());
    std::fs::read(target).unwrap()
}

fn encoded(name: &str, arguments: &[&str]) -> Vec<u8> {
    run(&["-ss", "12", "-t", "25", "-i", SONG, "-map_metadata", "-1"], name, arguments)
}

fn vorbis() -> Vec<u8> {
    encoded("x.ogg", &["-c:a", "libvorbis", "-q:a", "3"])
}

fn opus() -> Vec<u8> {
    encoded("x.opus", &["-c:a", "libopus", "-b:a", "64k"])
}

fn open(bytes: Vec<u8>) -> musicap::Result<(AudioReader, Waveform)> {
    let mut reader = AudioReader::from_bytes(bytes, "test")?;
    let waveform = reader.read_all()?;
    Ok((reader, waveform))
}

/// What is read of a file that has no gap.
fn whole(bytes: Vec<u8>, name: &str) -> (AudioReader, Waveform) {
    let (reader, waveform) = open(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(reader.gaps().is_empty(), "{name}: {}", reader.gaps()[0]);
    (reader, waveform)
}

/// Holds a file to a length in seconds, and to no gap.
fn lasts(bytes: Vec<u8>, name: &str, seconds: f64, tolerance: f64) {
    let (_, waveform) = whole(bytes, name);
    let found = waveform.duration().as_secs_f64();
    assert!((found - seconds).abs() <= tolerance, "{name}: {found} s");
}

/// The greatest difference of samples, from whole files of one length.
fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

fn edited(file: Vec<u8>, edit: impl Fn(usize, usize, &mut Vec<u8>)) -> Vec<u8> {
    let mut pages = ogg_pages(&file);
    let count = pages.len();
    pages.iter_mut().enumerate().for_each(|(index, page)| edit(index, count, page));
    ogg_file(pages)
}

#[test]
fn laced_blocks_have_one_stamp_for_several_frames() {
    let packets = make::ogg_packets(&opus());
    let head = packets[0].clone();
    let blocks: Vec<(u64, Vec<u8>)> = packets[2..]
        .chunks(8)
        .enumerate()
        .map(|(index, packets)| (160 * index as u64, make::xiph_laced(packets)))
        .collect();
    let file = make::matroska("A_OPUS", &head, (48_000.0, 2, 0), &[], &blocks);
    lasts(file, "opus", SECONDS, 0.03);
    // Frames of one size, whose number alone is stored.
    let pcm = encoded("x.wav", &["-ar", "16000", "-ac", "1"]).split_off(44);
    let blocks: Vec<(u64, Vec<u8>)> = pcm
        .chunks(8 * 320)
        .enumerate()
        .map(|(index, data)| (80 * index as u64, [&[0x04, 7], data].concat()))
        .collect();
    let format = (16_000.0, 1, 16);
    let file = make::matroska("A_PCM/INT/LIT", &[], format, &[], &blocks[..blocks.len() - 1]);
    lasts(file, "pcm", SECONDS, 0.17);
}

/// The packets of a file, as ffprobe finds them.
fn packets(file: &[u8], name: &str) -> Vec<Vec<u8>> {
    let scratch = Scratch::new();
    let path = scratch.path(name);
    std::fs::write(&path, file).unwrap();
    let arguments = ["-v", "error", "-show_entries", "packet=pos,size", "-of", "csv=p=0"];
    let output = std::process::Command::new("ffprobe").args(arguments).arg(&path).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let packets = lines.lines().map(|line| {
        let mut fields = line.split(',').map(|field| field.parse::<usize>());
        let (size, at) = (fields.next().unwrap().unwrap(), fields.next().unwrap().unwrap());
        file[at..at + size].to_vec()
    });
    packets.collect()
}

#[test]
fn laced_blocks_of_alac_and_webm_are_read() {
    let alac = encoded("x.m4a", &["-c:a", "alac", "-ar", "44100"]);
    let (_, expected) = whole(alac.clone(), "alac in mp4");
    // Twice the name, a version, then the decoder's configuration.
    let place = alac.windows(4).rposition(|word| word == b"alac").unwrap() + 8;
    let packets = packets(&alac, "x.m4a");
    let blocks: Vec<(u64, Vec<u8>)> = packets
        .chunks(4)
        .enumerate()
        .map(|(index, packets)| {
            (index as u64 * 4 * 4_096 * 1_000 / 44_100, make::xiph_laced(packets))
        })
        .collect();
    let format = (44_100.0, 2, 16);
    let file = make::matroska("A_ALAC", &alac[place..place + 24], format, &[], &blocks);
    let (_, found) = whole(file, "alac");
    assert!(found.samples().starts_with(expected.samples()));
    assert!(found.samples().len() - expected.samples().len() < 4_096);
    // WebM is Matroska by another name.
    let packets = make::ogg_packets(&opus());
    let blocks: Vec<(u64, Vec<u8>)> = packets[2..]
        .chunks(8)
        .enumerate()
        .map(|(index, packets)| (160 * index as u64, make::xiph_laced(packets)))
        .collect();
    let file = make::matroska("A_OPUS", &packets[0], (48_000.0, 2, 0), &[], &blocks);
    let at = file.windows(8).position(|word| word == b"matroska").unwrap();
    let mut webm = file;
    webm.splice(at - 8..at + 8, [&4_u64.to_be_bytes()[..], b"webm"].concat());
    // The size of the element, and of the header that it is in.
    webm[at - 8] = 1;
    let head = u64::from_be_bytes(webm[4..12].try_into().unwrap()) - 4;
    webm[4..12].copy_from_slice(&head.to_be_bytes());
    lasts(webm, "webm", SECONDS, 0.03);
}

#[test]
fn vorbis_is_the_same_sound_in_matroska() {
    let ogg = vorbis();
    let (_, expected) = whole(ogg.clone(), "ogg");
    let scratch = Scratch::new();
    let path = scratch.path("x.ogg");
    std::fs::write(&path, ogg).unwrap();
    let file = run(&["-i", path.to_str().unwrap()], "x.mka", &["-c", "copy"]);
    let (_, found) = whole(file, "mka");
    assert!(found.samples().starts_with(expected.samples()));
    assert!(found.samples().len() - expected.samples().len() < 2_048);
}

#[test]
fn headers_of_opus_among_the_sound_are_passed_over() {
    let file = opus();
    let (_, expected) = whole(file.clone(), "opus");
    let mut pages = ogg_pages(&file);
    let mut repeated = pages[..2].to_vec();
    for page in &mut repeated {
        page[5] = 0;
        set_granule(page, -1);
    }
    pages.splice(8..8, repeated);
    let (_, found) = whole(ogg_file(pages), "repeated");
    assert!(found == expected);
}

#[test]
fn he_aac_is_said_where_only_its_packets_tell() {
    let file = encoded("x.aac", &["-c:a", "aac", "-ar", "24000"]);
    let (reader, expected) = whole(file.clone(), "plain");
    assert!(reader.notes().is_empty(), "{:?}", reader.notes());
    // A fill element of two bytes that holds spectral band replication, alone and before another,
    // and one of twenty.
    let short = format!("110{:04b}1101{}", 2, "0".repeat(12));
    let long = format!("1101111{:08b}1101{}", 6, "0".repeat(156));
    for fill in [&[&short[..]][..], &[&short, "1100000"], &[&long]] {
        let (reader, found) = whole(make::adts_with(&file, fill), "sbr");
        let note = AudioNote::HeAacCore { sample_rate: 24_000, parametric_stereo: false };
        assert_eq!(reader.notes(), [note]);
        assert!(found == expected);
    }
    let filled = make::adts_with(&file, &[&format!("110{:04b}{:08b}", 1, 0), "1100000"]);
    assert!(whole(filled, "fill").0.notes().is_empty());
}

#[test]
fn frames_of_another_format_after_flac_are_a_gap() {
    let one = encoded("x.flac", &["-ar", "44100"]);
    let two = encoded("x.flac", &["-ar", "32000"]);
    let (reader, found) = open([one, two].concat()).unwrap();
    assert!(found.duration().as_secs_f64() > SECONDS - 0.2);
    let [gap] = reader.gaps() else { panic!("{:?}", reader.gaps()) };
    assert!(matches!(&gap.cause, GapCause::Damaged(reason) if reason.contains("bytes")), "{gap}");
}

#[test]
fn a_page_without_a_position_keeps_its_sound() {
    for (name, file) in [("vorbis", vorbis()), ("opus", opus())] {
        let (_, expected) = whole(file.clone(), name);
        // As WhatsApp ends a file: with an empty page.
        let mut pages = ogg_pages(&file);
        let last = pages.last_mut().unwrap();
        last[5] &= !4;
        let mut end = last[..27].to_vec();
        (end[5], end[26]) = (4, 0);
        end[18..22].copy_from_slice(&1_000_u32.to_le_bytes());
        set_granule(&mut end, -1);
        pages.push(end);
        let (_, found) = whole(ogg_file(pages), name);
        let longer = found.samples().len() - expected.samples().len();
        assert!(longer < 5_760 && found.samples().starts_with(expected.samples()), "{name}");
        // In the middle, and in the last page with sound.
        let middle = edited(file.clone(), |index, count, page| {
            if index >= 3 && index % 3 == 0 && index + 1 < count {
                set_granule(page, -1);
            }
        });
        let (_, found) = whole(middle, name);
        assert!(found == expected, "{name}");
        let last = edited(file, |index, count, page| {
            if index + 1 == count {
                set_granule(page, -1);
            }
        });
        lasts(last, name, SECONDS, 0.13);
    }
}

#[test]
fn positions_that_are_all_0_shorten_nothing() {
    for (name, file) in [("vorbis", vorbis()), ("opus", opus())] {
        let zero = edited(file, |index, _, page| {
            if index >= 2 {
                set_granule(page, 0);
            }
        });
        lasts(zero, name, SECONDS, 0.13);
    }
}

#[test]
fn a_stream_that_starts_late_is_not_longer_for_that() {
    for (name, rate, file) in [("vorbis", 44_100, vorbis()), ("opus", 48_000, opus())] {
        let (_, expected) = whole(file.clone(), name);
        let late = edited(file, |_, _, page| {
            let position = make::granule(page);
            if position > 0 {
                set_granule(page, position + 3_600 * rate);
            }
        });
        let (reader, found) = whole(late, name);
        assert!(found == expected, "{name}");
        assert_eq!(reader.start().as_secs(), 0, "{name}");
        if let Some(declared) = reader.duration() {
            assert!((declared.as_secs_f64() - SECONDS).abs() < 0.05, "{name}: {declared:?}");
        }
    }
    let fragments = ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+default_base_moof"];
    for (name, arguments) in [
        ("x.webm", &["-c:a", "libopus"][..]),
        ("x.mka", &["-c:a", "libvorbis"]),
        ("x.mp4", &fragments),
    ] {
        let offset = ["-output_ts_offset", "3600", "-avoid_negative_ts", "disabled"];
        let (reader, found) = whole(encoded(name, &[arguments, &offset].concat()), name);
        assert!((found.duration().as_secs_f64() - SECONDS).abs() < 0.06, "{name}");
        assert_eq!(reader.start().as_secs(), 0, "{name}");
    }
}

#[test]
fn a_lost_page_is_a_gap_of_its_length() {
    for (name, file) in [("vorbis", vorbis()), ("opus", opus())] {
        let (_, expected) = whole(file.clone(), name);
        let mut pages = ogg_pages(&file);
        let lost = make::granule(&pages[8]) - make::granule(&pages[7]);
        pages.remove(8);
        let (reader, found) = open(ogg_file(pages)).unwrap();
        let [gap] = reader.gaps() else { panic!("{name}: {:?}", reader.gaps()) };
        assert_eq!(gap.cause, GapCause::Missing, "{name}");
        let length = (gap.end - gap.start).as_secs_f64() * f64::from(found.sample_rate());
        assert!((length - lost as f64).abs() < 1_100.0, "{name}: {length} of {lost}");
        let (found, expected) = (found.samples(), expected.samples());
        assert!(found.len().abs_diff(expected.len()) < 1_100, "{name}");
    }
}

#[test]
fn estimated_lengths_promise_nothing() {
    let half = "volume=enable='gt(t,8)':volume=0";
    for arguments in [&["-c:a", "aac", "-af", half][..], &["-c:a", "aac", "-b:a", "64k"]] {
        lasts(encoded("x.aac", arguments), "aac", SECONDS, 0.1);
    }
    let arguments = ["-write_xing", "0", "-q:a", "4", "-af", half];
    lasts(encoded("x.mp3", &arguments), "mp3", SECONDS, 0.1);
}

#[test]
fn a_stream_without_an_end_mark_ends_where_it_ends() {
    let live = ["-c:a", "libopus", "-f", "webm", "-live", "1", "-"];
    let input = ["-ss", "12", "-t", "25", "-i", SONG];
    lasts(ffmpeg(&[&input[..], &live].concat()), "webm", SECONDS, 0.03);
    let piped = ["-c:a", "libopus", "-f", "matroska", "-"];
    lasts(ffmpeg(&[&input[..], &piped].concat()), "matroska", SECONDS, 0.03);
    for (name, file) in [("vorbis", vorbis()), ("opus", opus())] {
        let unmarked = edited(file, |_, _, page| page[5] &= !4);
        lasts(unmarked, name, SECONDS, 0.13);
    }
}

#[test]
fn all_edits_of_a_list_are_applied() {
    let file = encoded("x.m4a", &["-c:a", "aac", "-b:a", "128k", "-ar", "44100"]);
    let (_, all) = whole(file.clone(), "all");
    let at = |second: usize| 1_024 + 44_100 * second as i32;
    let edits = |edits: &[(u32, i32)]| {
        let (reader, found) = whole(make::with_edits(&file, edits), "edits");
        assert!(reader.notes().is_empty(), "{:?}", reader.notes());
        let declared = reader.duration().unwrap().as_secs_f64();
        assert!((declared - found.duration().as_secs_f64()).abs() < 0.002, "{declared}");
        (reader, found)
    };
    let part = |from: usize, to: usize| all.samples()[from * 44_100..to * 44_100].to_vec();
    let (_, found) = edits(&[(5_000, at(0)), (5_000, at(15))]);
    assert!(found.samples() == [part(0, 5), part(15, 20)].concat());
    let (_, found) = edits(&[(2_000, at(0)), (2_000, at(10)), (2_000, at(20))]);
    assert!(found.samples() == [part(0, 2), part(10, 12), part(20, 22)].concat());
    let (_, found) = edits(&[(5_000, at(10))]);
    assert!(found.samples() == part(10, 15));
    let (_, found) = edits(&[(0, at(0))]);
    assert!(found.samples().starts_with(all.samples()));
    let (reader, found) = edits(&[(3_000, -1), (25_000, at(0))]);
    assert!(found == all);
    assert_eq!(reader.start().as_secs_f64(), 3.0);
    // What is played twice or out of order is read once, and said.
    let reordered = make::with_edits(&file, &[(5_000, at(15)), (5_000, at(0))]);
    let (reader, found) = whole(reordered, "reordered");
    assert_eq!(reader.notes(), [AudioNote::EditList]);
    assert!(found.samples() == part(0, 20));
}

#[test]
fn sound_that_starts_after_the_picture_keeps_its_time() {
    let picture = ["-f", "lavfi", "-i", "testsrc=duration=30:size=64x64:rate=10"];
    let scratch = Scratch::new();
    let path = scratch.path("sound.wav");
    std::fs::write(&path, encoded("x.wav", &[])).unwrap();
    let sound = ["-itsoffset", "5", "-i", path.to_str().unwrap()];
    let codecs = ["-map", "0:v", "-map", "1:a", "-c:v", "mpeg4", "-c:a"];
    for (name, codec) in [("x.mp4", "aac"), ("x.mkv", "libvorbis")] {
        let file = run(&[&picture[..], &sound, &codecs, &[codec]].concat(), name, &[]);
        let (reader, found) = whole(file, name);
        assert!((reader.start().as_secs_f64() - 5.0).abs() < 0.05, "{name}: {:?}", reader.start());
        let length = found.duration().as_secs_f64();
        assert!((length - SECONDS).abs() < 0.05, "{name}: {length} s");
    }
}

#[test]
fn the_default_track_is_read_and_others_are_named() {
    let silence = ["-f", "lavfi", "-t", "25", "-i", "anullsrc=r=48000:cl=stereo"];
    let song = ["-ss", "12", "-t", "25", "-i", SONG];
    let map =
        ["-map", "0:a", "-map", "1:a", "-disposition:a:0", "0", "-disposition:a:1", "default"];
    for (name, codec) in [("x.mka", "libvorbis"), ("x.mp4", "aac")] {
        let file = run(&[&silence[..], &song, &map, &["-c:a", codec]].concat(), name, &[]);
        let (reader, found) = whole(file, name);
        let square: f32 = found.samples().iter().map(|x| x * x).sum();
        assert!(square > 1.0, "{name}: the silent track was read");
        assert_eq!(reader.notes(), [AudioNote::OtherTracks { read: 2, tracks: 2 }], "{name}");
    }
}

#[test]
fn samples_of_quicktime_are_big_endian_unless_enda_says_otherwise() {
    let codecs = ["pcm_s24be", "pcm_s32be", "pcm_f32be", "pcm_f64be", "pcm_s16be"];
    let little = ["pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_s16le"];
    let scratch = Scratch::new();
    for codec in codecs.into_iter().chain(little) {
        let file = encoded("x.mov", &["-c:a", codec, "-t", "2"]);
        let path = scratch.path("x.mov");
        std::fs::write(&path, &file).unwrap();
        let theirs = crate::common::mean_of_channels(&ffmpeg_decode(&path), 2);
        let (_, ours) = whole(file, codec);
        assert_eq!(worst(ours.samples(), &theirs), 0.0, "{codec}");
    }
}

#[test]
fn tags_at_the_end_are_no_sound() {
    // A picture in which frames of another rate can be found.
    let picture = encoded("x.mp3", &["-ar", "16000", "-write_xing", "0"]);
    let ape = make::ape_tag(b"Cover Art (Front)", &picture);
    let footer = make::id3v24_at_end(&picture);
    let id3v1 = [b"TAG", &[0; 125][..]].concat();
    let lyrics = {
        let body = [b"LYRICSBEGIN", &picture[..900]].concat();
        [&body[..], format!("{:06}LYRICS200", body.len()).as_bytes()].concat()
    };
    for (name, arguments) in [
        ("x.mp3", &["-b:a", "128k"][..]),
        ("x.aac", &["-c:a", "aac"]),
        ("x.flac", &[]),
        ("x.ogg", &["-c:a", "libvorbis"]),
    ] {
        let file = encoded(name, arguments);
        let (_, expected) = whole(file.clone(), name);
        for tags in [
            vec![&ape],
            vec![&footer],
            vec![&id3v1],
            vec![&ape, &id3v1],
            vec![&ape, &lyrics, &id3v1],
            vec![&footer, &ape],
        ] {
            let tags: Vec<u8> = tags.into_iter().flatten().copied().collect();
            let (_, found) = whole([&file[..], &tags].concat(), name);
            assert!(found == expected, "{name}");
        }
    }
}

#[test]
fn aiff_files_with_wrong_sizes_are_read_to_their_end() {
    let file = encoded("x.aiff", &["-ar", "44100", "-ac", "2", "-c:a", "pcm_s16be"]);
    let find = |name: &[u8]| file.windows(4).position(|word| word == name).unwrap();
    let (comm, ssnd) = (find(b"COMM"), find(b"SSND"));
    let (_, expected) = whole(file.clone(), "whole");
    assert_eq!(expected.samples().len(), 25 * 44_100);
    let with = |changes: &[(usize, u32)]| {
        let mut file = file.clone();
        for &(at, value) in changes {
            file[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        file
    };
    // FORM too large; nothing written by a stream that could not be sought; "unknown".
    for changes in [
        &[(4, u32::MAX)][..],
        &[(4, file.len() as u32 + 1_000)],
        &[(4, 0), (comm + 10, 0), (ssnd + 4, 0)],
        &[(4, u32::MAX), (ssnd + 4, u32::MAX)],
        &[(4, u32::MAX), (comm + 10, u32::MAX), (ssnd + 4, u32::MAX)],
    ] {
        let (_, found) = whole(with(changes), "sizes");
        assert!(found == expected, "{changes:?}");
    }
    let mut cut = file.clone();
    cut.truncate(file.len() / 2);
    let (reader, found) = open(cut).unwrap();
    let half = found.samples().len();
    assert!(found.samples() == &expected.samples()[..half] && half > 12 * 44_100);
    let [gap] = reader.gaps() else { panic!("{:?}", reader.gaps()) };
    assert_eq!(gap.cause, GapCause::Truncated);
    assert!((gap.end.as_secs_f64() - SECONDS).abs() < 1e-3, "{gap}");
}

#[test]
fn a_cover_of_many_megabytes_is_passed_over() {
    for (name, file, mark) in
        [("vorbis", vorbis(), &b"\x03vorbis"[..]), ("opus", opus(), b"OpusTags")]
    {
        let (_, expected) = whole(file.clone(), name);
        let pages = ogg_pages(&file);
        let packets = make::ogg_packets(&file);
        let serial = u32::from_le_bytes(pages[0][14..18].try_into().unwrap());
        // A vendor of no bytes and one comment of 18.7 MB: a picture of 14 MB in base64.
        let picture = [&b"METADATA_BLOCK_PICTURE="[..], &vec![b'A'; 18_700_000]].concat();
        let length = (picture.len() as u32).to_le_bytes();
        let comment = [mark, &[0; 4], &1_u32.to_le_bytes(), &length, &picture, &[1]].concat();
        let headers = if name == "vorbis" { 3 } else { 2 };
        let mut large = vec![pages[0].clone()];
        large.extend(make::ogg_packet_pages(&comment, serial, 1));
        if headers == 3 {
            large.extend(make::ogg_packet_pages(&packets[2], serial, 400));
        }
        let sound = pages.iter().position(|page| make::granule(page) > 0).unwrap();
        large.extend(pages[sound..].iter().cloned());
        let (_, found) = whole(ogg_file(large), name);
        assert!(found == expected, "{name}");
    }
}

#[test]
fn zeros_before_the_first_frame_are_passed_over() {
    let file = encoded("x.mp3", &["-b:a", "128k"]);
    let (_, expected) = whole(file.clone(), "mp3");
    for zeros in [100, 3_000_000] {
        let (_, found) = whole([vec![0; zeros], file.clone()].concat(), "zeros");
        assert!(found == expected, "{zeros}");
    }
    let (error, _) = (open(vec![0; 3_000_000]).unwrap_err(), ());
    assert!(matches!(error, Error::UnknownFormat { .. }), "{error}");
}

#[test]
fn compressed_packets_of_matroska_are_inflated_or_refused_by_name() {
    let pcm = encoded("x.wav", &["-ar", "16000", "-ac", "1"]).split_off(44);
    let format = (16_000.0, 1, 16);
    let plain = |coded: &dyn Fn(&[u8]) -> Vec<u8>, entry: &[u8]| {
        let blocks = pcm.chunks(3_200).enumerate();
        let blocks: Vec<(u64, Vec<u8>)> =
            blocks.map(|(index, data)| (100 * index as u64, make::unlaced(&coded(data)))).collect();
        make::matroska("A_PCM/INT/LIT", &[], format, entry, &blocks)
    };
    let coding = |content: &[u8]| {
        make::element(0x6d80, &make::element(0x6240, &make::element(0x5034, content)))
    };
    let algorithm = |number: u8| make::element(0x4254, &[number]);
    let (_, expected) = whole(plain(&|data| data.to_vec(), &[]), "plain");
    let zlib = plain(&make::zlib, &coding(&algorithm(0)));
    assert!(whole(zlib, "zlib").1 == expected);
    // Every packet lacks its first bytes, which stand in the header; here they are none's but the
    // first one's, so that the others begin wrongly.
    let stripped = [&algorithm(3)[..], &make::element(0x4255, &pcm[..2])].concat();
    let (_, found) = whole(plain(&|data| data[2..].to_vec(), &coding(&stripped)), "stripped");
    assert_eq!(found.samples().len(), expected.samples().len());
    assert_eq!(found.samples()[..1_600], expected.samples()[..1_600]);
    for (number, word) in [(1, "bzip2"), (2, "LZO")] {
        let refused = open(plain(&|data| data.to_vec(), &coding(&algorithm(number)))).unwrap_err();
        let message = refused.to_string();
        assert!(message.contains(word) && message.contains("ffmpeg -i"), "{message}");
    }
    let encrypted = make::element(0x6d80, &make::element(0x6240, &make::element(0x5033, &[1])));
    let refused = open(plain(&|data| data.to_vec(), &encrypted)).unwrap_err();
    assert!(refused.to_string().contains("encrypted"), "{refused}");
}

#[test]
fn of_channels_in_opposite_phase_one_is_taken_and_said() {
    let opposite = "pan=stereo|c0=c0|c1=-1*c0";
    let file = encoded("x.wav", &["-af", opposite]);
    let (reader, found) = whole(file.clone(), "opposite");
    assert_eq!(reader.notes(), [AudioNote::OppositePhase { channel: 1 }]);
    let (_, left) = whole(encoded("x.wav", &["-af", "pan=mono|c0=c0"]), "left");
    assert_eq!(found.samples().len(), left.samples().len());
    let loud = left.samples().iter().position(|x| x.abs() > 0.01).unwrap();
    assert!(found.samples()[loud..] == left.samples()[loud..]);
    // Half in opposition is no fault: the song as it is, and with one channel silent.
    for filter in ["anull", "pan=stereo|c0=c0|c1=0*c0", "pan=stereo|c0=c0|c1=-0.5*c0"] {
        let (reader, _) = whole(encoded("x.wav", &["-af", filter]), filter);
        assert!(reader.notes().is_empty(), "{filter}: {:?}", reader.notes());
    }
}

/// Sines of other frequencies in each channel, so that none stands for another.
fn surround(layout: &str, channels: usize, name: &str, arguments: &[&str]) -> Vec<u8> {
    let sines: Vec<String> =
        (0..channels).map(|n| format!("0.2*sin(2*PI*{}*t)", 300 + 170 * n)).collect();
    let source = format!("aevalsrc={}:c={layout}:s=48000:d=2", sines.join("|"));
    run(&["-f", "lavfi", "-i", &source], name, arguments)
}

#[test]
fn surround_is_mixed_by_bs_775() {
    const CENTER: &str = "0.70710678";
    const BACK: &str = "0.35355339";
    let five = format!("pan=mono|c0=0.5*FL+0.5*FR+{CENTER}*FC+{BACK}*BL+{BACK}*BR");
    let seven =
        format!("pan=mono|c0=0.5*FL+0.5*FR+{CENTER}*FC+{BACK}*BL+{BACK}*BR+{BACK}*SL+{BACK}*SR");
    let scratch = Scratch::new();
    for (layout, channels, mix, name, arguments, allowed) in [
        ("5.1", 6, &five, "x.wav", &["-c:a", "pcm_f32le"][..], 1e-6),
        ("7.1", 8, &seven, "x.wav", &["-c:a", "pcm_f32le"], 1e-6),
        ("5.1", 6, &five, "x.flac", &[], 1e-4),
        ("7.1", 8, &seven, "x.flac", &[], 1e-4),
        ("5.1", 6, &five, "x.ogg", &["-c:a", "libvorbis", "-q:a", "8"], 1e-4),
        ("7.1", 8, &seven, "x.ogg", &["-c:a", "libvorbis", "-q:a", "8"], 1e-4),
        #[cfg(feature = "opus")]
        ("5.1", 6, &five, "x.opus", &["-c:a", "libopus", "-b:a", "400k"], 1e-3),
        #[cfg(feature = "opus")]
        ("7.1", 8, &seven, "x.opus", &["-c:a", "libopus", "-b:a", "500k"], 1e-3),
    ] {
        let file = surround(layout, channels, name, arguments);
        let path = scratch.path(name);
        std::fs::write(&path, &file).unwrap();
        let decoder = if name == "x.opus" { &["-c:a", "libopus"][..] } else { &[] };
        let input = ["-i", path.to_str().unwrap(), "-af", mix, "-f", "f32le", "-"];
        let theirs = ffmpeg(&[decoder, &input].concat());
        let theirs: Vec<f32> =
            theirs.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        let (reader, ours) = whole(file, name);
        assert_eq!(reader.channels(), channels);
        let worst = worst(ours.samples(), &theirs);
        eprintln!("{layout} {name}: {worst:e}");
        assert!(worst < allowed, "{layout} {name}: {worst}");
    }
}

#[test]
fn four_channels_of_a_plain_wav_are_two_pairs() {
    // One channel after the other has sound; no mask says that the fourth is for low frequencies.
    let frames =
        (0..4_000).map(|n| [0, 1, 2, 3].map(|c| if n / 1_000 == c { 8_192_i16 } else { 0 }));
    let data: Vec<u8> = frames.flatten().flat_map(i16::to_le_bytes).collect();
    let (_, found) = whole(wav_with(1, 16, 48_000, 4, &data), "quad");
    let back = 0.25 * 0.5 * std::f32::consts::FRAC_1_SQRT_2;
    for (part, expected) in [0.125, 0.125, back, back].into_iter().enumerate() {
        assert!((found.samples()[1_000 * part + 500] - expected).abs() < 1e-6, "channel {part}");
    }
}

#[test]
fn samples_in_memory_are_mixed_as_those_of_files() {
    let file = surround("5.1", 6, "x.wav", &["-c:a", "pcm_f32le"]);
    let (_, expected) = whole(file.clone(), "5.1");
    let data = file.windows(4).position(|word| word == b"data").unwrap() + 8;
    let samples: Vec<f32> =
        file[data..].as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let found = Waveform::from_interleaved(&samples, 6, 48_000).unwrap();
    assert_eq!(worst(found.samples(), expected.samples()), 0.0);
    let planes: Vec<Vec<f32>> =
        (0..6).map(|channel| samples[channel..].iter().step_by(6).copied().collect()).collect();
    assert!(Waveform::from_planar(&planes, 48_000).unwrap() == found);
    // Of channels in opposite phase one is taken.
    let sine: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.05).sin()).collect();
    let opposite: Vec<f32> = sine.iter().map(|x| -x).collect();
    let found = Waveform::from_planar(&[&sine, &opposite], 48_000).unwrap();
    assert!(found.samples() == sine);
}

#[test]
fn surround_aac_is_refused_by_name() {
    let refused = open(surround("5.1", 6, "x.m4a", &["-c:a", "aac"])).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("AAC") && message.contains("ffmpeg -i"), "{message}");
}

#[test]
fn what_is_not_decoded_is_named_with_the_line_that_converts_it() {
    let transport = ["-c:a", "aac", "-f", "mpegts"];
    for (name, arguments, word) in [
        ("x.ts", &transport[..], "MPEG transport stream"),
        ("x.w64", &[], "W64"),
        ("x.caf", &["-c:a", "pcm_s16le"], "CAF"),
        ("x.ac3", &[], "AC-3"),
        ("x.spx", &["-c:a", "libspeex", "-ar", "16000"], "Speex"),
        ("x.mov", &["-c:a", "adpcm_ima_qt"], "IMA"),
        ("x.wv", &[], "WavPack"),
        ("x.tta", &[], "True Audio"),
        ("x.dts", &["-c:a", "dca", "-strict", "-2", "-ar", "48000"], "DTS"),
    ] {
        let message = open(encoded(name, arguments)).unwrap_err().to_string();
        assert!(message.contains(word) && message.contains("ffmpeg -i"), "{name}: {message}");
        assert!(!message.contains("damaged"), "{name}: {message}");
    }
    // Protected by DRM: the sample entry has another name.
    let mut file = encoded("x.m4a", &["-c:a", "aac"]);
    let entry = file.windows(4).rposition(|word| word == b"mp4a").unwrap();
    file[entry..entry + 4].copy_from_slice(b"drms");
    let message = open(file).unwrap_err().to_string();
    assert!(message.contains("DRM") && !message.contains("damaged"), "{message}");
}

#[test]
fn mp3_in_wav_is_read() {
    let file = encoded("x.wav", &["-c:a", "libmp3lame", "-b:a", "128k"]);
    lasts(file, "mp3 in wav", SECONDS, 0.1);
}

#[test]
fn joined_songs_of_other_rates_are_read_whole() {
    let strip = ["-write_xing", "0", "-id3v2_version", "0", "-b:a", "64k"];
    let one = encoded("x.mp3", &[&["-ar", "44100"][..], &strip].concat());
    let two = encoded("x.mp3", &[&["-ar", "32000"][..], &strip].concat());
    let (reader, found) = whole([one, two].concat(), "mp3");
    assert_eq!(found.sample_rate(), 44_100);
    assert!((found.duration().as_secs_f64() - 2.0 * SECONDS).abs() < 0.2);
    let note = AudioNote::RateChanged { from_hz: 44_100, to_hz: 32_000 };
    assert!(reader.notes().contains(&note), "{:?}", reader.notes());
    // What was said twice sounds alike twice.
    let energy = |samples: &[f32]| samples.iter().map(|x| f64::from(x * x)).sum::<f64>();
    let (first, second) = found.samples().split_at(found.samples().len() / 2);
    assert!((energy(first) / energy(second) - 1.0).abs() < 0.05);
    let one = encoded("x.ogg", &["-c:a", "libvorbis"]);
    let two = encoded("x.ogg", &["-c:a", "libvorbis", "-ar", "22050"]);
    let (_, found) = whole([one, two].concat(), "ogg");
    assert!((found.duration().as_secs_f64() - 2.0 * SECONDS).abs() < 0.1);
}

#[test]
fn a_pipe_is_read_like_a_file() {
    let samples = crate::common::signal(8_000, 1, 8_000);
    let file = wav(&samples, 8_000, 1);
    let mut streamed = AudioReader::from_stream(&file[..], "stdin").unwrap();
    let (_, expected) = whole(file.clone(), "wav");
    assert!(streamed.read_all().unwrap() == expected);
    #[cfg(unix)]
    {
        // As a shell's <(…).
        let (reader, mut writer) = std::io::pipe().unwrap();
        let writer = std::thread::spawn(move || writer.write_all(&file).unwrap());
        let pipe = format!("/dev/fd/{}", reader.as_raw_fd());
        let piped = AudioReader::open(pipe).unwrap().read_all().unwrap();
        writer.join().unwrap();
        assert!(piped == expected);
        let device = AudioReader::open("/dev/null").unwrap_err().to_string();
        assert!(device.contains("not a file"), "{device}");
    }
}

#[test]
fn a_stream_longer_than_the_limit_is_refused() {
    use musicap::audio::AudioLimits;
    let limits = AudioLimits::default().with_max_stream_bytes(1_000);
    #[cfg(unix)]
    {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let bytes = wav_with(1, 16, 8_000, 1, &[0; 100_000]);
        let writer = std::thread::spawn(move || writer.write_all(&bytes));
        let pipe = format!("/dev/fd/{}", reader.as_raw_fd());
        let refused = AudioReader::open_with(pipe, limits).unwrap_err();
        // Now the pipe is closed, which the writer sees.
        drop(reader);
        assert!(writer.join().unwrap().is_err());
        assert!(refused.to_string().contains("1000 bytes"), "{refused}");
    }
}
