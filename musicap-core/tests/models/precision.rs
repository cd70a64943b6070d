//! What int8 and float16 make of the parity kit's models.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use musicap::audio::{AudioReader, Chunks, LogMel, Tail};
use musicap::checkpoint::{Checkpoint, ModelConfig, Precision};
use musicap::model::{Layout, Placement, TensorSource};
use musicap::{CaptionOptions, Captioner, Device, LoadOptions, Pretrained, RecordingEvent, Result};
use safetensors::{Dtype, tensor::TensorView};

fn kit(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity").join(file)
}

/// Logits of the kit's tokens over the tune's first chunks.
fn logits(pretrained: &Pretrained, precision: Precision, layout: Layout) -> Vec<f32> {
    let config = pretrained.config();
    let device = musicap::model::burn_device(Device::Cpu).unwrap();
    let mut reader = pretrained.reader().with_precision(precision);
    let placement = Placement { device: device.clone(), layout };
    let model = config.architecture().load(&config.audio, &mut reader, &placement).unwrap();
    let tune = AudioReader::open(kit("tune-16k.wav")).unwrap();
    let chunks: Vec<_> = Chunks::new(tune, &config.audio, 0.0, Tail::Drop)
        .unwrap()
        .map(|chunk| chunk.unwrap().samples)
        .collect();
    let mel = LogMel::new(&config.audio).unwrap().compute_chunks(&chunks);
    let (count, n_mels, frames) = mel.dim();
    let mel = TensorData::new(mel.into_raw_vec_and_offset().0, [count, n_mels, frames]);
    let mut cache = model.cache(model.encode(Tensor::from_data(mel, &device)));
    let tokens = [2, 0, 10, 20].repeat(count);
    let hidden = model.decode(&tokens, count, &mut cache).unwrap();
    let [rows, length, d_model] = hidden.dims();
    let mut logits = Vec::new();
    model.logits(hidden.reshape([rows * length, d_model]), &mut logits).unwrap();
    logits
}

fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f32>| {
        values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt()
    };
    let mut difference = found.iter().zip(expected).map(|(a, b)| a - b);
    norm(&mut difference) / norm(&mut expected.iter().copied())
}

/// A model whose layers are wide enough for products of whole numbers, which those of the kit are
/// not: random weights, and model-a's tokens.
fn wide() -> Pretrained {
    let kit_model = Pretrained::open(kit("model-a")).unwrap();
    let text = std::fs::read_to_string(kit("model-a/config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    for width in ["d_model", "encoder_ffn_dim", "decoder_ffn_dim"] {
        config[width] = 512.into();
    }
    let config = ModelConfig::from_json("wide", &config.to_string(), None).unwrap();
    let mut weights = RandomWeights::default();
    let device = musicap::model::burn_device(Device::Cpu).unwrap();
    let placement = Placement { device, layout: Layout::Plain };
    config.architecture().load(&config.audio, &mut weights, &placement).unwrap();
    let views = weights.tensors.iter().map(|(name, (shape, values))| {
        let bytes = bytemuck::cast_slice(values);
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let file = Cursor::new(safetensors::serialize(views, None).unwrap());
    let checkpoint = Checkpoint::from_safetensors("wide", file).unwrap();
    kit_model.with_weights("wide", config, checkpoint).unwrap()
}

/// Weights from a seeded generator, of whatever shapes the model asks for; kept.
#[derive(Default)]
struct RandomWeights {
    state: u64,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl TensorSource for RandomWeights {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let norm = name.contains("norm") && name.ends_with("weight");
        let (middle, reach) = if norm { (1.0, 0.1) } else { (0.0, 0.08) };
        let mut next = || {
            // Knuth's MMIX generator; its upper bits are random enough here.
            self.state =
                self.state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            middle + reach * ((self.state >> 40) as f32 / (1u64 << 23) as f32 - 1.0)
        };
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
        self.tensors.insert(name.to_owned(), (shape.to_vec(), values.clone()));
        Ok(values)
    }
}

#[test]
#[ignore = "writes MUSICAP_WIDE, for scripts/test arm"]
fn the_wide_model_is_written() {
    let folder = std::env::var_os("MUSICAP_WIDE").expect("MUSICAP_WIDE is set");
    wide().save(folder, Precision::F32).unwrap();
}

/// docs/performance.md states these bounds.
#[test]
fn logits_in_int8_and_float16_are_near_those_in_float32() {
    let kit = ["model-a", "model-b"].map(|model| Pretrained::open(kit(model)).unwrap());
    for pretrained in kit.into_iter().chain([wide()]) {
        let model = pretrained.name();
        let exact = logits(&pretrained, Precision::F32, Layout::Packed);
        let half = relative_error(&logits(&pretrained, Precision::F16, Layout::Packed), &exact);
        assert!(half < 2e-3, "{model}: float16 is off by {half}");
        let whole = relative_error(&logits(&pretrained, Precision::Int8, Layout::Packed), &exact);
        assert!(whole > 0.0 && whole < 0.05, "{model}: int8 is off by {whole}");
        println!("{model}: float16 {half:.1e}, int8 {whole:.1e}");
        // Devices without the kernels compute with what the whole numbers stand for.
        let unpacked = relative_error(&logits(&pretrained, Precision::Int8, Layout::Plain), &exact);
        assert!(unpacked < 0.05, "{model}: int8 by Burn's operations is off by {unpacked}");
    }
}

#[test]
fn a_stored_int8_model_is_the_one_made_at_load() {
    let folder = std::env::temp_dir().join(format!("musicap-int8-{}", std::process::id()));
    let pretrained = wide();
    pretrained.save(&folder, Precision::Int8).unwrap();
    let size = |path: PathBuf| std::fs::metadata(path).unwrap().len();
    let stored = Pretrained::open(&folder).unwrap();
    assert_eq!(
        logits(&stored, Precision::F32, Layout::Packed),
        logits(&pretrained, Precision::Int8, Layout::Packed)
    );
    let whole = folder.join("f32");
    pretrained.save(&whole, Precision::F32).unwrap();
    let ratio = size(folder.join("model.safetensors")) as f64
        / size(whole.join("model.safetensors")) as f64;
    // Positions stay in float32.
    assert!(ratio < 0.4, "int8 takes {ratio} of float32");
    // And back again, with the values that the whole numbers stand for.
    let again = folder.join("again");
    stored.save(&again, Precision::F32).unwrap();
    let again = logits(&Pretrained::open(&again).unwrap(), Precision::F32, Layout::Plain);
    let same = logits(&pretrained, Precision::Int8, Layout::Plain);
    assert!(relative_error(&again, &same) < 1e-6);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn batches_and_latecomers_change_no_caption_in_int8() {
    let pretrained = wide();
    let options = LoadOptions::default().with_precision(Precision::Int8).with_threads(2);
    let captioner = Captioner::load(&pretrained, &options).unwrap();
    let caption = |batch| {
        // An overlap makes more chunks than places, so that some join others under way.
        let options = CaptionOptions::default().with_overlap(8.0).with_batch_size(batch);
        let tune = AudioReader::open(kit("tune-16k.wav")).unwrap();
        let captions = captioner.caption(tune, &options).unwrap().captions;
        captions.into_iter().map(|caption| caption.text).collect::<Vec<_>>()
    };
    let alone = caption(1);
    assert!(alone.len() > 4, "{} chunks", alone.len());
    assert_eq!(caption(4), alone);
    assert_eq!(caption(64), alone);

    // The tune three times as one batch of three recordings.
    let options = CaptionOptions::default().with_overlap(8.0).with_batch_size(7);
    let tunes = (0..3).map(|_| AudioReader::open(kit("tune-16k.wav")));
    let mut together = 0;
    for event in captioner.caption_many(tunes, &options).unwrap() {
        if let RecordingEvent::End { captions, error: None, .. } = event {
            let texts: Vec<String> = captions.captions.into_iter().map(|c| c.text).collect();
            assert_eq!(texts, alone);
            together += 1;
        }
    }
    assert_eq!(together, 3);
}
