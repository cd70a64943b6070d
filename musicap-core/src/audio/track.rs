//! One track of a container: its decoder, its clock, and which of its frames are to be heard.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::{Error as SymphoniaError, decode_error};
use symphonia::core::formats::well_known::{FORMAT_ID_ISOMP4, FORMAT_ID_MP3};
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::limits::AudioLimits;
use super::mono;
use super::mp4::Edit;
use super::source::{self, PANICKED, guarded};
use crate::Result;

/// What belongs to the track at hand; an Ogg file may chain several.
pub(super) struct TrackReader {
    pub(super) id: u32,
    pub(super) params: AudioCodecParameters,
    pub(super) time_base: Option<TimeBase>,
    pub(super) decoder: Box<dyn AudioDecoder>,
    pub(super) gapless: bool,
    pub(super) rate: u32,
    pub(super) channels: usize,
    /// Frames decoded, before anything is cut: the clock that `cuts` refers to.
    pub(super) clock: u64,
    pub(super) cuts: Vec<Cut>,
    /// Where the next packet should start, in frames by the container's time stamps.
    pub(super) next_start: Option<i64>,
    /// The end of the track in the container's ticks, where its last packet is to be shortened.
    pub(super) end_ticks: Option<u64>,
    /// The sound's length in frames as declared, and whether that is more than an estimate.
    pub(super) declared: Option<u64>,
    pub(super) declared_for_sure: bool,
}

/// Frames that are not to be heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl TrackReader {
    pub(super) fn new(
        track: &Track,
        format: &dyn FormatReader,
        limits: &AudioLimits,
        origin: &str,
    ) -> Result<Self> {
        let kind = format.format_info().format;
        // symphonia cuts an MP3 file at the end that it declares or, without a header, at one that
        // is estimated from the first frames: this module cuts the padding alone.
        let is_mp3 = kind == FORMAT_ID_MP3;
        let is_mp4 = kind == FORMAT_ID_ISOMP4;
        let Some(CodecParameters::Audio(params)) = &track.codec_params else {
            return Err(source::unsupported(origin, track, SymphoniaError::Unsupported("")));
        };
        let params = params.clone();
        #[cfg(feature = "opus")]
        let params = if is_mp4 { super::opus::from_mp4(params) } else { params };
        // Decoders make room for all channels when they are made.
        let channels = params.channels.as_ref().map_or(1, |channels| channels.count());
        let rate = params.sample_rate.unwrap_or(limits.min_sample_rate);
        limits.check_format(origin, rate, channels)?;
        let decoder = make_decoder(&params, !is_mp3)
            .map_err(|error| source::unsupported(origin, track, error))?;
        let rate = params.sample_rate.or(decoder.codec_params().sample_rate).unwrap_or(0);

        let mut cuts = Vec::new();
        if let (true, Some(delay), Some(frames)) = (is_mp3, track.delay, track.num_frames) {
            let (delay, padding) = (u64::from(delay), u64::from(track.padding.unwrap_or(0)));
            let end = delay.saturating_add(frames);
            cuts.push(Cut { start: 0, end: delay });
            cuts.push(Cut { start: end, end: end.saturating_add(padding) });
        }
        #[cfg(feature = "opus")]
        if let Some(pre_skip) = super::opus::pre_skip(&params) {
            cuts.push(Cut { start: 0, end: pre_skip });
        }
        let mut reader = Self {
            id: track.id,
            params,
            time_base: track.time_base,
            decoder,
            gapless: !is_mp3,
            rate,
            channels,
            clock: 0,
            cuts,
            next_start: None,
            end_ticks: track.duration.map(|ticks| ticks.get()).filter(|&ticks| is_mp4 && ticks > 0),
            declared: None,
            declared_for_sure: !is_mp3 || track.delay.is_some(),
        };
        let by_ticks = track.duration.map(|ticks| reader.frames(ticks.get()));
        let by_media = || {
            let info = format.media_info();
            let seconds = info.time_base?.calc_duration(info.duration?)?;
            Some((seconds.as_secs_f64() * f64::from(reader.rate)) as u64)
        };
        let declared = track.num_frames.or(by_ticks).or_else(by_media);
        // Containers other than MP3's count what is cut in front.
        let in_front = if is_mp3 { 0 } else { reader.cuts.first().map_or(0, |cut| cut.end) };
        reader.declared =
            declared.map(|frames| frames.saturating_sub(in_front)).filter(|&frames| frames > 0);
        Ok(reader)
    }

    pub(super) fn limit_to_format(&self, limits: &AudioLimits, origin: &str) -> Result<()> {
        limits.check_format(origin, self.rate, self.channels)
    }

    /// The rate that the decoder gives is not the one that the container told.
    pub(super) fn change_rate(&mut self, rate: u32) {
        let convert = |frames: u64| {
            let frames = u128::from(frames) * u128::from(rate) / u128::from(self.rate.max(1));
            u64::try_from(frames).unwrap_or(u64::MAX)
        };
        self.declared = self.declared.map(convert);
        self.next_start = None;
        self.rate = rate;
    }

    /// Cuts an MP4 track to its edit, the first packet of which lies in `block`.
    pub(super) fn apply_edit(&mut self, edit: Edit, block: &mut Vec<f32>, prepared: &mut u64) {
        let start = edit.start.samples(self.rate);
        let end = edit.end.map_or(u64::MAX, |end| end.samples(self.rate)).max(start);
        self.cuts = vec![Cut { start: 0, end: start }, Cut { start: end, end: u64::MAX }];
        let whole = self.declared.map(|frames| frames.min(end).saturating_sub(start));
        self.declared = whole.filter(|&frames| frames > 0);
        let first = self.clock - block.len() as u64;
        *prepared -= block.len() as u64;
        remove(&self.cuts, first, block);
        *prepared += block.len() as u64;
    }

    /// Ticks of the container in frames, rounded to the nearest.
    pub(super) fn frames(&self, ticks: u64) -> u64 {
        let Some(base) = self.time_base else { return 0 };
        let denominator = u128::from(base.denom.get());
        let product = u128::from(ticks) * u128::from(base.numer.get()) * u128::from(self.rate);
        u64::try_from((product + denominator / 2) / denominator).unwrap_or(u64::MAX)
    }

    /// Where the packet's sound starts, in frames by the container's time stamps.
    pub(super) fn start_of(&self, packet: &Packet) -> Option<i64> {
        let ticks = packet.pts.get();
        let trimmed = if self.gapless { packet.trim_start.get() } else { 0 };
        let ticks = ticks.checked_add(i64::try_from(trimmed).ok()?)?;
        let frames = i64::try_from(self.frames(ticks.unsigned_abs())).ok()?;
        Some(if ticks < 0 { -frames } else { frames })
    }

    pub(super) fn decoded_format(&self) -> (u32, usize) {
        let buffer = self.decoder.last_decoded();
        (buffer.spec().rate(), buffer.num_planes())
    }

    /// Decodes into `out` as mono; the number of frames.
    pub(super) fn decode(
        &mut self,
        packet: &Packet,
        out: &mut Vec<f32>,
    ) -> Result<usize, SymphoniaError> {
        // Some decoders make a whole packet of sound out of no bytes, and a few bytes of a file may
        // declare billions of such packets.
        if packet.data.is_empty() {
            return decode_error("a packet is empty");
        }
        match guarded(|| self.decoder.decode(packet)) {
            Ok(buffer) => mono::mix(&buffer, out),
            Err(error) if panicked(&error) => return Err(error),
            Err(error) => {
                out.clear();
                let joined =
                    matches!(self.params.codec, CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3);
                let anew = if joined { self.decode_anew(packet, out) } else { None };
                anew.ok_or(error)?;
            }
        }
        Ok(out.len())
    }

    /// Tries a packet with a fresh decoder: symphonia's MP3 decoder keeps to the channels and rate
    /// that it saw first, and files that were joined may change them.
    fn decode_anew(&mut self, packet: &Packet, out: &mut Vec<f32>) -> Option<()> {
        let mut decoder = make_decoder(&self.params, self.gapless).ok()?;
        let before = self.decoder.last_decoded().spec().clone();
        let buffer = guarded(|| decoder.decode(packet)).ok()?;
        if *buffer.spec() == before || buffer.frames() == 0 {
            return None;
        }
        mono::mix(&buffer, out);
        self.decoder = decoder;
        Some(())
    }

    /// Takes out of `block`, the next frames of the track, what is not to be heard.
    pub(super) fn cut(&mut self, packet: &Packet, block: &mut Vec<f32>) {
        let first = self.clock;
        self.clock += block.len() as u64;
        let packet_end = u64::try_from(packet.pts.get()).ok();
        let packet_end = packet_end.and_then(|pts| pts.checked_add(packet.dur.get()));
        if packet_end.is_some() && packet_end == self.end_ticks {
            // The last packet of an MP4 track lasts as long as its sample table says.
            block.truncate(self.frames(packet.dur.get()) as usize);
        }
        remove(&self.cuts, first, block);
    }

    /// Whether nothing that is still to come is to be heard.
    pub(super) fn is_over(&self) -> bool {
        self.cuts.last().is_some_and(|cut| cut.end == u64::MAX && cut.start <= self.clock)
    }

    /// How many of the next `frames` frames are not to be heard.
    pub(super) fn cut_length(&self, frames: u64) -> u64 {
        let (first, last) = (self.clock, self.clock.saturating_add(frames));
        let overlap = |cut: &Cut| cut.end.min(last).saturating_sub(cut.start.max(first));
        self.cuts.iter().map(overlap).sum::<u64>().min(frames)
    }
}

fn make_decoder(
    params: &AudioCodecParameters,
    gapless: bool,
) -> Result<Box<dyn AudioDecoder>, SymphoniaError> {
    let options = AudioDecoderOptions::default().gapless(gapless);
    #[cfg(feature = "opus")]
    if super::opus::is_opus(params) {
        return Ok(Box::new(super::opus::OpusDecoder::new(params)?));
    }
    super::vorbis::check(params)?;
    guarded(|| symphonia::default::get_codecs().make_audio_decoder(params, &options))
}

pub(super) fn panicked(error: &SymphoniaError) -> bool {
    matches!(error, SymphoniaError::DecodeError(PANICKED))
}

/// Removes the cuts, which are in order, from a block that starts at frame `first`.
fn remove(cuts: &[Cut], first: u64, block: &mut Vec<f32>) {
    let last = first + block.len() as u64;
    for cut in cuts.iter().rev() {
        let (start, end) = (cut.start.max(first), cut.end.min(last));
        if start < end {
            block.drain((start - first) as usize..(end - first) as usize);
        }
    }
}
