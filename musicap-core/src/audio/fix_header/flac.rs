//! FLAC files whose tags are damaged, and such as encoders before 2007 wrote.
//!
//! symphonia reads all metadata before the sound and refuses a file for a cue sheet, a comment or a
//! picture that breaks its format's rules. Nothing in them is sound, and they are left out. It takes
//! frames that are numbered, and not counted in samples, for damaged where the header allows frames
//! of more sizes than one, as the first encoders of that kind wrote them.

use std::io::{Read, Seek};

use super::Fixed;
use crate::audio::input::Input;

/// More blocks of metadata are not looked through.
const MAX_BLOCKS: usize = 10_000;
const STREAM_INFO: u8 = 0;
const STREAM_INFO_BYTES: u64 = 34;
/// Marks the last block.
const LAST: u8 = 0x80;

/// Leaves of the metadata what describes the sound; `None` if this is no FLAC file.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) -> Option<Fixed> {
    if &input.read_at(0)? != b"fLaC" {
        return None;
    }
    let (mut at, mut info) = (4, None);
    for _ in 0..MAX_BLOCKS {
        let head: [u8; 4] = input.read_at(at)?;
        let size = u64::from(u32::from_be_bytes([0, head[1], head[2], head[3]]));
        if head[0] & !LAST == STREAM_INFO && size == STREAM_INFO_BYTES {
            info = info.or(Some(at + 4));
        }
        at += 4 + size;
        if head[0] & LAST != 0 {
            break;
        }
    }
    let mut info: [u8; STREAM_INFO_BYTES as usize] = input.read_at(info?)?;
    let mut fixed = Fixed { frame_bytes: input.len().checked_sub(at), ..Fixed::default() };
    let (smallest, largest) = info.split_at_mut(2);
    if input.read_at(at) == Some([0xff, 0xf8]) && *smallest != largest[..2] {
        // Frames are numbered, which says nothing of their time.
        smallest.copy_from_slice(&largest[..2]);
        fixed.has_wrong_stamps = true;
    }
    let head = [LAST | STREAM_INFO, 0, 0, STREAM_INFO_BYTES as u8];
    input.replace(4..at, [&head[..], &info].concat());
    Some(fixed)
}
