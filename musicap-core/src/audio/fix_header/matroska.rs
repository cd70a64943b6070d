//! Matroska files with chapters.
//!
//! symphonia refuses a file whose chapters lack an identifier that need not be there (RFC 9559,
//! 5.1.7.1.1). Chapters are not needed here: the element becomes a void one of the same length.

use std::io::{Read, Seek};

use crate::audio::input::Input;
use crate::audio::matroska::top_elements;

const CHAPTERS: u32 = 0x1043_a770;
const VOID: u8 = 0xec;

/// Turns chapters into a void element.
pub(in crate::audio) fn fix<R: Read + Seek>(input: &mut Input<R>) {
    let elements = top_elements(input);
    let Some(chapters) = elements.iter().find(|element| element.id == CHAPTERS) else { return };
    let head = (chapters.body - chapters.start) as usize;
    // Its size takes the bytes of the longer identifier, too: at most eight.
    let width = (head - 1).min(8);
    let size = chapters.end - chapters.body + (head - 1 - width) as u64;
    let coded = (size | 1 << (7 * width)).to_be_bytes();
    let bytes = [&[VOID], &coded[8 - width..]].concat();
    input.replace(chapters.start..chapters.start + bytes.len() as u64, bytes);
}
