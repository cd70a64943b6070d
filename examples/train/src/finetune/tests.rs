//! Fine-tuning as a whole, on the parity kit's small models.

use super::batch::Batch;
use super::evaluate::build;
use super::freeze;
use super::trainer::{Trainer, loss, norm};
use super::*;
use crate::rng::{Purpose, Rng};

use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use clap::Parser;
use musicap::Captioner;
use musicap::checkpoint::{Checkpoint, ModelConfig};
use musicap::model::bart::{BartConfig, BartModel};
use musicap::model::{Layout, Placement, TensorSource};
use std::collections::BTreeMap;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

/// A temporary folder.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let name = format!("musicap-finetune-{}-{test}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Scratch(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn csv(&self, name: &str, rows: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, format!("audio,caption,start_s,end_s\n{rows}")).unwrap();
        path
    }

    /// Four seconds of a tone at a sample rate that requires resampling.
    fn tone(&self, name: &str, hertz: f32) {
        let tone = |n| (n as f32 * hertz * std::f32::consts::TAU / 8_000.0).sin() * 0.3;
        let samples: Vec<f32> = (0..32_000).map(tone).collect();
        crate::write_wav(&self.path(name), 8_000, &[&samples]).unwrap();
    }

    /// Four tones, each with its caption.
    fn four_tones(&self) -> PathBuf {
        let rows = [
            ("a", 110.0, "low"),
            ("b", 440.0, "mid"),
            ("c", 1_300.0, "high"),
            ("d", 3_000.0, "top"),
        ];
        let mut table = String::new();
        for (name, hertz, caption) in rows {
            self.tone(&format!("{name}.wav"), hertz);
            table += &format!("{name}.wav,{caption},,\n");
        }
        self.csv("pairs.csv", &table)
    }

    /// A small random model with an English vocabulary, which trains fast.
    fn small_model(&self) -> PathBuf {
        let embedded = Pretrained::embedded().unwrap();
        let config = r#"{"vocab_size": VOCABULARY, "d_model": 64, "encoder_layers": 1,
            "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
            "encoder_ffn_dim": 128, "decoder_ffn_dim": 128, "max_position_embeddings": 64,
            "forced_bos_token_id": 0, "audio": {"n_fft": 2048, "hop_length": 1280, "n_mels": 32,
            "power": "magnitude", "conv_layers": 3, "pad": "repeat"}}"#;
        let vocabulary = embedded.config().architecture().vocab_size().to_string();
        let config = config.replace("VOCABULARY", &vocabulary);
        let config = ModelConfig::from_json("small", &config, None).unwrap();
        let device = musicap::model::burn_device(musicap::Device::Cpu).unwrap();
        let mut random = Random(Rng::new(1, 0, Purpose::Tune));
        let bart = config.architecture_as::<BartConfig>().unwrap();
        let placement = Placement { device, layout: Layout::Plain };
        let model = BartModel::load(bart, &config.audio, &mut random, &placement).unwrap();
        let weights = Checkpoint::from_tensors("small", model.tensors().unwrap());
        let folder = self.path("small");
        let model = embedded.with_weights("small", config, weights);
        model.unwrap().save(&folder, Precision::F32).unwrap();
        folder
    }

    fn options(&self, data: &Path, output: &str, more: &[&str]) -> Options {
        let output = self.path(output);
        let model = self.small_model();
        let mut line = vec!["finetune", "--model", model.to_str().unwrap(), "--data"];
        line.extend([data.to_str().unwrap(), "--output", output.to_str().unwrap()]);
        line.extend(more);
        Line::parse_from(line).options
    }
}

/// Random initial weights.
struct Random(Rng);

impl TensorSource for Random {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> musicap::Result<Vec<f32>> {
        let fan_in: usize = shape[1..].iter().product();
        // The input is decibels, which are large numbers.
        let scale = if name.contains("conv1") { 0.02 } else { 1.0 } / (fan_in as f32).sqrt();
        let mut value = || match name {
            _ if name.ends_with("norm.weight") || name.ends_with("embedding.weight") => 1.0,
            _ if shape.len() == 1 => 0.0,
            _ => scale * self.0.bell(),
        };
        Ok((0..shape.iter().product()).map(|_| value()).collect())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn kit(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("../../musicap-core/tests/data/parity").join(file)
}

/// Every tensor of a model, by name.
fn tensors(model: &Pretrained) -> BTreeMap<String, Vec<f32>> {
    let (checkpoint, architecture) = (model.checkpoint(), model.config().architecture());
    let values =
        |(name, stored): (&str, _)| (name.to_owned(), checkpoint.read(name, stored).unwrap());
    checkpoint.saved_tensors(architecture).map(values).collect()
}

/// The kit's first chunk and the same chunk softer, with made-up captions of unequal length.
fn kit_batch() -> Batch {
    let bytes = fs::read(kit("mel-chunk0.npy")).unwrap();
    let data = &bytes[bytes.len() - 4 * 128 * 1001..];
    let data: Vec<f32> = data.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    // The file is in Fortran order: frame by frame.
    let chunk: Vec<f32> = (0..128 * 1001).map(|i| data[i % 1001 * 128 + i / 1001]).collect();
    let softer = chunk.iter().map(|decibel| decibel - 6.0);
    let mel: Vec<f32> = chunk.iter().copied().chain(softer).collect();
    let device = musicap::model::burn_device(musicap::Device::Cpu).unwrap().autodiff();
    let input = vec![2, 0, 10, 20, 30, 40, 2, 0, 50, 60, 1, 1];
    let target = vec![0i64, 10, 20, 30, 40, 2, 0, 50, 60, 2];
    Batch {
        mel: Tensor::from_data(TensorData::new(mel, [2, 128, 1001]), &device),
        input,
        positions: Tensor::from_data(TensorData::from([0i64, 1, 2, 3, 4, 5, 6, 7, 8, 9]), &device),
        target: Tensor::from_data(TensorData::new(target, [10]), &device),
        tokens: 10,
    }
}

fn trainer(model: &str, freeze: &[&str]) -> Trainer {
    let base = Pretrained::open(kit(model)).unwrap();
    let device = musicap::model::burn_device(musicap::Device::Cpu).unwrap().autodiff();
    let model = build(base.config(), base.checkpoint(), &device).unwrap();
    let freeze: Vec<String> = freeze.iter().map(|part| part.to_string()).collect();
    Trainer::new(freeze::prepare(model, &freeze).unwrap(), 0.1, 1.0)
}

fn close(found: f64, expected: f64, tolerance: f64) {
    let off = (found - expected).abs() / expected;
    assert!(off < tolerance, "{found} and not {expected}");
}

/// What `finetune_oracle.py` prints: PyTorch's losses, the length of its gradients, and the loss
/// after five steps of its AdamW.
#[test]
fn loss_gradients_and_steps_are_those_of_pytorch() {
    let expected = [
        ("model-a", 6.267643928527832, 6.3299336433410645, 11.736525535583496, 4.2335896492004395),
        ("model-b", 8.683467864990234, 8.765016555786133, 30.103471755981445, 3.6497645378112793),
    ];
    for (name, plain, smoothed, length, after) in expected {
        let batch = kit_batch();
        let mut trainer = trainer(name, &[]);
        let model = &trainer.trainable.model;
        let found = loss(model, &batch, 0.1);
        close(found.plain.into_scalar::<f64>() / 10.0, plain, 1e-4);
        close(found.smoothed.clone().into_scalar::<f64>() / 10.0, smoothed, 1e-4);
        let gradients = (found.smoothed / 10.0).backward();
        let gradients = GradientsParams::from_grads(gradients, model);
        close(norm(model, &gradients), length, 1e-3);

        for _ in 0..5 {
            (trainer, _) = trainer.step(std::iter::once(Ok(kit_batch())), 10, 1e-3).unwrap();
        }
        let found = loss(&trainer.trainable.model, &batch, 0.0).plain;
        close(found.into_scalar::<f64>() / 10.0, after, 5e-3);
    }
}

#[test]
fn padding_has_no_effect_on_the_loss() {
    let base = Pretrained::open(kit("model-a")).unwrap();
    let scratch = Scratch::new("padding");
    let path = scratch.path("spectra");
    let mut spectra = Spectra::create(path, &base.config().audio).unwrap();
    let pairs = pairs::read(&scratch.four_tones()).unwrap().0;
    let loaded = clips::load(pairs, &base.config().audio, &mut spectra, |_| {}).unwrap();
    let example = |text| Example::new(text, base.tokenizer(), base.config()).unwrap();
    let (short, long) = (example("low"), example("a higher one"));
    let clips = [(&loaded.clips[0], &short), (&loaded.clips[2], &long)];
    let device = musicap::model::burn_device(musicap::Device::Cpu).unwrap().autodiff();
    let trainer = trainer("model-a", &[]);
    let mut losses = |clips: &[(&Clip, &Example)]| {
        let batch = batch::batch(clips, &mut spectra, base.config(), None, &device).unwrap();
        loss(&trainer.trainable.model, &batch, 0.1).smoothed.into_scalar::<f64>()
    };
    let apart = losses(&clips[..1]) + losses(&clips[1..]);
    close(losses(&clips), apart, 1e-5);
}

#[test]
fn four_pairs_are_learnt_exactly_by_the_model_in_the_folder() {
    let scratch = Scratch::new("heart");
    let data = scratch.four_tones();
    let held_out = data.to_str().unwrap();
    let mut more = vec![
        "--held-out",
        held_out,
        "--epochs",
        "60",
        "--batch-size",
        "2",
        "--learning-rate",
        "3e-3",
    ];
    more.extend([
        "--no-augment",
        "--label-smoothing",
        "0",
        "--patience",
        "60",
        "--watch-words",
        "low",
    ]);
    let report = finetune(&scratch.options(&data, "out", &more)).unwrap();
    let (before, best) = (&report.epochs[0], &report.epochs[report.best_epoch]);
    assert!(before.held_out_loss > 5.0 && best.held_out_loss < 0.05, "{report:?}");
    for example in &report.evaluations[0].captions {
        assert_eq!(example.after, example.reference);
    }
    let word_counts = &report.evaluations[0].word_counts[0];
    assert_eq!((word_counts.true_before, word_counts.true_after, word_counts.positives), (0, 1, 1));

    // As users load the folder.
    let captioner = Captioner::from_pretrained(scratch.path("out")).unwrap();
    let captions = captioner.caption_file(scratch.path("c.wav")).unwrap();
    assert_eq!(captions.captions[0].text, "high");
    let note = captioner.config().extra("musicap").unwrap();
    let weights = hash(&scratch.path("out/model.safetensors")).unwrap();
    assert_eq!(note["sha256"], weights);
    let base = hash(&scratch.path("small/model.safetensors")).unwrap();
    assert_eq!(note["base"]["sha256"], base);
    assert!(!scratch.path("out/checkpoint").exists());
    // A finished run is not overwritten by mistake.
    let again = finetune(&scratch.options(&data, "out", &more));
    assert!(again.unwrap_err().to_string().contains("--restart"));
}

#[test]
fn bad_rows_are_reported_and_skipped_and_only_bad_rows_are_an_error() {
    let scratch = Scratch::new("bad");
    scratch.four_tones();
    fs::write(scratch.path("noise.mp3"), [7; 4000]).unwrap();
    let bad = "gone.wav,low,,\nnoise.mp3,low,,\na.wav,,,\na.wav,low,2,1\na.wav,low,9,12\n";
    let good = "a.wav,low,1,3\nb.wav,mid,0,12\nc.wav,high,,\n";
    let data = scratch.csv("mixed.csv", &format!("{bad}{good}"));
    let report = finetune(&scratch.options(&data, "out", &["--epochs", "1"])).unwrap();
    assert_eq!(report.trained_on + report.evaluations[0].pairs, 3);
    let lines: Vec<u64> = report.skipped.iter().map(|remark| remark.place.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6]);
    for (remark, expected) in report.skipped.iter().zip([
        "gone.wav: cannot read",
        "noise.mp3",
        "caption is empty",
        "end_s 1 is not after start_s 2",
        "0.0 s of audio from 9.0 s in a recording of 4.0 s",
    ]) {
        assert!(remark.text.contains(expected), "{remark}");
    }
    let markdown = fs::read_to_string(scratch.path("out/report.md")).unwrap();
    assert!(markdown.contains("mixed.csv, line 5: end_s 1 is not after start_s 2"));
    assert_eq!(report.remarks[0].text, "12.0 s long; the first 10 s are used");

    let data = scratch.csv("bad.csv", bad);
    let error = finetune(&scratch.options(&data, "bad", &[])).unwrap_err().to_string();
    assert!(error.contains("none of the 5 rows") && error.contains("line 2"), "{error}");
}

#[test]
fn a_clip_is_the_span_of_its_row_with_the_padding_of_captioning() {
    let scratch = Scratch::new("span");
    let noise: Vec<f32> = {
        let mut rng = Rng::new(1, 0, Purpose::Tune);
        (0..16_000 * 12).map(|_| rng.between(-0.3, 0.3)).collect()
    };
    crate::write_wav(&scratch.path("n.wav"), 16_000, &[&noise]).unwrap();
    let data = scratch.csv("pairs.csv", "n.wav,x,1.5,4\nn.wav,x,,\nn.wav,x,9,\n");
    for base in [Pretrained::open(kit("model-a")).unwrap(), Pretrained::embedded().unwrap()] {
        let config = &base.config().audio;
        let mut spectra = Spectra::create(scratch.path("spectra"), config).unwrap();
        let pairs = pairs::read(&data).unwrap().0;
        let loaded = clips::load(pairs, config, &mut spectra, |_| {}).unwrap();
        let log_mel = musicap::audio::LogMel::new(config).unwrap();
        for (clip, (from, to)) in loaded.clips.iter().zip([(1.5, 4.0), (0.0, 10.0), (9.0, 12.0)]) {
            let at = |seconds: f64| (seconds * 16_000.0) as usize;
            // As the file holds it: 16 bits.
            let audio = noise[at(from)..at(to)].iter().map(|x| (x * 32_767.0).trunc() / 32_768.0);
            let mut audio: Vec<f32> = audio.collect();
            match config.pad {
                musicap::audio::Pad::Zero => audio.resize(160_000, 0.0),
                musicap::audio::Pad::Repeat => {
                    audio = audio.iter().copied().cycle().take(160_000).collect();
                }
                other => panic!("{other:?}"),
            }
            let expected: Vec<f32> = log_mel.compute(&audio).into_iter().collect();
            let found = spectra.read(clip.spectrum).unwrap();
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }
}

#[test]
fn a_resumed_run_ends_as_one_without_interruption() {
    let scratch = Scratch::new("resume");
    let data = scratch.four_tones();
    let more = ["--epochs", "3", "--batch-size", "1", "--save-minutes", "0"];
    let whole = finetune(&scratch.options(&data, "whole", &more)).unwrap();

    let broken = scratch.options(&data, "broken", &more);
    for stop_at in [(1, 2), (2, 1), (3, 2)] {
        let mut stop = |at: &Progress| {
            ensure!((at.epoch, at.step) != stop_at, "interrupted");
            Ok(())
        };
        let error = finetune_with_callback(&broken, &mut stop).unwrap_err().to_string();
        assert_eq!(error, "interrupted");
    }
    let other = scratch.options(&data, "broken", &["--epochs", "4"]);
    let error = finetune(&other).unwrap_err().to_string();
    assert!(error.contains("epochs was 3 and is 4"), "{error}");

    let resumed = finetune(&broken).unwrap();
    let losses = |report: &Report| -> Vec<_> {
        report.epochs.iter().map(|epoch| (epoch.train_loss, epoch.held_out_loss)).collect()
    };
    assert_eq!(losses(&whole), losses(&resumed));
    let weights = |folder: &str| fs::read(scratch.path(folder).join("model.safetensors")).unwrap();
    assert!(weights("whole") == weights("broken"));
}

#[test]
fn frozen_parameters_do_not_change_and_others_do() {
    let scratch = Scratch::new("freeze");
    let data = scratch.four_tones();
    let frozen = "audio-encoder,positions,bart.model.decoder.layers.0.encoder_attn";
    let mut more =
        vec!["--epochs", "1", "--freeze", frozen, "--learning-rate", "1e-3", "--held-out"];
    more.push(data.to_str().unwrap());
    finetune(&scratch.options(&data, "out", &more)).unwrap();
    let before = tensors(&Pretrained::open(scratch.path("small")).unwrap());
    let after = tensors(&Pretrained::open(scratch.path("out")).unwrap());
    assert_eq!(before.len(), after.len());
    for (name, values) in &before {
        let stays = name.starts_with("audio_encoder")
            || name.contains("embed_positions")
            || name.starts_with("bart.model.decoder.layers.0.encoder_attn.")
            || name == "bart.final_logits_bias";
        // A key's bias adds the same to all scores of a query, which changes none of them.
        if !name.ends_with("k_proj.bias") {
            assert_eq!(values == &after[name], stays, "{name}");
        }
    }
}

#[test]
fn gradient_accumulation_gives_the_same_result() {
    let scratch = Scratch::new("micro");
    let data = scratch.four_tones();
    let run = |output: &str, micro: &str| {
        let more = [
            "--epochs",
            "2",
            "--batch-size",
            "3",
            "--micro-batch-size",
            micro,
            "--learning-rate",
            "1e-3",
        ];
        finetune(&scratch.options(&data, output, &more)).unwrap().epochs[2].held_out_loss
    };
    close(run("one", "1"), run("three", "3"), 1e-3);
}

#[test]
fn unknown_parts_to_freeze_are_an_error() {
    let scratch = Scratch::new("part");
    let data = scratch.four_tones();
    let error = finetune(&scratch.options(&data, "out", &["--freeze", "unknown"])).unwrap_err();
    assert!(error.to_string().contains("no part \"unknown\""), "{error}");
}
