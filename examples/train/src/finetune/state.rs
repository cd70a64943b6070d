//! What a run keeps on disk while it goes on, so that it can be continued where it was.

use super::freeze::Trainee;
use super::teacher::Teacher;
use anyhow::{Context, Result, ensure};
use musicap::Pretrained;
use musicap::checkpoint::{Checkpoint, Precision};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// One pass over the training clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1; 0 is the model before training.
    pub epoch: usize,
    /// Mean cross-entropy of a token, in nats, while training.
    pub train_loss: Option<f64>,
    /// The same on the held-out clips, after the epoch.
    pub held_out_loss: f64,
    /// Since the run began, without interruptions.
    pub seconds: f64,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What must be the same for the run to be continued.
    pub settings: Map<String, Value>,
    /// Epochs that are done, the model before training first.
    pub epochs: Vec<Epoch>,
    /// Steps done in the epoch that is running.
    pub step: usize,
    /// Sum of the losses in the epoch that is running, and of its tokens.
    pub loss: f64,
    pub tokens: usize,
    pub seconds: f64,
    /// Seconds spent in training steps, and clips that went through them.
    pub step_seconds: f64,
    pub step_clips: usize,
}

impl State {
    /// The epoch with the least held-out loss.
    pub fn best(&self) -> &Epoch {
        let least = self.epochs.iter().min_by(|a, b| a.held_out_loss.total_cmp(&b.held_out_loss));
        least.unwrap_or(&self.epochs[0])
    }

    /// Epochs since then.
    pub fn since_best(&self) -> usize {
        self.epochs.len() - 1 - self.best().epoch
    }

    /// Checks that this run is the one that `settings` ask for.
    ///
    /// # Errors
    /// Names what differs.
    pub fn check(&self, settings: &Map<String, Value>) -> Result<()> {
        let differ: Vec<String> = settings
            .iter()
            .filter(|(key, value)| self.settings.get(*key) != Some(value))
            .map(|(key, value)| {
                let before = self.settings.get(key).unwrap_or(&Value::Null);
                format!("{key} was {before} and is {value}")
            })
            .collect();
        ensure!(
            differ.is_empty(),
            "a run with other settings was begun here: {}. Go on with the same, begin anew with \
             --restart, or name another --output",
            differ.join("; ")
        );
        Ok(())
    }
}

/// The folder in the output folder that a run is continued from. It is itself a model folder.
pub struct Saved {
    folder: PathBuf,
}

const STATE: &str = "state.json";
const OPTIMIZER: &str = "optimizer.bpk";

impl Saved {
    /// That of the run in `output`.
    pub fn of(output: &Path) -> Self {
        Saved { folder: output.join("checkpoint") }
    }

    /// The folder that counts: a run that was ended while it replaced one has left the older.
    fn found(&self) -> Option<PathBuf> {
        let older = self.folder.with_extension("old");
        [self.folder.clone(), older].into_iter().find(|folder| folder.join(STATE).is_file())
    }

    /// How far the run had come, if there is one.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn state(&self) -> Result<Option<State>> {
        let Some(folder) = self.found() else { return Ok(None) };
        let path = folder.join(STATE);
        let state = fs::read(&path).map_err(anyhow::Error::from);
        let state = state.and_then(|json| Ok(serde_json::from_slice(&json)?));
        Ok(Some(state.with_context(|| path.display().to_string())?))
    }

    /// The weights that the run had come to.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn weights(&self) -> Result<Checkpoint> {
        let folder = self.found().context("there is no checkpoint")?;
        Ok(Checkpoint::open_safetensors(&folder.join("model.safetensors"))?)
    }

    /// Gives `teacher` the optimizer's state of then.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn restore(&self, mut teacher: Teacher) -> Result<Teacher> {
        let path = self.found().context("there is no checkpoint")?.join(OPTIMIZER);
        let loaded = teacher.optimizer.load(&path);
        teacher.optimizer = loaded.with_context(|| path.display().to_string())?;
        Ok(teacher)
    }

    /// Writes down how far the run has come, in place of what was there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, base: &Pretrained, teacher: &Teacher, state: &State) -> Result<()> {
        let (new, old) = (self.folder.with_extension("new"), self.folder.with_extension("old"));
        remove(&new)?;
        trained(base, &teacher.trainee, base.config().clone())?.save(&new, Precision::F32)?;
        teacher.optimizer.save(new.join(OPTIMIZER)).context("the optimizer's state")?;
        fs::write(new.join(STATE), serde_json::to_vec_pretty(state)?)?;
        // At every moment one of the two is whole.
        if self.folder.exists() {
            remove(&old)?;
            fs::rename(&self.folder, &old)?;
        }
        fs::rename(&new, &self.folder)?;
        remove(&old)
    }

    /// Removes it all: the run is done, or begins anew.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self) -> Result<()> {
        for end in ["new", "old"] {
            remove(&self.folder.with_extension(end))?;
        }
        remove(&self.folder)
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| folder.display().to_string())
        }
        _ => Ok(()),
    }
}

/// The model that `trainee` has become, as one that can be saved and loaded.
///
/// # Errors
/// If the weights cannot be had from the device.
pub fn trained(
    base: &Pretrained,
    trainee: &Trainee,
    config: musicap::checkpoint::ModelConfig,
) -> Result<Pretrained> {
    let weights = Checkpoint::from_tensors("the fine-tuned model", trainee.model.tensors()?);
    Ok(base.with_weights("the fine-tuned model", config, weights)?)
}
