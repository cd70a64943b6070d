//! Opus, which symphonia takes out of its containers but does not decode.
//!
//! The decoder is opus-pure: no C, no dependencies. Mono, stereo, and surround of up to 8 channels
//! in the layouts that Vorbis has (RFC 7845, 5.1.1.2). Output is at 48 kHz, as the format has it.

use opus_pure::{ChannelLayout, OpusDecoder as Single, OpusMSDecoder as Multiple};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
    layouts,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, FinalizeResult};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

const RATE: u32 = 48_000;
/// The longest packet, 120 ms (RFC 6716, 3.2.5).
const MAX_FRAMES: usize = 5_760;

static INFO: CodecInfo = CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] };

/// The channels of surround in Vorbis's order, as places in symphonia's, which is that of WAV: from
/// 3 channels on.
const VORBIS_ORDER: [&[usize]; 6] = [
    &[0, 2, 1],
    &[0, 1, 2, 3],
    &[0, 2, 1, 3, 4],
    &[0, 2, 1, 4, 5, 3],
    &[0, 2, 1, 5, 6, 4, 3],
    &[0, 2, 1, 6, 7, 4, 5, 3],
];

enum Codec {
    Single(Box<Single>),
    Multiple(Multiple),
}

impl Codec {
    fn decode(&mut self, data: &[u8], out: &mut [f32]) -> opus_pure::Result<usize> {
        match self {
            Codec::Single(codec) => codec.decode(data, MAX_FRAMES, out),
            Codec::Multiple(codec) => codec.decode(data, MAX_FRAMES, out),
        }
    }
}

pub(super) struct OpusDecoder {
    codec: Codec,
    params: AudioCodecParameters,
    channels: usize,
    gain: f32,
    interleaved: Vec<f32>,
    buffer: AudioBuffer<f32>,
}

impl OpusDecoder {
    pub(super) fn new(params: &AudioCodecParameters) -> Result<Self> {
        let channels = params.channels.as_ref().map_or(0, Channels::count);
        let layout = match channels {
            1 => layouts::CHANNEL_LAYOUT_MONO,
            2 => layouts::CHANNEL_LAYOUT_STEREO,
            3 => layouts::CHANNEL_LAYOUT_3P0,
            4 => layouts::CHANNEL_LAYOUT_4P0_QUAD,
            5 => layouts::CHANNEL_LAYOUT_5P0,
            6 => layouts::CHANNEL_LAYOUT_5P1,
            7 => layouts::CHANNEL_LAYOUT_6P1,
            8 => layouts::CHANNEL_LAYOUT_7P1,
            _ => return unsupported_error("opus: more than eight channels"),
        };
        let codec = if channels > 2 {
            // The file has its own channel mapping table; other mappings are not decoded.
            let table = params.extra_data.as_deref().and_then(|header| header.get(18..));
            let known = ChannelLayout::surround(channels, 1).ok();
            let is_known = known.zip(table).is_some_and(|(known, table)| {
                let start = [1, known.nb_streams as u8, known.nb_coupled_streams as u8];
                table.starts_with(&start) && table[3..].starts_with(&known.mapping)
            });
            if !is_known {
                return unsupported_error("opus: unsupported channel mapping");
            }
            Multiple::new(RATE as i32, channels, 1).map(Codec::Multiple)
        } else {
            Single::new(RATE as i32, channels).map(|codec| Codec::Single(Box::new(codec)))
        };
        let Ok(codec) = codec else {
            return decode_error("opus: the decoder cannot be created");
        };
        Ok(Self {
            codec,
            params: params.clone(),
            channels,
            gain: params.extra_data.as_deref().map_or(1.0, output_gain),
            interleaved: vec![0.0; MAX_FRAMES * channels],
            buffer: AudioBuffer::new(AudioSpec::new(RATE, layout), MAX_FRAMES),
        })
    }
}

pub(super) fn is_opus(params: &AudioCodecParameters) -> bool {
    params.codec == CODEC_ID_OPUS
}

/// Puts an identification header as it lies in MP4, which has its numbers the other way round, into
/// the order of the other containers.
pub(super) fn from_mp4(mut params: AudioCodecParameters) -> AudioCodecParameters {
    if is_opus(&params)
        && let Some(header) = params.extra_data.as_deref_mut()
        && head(header).is_some()
    {
        header[10..12].reverse();
        header[12..16].reverse();
        header[16..18].reverse();
    }
    params
}

/// The frames that an Opus track starts with and that are not played (RFC 7845, 4.2).
pub(super) fn pre_skip(params: &AudioCodecParameters) -> Option<u64> {
    let fields = head(params.extra_data.as_deref().filter(|_| is_opus(params))?)?;
    Some(u16::from_le_bytes([fields[2], fields[3]]).into())
}

/// Whether a packet is a header that is repeated among the sound.
pub(super) fn is_header(params: &AudioCodecParameters, packet: &[u8]) -> bool {
    let starts = |name: &[u8]| packet.starts_with(name);
    is_opus(params) && (starts(b"OpusHead") || starts(b"OpusTags"))
}

/// The gain to be applied (RFC 7845, 5.1), in the file as steps of 1/256 dB.
fn output_gain(header: &[u8]) -> f32 {
    head(header).map_or(1.0, |fields| {
        let steps = i16::from_le_bytes([fields[8], fields[9]]);
        10_f32.powf(f32::from(steps) / (20.0 * 256.0))
    })
}

/// The fields of an identification header, from the version on.
fn head(header: &[u8]) -> Option<&[u8]> {
    header.strip_prefix(b"OpusHead").filter(|fields| fields.len() >= 10)
}

impl AudioDecoder for OpusDecoder {
    fn reset(&mut self) {
        // It only fails for settings that `new` has ruled out.
        let _ = match &mut self.codec {
            Codec::Single(codec) => codec.reset_state(),
            Codec::Multiple(codec) => codec.reset_state(),
        };
    }

    fn codec_info(&self) -> &CodecInfo {
        &INFO
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.buffer.clear();
        if packet.data.is_empty() {
            return decode_error("opus: empty packet");
        }
        let Ok(frames) = self.codec.decode(packet.data, &mut self.interleaved) else {
            return decode_error("opus: invalid packet");
        };
        let frames = frames.min(MAX_FRAMES);
        self.buffer.render_silence(Some(frames));
        for channel in 0..self.channels {
            let samples = self.interleaved[channel..].iter().step_by(self.channels);
            let order = self.channels.checked_sub(3).map(|index| VORBIS_ORDER[index]);
            if let Some(plane) =
                self.buffer.plane_mut(order.map_or(channel, |order| order[channel]))
            {
                plane.iter_mut().zip(samples).for_each(|(to, from)| *to = from * self.gain);
            }
        }
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}
