//! What a Matroska file says of its tracks and symphonia does not: which is the default where
//! nothing is said, and how packets are compressed (RFC 9559, 5.1.4).

use std::io::{Read, Seek, SeekFrom};

use symphonia::core::errors::{Result, decode_error};

use super::input::Input;

/// More elements are not looked through.
const MAX_ELEMENTS: usize = 10_000;
/// Track headers larger than this are not read.
const MAX_TRACKS: u64 = 1 << 20;
/// A packet is at most this large when it is inflated.
const MAX_PACKET: usize = 1 << 24;

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK: u32 = 0xae;
const NUMBER: u32 = 0xd7;
const DEFAULT: u32 = 0x88;
const ENABLED: u32 = 0xb9;
const ENCODINGS: u32 = 0x6d80;
const ENCODING: u32 = 0x6240;
const SCOPE: u32 = 0x5032;
const KIND: u32 = 0x5033;
const COMPRESSION: u32 = 0x5034;
const ALGORITHM: u32 = 0x4254;
const SETTINGS: u32 = 0x4255;

/// What a track's header says.
#[derive(Debug, PartialEq)]
pub(super) struct MatroskaTrack {
    pub(super) number: u64,
    pub(super) is_default: bool,
    pub(super) coding: Coding,
}

/// How a track's packets are coded a second time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Coding {
    #[default]
    None,
    /// Every packet starts with these bytes, which are stored once.
    Header(Vec<u8>),
    Zlib,
    /// Something that is not undone here, by its name.
    Unknown(&'static str),
}

impl Coding {
    /// A packet's bytes as they were before.
    pub(super) fn decode(&self, data: Box<[u8]>) -> Result<Box<[u8]>> {
        match self {
            Coding::None => Ok(data),
            Coding::Header(start) => Ok([start, &*data].concat().into()),
            Coding::Zlib => {
                match miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&data, MAX_PACKET) {
                    Ok(data) => Ok(data.into()),
                    Err(_) => decode_error("mkv: a packet cannot be decompressed"),
                }
            }
            Coding::Unknown(_) => decode_error("mkv: the packets are compressed"),
        }
    }
}

/// The tracks of a Matroska file; none if it is none or its headers are broken.
pub(super) fn tracks<R: Read + Seek>(input: &mut Input<R>) -> Vec<MatroskaTrack> {
    let tracks = header(input).unwrap_or_default();
    Elements(&tracks).filter(|(id, _)| *id == TRACK).map(|(_, track)| read_track(track)).collect()
}

/// The contents of the `Tracks` element.
fn header<R: Read + Seek>(input: &mut Input<R>) -> Option<Vec<u8>> {
    let tracks = top_elements(input).into_iter().find(|element| element.id == TRACKS)?;
    let size = tracks.end - tracks.body;
    if size > MAX_TRACKS {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    input.seek(SeekFrom::Start(tracks.body)).ok()?;
    input.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// An element of a segment, by the places in the file where it and its contents start and end.
#[derive(Clone, Copy, Debug)]
pub(super) struct TopElement {
    pub(super) id: u32,
    pub(super) start: u64,
    pub(super) body: u64,
    pub(super) end: u64,
}

/// The elements of a Matroska file's segment up to the first cluster of sound; none if this is no
/// such file.
pub(super) fn top_elements<R: Read + Seek>(input: &mut Input<R>) -> Vec<TopElement> {
    let mut found = Vec::new();
    if input.read_at(0) == Some([0x1a, 0x45, 0xdf, 0xa3]) {
        let _ = walk(input, &mut found);
    }
    found
}

fn walk<R: Read + Seek>(input: &mut Input<R>, found: &mut Vec<TopElement>) -> Option<()> {
    let mut at = 0;
    for _ in 0..MAX_ELEMENTS {
        let mut start = [0; 12];
        let left = usize::try_from(input.len().saturating_sub(at)).map_or(12, |left| left.min(12));
        input.seek(SeekFrom::Start(at)).ok()?;
        input.read_exact(&mut start[..left]).ok()?;
        let (id, size, head) = element(&start[..left])?;
        let body = at + head as u64;
        match (id, size) {
            // Its children follow.
            (SEGMENT, _) => at = body,
            (CLUSTER, _) | (_, None) => return None,
            (_, Some(size)) => {
                let end = body.checked_add(size)?;
                found.push(TopElement { id, start: at, body, end });
                at = end;
            }
        }
    }
    None
}

fn read_track(track: &[u8]) -> MatroskaTrack {
    let mut found = MatroskaTrack { number: 0, is_default: true, coding: Coding::None };
    for (id, data) in Elements(track) {
        match id {
            NUMBER => found.number = number(data),
            DEFAULT => found.is_default &= number(data) != 0,
            ENABLED => found.is_default &= number(data) != 0,
            ENCODINGS => {
                let encodings = Elements(data).filter(|(id, _)| *id == ENCODING);
                let codings: Vec<Coding> = encodings.map(|(_, data)| read_coding(data)).collect();
                found.coding = match <[Coding; 1]>::try_from(codings) {
                    Ok([coding]) => coding,
                    Err(codings) if codings.is_empty() => Coding::None,
                    Err(_) => Coding::Unknown("compressed more than once"),
                };
            }
            _ => {}
        }
    }
    found
}

/// One `ContentEncoding`.
fn read_coding(encoding: &[u8]) -> Coding {
    let (mut kind, mut scope, mut algorithm, mut settings) = (0, 1, 0, Vec::new());
    for (id, data) in Elements(encoding) {
        match id {
            KIND => kind = number(data),
            SCOPE => scope = number(data),
            COMPRESSION => {
                for (id, data) in Elements(data) {
                    match id {
                        ALGORITHM => algorithm = number(data),
                        SETTINGS => settings = data.to_vec(),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    match (kind, scope, algorithm) {
        (1, ..) => Coding::Unknown("encrypted"),
        // Bit 0 of the scope: the packets.
        (_, scope, _) if scope & 1 == 0 => Coding::None,
        (_, 1, 0) => Coding::Zlib,
        (_, 1, 3) => Coding::Header(settings),
        (_, _, 1) => Coding::Unknown("compressed with bzip2"),
        (_, _, 2) => Coding::Unknown("compressed with LZO"),
        _ => Coding::Unknown("compressed with an unknown algorithm"),
    }
}

/// The elements in some bytes, as identifiers and contents.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, size, head) = element(self.0)?;
        let rest = &self.0[head..];
        let size = usize::try_from(size?).ok().filter(|&size| size <= rest.len())?;
        let (data, rest) = rest.split_at(size);
        self.0 = rest;
        Some((id, data))
    }
}

/// An element's identifier, its size unless that is unknown, and the length of both.
fn element(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let id_length = bytes.first()?.leading_zeros() as usize + 1;
    let id = bytes.get(..id_length).filter(|_| id_length <= 4)?;
    let id = id.iter().fold(0, |id, &byte| id << 8 | u32::from(byte));
    let size = &bytes[id_length..];
    let length = size.first()?.leading_zeros() as usize + 1;
    let size = size.get(..length).filter(|_| length <= 8)?;
    let value = size.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    let mask = (1 << (7 * length)) - 1;
    let value = Some(value & mask).filter(|&value| value != mask);
    Some((id, value, id_length + length))
}

fn number(data: &[u8]) -> u64 {
    data.iter().take(8).fold(0, |value, &byte| value << 8 | u64::from(byte))
}
