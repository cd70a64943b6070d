//! From a decoder's buffer to mono float32.
//!
//! Stereo is the mean of both channels. More channels are first brought to stereo as ITU-R BS.775-3
//! (annex 4) has it: the centre and the surrounds at −3 dB to both sides or their own, without the
//! low-frequency effects. A back centre goes to both sides at −6 dB. Channels whose positions are not
//! stored are taken to be in WAV's order up to 7.1, and have equal weight beyond.
//!
//! Channels in opposite phase cancel in the mean, a wiring fault or a trick of stereo wideners. Where
//! the mix is 20 dB under the loudest channel, that channel is taken alone.
//!
//! Files, samples in memory and live streams are all mixed here.

use std::f32::consts::FRAC_1_SQRT_2;

use super::AudioNote;
use super::r128::LoudnessTap;
use symphonia::core::audio::conv::FromSample;
use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{
    Audio, AudioBuffer, Channels, GenericAudioBufferRef, Position, layouts,
};

/// Samples beyond this (48 dB over full scale) can only be a mistake, and would overflow later.
const LOUDEST: f32 = 256.0;
/// The mix's part of the loudest channel's energy below which that channel is taken alone (−20 dB),
/// and above which the mix is taken again (−14 dB).
const CANCELLED: f64 = 0.01;
const RESTORED: f64 = 0.04;
/// A mean square below this (−70 dB) says nothing: there, a mix of 16 bits is its rounding.
const AUDIBLE: f64 = 1e-7;
/// Less sound than this, in seconds, says nothing either.
const MIN_SECONDS: f64 = 0.01;
/// Energies are estimated from one sample in so many.
const STEP: usize = 7;

/// Frames of samples in memory that are mixed at a time.
const PIECE: usize = 4_096;

/// Mixes the channels of one recording to mono, piece by piece: stereo is the mean, more channels are
/// downmixed by ITU-R BS.775-3, and of channels in opposite phase, which would cancel, one is taken.
///
/// ```
/// use musicap::audio::Downmix;
///
/// let (left, right) = (vec![0.5; 4_000], vec![-0.5; 4_000]);
/// let (mut downmix, mut mono) = (Downmix::of_channels(2), Vec::new());
/// downmix.mix_planes(16_000, &[&left, &right], &mut mono);
/// assert_eq!(mono, left);
/// assert!(downmix.take_note().unwrap().to_string().contains("opposite phase"));
/// ```
#[derive(Debug, Default)]
pub struct Downmix {
    channels: Channels,
    ignores_positions: bool,
    weights: Vec<f32>,
    /// Energies of the channels and of the mix in the last second, roughly.
    energies: Vec<f64>,
    mix_energy: f64,
    frames: f64,
    /// The channel that is taken alone.
    alone: Option<usize>,
    /// The one that was taken last, and whether that is still to be said.
    last_alone: Option<usize>,
    new_alone: Option<usize>,
    pub(super) loudness: LoudnessTap,
}

impl Downmix {
    /// Puts the mono samples of `buffer` into `out`.
    pub(super) fn mix(&mut self, buffer: &GenericAudioBufferRef<'_>, out: &mut Vec<f32>) {
        out.clear();
        let stored = buffer.spec().channels();
        let channels = match self.ignores_positions {
            true => Channels::Discrete(u16::try_from(stored.count()).unwrap_or(u16::MAX)),
            false => stored.clone(),
        };
        if channels != self.channels {
            let (new_alone, ignores_positions) = (self.new_alone, self.ignores_positions);
            let weights = weights(&channels);
            let energies = vec![0.0; weights.len()];
            let ours = Self { channels, weights, energies, ..Self::default() };
            let loudness = std::mem::take(&mut self.loudness);
            *self = Self { new_alone, ignores_positions, loudness, ..ours };
        }
        match buffer {
            GenericAudioBufferRef::U8(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::U16(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::U24(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::U32(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::S8(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::S16(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::S24(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::S32(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::F32(buffer) => self.buffer(buffer, out),
            GenericAudioBufferRef::F64(buffer) => self.buffer(buffer, out),
        }
    }

    fn buffer<S: Sample>(&mut self, buffer: &AudioBuffer<S>, out: &mut Vec<f32>)
    where
        f32: FromSample<S>,
    {
        let planes: Vec<&[S]> = buffer.iter_planes().collect();
        if self.loudness.is_on() {
            let finite = |&x: &S| Some(f32::from_sample(x)).filter(|x| x.is_finite());
            let plane = |plane: &&[S]| plane.iter().map(|x| finite(x).unwrap_or(0.0)).collect();
            self.loudness.push(buffer.spec().rate(), planes.iter().map(plane).collect());
        }
        self.planes(buffer.spec().rate(), &planes, out);
    }

    /// For a file that stores no positions, whatever its reader takes them for.
    pub(super) fn without_positions() -> Self {
        Self { ignores_positions: true, ..Self::default() }
    }

    /// For so many channels that come without positions: in WAV's order, as in a file.
    pub fn of_channels(count: usize) -> Self {
        let channels = Channels::Discrete(u16::try_from(count).unwrap_or(u16::MAX));
        let weights = weights(&channels);
        Self { energies: vec![0.0; weights.len()], channels, weights, ..Self::default() }
    }

    /// That one of the channels has been taken alone since the last call, said once for each channel.
    pub fn take_note(&mut self) -> Option<AudioNote> {
        self.new_alone.take().map(|channel| AudioNote::OppositePhase { channel: channel + 1 })
    }

    /// Appends the mono samples of channels of equal length to `out`. `rate` is in hertz.
    pub fn mix_planes(&mut self, rate: u32, planes: &[&[f32]], out: &mut Vec<f32>) {
        // In pieces as long as packets.
        let frames = planes.first().map_or(0, |plane| plane.len());
        let mut mixed = Vec::new();
        for start in (0..frames).step_by(PIECE) {
            let end = frames.min(start + PIECE);
            let planes: Vec<&[f32]> = planes.iter().map(|plane| &plane[start..end]).collect();
            mixed.clear();
            self.planes(rate, &planes, &mut mixed);
            out.extend_from_slice(&mixed);
        }
    }

    /// The same for channels that lie frame by frame. An incomplete frame is dropped.
    pub fn mix_interleaved(&mut self, rate: u32, samples: &[f32], out: &mut Vec<f32>) {
        let channels = self.weights.len().max(1);
        let mut planes = vec![Vec::new(); channels];
        for samples in samples.chunks(PIECE * channels) {
            for (channel, plane) in planes.iter_mut().enumerate() {
                plane.clear();
                plane.extend(samples.chunks_exact(channels).map(|frame| frame[channel]));
            }
            let planes: Vec<&[f32]> = planes.iter().map(|plane| &plane[..]).collect();
            self.mix_planes(rate, &planes, out);
        }
    }

    fn planes<S: Sample>(&mut self, rate: u32, planes: &[&[S]], out: &mut Vec<f32>)
    where
        f32: FromSample<S>,
    {
        if let [left, right] = planes {
            let pairs = left.iter().zip(*right);
            out.extend(pairs.map(|(&l, &r)| (f32::from_sample(l) + f32::from_sample(r)) * 0.5));
        } else {
            let mut weighted = planes.iter().zip(&self.weights).filter(|(_, w)| **w != 0.0);
            let Some((first, &weight)) = weighted.next() else { return };
            out.extend(first.iter().map(|&x| f32::from_sample(x) * weight));
            for (plane, &weight) in weighted {
                let sums = out.iter_mut().zip(*plane);
                sums.for_each(|(sum, &x)| *sum += f32::from_sample(x) * weight);
            }
        }
        if planes.len() > 1 {
            self.measure(rate, planes, out);
            if let Some(plane) = self.alone.and_then(|channel| planes.get(channel)) {
                out.clear();
                out.extend(plane.iter().map(|&x| f32::from_sample(x)));
            }
        }
    }

    /// Compares the mix with the channels, and decides whether one is taken alone.
    fn measure<S: Sample>(&mut self, rate: u32, planes: &[&[S]], mix: &[f32])
    where
        f32: FromSample<S>,
    {
        // Half of what was before a second ago is forgotten.
        let second = f64::from(rate.max(1));
        let kept = 0.5_f64.powf(mix.len() as f64 / second);
        self.frames = self.frames * kept + (mix.len() / STEP) as f64;
        self.mix_energy = self.mix_energy * kept + energy::<f32>(mix);
        let planes = planes.iter().zip(&mut self.energies).zip(&self.weights);
        for ((plane, sum), _) in planes.filter(|(_, weight)| **weight != 0.0) {
            *sum = *sum * kept + energy(plane);
        }
        let loudest = self.energies.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1));
        let Some((channel, &loudest)) = loudest else { return };
        // Channels in opposite phase are as loud as each other: the same one is taken again.
        let before = self.last_alone.filter(|&before| self.energies[before] > 0.5 * loudest);
        let channel = before.unwrap_or(channel);
        let is_short = self.frames * (STEP as f64) < MIN_SECONDS * second;
        if is_short || loudest < AUDIBLE * self.frames {
            return;
        }
        if self.mix_energy < CANCELLED * loudest {
            if self.alone.is_none() {
                self.new_alone = Some(channel).filter(|_| self.last_alone != Some(channel));
                (self.alone, self.last_alone) = (Some(channel), Some(channel));
            }
        } else if self.mix_energy > RESTORED * loudest {
            self.alone = None;
        }
    }
}

/// The sum of squares of every [`STEP`]th sample.
fn energy<S: Copy>(samples: &[S]) -> f64
where
    f32: FromSample<S>,
{
    let square = |&x: &S| {
        let x = f32::from_sample(x);
        x * x
    };
    let sum: f32 = samples.iter().step_by(STEP).map(square).sum();
    // What is not finite is dealt with later, and decides nothing here.
    if sum.is_finite() { f64::from(sum) } else { 0.0 }
}

/// Each channel's part of the mono mix.
fn weights(channels: &Channels) -> Vec<f32> {
    let count = channels.count();
    let positions = match channels {
        Channels::Positioned(positions) => Some(*positions),
        Channels::Discrete(count) => usual_positions(*count),
        _ => None,
    };
    match channels {
        _ if count > 2 && positions.is_some() => {
            positions.into_iter().flat_map(|positions| positions.iter()).map(weight).collect()
        }
        // The omnidirectional component comes first.
        Channels::Ambisonic(_) => (0..count).map(|n| if n == 0 { 1.0 } else { 0.0 }).collect(),
        _ => vec![1.0 / count.max(1) as f32; count],
    }
}

/// The layout of so many channels where a file does not say: that of WAV and FLAC.
fn usual_positions(count: u16) -> Option<Position> {
    let layout = match count {
        3 => layouts::CHANNEL_LAYOUT_3P0,
        4 => layouts::CHANNEL_LAYOUT_4P0_QUAD,
        5 => layouts::CHANNEL_LAYOUT_5P0,
        6 => layouts::CHANNEL_LAYOUT_5P1,
        7 => layouts::CHANNEL_LAYOUT_6P1,
        8 => layouts::CHANNEL_LAYOUT_7P1,
        _ => return None,
    };
    match layout {
        Channels::Positioned(positions) => Some(positions),
        _ => None,
    }
}

/// Half of what a position gives to the left of BS.775's stereo, plus half of what it gives to the
/// right.
fn weight(position: Position) -> f32 {
    const SIDE: f32 = 0.5;
    let lfe = Position::LFE1 | Position::LFE2;
    let both = Position::FRONT_CENTER
        | Position::TOP_CENTER
        | Position::TOP_FRONT_CENTER
        | Position::BOTTOM_FRONT_CENTER;
    let back_center = Position::REAR_CENTER | Position::TOP_REAR_CENTER;
    let front = Position::FRONT_LEFT
        | Position::FRONT_RIGHT
        | Position::FRONT_LEFT_CENTER
        | Position::FRONT_RIGHT_CENTER
        | Position::FRONT_LEFT_WIDE
        | Position::FRONT_RIGHT_WIDE;
    match position {
        _ if lfe.contains(position) => 0.0,
        _ if both.contains(position) => FRAC_1_SQRT_2,
        _ if back_center.contains(position) => FRAC_1_SQRT_2 * FRAC_1_SQRT_2,
        _ if front.contains(position) => SIDE,
        _ => SIDE * FRAC_1_SQRT_2,
    }
}

/// Sets samples that are infinite or NaN to 0 and bounds the rest; whether there were any.
pub(crate) fn remove_non_finite(samples: &mut [f32]) -> bool {
    // A first pass, which the compiler vectorises, shows whether anything has to be changed.
    let bad = |x: &f32| x.is_nan() | (x.abs() > LOUDEST);
    if samples.iter().map(|x| u32::from(bad(x))).sum::<u32>() == 0 {
        return false;
    }
    let mut found = false;
    for sample in samples {
        if !sample.is_finite() {
            *sample = 0.0;
            found = true;
        }
        *sample = sample.clamp(-LOUDEST, LOUDEST);
    }
    found
}
