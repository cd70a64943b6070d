//! Opening a file: what it is, and a clear word where it is nothing that can be decoded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecId, well_known as codec};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use super::mp4::{self, Edit};
use super::wav;
use crate::panics::catch_panic;
use crate::{Error, Result};

/// The longest tag and picture that are kept while reading a file's metadata, in bytes.
const TAG_BYTES: usize = 64 * 1024;

/// A source of bytes of known length, a few of which may be read as others.
pub(super) struct Input<R> {
    inner: R,
    len: u64,
    position: u64,
    patches: Vec<Patch>,
}

impl<R: Read + Seek> Input<R> {
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let len = inner.seek(SeekFrom::End(0))?;
        inner.seek(SeekFrom::Start(0))?;
        Ok(Self { inner, len, position: 0, patches: Vec::new() })
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.position;
        let left = usize::try_from(self.len.saturating_sub(start)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let count = self.inner.read(&mut buffer[..most])?;
        self.position += count as u64;
        for patch in &self.patches {
            patch.apply(start, &mut buffer[..count]);
        }
        Ok(count)
    }
}

impl<R: Seek> Seek for Input<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.inner.seek(to)?;
        Ok(self.position)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Input<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

/// Bytes to be read in place of those in the file.
pub(super) struct Patch {
    at: u64,
    bytes: Vec<u8>,
}

impl Patch {
    pub(super) fn new(at: u64, bytes: Vec<u8>) -> Self {
        Self { at, bytes }
    }

    /// Changes what `buffer`, read from `start`, has in common with the patch.
    fn apply(&self, start: u64, buffer: &mut [u8]) {
        for (at, byte) in (self.at..).zip(&self.bytes) {
            let index = at.checked_sub(start).and_then(|index| usize::try_from(index).ok());
            if let Some(place) = index.and_then(|index| buffer.get_mut(index)) {
                *place = *byte;
            }
        }
    }
}

/// What a panic within symphonia is turned into.
pub(super) const PANICKED: &str = "the bytes lead the decoder astray";

/// Calls into symphonia. Fuzzing its readers with damaged files finds a panic in a few hundred
/// thousand (an assertion on a seek beyond 2^63, for one), and a file must not take its process
/// down. What panicked is not used again. The panic's own message still goes to the panic hook, and
/// builds with `panic = "abort"` have no such net.
pub(super) fn guarded<T>(
    call: impl FnOnce() -> Result<T, SymphoniaError>,
) -> Result<T, SymphoniaError> {
    catch_panic(call).unwrap_or(Err(SymphoniaError::DecodeError(PANICKED)))
}

/// A recognised container.
pub(super) struct Container {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) name: &'static str,
    pub(super) edits: Vec<Edit>,
    /// Whether the source is known to end where the sound does.
    pub(super) is_whole: bool,
}

pub(super) fn open_file(path: &Path) -> Result<Input<File>> {
    // Opening a pipe waits for somebody to write into it, and none can be sought.
    let data = std::fs::metadata(path).map_err(Error::io("read", path))?;
    if !data.is_file() {
        let what = if data.is_dir() { "it is a folder, not a file" } else { "it is no file" };
        return Err(Error::io("read", path)(io::Error::other(what)));
    }
    let file = File::open(path).map_err(Error::io("read", path))?;
    Input::new(file).map_err(Error::io("read", path))
}

/// Finds out what the bytes are.
pub(super) fn probe<R: Read + Seek + Send + Sync + 'static>(
    mut input: Input<R>,
    origin: &str,
) -> Result<Container> {
    let failed = |source| Error::AudioRead { origin: origin.into(), at_s: 0.0, source };
    if input.len == 0 {
        return Err(unknown(origin, "it is empty (0 bytes)"));
    }
    let mut start = Vec::with_capacity(64);
    (&mut input).take(64).read_to_end(&mut start).map_err(failed)?;
    if let Some(other) = not_audio(&start) {
        return Err(unknown(origin, &format!("it is {other}")));
    }
    let len = input.len;
    let edits = mp4::edits(&mut input, len);
    let last_box = mp4::fit_last_box(&mut input, len);
    input.patches.extend(last_box);
    let mut is_whole = false;
    if let Some(mended) = wav::mend(&mut input, len) {
        (input.patches, input.len, is_whole) = (mended.patches, mended.end, mended.is_whole);
    }
    input.seek(SeekFrom::Start(0)).map_err(failed)?;

    let stream = MediaSourceStream::new(Box::new(input), Default::default());
    let metadata = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES));
    let probe = symphonia::default::get_probe();
    let reader = guarded(|| probe.probe(&Hint::new(), stream, FormatOptions::default(), metadata))
        .map_err(|error| probe_error(origin, &start, error))?;
    let name = reader.format_info().long_name;
    Ok(Container { reader, name, edits, is_whole })
}

fn unknown(origin: &str, reason: &str) -> Error {
    Error::UnknownFormat { origin: origin.into(), reason: reason.into() }
}

fn probe_error(origin: &str, start: &[u8], error: SymphoniaError) -> Error {
    let container = audio_container(start);
    match (error, container) {
        (SymphoniaError::IoError(source), _) if source.kind() != io::ErrorKind::UnexpectedEof => {
            Error::AudioRead { origin: origin.into(), at_s: 0.0, source }
        }
        (SymphoniaError::IoError(_), Some(container)) => Error::DamagedAudio {
            origin: origin.into(),
            container: container.into(),
            reason: "it is cut off".into(),
        },
        (error, Some(container)) => Error::DamagedAudio {
            origin: origin.into(),
            container: container.into(),
            reason: error.to_string(),
        },
        (_, None) => unknown(origin, "its bytes are in no audio format that is known"),
    }
}

/// The container that the first bytes announce.
fn audio_container(start: &[u8]) -> Option<&'static str> {
    let at =
        |offset: usize, magic: &[u8]| start.get(offset..).is_some_and(|x| x.starts_with(magic));
    Some(match () {
        _ if at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64") => "WAV",
        _ if at(0, b"FORM") => "AIFF",
        _ if at(0, b"fLaC") => "FLAC",
        _ if at(0, b"OggS") => "Ogg",
        _ if at(4, b"ftyp") => "MP4",
        _ if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) => "Matroska",
        _ if at(0, b"ID3") => "MP3",
        _ => return None,
    })
}

/// What the first bytes are, where they are certainly no sound that can be decoded. Without this
/// list the search for a beginning of sound may find one by chance in the middle of a picture.
fn not_audio(start: &[u8]) -> Option<&'static str> {
    let at =
        |offset: usize, magic: &[u8]| start.get(offset..).is_some_and(|x| x.starts_with(magic));
    Some(match () {
        _ if at(0, &[0xff, 0xd8, 0xff]) => "a JPEG picture",
        _ if at(0, b"\x89PNG") => "a PNG picture",
        _ if at(0, b"GIF8") => "a GIF picture",
        _ if at(0, b"RIFF") && at(8, b"WEBP") => "a WebP picture",
        _ if at(0, b"RIFF") && at(8, b"AVI ") => "an AVI video, which is not supported",
        _ if at(0, b"%PDF") => "a PDF document",
        _ if at(0, b"PK\x03\x04") => "a ZIP archive (or an office document)",
        _ if at(0, &[0x1f, 0x8b]) => "a gzip archive",
        _ if at(0, b"7z\xbc\xaf") => "a 7z archive",
        _ if at(0, b"\x7fELF") || at(0, b"MZ") => "a program",
        _ if at(0, b"<!DOCTYPE") || at(0, b"<!doctype") || at(0, b"<html") => "a web page",
        _ if at(0, b"<?xml") => "an XML text",
        _ if at(0, b"MThd") => "a MIDI file: notes without sound",
        _ if at(0, b"#EXTM3U") => "a playlist",
        _ if at(0, &[0x30, 0x26, 0xb2, 0x75]) => "a WMA/WMV file, which is not supported",
        _ if at(0, b"wvpk") => "a WavPack file, which is not supported",
        _ if at(0, b"MAC ") => "a Monkey's Audio file, which is not supported",
        _ if at(0, b"caff") => "a Core Audio (CAF) file, which is not supported",
        _ if at(0, b"DSD ") || at(0, b"FRM8") => "a DSD file, which is not supported",
        _ if at(0, b"#!AMR") => "an AMR file, which is not supported",
        _ => return None,
    })
}

/// The track to be heard: the default audio track, else the first that can be decoded.
pub(super) fn choose_track<'a>(
    reader: &'a dyn FormatReader,
    container: &str,
    origin: &str,
) -> Result<&'a Track> {
    reader
        .default_track(TrackType::Audio)
        .or_else(|| reader.first_track(TrackType::Audio))
        .ok_or_else(|| Error::NoAudioTrack { origin: origin.into(), container: container.into() })
}

/// Why there is no decoder for this track.
pub(super) fn unsupported(origin: &str, track: &Track, error: SymphoniaError) -> Error {
    let Some(CodecParameters::Audio(params)) = &track.codec_params else {
        return Error::UnsupportedCodec {
            origin: origin.into(),
            codec: "the audio track's codec".into(),
            reason: "its parameters are not given in the file".into(),
        };
    };
    let name = codec_name(params.codec);
    let reason = match (name, error) {
        ("AAC", SymphoniaError::Unsupported(_)) => {
            "only AAC-LC in mono and stereo can be decoded, not HE-AAC or surround".into()
        }
        (_, SymphoniaError::Unsupported(_)) => "there is no decoder for it".to_string(),
        (_, error) => error.to_string(),
    };
    Error::UnsupportedCodec { origin: origin.into(), codec: name.into(), reason }
}

fn codec_name(id: AudioCodecId) -> &'static str {
    match id {
        codec::CODEC_ID_OPUS => "Opus",
        codec::CODEC_ID_AAC => "AAC",
        codec::CODEC_ID_AC3 | codec::CODEC_ID_EAC3 => "Dolby Digital",
        codec::CODEC_ID_AC4 => "Dolby AC-4",
        codec::CODEC_ID_TRUEHD => "Dolby TrueHD",
        codec::CODEC_ID_DCA => "DTS",
        codec::CODEC_ID_SPEEX => "Speex",
        codec::CODEC_ID_WMA => "Windows Media Audio",
        codec::CODEC_ID_MP1 => "MPEG layer I",
        codec::CODEC_ID_MP2 => "MPEG layer II",
        codec::CODEC_ID_ALAC => "ALAC",
        codec::CODEC_ID_FLAC => "FLAC",
        codec::CODEC_ID_VORBIS => "Vorbis",
        codec::CODEC_ID_MP3 => "MP3",
        codec::CODEC_ID_WAVPACK => "WavPack",
        codec::CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        codec::CODEC_ID_TTA => "True Audio",
        _ => "this audio codec",
    }
}
