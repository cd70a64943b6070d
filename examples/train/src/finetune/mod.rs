//! Fine-tunes a captioner on pairs of audio and caption.
//!
//! ```text
//! pairs.csv → pairs → clips (the core's front end) → split → batches → trainer → epochs
//!                                                                        └→ model folder, report
//! ```

mod augment;
mod batch;
pub(crate) mod clips;
mod evaluate;
mod freeze;
pub(crate) mod pairs;
mod report;
mod run;
mod split;
mod state;
#[cfg(test)]
mod tests;
mod trainer;

use anyhow::{Context, Result, bail, ensure};
use batch::Example;
use clips::{Clip, Loaded, Spectra};
use evaluate::Set;
use indicatif::{ProgressBar, ProgressStyle};
use musicap::Pretrained;
use musicap::checkpoint::Precision;
use pairs::Remark;
use report::Report;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::evaluator::open_model;

/// The default learning rate times d_model, as wide networks need smaller steps: 2e-4 for the embedded
/// model, 5e-5 for LP-MusicCaps.
const LEARNING_RATE_TIMES_WIDTH: f64 = 0.0384;

/// Options of fine-tuning.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// The model to start from: a model folder, a .pth or .safetensors file, or a hub id [default:
    /// the embedded model].
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// CSV file with the columns audio, caption and optionally start_s and end_s.
    #[arg(long)]
    pub data: PathBuf,
    /// Folder of the new model. An interrupted run in it is resumed.
    #[arg(long)]
    pub output: PathBuf,
    /// CSV file of held-out pairs, instead of a share of --data.
    #[arg(long)]
    pub held_out: Option<PathBuf>,
    /// CSV file of test pairs, evaluated before and after training; may be repeated.
    #[arg(long)]
    pub test: Vec<PathBuf>,
    /// Share of the pairs to hold out, in whole recordings.
    #[arg(long, default_value_t = 0.15)]
    pub held_out_share: f64,
    /// Parts to freeze: audio-encoder, encoder, decoder, positions, embeddings, none, or prefixes of
    /// tensor names.
    #[arg(long, value_delimiter = ',', default_value = "audio-encoder,positions")]
    pub freeze: Vec<String>,
    /// Maximum number of epochs.
    #[arg(long, default_value_t = 30)]
    pub epochs: usize,
    /// Number of epochs without a better held-out loss after which training stops.
    #[arg(long, default_value_t = 5)]
    pub patience: usize,
    /// Pairs in a step.
    #[arg(long, default_value_t = 8)]
    pub batch_size: usize,
    /// Pairs in memory at a time, with gradient accumulation; the result is the same [default:
    /// --batch-size].
    #[arg(long)]
    pub micro_batch_size: Option<usize>,
    /// Peak learning rate [default: 0.0384 / d_model].
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Share of the steps with learning rate warmup.
    #[arg(long, default_value_t = 0.1)]
    pub warmup: f64,
    /// Label smoothing.
    #[arg(long, default_value_t = 0.05)]
    pub label_smoothing: f64,
    /// Maximum norm of the gradient.
    #[arg(long, default_value_t = 1.0)]
    pub max_grad_norm: f64,
    /// Disable augmentation (gain, time shift, masks).
    #[arg(long)]
    pub no_augment: bool,
    /// Seed of the held-out split, the order and the augmentation.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Time limit of the training in minutes, without interruptions.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Number of threads [default: one per core].
    #[arg(long)]
    pub threads: Option<usize>,
    /// Precision of the new model's weights: f32 or f16.
    #[arg(long, default_value = "f32")]
    pub precision: Precision,
    /// Words to count in the captions of held-out and test pairs, separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub watch_words: Vec<String>,
    /// Number of held-out pairs, and of pairs of each test, to caption before and after training.
    #[arg(long, default_value_t = 60)]
    pub captions: usize,
    /// Minutes between checkpoints within an epoch; there is always one after each epoch.
    #[arg(long, default_value_t = 10.0)]
    pub save_minutes: f64,
    /// Discard a previous run in --output.
    #[arg(long)]
    pub restart: bool,
}

/// The data of a run.
struct Material {
    spectra: Spectra,
    train: Vec<(Clip, Example)>,
    held_out: Vec<(Clip, Example)>,
    /// How the held-out pairs were chosen.
    split: String,
    tests: Vec<Set>,
    skipped: Vec<Remark>,
    remarks: Vec<Remark>,
}

/// Fine-tunes a model and writes a model folder with a report.
///
/// # Errors
/// If an option is invalid, the model or the data cannot be used, or the output folder cannot be
/// written. Single rows that cannot be used are only reported.
pub fn finetune(options: &Options) -> Result<Report> {
    finetune_with_callback(options, &mut |_| Ok(()))
}

/// [`finetune`] with a callback after each step and each epoch. If it returns an error, the run ends at
/// once; it is resumed by the same options.
///
/// # Errors
/// Those of [`finetune`] and of the callback.
pub fn finetune_with_callback(options: &Options, on_step: OnStep) -> Result<Report> {
    options.check()?;
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| run_finetune(options, on_step))
}

/// The callback of [`finetune_with_callback`].
pub type OnStep<'a> = &'a mut (dyn FnMut(&Progress) -> Result<()> + Send);

/// The progress of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The current epoch, from 1.
    pub epoch: usize,
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Finished steps of this epoch.
    pub step: usize,
    /// Number of steps in an epoch.
    pub steps: usize,
    /// Mean cross-entropy per token in this epoch so far, in nats.
    pub loss: f64,
    /// Mean cross-entropy per token on the held-out pairs after each epoch, in nats; the first entry
    /// is that of the model before training.
    pub held_out_losses: Vec<f64>,
}

fn run_finetune(options: &Options, on_step: OnStep) -> Result<Report> {
    let base = open_model(options.model.as_deref())?;
    let output = &options.output;
    fs::create_dir_all(output).with_context(|| output.display().to_string())?;
    if let Some(model) = &options.model {
        let folder = if model.is_dir() { Some(&**model) } else { model.parent() };
        let same =
            folder.and_then(|folder| folder.canonicalize().ok()) == output.canonicalize().ok();
        ensure!(
            !same,
            "--output is the folder of --model, which would be overwritten; choose another"
        );
    }
    let saved = state::Saved::of(output);
    if options.restart {
        saved.remove()?;
    } else if saved.state()?.is_none() && output.join("report.json").exists() {
        bail!("{} has a finished run; overwrite it with --restart", output.display());
    }

    let mut material = Material::load_all(options, &base)?;
    let run = run::Run { options, base: &base, saved: &saved, settings: options.settings(&base)? };
    let finished = run.train(&mut material, on_step)?;

    let mut sets = vec![Set { name: "held out".into(), clips: material.held_out }];
    sets.append(&mut material.tests);
    let evaluations = evaluate::compare(
        &sets,
        &base,
        &Pretrained::open(output)?,
        &mut material.spectra,
        options.captions,
        options.evaluation_batch_size(),
        &options.watch_words,
    )?;
    let state = finished.state;
    let report = Report {
        base: base.name().to_owned(),
        output: output.display().to_string(),
        trained_on: material.train.len(),
        held_out: material.split,
        skipped: material.skipped,
        remarks: material.remarks,
        parameters: finished.parameters,
        frozen: options.frozen(),
        seed: options.seed,
        batch_size: options.batch_size,
        learning_rate: options.learning_rate(&base),
        best_epoch: state.best().epoch,
        epochs: state.epochs,
        ended: finished.ended,
        seconds: state.seconds,
        clips_per_second: state.step_clips as f64 / state.step_seconds.max(1e-9),
        evaluations,
    };
    fs::write(output.join("report.md"), report.to_markdown())?;
    fs::write(output.join("report.json"), serde_json::to_vec_pretty(&report)?)?;
    saved.remove()?;
    Ok(report)
}

impl Options {
    /// The command's defaults: the embedded model, fine-tuned on the CSV file `data`, is written to the
    /// folder `output`.
    pub fn new(data: &Path, output: &Path) -> Self {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            options: Options,
        }
        let words = ["finetune".as_ref(), "--data".as_ref(), data, "--output".as_ref(), output];
        <Line as clap::Parser>::parse_from(words).options
    }

    fn check(&self) -> Result<()> {
        ensure!(self.batch_size > 0, "--batch-size must be at least 1");
        ensure!(self.epochs > 0, "--epochs must be at least 1");
        ensure!(self.micro_batch_size != Some(0), "--micro-batch-size must be at least 1");
        for (name, value, most) in [
            ("held-out-share", self.held_out_share, 0.9),
            ("warmup", self.warmup, 1.0),
            ("label-smoothing", self.label_smoothing, 0.9),
        ] {
            ensure!((0.0..=most).contains(&value), "--{name} is {value}, but must be 0 to {most}");
        }
        for (name, value) in [
            ("learning-rate", self.learning_rate),
            ("minutes", self.minutes),
            ("max-grad-norm", Some(self.max_grad_norm)),
        ] {
            let ok = value.is_none_or(|value| value > 0.0 && value.is_finite());
            ensure!(ok, "--{name} must be greater than 0");
        }
        Ok(())
    }

    /// Batch size without gradients.
    fn evaluation_batch_size(&self) -> usize {
        self.micro_batch_size.unwrap_or(8)
    }

    fn frozen(&self) -> Vec<String> {
        self.freeze.iter().filter(|part| *part != "none").cloned().collect()
    }

    fn learning_rate(&self, base: &Pretrained) -> f64 {
        let width = base.config().architecture().d_model() as f64;
        self.learning_rate.unwrap_or(LEARNING_RATE_TIMES_WIDTH / width)
    }

    /// The settings that determine the result. A run is resumed only with the same.
    fn settings(&self, base: &Pretrained) -> Result<Map<String, Value>> {
        let settings = json!({
            "base": base_hash(base)?,
            "data": hash(&self.data)?,
            "held_out": self.held_out.as_deref().map(hash).transpose()?,
            "held_out_share": self.held_out_share,
            "freeze": self.frozen(),
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate(base),
            "warmup": self.warmup,
            "label_smoothing": self.label_smoothing,
            "max_grad_norm": self.max_grad_norm,
            "no_augment": self.no_augment,
            "seed": self.seed,
        });
        Ok(serde_json::from_value(settings)?)
    }
}

/// The SHA-256 of the weights that a run starts from.
fn base_hash(base: &Pretrained) -> Result<String> {
    let file = Path::new(base.checkpoint().origin());
    if file.is_file() {
        return hash(file);
    }
    // The embedded weights are not a file, but their configuration states the hash.
    let stated = base.config().extra("musicap").and_then(|note| note["sha256"].as_str());
    Ok(stated.context("the weights have no file")?.to_owned())
}

/// The SHA-256 of a file, in hexadecimal digits.
fn hash(path: &Path) -> Result<String> {
    let mut digest = Sha256::new();
    let mut file = fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block).with_context(|| path.display().to_string())? {
            0 => break,
            length => digest.update(&block[..length]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Material {
    /// Reads the pairs, extracts their clips and holds some out.
    fn load_all(options: &Options, base: &Pretrained) -> Result<Self> {
        let audio = &base.config().audio;
        let spectra = options.output.join("spectra.partial");
        let mut material = Material {
            spectra: Spectra::create(spectra, audio)?,
            train: Vec::new(),
            held_out: Vec::new(),
            split: String::new(),
            tests: Vec::new(),
            skipped: Vec::new(),
            remarks: Vec::new(),
        };
        let train = material.load(&options.data, base)?;
        (material.train, material.held_out) = match &options.held_out {
            Some(path) => {
                material.split = format!("those of {}", path.display());
                (train, material.load(path, base)?)
            }
            None => {
                let recordings: Vec<&Path> = train.iter().map(|(c, _)| &*c.recording).collect();
                let single = recordings.iter().all(|recording| *recording == recordings[0]);
                material.split = match single {
                    true => "from the same recording, so the loss is too optimistic".into(),
                    false => "whole recordings, at random".into(),
                };
                let held = split::held_out(&recordings, options.held_out_share, options.seed)?;
                let mut held = held.into_iter();
                train.into_iter().partition(|_| held.next() == Some(false))
            }
        };
        for path in &options.test {
            let set = Set { name: path.display().to_string(), clips: material.load(path, base)? };
            material.tests.push(set);
        }
        for remark in &material.skipped {
            eprintln!("skipped: {remark}");
        }
        Ok(material)
    }

    /// The clips of a CSV file with their training examples.
    fn load(&mut self, path: &Path, base: &Pretrained) -> Result<Vec<(Clip, Example)>> {
        let (pairs, invalid) = pairs::read(path)?;
        let rows = pairs.len() + invalid.len();
        ensure!(rows > 0, "{} has no rows below its header", path.display());
        self.skipped.extend(invalid);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} clips, {eta} left")?;
        let progress = ProgressBar::new(pairs.len() as u64).with_style(style);
        let done = |rows| progress.inc(rows as u64);
        let loaded = clips::load(pairs, &base.config().audio, &mut self.spectra, done)?;
        progress.finish_and_clear();
        let Loaded { clips, skipped, remarks } = loaded;
        self.skipped.extend(skipped);
        self.remarks.extend(remarks);
        let mut examples = Vec::new();
        for clip in clips {
            match Example::new(&clip.caption, base.tokenizer(), base.config()) {
                Ok(example) => {
                    if example.truncated {
                        let tokens = example.target.len();
                        self.remarks.push(clip.place.remark(format!(
                            "its caption is longer than the model's maximum; the first {tokens} tokens \
                             are used"
                        )));
                    }
                    examples.push((clip, example));
                }
                Err(reason) => self.skipped.push(clip.place.remark(reason.to_string())),
            }
        }
        self.skipped.sort_by_key(|remark| remark.place.line);
        if examples.is_empty() {
            let reasons: Vec<String> = self.skipped.iter().take(5).map(Remark::to_string).collect();
            bail!(
                "none of the {rows} rows of {} can be used:\n{}",
                path.display(),
                reasons.join("\n")
            );
        }
        Ok(examples)
    }
}
