//! Light changes to a log-mel spectrogram under which its caption stays true.

use crate::dice::Dice;
use musicap::audio::AudioConfig;

/// What the front end writes for silence, in decibels.
const SILENCE_DB: f32 = -100.0;
/// Louder or softer by at most this.
const GAIN_DB: f32 = 6.0;
/// Earlier or later by at most this; what leaves at one end comes in at the other.
const SHIFT_S: f32 = 0.5;
/// Widest masks, as shares of the bands and of the frames (SpecAugment, Park et al. 2019).
const BAND_MASK: f32 = 0.1;
const TIME_MASK: f32 = 0.05;

/// Changes level and start of `decibels` `[n_mels, frames]` and masks a few bands and frames.
///
/// All of it is what the front end would make of sound so changed: a gain is added in decibels,
/// and a shift by whole hops moves columns.
pub fn vary(decibels: &mut [f32], frames: usize, config: &AudioConfig, dice: &mut Dice) {
    let gain = dice.between(-GAIN_DB, GAIN_DB);
    for cell in decibels.iter_mut().filter(|cell| **cell > SILENCE_DB) {
        *cell = (*cell + gain).max(SILENCE_DB);
    }
    let hops = (SHIFT_S * config.sample_rate as f32 / config.hop_length as f32) as i32;
    let shift = dice.int(-hops, hops).rem_euclid(frames as i32) as usize;
    let mean = decibels.iter().sum::<f32>() / decibels.len() as f32;
    let (first_band, bands) = stretch(decibels.len() / frames, BAND_MASK, dice);
    let (first_frame, masked) = stretch(frames, TIME_MASK, dice);
    for (band, row) in decibels.chunks_exact_mut(frames).enumerate() {
        row.rotate_right(shift);
        if (first_band..first_band + bands).contains(&band) {
            row.fill(mean);
        }
        row[first_frame..first_frame + masked].fill(mean);
    }
}

/// A random stretch of at most `share` of `length`: its first place and how many.
fn stretch(length: usize, share: f32, dice: &mut Dice) -> (usize, usize) {
    let count = dice.index((length as f32 * share) as usize + 1);
    (dice.index(length - count + 1), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Purpose;
    use musicap::audio::{LogMel, Power};

    #[test]
    fn a_varied_spectrogram_is_that_of_sound_louder_and_later() {
        let config = AudioConfig { power: Power::Magnitude, ..AudioConfig::default() };
        let log_mel = LogMel::new(&config).unwrap();
        let noise: Vec<f32> = {
            let mut dice = Dice::new(1, 0, Purpose::Tune);
            (0..config.chunk_samples()).map(|_| dice.between(-0.1, 0.1)).collect()
        };
        let frames = config.frames();
        let mut varied: Vec<f32> = log_mel.compute(&noise).into_iter().collect();
        let dice = || Dice::new(2, 0, Purpose::Tune);
        vary(&mut varied, frames, &config, &mut dice());

        let mut dice = dice();
        let gain = 10f32.powf(dice.between(-GAIN_DB, GAIN_DB) / 20.0);
        let shift = dice.int(-50, 50).rem_euclid(1001);
        // A circle of 1001 hops, as the columns are.
        let mut sound = noise;
        sound.resize(1001 * 160, 0.0);
        sound.rotate_right(shift as usize * 160);
        sound.iter_mut().for_each(|sample| *sample *= gain);
        sound.truncate(config.chunk_samples());
        let expected: Vec<f32> = log_mel.compute(&sound).into_iter().collect();
        let alike = varied.iter().zip(&expected).filter(|(a, b)| (*a - *b).abs() < 0.01).count();
        // The masks and the seam of the circle differ.
        assert!(alike as f32 > 0.83 * varied.len() as f32, "{alike} of {}", varied.len());
    }
}
