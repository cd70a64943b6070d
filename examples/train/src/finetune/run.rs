//! The epochs of a run: train, measure, keep the best, stop in time.

use super::batch::batch;
use super::freeze;
use super::measure::mean_loss;
use super::state::{Epoch, Saved, State, trained};
use super::teacher::{Teacher, rate};
use super::{Material, Options, Progress, Watch, hash};
use crate::dice::{Dice, Purpose};
use anyhow::{Context, Result};
use burn::module::Module;
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};
use musicap::Pretrained;
use musicap::checkpoint::Checkpoint;
use musicap::model::CaptionModel;
use serde_json::{Map, Value, json};
use std::fs;
use std::time::Instant;

/// A run with all that it is decided by.
pub struct Run<'a> {
    pub options: &'a Options,
    pub base: &'a Pretrained,
    pub saved: &'a Saved,
    pub settings: Map<String, Value>,
}

/// A run that has ended.
pub struct Finished {
    pub state: State,
    pub ended: String,
    pub parameters: [usize; 2],
}

impl Run<'_> {
    /// Trains until an end is reached, from the beginning or from where a run was interrupted.
    /// The output folder then holds the best epoch's model.
    ///
    /// # Errors
    /// If the model cannot be built, training fails, or a file cannot be written or read.
    pub fn train(&self, material: &mut Material, watch: Watch) -> Result<Finished> {
        let options = self.options;
        let device = musicap::Device::Cpu.to_burn()?.autodiff();
        let (mut teacher, mut state) = match self.saved.state()? {
            Some(state) => {
                state.check(&self.settings)?;
                eprintln!("going on after {} steps of epoch {}", state.step, state.epochs.len());
                (self.saved.restore(self.teacher(&self.saved.weights()?, &device)?)?, state)
            }
            None => {
                let teacher = self.teacher(self.base.checkpoint(), &device)?;
                let held_out_loss = self.measure(&teacher, material)?;
                let before = Epoch { epoch: 0, train_loss: None, held_out_loss, seconds: 0.0 };
                (teacher, State::new(self.settings.clone(), before))
            }
        };
        let parameters = teacher.trainee.parameters;

        let steps = material.train.len().div_ceil(options.batch);
        let style = "{bar:30} {pos}/{len} steps, at most {eta} left; {msg}";
        let progress = ProgressBar::new((steps * options.epochs) as u64)
            .with_style(ProgressStyle::with_template(style)?)
            .with_position(((state.epochs.len() - 1) * steps + state.step) as u64);
        progress.reset_eta();
        progress.println(format!("before: held out {:.3}", state.epochs[0].held_out_loss));
        let mut clock = Instant::now();
        let mut saved_at = Instant::now();
        let ended = loop {
            if let Some(ended) = self.ended(&state) {
                break ended;
            }
            let epoch = state.epochs.len();
            let mut order: Vec<usize> = (0..material.train.len()).collect();
            self.dice(epoch, 0).shuffle(&mut order);
            for part in order.chunks(options.batch).skip(state.step) {
                let done = (epoch - 1) * steps + state.step;
                teacher = self.step(teacher, &mut state, part, done, steps, material)?;
                state.seconds += clock.elapsed().as_secs_f64();
                clock = Instant::now();
                progress.inc(1);
                progress.set_message(format!("loss {:.3}", state.loss / state.tokens as f64));
                if saved_at.elapsed().as_secs_f64() > 60.0 * options.save_minutes {
                    self.saved.save(self.base, &teacher, &state)?;
                    saved_at = Instant::now();
                }
                watch(&self.progress(&state, steps))?;
                if self.out_of_time(&state) {
                    break;
                }
            }
            let held_out_loss = self.measure(&teacher, material)?;
            state.seconds += clock.elapsed().as_secs_f64();
            clock = Instant::now();
            state.close_epoch(held_out_loss);
            let last = &state.epochs[epoch];
            let train_loss = last.train_loss.unwrap_or(f64::NAN);
            let best = state.since_best() == 0;
            let mark = if best { ", the best" } else { "" };
            progress.println(format!(
                "epoch {epoch}: training {train_loss:.3}, held out {held_out_loss:.3}{mark}"
            ));
            if best {
                self.keep(&teacher, &state, material)?;
            }
            self.saved.save(self.base, &teacher, &state)?;
            saved_at = Instant::now();
            watch(&self.progress(&state, steps))?;
        };
        progress.finish_and_clear();
        if state.best().epoch == 0 {
            let teacher = self.teacher(self.base.checkpoint(), &device)?;
            self.keep(&teacher, &state, material)?;
        }
        Ok(Finished { state, ended, parameters })
    }

    /// A teacher of the model that has `weights`.
    fn teacher(&self, weights: &Checkpoint, device: &Device) -> Result<Teacher> {
        let config = self.base.config();
        let mut reader = weights.reader();
        let model =
            CaptionModel::load(config.audio_encoder(), &config.bart, &mut reader, device, false)?;
        reader.finish()?;
        let trainee = freeze::prepare(model, &self.options.frozen())?;
        Ok(Teacher::new(trainee, self.options.smoothing, self.options.clip))
    }

    /// Why the run is over, if it is.
    fn ended(&self, state: &State) -> Option<String> {
        let options = self.options;
        if state.epochs.len() > options.epochs {
            Some(format!("all {} epochs were done", options.epochs))
        } else if state.since_best() >= options.patience {
            Some(format!("{} epochs were no better on the held-out pairs", options.patience))
        } else if self.out_of_time(state) {
            Some("the time was up".into())
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

    /// Chance in an epoch: 0 for its order, then one for each clip's changes. A run that goes on
    /// in the middle meets the same.
    fn dice(&self, epoch: usize, use_: usize) -> Dice {
        Dice::new(self.options.seed, ((epoch as u64) << 32) + use_ as u64, Purpose::Tune)
    }

    /// One step on the clips `part`, `done` steps after the first.
    fn step(
        &self,
        teacher: Teacher,
        state: &mut State,
        part: &[usize],
        done: usize,
        steps: usize,
        material: &mut Material,
    ) -> Result<Teacher> {
        let options = self.options;
        let Material { train, spectra, .. } = material;
        let clips: Vec<_> = part.iter().map(|&clip| &train[clip]).collect();
        let tokens = clips.iter().map(|(_, lesson)| lesson.target.len()).sum();
        let all = steps * options.epochs;
        let warm_up = (options.warm_up * all as f64).round() as usize;
        let rate = rate(done, all, warm_up, options.rate(self.base));

        let device = musicap::Device::Cpu.to_burn()?.autodiff();
        let epoch = state.epochs.len();
        let micro = options.micro_batch.unwrap_or(options.batch);
        let batches = clips.chunks(micro).map(|clips| {
            let mut vary = |clip| self.dice(epoch, 1 + clip);
            let vary: Option<&mut dyn FnMut(usize) -> Dice> =
                if options.plain { None } else { Some(&mut vary) };
            let clips: Vec<_> = clips.iter().map(|(clip, lesson)| (clip, lesson)).collect();
            batch(&clips, spectra, self.base.config(), vary, &device)
        });
        let begun = Instant::now();
        let at = || format!("step {} of epoch {epoch}", state.step + 1);
        let (teacher, loss) = teacher.step(batches, tokens, rate).with_context(at)?;
        state.step_seconds += begun.elapsed().as_secs_f64();
        state.step_clips += part.len();
        state.step += 1;
        state.loss += loss;
        state.tokens += tokens;
        Ok(teacher)
    }

    /// Mean cross-entropy of a token on the held-out clips, in nats.
    fn measure(&self, teacher: &Teacher, material: &mut Material) -> Result<f64> {
        // Without automatic differentiation, which would keep every layer's output.
        let model = teacher.trainee.model.valid();
        let device = musicap::Device::Cpu.to_burn()?;
        let Material { held_out, spectra, .. } = material;
        let at_once = self.options.at_once();
        mean_loss(&model, held_out, spectra, self.base.config(), at_once, &device)
    }

    /// Writes the model as it is now into the output folder, with how it came to be.
    fn keep(&self, teacher: &Teacher, state: &State, material: &Material) -> Result<()> {
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
        trained(base, &teacher.trainee, config.clone())?
            .save(&options.output, options.precision)?;
        // The hash is that of the file, which is there only now.
        let sha256 = hash(&options.output.join("model.safetensors"))?;
        let config = config.with_extra("musicap", note(Some(sha256)));
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
