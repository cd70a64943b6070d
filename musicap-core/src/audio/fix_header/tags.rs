//! What is not sound at the two ends of a stream of frames (MP3, AAC, FLAC, Ogg).
//!
//! A tag with a picture at the end, seen as frames, holds many that look valid: they are decoded as
//! noise, or change the sample rate. Zeros at the start, as some recorders and damaged disks leave,
//! go on for longer than symphonia looks for a first frame.

use std::io::{Read, Seek, SeekFrom};

use crate::audio::input::Input;

/// A file has a handful of tags at most.
const MAX_TAGS: usize = 16;
/// The zeros that are skipped at most, in bytes.
const MAX_ZEROS: u64 = 1 << 30;
const BLOCK: usize = 1 << 16;

/// Cuts ID3v1, Lyrics3, APE and ID3v2.4 tags from the end.
pub(in crate::audio) fn cut_from_end<R: Read + Seek>(input: &mut Input<R>) {
    for _ in 0..MAX_TAGS {
        let len = input.len();
        match last_tag(input, len).filter(|&size| size > 0 && size <= len) {
            Some(size) => input.replace(len - size..len, Vec::new()),
            None => return,
        }
    }
}

/// The size of the tag that the file ends with.
fn last_tag<R: Read + Seek>(input: &mut Input<R>, len: u64) -> Option<u64> {
    // ID3v1: 128 bytes, with the extension of some programs 227 more before it.
    let start = len.checked_sub(128)?;
    if &input.read_at(start)? == b"TAG" {
        let is_extended = |at: u64| input.read_at(at) == Some(*b"TAG+");
        return Some(128 + if start.checked_sub(227).is_some_and(is_extended) { 227 } else { 0 });
    }
    // APEv2 (and 1): the footer counts itself and the items, but not the header.
    let footer: [u8; 32] = input.read_at(len - 32)?;
    if &footer[..8] == b"APETAGEX" {
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| footer[at + i]));
        let header = if number(20) & 1 << 31 != 0 { 32 } else { 0 };
        return Some(u64::from(number(12)).max(32) + header);
    }
    // ID3v2.4 with a footer (id3.org, "ID3v2.4 structure", 3.4): header and footer of 10 bytes.
    let footer: [u8; 10] = input.read_at(len - 10)?;
    if &footer[..3] == b"3DI" && footer[6..].iter().all(|&byte| byte < 128) {
        let size = footer[6..].iter().fold(0, |size, &byte| size << 7 | u64::from(byte));
        return Some(size + 20);
    }
    // Lyrics3 v2: its size in digits, without these 15 bytes.
    let end: [u8; 15] = input.read_at(len - 15)?;
    if &end[6..] == b"LYRICS200" {
        let digits = str::from_utf8(&end[..6]).ok()?;
        return Some(digits.parse::<u64>().ok()? + 15);
    }
    None
}

/// Removes zeros from the start.
pub(in crate::audio) fn skip_zeros<R: Read + Seek>(input: &mut Input<R>) {
    if input.read_at(0) != Some([0; 8]) || input.seek(SeekFrom::Start(0)).is_err() {
        return;
    }
    let mut block = vec![0; BLOCK];
    let mut zeros = 0;
    while zeros < MAX_ZEROS {
        let Ok(count @ 1..) = input.read(&mut block) else { return };
        match block[..count].iter().position(|&byte| byte != 0) {
            Some(first) => {
                return input.replace(0..zeros + first as u64, Vec::new());
            }
            None => zeros += count as u64,
        }
    }
}
