//! Augmentation of log-mel spectrograms that keeps their captions true.

use crate::rng::Rng;
use musicap::audio::AudioConfig;

/// The level of silence in decibels.
const SILENCE_DB: f32 = -100.0;
/// Largest change of the level.
const GAIN_DB: f32 = 6.0;
/// Largest circular shift in time.
const SHIFT_S: f32 = 0.5;
/// Largest masks as fractions of the bands and of the frames (SpecAugment, Park et al. 2019).
const BAND_MASK: f32 = 0.1;
const TIME_MASK: f32 = 0.05;

/// Changes the level of `decibels` `[n_mels, frames]`, shifts it in time and masks a few bands and
/// frames.
///
/// Gain and shift are equivalent to changing the audio: a gain is an addition in decibels, and a shift
/// by whole hops moves columns.
pub fn augment(decibels: &mut [f32], frames: usize, config: &AudioConfig, rng: &mut Rng) {
    let gain = rng.between(-GAIN_DB, GAIN_DB);
    for cell in decibels.iter_mut().filter(|cell| **cell > SILENCE_DB) {
        *cell = (*cell + gain).max(SILENCE_DB);
    }
    let hops = (SHIFT_S * config.sample_rate as f32 / config.hop_length as f32) as i32;
    let shift = rng.int(-hops, hops).rem_euclid(frames as i32) as usize;
    let mean = decibels.iter().sum::<f32>() / decibels.len() as f32;
    let (first_band, bands) = random_span(decibels.len() / frames, BAND_MASK, rng);
    let (first_frame, masked) = random_span(frames, TIME_MASK, rng);
    for (band, row) in decibels.chunks_exact_mut(frames).enumerate() {
        row.rotate_right(shift);
        if (first_band..first_band + bands).contains(&band) {
            row.fill(mean);
        }
        row[first_frame..first_frame + masked].fill(mean);
    }
}

/// A random span of at most `share` of `length`: its start and its length.
fn random_span(length: usize, share: f32, rng: &mut Rng) -> (usize, usize) {
    let count = rng.index((length as f32 * share) as usize + 1);
    (rng.index(length - count + 1), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    use musicap::audio::{LogMel, Power};

    #[test]
    fn an_augmented_spectrogram_is_that_of_louder_and_later_audio() {
        let config = AudioConfig::default().with(|config| config.power = Power::Squared);
        let log_mel = LogMel::new(&config).unwrap();
        let noise: Vec<f32> = {
            let mut rng = Rng::new(1, 0, Purpose::Tune);
            (0..config.chunk_samples()).map(|_| rng.between(-0.1, 0.1)).collect()
        };
        let frames = config.frames();
        let mut augmented: Vec<f32> = log_mel.compute(&noise).into_iter().collect();
        let rng = || Rng::new(2, 0, Purpose::Tune);
        augment(&mut augmented, frames, &config, &mut rng());

        let mut rng = rng();
        let gain = 10f32.powf(rng.between(-GAIN_DB, GAIN_DB) / 20.0);
        let shift = rng.int(-50, 50).rem_euclid(1001);
        // Circular over 1001 hops, as the columns are.
        let mut audio = noise;
        audio.resize(1001 * 160, 0.0);
        audio.rotate_right(shift as usize * 160);
        audio.iter_mut().for_each(|sample| *sample *= gain);
        audio.truncate(config.chunk_samples());
        let expected: Vec<f32> = log_mel.compute(&audio).into_iter().collect();
        let equal = augmented.iter().zip(&expected).filter(|(a, b)| (*a - *b).abs() < 0.01).count();
        // Except in the masks and where the shift wraps around.
        assert!(equal as f32 > 0.83 * augmented.len() as f32, "{equal} of {}", augmented.len());
    }
}
