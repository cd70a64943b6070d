//! The state of a run on disk, for resuming it.

use super::freeze::TrainableModel;
use super::trainer::Trainer;
use anyhow::{Context, Result, ensure};
use musicap::Pretrained;
use musicap::checkpoint::{Checkpoint, Precision};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// The result of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1; 0 is the model before training.
    pub epoch: usize,
    /// Mean cross-entropy per token in nats, during training.
    pub train_loss: Option<f64>,
    /// Mean cross-entropy per token in nats on the held-out clips, after the epoch.
    pub held_out_loss: f64,
    /// Time since the start of the run, without interruptions.
    pub seconds: f64,
}

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Options that must be the same for resuming.
    pub settings: Map<String, Value>,
    /// Finished epochs; the first entry is the model before training.
    pub epochs: Vec<Epoch>,
    /// Finished steps of the current epoch.
    pub step: usize,
    /// Sum of the losses in the current epoch.
    pub loss: f64,
    /// Number of tokens in the current epoch.
    pub tokens: usize,
    pub seconds: f64,
    /// Seconds spent in training steps, and clips that went through them.
    pub step_seconds: f64,
    pub step_clips: usize,
}

impl State {
    /// The epoch with the lowest held-out loss.
    pub fn best(&self) -> &Epoch {
        let least = self.epochs.iter().min_by(|a, b| a.held_out_loss.total_cmp(&b.held_out_loss));
        least.unwrap_or(&self.epochs[0])
    }

    /// Number of epochs since the best.
    pub fn since_best(&self) -> usize {
        self.epochs.len() - 1 - self.best().epoch
    }

    /// Checks that the run has these settings.
    ///
    /// # Errors
    /// If settings differ; the message lists them.
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
            "there is a run with other settings here: {}. Resume it with the same, discard it with \
             --restart, or choose another --output",
            differ.join("; ")
        );
        Ok(())
    }
}

/// The checkpoint folder in the output folder. It is a model folder, too.
pub struct Saved {
    folder: PathBuf,
}

/// Marks a floating-point number that is stored as text.
const FLOAT: &str = "float64 ";

/// `value` with its floating-point numbers as text. serde_json does not read all numbers exactly as it
/// wrote them, and a resumed run would differ from its own settings.
fn to_text(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => Value::String(format!("{FLOAT}{float:?}")),
            None => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(to_text).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, to_text(value))).collect(),
        other => other,
    }
}

/// The inverse of [`to_text`].
fn from_text(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let float = text.strip_prefix(FLOAT).and_then(|float| float.parse::<f64>().ok());
            float.map_or(Value::String(text), Value::from)
        }
        Value::Array(values) => values.into_iter().map(from_text).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, from_text(value))).collect(),
        other => other,
    }
}

const STATE: &str = "state.json";
const OPTIMIZER: &str = "optimizer.bpk";

impl Saved {
    /// The checkpoint of the run in `output`.
    pub fn of(output: &Path) -> Self {
        Saved { folder: output.join("checkpoint") }
    }

    /// The valid folder: if a run ended while it replaced the checkpoint, the older one is left.
    fn found(&self) -> Option<PathBuf> {
        let older = self.folder.with_extension("old");
        [self.folder.clone(), older].into_iter().find(|folder| folder.join(STATE).is_file())
    }

    /// The state of the run, if there is one.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn state(&self) -> Result<Option<State>> {
        let Some(folder) = self.found() else { return Ok(None) };
        let path = folder.join(STATE);
        let state = fs::read(&path).map_err(anyhow::Error::from);
        let state = state.and_then(|json| {
            let value: Value = serde_json::from_slice(&json)?;
            Ok(serde_json::from_value(from_text(value))?)
        });
        Ok(Some(state.with_context(|| path.display().to_string())?))
    }

    /// The weights of the run.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn weights(&self) -> Result<Checkpoint> {
        let folder = self.found().context("there is no checkpoint")?;
        Ok(Checkpoint::open_safetensors(&folder.join("model.safetensors"))?)
    }

    /// Loads the optimizer's state into `trainer`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn restore(&self, mut trainer: Trainer) -> Result<Trainer> {
        let path = self.found().context("there is no checkpoint")?.join(OPTIMIZER);
        let loaded = trainer.optimizer.load(&path);
        trainer.optimizer = loaded.with_context(|| path.display().to_string())?;
        Ok(trainer)
    }

    /// Writes the checkpoint, which replaces the one before.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, base: &Pretrained, trainer: &Trainer, state: &State) -> Result<()> {
        let (new, old) = (self.folder.with_extension("new"), self.folder.with_extension("old"));
        remove(&new)?;
        trained(base, &trainer.trainable, base.config().clone())?.save(&new, Precision::F32)?;
        trainer.optimizer.save(new.join(OPTIMIZER)).context("the optimizer's state")?;
        let state = to_text(serde_json::to_value(state)?);
        fs::write(new.join(STATE), serde_json::to_vec_pretty(&state)?)?;
        // At any time one of the two is complete.
        if self.folder.exists() {
            remove(&old)?;
            fs::rename(&self.folder, &old)?;
        }
        fs::rename(&new, &self.folder)?;
        remove(&old)
    }

    /// Removes the checkpoint: the run is finished or restarted.
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

/// The trained model, for saving.
///
/// # Errors
/// If the weights cannot be read from the device.
pub fn trained(
    base: &Pretrained,
    trainable: &TrainableModel,
    config: musicap::checkpoint::ModelConfig,
) -> Result<Pretrained> {
    let weights = Checkpoint::from_tensors("the fine-tuned model", trainable.model.tensors()?);
    Ok(base.with_weights("the fine-tuned model", config, weights)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        // The default learning rates of d_model 192 and 768, and what sums and divisions give.
        let floats =
            [0.0384 / 192.0, 0.0384 / 768.0, 0.1 + 0.2, 1.0 / 3.0, 1e-7, 6.267643928527832];
        let value =
            serde_json::json!({"floats": floats, "integer": 3, "text": "0.5", "none": null});
        let json = serde_json::to_string(&to_text(value.clone())).unwrap();
        assert_eq!(from_text(serde_json::from_str(&json).unwrap()), value);
    }
}
