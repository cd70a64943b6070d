//! One track of a container: its decoder, its timeline, and which of its frames are played.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::{Error as SymphoniaError, decode_error};
use symphonia::core::formats::Track;
use symphonia::core::formats::well_known::{
    FORMAT_ID_AIFF, FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_MKV, FORMAT_ID_MP3, FORMAT_ID_OGG,
    FORMAT_ID_WAVE,
};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::aac::{self, HeAacExtensions, SbrSearch};
use super::au::FORMAT_ID_AU;
use super::downmix::Downmix;
use super::limits::AudioLimits;
use super::matroska::Coding;
use super::mp4::{Edits, Mp4Track};
use super::note::AudioNote;
use super::probe::{self, Container, catch_decoder_panic, panicked};
use super::timeline::{Decoded, Piece, Stamps, Timeline};
use crate::Result;
use crate::error::Error;

/// A declared length of more frames is none: ten thousand years, or a position of −1.
const MAX_FRAMES: u64 = 1 << 54;

/// Buffers that are kept for later packets.
const MAX_SPARE: usize = 4;

/// What belongs to the track that is being read; an Ogg file may chain several.
pub(super) struct TrackReader {
    pub(super) id: u32,
    params: AudioCodecParameters,
    time_base: Option<TimeBase>,
    decoder: Box<dyn AudioDecoder>,
    pub(super) rate: u32,
    pub(super) channels: usize,
    pub(super) downmix: Downmix,
    pub(super) timeline: Timeline,
    coding: Coding,
    he_aac: HeAacExtensions,
    sbr: SbrSearch,
    /// The first packet gives nothing: it is what the second one overlaps with.
    drops_first: bool,
    /// Bytes of all packets so far.
    pub(super) bytes: u64,
    shortens: Shortens,
    /// Frames released by the timeline, before anything is cut: the clock that `cuts` refer to.
    clock: u64,
    cuts: Vec<Cut>,
    edits: Option<Edits>,
    /// Buffers to decode into.
    spare: Vec<Vec<f32>>,
    /// The frames of the last packet, for one that is damaged and does not say.
    last_frames: u64,
    /// The length in frames that the container declares, and whether that is more than an estimate.
    pub(super) declared: Option<u64>,
    pub(super) is_exact: bool,
    /// A stream of unknown length, of which an end between packets is no truncation.
    pub(super) may_end_anywhere: bool,
}

/// What shortens the last packet of a track, see [`Timeline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortens {
    Nothing,
    /// symphonia's `trim_end`, from the last page of an Ogg stream.
    Trim,
    /// The packet's own duration.
    Duration,
}

/// Frames that are not played.
#[derive(Debug, Clone, Copy)]
struct Cut {
    start: u64,
    end: u64,
}

impl TrackReader {
    pub(super) fn new(
        track: &Track,
        container: &Container,
        limits: &AudioLimits,
        origin: &str,
    ) -> Result<Self> {
        let format = container.reader.format_info().format;
        // symphonia cuts an MP3 file at the end that it declares or, without a header, at one that
        // is estimated from the first frames: this module cuts the padding alone.
        let is_mp3 = format == FORMAT_ID_MP3;
        let mp4 = container.mp4.iter().find(|mp4| mp4.id == track.id);
        let unsupported = |error| probe::unsupported(origin, track, mp4, error);
        let Some(CodecParameters::Audio(params)) = &track.codec_params else {
            return Err(unsupported(SymphoniaError::Unsupported("")));
        };
        let mut params = params.clone();
        if let Some(codec) = mp4.and_then(Mp4Track::pcm) {
            params.codec = codec;
        }
        #[cfg(feature = "opus")]
        let mut params = if mp4.is_some() { super::opus::from_mp4(params) } else { params };
        let he_aac = params.extra_data.as_deref().filter(|_| params.codec == CODEC_ID_AAC);
        let he_aac = he_aac.map(aac::extensions).unwrap_or_default();
        aac::to_core(&mut params);
        let number = u64::from(track.id);
        let matroska = container.matroska.iter().find(|matroska| matroska.number == number);
        let coding = matroska.map_or(Coding::None, |matroska| matroska.coding.clone());
        if let Coding::Unknown(name) = coding {
            return Err(Error::UnsupportedCodec {
                origin: origin.into(),
                codec: format!("a track that is {name}"),
                reason: "only zlib and header stripping are supported".into(),
            });
        }
        // Decoders allocate for all channels when they are made.
        let channels = params.channels.as_ref().map_or(1, |channels| channels.count());
        let rate = params.sample_rate.unwrap_or(limits.min_sample_rate);
        limits.check_format(origin, rate, channels)?;
        let decoder = make_decoder(&params).map_err(unsupported)?;
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
        let (stamps, shortens) = match format {
            FORMAT_ID_FLAC if container.fixed.has_wrong_stamps => (Stamps::None, Shortens::Nothing),
            FORMAT_ID_FLAC => (Stamps::EachPacket, Shortens::Nothing),
            FORMAT_ID_ISOMP4 => (Stamps::EachPacket, Shortens::Duration),
            FORMAT_ID_OGG => (Stamps::EachPage, Shortens::Trim),
            FORMAT_ID_MKV => (Stamps::EachBlock, Shortens::Nothing),
            _ => (Stamps::None, Shortens::Nothing),
        };
        let params_codec = params.codec;
        let mut reader = Self {
            id: track.id,
            params,
            time_base: track.time_base,
            decoder,
            rate,
            channels,
            downmix: match container.fixed.has_no_positions {
                true => Downmix::without_positions(),
                false => Downmix::default(),
            },
            timeline: Timeline::new(stamps, rate),
            coding,
            he_aac,
            sbr: SbrSearch::default(),
            // In Ogg, symphonia says how much of the first packet to drop.
            drops_first: params_codec == CODEC_ID_VORBIS && format != FORMAT_ID_OGG,
            bytes: 0,
            shortens,
            clock: 0,
            cuts,
            edits: mp4.and_then(|mp4| mp4.edits.clone()),
            spare: Vec::new(),
            last_frames: 0,
            declared: None,
            is_exact: match format {
                FORMAT_ID_WAVE | FORMAT_ID_AIFF | FORMAT_ID_AU | FORMAT_ID_FLAC => true,
                FORMAT_ID_MP3 => track.delay.is_some(),
                FORMAT_ID_ISOMP4 => mp4.is_none_or(|mp4| !mp4.is_fragmented),
                _ => false,
            },
            may_end_anywhere: format == FORMAT_ID_MKV,
        };
        let by_ticks = track.duration.map(|ticks| reader.frames(ticks.get()));
        let by_media = || {
            let info = container.reader.media_info();
            let seconds = info.time_base?.calc_duration(info.duration?)?;
            Some((seconds.as_secs_f64() * f64::from(reader.rate)) as u64)
        };
        // A position of −1 is none, and what starts late is not longer for that.
        let start = u64::try_from(track.start_ts.get()).map_or(0, |start| reader.frames(start));
        let is_length = |frames: &u64| i64::try_from(*frames).is_ok();
        let declared = track.num_frames.or(by_ticks).filter(is_length);
        let declared = declared.or_else(by_media).filter(|&frames| frames < MAX_FRAMES);
        // Containers other than MP3's count what is cut in front; edit lists are applied later.
        let counts_front = !is_mp3 && reader.edits.is_none();
        let in_front = reader.cuts.first().map_or(0, |cut| cut.end);
        let in_front = if counts_front { in_front } else { 0 };
        let declared = declared.map(|frames| frames.saturating_sub(start + in_front));
        let declared = container.fixed.declared.or(declared);
        reader.declared = declared.filter(|&frames| frames > 0);
        Ok(reader)
    }

    pub(super) fn check_format(&self, limits: &AudioLimits, origin: &str) -> Result<()> {
        limits.check_format(origin, self.rate, self.channels)
    }

    /// The decoder gives another rate than the container.
    pub(super) fn change_rate(&mut self, rate: u32) {
        let convert = |frames: u64| {
            let frames = u128::from(frames) * u128::from(rate) / u128::from(self.rate.max(1));
            u64::try_from(frames).unwrap_or(u64::MAX)
        };
        self.declared = self.declared.map(convert);
        self.timeline.change_rate(rate);
        self.rate = rate;
    }

    /// Cuts an MP4 track to the parts of its edit list, once its rate is known; what of the list
    /// could not be followed.
    pub(super) fn apply_edits(&mut self) -> Option<AudioNote> {
        let edits = self.edits.take()?;
        let total = self.declared.unwrap_or(u64::MAX);
        let parts = edits.parts.iter().map(|part| {
            let start = part.start.samples(self.rate);
            let end = part.length.map_or(u64::MAX, |length| {
                let end = start.saturating_add(length.samples(self.rate));
                // Movie ticks are coarser than samples: the last packet's own duration is exact.
                let is_total = total.abs_diff(end) <= length.samples_per_tick(self.rate);
                if is_total { u64::MAX } else { end }
            });
            (start, end)
        });
        let mut parts: Vec<(u64, u64)> = parts.collect();
        let is_ordered = parts.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        if !is_ordered {
            let start = parts.iter().map(|part| part.0).min().unwrap_or(0);
            let end = parts.iter().map(|part| part.1).max().unwrap_or(u64::MAX);
            parts = vec![(start, end)];
        }
        let starts = parts.iter().map(|part| part.0).chain([u64::MAX]);
        let ends = [0].into_iter().chain(parts.iter().map(|part| part.1));
        let cuts = ends.zip(starts).map(|(start, end)| Cut { start, end });
        self.cuts = cuts.filter(|cut| cut.start < cut.end).collect();
        let kept = |part: &(u64, u64)| part.1.min(total).saturating_sub(part.0.min(total));
        let kept: u64 = parts.iter().map(kept).sum();
        self.declared = self.declared.map(|_| kept).filter(|&frames| frames > 0);
        (!is_ordered || edits.has_pauses).then_some(AudioNote::EditList)
    }

    /// When the track starts after the others of an MP4 file, in seconds.
    pub(super) fn delay_s(&self) -> f64 {
        self.edits.as_ref().map_or(0.0, |edits| edits.delay.seconds())
    }

    /// What is known by now of sound that the decoder does not give.
    pub(super) fn note(&self) -> Option<AudioNote> {
        let HeAacExtensions { sbr, parametric_stereo } = self.he_aac;
        let note = AudioNote::HeAacCore { sample_rate: self.rate, parametric_stereo };
        sbr.then_some(note)
    }

    /// Ticks of the container in frames, rounded to the nearest.
    fn frames(&self, ticks: u64) -> u64 {
        let Some(base) = self.time_base else { return 0 };
        let denominator = u128::from(base.denom.get());
        let product = u128::from(ticks) * u128::from(base.numer.get()) * u128::from(self.rate);
        u64::try_from((product + denominator / 2) / denominator).unwrap_or(u64::MAX)
    }

    /// Where the packet's frames start, by the container's stamps.
    fn stamp(&self, packet: &Packet) -> Option<i64> {
        let ticks = packet.pts.get();
        let ticks = ticks.checked_add(i64::try_from(packet.trim_start.get()).ok()?)?;
        let frames = i64::try_from(self.frames(ticks.unsigned_abs())).ok()?;
        Some(if ticks < 0 { -frames } else { frames })
    }

    pub(super) fn decoded_format(&self) -> (u32, usize) {
        let buffer = self.decoder.last_decoded();
        (buffer.spec().rate(), buffer.num_planes())
    }

    /// Decodes a packet to mono.
    pub(super) fn decode(&mut self, packet: Packet) -> Result<Decoded, SymphoniaError> {
        // Some decoders make a whole packet of sound out of no bytes, and a few bytes of a file may
        // declare billions of such packets.
        if packet.data.is_empty() {
            return decode_error("a packet is empty");
        }
        let mut packet = packet;
        let bytes = packet.data.len() as u64;
        self.bytes += bytes;
        if self.coding != Coding::None {
            packet.data = self.coding.decode(packet.data)?;
        }
        if self.params.codec == CODEC_ID_AAC && self.sbr.finds(&packet.data) {
            self.he_aac.sbr = true;
        }
        #[cfg(feature = "opus")]
        if super::opus::is_header(&self.params, &packet.data) {
            return Ok(Decoded::default());
        }
        let mut samples = self.spare.pop().unwrap_or_default();
        match catch_decoder_panic(|| self.decoder.decode(&packet)) {
            Ok(buffer) => self.downmix.mix(&buffer, &mut samples),
            Err(error) if panicked(&error) => return Err(error),
            Err(error) => {
                let is_joined =
                    matches!(self.params.codec, CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3);
                let retried = if is_joined { self.retry(&packet, &mut samples) } else { None };
                retried.ok_or(error)?;
            }
        }
        // symphonia takes FLAC frames of another format for the end of the one before. Samples have
        // at most 33 bits, and a header is short.
        let most = 5 * samples.len() as u64 * self.decoded_format().1 as u64 + 1_024;
        self.bytes -= bytes.saturating_sub(most);
        if std::mem::take(&mut self.drops_first) {
            samples.clear();
        }
        Ok(Decoded { stamp: self.stamp(&packet), padding: 0, samples })
    }

    /// Tries a packet with a new decoder: symphonia's MP3 decoder keeps to the channels and rate
    /// that it saw first, and files that were joined may change them.
    fn retry(&mut self, packet: &Packet, samples: &mut Vec<f32>) -> Option<()> {
        let mut decoder = make_decoder(&self.params).ok()?;
        let before = self.decoder.last_decoded().spec().clone();
        let buffer = catch_decoder_panic(|| decoder.decode(packet)).ok()?;
        if *buffer.spec() == before || buffer.frames() == 0 {
            return None;
        }
        self.downmix.mix(&buffer, samples);
        self.decoder = decoder;
        Some(())
    }

    /// Takes back a buffer that is not needed any more.
    pub(super) fn recycle(&mut self, samples: Vec<f32>) {
        if self.spare.len() < MAX_SPARE {
            self.spare.push(samples);
        }
    }

    /// Says how much of the decoded frames is not played at either end: `trim` as symphonia has it.
    pub(super) fn trim(&mut self, decoded: &mut Decoded, trim: Trim) {
        let frames = decoded.samples.len();
        self.last_frames = frames as u64;
        if self.shortens == Shortens::Trim {
            // A codec has nothing to overlap with yet.
            decoded.samples.drain(..(trim.start as usize).min(frames));
        }
        let frames = decoded.samples.len();
        decoded.padding = match self.shortens {
            Shortens::Nothing => 0,
            Shortens::Trim => (trim.end as usize).min(frames),
            Shortens::Duration => frames.saturating_sub(self.frames(trim.duration) as usize),
        };
    }

    /// The frames of a packet that could not be decoded.
    pub(super) fn lost_frames(&self, duration: u64) -> u64 {
        match self.frames(duration) {
            0 => self.last_frames,
            frames => frames,
        }
    }

    /// Takes a piece out of the timeline, without what is not played; whether there is one.
    pub(super) fn pop(&mut self) -> Option<Piece> {
        let mut piece = self.timeline.pop()?;
        let first = self.clock;
        match &mut piece {
            Piece::Sound(samples) => {
                self.clock = self.clock.saturating_add(samples.len() as u64);
                remove(&self.cuts, first, samples);
            }
            Piece::Lost(frames, _) => {
                self.clock = self.clock.saturating_add(*frames);
                let overlap =
                    |cut: &Cut| cut.end.min(self.clock).saturating_sub(cut.start.max(first));
                *frames -= self.cuts.iter().map(overlap).sum::<u64>().min(*frames);
            }
        }
        Some(piece)
    }

    /// Whether nothing that is still to come is played.
    pub(super) fn is_over(&self) -> bool {
        self.cuts.last().is_some_and(|cut| cut.end == u64::MAX && cut.start <= self.clock)
    }

    /// Where the packet starts, in seconds by the container's stamps.
    pub(super) fn start_s(&self, packet: &Packet) -> Option<f64> {
        let base = self.time_base?;
        let ticks = packet.pts.get() as f64;
        Some(ticks * f64::from(base.numer.get()) / f64::from(base.denom.get()))
    }
}

/// What a packet says of its ends, in frames, and of its duration, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trim {
    start: u64,
    end: u64,
    pub(super) duration: u64,
}

impl Trim {
    pub(super) fn of(packet: &Packet) -> Self {
        Self {
            start: packet.trim_start.get(),
            end: packet.trim_end.get(),
            duration: packet.dur.get(),
        }
    }
}

fn make_decoder(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, SymphoniaError> {
    // The timeline decides what is cut.
    let options = AudioDecoderOptions::default().gapless(false);
    #[cfg(feature = "opus")]
    if super::opus::is_opus(params) {
        return Ok(Box::new(super::opus::OpusDecoder::new(params)?));
    }
    super::vorbis::check(params)?;
    catch_decoder_panic(|| symphonia::default::get_codecs().make_audio_decoder(params, &options))
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
