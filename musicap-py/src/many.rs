//! Captions of many recordings.

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Instant;

use musicap::{Error, RecordingEvent};
use pyo3::exceptions::{PyBaseException, PyException};
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use crate::captioner::{Row, row};
use crate::checked::{Check, Checked};
use crate::error::{Raised, Result, python_error};
use crate::options::json;
use crate::source::{self, Source, wrapped};
use crate::threads::{ProcessBound, SIGNAL_POLL, lock};

/// What ends the whole run: Ctrl-C, or an error of the iterator of recordings.
type Fatal = Arc<Mutex<Option<PyErr>>>;

/// The recording's number, its captions, JSON of the recording without captions, and its error.
type Ended = (usize, Vec<Row>, String, Option<Py<PyBaseException>>);

/// Recordings that are being captioned.
#[pyclass(frozen)]
pub struct RecordingStream {
    stream: ProcessBound<musicap::RecordingStream<Sources, Watched>>,
    fatal: Fatal,
}

impl RecordingStream {
    /// Captions the recordings of an iterator of `(recording, sample_rate)` or exceptions.
    pub fn start(
        captioner: &musicap::Captioner,
        recordings: &Bound<'_, PyIterator>,
        options: &musicap::CaptionOptions,
    ) -> Result<Self> {
        let fatal = Fatal::default();
        let sources = Sources { recordings: recordings.clone().unbind(), fatal: fatal.clone() };
        let stream = ProcessBound::new(captioner.caption_many(sources, options)?);
        Ok(RecordingStream { stream, fatal })
    }
}

#[pymethods]
impl RecordingStream {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> Result<Option<Ended>> {
        loop {
            let next = self.stream.with(py, |stream| {
                let began = Instant::now();
                loop {
                    let next = match stream.poll_next() {
                        Poll::Ready(Some(RecordingEvent::End { recording, captions, error })) => {
                            Some(Some((recording, captions, error)))
                        }
                        Poll::Ready(None) => Some(None),
                        _ => None,
                    };
                    let is_fatal = lock(&self.fatal).is_some();
                    if next.is_some() || is_fatal || began.elapsed() > SIGNAL_POLL {
                        return next;
                    }
                }
            })?;
            if let Some(error) = lock(&self.fatal).take() {
                return Err(error.into());
            }
            let Some(next) = next else {
                py.check_signals()?;
                continue;
            };
            let Some((recording, mut captions, error)) = next else { return Ok(None) };
            let rows = std::mem::take(&mut captions.captions).into_iter().map(row).collect();
            let error = error.map(|error| PyErr::from(Raised::from(error)).into_value(py));
            return Ok(Some((recording, rows, json(&captions), error)));
        }
    }
}

/// Opens recordings as they are needed.
struct Sources {
    recordings: Py<PyIterator>,
    fatal: Fatal,
}

impl Iterator for Sources {
    type Item = musicap::Result<Watched>;

    fn next(&mut self) -> Option<Self::Item> {
        if lock(&self.fatal).is_some() {
            return None;
        }
        Python::attach(|py| {
            let next = self.recordings.bind(py).clone().next()?;
            let opened = match next {
                Ok(next) => open(&next),
                Err(error) => {
                    *lock(&self.fatal) = Some(error);
                    return None;
                }
            };
            let watch = |source| Checked { source, check: Watch(self.fatal.clone()) };
            Some(opened.map(watch).map_err(|error| noted(&self.fatal, error)))
        })
    }
}

fn open(recording: &Bound<'_, PyAny>) -> musicap::Result<Source> {
    if recording.is_instance_of::<PyBaseException>() {
        return Err(wrapped(PyErr::from_value(recording.clone())));
    }
    let opened = recording
        .extract::<(Bound<'_, PyAny>, Option<u32>)>()
        .map_err(Raised::from)
        .and_then(|(recording, sample_rate)| source::open(&recording, sample_rate));
    opened.map_err(|raised| match raised {
        Raised::Musicap(error) => error,
        Raised::Python(error) => wrapped(error),
    })
}

/// Notes an error that Python raised and that is no failure of a recording, such as
/// `KeyboardInterrupt`.
fn noted(fatal: &Fatal, error: Error) -> Error {
    if let Some(raised) = python_error(&error) {
        Python::attach(|py| {
            if !raised.is_instance_of::<PyException>(py) {
                *lock(fatal) = Some(raised.clone_ref(py));
            }
        });
    }
    error
}

/// A recording that notes what Python raises while it is read.
type Watched = Checked<Source, Watch>;

struct Watch(Fatal);

impl Check for Watch {
    fn after<'a>(
        &mut self,
        block: musicap::Result<Option<&'a [f32]>>,
    ) -> musicap::Result<Option<&'a [f32]>> {
        block.map_err(|error| noted(&self.0, error))
    }
}
