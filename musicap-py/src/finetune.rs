//! Fine-tuning, as in `musicap-train finetune`.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};

use musicap_train::finetune::{Options, Progress, finetune_with_callback};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{self, Result};
use crate::options::{invalid, json};
use crate::threads::{SIGNAL_POLL, lock};

/// Fine-tunes a model and returns the report as JSON. `on_step` is called with a dictionary after
/// each step.
#[pyfunction]
#[pyo3(signature = (
    data: "str",
    output: "str",
    options: "dict[str, typing.Any]",
    on_step: "collections.abc.Callable[[dict[str, typing.Any]], object] | None",
))]
pub fn finetune(
    py: Python<'_>,
    data: PathBuf,
    output: PathBuf,
    options: &Bound<'_, PyDict>,
    on_step: Option<Py<PyAny>>,
) -> Result<String> {
    let mut run = Options::new(&data, &output);
    for (key, value) in options {
        let key: String = key.extract()?;
        match key.as_str() {
            "model" => run.model = value.extract()?,
            "held_out" => run.held_out = value.extract()?,
            "held_out_share" => run.held_out_share = value.extract()?,
            "freeze" => run.freeze = value.extract()?,
            "epochs" => run.epochs = value.extract()?,
            "patience" => run.patience = value.extract()?,
            "batch_size" => run.batch_size = value.extract()?,
            "learning_rate" => run.learning_rate = value.extract()?,
            "minutes" => run.minutes = value.extract()?,
            "seed" => run.seed = value.extract()?,
            "threads" => run.threads = value.extract()?,
            "watch_words" => run.watch_words = value.extract()?,
            "restart" => run.restart = value.extract()?,
            other => return Err(invalid("option", other, "an option of finetune")),
        }
    }
    let (sender, receiver) = mpsc::channel();
    let progress_sender = sender.clone();
    let worker = std::thread::spawn(move || {
        let done = finetune_with_callback(&run, &mut |progress| {
            // The run waits until Python has handled the step, and stops if Python is gone.
            let (reply, replied) = mpsc::channel();
            progress_sender.send(Event::Progress(progress.clone(), reply))?;
            replied.recv().map_err(|_| anyhow::anyhow!("stopped"))
        });
        // After Ctrl-C there is no receiver.
        let _ = sender.send(Event::Done(done.map(|report| json(&report))));
    });
    let done = handle_events(py, receiver, on_step);
    if done.is_err() {
        // It stops after its next step.
        py.detach(|| worker.join()).ok();
    }
    let done = done?;
    match done {
        Ok(report) => Ok(report),
        Err(error) => Err(match error.downcast::<musicap::Error>() {
            Ok(error) => error.into(),
            Err(error) => error::exception(py, "TrainingError", &format!("{error:#}"))?.into(),
        }),
    }
}

/// An event of a run.
enum Event {
    /// A step is done; the run waits for the reply.
    Progress(Progress, Sender<()>),
    Done(anyhow::Result<String>),
}

/// Calls `on_step` for the events of a run, in Python's thread, until the run is done.
fn handle_events(
    py: Python<'_>,
    events: Receiver<Event>,
    on_step: Option<Py<PyAny>>,
) -> PyResult<anyhow::Result<String>> {
    let events = Mutex::new(events);
    loop {
        py.check_signals()?;
        match py.detach(|| lock(&events).recv_timeout(SIGNAL_POLL)) {
            Ok(Event::Done(done)) => return Ok(done),
            Ok(Event::Progress(progress, reply)) => {
                py.check_signals()?;
                on_step.as_ref().map_or(Ok(()), |on_step| call(py, on_step, &progress))?;
                // If the run has failed meanwhile, `Done` follows.
                let _ = reply.send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("fine-tuning panicked"));
            }
        }
    }
}

fn call(py: Python<'_>, on_step: &Py<PyAny>, progress: &Progress) -> PyResult<()> {
    let step = PyDict::new(py);
    step.set_item("epoch", progress.epoch)?;
    step.set_item("epochs", progress.epochs)?;
    step.set_item("step", progress.step)?;
    step.set_item("steps", progress.steps)?;
    step.set_item("loss", progress.loss)?;
    step.set_item("held_out_losses", &progress.held_out_losses)?;
    on_step.call1(py, (step,)).map(drop)
}
