//! Headers of WAV files that were never completed, or are of a kind that symphonia does not know.
//!
//! A recorder that is switched off leaves sizes of nothing, a program that writes to a pipe the
//! greatest there are, and some add them up wrongly; files of more than 4 GB are RF64 (EBU Tech
//! 3306) or BW64 (ITU-R BS.2088), whose sizes lie in a chunk of their own; and samples of 12 or 20
//! bits lie in the upper bits of 16 or 24. All of these are read as a plain WAV file by replacing
//! a few bytes. Where more samples are declared than there are, the reader reports it.

use std::io::{Read, Seek, SeekFrom};

use super::Fixed;
use crate::audio::input::Input;

/// More chunks before the sound are not looked through.
const MAX_CHUNKS: usize = 10_000;
/// A description of the format is not longer, in bytes.
const MAX_CHUNK: u64 = 1 << 16;
/// A file has two of them at most.
const MAX_NEEDED: usize = 4;
/// A program that does not know the size writes the greatest of 32 or 31 bits, less the header or
/// rounded to a block of up to so many bytes: ffmpeg and browsers, sox, arecord.
const ROUNDED: u64 = 1 << 12;

/// The format tag of MP3 (RFC 2361).
const MP3: u16 = 0x55;
/// That of a description with a mask of positions.
const EXTENSIBLE: u16 = 0xfffe;

/// Fixes the sizes in a WAV file; `None` if it is none, or has no `data` chunk.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) -> Option<Fixed> {
    let len = input.len();
    let riff: [u8; 12] = input.read_at(0)?;
    let is_riff = &riff[..4] == b"RIFF";
    if &riff[8..] != b"WAVE" {
        return None;
    }
    let (mut at, mut wide_size, mut bits, mut is_mp3) = (12, None, None, false);
    let (mut needed, mut has_no_positions) = (Vec::new(), false);
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
                bits = whole_bytes(&format);
                needed.extend((needed.len() < MAX_NEEDED).then_some(at..start + size + size % 2));
                is_mp3 = format[..2] == MP3.to_le_bytes();
                has_no_positions = format[..2] != EXTENSIBLE.to_le_bytes();
            }
            b"data" => {
                let left = len.saturating_sub(start);
                let whole = u64::from(number(&riff[4..]));
                let never_written = [0, u64::from(u32::MAX), start - 8].contains(&whole);
                let size = match wide_size {
                    Some(wide @ 1..) if size == u64::from(u32::MAX) => wide,
                    _ if size == 0 && (never_written || !is_chunk(input, start)) => left,
                    _ if is_unknown(size) && (size > left || size == u64::from(u32::MAX)) => left,
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
                input.replace(end.min(len)..len, Vec::new());
                // The size of the whole says nothing that the chunks do not say better, and of those
                // only these are needed.
                let mut header = b"RIFF\xff\xff\xff\xffWAVE".to_vec();
                for range in needed {
                    if range.end - range.start > MAX_CHUNK {
                        return None;
                    }
                    let place = header.len();
                    header.resize(place + (range.end - range.start) as usize, 0);
                    input.seek(SeekFrom::Start(range.start)).ok()?;
                    input.read_exact(&mut header[place..]).ok()?;
                    // A chunk may be shorter than a description of the format.
                    if let (Some(bits), b"fmt ") = (bits, &header[place..place + 4])
                        && let Some(field) = header.get_mut(place + 22..place + 24)
                    {
                        field.copy_from_slice(&bits.to_le_bytes());
                    }
                }
                header.extend(b"data");
                header.extend(short.to_le_bytes());
                input.replace(0..start, header);
                return Some(Fixed { is_whole: end <= len, has_no_positions, ..Fixed::default() });
            }
            b"fact" if needed.len() < MAX_NEEDED => needed.push(at..start + size + size % 2),
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

fn is_unknown(size: u64) -> bool {
    [1 << 31, (1 << 32) - 1].into_iter().any(|most| (most - ROUNDED..=most).contains(&size))
}

/// Whether the name of a chunk stands at `at`.
fn is_chunk<R: Read + Seek>(input: &mut Input<R>, at: u64) -> bool {
    input
        .read_at(at)
        .is_some_and(|name: [u8; 4]| name.iter().all(|byte| (b' '..=b'~').contains(byte)))
}

/// A little-endian number of four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes[..4].iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
