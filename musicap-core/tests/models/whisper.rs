//! A second architecture: Whisper's encoder-decoder as transformers 4.26.1 saves and computes it.
//! `data/whisper/make.py` makes the kit.

use std::path::{Path, PathBuf};

use crate::common::compare::{largest_difference, log_mel, same_captions, same_tokens};
use burn::tensor::{Tensor, TensorData};
use musicap::audio::{AudioReader, Chunk, Chunks, Tail, Waveform};
use musicap::checkpoint::Precision;
use musicap::generate::GenerationConfig;
use musicap::model::whisper::WhisperConfig;
use musicap::model::{Layout, Placement};
use musicap::{CaptionOptions, Captioner, Device, LoadOptions, Pretrained};
use ndarray::{Array3, s};
use serde_json::Value;

fn kit(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/whisper").join(file)
}

/// The parity kit's tune, twice.
fn tune() -> Waveform {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity/tune-16k.wav");
    let mut reader = AudioReader::open(path).unwrap();
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        samples.extend_from_slice(block);
    }
    Waveform::new(samples.repeat(2), 16_000).unwrap()
}

fn chunks(pretrained: &Pretrained) -> Vec<Chunk> {
    let tune = tune();
    let chunks = Chunks::new(tune.reader(), &pretrained.config().audio, 0.0, Tail::Keep).unwrap();
    let chunks: Vec<Chunk> = chunks.collect::<Result<_, _>>().unwrap();
    assert_eq!(chunks.len(), 2);
    chunks
}

fn mel(pretrained: &Pretrained) -> Array3<f32> {
    log_mel(pretrained, &chunks(pretrained))
}

#[test]
fn the_front_end_is_that_of_the_feature_extractor() {
    let pretrained = Pretrained::open(kit("")).unwrap();
    let mel = mel(&pretrained);
    assert_eq!(mel.dim(), (2, 80, 3000));
    let expected: Array3<f32> = ndarray_npy::read_npy(kit("expected-mel.npy")).unwrap();
    let ours = mel.slice(s![.., .., ..;25]);
    assert_eq!(ours.dim(), expected.dim());
    let difference = largest_difference(ours, &expected);
    assert!(difference < 1e-4, "a cell differs by {difference}");
}

#[test]
fn encoder_output_and_logits_are_transformers() {
    let pretrained = Pretrained::open(kit("")).unwrap();
    let (config, mel) = (pretrained.config(), mel(&pretrained));
    assert_eq!(config.architecture_as::<WhisperConfig>().unwrap().transformer.d_model, 32);
    let devices = [
        (Device::Cpu, Layout::Packed),
        (Device::Cpu, Layout::Plain),
        (Device::Cpu, Layout::Gpu { half: false }),
        #[cfg(feature = "ndarray")]
        (Device::Ndarray, Layout::Plain),
    ];
    for (device, layout) in devices {
        let device = musicap::model::burn_device(device).unwrap();
        let placement = Placement { device: device.clone(), layout };
        let mut reader = pretrained.reader();
        let network = config.architecture().load(&config.audio, &mut reader, &placement).unwrap();
        reader.finish().unwrap();
        let data = TensorData::new(mel.iter().copied().collect::<Vec<f32>>(), [2, 80, 3000]);
        let encoded = network.encode(Tensor::from_data(data, &device));
        assert_eq!(encoded.dims(), [2, 1500, 32]);

        let ours: Vec<f32> = encoded.to_data().try_to_vec().unwrap();
        let ours = Array3::from_shape_vec((2, 1500, 32), ours).unwrap();
        let expected: Array3<f32> = ndarray_npy::read_npy(kit("expected-encoder.npy")).unwrap();
        let difference = largest_difference(ours.slice(s![.., ..;25, ..]), &expected);
        assert!(difference < 1e-3, "{layout:?}: encoder differs by {difference}");

        let start = config.generation.decoder_start_token_id;
        let tokens = [start, 10, 70, 260].repeat(2);
        let mut cache = network.cache(encoded);
        let hidden = network.decode(&tokens, 2, &mut cache).unwrap();
        let mut ours = Vec::new();
        network.logits(hidden.reshape([8, 32]), &mut ours).unwrap();
        let expected: Array3<f32> = ndarray_npy::read_npy(kit("expected-logits.npy")).unwrap();
        assert_eq!(ours.len(), expected.len());
        let difference = largest_difference(&ours, &expected);
        assert!(difference < 1e-3, "{layout:?}: logits differ by {difference}");
    }
}

/// The kit's settings by their names, with what transformers generates under each.
fn expected(generation: &GenerationConfig) -> Vec<(String, GenerationConfig, Value)> {
    let text = std::fs::read_to_string(kit("expected.json")).unwrap();
    let expected: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(expected.len(), 5, "the kit has five settings");
    let with = |(name, found): (String, Value)| {
        let mut keys = serde_json::to_value(generation).unwrap();
        keys.as_object_mut().unwrap().extend(found["settings"].as_object().unwrap().clone());
        (name, serde_json::from_value(keys).unwrap(), found["captions"].clone())
    };
    expected.into_iter().map(with).collect()
}

fn check_captions(captioner: &Captioner, pretrained: &Pretrained, batch_size: usize) {
    for (name, generation, expected) in expected(&pretrained.config().generation) {
        let expected = expected.as_array().unwrap();
        let (chunks, place) = (chunks(pretrained), format!("{name}, batch {batch_size}"));
        same_tokens(captioner, pretrained, &chunks, batch_size, &generation, expected, &place);
        let options =
            CaptionOptions::default().with_batch_size(batch_size).with_generation(generation);
        let captions = captioner.caption(tune().into_reader(), &options).unwrap().captions;
        same_captions(&captions, expected, &place);
    }
}

#[test]
fn captions_are_transformers_greedy_and_by_beams() {
    let pretrained = Pretrained::open(kit("")).unwrap();
    for batch_size in [1, 2] {
        let captioner = Captioner::load(&pretrained, &LoadOptions::default()).unwrap();
        check_captions(&captioner, &pretrained, batch_size);
    }
}

#[test]
fn a_converted_folder_gives_the_same_captions() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whisper");
    let _ = std::fs::remove_dir_all(&folder);
    let pretrained = Pretrained::open(kit("")).unwrap();
    pretrained.save(&folder, Precision::F32).unwrap();
    let saved = Pretrained::open(&folder).unwrap();
    assert_eq!(saved.config().audio, pretrained.config().audio);
    assert_eq!(saved.config().generation, pretrained.config().generation);
    check_captions(&Captioner::load(&saved, &LoadOptions::default()).unwrap(), &saved, 2);

    for precision in [Precision::F16, Precision::Int8] {
        pretrained.save(&folder, precision).unwrap();
        let saved = Pretrained::open(&folder).unwrap();
        let captioner = Captioner::load(&saved, &LoadOptions::default()).unwrap();
        let options = CaptionOptions::default();
        let captions = captioner.caption(tune().into_reader(), &options).unwrap();
        // What rounding at load gives.
        let rounded = LoadOptions::default().with_precision(precision);
        let rounded = Captioner::load(&pretrained, &rounded).unwrap();
        let expected = rounded.caption(tune().into_reader(), &options).unwrap();
        let texts = |captions: musicap::Captions| -> Vec<String> {
            captions.captions.into_iter().map(|caption| caption.text).collect()
        };
        assert_eq!(texts(captions), texts(expected), "{precision}");
    }
}
