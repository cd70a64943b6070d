//! The training loop: epochs, evaluation, the best model, early stopping.

use super::batch::batch;
use super::evaluate::{build, mean_loss};
use super::freeze;
use super::state::{Epoch, Saved, State, trained};
use super::trainer::{Trainer, learning_rate};
use super::{Material, OnStep, Options, Progress, hash};
use crate::rng::{Purpose, Rng};
use anyhow::{Context, Result};
use burn::module::Module;
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};
use musicap::Pretrained;
use musicap::checkpoint::Checkpoint;
use serde_json::{Map, Value, json};
use std::fs;
use std::time::Instant;

/// A run with its options.
pub struct Run<'a> {
    pub options: &'a Options,
    pub base: &'a Pretrained,
    pub saved: &'a Saved,
    pub settings: Map<String, Value>,
}

/// A finished run.
pub struct Finished {
    pub state: State,
    pub ended: String,
    pub parameters: [usize; 2],
}

impl Run<'_> {
    /// Trains to the end, from the beginning or from the state of an interrupted run. Afterwards the
    /// output folder has the model of the best epoch.
    ///
    /// # Errors
    /// If the model cannot be built, training fails, or a file cannot be written or read.
    pub fn train(&self, material: &mut Material, on_step: OnStep) -> Result<Finished> {
        let options = self.options;
        let device = musicap::model::burn_device(musicap::Device::Cpu)?.autodiff();
        let (mut trainer, mut state) = match self.saved.state()? {
            Some(state) => {
                state.check(&self.settings)?;
                eprintln!("resuming after {} steps of epoch {}", state.step, state.epochs.len());
                (self.saved.restore(self.trainer(&self.saved.weights()?, &device)?)?, state)
            }
            None => {
                let trainer = self.trainer(self.base.checkpoint(), &device)?;
                let held_out_loss = self.held_out_loss(&trainer, material)?;
                let before = Epoch { epoch: 0, train_loss: None, held_out_loss, seconds: 0.0 };
                (trainer, State::new(self.settings.clone(), before))
            }
        };
        let parameters = trainer.trainable.parameters;

        let steps = material.train.len().div_ceil(options.batch_size);
        let style = "{bar:30} {pos}/{len} steps, at most {eta} left; {msg}";
        let progress = ProgressBar::new((steps * options.epochs) as u64)
            .with_style(ProgressStyle::with_template(style)?)
            .with_position(((state.epochs.len() - 1) * steps + state.step) as u64);
        progress.reset_eta();
        progress.println(format!(
            "before training: held-out loss {:.3}",
            state.epochs[0].held_out_loss
        ));
        let mut clock = Instant::now();
        let mut saved_at = Instant::now();
        let ended = loop {
            if let Some(ended) = self.ended(&state) {
                break ended;
            }
            let epoch = state.epochs.len();
            let mut order: Vec<usize> = (0..material.train.len()).collect();
            self.rng(epoch, 0).shuffle(&mut order);
            for part in order.chunks(options.batch_size).skip(state.step) {
                let done = (epoch - 1) * steps + state.step;
                trainer = self.step(trainer, &mut state, part, done, steps, material)?;
                state.seconds += clock.elapsed().as_secs_f64();
                clock = Instant::now();
                progress.inc(1);
                progress.set_message(format!("loss {:.3}", state.loss / state.tokens as f64));
                if saved_at.elapsed().as_secs_f64() > 60.0 * options.save_minutes {
                    self.saved.save(self.base, &trainer, &state)?;
                    saved_at = Instant::now();
                }
                on_step(&self.progress(&state, steps))?;
                if self.out_of_time(&state) {
                    break;
                }
            }
            let held_out_loss = self.held_out_loss(&trainer, material)?;
            state.seconds += clock.elapsed().as_secs_f64();
            clock = Instant::now();
            state.close_epoch(held_out_loss);
            let last = &state.epochs[epoch];
            let train_loss = last.train_loss.unwrap_or(f64::NAN);
            let best = state.since_best() == 0;
            let mark = if best { " (best)" } else { "" };
            progress.println(format!(
                "epoch {epoch}: training loss {train_loss:.3}, held-out loss \
                 {held_out_loss:.3}{mark}"
            ));
            if best {
                self.write_model(&trainer, &state, material)?;
            }
            self.saved.save(self.base, &trainer, &state)?;
            saved_at = Instant::now();
            on_step(&self.progress(&state, steps))?;
        };
        progress.finish_and_clear();
        if state.best().epoch == 0 {
            let trainer = self.trainer(self.base.checkpoint(), &device)?;
            self.write_model(&trainer, &state, material)?;
        }
        Ok(Finished { state, ended, parameters })
    }

    /// A trainer for the model with `weights`.
    fn trainer(&self, weights: &Checkpoint, device: &Device) -> Result<Trainer> {
        let model = build(self.base.config(), weights, device)?;
        let trainable = freeze::prepare(model, &self.options.frozen())?;
        Ok(Trainer::new(trainable, self.options.label_smoothing, self.options.max_grad_norm))
    }

    /// Why the run ends now, if it does.
    fn ended(&self, state: &State) -> Option<String> {
        let options = self.options;
        if state.epochs.len() > options.epochs {
            Some(format!("all {} epochs were completed", options.epochs))
        } else if state.since_best() >= options.patience {
            Some(format!("{} epochs did not improve the held-out loss", options.patience))
        } else if self.out_of_time(state) {
            Some("the time limit was reached".into())
        } else {
            None
        }
    }

    fn progress(&self, state: &State, steps: usize) -> Progress {
        Progress {
            epoch: state.epochs.len(),
            epochs: self.options.epochs,
            step: state.step,
            steps,
            loss: state.loss / state.tokens.max(1) as f64,
            held_out_losses: state.epochs.iter().map(|epoch| epoch.held_out_loss).collect(),
        }
    }

    fn out_of_time(&self, state: &State) -> bool {
        self.options.minutes.is_some_and(|minutes| state.seconds >= 60.0 * minutes)
    }

    /// Random numbers of an epoch: stream 0 for the order, then one for the augmentation of each clip.
    /// A resumed run gets the same.
    fn rng(&self, epoch: usize, stream: usize) -> Rng {
        Rng::new(self.options.seed, ((epoch as u64) << 32) + stream as u64, Purpose::Tune)
    }

    /// Runs one step on the clips `part`; `done` steps have been run before.
    fn step(
        &self,
        trainer: Trainer,
        state: &mut State,
        part: &[usize],
        done: usize,
        steps: usize,
        material: &mut Material,
    ) -> Result<Trainer> {
        let options = self.options;
        let Material { train, spectra, .. } = material;
        let clips: Vec<_> = part.iter().map(|&clip| &train[clip]).collect();
        let tokens = clips.iter().map(|(_, example)| example.target.len()).sum();
        let all = steps * options.epochs;
        let warmup = (options.warmup * all as f64).round() as usize;
        let rate = learning_rate(done, all, warmup, options.learning_rate(self.base));

        let device = musicap::model::burn_device(musicap::Device::Cpu)?.autodiff();
        let epoch = state.epochs.len();
        let micro = options.micro_batch_size.unwrap_or(options.batch_size);
        let batches = clips.chunks(micro).map(|clips| {
            let mut augment = |clip| self.rng(epoch, 1 + clip);
            let augment: Option<&mut dyn FnMut(usize) -> Rng> =
                if options.no_augment { None } else { Some(&mut augment) };
            let clips: Vec<_> = clips.iter().map(|(clip, example)| (clip, example)).collect();
            batch(&clips, spectra, self.base.config(), augment, &device)
        });
        let begun = Instant::now();
        let at = || format!("step {} of epoch {epoch}", state.step + 1);
        let (trainer, loss) = trainer.step(batches, tokens, rate).with_context(at)?;
        state.step_seconds += begun.elapsed().as_secs_f64();
        state.step_clips += part.len();
        state.step += 1;
        state.loss += loss;
        state.tokens += tokens;
        Ok(trainer)
    }

    /// Mean cross-entropy per token on the held-out clips, in nats.
    fn held_out_loss(&self, trainer: &Trainer, material: &mut Material) -> Result<f64> {
        // Without automatic differentiation, which would keep the output of every layer.
        let model = trainer.trainable.model.valid();
        let device = musicap::model::burn_device(musicap::Device::Cpu)?;
        let Material { held_out, spectra, .. } = material;
        let batch_size = self.options.evaluation_batch_size();
        mean_loss(&model, held_out, spectra, self.base.config(), batch_size, &device)
    }

    /// Writes the current model to the output folder, with its provenance in `config.json`.
    fn write_model(&self, trainer: &Trainer, state: &State, material: &Material) -> Result<()> {
        let (options, base) = (self.options, self.base);
        let note = |sha256: Option<String>| {
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "base": { "name": base.name(), "sha256": self.settings["base"] },
                "recipe": {
                    "fine_tuned": true,
                    "rows": material.train.len(),
                    "held_out_rows": material.held_out.len(),
                    "epoch": state.best().epoch,
                    "settings": self.settings,
                },
                "sha256": sha256,
            })
        };
        let config = base.config().clone().with_extra("musicap", note(None));
        let trained = trained(base, &trainer.trainable, config)?;
        trained.save(&options.output, options.precision)?;
        // The hash is that of the file, which exists only now.
        let sha256 = hash(&options.output.join("model.safetensors"))?;
        let config = trained.config().clone().with_extra("musicap", note(Some(sha256)));
        let (path, partial) =
            (options.output.join("config.json"), options.output.join("config.json.partial"));
        fs::write(&partial, config.to_json()).with_context(|| partial.display().to_string())?;
        fs::rename(&partial, &path).with_context(|| path.display().to_string())
    }
}

impl State {
    fn new(settings: Map<String, Value>, before: Epoch) -> Self {
        State {
            settings,
            epochs: vec![before],
            step: 0,
            loss: 0.0,
            tokens: 0,
            seconds: 0.0,
            step_seconds: 0.0,
            step_clips: 0,
        }
    }

    fn close_epoch(&mut self, held_out_loss: f64) {
        self.epochs.push(Epoch {
            epoch: self.epochs.len(),
            train_loss: (self.tokens > 0).then(|| self.loss / self.tokens as f64),
            held_out_loss,
            seconds: self.seconds,
        });
        (self.step, self.loss, self.tokens) = (0, 0.0, 0);
    }
}
