//! From a decoder's buffer to mono float32.

use symphonia::core::audio::conv::FromSample;
use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

/// Samples beyond this (48 dB over full scale) can only be a mistake, and would overflow later.
const LOUDEST: f32 = 256.0;

/// Puts the mean of all channels into `out`.
pub(super) fn mix(buffer: &GenericAudioBufferRef<'_>, out: &mut Vec<f32>) {
    out.clear();
    match buffer {
        GenericAudioBufferRef::U8(planes) => mean(planes, out),
        GenericAudioBufferRef::U16(planes) => mean(planes, out),
        GenericAudioBufferRef::U24(planes) => mean(planes, out),
        GenericAudioBufferRef::U32(planes) => mean(planes, out),
        GenericAudioBufferRef::S8(planes) => mean(planes, out),
        GenericAudioBufferRef::S16(planes) => mean(planes, out),
        GenericAudioBufferRef::S24(planes) => mean(planes, out),
        GenericAudioBufferRef::S32(planes) => mean(planes, out),
        GenericAudioBufferRef::F32(planes) => mean(planes, out),
        GenericAudioBufferRef::F64(planes) => mean(planes, out),
    }
}

fn mean<S: Sample>(buffer: &AudioBuffer<S>, out: &mut Vec<f32>)
where
    f32: FromSample<S>,
{
    if let (2, Some((left, right))) = (buffer.num_planes(), buffer.plane_pair(0, 1)) {
        let pairs = left.iter().zip(right);
        out.extend(pairs.map(|(&l, &r)| (f32::from_sample(l) + f32::from_sample(r)) * 0.5));
        return;
    }
    let mut planes = buffer.iter_planes();
    let Some(first) = planes.next() else { return };
    out.extend(first.iter().map(|&x| f32::from_sample(x)));
    for plane in planes {
        out.iter_mut().zip(plane).for_each(|(sum, &x)| *sum += f32::from_sample(x));
    }
    if buffer.num_planes() > 1 {
        let scale = 1.0 / buffer.num_planes() as f32;
        out.iter_mut().for_each(|sum| *sum *= scale);
    }
}

/// The mean of `channels` channels that lie frame by frame. What is no whole frame is left out.
pub(crate) fn interleaved(samples: &[f32], channels: usize) -> impl Iterator<Item = f32> {
    let scale = 1.0 / channels as f32;
    samples.chunks_exact(channels).map(move |frame| frame.iter().sum::<f32>() * scale)
}

/// Makes what is not a number 0 and bounds the rest; says whether there was something to mend.
pub(crate) fn mend(samples: &mut [f32]) -> bool {
    // One pass that the compiler can vectorise tells whether there is work at all.
    let bad = |x: &f32| x.is_nan() | (x.abs() > LOUDEST);
    if samples.iter().map(|x| u32::from(bad(x))).sum::<u32>() == 0 {
        return false;
    }
    let mut mended = false;
    for sample in samples {
        if !sample.is_finite() {
            *sample = 0.0;
            mended = true;
        }
        *sample = sample.clamp(-LOUDEST, LOUDEST);
    }
    mended
}
