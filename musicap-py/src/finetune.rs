//! Fine-tuning, as `musicap-train finetune` does it.

use std::path::PathBuf;

use musicap_train::finetune::{Options, Progress, finetune_watched};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{self, Result};
use crate::options::{json, wrong};

/// Fine-tunes a model and gives the report as JSON. `watch` is called with a dictionary after each
/// step.
#[pyfunction]
#[pyo3(signature = (
    data: "str",
    output: "str",
    options: "dict[str, typing.Any]",
    watch: "collections.abc.Callable[[dict[str, typing.Any]], object] | None",
))]
pub fn finetune(
    py: Python<'_>,
    data: PathBuf,
    output: PathBuf,
    options: &Bound<'_, PyDict>,
    watch: Option<Py<PyAny>>,
) -> Result<String> {
    let mut wanted = Options::new(&data, &output);
    for (key, value) in options {
        let key: String = key.extract()?;
        match key.as_str() {
            "model" => wanted.model = value.extract()?,
            "held_out" => wanted.held_out = value.extract()?,
            "held_out_share" => wanted.held_out_share = value.extract()?,
            "test" => wanted.test = value.extract()?,
            "freeze" => wanted.freeze = value.extract()?,
            "epochs" => wanted.epochs = value.extract()?,
            "patience" => wanted.patience = value.extract()?,
            "batch_size" => wanted.batch = value.extract()?,
            "learning_rate" => wanted.rate = value.extract()?,
            "minutes" => wanted.minutes = value.extract()?,
            "seed" => wanted.seed = value.extract()?,
            "threads" => wanted.threads = value.extract()?,
            "watch_words" => wanted.watch = value.extract()?,
            "restart" => wanted.restart = value.extract()?,
            other => return Err(wrong("option", other, "an option of finetune")),
        }
    }
    let done = py.detach(|| {
        finetune_watched(&wanted, &mut |progress| {
            Python::attach(|py| {
                py.check_signals()?;
                watch.as_ref().map_or(Ok(()), |watch| tell(py, watch, progress))
            })
            .map_err(Into::into)
        })
    });
    match done {
        Ok(report) => Ok(json(&report)),
        Err(error) => Err(match error.downcast::<PyErr>() {
            Ok(raised) => raised.into(),
            Err(error) => match error.downcast::<musicap::Error>() {
                Ok(error) => error.into(),
                Err(error) => error::named(py, "TrainingError", &format!("{error:#}"))?.into(),
            },
        }),
    }
}

fn tell(py: Python<'_>, watch: &Py<PyAny>, progress: &Progress) -> PyResult<()> {
    let told = PyDict::new(py);
    told.set_item("epoch", progress.epoch)?;
    told.set_item("epochs", progress.epochs)?;
    told.set_item("step", progress.step)?;
    told.set_item("steps", progress.steps)?;
    told.set_item("loss", progress.loss)?;
    told.set_item("held_out_losses", &progress.held_out_losses)?;
    watch.call1(py, (told,)).map(drop)
}
