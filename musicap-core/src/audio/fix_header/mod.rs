//! Headers that symphonia misreads, replaced before it reads them.
//!
//! Every file here waits for a change in symphonia, named below. `tests/audio/fix_header.rs` gives the
//! same input to symphonia alone and fails when it reads it correctly: then the fix can go.
//!
//! | file | what symphonia 0.6.1 does | waits for |
//! |---|---|---|
//! | [`wav`] | refuses RF64 and wrong sizes, cuts 12-bit samples in two | pdeljanov/Symphonia pull request 447, issue 380 |
//! | [`aiff`] | refuses a file whose sizes were never written or that is cut off | pull request 523 |
//! | [`flac`] | refuses a file for damaged tags, and blocks of several sizes that are numbered | not reported yet |
//! | [`matroska`] | refuses chapters without an identifier | not reported yet |
//! | [`mp4`] | skips the samples of a file that is cut off | not reported yet |
//! | [`ogg`] | refuses comments of more than 16 MiB | issue 237 |
//! | [`tags`] | takes tags at the end and zeros at the start for frames | not reported yet; 286 is about reading such tags |

pub(super) mod aiff;
pub(super) mod flac;
pub(super) mod matroska;
pub(super) mod mp4;
pub(super) mod ogg;
pub(super) mod tags;
pub(super) mod wav;

use std::io::{Read, Seek, SeekFrom};

use super::input::Input;

/// What is known of a file once its header has been fixed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fixed {
    /// The source ends where its sound does, so that an end without a mark is no truncation.
    pub(super) is_whole: bool,
    /// The length in frames that the header declared before it was fixed.
    pub(super) declared: Option<u64>,
    /// The bytes of all frames, where the file is nothing but a header and frames.
    pub(super) frame_bytes: Option<u64>,
    /// The file does not say where its channels belong, whatever symphonia takes them for.
    pub(super) has_no_positions: bool,
    /// The stamps of packets are not times.
    pub(super) has_wrong_stamps: bool,
}

/// Fixes what there is to fix.
pub(super) fn fix_header<R: Read + Seek>(input: &mut Input<R>) -> Fixed {
    tags::skip_zeros(input);
    let start: [u8; 12] = input.read_at(0).unwrap_or_default();
    let fixed = match (&start[..4], &start[4..8]) {
        (b"RIFF" | b"RF64" | b"BW64", _) => wav::fix(input),
        (b"FORM", _) => aiff::fix(input),
        (_, b"ftyp") => {
            mp4::fix(input);
            None
        }
        (b"\x1a\x45\xdf\xa3", _) => {
            matroska::fix(input);
            None
        }
        _ => {
            tags::cut_from_end(input);
            flac::fix(input).or_else(|| ogg::fix(input))
        }
    };
    // What follows starts at the beginning; if it cannot, reading will say so.
    let _ = input.seek(SeekFrom::Start(0));
    fixed.unwrap_or_default()
}
