//! Resampling held to sines whose exact values are known at every output time.

use std::f64::consts::TAU;

use musicap::audio::Resampler;

const OUT: u32 = 16_000;
/// Rates in common use, and some that no device should have.
const COMMON: [u32; 10] =
    [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000];
const ODD: [u32; 6] = [44_056, 12_345, 44_101, 47_999, 15_999, 191_999];

fn sine(rate: u32, hz: f64, phase: f64, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate) + phase).sin()) as f32)
        .collect()
}

fn resample(from: u32, to: u32, input: &[f32]) -> Vec<f32> {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut out = Vec::new();
    resampler.process(input, &mut out);
    resampler.finish(&mut out);
    out
}

/// Amplitude relative to 0.5, and delay in output samples, of a sine of `hz` in `out`'s middle.
fn fit(out: &[f32], rate: u32, hz: f64, phase: f64) -> (f64, f64) {
    // A Hann window keeps other frequencies' leakage out of the fit.
    let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
    let (from, to) = (out.len() / 4, out.len() * 3 / 4);
    for (n, &value) in out.iter().enumerate().take(to).skip(from) {
        let hann = 1.0 - (TAU * (n - from) as f64 / (to - from) as f64).cos();
        let angle = TAU * hz * n as f64 / f64::from(rate) + phase;
        re += hann * f64::from(value) * angle.sin();
        im += hann * f64::from(value) * angle.cos();
        weight += hann;
    }
    let amplitude = 2.0 * re.hypot(im) / weight / 0.5;
    let delay = -im.atan2(re) / (TAU * hz / f64::from(rate));
    (amplitude, delay)
}

fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.log10()
}

#[test]
fn sines_keep_amplitude_and_time_at_every_rate() {
    for from in COMMON.into_iter().chain(ODD) {
        let nyquist = f64::from(from.min(OUT)) / 2.0;
        for share in [0.0101, 0.05, 0.2371, 0.5, 0.7, 0.9, 0.95] {
            let hz = nyquist * share;
            let out = resample(from, OUT, &sine(from, hz, 0.7, 3 * from as usize));
            let (amplitude, delay) = fit(&out, OUT, hz, 0.7);
            let error_db = decibels(amplitude);
            eprintln!("{from:6} Hz, sine {hz:7.1} Hz: {error_db:+.5} dB, {delay:+.6} samples");
            assert!(error_db.abs() < 0.1, "{from} Hz, sine {hz} Hz: {error_db} dB off");
            assert!(delay.abs() < 0.05, "{from} Hz, sine {hz} Hz: {delay} samples late");
        }
    }
}

#[test]
fn samples_away_from_the_ends_lie_on_the_sine() {
    for from in COMMON.into_iter().chain(ODD) {
        let hz = 997.0;
        let out = resample(from, OUT, &sine(from, hz, 0.0, 2 * from as usize));
        let truth = sine(OUT, hz, 0.0, out.len());
        // The filter is at most 0.4 s long.
        let worst =
            (6_400..out.len() - 6_400).map(|n| (out[n] - truth[n]).abs()).fold(0.0, f32::max);
        eprintln!("{from:6} Hz: worst sample {:.1} dB", decibels(f64::from(worst) / 0.5));
        assert!(worst < 5e-5, "{from} Hz: a sample is {worst} off");
    }
}

#[test]
fn sound_above_the_new_nyquist_is_80_db_down() {
    for from in COMMON.into_iter().chain(ODD).filter(|&from| from > OUT + 1_000) {
        for above in [8_001.0, 8_050.0, 8_400.0, 9_000.0, 10_900.0, 15_900.0, 21_000.0] {
            if above >= f64::from(from) / 2.0 {
                continue;
            }
            let out = resample(from, OUT, &sine(from, above, 0.3, 2 * from as usize));
            let middle = &out[out.len() / 4..out.len() * 3 / 4];
            let peak = f64::from(middle.iter().fold(0.0_f32, |peak, x| peak.max(x.abs())));
            let rejection = decibels(peak / 0.5);
            eprintln!("{from:6} Hz, {above:7.1} Hz: {rejection:.1} dB");
            assert!(rejection < -80.0, "{from} Hz: {above} Hz comes through at {rejection} dB");
        }
    }
}

#[test]
fn images_of_a_low_rate_are_80_db_down() {
    for from in [8_000, 11_025, 12_345] {
        let hz = f64::from(from) * 0.4;
        let out = resample(from, OUT, &sine(from, hz, 0.0, 3 * from as usize));
        let image = f64::from(from) - hz;
        let (amplitude, _) = fit(&out, OUT, image, 0.0);
        assert!(decibels(amplitude) < -80.0, "{from} Hz: image at {} dB", decibels(amplitude));
    }
}

#[test]
fn length_is_the_number_of_output_times_before_the_end() {
    for from in COMMON.into_iter().chain(ODD).chain([16_000]) {
        for samples in [0_usize, 1, 2, 3, 159, 160, 161, 1_023, 4_410, 44_101, 100_003] {
            let out = resample(from, OUT, &vec![0.25; samples]);
            // k / 16000 < samples / from
            let expected = (0..).find(|k| k * u64::from(from) >= samples as u64 * u64::from(OUT));
            assert_eq!(out.len() as u64, expected.unwrap(), "{samples} samples at {from} Hz");
        }
    }
}

#[test]
fn any_split_of_the_input_gives_the_same_output() {
    for from in [8_000, 11_025, 44_100, 48_000, 12_345, 44_101, 16_000] {
        let input: Vec<f32> = sine(from, 440.0, 0.0, from as usize + 77);
        let whole = resample(from, OUT, &input);
        for size in [1, 7, 441, 1_000, 5_000] {
            let mut resampler = Resampler::new(from, OUT).unwrap();
            let mut out = Vec::new();
            for block in input.chunks(size) {
                resampler.process(block, &mut out);
            }
            resampler.finish(&mut out);
            assert!(out == whole, "{from} Hz in blocks of {size} differs");
        }
    }
}

#[test]
fn a_finished_resampler_starts_anew() {
    for from in [44_100, 44_101] {
        let mut resampler = Resampler::new(from, OUT).unwrap();
        let input = sine(from, 440.0, 0.0, 50_000);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for out in [&mut first, &mut second] {
            resampler.process(&input, out);
            resampler.finish(out);
        }
        assert!(first == second, "{from} Hz");
    }
}

#[test]
fn equal_rates_pass_through_unchanged() {
    let input = sine(OUT, 440.0, 0.1, 12_345);
    assert_eq!(resample(OUT, OUT, &input), input);
}

#[test]
fn silence_stays_silence_and_a_constant_stays_itself() {
    for from in COMMON.into_iter().chain(ODD) {
        let input = vec![0.5; 2 * from as usize];
        let out = resample(from, OUT, &input);
        let middle = out[out.len() / 2];
        assert!((middle - 0.5).abs() < 1e-5, "{from} Hz: 0.5 became {middle}");
        assert!(resample(from, OUT, &vec![0.0; 10_000]).iter().all(|&x| x == 0.0));
    }
}

#[test]
fn impossible_rates_are_refused() {
    for rate in [0, 1, 999, 768_001, u32::MAX] {
        let message = Resampler::new(rate, OUT).unwrap_err().to_string();
        assert!(message.contains(&rate.to_string()) && message.contains("1000 to 768000 Hz"));
        assert!(Resampler::new(OUT, rate).is_err());
    }
}
