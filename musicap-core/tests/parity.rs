//! The parity kit: torchaudio 0.12 and transformers 4.26.1 are the outside truth.

pub(crate) mod common;

use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use common::compare::{largest_difference, log_mel, same_captions, same_tokens};
use musicap::audio::{AudioReader, Chunk, Chunks, Tail};
use musicap::model::{Layout, Network, Placement};
use musicap::{CaptionOptions, Captioner, Device, LoadOptions, Pretrained};
use ndarray::{Array2, Array3};
use serde_json::Value;

pub(crate) fn kit(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity").join(file)
}

fn devices() -> Vec<Device> {
    vec![
        Device::Cpu,
        #[cfg(feature = "ndarray")]
        Device::Ndarray,
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        gpu(),
    ]
}

/// The GPU that `MUSICAP_TEST_DEVICE` names, or the first adapter, which `scripts/test` makes a
/// software renderer.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn gpu() -> Device {
    let named = std::env::var("MUSICAP_TEST_DEVICE");
    named.map_or(Device::Gpu(Some(0)), |name| name.parse().unwrap())
}

fn model_of(
    pretrained: &Pretrained,
    device: &burn::tensor::Device,
    layout: Layout,
) -> Box<dyn Network> {
    let (config, mut reader) = (pretrained.config(), pretrained.reader());
    let placement = Placement { device: device.clone(), layout };
    config.architecture().load(&config.audio, &mut reader, &placement).unwrap()
}

/// The log-mel spectrograms of the tune's two whole chunks, as the model takes them.
pub(crate) fn mel(pretrained: &Pretrained) -> Array3<f32> {
    log_mel(pretrained, &chunks(pretrained))
}

/// The tune's two whole chunks.
fn chunks(pretrained: &Pretrained) -> Vec<Chunk> {
    let tune = AudioReader::open(kit("tune-16k.wav")).unwrap();
    let chunks = Chunks::new(tune, &pretrained.config().audio, 0.0, Tail::Drop).unwrap();
    chunks.collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_log_mel_spectrogram_is_torchaudio_s() {
    let expected: Array2<f32> = ndarray_npy::read_npy(kit("mel-chunk0.npy")).unwrap();
    let mel = mel(&Pretrained::open(kit("model-a")).unwrap());
    assert_eq!(mel.dim(), (2, 128, 1001));
    let differences = (&mel.index_axis(ndarray::Axis(0), 0) - &expected).mapv(f32::abs);
    // Below −65 dB, a hundred under the loudest, torchaudio's cells are rounding noise of its
    // float32 Fourier transform: there exact arithmetic agrees in 98 of 100 only.
    let within = |floor: f32| {
        let cells = differences.iter().zip(&expected).filter(|(_, cell)| **cell > floor);
        let (close, all) = cells.fold((0, 0), |(close, all), (difference, _)| {
            (close + usize::from(*difference < 1e-2), all + 1)
        });
        close as f64 / f64::from(all)
    };
    assert!(within(-65.0) >= 0.999, "above −65 dB only {} within 0.01 dB", within(-65.0));
    assert!(within(f32::MIN) >= 0.99, "of all cells only {} within 0.01 dB", within(f32::MIN));
    assert!(differences.mean().unwrap() < 1e-3, "mean difference {:?} dB", differences.mean());
}

#[test]
fn encoder_output_and_logits_are_transformers() {
    // Burn's operations on every device, and what is made for some.
    let mut all: Vec<_> = devices().into_iter().map(|device| (device, Layout::Plain)).collect();
    let on_gpu = Layout::Gpu { half: false };
    all.extend([(Device::Cpu, Layout::Packed), (Device::Cpu, on_gpu)]);
    #[cfg(any(feature = "wgpu", feature = "cuda"))]
    all.push((gpu(), on_gpu));
    for (device, layout) in all {
        for model in ["model-a", "model-b"] {
            let pretrained = Pretrained::open(kit(model)).unwrap();
            let burn_device = musicap::model::burn_device(device).unwrap();
            let network = model_of(&pretrained, &burn_device, layout);
            let mel = mel(&pretrained);
            let (chunks, n_mels, frames) = mel.dim();
            let data = TensorData::new(mel.into_raw_vec_and_offset().0, [chunks, n_mels, frames]);
            let encoded = network.encode(Tensor::from_data(data, &burn_device));

            let expected: Array3<f32> =
                ndarray_npy::read_npy(kit(&format!("{model}/expected-encoder.npy"))).unwrap();
            let ours: Vec<f32> = encoded.to_data().try_to_vec().unwrap();
            assert_eq!(ours.len(), expected.len());
            let difference = largest_difference(&ours, &expected);
            assert!(difference < 1e-3, "{model} on {device}: encoder differs by {difference}");

            let tokens = [2, 0, 10, 20].repeat(2);
            let mut cache = network.cache(encoded);
            let hidden = network.decode(&tokens, 2, &mut cache).unwrap();
            let [rows, length, d_model] = hidden.dims();
            let mut ours = Vec::new();
            network.logits(hidden.reshape([rows * length, d_model]), &mut ours).unwrap();
            let expected: Array3<f32> =
                ndarray_npy::read_npy(kit(&format!("{model}/expected-logits-2-0-10-20.npy")))
                    .unwrap();
            assert_eq!(ours.len(), expected.len());
            let difference = largest_difference(&ours, &expected);
            assert!(difference < 1e-3, "{model} on {device}: logits differ by {difference}");
        }
    }
}

/// Tokens are the contract, text and score follow: for both models, under every setting of the
/// kit, alone and together, with one thread and with two.
#[test]
fn captions_are_transformers() {
    for device in devices() {
        let mut ties = 0;
        for (batch_size, threads) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            // A GPU has one thread, and a software renderer takes its time.
            if matches!(device, Device::Gpu(_)) && (batch_size, threads) != (2, 1) {
                continue;
            }
            for model in ["model-a", "model-b"] {
                let options = LoadOptions::default().with_device(device).with_threads(threads);
                let pretrained = Pretrained::open(kit(model)).unwrap();
                let captioner = Captioner::load(&pretrained, &options).unwrap();
                ties += check_captions(&captioner, &pretrained, model, batch_size);
            }
        }
        // Of the 16 that a GPU has found. The models have random weights, so many beams are nearly equal.
        assert!(ties <= 3, "{device}: {ties} captions are others, if as good");
    }
}

/// Returns how many captions are others with as good a score.
fn check_captions(
    captioner: &Captioner,
    pretrained: &Pretrained,
    model: &str,
    batch_size: usize,
) -> usize {
    let mut ties = 0;
    let text = std::fs::read_to_string(kit(&format!("{model}/expected.json"))).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let expected = expected.as_object().unwrap();
    assert_eq!(expected.len(), 4, "the kit has four settings");
    for (name, expected) in expected {
        let settings = &expected["settings"];
        let mut generation = pretrained.config().generation.clone();
        generation.num_beams = settings["num_beams"].as_u64().unwrap() as usize;
        generation.max_length = settings["max_length"].as_u64().unwrap() as usize;
        generation.min_length = settings["min_length"].as_u64().unwrap() as usize;
        generation.repetition_penalty = settings["repetition_penalty"].as_f64().unwrap() as f32;
        let expected = expected["captions"].as_array().unwrap();
        let place = format!("{model}, {name}, batch {batch_size}");
        let chunks = chunks(pretrained);
        ties +=
            same_tokens(captioner, pretrained, &chunks, batch_size, &generation, expected, &place);
        // From here on all is the same on every device.
        if matches!(captioner.device(), Device::Gpu(_)) {
            continue;
        }
        let options = CaptionOptions::default()
            .with_tail(Tail::Drop)
            .with_batch_size(batch_size)
            .with_generation(generation);
        let captions =
            captioner.caption(AudioReader::open(kit("tune-16k.wav")).unwrap(), &options).unwrap();
        same_captions(&captions.captions, expected, &place);
    }
    ties
}
