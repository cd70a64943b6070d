//! Fine-tuning, as `musicap-train finetune` does it.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};

use musicap_train::finetune::{Options, Progress, finetune_watched};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{self, Result};
use crate::options::{json, wrong};
use crate::threads::{SIGNALS, lock};

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
    let (sender, receiver) = mpsc::channel();
    let teller = sender.clone();
    let worker = std::thread::spawn(move || {
        let done = finetune_watched(&wanted, &mut |progress| {
            // The run waits for what Python says; whoever has gone away stops it.
            let (answer, answered) = mpsc::channel();
            teller.send(News::Progress(progress.clone(), answer))?;
            answered.recv().map_err(|_| anyhow::anyhow!("stopped"))
        });
        // Nobody may be waiting any more.
        let _ = sender.send(News::Done(done.map(|report| json(&report))));
    });
    let done = follow(py, receiver, watch);
    if done.is_err() {
        // It stops at its next step, and has written all it wanted by then.
        py.detach(|| worker.join()).ok();
    }
    let done = done?;
    match done {
        Ok(report) => Ok(report),
        Err(error) => Err(match error.downcast::<musicap::Error>() {
            Ok(error) => error.into(),
            Err(error) => error::named(py, "TrainingError", &format!("{error:#}"))?.into(),
        }),
    }
}

/// What comes from a run.
enum News {
    /// How far it has come; it goes on when it is answered.
    Progress(Progress, Sender<()>),
    Done(anyhow::Result<String>),
}

/// Tells `watch` of a run's news, in Python's own thread, until it is done.
fn follow(
    py: Python<'_>,
    news: Receiver<News>,
    watch: Option<Py<PyAny>>,
) -> PyResult<anyhow::Result<String>> {
    let news = Mutex::new(news);
    loop {
        py.check_signals()?;
        match py.detach(|| lock(&news).recv_timeout(SIGNALS)) {
            Ok(News::Done(done)) => return Ok(done),
            Ok(News::Progress(progress, answer)) => {
                py.check_signals()?;
                watch.as_ref().map_or(Ok(()), |watch| tell(py, watch, &progress))?;
                // The run waits for it.
                let _ = answer.send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("fine-tuning panicked"));
            }
        }
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
