//! Speech over music: as it is, or cut into syllables that fall on the beat, as rap is.

use crate::library::Speech;
use crate::rng::Rng;
use crate::sampler::resample;
use crate::score::Score;
use anyhow::Result;

const RATE: u32 = 16_000;

/// Speech from somewhere in the recording: mono at `rate`.
pub fn speak(speech: &Speech, rate: u32, seconds: f32, rng: &mut Rng) -> Result<Vec<f32>> {
    let length = (seconds * RATE as f32) as usize;
    let start = rng.index(speech.samples.len());
    let samples: Vec<f32> =
        speech.samples.iter().cycle().skip(start).take(length).copied().collect();
    fit(resample(&samples, RATE, rate)?, rate, seconds)
}

/// The syllables of the recording on the beats' halves or quarters: mono at `rate`, the first
/// `seconds` after `from`.
pub fn rap(
    score: &Score,
    speech: &Speech,
    rate: u32,
    from: f32,
    seconds: f32,
    rng: &mut Rng,
) -> Result<Vec<f32>> {
    let beat = score.seconds_per_beat();
    // Five or six syllables a second at most.
    let step = [0.25, 0.5, 1.0].into_iter().map(|part| part * beat).find(|&step| step > 0.17);
    let step = step.unwrap_or(beat);
    let syllables = syllables(&speech.samples);
    let mut next = rng.index(syllables.len().max(1));
    let mut out = vec![0f32; (seconds * RATE as f32) as usize];
    let first = (from / step).ceil() as usize;
    for slot in first.. {
        let at = ((slot as f32 * step - from) * RATE as f32) as usize;
        if at >= out.len() || syllables.is_empty() {
            break;
        }
        // A rest at the end of a line, and now and then elsewhere.
        if slot % 16 == 15 || rng.chance(0.12) {
            continue;
        }
        let (start, end) = syllables[next % syllables.len()];
        next += 1;
        let longest = (1.3 * step * RATE as f32) as usize;
        let syllable = &speech.samples[start..end.min(start + longest)];
        let fade = 320.min(syllable.len() / 2).max(1);
        for (i, sample) in syllable.iter().enumerate() {
            let left = syllable.len() - i;
            let gain = (i.min(left) as f32 / fade as f32).min(1.0);
            if let Some(out) = out.get_mut(at + i) {
                *out += gain * sample;
            }
        }
    }
    fit(resample(&out, RATE, rate)?, rate, seconds)
}

fn fit(mut samples: Vec<f32>, rate: u32, seconds: f32) -> Result<Vec<f32>> {
    samples.resize((seconds * rate as f32) as usize, 0.0);
    Ok(samples)
}

/// Where syllables begin and end: between dips of the loudness.
fn syllables(samples: &[f32]) -> Vec<(usize, usize)> {
    const BLOCK: usize = 160;
    let mut loudness: Vec<f32> = samples
        .chunks(BLOCK)
        .map(|block| block.iter().map(|x| x * x).sum::<f32>().sqrt())
        .collect();
    for _ in 0..3 {
        let smooth: Vec<f32> =
            loudness.windows(3).map(|w| 0.25 * w[0] + 0.5 * w[1] + 0.25 * w[2]).collect();
        loudness[1..1 + smooth.len()].copy_from_slice(&smooth);
    }
    let peak = loudness.iter().fold(0f32, |peak, &x| peak.max(x));
    let dips: Vec<usize> = (1..loudness.len().saturating_sub(1))
        .filter(|&i| loudness[i] <= loudness[i - 1] && loudness[i] < loudness[i + 1])
        .collect();
    dips.windows(2)
        .filter(|pair| {
            let loudest = loudness[pair[0]..pair[1]].iter().fold(0f32, |peak, &x| peak.max(x));
            loudest > 0.15 * peak && pair[1] - pair[0] >= 6
        })
        .map(|pair| (pair[0] * BLOCK, (pair[1] * BLOCK).min(samples.len())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_the_bursts_between_pauses() {
        // Five bursts a second.
        let samples: Vec<f32> = (0..32_000)
            .map(|n| {
                let swell = (n as f32 * std::f32::consts::PI * 5.0 / 16_000.0).sin().abs();
                swell.powi(2) * (n as f32 * 0.3).sin()
            })
            .collect();
        let found = syllables(&samples);
        assert!((8..=10).contains(&found.len()), "{found:?}");
        assert!(found.iter().all(|(start, end)| (2_400..4_200).contains(&(end - start))));
    }
}
