//! Opus, which symphonia takes out of its containers but does not decode.
//!
//! The decoder is opus-pure: no C, no dependencies. Mono and stereo; streams of several coupled
//! ones (surround) are refused. Output is at 48 kHz, as the format has it.

use opus_pure::OpusDecoder as Codec;
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
const MOST_FRAMES: usize = 5_760;

static INFO: CodecInfo = CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] };

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
            _ => return unsupported_error("opus: more than two channels"),
        };
        let Ok(codec) = Codec::new(RATE as i32, channels) else {
            return decode_error("opus: the decoder does not start");
        };
        Ok(Self {
            codec,
            params: params.clone(),
            channels,
            gain: params.extra_data.as_deref().map_or(1.0, output_gain),
            interleaved: vec![0.0; MOST_FRAMES * channels],
            buffer: AudioBuffer::new(AudioSpec::new(RATE, layout), MOST_FRAMES),
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

/// The frames that an Opus track starts with and that are not to be heard (RFC 7845, 4.2).
pub(super) fn pre_skip(params: &AudioCodecParameters) -> Option<u64> {
    let fields = head(params.extra_data.as_deref().filter(|_| is_opus(params))?)?;
    Some(u16::from_le_bytes([fields[2], fields[3]]).into())
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
        let _ = self.codec.reset_state();
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
        let Ok(frames) = self.codec.decode(packet.data, MOST_FRAMES, &mut self.interleaved) else {
            return decode_error("opus: invalid packet");
        };
        let frames = frames.min(MOST_FRAMES);
        self.buffer.render_silence(Some(frames));
        for channel in 0..self.channels {
            let samples = self.interleaved[channel..].iter().step_by(self.channels);
            if let Some(plane) = self.buffer.plane_mut(channel) {
                plane.iter_mut().zip(samples).for_each(|(to, from)| *to = from * self.gain);
            }
        }
        let start = packet.trim_start.get() as usize;
        self.buffer.trim(start.min(frames), (packet.trim_end.get() as usize).min(frames));
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}
