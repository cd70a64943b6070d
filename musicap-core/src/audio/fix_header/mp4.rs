//! MP4 files that are cut off.
//!
//! symphonia skips a box that claims to go beyond the file, and with it all the samples of a file
//! that was cut off.

use std::io::{Read, Seek};

use crate::audio::input::Input;

/// More boxes are not looked through.
const MAX_BOXES: usize = 10_000;

/// Lets the last box end with the file.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) -> Option<()> {
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        let head: [u8; 8] = input.read_at(at)?;
        let size = u32::from_be_bytes(head[..4].try_into().ok()?);
        let (is_wide, size) = match size {
            0 => return None,
            1 => (true, u64::from_be_bytes(input.read_at(at + 8)?)),
            size => (false, u64::from(size)),
        };
        let left = input.len() - at;
        if size > left {
            match is_wide {
                true => input.replace(at + 8..at + 16, left.to_be_bytes().into()),
                // What is left is less than the 32-bit size.
                false => input.replace(at..at + 4, (left as u32).to_be_bytes().into()),
            }
            return Some(());
        }
        at += size.max(8);
    }
    None
}
