//! Which part of an MP4 track is meant to be heard.
//!
//! AAC encoders put about a thousand samples of silence in front and fill up the last packet. An
//! MP4 file says so in its edit list (ISO/IEC 14496-12, 8.6.6), files from iTunes in an
//! `iTunSMPB` comment. symphonia reads neither out, so this module walks the boxes itself. It
//! reads a few dozen bytes a box and never follows more than [`MOST_BOXES`].
//!
//! Followed are edit lists that pick one stretch, as encoders write them. One that puts several
//! stretches together, as a video editor may, only gives the start.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::source::Patch;

const MOST_BOXES: usize = 10_000;

/// The stretch of one track that is to be heard, in seconds from the track's first packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edit {
    pub(super) track: u32,
    /// Samples before this are priming.
    pub(super) start: Fraction,
    /// Samples from here on are padding.
    pub(super) end: Option<Fraction>,
}

/// A time in seconds as a fraction, so that it turns into a whole number of samples exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fraction {
    pub(super) ticks: u64,
    pub(super) per_second: u32,
}

impl Fraction {
    /// The time in samples at `rate`, rounded to the nearest.
    pub(super) fn samples(self, rate: u32) -> u64 {
        let per_second = u128::from(self.per_second.max(1));
        let product = u128::from(self.ticks) * u128::from(rate) + per_second / 2;
        u64::try_from(product / per_second).unwrap_or(u64::MAX)
    }
}

/// The edits of all tracks that have one; none if this is no MP4 file or its boxes are broken.
pub(super) fn edits<R: Read + Seek + ?Sized>(source: &mut R, len: u64) -> Vec<Edit> {
    let edits = read_edits(source, len).unwrap_or_default();
    // Best effort: if this fails, the decoder that reads next will say so.
    let _ = source.seek(SeekFrom::Start(0));
    edits
}

/// The size that lets the last box end with the file, where it claims to go beyond: symphonia
/// passes over such a box, and with it over all the sound of a file that was cut off.
pub(super) fn fit_last_box<R: Read + Seek + ?Sized>(source: &mut R, len: u64) -> Option<Patch> {
    let mut file = Boxes { source };
    let mut at = 0;
    for _ in 0..MOST_BOXES {
        let head = file.bytes(&(at..len), 8).ok()?;
        if at == 0 && &head[4..] != b"ftyp" {
            return None;
        }
        let (wide, size) = match be32(&head, 0) {
            0 => return None,
            1 => (true, be64(&file.bytes(&(at..len), 16).ok()?, 8)),
            size => (false, u64::from(size)),
        };
        let left = len - at;
        if size > left {
            return Some(match wide {
                true => Patch::new(at + 8, left.to_be_bytes().into()),
                // What is left is less than the 32-bit size.
                false => Patch::new(at, (left as u32).to_be_bytes().into()),
            });
        }
        at += size.max(8);
    }
    None
}

fn read_edits<R: Read + Seek + ?Sized>(source: &mut R, len: u64) -> io::Result<Vec<Edit>> {
    let mut start = [0; 8];
    source.seek(SeekFrom::Start(0))?;
    source.read_exact(&mut start)?;
    if &start[4..] != b"ftyp" {
        return Ok(Vec::new());
    }
    let file = Boxes { source };
    file.edits(len)
}

type Found = ([u8; 4], Range<u64>);

struct Boxes<'a, R: ?Sized> {
    source: &'a mut R,
}

impl<R: Read + Seek + ?Sized> Boxes<'_, R> {
    fn edits(mut self, len: u64) -> io::Result<Vec<Edit>> {
        let Some(moov) = self.find(0..len, b"moov")? else { return Ok(Vec::new()) };
        let inside = self.children(moov, None)?;
        let movie_scale = match pick(&inside, b"mvhd") {
            Some(mvhd) => self.timescale(mvhd)?,
            None => 0,
        };
        let comment = match pick(&inside, b"udta") {
            Some(udta) => self.itunes_gapless(udta).unwrap_or(None),
            None => None,
        };
        let mut edits = Vec::new();
        for (_, trak) in inside.iter().filter(|(kind, _)| kind == b"trak") {
            if let Ok(Some(edit)) = self.track_edit(trak.clone(), movie_scale, comment) {
                edits.push(edit);
            }
        }
        Ok(edits)
    }

    fn track_edit(
        &mut self,
        trak: Range<u64>,
        movie_scale: u32,
        comment: Option<(u64, u64)>,
    ) -> io::Result<Option<Edit>> {
        let inside = self.children(trak, None)?;
        let (Some(tkhd), Some(mdia)) = (pick(&inside, b"tkhd"), pick(&inside, b"mdia")) else {
            return Ok(None);
        };
        let head = self.bytes(&tkhd, 24)?;
        let track = if head[0] == 0 { be32(&head, 12) } else { be32(&head, 20) };
        let Some(mdhd) = self.find(mdia, b"mdhd")? else { return Ok(None) };
        let per_second = self.timescale(mdhd)?;

        if let Some(edts) = pick(&inside, b"edts")
            && let Some(elst) = self.find(edts, b"elst")?
            && let Some(edit) = self.edit_list(elst, track, movie_scale, per_second)?
        {
            return Ok(Some(edit));
        }
        Ok(comment.map(|(priming, samples)| Edit {
            track,
            start: Fraction { ticks: priming, per_second },
            end: (samples > 0)
                .then_some(Fraction { ticks: priming.saturating_add(samples), per_second }),
        }))
    }

    fn edit_list(
        &mut self,
        elst: Range<u64>,
        track: u32,
        movie_scale: u32,
        per_second: u32,
    ) -> io::Result<Option<Edit>> {
        let head = self.bytes(&elst, 8)?;
        let long = head[0] == 1;
        let size = if long { 20 } else { 12 };
        // Two entries after an empty one tell whether there is more than one stretch.
        let count = be32(&head, 4).min(16) as usize;
        let entries = self.bytes(&elst, 8 + size * count)?;
        let mut stretches = entries[8..]
            .chunks_exact(size)
            .map(|entry| match long {
                true => (be64(entry, 0), be64(entry, 8) as i64),
                false => (u64::from(be32(entry, 0)), i64::from(be32(entry, 4) as i32)),
            })
            // A negative media time delays the track; nothing of it is cut.
            .filter(|&(_, media_time)| media_time >= 0);
        let Some((duration, media_time)) = stretches.next() else { return Ok(None) };
        let start = Fraction { ticks: media_time.unsigned_abs(), per_second };
        let only = stretches.next().is_none();
        let end = (only && duration > 0 && movie_scale > 0).then(|| {
            // The duration is in coarser ticks than samples: one more, so that none is lost. The
            // last packet's own duration cuts exactly.
            let ticks = (u128::from(duration) + 1) * u128::from(per_second);
            let length = ticks.div_ceil(u128::from(movie_scale));
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            Fraction { ticks: start.ticks.saturating_add(length), per_second }
        });
        Ok(Some(Edit { track, start, end }))
    }

    /// Priming and length in samples from ` 00000000 PRIMING PADDING LENGTH …`, all hexadecimal.
    fn itunes_gapless(&mut self, udta: Range<u64>) -> io::Result<Option<(u64, u64)>> {
        let Some(meta) = self.find(udta, b"meta")? else { return Ok(None) };
        // `meta` has four bytes of version and flags before its children.
        let Some(ilst) = self.find(meta.start + 4..meta.end, b"ilst")? else { return Ok(None) };
        for (_, item) in self.children(ilst, Some(b"----"))? {
            let inside = self.children(item, None)?;
            let (Some(name), Some(data)) = (pick(&inside, b"name"), pick(&inside, b"data")) else {
                continue;
            };
            if self.bytes(&name, 12)?.get(4..) != Some(b"iTunSMPB") {
                continue;
            }
            let length = (data.end - data.start).min(256) as usize;
            let data = self.bytes(&data, length)?;
            let text = String::from_utf8_lossy(data.get(8..).unwrap_or_default());
            let numbers: Vec<u64> = text
                .split_ascii_whitespace()
                .map_while(|word| u64::from_str_radix(word, 16).ok())
                .collect();
            if let [_, priming, _, samples, ..] = numbers[..] {
                return Ok(Some((priming, samples)));
            }
        }
        Ok(None)
    }

    /// The ticks a second in an `mvhd` or `mdhd` box.
    fn timescale(&mut self, header: Range<u64>) -> io::Result<u32> {
        let bytes = self.bytes(&header, 24)?;
        Ok(if bytes[0] == 0 { be32(&bytes, 12) } else { be32(&bytes, 20) })
    }

    fn find(&mut self, range: Range<u64>, kind: &[u8; 4]) -> io::Result<Option<Range<u64>>> {
        Ok(pick(&self.children(range, Some(kind))?, kind))
    }

    /// The boxes in `range` and where their contents lie; with `only`, those of that kind.
    fn children(&mut self, range: Range<u64>, only: Option<&[u8; 4]>) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut at = range.start;
        for _ in 0..MOST_BOXES {
            if range.end.saturating_sub(at) < 8 {
                break;
            }
            let head = self.bytes(&(at..range.end), 8)?;
            let kind = [head[4], head[5], head[6], head[7]];
            let (header, size) = match be32(&head, 0) {
                0 => (8, range.end - at),
                1 => (16, be64(&self.bytes(&(at..range.end), 16)?, 8)),
                size => (8, u64::from(size)),
            };
            let Some(end) = at.checked_add(size).filter(|_| size >= header) else { break };
            let end = end.min(range.end);
            if only.is_none_or(|only| *only == kind) {
                found.push((kind, (at + header).min(end)..end));
                if only == Some(b"moov") {
                    break;
                }
            }
            at = end;
        }
        Ok(found)
    }

    /// The first `len` bytes of `range`; an error if it is shorter.
    fn bytes(&mut self, range: &Range<u64>, len: usize) -> io::Result<Vec<u8>> {
        if range.end.saturating_sub(range.start) < len as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; len];
        self.source.seek(SeekFrom::Start(range.start))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn pick(found: &[Found], kind: &[u8; 4]) -> Option<Range<u64>> {
    found.iter().find(|(other, _)| other == kind).map(|(_, range)| range.clone())
}

/// The big-endian number at `at`; callers have asked for enough bytes.
fn be32(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from(be32(bytes, at)) << 32 | u64::from(be32(bytes, at + 4))
}
