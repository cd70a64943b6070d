//! The first adapter that is listed, which `scripts/test gpu` makes a software renderer. The parity
//! kit's tokens and lists of likeliest tokens are found on it too: in one process, since every
//! process builds its kernels anew.

#[path = "parity.rs"]
mod parity;
#[path = "captioning/shortlists.rs"]
mod shortlists;

use burn::tensor::{Tensor, TensorData};
use musicap::audio::AudioReader;
use musicap::checkpoint::Precision;
use musicap::model::{Layout, Placement};
use musicap::{
    AdapterKind, CaptionOptions, Captioner, Device, Error, LoadOptions, Pretrained, adapters,
};
use parity::common::compare::TIE;
use parity::{kit, mel};

const GPU: Device = Device::Gpu(Some(0));

#[test]
fn adapters_can_be_asked_for_by_what_they_are_listed_as() {
    let adapters = adapters();
    assert_eq!(adapters[0].device, GPU);
    assert!(!adapters[0].name.is_empty() && !adapters[0].backend.is_empty());
    for adapter in &adapters {
        musicap::model::burn_device(adapter.device).unwrap();
        // A second time it is open already.
        musicap::model::burn_device(adapter.device).unwrap();
    }
    let Error::DeviceUnavailable { device, reason } =
        musicap::model::burn_device(Device::Gpu(Some(adapters.len()))).unwrap_err()
    else {
        panic!("another error");
    };
    assert_eq!(device, format!("gpu:{}", adapters.len()));
    assert!(reason.contains("gpu:0"), "{reason}");
}

#[test]
fn a_software_renderer_is_only_selected_by_its_number() {
    if adapters().iter().any(|adapter| adapter.kind != AdapterKind::Software) {
        assert!(matches!(Device::Auto.resolve(), (Device::Gpu(None), None)));
        return;
    }
    let refused = musicap::model::burn_device(Device::Gpu(None)).unwrap_err().to_string();
    assert!(refused.contains("a software renderer"), "{refused}");
    assert!(refused.contains("gpu:0 selects it"), "{refused}");
    let (device, note) = Device::Auto.resolve();
    assert_eq!(device, Device::Cpu);
    assert!(note.unwrap().contains("slower than the device cpu"));
    let captioner = Captioner::load(
        &Pretrained::embedded().unwrap(),
        &LoadOptions::default().with_device(Device::Auto),
    );
    assert_eq!(captioner.unwrap().device(), Device::Cpu);
}

/// Searches of every kind: lists of candidates decide some steps, all logits the others.
#[test]
fn the_search_on_the_gpu_finds_what_the_processor_finds() {
    let pretrained = Pretrained::open(kit("model-b")).unwrap();
    let on =
        |device| Captioner::load(&pretrained, &LoadOptions::default().with_device(device)).unwrap();
    let (cpu, gpu) = (on(Device::Cpu), on(GPU));
    let mel = mel(&pretrained);
    let base = pretrained.config().generation.clone().with(|config| config.max_length = 24);
    let beams = |num_beams| base.clone().with(|config| config.num_beams = num_beams);
    let mut ties = 0;
    for (name, generation) in [
        ("wide", beams(12)),
        ("greedy", beams(1)),
        (
            "greedy, free",
            beams(1).with(|config| {
                config.no_repeat_ngram_size = 0;
                config.min_length = 0;
            }),
        ),
        ("penalty", beams(4).with(|config| config.repetition_penalty = 1.4)),
        ("reward", beams(4).with(|config| config.repetition_penalty = 0.9)),
        (
            "drawn",
            beams(1).with(|config| {
                config.do_sample = true;
                config.top_k = 20;
                config.seed = 7;
            }),
        ),
        (
            "drawn, free",
            beams(1).with(|config| {
                config.do_sample = true;
                config.no_repeat_ngram_size = 0;
                config.top_k = 10;
                config.top_p = 0.8;
            }),
        ),
    ] {
        let found = |captioner: &Captioner| {
            captioner.generate_tokens(mel.clone(), &[0, 1], &generation).unwrap()
        };
        for (ours, theirs) in found(&gpu).iter().zip(found(&cpu)) {
            // Weights drawn by lot say many things that are equally likely but for rounding.
            ties += usize::from(ours.tokens != theirs.tokens);
            let is_expected = match ours.tokens == theirs.tokens {
                true => (ours.score - theirs.score).abs() < 1e-3,
                false => generation.num_beams > 1 && ours.score > theirs.score - TIE,
            };
            assert!(is_expected, "{name}: {ours:?}, not {theirs:?}");
        }
    }
    assert!(ties <= 2, "{ties} captions are others");
}

#[test]
fn half_precision_hears_and_says_nearly_the_same() {
    let adapter = &adapters()[0];
    let pretrained = Pretrained::open(kit("model-a")).unwrap();
    let (mel, config) = (mel(&pretrained), pretrained.config());
    let [chunks, n_mels, frames]: [usize; 3] = mel.dim().into();
    let device = musicap::model::burn_device(GPU).unwrap();
    let logits = |half: bool| {
        let mut reader = pretrained.reader();
        let placement = Placement { device: device.clone(), layout: Layout::Gpu { half } };
        let model = config.architecture().load(&config.audio, &mut reader, &placement).unwrap();
        let data =
            TensorData::new(mel.iter().copied().collect::<Vec<_>>(), [chunks, n_mels, frames]);
        let encoded = model.encode(Tensor::from_data(data, &device));
        let mut cache = model.cache(encoded);
        let hidden = model.decode(&[2, 0, 10, 20].repeat(2), 2, &mut cache).unwrap();
        let [rows, length, d_model] = hidden.dims();
        let logits = model.project(hidden.reshape([rows * length, d_model]));
        logits.try_into_vec_as::<f32>().unwrap()
    };
    let single = logits(false);
    if adapter.half {
        let half = logits(true);
        let norm =
            |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>().sqrt();
        let difference = norm(&mut half.iter().zip(&single).map(|(a, b)| a - b));
        let error = difference / norm(&mut single.iter().copied());
        assert!(error > 0.0, "computed in single precision");
        assert!(error < 0.01, "relative error {error}");
        println!("relative error of the logits in half precision: {error}");
    }
    // Without half precision, weights are rounded and computed with as the processor does.
    let options = LoadOptions::default().with_device(GPU).with_precision(Precision::F16);
    let captioner = Captioner::load(&pretrained, &options).unwrap();
    let tune = AudioReader::open(kit("tune-16k.wav")).unwrap();
    let captions = captioner.caption(tune, &CaptionOptions::default()).unwrap();
    assert_eq!(captions.captions.len(), 3);
}

/// However it is asked for, one GPU has one thread and one memory.
#[test]
fn the_first_gpu_is_known_by_its_number() {
    let load = |device| {
        let options = LoadOptions::default().with_device(device);
        Captioner::load(&Pretrained::embedded().unwrap(), &options).map(|it| it.device())
    };
    assert_eq!(load(GPU).unwrap(), GPU);
    // A software renderer has to be asked for by its number.
    if let Ok(first) = load(Device::Gpu(None)) {
        assert!(matches!(first, Device::Gpu(Some(_))), "{first}");
    }
}

#[test]
fn batches_fit_the_memory_that_is_granted() {
    let pretrained = Pretrained::embedded().unwrap();
    let chunks = |bytes: u64| {
        let options = LoadOptions::default().with_device(GPU).with_gpu_memory(bytes);
        let captioner = Captioner::load(&pretrained, &options).unwrap();
        assert_eq!(captioner.batch_size(&CaptionOptions::default().with_batch_size(3)), 3);
        captioner.batch_size(&CaptionOptions::default())
    };
    assert_eq!(chunks(0), 1);
    assert!(chunks(1 << 28) < chunks(1 << 30), "{} {}", chunks(1 << 28), chunks(1 << 30));
}
