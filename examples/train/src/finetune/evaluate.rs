//! Evaluation on clips that are not trained on.

use super::batch::{Example, batch};
use super::clips::{Clip, Spectra};
use super::report::{Comparison, Evaluation, WordCount};
use super::trainer::loss;
use anyhow::{Context, Result};
use burn::tensor::Device;
use musicap::checkpoint::{Checkpoint, CheckpointReader, ModelConfig};
use musicap::model::bart::{BartConfig, BartModel};
use musicap::model::{Layout, Placement};
use musicap::{Captioner, LoadOptions, Pretrained};
use ndarray::Array3;

/// A named set of clips.
pub struct Set {
    pub name: String,
    pub clips: Vec<(Clip, Example)>,
}

/// The network of `config` with `weights`, by Burn's own operations, which can be differentiated.
///
/// # Errors
/// If it is not a BART, or the weights do not fit.
pub fn build(config: &ModelConfig, weights: &Checkpoint, device: &Device) -> Result<BartModel> {
    let architecture = config.architecture();
    let bart = config.architecture_as::<BartConfig>().with_context(|| {
        format!(
            "only models of the type bart can be trained, and this is {}",
            architecture.model_type()
        )
    })?;
    let mut reader = CheckpointReader::new(weights, architecture);
    let placement = Placement { device: device.clone(), layout: Layout::Plain };
    let network = BartModel::load(bart, &config.audio, &mut reader, &placement)?;
    reader.finish()?;
    Ok(network)
}

/// Mean cross-entropy per token on `clips`, in nats, in batches of `batch_size`.
///
/// # Errors
/// If the spectrograms cannot be read.
pub fn mean_loss(
    model: &BartModel,
    clips: &[(Clip, Example)],
    spectra: &mut Spectra,
    config: &ModelConfig,
    batch_size: usize,
    device: &Device,
) -> Result<f64> {
    let (mut sum, mut tokens) = (0.0, 0);
    for clips in clips.chunks(batch_size) {
        let clips: Vec<_> = clips.iter().map(|(clip, example)| (clip, example)).collect();
        let batch = batch(&clips, spectra, config, None, device)?;
        tokens += batch.tokens;
        sum += loss(model, &batch, 0.0).plain.into_scalar::<f64>();
    }
    Ok(sum / tokens as f64)
}

/// Evaluates the models `before` and `after` on `sets`: losses on all clips, captions and counts of the
/// words `watch` on the first `captioned` clips.
///
/// # Errors
/// If a model cannot be built, or the spectrograms cannot be read.
pub fn compare(
    sets: &[Set],
    before: &Pretrained,
    after: &Pretrained,
    spectra: &mut Spectra,
    captioned: usize,
    batch_size: usize,
    watch: &[String],
) -> Result<Vec<Evaluation>> {
    let before = evaluate(sets, before, spectra, captioned, batch_size)?;
    let after = evaluate(sets, after, spectra, captioned, batch_size)?;
    let compared = sets.iter().zip(before.into_iter().zip(after));
    let compared = compared.map(|(set, ((loss_before, before), (loss_after, after)))| {
        let captioned = set.clips.iter().zip(before.into_iter().zip(after));
        let captions: Vec<Comparison> = captioned
            .map(|((clip, _), (before, after))| Comparison {
                place: clip.place.clone(),
                reference: clip.caption.clone(),
                before,
                after,
            })
            .collect();
        Evaluation {
            name: set.name.clone(),
            pairs: set.clips.len(),
            loss_before,
            loss_after,
            word_counts: watch.iter().map(|word| WordCount::count(word, &captions)).collect(),
            captions,
        }
    });
    Ok(compared.collect())
}

/// The loss of `model` on each of `sets`, and its captions of the first clips.
fn evaluate(
    sets: &[Set],
    model: &Pretrained,
    spectra: &mut Spectra,
    captioned: usize,
    batch_size: usize,
) -> Result<Vec<(f64, Vec<String>)>> {
    let device = musicap::model::burn_device(musicap::Device::Cpu)?;
    let config = model.config();
    let network = build(config, model.checkpoint(), &device)?;
    let loss = |set: &Set, spectra: &mut _| {
        mean_loss(&network, &set.clips, spectra, config, batch_size, &device)
    };
    let losses: Vec<f64> = sets.iter().map(|set| loss(set, spectra)).collect::<Result<_>>()?;
    // Only one copy of the model in memory at a time.
    drop(network);
    let captioner = Captioner::load(model, &LoadOptions::default())?;
    let captions = sets.iter().map(|set| {
        let clips = &set.clips[..set.clips.len().min(captioned)];
        captions(&captioner, model, clips, spectra, batch_size)
    });
    let captions: Vec<_> = captions.collect::<Result<_>>()?;
    Ok(losses.into_iter().zip(captions).collect())
}

/// The captions of `clips` with the model's own generation settings.
fn captions(
    captioner: &Captioner,
    model: &Pretrained,
    clips: &[(Clip, Example)],
    spectra: &mut Spectra,
    batch_size: usize,
) -> Result<Vec<String>> {
    let audio = &model.config().audio;
    let mut texts = Vec::new();
    for clips in clips.chunks(batch_size) {
        let mut cells = Vec::new();
        for (clip, _) in clips {
            cells.append(&mut spectra.read(clip.spectrum)?);
        }
        let mel = Array3::from_shape_vec((clips.len(), audio.n_mels, audio.frames()), cells)?;
        let indices: Vec<usize> = (texts.len()..texts.len() + clips.len()).collect();
        for caption in captioner.generate_tokens(mel, &indices, &model.config().generation)? {
            texts.push(model.tokenizer().decode(&caption.tokens)?);
        }
    }
    Ok(texts)
}
