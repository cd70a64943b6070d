//! Finding the format of a file, and a clear error if it cannot be decoded.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::LazyLock;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecId, well_known as codec};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackFlags};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::aac;
use super::au::AuReader;
use super::fix_header::{Fixed, fix_header};
use super::formats::{self, Refused};
use super::input::Input;
use super::matroska::{self, MatroskaTrack};
use super::mp4::{self, Mp4Track};
use crate::panics::catch_panic;
use crate::{Error, Result};

/// The longest tag and picture that are kept while reading a file's metadata, in bytes.
const TAG_BYTES: usize = 64 * 1024;

/// The readers of symphonia, and ours.
static PROBE: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::default();
    symphonia::default::register_enabled_formats(&mut probe);
    probe.register_format::<AuReader<'_>>();
    probe
});

const NO_DECODER: &str = "there is no decoder for it";

/// The error that a panic within symphonia becomes.
const PANICKED: &str = "the decoder panicked";

/// Calls symphonia, and turns a panic into an error. Fuzzing its readers with damaged files finds
/// one panic in a few hundred thousand (such as an assertion on a seek beyond 2^63), and a file must
/// not end the process. A reader or decoder that panicked is not used again.
pub(super) fn catch_decoder_panic<T>(
    call: impl FnOnce() -> Result<T, SymphoniaError>,
) -> Result<T, SymphoniaError> {
    catch_panic(call).unwrap_or(Err(SymphoniaError::DecodeError(PANICKED)))
}

pub(super) fn panicked(error: &SymphoniaError) -> bool {
    matches!(error, SymphoniaError::DecodeError(PANICKED))
}

/// A recognised container.
pub(super) struct Container {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) name: &'static str,
    pub(super) fixed: Fixed,
    pub(super) mp4: Vec<Mp4Track>,
    pub(super) matroska: Vec<MatroskaTrack>,
}

/// Finds out what the bytes are.
pub(super) fn probe<R: Read + Seek + Send + Sync + 'static>(
    mut input: Input<R>,
    origin: &str,
) -> Result<Container> {
    let failed = |source| Error::AudioRead { origin: origin.into(), at_s: 0.0, source };
    if input.len() == 0 {
        return Err(unknown(origin, "it is empty (0 bytes)"));
    }
    let fixed = fix_header(&mut input);
    let mut start = Vec::new();
    input.seek(SeekFrom::Start(0)).map_err(failed)?;
    (&mut input).take(formats::SIGNATURE_BYTES).read_to_end(&mut start).map_err(failed)?;
    match formats::refused(&start) {
        Some(Refused::Other(what)) => return Err(unknown(origin, &format!("it is {what}"))),
        Some(Refused::Sound(what)) => {
            let convert = "convert it first, for example with `ffmpeg -i INPUT OUTPUT.flac`";
            return Err(unknown(
                origin,
                &format!("it is {what}, which is not supported; {convert}"),
            ));
        }
        None => {}
    }
    let len = input.len();
    let mp4 = mp4::tracks(&mut input, len);
    let matroska = matroska::tracks(&mut input);
    input.seek(SeekFrom::Start(0)).map_err(failed)?;

    let stream = MediaSourceStream::new(Box::new(input), Default::default());
    let metadata = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES));
    let reader = catch_decoder_panic(|| {
        PROBE.probe(&Hint::new(), stream, FormatOptions::default(), metadata)
    })
    .map_err(|error| probe_error(origin, &start, error))?;
    let name = reader.format_info().long_name;
    Ok(Container { reader, name, fixed, mp4, matroska })
}

fn unknown(origin: &str, reason: &str) -> Error {
    Error::UnknownFormat { origin: origin.into(), reason: reason.into() }
}

fn probe_error(origin: &str, start: &[u8], error: SymphoniaError) -> Error {
    let container = formats::format_of(start).map(|format| format.name);
    // A mapping of channels that is neither mono and stereo nor surround (RFC 7845, 5.1.1).
    if let Some([family, ..]) = start
        .get(28..)
        .and_then(|head| head.strip_prefix(b"OpusHead"))
        .and_then(|fields| fields.get(10..))
        && *family > 1
    {
        return Error::UnsupportedCodec {
            origin: origin.into(),
            codec: "Opus".into(),
            reason: format!("its channel mapping family is {family}; only 0 and 1 are supported"),
        };
    }
    match (error, container) {
        (SymphoniaError::IoError(source), _) if source.kind() != io::ErrorKind::UnexpectedEof => {
            Error::AudioRead { origin: origin.into(), at_s: 0.0, source }
        }
        (SymphoniaError::IoError(_), Some(container)) => Error::DamagedAudio {
            origin: origin.into(),
            container: container.into(),
            reason: "it is truncated".into(),
        },
        // What lacks a part of its header is damaged.
        (SymphoniaError::Unsupported(reason), Some(container)) if !reason.contains("missing") => {
            Error::UnsupportedCodec {
                origin: origin.into(),
                codec: format!("this kind of {container} file"),
                reason: reason.into(),
            }
        }
        (error, Some(container)) => Error::DamagedAudio {
            origin: origin.into(),
            container: container.into(),
            reason: error.to_string(),
        },
        (_, None) => unknown(origin, "its format is not recognised"),
    }
}

/// The track to be read and its number among the audio tracks, from 1, of how many: the first that
/// is marked as default or enabled and has a known codec, else the first.
pub(super) fn choose_track<'a>(
    container: &'a Container,
    origin: &str,
) -> Result<(&'a Track, usize, usize)> {
    let audio = |track: &&Track| matches!(track.codec_params, Some(CodecParameters::Audio(_)));
    let tracks: Vec<&Track> = container.reader.tracks().iter().filter(audio).collect();
    let is_default = |track: &Track| {
        let mp4 = container.mp4.iter().find(|mp4| mp4.id == track.id);
        let number = u64::from(track.id);
        let matroska = container.matroska.iter().find(|matroska| matroska.number == number);
        match (mp4, matroska) {
            (Some(mp4), _) => mp4.is_enabled,
            (_, Some(matroska)) => matroska.is_default,
            _ => track.flags.contains(TrackFlags::DEFAULT),
        }
    };
    let is_known = |track: &Track| {
        let params = track.codec_params.as_ref().and_then(|params| params.audio());
        params.is_some_and(|params| {
            params.codec != symphonia::core::codecs::audio::CODEC_ID_NULL_AUDIO
        })
    };
    let place = tracks.iter().position(|track| is_default(track) && is_known(track));
    let place = place.or_else(|| tracks.iter().position(|track| is_known(track))).unwrap_or(0);
    let track = tracks.get(place).ok_or_else(|| {
        let origin = origin.into();
        match mp4::unknown_codec(&container.mp4) {
            Some(codec) => Error::UnsupportedCodec { origin, codec, reason: NO_DECODER.into() },
            None => Error::NoAudioTrack { origin, container: container.name.into() },
        }
    })?;
    Ok((track, place + 1, tracks.len()))
}

/// Why there is no decoder for this track.
pub(super) fn unsupported(
    origin: &str,
    track: &Track,
    mp4: Option<&Mp4Track>,
    error: SymphoniaError,
) -> Error {
    if let Some(codec) = mp4.and_then(Mp4Track::codec_name) {
        return Error::UnsupportedCodec {
            origin: origin.into(),
            codec: codec.into(),
            reason: NO_DECODER.into(),
        };
    }
    let Some(CodecParameters::Audio(params)) = &track.codec_params else {
        return Error::UnsupportedCodec {
            origin: origin.into(),
            codec: "the audio track's codec".into(),
            reason: "the file does not state its parameters".into(),
        };
    };
    let object = aac::object_name(params);
    let name = object.unwrap_or(codec_name(params.codec));
    let reason = match (name, error) {
        ("AAC", SymphoniaError::Unsupported(_)) => {
            "only mono and stereo can be decoded, not surround".into()
        }
        ("Opus", _) if cfg!(not(feature = "opus")) => {
            "musicap was compiled without its cargo feature `opus`".into()
        }
        ("Vorbis" | "Opus" | "FLAC" | "ALAC" | "MP3", SymphoniaError::Unsupported(reason)) => {
            reason.into()
        }
        (_, SymphoniaError::Unsupported(_)) => NO_DECODER.to_string(),
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
