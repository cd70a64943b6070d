//! Headers of WAV files that were never completed, or are of a kind that symphonia does not know.
//!
//! A recorder that is switched off leaves sizes of nothing, a program that writes to a pipe the
//! greatest there are, and some add them up wrongly; files of more than 4 GB are RF64 (EBU Tech
//! 3306) or BW64 (ITU-R BS.2088), whose sizes lie in a chunk of their own; and samples of 12 or 20
//! bits lie in the upper bits of 16 or 24. All of these are read as a plain WAV file by replacing
//! a few bytes. Where more samples are declared than there are, the reader reports it.

use std::io::{Read, Seek};

use super::Fixed;
use crate::audio::input::Input;

/// More chunks before the sound are not looked through.
const MAX_CHUNKS: usize = 10_000;
/// What programs write that do not know the size: ffmpeg and browsers, sox, arecord, and those that
/// subtract the header's 36 bytes.
const UNKNOWN: [u64; 6] =
    [0xffff_ffff, 0xffff_ffdb, 0x7fff_f000, 0x8000_0000, 0x7fff_ffff, 0x7fff_ffdb];

/// The format tag of MP3 (RFC 2361).
const MP3: u16 = 0x55;

/// Fixes the sizes in a WAV file; `None` if it is none, or has no `data` chunk.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) -> Option<Fixed> {
    let len = input.len();
    let riff: [u8; 12] = input.read_at(0)?;
    let is_riff = &riff[..4] == b"RIFF";
    if &riff[8..] != b"WAVE" {
        return None;
    }
    let (mut at, mut wide_size, mut bits, mut is_mp3) = (12, None, None, false);
    for _ in 0..MAX_CHUNKS {
        let head: [u8; 8] = input.read_at(at)?;
        let size = u64::from(number(&head[4..]));
        let start = at + 8;
        match &head[..4] {
            b"ds64" if !is_riff => {
                let sizes: [u8; 16] = input.read_at(start)?;
                wide_size = Some(u64::from_le_bytes(sizes[8..].try_into().ok()?));
            }
            b"fmt " => {
                let format: [u8; 16] = input.read_at(start)?;
                bits = whole_bytes(&format).map(|bits| (start + 14, bits));
                is_mp3 = format[..2] == MP3.to_le_bytes();
            }
            b"data" => {
                let left = len.saturating_sub(start);
                let whole = u64::from(number(&riff[4..]));
                let never_written = [0, u64::from(u32::MAX), start - 8].contains(&whole);
                let size = match wide_size {
                    Some(wide @ 1..) if size == UNKNOWN[0] => wide,
                    _ if size == 0 && never_written => left,
                    _ if UNKNOWN.contains(&size) && (size > left || size == UNKNOWN[0]) => left,
                    // More than fits into 32 bits, of which the rest was written.
                    _ if left > size && (left - size).is_multiple_of(1 << 32) => left,
                    _ => size,
                };
                let end = start.saturating_add(size);
                if is_mp3 {
                    // symphonia knows no such codec in WAV, but the frames are a file of their own.
                    input.replace(end.min(len)..len, Vec::new());
                    input.replace(0..start, Vec::new());
                    return Some(Fixed::default());
                }
                let short = u32::try_from(size).unwrap_or(u32::MAX);
                input.replace(at + 4..start, short.to_le_bytes().into());
                if let Some((at, bits)) = bits {
                    input.replace(at..at + 2, bits.to_le_bytes().into());
                }
                // The size of the whole says nothing that the chunks do not say better.
                input.replace(0..8, b"RIFF\xff\xff\xff\xff".into());
                input.replace(end.min(len)..len, Vec::new());
                return Some(Fixed { is_whole: end <= len, declared: None });
            }
            _ => {}
        }
        at = start + size + size % 2;
    }
    None
}

/// The bits of the place of integers that do not fill it, 12 in 16 or 24 in 32: they are its upper
/// bits.
fn whole_bytes(format: &[u8; 16]) -> Option<u16> {
    let short = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (tag, channels, align, bits) = (short(0), short(2), short(12), short(14));
    let place = align.checked_div(channels)?.checked_mul(8)?;
    let is_padded = tag == 1 && bits < place && place <= 32 && align % channels == 0;
    is_padded.then_some(place)
}

/// A little-endian number of four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes[..4].iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
