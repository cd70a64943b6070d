//! From a decoder's buffer to mono float32.
//!
//! Stereo is the mean of both channels. More channels are first brought to stereo as ITU-R BS.775-3
//! (annex 4) has it: the centre and the surrounds at −3 dB to both sides or their own, without the
//! low-frequency effects. A back centre goes to both sides at −6 dB. Channels whose positions are not
//! stored are taken to be in WAV's order up to 7.1, and have equal weight beyond.
//!
//! Channels in opposite phase cancel in the mean, a wiring fault or a trick of stereo wideners. Where
//! the mix is 20 dB under the loudest channel, that channel is taken alone.

use std::f32::consts::FRAC_1_SQRT_2;

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
/// A mean square below this (−90 dB) is noise that says nothing.
const AUDIBLE: f64 = 1e-9;
/// Energies are estimated from one sample in so many.
const STEP: usize = 7;

/// Mixes the channels of one track, packet by packet.
#[derive(Debug, Default)]
pub(super) struct Downmix {
    channels: Channels,
    weights: Vec<f32>,
    /// Energies of the channels and of the mix in the last second, roughly.
    energies: Vec<f64>,
    mix_energy: f64,
    frames: f64,
    /// The channel that is taken alone.
    alone: Option<usize>,
    /// The first that ever was.
    pub(super) first_alone: Option<usize>,
}

impl Downmix {
    /// Puts the mono samples of `buffer` into `out`.
    pub(super) fn mix(&mut self, buffer: &GenericAudioBufferRef<'_>, out: &mut Vec<f32>) {
        out.clear();
        if *buffer.spec().channels() != self.channels {
            let channels = buffer.spec().channels().clone();
            let first_alone = self.first_alone;
            let weights = weights(&channels);
            let energies = vec![0.0; weights.len()];
            *self = Self { channels, weights, energies, first_alone, ..Self::default() };
        }
        match buffer {
            GenericAudioBufferRef::U8(planes) => self.planes(planes, out),
            GenericAudioBufferRef::U16(planes) => self.planes(planes, out),
            GenericAudioBufferRef::U24(planes) => self.planes(planes, out),
            GenericAudioBufferRef::U32(planes) => self.planes(planes, out),
            GenericAudioBufferRef::S8(planes) => self.planes(planes, out),
            GenericAudioBufferRef::S16(planes) => self.planes(planes, out),
            GenericAudioBufferRef::S24(planes) => self.planes(planes, out),
            GenericAudioBufferRef::S32(planes) => self.planes(planes, out),
            GenericAudioBufferRef::F32(planes) => self.planes(planes, out),
            GenericAudioBufferRef::F64(planes) => self.planes(planes, out),
        }
    }

    fn planes<S: Sample>(&mut self, buffer: &AudioBuffer<S>, out: &mut Vec<f32>)
    where
        f32: FromSample<S>,
    {
        if let (2, Some((left, right))) = (buffer.num_planes(), buffer.plane_pair(0, 1)) {
            let pairs = left.iter().zip(right);
            out.extend(pairs.map(|(&l, &r)| (f32::from_sample(l) + f32::from_sample(r)) * 0.5));
        } else {
            let mut planes = buffer.iter_planes().zip(&self.weights).filter(|(_, w)| **w != 0.0);
            let Some((first, &weight)) = planes.next() else { return };
            out.extend(first.iter().map(|&x| f32::from_sample(x) * weight));
            for (plane, &weight) in planes {
                let sums = out.iter_mut().zip(plane);
                sums.for_each(|(sum, &x)| *sum += f32::from_sample(x) * weight);
            }
        }
        if buffer.num_planes() > 1 {
            self.measure(buffer, out);
            if let Some(plane) = self.alone.and_then(|channel| buffer.plane(channel)) {
                out.clear();
                out.extend(plane.iter().map(|&x| f32::from_sample(x)));
            }
        }
    }

    /// Compares the mix with the channels, and decides whether one is taken alone.
    fn measure<S: Sample>(&mut self, buffer: &AudioBuffer<S>, mix: &[f32])
    where
        f32: FromSample<S>,
    {
        // Half of what was before a second ago is forgotten.
        let second = f64::from(buffer.spec().rate().max(1));
        let kept = 0.5_f64.powf(mix.len() as f64 / second);
        self.frames = self.frames * kept + (mix.len() / STEP) as f64;
        self.mix_energy = self.mix_energy * kept + energy::<f32>(mix);
        let planes = buffer.iter_planes().zip(&mut self.energies).zip(&self.weights);
        for ((plane, sum), _) in planes.filter(|(_, weight)| **weight != 0.0) {
            *sum = *sum * kept + energy(plane);
        }
        let loudest = self.energies.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1));
        let Some((channel, &loudest)) = loudest else { return };
        if loudest < AUDIBLE * self.frames {
            return;
        }
        if self.mix_energy < CANCELLED * loudest {
            self.first_alone.get_or_insert(channel);
            self.alone.get_or_insert(channel);
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

/// The mean of `channels` channels that lie frame by frame. An incomplete frame is dropped.
pub(crate) fn interleaved(samples: &[f32], channels: usize) -> impl Iterator<Item = f32> {
    let scale = 1.0 / channels as f32;
    samples.chunks_exact(channels).map(move |frame| frame.iter().sum::<f32>() * scale)
}

/// Sets samples that are infinite or NaN to 0 and bounds the rest; whether there were any.
pub(crate) fn remove_non_finite(samples: &mut [f32]) -> bool {
    // One pass that the compiler can vectorise tells whether there is work at all.
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
