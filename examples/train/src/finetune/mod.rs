//! Fine-tunes a captioner on pairs of audio and caption.
//!
//! ```text
//! pairs.csv → pairs → clips (the core's front end) → split → batches → teacher → epochs
//!                                                                        └→ model folder, report
//! ```

mod batch;
pub(crate) mod clips;
mod freeze;
mod measure;
pub(crate) mod pairs;
mod report;
mod run;
mod split;
mod state;
mod teacher;
#[cfg(test)]
mod tests;
mod vary;

use anyhow::{Context, Result, bail, ensure};
use batch::Lesson;
use clips::{Clip, Loaded, Spectra};
use indicatif::{ProgressBar, ProgressStyle};
use measure::Set;
use musicap::Pretrained;
use musicap::checkpoint::Precision;
use pairs::Remark;
use report::Report;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The learning rate where none is asked for, times d_model: wide networks take smaller steps.
/// 2e-4 for the embedded model, 5e-5 for LP-MusicCaps.
const RATE_TIMES_WIDTH: f64 = 0.0384;

/// What to fine-tune, on what, and how.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// The model to start from: a model folder, a .pth or .safetensors file, a hub id; without
    /// it the embedded model.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// CSV file with the columns audio, caption and, if wanted, start_s and end_s.
    #[arg(long)]
    pub data: PathBuf,
    /// Folder of the new model. A run that was interrupted here goes on.
    #[arg(long)]
    pub output: PathBuf,
    /// CSV file of pairs to measure on in place of a share of --data.
    #[arg(long)]
    pub held_out: Option<PathBuf>,
    /// CSV file of pairs that decide nothing, measured before and after; several may be named.
    #[arg(long)]
    pub test: Vec<PathBuf>,
    /// Share of the pairs to hold out, by whole recordings.
    #[arg(long, default_value_t = 0.15)]
    pub held_out_share: f64,
    /// Parts that stay as they are: audio-encoder, encoder, decoder, positions, embeddings,
    /// none, or beginnings of tensor names.
    #[arg(long, value_delimiter = ',', default_value = "audio-encoder,positions")]
    pub freeze: Vec<String>,
    /// Passes over the training pairs, at most.
    #[arg(long, default_value_t = 30)]
    pub epochs: usize,
    /// Epochs without a better held-out loss after which training ends.
    #[arg(long, default_value_t = 5)]
    pub patience: usize,
    /// Pairs a step.
    #[arg(long, default_value_t = 8)]
    pub batch: usize,
    /// Pairs computed at once; fewer take less memory, and the result is the same.
    #[arg(long)]
    pub micro_batch: Option<usize>,
    /// Highest learning rate; without it 0.0384 / d_model.
    #[arg(long)]
    pub rate: Option<f64>,
    /// Share of the steps in which the rate rises to its highest.
    #[arg(long, default_value_t = 0.1)]
    pub warm_up: f64,
    /// Label smoothing.
    #[arg(long, default_value_t = 0.05)]
    pub smoothing: f64,
    /// Longest gradient.
    #[arg(long, default_value_t = 1.0)]
    pub clip: f64,
    /// Train on the clips as they are: no changes of level and start, no masks.
    #[arg(long)]
    pub plain: bool,
    /// Draws the held-out pairs, the order and the changes of clips.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Ends training after this many minutes, interruptions not counted.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Threads to compute with; without it as many as there are cores.
    #[arg(long)]
    pub threads: Option<usize>,
    /// How the new model's weights are kept: f32 or f16.
    #[arg(long, default_value = "f32")]
    pub precision: Precision,
    /// Words to count in captions of held-out and test pairs before and after.
    #[arg(long, value_delimiter = ',')]
    pub watch: Vec<String>,
    /// Held-out pairs, and pairs of each test, to caption before and after.
    #[arg(long, default_value_t = 60)]
    pub captions: usize,
    /// Minutes between checkpoints within an epoch; there is one after each epoch anyway.
    #[arg(long, default_value_t = 10.0)]
    pub save_minutes: f64,
    /// Begin anew where a run has been before.
    #[arg(long)]
    pub restart: bool,
}

/// The pairs of a run as it uses them.
struct Material {
    spectra: Spectra,
    train: Vec<(Clip, Lesson)>,
    held_out: Vec<(Clip, Lesson)>,
    /// How the held-out pairs were chosen.
    chosen: String,
    tests: Vec<Set>,
    left_out: Vec<Remark>,
    remarks: Vec<Remark>,
}

/// Fine-tunes as `options` say and leaves a model folder with a report.
///
/// # Errors
/// If an option is out of its range, the model or the data cannot be used, or the output folder
/// cannot be written. Single rows that cannot be used are only reported.
pub fn finetune(options: &Options) -> Result<Report> {
    finetune_watched(options, &mut |_| Ok(()))
}

/// The same with a call after each step and each epoch, whose error ends the run there and then.
/// The same options go on with it.
///
/// # Errors
/// Those of [`finetune`] and of `watch`.
pub fn finetune_watched(options: &Options, watch: Watch) -> Result<Report> {
    options.check()?;
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| finetune_here(options, watch))
}

/// Follows a run; see [`finetune_watched`].
pub type Watch<'a> = &'a mut (dyn FnMut(&Progress) -> Result<()> + Send);

/// How far a run has come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The epoch that is running, counted from 1.
    pub epoch: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Steps of this epoch that are done.
    pub step: usize,
    /// Steps of an epoch.
    pub steps: usize,
    /// Mean cross-entropy of a token in the steps of this epoch, in nats.
    pub loss: f64,
    /// The same on the held-out pairs, after each epoch; that of the model before training first.
    pub held_out_losses: Vec<f64>,
}

fn finetune_here(options: &Options, watch: Watch) -> Result<Report> {
    let base = match &options.model {
        Some(name) => Pretrained::open(name)?,
        None => Pretrained::embedded()?,
    };
    let output = &options.output;
    fs::create_dir_all(output).with_context(|| output.display().to_string())?;
    if let Some(model) = &options.model {
        let folder = if model.is_dir() { Some(&**model) } else { model.parent() };
        let same =
            folder.and_then(|folder| folder.canonicalize().ok()) == output.canonicalize().ok();
        ensure!(!same, "--output is the folder of --model, which would be overwritten");
    }
    let saved = state::Saved::of(output);
    if options.restart {
        saved.remove()?;
    } else if saved.state()?.is_none() && output.join("report.json").exists() {
        bail!("{} holds a finished run; --restart overwrites it", output.display());
    }

    let mut material = Material::gather(options, &base)?;
    let run = run::Run { options, base: &base, saved: &saved, settings: options.settings(&base)? };
    let finished = run.train(&mut material, watch)?;

    let mut sets = vec![Set { name: "held out".into(), clips: material.held_out }];
    sets.append(&mut material.tests);
    let measured = measure::compare(
        &sets,
        &base,
        &Pretrained::open(output)?,
        &mut material.spectra,
        options.captions,
        options.at_once(),
        &options.watch,
    )?;
    let state = finished.state;
    let report = Report {
        base: base.name().to_owned(),
        output: output.display().to_string(),
        trained_on: material.train.len(),
        held_out: material.chosen,
        left_out: material.left_out,
        remarks: material.remarks,
        parameters: finished.parameters,
        frozen: options.frozen(),
        seed: options.seed,
        batch: options.batch,
        rate: options.rate(&base),
        best_epoch: state.best().epoch,
        epochs: state.epochs,
        ended: finished.ended,
        seconds: state.seconds,
        clips_per_second: state.step_clips as f64 / state.step_seconds.max(1e-9),
        measured,
    };
    fs::write(output.join("report.md"), report.to_markdown())?;
    fs::write(output.join("report.json"), serde_json::to_vec_pretty(&report)?)?;
    saved.remove()?;
    Ok(report)
}

impl Options {
    /// Fine-tunes the embedded model on the pairs of the CSV file `data` into the folder `output`,
    /// with the command's defaults.
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
        ensure!(self.batch > 0 && self.epochs > 0, "--batch and --epochs must be at least 1");
        ensure!(self.micro_batch != Some(0), "--micro-batch must be at least 1");
        for (name, value, most) in [
            ("held-out-share", self.held_out_share, 0.9),
            ("warm-up", self.warm_up, 1.0),
            ("smoothing", self.smoothing, 0.9),
        ] {
            ensure!((0.0..=most).contains(&value), "--{name} is {value}, but must be 0 to {most}");
        }
        for (name, value) in
            [("rate", self.rate), ("minutes", self.minutes), ("clip", Some(self.clip))]
        {
            let ok = value.is_none_or(|value| value > 0.0 && value.is_finite());
            ensure!(ok, "--{name} must be above 0");
        }
        Ok(())
    }

    /// Clips computed at once where no gradients are wanted.
    fn at_once(&self) -> usize {
        self.micro_batch.unwrap_or(8)
    }

    fn frozen(&self) -> Vec<String> {
        self.freeze.iter().filter(|part| *part != "none").cloned().collect()
    }

    fn rate(&self, base: &Pretrained) -> f64 {
        self.rate.unwrap_or(RATE_TIMES_WIDTH / base.config().bart.d_model as f64)
    }

    /// What decides the result: a run is continued only under the same.
    fn settings(&self, base: &Pretrained) -> Result<Map<String, Value>> {
        let settings = json!({
            "base": base_hash(base)?,
            "data": hash(&self.data)?,
            "held_out": self.held_out.as_deref().map(hash).transpose()?,
            "held_out_share": self.held_out_share,
            "freeze": self.frozen(),
            "epochs": self.epochs,
            "batch": self.batch,
            "rate": self.rate(base),
            "warm_up": self.warm_up,
            "smoothing": self.smoothing,
            "clip": self.clip,
            "plain": self.plain,
            "seed": self.seed,
        });
        Ok(serde_json::from_value(settings)?)
    }
}

/// The SHA-256 of the weights that a run starts from.
fn base_hash(base: &Pretrained) -> Result<String> {
    let noted = base.config().extra("musicap").and_then(|note| note["sha256"].as_str());
    match noted {
        Some(noted) => Ok(noted.to_owned()),
        None => hash(Path::new(base.checkpoint().origin())),
    }
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
    /// Reads the pairs, cuts their clips and holds some out.
    fn gather(options: &Options, base: &Pretrained) -> Result<Self> {
        let audio = &base.config().audio;
        let spectra = options.output.join("spectra.partial");
        let mut material = Material {
            spectra: Spectra::create(spectra, audio)?,
            train: Vec::new(),
            held_out: Vec::new(),
            chosen: String::new(),
            tests: Vec::new(),
            left_out: Vec::new(),
            remarks: Vec::new(),
        };
        let train = material.load(&options.data, base)?;
        (material.train, material.held_out) = match &options.held_out {
            Some(path) => {
                material.chosen = format!("those of {}", path.display());
                (train, material.load(path, base)?)
            }
            None => {
                let recordings: Vec<&Path> = train.iter().map(|(c, _)| &*c.recording).collect();
                let single = recordings.iter().all(|recording| *recording == recordings[0]);
                material.chosen = match single {
                    true => "drawn from the same recording, so too good a figure".into(),
                    false => "whole recordings, drawn".into(),
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
        for remark in &material.left_out {
            eprintln!("left out: {remark}");
        }
        Ok(material)
    }

    /// The clips of one CSV file with their lessons.
    fn load(&mut self, path: &Path, base: &Pretrained) -> Result<Vec<(Clip, Lesson)>> {
        let (pairs, refused) = pairs::read(path)?;
        let rows = pairs.len() + refused.len();
        ensure!(rows > 0, "{} has no rows below its header", path.display());
        self.left_out.extend(refused);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} clips cut, {eta} left")?;
        let progress = ProgressBar::new(pairs.len() as u64).with_style(style);
        let done = |rows| progress.inc(rows as u64);
        let loaded = clips::load(pairs, &base.config().audio, &mut self.spectra, done)?;
        progress.finish_and_clear();
        let Loaded { clips, refused, remarks } = loaded;
        self.left_out.extend(refused);
        self.remarks.extend(remarks);
        let mut lessons = Vec::new();
        for clip in clips {
            match Lesson::new(&clip.caption, base.tokenizer(), base.config()) {
                Ok(lesson) => {
                    if lesson.cut {
                        let tokens = lesson.target.len();
                        self.remarks.push(clip.place.remark(format!(
                            "its caption is longer than the model's captions; the first {tokens} \
                             tokens are used"
                        )));
                    }
                    lessons.push((clip, lesson));
                }
                Err(reason) => self.left_out.push(clip.place.remark(reason.to_string())),
            }
        }
        self.left_out.sort_by_key(|remark| remark.place.line);
        if lessons.is_empty() {
            let reasons: Vec<String> =
                self.left_out.iter().take(5).map(Remark::to_string).collect();
            bail!(
                "none of the {rows} rows of {} can be used:\n{}",
                path.display(),
                reasons.join("\n")
            );
        }
        Ok(lessons)
    }
}
