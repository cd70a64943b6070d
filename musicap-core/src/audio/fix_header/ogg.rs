//! Ogg files with a picture of many megabytes among their comments, and how they end.
//!
//! symphonia holds a packet of at most 16 MiB, and the comments with a large picture are one packet.
//! Nothing in them is sound, so they are replaced by empty ones.

use std::io::{Read, Seek, SeekFrom};

use super::Fixed;
use crate::audio::input::Input;

/// Comments smaller than this are left as they are.
const LARGE: u64 = 1 << 20;
/// More pages are not looked through for the end of the comments: 1 GiB of 64 kB each.
const MAX_PAGES: usize = 1 << 14;
const MAX_PAGE: u64 = 65_307;
/// The header of a page up to its table of segments.
const HEAD: usize = 27;

/// Replaces large comments, and finds out whether the file ends with a whole page.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) -> Option<Fixed> {
    if &input.read_at(0)? != b"OggS" {
        return None;
    }
    let is_whole = ends_with_page(input);
    let _ = replace_comments(input);
    Some(Fixed { is_whole, ..Fixed::default() })
}

/// A page: its header with the table of segments, and where its body starts.
struct Page {
    head: [u8; HEAD],
    lacing: Vec<u8>,
    body: u64,
}

impl Page {
    fn read<R: Read + Seek>(input: &mut Input<R>, at: u64) -> Option<Self> {
        let head: [u8; HEAD] = input.read_at(at)?;
        if &head[..4] != b"OggS" {
            return None;
        }
        let mut lacing = vec![0; usize::from(head[26])];
        input.read_exact(&mut lacing).ok()?;
        let body = at + (HEAD + lacing.len()) as u64;
        Some(Self { head, lacing, body })
    }

    fn end(&self) -> u64 {
        self.body + self.lacing.iter().map(|&size| u64::from(size)).sum::<u64>()
    }

    fn serial(&self) -> &[u8] {
        &self.head[14..18]
    }
}

/// Whether the last bytes are those of a whole page: nothing was cut off within it.
fn ends_with_page<R: Read + Seek>(input: &mut Input<R>) -> bool {
    let len = input.len();
    let start = len.saturating_sub(MAX_PAGE);
    let mut bytes = Vec::new();
    if input.seek(SeekFrom::Start(start)).is_err() || input.read_to_end(&mut bytes).is_err() {
        return false;
    }
    let mut places = bytes.windows(4).enumerate().rev().filter(|(_, word)| *word == b"OggS");
    places.any(|(at, _)| Page::read(input, start + at as u64).is_some_and(|page| page.end() == len))
}

/// The second packet of a Vorbis or Opus stream, where it is alone in the file, becomes one without
/// comments. What follows it in its last page stays as it is.
fn replace_comments<R: Read + Seek>(input: &mut Input<R>) -> Option<()> {
    let first = Page::read(input, 0)?;
    let kind: [u8; 8] = input.read_at(first.body)?;
    let comments = match kind {
        // A vendor and comments of length 0; Vorbis ends with a framing bit.
        [1, b'v', b'o', b'r', b'b', b'i', b's', _] => b"\x03vorbis\0\0\0\0\0\0\0\0\x01".to_vec(),
        _ if &kind == b"OpusHead" => b"OpusTags\0\0\0\0\0\0\0\0".to_vec(),
        _ => return None,
    };
    let start = first.end();
    let (mut at, mut size) = (start, 0);
    for _ in 0..MAX_PAGES {
        let page = Page::read(input, at)?;
        if page.serial() != first.serial() {
            return None;
        }
        let Some(last) = page.lacing.iter().position(|&size| size < 255) else {
            size += page.end() - page.body;
            at = page.end();
            continue;
        };
        let (own, rest) = page.lacing.split_at(last + 1);
        let skipped: u64 = own.iter().map(|&size| u64::from(size)).sum();
        if size + skipped < LARGE {
            return None;
        }
        let mut body = comments;
        let lacing = [&[body.len() as u8], rest].concat();
        let kept = usize::try_from(page.end() - page.body - skipped).ok()?;
        input.seek(SeekFrom::Start(page.body + skipped)).ok()?;
        let whole = body.len() + kept;
        input.take(kept as u64).read_to_end(&mut body).ok().filter(|_| body.len() == whole)?;
        let mut head = page.head;
        // The page begins with a new packet.
        head[5] &= !1;
        head[26] = lacing.len() as u8;
        head[22..26].fill(0);
        let mut bytes = [&head[..], &lacing, &body].concat();
        let sum = checksum(&bytes);
        bytes[22..26].copy_from_slice(&sum.to_le_bytes());
        input.replace(start..page.end(), bytes);
        return Some(());
    }
    None
}

/// The checksum of a page whose own field is 0 (RFC 3533, 6).
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}
