//! The captioner, and captions as an iterator.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Instant;

use musicap::audio::SampleSource;
use musicap::checkpoint::{Precision, StoredType};
use musicap::{Caption, CaptionOptions, Device, LoadOptions, Pretrained};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use crate::error::Result;
use crate::live::LiveStream;
use crate::many::RecordingStream;
use crate::options::{self, json, with_changes};
use crate::source::{self, Source};
use crate::threads::{self, ForkAware, ProcessBound, SIGNAL_POLL, lock};

/// Index, start and end in seconds, text, score, confidence, facts as JSON.
pub type Row = (usize, f64, f64, String, f64, Option<f64>, Option<String>);

/// A loaded model.
#[pyclass(frozen)]
pub struct Captioner {
    captioner: ForkAware,
    stored_precision: &'static str,
    note: Option<String>,
}

#[pymethods]
impl Captioner {
    /// Loads the model `name`, or the embedded one. `on_download` is called with the bytes that are
    /// downloaded, the size in bytes (0 if unknown) and the file's name.
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
        // What has not been reported yet: of each file the last.
        let progress = Arc::new(Mutex::new(Vec::<(u64, u64, String)>::new()));
        let shared = progress.clone();
        let load = move || {
            let on_download = move |done, total, file: &str| {
                let mut news = lock(&shared);
                news.pop_if(|(.., last)| *last == file);
                news.push((done, total, file.to_owned()));
            };
            let pretrained = match name {
                Some(name) => Pretrained::open_with_progress(name, on_download)?,
                None => Pretrained::embedded()?,
            };
            let captioner = musicap::Captioner::load(&pretrained, &options);
            let captioner = captioner.map_err(explain_missing_gpu)?;
            let note = pretrained.note().map(str::to_owned);
            Ok::<_, musicap::Error>((captioner, stored_precision(&pretrained), note))
        };
        let loaded = threads::run_interruptible(py, load, |py| {
            let news = std::mem::take(&mut *lock(&progress));
            let Some(on_download) = &on_download else { return Ok(()) };
            news.into_iter().try_for_each(|news| on_download.call1(py, news).map(drop))
        })?;
        let (captioner, stored_precision, note) = loaded?;
        Ok(Captioner { captioner: ForkAware::new(captioner, threads), stored_precision, note })
    }

    /// Checks options, before there is a recording.
    #[pyo3(signature = (
        tail: "str",
        overlap: "float",
        batch_size: "int | None",
        facts: "str",
        generation: "str",
    ))]
    fn check(
        &self,
        tail: &str,
        overlap: f64,
        batch_size: Option<usize>,
        facts: &str,
        generation: &str,
    ) -> Result<()> {
        self.options(tail, overlap, batch_size, facts, generation).map(drop)
    }

    /// The captions of a recording as an iterator of rows. With `low_latency`, the first chunk is
    /// captioned alone.
    #[allow(clippy::too_many_arguments, reason = "named arguments in Python")]
    #[pyo3(signature = (
        source: "object",
        sample_rate: "int | None",
        low_latency: "bool",
        tail: "str",
        overlap: "float",
        batch_size: "int | None",
        facts: "str",
        generation: "str",
    ))]
    fn captions(
        &self,
        source: &Bound<'_, PyAny>,
        sample_rate: Option<u32>,
        low_latency: bool,
        tail: &str,
        overlap: f64,
        batch_size: Option<usize>,
        facts: &str,
        generation: &str,
    ) -> Result<CaptionStream> {
        let options = self.options(tail, overlap, batch_size, facts, generation)?;
        let mut options = options;
        options.low_latency = low_latency;
        let source = source::open(source, sample_rate)?;
        let duration_s = source.duration().map(|duration| duration.as_secs_f64());
        let stream = self.captioner.get()?.caption_stream(source, &options)?;
        Ok(CaptionStream { stream: ProcessBound::new(Some(stream)), duration_s })
    }

    /// Captions many recordings, given as an iterator of `(recording, sample_rate)` and exceptions.
    #[pyo3(signature = (
        recordings: "collections.abc.Iterator[tuple[object, int | None] | BaseException]",
        tail: "str",
        overlap: "float",
        batch_size: "int | None",
        facts: "str",
        generation: "str",
    ))]
    fn caption_many(
        &self,
        recordings: &Bound<'_, PyIterator>,
        tail: &str,
        overlap: f64,
        batch_size: Option<usize>,
        facts: &str,
        generation: &str,
    ) -> Result<RecordingStream> {
        let options = self.options(tail, overlap, batch_size, facts, generation)?;
        let options = options.without_low_latency();
        RecordingStream::start(&self.captioner.get()?, recordings, &options)
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
        let captioner = self.captioner.get()?;
        let generation = with_changes(&captioner.config().generation, generation)?;
        LiveStream::start(&captioner, sample_rate, channels, overlap, queue, generation)
    }

    /// The device that the model runs on.
    #[getter]
    fn device(&self) -> Result<String> {
        Ok(self.captioner.get()?.device().to_string())
    }

    /// The name that the model was loaded by.
    #[getter]
    fn name(&self) -> Result<String> {
        Ok(self.captioner.get()?.name().to_owned())
    }

    /// The model's configuration as JSON.
    #[getter]
    fn config(&self) -> Result<String> {
        Ok(self.captioner.get()?.config().to_json())
    }

    /// Number of threads.
    #[getter]
    fn threads(&self) -> usize {
        self.captioner.threads()
    }

    /// The precision of the matrices in the model's files: `"int8"`, `"f16"` or `"f32"`.
    #[getter]
    fn stored_precision(&self) -> &'static str {
        self.stored_precision
    }

    /// What is to be known of how the model was opened.
    #[getter]
    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

impl Captioner {
    /// Captioning options, checked against the model.
    fn options(
        &self,
        tail: &str,
        overlap: f64,
        batch_size: Option<usize>,
        facts: &str,
        generation: &str,
    ) -> Result<CaptionOptions> {
        let captioner = self.captioner.get()?;
        let mut options = CaptionOptions::default()
            .with_tail(options::tail(tail)?)
            .with_overlap(overlap)
            .with_generation(with_changes(&captioner.config().generation, generation)?);
        options.batch_size = batch_size;
        options.facts = facts.parse()?;
        captioner.check(&options)?;
        Ok(options)
    }
}

fn stored_precision(pretrained: &Pretrained) -> &'static str {
    let has = |dtype| pretrained.checkpoint().tensors().any(|(_, stored)| stored.dtype == dtype);
    match (has(StoredType::I8), has(StoredType::F16)) {
        (true, _) => "int8",
        (false, true) => "f16",
        (false, false) => "f32",
    }
}

/// A recording that is being captioned.
#[pyclass(frozen)]
pub struct CaptionStream {
    /// `None` once it is finished.
    stream: ProcessBound<Option<musicap::CaptionStream<Source>>>,
    duration_s: Option<f64>,
}

#[pymethods]
impl CaptionStream {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> Result<Option<Row>> {
        loop {
            let next = self.stream.with(py, |stream| {
                let Some(stream) = stream else { return Poll::Ready(None) };
                let began = Instant::now();
                loop {
                    let next = stream.poll_next();
                    if next.is_ready() || began.elapsed() > SIGNAL_POLL {
                        return next;
                    }
                }
            })?;
            match next {
                Poll::Ready(next) => return Ok(next.transpose()?.map(row)),
                Poll::Pending => py.check_signals()?,
            }
        }
    }

    /// The recording's length in seconds, if it is known at the start.
    #[getter]
    fn duration_s(&self) -> Option<f64> {
        self.duration_s
    }

    /// Ends the stream and returns JSON of the recording, without captions.
    fn finish(&self, py: Python<'_>) -> Result<String> {
        let stream = self.stream.with(py, Option::take)?;
        let stream = stream.ok_or_else(|| PyRuntimeError::new_err("already finished"))?;
        Ok(json(&stream.finish(Vec::new())))
    }
}

/// A caption as a tuple. Score and confidence are rounded to the decimal numbers in JSON.
pub fn row(caption: Caption) -> Row {
    let decimal = |number: f32| number.to_string().parse().unwrap_or(f64::from(number));
    let Caption { index, start_s, end_s, text, score, confidence, facts, .. } = caption;
    let facts = facts.map(|facts| json(&*facts));
    (index, start_s, end_s, text, decimal(score), confidence.map(decimal), facts)
}

/// Adds how to get a wheel for GPUs, if this one is not.
fn explain_missing_gpu(error: musicap::Error) -> musicap::Error {
    let lacks_gpu = cfg!(not(any(feature = "wgpu", feature = "cuda")));
    match error {
        musicap::Error::DeviceUnavailable { device, reason } if lacks_gpu => {
            let command =
                "pip install . --config-settings build-args=\"--features wgpu\" (or cuda)";
            let reason = format!(
                "{reason}; build a wheel for GPUs from a clone of the repository, in musicap-py: \
                 {command}"
            );
            musicap::Error::DeviceUnavailable { device, reason }
        }
        other => other,
    }
}
