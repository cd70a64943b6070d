//! AIFF files whose sizes are wrong: never written by a program that was interrupted, larger than
//! the file where it was cut off, or too large for no reason that is known.
//!
//! symphonia reads all chunks before the sound, so a `FORM` or `SSND` that ends beyond the file
//! costs all of it.

use std::io::{Read, Seek};

use super::Fixed;
use crate::audio::input::Input;

/// More chunks are not looked through.
const MAX_CHUNKS: usize = 10_000;
/// An offset and a block size come before the samples of `SSND`.
const SSND_HEADER: u64 = 8;
/// The fields of an AIFF-C file's `COMM`, with an empty name of the coding.
const COMM_SIZE: u64 = 24;

/// Fixes the sizes in an AIFF file; `None` if it is none, or has no `SSND` chunk.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) -> Option<Fixed> {
    let form: [u8; 12] = input.read_at(0)?;
    if &form[8..] != b"AIFF" && &form[8..] != b"AIFC" {
        return None;
    }
    let mut declared = None;
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        let head: [u8; 8] = input.read_at(at)?;
        let size = u64::from(number(&head[4..]));
        let start = at + 8;
        match &head[..4] {
            b"COMM" => {
                let fields: [u8; 6] = input.read_at(start)?;
                declared = Some(u64::from(number(&fields[2..]))).filter(|&frames| frames > 0);
                if size > COMM_SIZE && &form[8..] == b"AIFC" {
                    // A name of the coding that is padded; symphonia takes what follows for a chunk.
                    let fields: [u8; 22] = input.read_at(start)?;
                    let short = [&(COMM_SIZE as u32).to_be_bytes()[..], &fields, &[0; 2]].concat();
                    input.replace(at + 4..start + size + size % 2, short);
                    end_at(input, input.len());
                    at = start + COMM_SIZE;
                    continue;
                }
            }
            b"SSND" => {
                let len = input.len();
                let left = len.saturating_sub(start);
                let never_written = size <= SSND_HEADER && declared.is_none();
                if size <= left && !never_written {
                    // Later chunks may be cut off; the sound is there.
                    let form_end = 8 + u64::from(number(&form[4..]));
                    if form_end > len {
                        end_at(input, start + size);
                    }
                    return Some(Fixed { is_whole: true, ..Fixed::default() });
                }
                let short = u32::try_from(left).unwrap_or(u32::MAX);
                input.replace(at + 4..start, short.to_be_bytes().into());
                end_at(input, len);
                // Without a number of frames, or with a size that says "unknown", nothing is lost.
                let is_unknown = size >= 0x7fff_f000 || never_written;
                let declared = declared.filter(|_| !is_unknown);
                return Some(Fixed { is_whole: declared.is_none(), declared, ..Fixed::default() });
            }
            _ => {}
        }
        at = start + size + size % 2;
    }
    None
}

/// Lets the file end at `end`.
fn end_at<R: Read + Seek>(input: &mut Input<R>, end: u64) {
    let end = end.min(input.len());
    let size = u32::try_from(end - 8).unwrap_or(u32::MAX);
    input.replace(end..input.len(), Vec::new());
    input.replace(4..8, size.to_be_bytes().into());
}

/// A big-endian number of four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes[..4].iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
