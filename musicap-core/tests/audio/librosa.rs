//! Log-mel spectrograms with librosa's mel bands, against librosa itself
//! (`tests/data/librosa/make.py`).

use std::path::Path;

use musicap::audio::{AudioConfig, AudioReader, LogMel, MelScale, Power};
use ndarray::Array2;

#[test]
fn mel_bands_of_equal_area_have_librosa_s_decibels_of_power_and_of_amplitude() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut reader = AudioReader::open(data.join("parity/tune-16k.wav")).unwrap();
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        samples.extend_from_slice(block);
    }
    samples.truncate(32_000);
    for (power, file) in [(Power::Amplitude, "power1.npy"), (Power::Squared, "power2.npy")] {
        let config = AudioConfig::default().with(|config| {
            config.hop_length = 512;
            config.n_mels = 40;
            config.mel_scale = MelScale::Slaney;
            config.power = power;
        });
        let found = LogMel::new(&config).unwrap().compute(&samples);
        let path = data.join("librosa").join(file);
        let expected: Array2<f32> = ndarray_npy::read_npy(path).unwrap();
        assert_eq!(found.dim(), expected.dim());
        // librosa transforms in float32: what it leaves far below the loudest is rounding.
        let loudest = expected.iter().copied().fold(f32::MIN, f32::max);
        let mut audible = 0;
        for ((place, found), expected) in found.indexed_iter().zip(&expected) {
            if *expected > loudest - 90.0 {
                audible += 1;
                assert!((found - expected).abs() < 0.01, "{file} {place:?}: {found}, {expected}");
            }
        }
        assert!(audible > 1_500, "{audible} cells");
    }
}
