//! A captioner, and captions as an iterator.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Instant;

use musicap::audio::SampleSource;
use musicap::checkpoint::Precision;
use musicap::{Caption, CaptionOptions, Device, LoadOptions, Pretrained};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::error::Result;
use crate::live::LiveStream;
use crate::options::{self, changed, json};
use crate::source::{self, Source};
use crate::threads::{self, Local, Owned, SIGNALS, lock};

/// Index, start and end in seconds, text, score.
pub type Row = (usize, f64, f64, String, f64);

/// A model that is ready to caption.
#[pyclass(frozen)]
pub struct Captioner {
    local: Local,
}

#[pymethods]
impl Captioner {
    /// Loads the model `name`, or the embedded one. `on_download` is called with the bytes done,
    /// the bytes in all (0 if unknown) and the file's name.
    #[staticmethod]
    #[pyo3(signature = (
        name: "str | None",
        device: "str",
        precision: "str",
        threads: "int | None",
        on_download: "collections.abc.Callable[[int, int, str], object] | None",
    ))]
    fn load(
        py: Python<'_>,
        name: Option<PathBuf>,
        device: &str,
        precision: &str,
        threads: Option<usize>,
        on_download: Option<Py<PyAny>>,
    ) -> Result<Self> {
        let threads = threads::count(threads);
        let options = LoadOptions::default()
            .with_device(Device::from_str(device)?)
            .with_precision(Precision::from_str(precision)?)
            .with_threads(threads);
        let told = Arc::new(Mutex::new((0, 0, String::new())));
        let telling = told.clone();
        let load = move || {
            let on_download = move |done, total, file: &str| {
                *lock(&telling) = (done, total, file.to_owned());
            };
            let pretrained = match name {
                Some(name) => Pretrained::open_with_progress(name, on_download)?,
                None => Pretrained::embedded()?,
            };
            musicap::Captioner::load(&pretrained, &options).map_err(with_a_way)
        };
        let captioner = threads::apart(py, load, |py| {
            let (done, total, file) = lock(&told).clone();
            match &on_download {
                Some(on_download) if !file.is_empty() => {
                    on_download.call1(py, (done, total, file)).map(drop)
                }
                _ => Ok(()),
            }
        })??;
        Ok(Captioner { local: Local::new(captioner, threads) })
    }

    /// The captions of a recording as an iterator of rows.
    #[pyo3(signature = (
        source: "object",
        sample_rate: "int | None",
        tail: "str",
        overlap: "float",
        batch_size: "int | None",
        generation: "str",
    ))]
    fn captions(
        &self,
        source: &Bound<'_, PyAny>,
        sample_rate: Option<u32>,
        tail: &str,
        overlap: f64,
        batch_size: Option<usize>,
        generation: &str,
    ) -> Result<CaptionStream> {
        let captioner = self.local.get()?;
        let mut wanted = CaptionOptions::default()
            .with_tail(options::tail(tail)?)
            .with_overlap(overlap)
            .with_generation(changed(&captioner.config().generation, generation)?);
        wanted.batch_size = batch_size;
        captioner.check(&wanted)?;
        let source = source::open(source, sample_rate)?;
        let duration_s = source.duration().map(|duration| duration.as_secs_f64());
        let stream = captioner.captions(source, &wanted)?;
        Ok(CaptionStream { stream: Owned::new(Some(stream)), duration_s })
    }

    /// Captions of a stream while it plays.
    #[pyo3(signature = (
        sample_rate: "int",
        channels: "int",
        overlap: "float",
        queue: "int | None",
        generation: "str",
    ))]
    fn live(
        &self,
        sample_rate: u32,
        channels: usize,
        overlap: f64,
        queue: Option<usize>,
        generation: &str,
    ) -> Result<LiveStream> {
        let captioner = self.local.get()?;
        let generation = changed(&captioner.config().generation, generation)?;
        LiveStream::begin(&captioner, sample_rate, channels, overlap, queue, generation)
    }

    /// What the model runs on.
    #[getter]
    fn device(&self) -> Result<String> {
        Ok(self.local.get()?.device().to_string())
    }

    /// What the model was asked for by.
    #[getter]
    fn name(&self) -> Result<String> {
        Ok(self.local.get()?.name().to_owned())
    }

    /// The model's configuration as JSON.
    #[getter]
    fn config(&self) -> Result<String> {
        Ok(self.local.get()?.config().to_json())
    }

    /// Threads that compute.
    #[getter]
    fn threads(&self) -> usize {
        self.local.threads()
    }
}

/// The captions of a recording in the making.
#[pyclass(frozen)]
pub struct CaptionStream {
    /// Gone once it has been finished.
    stream: Owned<Option<musicap::CaptionStream<Source>>>,
    duration_s: Option<f64>,
}

#[pymethods]
impl CaptionStream {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> Result<Option<Row>> {
        loop {
            let piece = self.stream.with(py, |stream| {
                let Some(stream) = stream else { return Poll::Ready(None) };
                let began = Instant::now();
                loop {
                    let next = stream.poll_next();
                    if next.is_ready() || began.elapsed() > SIGNALS {
                        return next;
                    }
                }
            })?;
            match piece {
                Poll::Ready(next) => return Ok(next.transpose()?.map(row)),
                Poll::Pending => py.check_signals()?,
            }
        }
    }

    /// The recording's length in seconds, if it is known from the start.
    #[getter]
    fn duration_s(&self) -> Option<f64> {
        self.duration_s
    }

    /// What is known at the end: JSON of the recording with no captions. The stream is over then.
    fn finish(&self, py: Python<'_>) -> Result<String> {
        let stream = self.stream.with(py, Option::take)?;
        let stream = stream.ok_or_else(|| PyRuntimeError::new_err("finished already"))?;
        Ok(json(&stream.finish(Vec::new())))
    }
}

/// A caption as Python takes it. The score is the decimal number that JSON has.
pub fn row(caption: Caption) -> Row {
    let score = caption.score.to_string().parse().unwrap_or(f64::from(caption.score));
    (caption.index, caption.start_s, caption.end_s, caption.text, score)
}

/// Says how to get a wheel for GPUs where this one is not.
fn with_a_way(error: musicap::Error) -> musicap::Error {
    let lacking = cfg!(not(any(feature = "wgpu", feature = "cuda")));
    match error {
        musicap::Error::DeviceUnavailable { device, reason } if lacking => {
            let way = "in a clone of the repository, in musicap-py: pip install . \
                       --config-settings build-args=\"--features wgpu\" (or cuda)";
            let reason = format!("{reason}; wheels for GPUs are built by oneself, {way}");
            musicap::Error::DeviceUnavailable { device, reason }
        }
        other => other,
    }
}
