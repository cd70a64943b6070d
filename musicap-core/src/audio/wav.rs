//! Headers of WAV files that were never completed, or are of a kind that symphonia does not know.
//!
//! A recorder that is switched off leaves sizes of nothing, a program that writes to a pipe the
//! greatest there are, and some add them up wrongly; files of more than 4 GB are RF64 (EBU Tech
//! 3306) or BW64 (ITU-R BS.2088), whose sizes lie in a chunk of their own; and samples of 12 or 20
//! bits lie in the upper bits of 16 or 24. All of these are read as a plain WAV file by replacing
//! a few bytes. Where more samples are promised than there are, that is left to be told.

use std::io::{Read, Seek, SeekFrom};

use super::source::Patch;

/// More chunks before the sound are not looked through.
const MOST_CHUNKS: usize = 10_000;
/// What programs write that do not know the size: ffmpeg and browsers, sox, arecord, and those that
/// take the header's 36 bytes off.
const UNKNOWN: [u64; 6] =
    [0xffff_ffff, 0xffff_ffdb, 0x7fff_f000, 0x8000_0000, 0x7fff_ffff, 0x7fff_ffdb];

/// What is to be read in place of a header, and where the file ends then.
pub(super) struct Mended {
    pub(super) patches: Vec<Patch>,
    pub(super) end: u64,
    /// Whether all of the sound is there.
    pub(super) is_whole: bool,
}

/// How to read a WAV file of `len` bytes; `None` if it is none, or has no sound.
pub(super) fn mend<R: Read + Seek + ?Sized>(source: &mut R, len: u64) -> Option<Mended> {
    let riff: [u8; 8] = read(source, 0)?;
    let form: [u8; 4] = read(source, 8)?;
    let kind: [u8; 4] = riff[..4].try_into().ok()?;
    if !matches!(&kind, b"RIFF" | b"RF64" | b"BW64") || &form != b"WAVE" {
        return None;
    }
    // The size of the whole says nothing that the chunks do not say better.
    let unknown = u32::MAX.to_le_bytes();
    let mut patches = vec![Patch::new(0, [*b"RIFF", unknown].concat())];
    let (mut at, mut wide_size) = (12, None);
    for _ in 0..MOST_CHUNKS {
        let head: [u8; 8] = read(source, at)?;
        let size = u64::from(number(&head[4..]));
        let start = at + 8;
        match &head[..4] {
            b"ds64" if &kind != b"RIFF" => {
                let sizes: [u8; 16] = read(source, start)?;
                wide_size = Some(u64::from_le_bytes(sizes[8..].try_into().ok()?));
            }
            b"fmt " => {
                let format: [u8; 16] = read(source, start)?;
                patches.extend(whole_bytes(&format, start));
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
                let short = u32::try_from(size).unwrap_or(u32::MAX);
                patches.push(Patch::new(at + 4, short.to_le_bytes().into()));
                let end = start.saturating_add(size);
                return Some(Mended { patches, end: end.min(len), is_whole: end <= len });
            }
            _ => {}
        }
        at = start + size + size % 2;
    }
    None
}

/// Integers of fewer bits than their place has, 12 in 16 or 24 in 32, as integers of all of these,
/// whose upper bits they are.
fn whole_bytes(format: &[u8; 16], at: u64) -> Option<Patch> {
    let short = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (tag, channels, align, bits) = (short(0), short(2), short(12), short(14));
    let place = align.checked_div(channels)?.checked_mul(8)?;
    let is_padded = tag == 1 && bits < place && place <= 32 && align % channels == 0;
    is_padded.then(|| Patch::new(at + 14, place.to_le_bytes().into()))
}

fn read<const N: usize>(source: &mut (impl Read + Seek + ?Sized), at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    source.seek(SeekFrom::Start(at)).ok()?;
    source.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// A little-endian number of four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes[..4].iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
