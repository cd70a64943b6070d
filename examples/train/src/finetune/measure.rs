//! How good a model is on clips that it is not trained on.

use super::batch::{Lesson, batch};
use super::clips::{Clip, Spectra};
use super::report::{Example, Measured, Watched};
use super::teacher::loss;
use anyhow::{Context, Result};
use burn::tensor::Device;
use musicap::checkpoint::{Checkpoint, CheckpointReader, ModelConfig};
use musicap::model::bart::{BartConfig, BartModel};
use musicap::model::{Layout, Placement};
use musicap::{Captioner, LoadOptions, Pretrained};
use ndarray::Array3;

/// Clips measured on together, with what they are called.
pub struct Set {
    pub name: String,
    pub clips: Vec<(Clip, Lesson)>,
}

/// The network of `config` with `weights`, by Burn's own operations, which can be differentiated.
///
/// # Errors
/// If it is not a BART, or the weights do not fit.
pub fn build(config: &ModelConfig, weights: &Checkpoint, device: &Device) -> Result<BartModel> {
    let architecture = config.architecture();
    let bart = config.architecture_as::<BartConfig>().with_context(|| {
        format!(
            "only models of the type bart are trained, and this is {}",
            architecture.model_type()
        )
    })?;
    let mut reader = CheckpointReader::new(weights, architecture);
    let placement = Placement { device: device.clone(), layout: Layout::Plain };
    let network = BartModel::load(bart, &config.audio, &mut reader, &placement)?;
    reader.finish()?;
    Ok(network)
}

/// Mean cross-entropy of a token on `clips`, in nats, `at_once` of them computed at a time.
///
/// # Errors
/// If the spectrograms cannot be read.
pub fn mean_loss(
    model: &BartModel,
    clips: &[(Clip, Lesson)],
    spectra: &mut Spectra,
    config: &ModelConfig,
    at_once: usize,
    device: &Device,
) -> Result<f64> {
    let (mut sum, mut tokens) = (0.0, 0);
    for clips in clips.chunks(at_once) {
        let clips: Vec<_> = clips.iter().map(|(clip, lesson)| (clip, lesson)).collect();
        let batch = batch(&clips, spectra, config, None, device)?;
        tokens += batch.tokens;
        sum += loss(model, &batch, 0.0).plain.into_scalar::<f64>();
    }
    Ok(sum / tokens as f64)
}

/// `sets` measured with the model `before` and the model `after`: losses on all of their clips,
/// captions and the words of `watch` on the first `captioned`.
///
/// # Errors
/// If a model cannot be built, or the spectrograms cannot be read.
pub fn compare(
    sets: &[Set],
    before: &Pretrained,
    after: &Pretrained,
    spectra: &mut Spectra,
    captioned: usize,
    at_once: usize,
    watch: &[String],
) -> Result<Vec<Measured>> {
    let before = listen(sets, before, spectra, captioned, at_once)?;
    let after = listen(sets, after, spectra, captioned, at_once)?;
    let compared = sets.iter().zip(before.into_iter().zip(after));
    let compared = compared.map(|(set, ((loss_before, before), (loss_after, after)))| {
        let said = set.clips.iter().zip(before.into_iter().zip(after));
        let captions: Vec<Example> = said
            .map(|((clip, _), (before, after))| Example {
                place: clip.place.clone(),
                own: clip.caption.clone(),
                before,
                after,
            })
            .collect();
        Measured {
            name: set.name.clone(),
            pairs: set.clips.len(),
            loss_before,
            loss_after,
            watched: watch.iter().map(|word| Watched::count(word, &captions)).collect(),
            captions,
        }
    });
    Ok(compared.collect())
}

/// The loss of `model` on each of `sets` and its captions of the first clips.
fn listen(
    sets: &[Set],
    model: &Pretrained,
    spectra: &mut Spectra,
    captioned: usize,
    at_once: usize,
) -> Result<Vec<(f64, Vec<String>)>> {
    let device = musicap::Device::Cpu.to_burn()?;
    let config = model.config();
    let network = build(config, model.checkpoint(), &device)?;
    let loss = |set: &Set, spectra: &mut _| {
        mean_loss(&network, &set.clips, spectra, config, at_once, &device)
    };
    let losses: Vec<f64> = sets.iter().map(|set| loss(set, spectra)).collect::<Result<_>>()?;
    // Two of the largest models at once would be more than training takes.
    drop(network);
    let captioner = Captioner::load(model, &LoadOptions::default())?;
    let captions = sets.iter().map(|set| {
        let clips = &set.clips[..set.clips.len().min(captioned)];
        captions(&captioner, model, clips, spectra, at_once)
    });
    let captions: Vec<_> = captions.collect::<Result<_>>()?;
    Ok(losses.into_iter().zip(captions).collect())
}

/// What `captioner` says of `clips`, by its model's own generation settings.
fn captions(
    captioner: &Captioner,
    model: &Pretrained,
    clips: &[(Clip, Lesson)],
    spectra: &mut Spectra,
    at_once: usize,
) -> Result<Vec<String>> {
    let audio = &model.config().audio;
    let mut said = Vec::new();
    for clips in clips.chunks(at_once) {
        let mut cells = Vec::new();
        for (clip, _) in clips {
            cells.append(&mut spectra.read(clip.spectrum)?);
        }
        let mel = Array3::from_shape_vec((clips.len(), audio.n_mels, audio.frames()), cells)?;
        let indices: Vec<usize> = (said.len()..said.len() + clips.len()).collect();
        for caption in captioner.generate_from_mel(mel, &indices, &model.config().generation)? {
            said.push(model.tokenizer().decode(&caption.tokens)?);
        }
    }
    Ok(said)
}
