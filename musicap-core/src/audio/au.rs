//! AU, the format of Sun and NeXT, which symphonia does not read: a header of big-endian integers,
//! then samples to the end.
//!
//! | bytes | field |
//! |---|---|
//! | 0 to 3 | `.snd` |
//! | 4 to 7 | where the samples start, 24 or more |
//! | 8 to 11 | bytes of samples; `0xffffffff` if it is not known |
//! | 12 to 15 | encoding |
//! | 16 to 19 | sample rate in Hz |
//! | 20 to 23 | channels, without positions |

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, well_known as codec};
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Result, SeekErrorKind, decode_error, seek_error, unsupported_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::probe::{
    ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable,
};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::{Metadata, MetadataLog};

pub(super) const FORMAT_ID_AU: FormatId = FormatId::new(FourCc::new(*b".snd"));

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_AU, short_name: "au", long_name: "Sun/NeXT audio (AU)" };
const MARKER: [u8; 4] = *b".snd";
const HEADER_BYTES: u64 = 24;
const UNKNOWN: u32 = u32::MAX;
/// Frames of a packet, as in symphonia's reader of WAV and AIFF.
const PACKET_FRAMES: u64 = 1_152;

/// Reads the samples of an AU file as packets of PCM, A-law or µ-law.
pub(super) struct AuReader<'s> {
    stream: MediaSourceStream<'s>,
    media_info: MediaInfo,
    tracks: Vec<Track>,
    metadata: MetadataLog,
    frame_bytes: u64,
    /// Where the next packet starts, in frames.
    next: u64,
    /// The frames that the stream has.
    frames: u64,
}

impl<'s> AuReader<'s> {
    fn new(mut stream: MediaSourceStream<'s>, options: FormatOptions) -> Result<Self> {
        if stream.read_quad_bytes()? != MARKER {
            return unsupported_error("au: missing marker");
        }
        let start = u64::from(stream.read_be_u32()?);
        let declared = Some(stream.read_be_u32()?).filter(|&bytes| bytes != UNKNOWN);
        let (codec, sample_bytes) = encoding(stream.read_be_u32()?)?;
        let rate = stream.read_be_u32()?;
        let channels = stream.read_be_u32()?;
        let (Some(time_base), Ok(channels @ 1..)) =
            (TimeBase::try_from_recip(rate), u16::try_from(channels))
        else {
            return decode_error("au: invalid sample rate or number of channels");
        };
        let Some(annotation_bytes) = start.checked_sub(HEADER_BYTES) else {
            return decode_error("au: the samples start in the header");
        };
        stream.ignore_bytes(annotation_bytes)?;

        let frame_bytes = sample_bytes * u64::from(channels);
        let stream_bytes = stream.byte_len().unwrap_or(u64::MAX).saturating_sub(start);
        let bytes = declared.map_or(stream_bytes, |declared| stream_bytes.min(declared.into()));
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(codec)
            .with_sample_rate(rate)
            .with_channels(Channels::Discrete(channels))
            .with_max_frames_per_packet(PACKET_FRAMES);
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(params)).with_time_base(time_base);
        if let Some(declared) = declared {
            track.with_num_frames(u64::from(declared) / frame_bytes);
        }
        let tracks = vec![track];
        Ok(Self {
            stream,
            media_info: MediaInfo::from_tracks(&tracks),
            tracks,
            metadata: options.external_data.metadata.unwrap_or_default(),
            frame_bytes,
            next: 0,
            frames: bytes / frame_bytes,
        })
    }
}

/// The codec of an encoding, and the bytes of a sample.
fn encoding(number: u32) -> Result<(AudioCodecId, u64)> {
    Ok(match number {
        1 => (codec::CODEC_ID_PCM_MULAW, 1),
        2 => (codec::CODEC_ID_PCM_S8, 1),
        3 => (codec::CODEC_ID_PCM_S16BE, 2),
        4 => (codec::CODEC_ID_PCM_S24BE, 3),
        5 => (codec::CODEC_ID_PCM_S32BE, 4),
        6 => (codec::CODEC_ID_PCM_F32BE, 4),
        7 => (codec::CODEC_ID_PCM_F64BE, 8),
        27 => (codec::CODEC_ID_PCM_ALAW, 1),
        _ => return unsupported_error("au: only PCM, A-law and µ-law are supported"),
    })
}

impl Scoreable for AuReader<'_> {
    fn score(mut stream: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        Ok(match stream.read_quad_bytes()? {
            MARKER => Score::Supported(255),
            _ => Score::Unsupported,
        })
    }
}

impl ProbeableFormat<'_> for AuReader<'_> {
    fn try_probe_new(
        stream: MediaSourceStream<'_>,
        options: FormatOptions,
    ) -> Result<Box<dyn FormatReader + '_>> {
        Ok(Box::new(AuReader::new(stream, options)?))
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        // Files are recognised by their content alone.
        const SPEC: ProbeDataMatchSpec =
            ProbeDataMatchSpec { extensions: &[], mime_types: &[], markers: &[&MARKER] };
        &[ProbeFormatData { spec: SPEC, info: INFO }]
    }
}

impl FormatReader for AuReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &INFO
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media_info
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Not supported: [`AudioReader`](super::AudioReader) never seeks.
    fn seek(&mut self, _: SeekMode, _: SeekTo) -> Result<SeekedTo> {
        seek_error(SeekErrorKind::Unseekable)
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let frames = (self.frames - self.next).min(PACKET_FRAMES);
        let Some(start) = i64::try_from(self.next).ok().filter(|_| frames > 0) else {
            return Ok(None);
        };
        let data = self.stream.read_boxed_slice((frames * self.frame_bytes) as usize)?;
        self.next += frames;
        Ok(Some(Packet::new(0, Timestamp::new(start), Duration::new(frames), data)))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.stream
    }
}
