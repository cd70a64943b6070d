//! Captions of a stream while it plays.

use std::task::Poll;
use std::time::{Duration, Instant};

use musicap::generate::GenerationConfig;
use musicap::{Captioner, LiveCaptions, LiveEvent, LiveInput, LiveOptions, Overrun};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::captioner::{Row, row};
use crate::error::Result;
use crate::source::interleaved;
use crate::threads::{Owned, SIGNALS};

/// A caption, or None and the stretch that was skipped; and the seconds captioning was behind.
type Event = (Option<Row>, f64, f64, f64);

/// A stream in the making: samples in, captions out.
#[pyclass(frozen)]
pub struct LiveStream {
    /// Gone once the stream has been closed.
    input: Owned<Option<LiveInput>>,
    captions: Owned<LiveCaptions>,
}

impl LiveStream {
    /// A stream of `channels` interleaved channels. `queue` chunks may wait, or, with none, only
    /// the newest.
    pub fn begin(
        captioner: &Captioner,
        sample_rate: u32,
        channels: usize,
        overlap: f64,
        queue: Option<usize>,
        generation: GenerationConfig,
    ) -> Result<Self> {
        let options = LiveOptions::new(sample_rate, channels)
            .with_overlap(overlap)
            .with_overrun(queue.map_or(Overrun::Skip, Overrun::Queue))
            .with_generation(generation);
        let (input, captions) = captioner.live(&options)?;
        Ok(LiveStream { input: Owned::new(Some(input)), captions: Owned::new(captions) })
    }
}

#[pymethods]
impl LiveStream {
    /// Takes the next samples, a one-dimensional array. Never waits for the model.
    #[pyo3(signature = (samples: "numpy.typing.NDArray[typing.Any]"))]
    fn push(&self, samples: &Bound<'_, PyAny>) -> Result<()> {
        let block = interleaved(samples)?;
        let pushed = self
            .input
            .with(samples.py(), |input| input.as_mut().map(|input| input.push(&block)))?;
        match pushed {
            Some(pushed) => Ok(pushed?),
            None => Err(PyValueError::new_err("the stream has been closed").into()),
        }
    }

    /// Ends the stream; what has come by then is still captioned.
    fn close(&self, py: Python<'_>) -> Result<()> {
        self.input.with(py, |input| drop(input.take()))
    }

    /// Whether the stream has been closed.
    #[getter]
    fn closed(&self, py: Python<'_>) -> Result<bool> {
        self.input.with(py, |input| input.is_none())
    }

    /// Waits for the next event, at most `timeout` seconds or, with None, until the stream ends.
    /// The answer is an event, or whether there can be more.
    #[pyo3(signature = (timeout: "float | None") -> "tuple[tuple[int, float, float, str, float] | None, float, float, float] | bool")]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> Result<Py<PyAny>> {
        let deadline = match timeout.map(Duration::try_from_secs_f64).transpose() {
            Ok(timeout) => timeout.map(|timeout| Instant::now() + timeout),
            Err(error) => return Err(PyValueError::new_err(format!("timeout: {error}")).into()),
        };
        loop {
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            let wait = left.map_or(SIGNALS, |left| left.min(SIGNALS));
            match self.captions.with(py, |captions| captions.wait(wait))? {
                Poll::Ready(Some(event)) => {
                    return Ok(answer(event?).into_pyobject(py)?.into_any().unbind());
                }
                Poll::Ready(None) => return Ok(bool(py, false)),
                Poll::Pending if left.is_some_and(|left| left <= SIGNALS) => {
                    return Ok(bool(py, true));
                }
                Poll::Pending => py.check_signals()?,
            }
        }
    }

    /// Audio that has come and is not captioned or skipped, in seconds.
    #[getter]
    fn behind_s(&self, py: Python<'_>) -> Result<f64> {
        self.captions.with(py, |captions| captions.behind_s())
    }
}

fn bool(py: Python<'_>, value: bool) -> Py<PyAny> {
    PyBool::new(py, value).to_owned().into_any().unbind()
}

fn answer(event: LiveEvent) -> Event {
    match event {
        LiveEvent::Caption { caption, behind_s } => {
            let (start_s, end_s) = (caption.start_s, caption.end_s);
            (Some(row(caption)), start_s, end_s, behind_s)
        }
        LiveEvent::Skipped { start_s, end_s, behind_s } => (None, start_s, end_s, behind_s),
        _ => unreachable!("there are no other events"),
    }
}
