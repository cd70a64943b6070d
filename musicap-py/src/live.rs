//! Captions of a stream while it plays.

use std::task::Poll;
use std::time::{Duration, Instant};

use musicap::generate::GenerationConfig;
use musicap::{Captioner, LiveCaptions, LiveEvent, LiveInput, LiveOptions, LiveStatus, Overrun};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::captioner::{Row, row};
use crate::error::Result;
use crate::source::{check_peak, interleaved};
use crate::threads::{ProcessBound, SIGNAL_POLL};

/// A caption, or None for a span that was skipped; its start and end; how far captioning was behind.
/// All in seconds.
type Event = (Option<Row>, f64, f64, f64);

/// A live stream: samples in, captions out.
#[pyclass(frozen)]
pub struct LiveStream {
    /// `None` once the stream is closed.
    input: ProcessBound<Option<LiveInput>>,
    captions: ProcessBound<LiveCaptions>,
    status: LiveStatus,
}

impl LiveStream {
    /// Starts a stream of `channels` interleaved channels. At most `queue` chunks may wait; with
    /// `None` only the newest.
    pub fn start(
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
        let status = captions.status();
        let (input, captions) = (ProcessBound::new(Some(input)), ProcessBound::new(captions));
        Ok(LiveStream { input, captions, status })
    }
}

impl LiveStream {
    /// The next event of the audio received so far, or whether there may be more later.
    fn poll(&self, py: Python<'_>) -> Result<Py<PyAny>> {
        loop {
            match self.captions.with(py, LiveCaptions::poll_next)? {
                Poll::Ready(Some(event)) => return row_of(py, event?),
                Poll::Ready(None) => {
                    let has_ended = self.captions.with(py, |captions| captions.has_ended())?;
                    return Ok(bool(py, !has_ended));
                }
                Poll::Pending => py.check_signals()?,
            }
        }
    }
}

#[pymethods]
impl LiveStream {
    /// Adds the next samples, a one-dimensional array. Never waits for the model.
    #[pyo3(signature = (samples: "numpy.typing.NDArray[typing.Any]"))]
    fn push(&self, samples: &Bound<'_, PyAny>) -> Result<()> {
        let block = interleaved(samples)?;
        check_peak(&block)?;
        let pushed = self
            .input
            .with(samples.py(), |input| input.as_mut().map(|input| input.push(&block)))?;
        match pushed {
            Some(pushed) => Ok(pushed?),
            None => Err(PyValueError::new_err("the stream has been closed").into()),
        }
    }

    /// Ends the stream; audio received before is still captioned.
    fn close(&self, py: Python<'_>) -> Result<()> {
        self.input.with(py, |input| drop(input.take()))
    }

    /// Whether the stream has been closed.
    #[getter]
    fn closed(&self, py: Python<'_>) -> Result<bool> {
        self.input.with(py, |input| input.is_none())
    }

    /// Waits for the next event, at most `timeout` seconds, or without a limit if it is None. Returns
    /// an event, or, if there is none, whether there may be more later.
    #[pyo3(signature = (timeout: "float | None") -> "tuple[tuple[int, float, float, str, float, float | None, str | None] | None, float, float, float] | bool")]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> Result<Py<PyAny>> {
        let deadline = match timeout.map(Duration::try_from_secs_f64).transpose() {
            // A time that the clock cannot represent is no limit.
            Ok(timeout) => timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            Err(error) => return Err(PyValueError::new_err(format!("timeout: {error}")).into()),
        };
        if timeout == Some(0.0) {
            return self.poll(py);
        }
        loop {
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            let wait = left.map_or(SIGNAL_POLL, |left| left.min(SIGNAL_POLL));
            match self.captions.with(py, |captions| captions.wait(wait))? {
                Poll::Ready(Some(event)) => return row_of(py, event?),
                Poll::Ready(None) => return Ok(bool(py, false)),
                Poll::Pending if left.is_some_and(|left| left <= SIGNAL_POLL) => {
                    return Ok(bool(py, true));
                }
                Poll::Pending => py.check_signals()?,
            }
        }
    }

    /// Seconds of audio that are neither captioned nor skipped yet.
    #[getter]
    fn behind_s(&self) -> f64 {
        self.status.behind_s()
    }
}

fn bool(py: Python<'_>, value: bool) -> Py<PyAny> {
    PyBool::new(py, value).to_owned().into_any().unbind()
}

fn row_of(py: Python<'_>, event: LiveEvent) -> Result<Py<PyAny>> {
    Ok(event_row(event).into_pyobject(py)?.into_any().unbind())
}

fn event_row(event: LiveEvent) -> Event {
    match event {
        LiveEvent::Caption { caption, behind_s } => {
            let (start_s, end_s) = (caption.start_s, caption.end_s);
            (Some(row(caption)), start_s, end_s, behind_s)
        }
        LiveEvent::Skipped { start_s, end_s, behind_s } => (None, start_s, end_s, behind_s),
        _ => unreachable!("there are no other events"),
    }
}
