//! What an MP4 file says of its tracks and symphonia does not: which parts are to be played, which
//! tracks are enabled, the byte order of QuickTime's samples, and the name of a codec.
//!
//! AAC encoders put about a thousand samples of silence in front and fill up the last packet. An
//! MP4 file says so in its edit list (ISO/IEC 14496-12, 8.6.6), files from iTunes in an
//! `iTunSMPB` comment. This module walks the boxes itself, reads a few dozen bytes of each and never
//! follows more than [`MAX_BOXES`].

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::codecs::audio::{AudioCodecId, well_known as codec};

const MAX_BOXES: usize = 10_000;
/// Edit lists of more parts are not followed.
const MAX_EDITS: u32 = 1 << 16;

/// What the header of one track says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mp4Track {
    pub(super) id: u32,
    pub(super) is_enabled: bool,
    /// Whether it is a track of sound, whatever its codec.
    pub(super) is_audio: bool,
    /// The four characters of its codec.
    pub(super) codec: [u8; 4],
    /// QuickTime's samples are big-endian, unless an `enda` box says otherwise.
    pub(super) is_little_endian: bool,
    pub(super) edits: Option<Edits>,
    /// Whether packets come in fragments, so that the length is not known beforehand.
    pub(super) is_fragmented: bool,
}

/// The parts of a track that are to be played.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edits {
    /// When the track starts after the others.
    pub(super) delay: Fraction,
    /// From the track's first packet on, in the order of the list.
    pub(super) parts: Vec<Part>,
    /// Whether there are pauses between parts, which are not put in.
    pub(super) has_pauses: bool,
}

/// A part of a track that is to be played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) start: Fraction,
    /// Nothing: up to the track's end.
    pub(super) length: Option<Fraction>,
}

/// A time in seconds as a fraction, so that it converts to an exact number of samples.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
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

    pub(super) fn seconds(self) -> f64 {
        self.ticks as f64 / f64::from(self.per_second.max(1))
    }

    /// How many samples at `rate` a tick has, rounded up.
    pub(super) fn samples_per_tick(self, rate: u32) -> u64 {
        u64::from(rate.div_ceil(self.per_second.max(1)))
    }
}

impl Mp4Track {
    /// The codec where symphonia takes another: it reads all of QuickTime's samples of 24 and more
    /// bits as little-endian.
    pub(super) fn pcm(&self) -> Option<AudioCodecId> {
        Some(match (&self.codec, self.is_little_endian) {
            (b"in24", false) => codec::CODEC_ID_PCM_S24BE,
            (b"in32", false) => codec::CODEC_ID_PCM_S32BE,
            (b"fl32", false) => codec::CODEC_ID_PCM_F32BE,
            (b"fl64", false) => codec::CODEC_ID_PCM_F64BE,
            _ => return None,
        })
    }

    /// The name of a codec that cannot be decoded, where symphonia does not know it.
    pub(super) fn codec_name(&self) -> Option<&'static str> {
        Some(match &self.codec {
            b"drms" | b"enca" | b"drmi" => "audio with copy protection (DRM)",
            b"ima4" => "IMA ADPCM (ima4)",
            b"samr" => "AMR",
            b"sawb" => "AMR-WB",
            b"QDM2" | b"QDMC" => "QDesign Music",
            b"Qclp" => "Qualcomm PureVoice",
            b"MAC3" | b"MAC6" => "MACE",
            b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS",
            b"ac-4" => "Dolby AC-4",
            b"mha1" | b"mhm1" => "MPEG-H 3D Audio",
            b"ulaw" | b"alaw" => "G.711",
            b"mlpa" => "Dolby TrueHD",
            b"ipcm" | b"fpcm" => "PCM of ISO/IEC 23003-5",
            _ => return None,
        })
    }
}

/// The name of the first codec of `tracks` for a message: in words, or its four characters.
pub(super) fn unknown_codec(tracks: &[Mp4Track]) -> Option<String> {
    let named = tracks.iter().find_map(Mp4Track::codec_name).map(str::to_owned);
    named.or_else(|| {
        let codec = tracks.iter().find(|track| track.is_audio)?.codec;
        let is_text = codec.iter().all(|byte| (b' '..=b'~').contains(byte));
        is_text.then(|| format!("the codec \"{}\"", String::from_utf8_lossy(&codec)))
    })
}

/// The audio and other tracks; none if this is no MP4 file or its boxes are broken.
pub(super) fn tracks<R: Read + Seek + ?Sized>(source: &mut R, len: u64) -> Vec<Mp4Track> {
    read_tracks(source, len).unwrap_or_default()
}

fn read_tracks<R: Read + Seek + ?Sized>(source: &mut R, len: u64) -> io::Result<Vec<Mp4Track>> {
    let mut start = [0; 8];
    source.seek(SeekFrom::Start(0))?;
    source.read_exact(&mut start)?;
    if &start[4..] != b"ftyp" {
        return Ok(Vec::new());
    }
    let file = Boxes { source };
    file.tracks(len)
}

type Found = ([u8; 4], Range<u64>);

struct Boxes<'a, R: ?Sized> {
    source: &'a mut R,
}

impl<R: Read + Seek + ?Sized> Boxes<'_, R> {
    fn tracks(mut self, len: u64) -> io::Result<Vec<Mp4Track>> {
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
        let mut tracks = Vec::new();
        for (_, trak) in inside.iter().filter(|(kind, _)| kind == b"trak") {
            if let Ok(Some(mut track)) = self.track(trak.clone(), movie_scale, comment) {
                track.is_fragmented = pick(&inside, b"mvex").is_some();
                tracks.push(track);
            }
        }
        Ok(tracks)
    }

    fn track(
        &mut self,
        trak: Range<u64>,
        movie_scale: u32,
        comment: Option<(u64, u64)>,
    ) -> io::Result<Option<Mp4Track>> {
        let inside = self.children(trak, None)?;
        let (Some(tkhd), Some(mdia)) = (pick(&inside, b"tkhd"), pick(&inside, b"mdia")) else {
            return Ok(None);
        };
        let head = self.bytes(&tkhd, 24)?;
        let mut track = Mp4Track {
            id: if head[0] == 0 { be32(&head, 12) } else { be32(&head, 20) },
            is_enabled: head[3] & 1 == 1,
            ..Mp4Track::default()
        };
        let media = self.children(mdia, None)?;
        let Some(mdhd) = pick(&media, b"mdhd") else { return Ok(None) };
        let per_second = self.timescale(mdhd)?;
        track.is_audio = match pick(&media, b"hdlr") {
            Some(hdlr) => &self.bytes(&hdlr, 12)?[8..] == b"soun",
            None => false,
        };
        // What is broken here leaves the codec unknown, and the decoder says more.
        if let Some(minf) = pick(&media, b"minf") {
            let _ = self.sample_entry(minf, &mut track);
        }
        if let Some(edts) = pick(&inside, b"edts")
            && let Some(elst) = self.find(edts, b"elst")?
        {
            track.edits = self.edit_list(elst, movie_scale, per_second)?;
        }
        if let (None, Some((priming, samples))) = (&track.edits, comment) {
            let fraction = |ticks| Fraction { ticks, per_second };
            let length = Some(fraction(samples)).filter(|_| samples > 0);
            let part = Part { start: fraction(priming), length };
            track.edits = Some(Edits { parts: vec![part], ..Edits::default() });
        }
        Ok(Some(track))
    }

    /// The codec and byte order of the first sample entry (QuickTime File Format, "Sound sample
    /// descriptions").
    fn sample_entry(&mut self, minf: Range<u64>, track: &mut Mp4Track) -> io::Result<()> {
        let Some(stbl) = self.find(minf, b"stbl")? else { return Ok(()) };
        let Some(stsd) = self.find(stbl, b"stsd")? else { return Ok(()) };
        let head = self.bytes(&stsd, 16)?;
        track.codec = [head[12], head[13], head[14], head[15]];
        let entry = stsd.start + 8..(stsd.start + 8 + u64::from(be32(&head, 8))).min(stsd.end);
        let version = self.bytes(&entry, 18)?[17];
        let fields = 36 + if version == 1 { 16 } else { 0 };
        let children = entry.start + fields..entry.end;
        let enda = match self.find(children.clone(), b"wave")? {
            Some(wave) => self.find(wave, b"enda")?,
            None => self.find(children, b"enda")?,
        };
        if let Some(enda) = enda {
            track.is_little_endian = self.bytes(&enda, 2)?[1] == 1;
        }
        Ok(())
    }

    fn edit_list(
        &mut self,
        elst: Range<u64>,
        movie_scale: u32,
        per_second: u32,
    ) -> io::Result<Option<Edits>> {
        let head = self.bytes(&elst, 8)?;
        let is_long = head[0] == 1;
        let size = if is_long { 20 } else { 12 };
        let count = be32(&head, 4).min(MAX_EDITS) as usize;
        let entries = self.bytes(&elst, 8 + size * count)?;
        let entries = entries[8..].chunks_exact(size).map(|entry| match is_long {
            true => (be64(entry, 0), be64(entry, 8) as i64),
            false => (u64::from(be32(entry, 0)), i64::from(be32(entry, 4) as i32)),
        });
        let mut edits = Edits::default();
        edits.delay.per_second = movie_scale;
        for (duration, media_time) in entries {
            let length = Fraction { ticks: duration, per_second: movie_scale };
            // A negative media time stands for a pause.
            match u64::try_from(media_time) {
                Ok(ticks) => edits.parts.push(Part {
                    start: Fraction { ticks, per_second },
                    length: Some(length).filter(|_| duration > 0 && movie_scale > 0),
                }),
                Err(_) if edits.parts.is_empty() => {
                    edits.delay.ticks = edits.delay.ticks.saturating_add(duration);
                }
                Err(_) => edits.has_pauses = true,
            }
        }
        Ok(Some(edits).filter(|edits| !edits.parts.is_empty()))
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
        for _ in 0..MAX_BOXES {
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
