//! Recordings as sources of samples: paths, bytes, file objects and arrays.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use musicap::Error;
use musicap::audio::{AudioLimits, AudioNote, AudioReader, Downmix, SampleSource};
use numpy::ndarray::ArrayView1;
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyIsADirectoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PySlice, PyString};

use crate::checked::{Check, Checked};
use crate::error::Result;
use crate::threads::{SIGNAL_POLL, lock};

/// Any recording.
pub type Source = Box<dyn SampleSource + Send>;

/// Floats beyond this are taken for integers that were converted without scaling.
const MAX_FLOAT: f32 = 100.0;
/// 32-bit integers that reach no more than this are taken for converted 16-bit integers.
const MAX_INT16: i64 = 1 << 15;
/// Frames read from an array at a time.
const BLOCK: usize = 1 << 16;

/// Opens a recording. `sample_rate` is for arrays only.
pub fn open(object: &Bound<'_, PyAny>, sample_rate: Option<u32>) -> Result<Source> {
    let py = object.py();
    let file: Interruptible = if let Some(path) = path(object)? {
        if path.is_dir() {
            let arguments =
                (21, "Is a directory; use caption_many() for folders", path.into_os_string());
            return Err(PyIsADirectoryError::new_err(arguments).into());
        }
        interruptible(py.detach(|| AudioReader::open(path))?, Raised::default())
    } else if let Ok(bytes) = object.extract::<PyBackedBytes>() {
        interruptible(from_bytes(py, bytes)?, Raised::default())
    } else if object.is_instance_of::<PyByteArray>() || object.is_instance_of::<PyMemoryView>() {
        let bytes = py.get_type::<PyBytes>().call1((object,))?.extract()?;
        interruptible(from_bytes(py, bytes)?, Raised::default())
    } else if object.hasattr("read")? {
        file(object)?
    } else {
        return samples(object, sample_rate);
    };
    match sample_rate {
        None => Ok(Box::new(file)),
        Some(_) => {
            let text = "sample_rate is for arrays of samples; a file has its own";
            Err(PyTypeError::new_err(text).into())
        }
    }
}

/// The path, if `object` is a `str` or has `__fspath__`.
fn path(object: &Bound<'_, PyAny>) -> Result<Option<PathBuf>> {
    match object.is_instance_of::<PyString>() || object.hasattr("__fspath__")? {
        true => Ok(Some(object.extract()?)),
        false => Ok(None),
    }
}

fn from_bytes(py: Python<'_>, bytes: PyBackedBytes) -> Result<AudioReader> {
    Ok(py.detach(|| AudioReader::from_bytes(bytes, "bytes"))?)
}

fn file(object: &Bound<'_, PyAny>) -> Result<Interruptible> {
    let py = object.py();
    if object.call_method1("read", (0,))?.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(
            "the file is open in text mode; open it with mode \"rb\"",
        )
        .into());
    }
    let named = object.getattr("name").and_then(|name| name.extract::<PathBuf>());
    let name = named.map_or("file object".to_owned(), |name| name.display().to_string());
    let seekable = object.call_method0("seekable").and_then(|answer| answer.is_truthy());
    if !seekable.unwrap_or(false) {
        let bytes: PyBackedBytes = object.call_method0("read")?.extract()?;
        let reader = py.detach(|| AudioReader::from_bytes(bytes, name))?;
        return Ok(interruptible(reader, Raised::default()));
    }
    let raised = Raised::default();
    let file = File { object: object.clone().unbind(), raised: raised.clone() };
    let reader = py.detach(|| AudioReader::from_reader(file, name));
    // A decoder takes a failed read for a damaged file.
    raised.check()?;
    Ok(interruptible(reader?, raised))
}

/// The first error that Python raised while a file object was read.
#[derive(Clone, Default)]
struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    fn keep<T>(&self, result: PyResult<T>) -> io::Result<T> {
        result.map_err(|error| {
            lock(&self.0).get_or_insert(error);
            io::Error::other("Python raised an error")
        })
    }

    fn check(&self) -> PyResult<()> {
        lock(&self.0).take().map_or(Ok(()), Err)
    }
}

/// A seekable binary file object.
struct File {
    object: Py<PyAny>,
    raised: Raised,
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = Python::attach(|py| {
            let bytes = self.object.call_method1(py, "read", (buffer.len(),))?;
            Ok(bytes.extract::<PyBackedBytes>(py)?)
        });
        let bytes = self.raised.keep(bytes)?;
        let taken = bytes.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&bytes[..taken]);
        Ok(taken)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (offset, whence) = match to {
            SeekFrom::Start(offset) => (i128::from(offset), 0),
            SeekFrom::Current(offset) => (i128::from(offset), 1),
            SeekFrom::End(offset) => (i128::from(offset), 2),
        };
        self.raised.keep(Python::attach(|py| {
            self.object.call_method1(py, "seek", (offset, whence))?.extract(py)
        }))
    }
}

/// A file whose reading stops with Python's error after Ctrl-C or if a file object fails.
type Interruptible = Checked<AudioReader, Signals>;

fn interruptible(source: AudioReader, raised: Raised) -> Interruptible {
    Checked { source, check: Signals { polled: Instant::now(), raised } }
}

struct Signals {
    polled: Instant,
    raised: Raised,
}

impl Check for Signals {
    fn before(&mut self) -> musicap::Result<()> {
        if self.polled.elapsed() > SIGNAL_POLL {
            Python::attach(|py| py.check_signals()).map_err(wrapped)?;
            self.polled = Instant::now();
        }
        Ok(())
    }

    fn after<'a>(
        &mut self,
        block: musicap::Result<Option<&'a [f32]>>,
    ) -> musicap::Result<Option<&'a [f32]>> {
        self.raised.check().map_err(wrapped)?;
        block
    }
}

/// Wraps a Python error, which is unwrapped when it comes back to Python.
pub fn wrapped(error: PyErr) -> Error {
    Error::Io { path: PathBuf::new(), action: "read", source: io::Error::from(error) }
}

fn samples(object: &Bound<'_, PyAny>, sample_rate: Option<u32>) -> Result<Source> {
    let py = object.py();
    let numpy = py.import("numpy")?;
    let is_array = object.hasattr("__array__")? || object.hasattr("__len__")?;
    if !is_array {
        let text = format!(
            "a recording is a path, bytes, a binary file object or an array of samples, not {}",
            object.get_type().fully_qualified_name()?
        );
        return Err(PyTypeError::new_err(text).into());
    }
    let array = numpy.call_method1("asarray", (object,))?;
    let sample_rate = sample_rate
        .ok_or_else(|| PyTypeError::new_err("an array of samples needs sample_rate=, in hertz"))?;
    if array.getattr("dtype")?.getattr("kind")?.eq("U")? {
        let text = "a list of strings: caption several recordings with caption_many()";
        return Err(PyTypeError::new_err(text).into());
    }
    let shape = array.cast::<PyUntypedArray>()?.shape().to_vec();
    let (channels, frames) = match *shape {
        [frames] => (1, frames),
        [channels, frames] => (channels, frames),
        _ => {
            let text = format!("samples of shape {shape:?}, but must be [n] or [channels, n]");
            return Err(PyValueError::new_err(text).into());
        }
    };
    if (3..=frames).contains(&channels) {
        let text = format!(
            "samples of shape {shape:?}: pass many recordings to caption_many(), or mix the channels \
             of one, samples.mean(axis=0)"
        );
        return Err(PyValueError::new_err(text).into());
    }
    let limits = AudioLimits::default();
    if channels > limits.max_channels && frames <= limits.max_channels {
        let text = format!("samples of shape {shape:?}, but must be [channels, n]: pass samples.T");
        return Err(PyValueError::new_err(text).into());
    }
    limits.check_format("samples", sample_rate, channels)?;
    // One row for each channel.
    let rows = array.call_method1("reshape", ((channels, frames),))?;
    let scale = full_scale(&array)?;
    check_integers(&array)?;
    Ok(Box::new(Samples {
        rows: rows.unbind(),
        frames,
        sample_rate,
        scale,
        position: 0,
        block: Vec::new(),
        downmix: Downmix::of_channels(channels),
        note: None,
    }))
}

/// Refuses 32-bit integers that are as quiet as 16-bit integers without scaling would be.
fn check_integers(array: &Bound<'_, PyAny>) -> Result<()> {
    if array.getattr("dtype")?.getattr("name")?.ne("int32")? || array.getattr("size")?.eq(0)? {
        return Ok(());
    }
    let (least, most): (i64, i64) =
        (array.call_method0("min")?.extract()?, array.call_method0("max")?.extract()?);
    let peak = least.abs().max(most.abs());
    if peak == 0 || peak > MAX_INT16 {
        return Ok(());
    }
    let reason = format!(
        "int32 samples reach {peak} only, {:.0} dB below full scale; if they are 16-bit integers, \
         convert them with .astype(\"int16\")",
        20.0 * (f64::from(1u32 << 31) / peak as f64).log10()
    );
    Err(Error::InvalidSamples { reason }.into())
}

/// Finds integers in an array of floats.
pub fn check_peak(samples: &[f32]) -> musicap::Result<()> {
    let peak = samples.iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
    if peak > MAX_FLOAT && peak.is_finite() {
        let reason =
            format!("floats reach {peak}, but must be within ±1; divide them by their full scale");
        return Err(Error::InvalidSamples { reason });
    }
    Ok(())
}

/// Offset and factor that bring an array's numbers within ±1: `(number - offset) * factor`.
fn full_scale(array: &Bound<'_, PyAny>) -> Result<(f32, f32)> {
    let dtype = array.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    let bits = 8 * dtype.getattr("itemsize")?.extract::<i32>()?;
    if bits == 64 && kind != "f" {
        let text = format!(
            "samples of dtype {dtype}, whose full scale is not known; convert them with \
             .astype(\"int16\"), or to floats within ±1"
        );
        return Err(PyTypeError::new_err(text).into());
    }
    let half = 2f32.powi(bits - 1);
    match kind.as_str() {
        "f" => Ok((0.0, 1.0)),
        "i" => Ok((0.0, 1.0 / half)),
        "u" => Ok((half, 1.0 / half)),
        _ => {
            let text = format!("samples of dtype {dtype}, but must be floats or integers");
            Err(PyTypeError::new_err(text).into())
        }
    }
}

/// The numbers of a one-dimensional array of any type, scaled to ±1.
pub fn interleaved(array: &Bound<'_, PyAny>) -> Result<Vec<f32>> {
    let (offset, factor) = full_scale(array)?;
    let float32 = array.call_method("astype", ("float32",), Some(&not_copied(array.py())?))?;
    let float32: PyReadonlyArray1<f32> = float32.extract()?;
    Ok(float32.as_array().iter().map(|number| (number - offset) * factor).collect())
}

/// The array, if it has one channel of contiguous float32 samples.
pub fn contiguous<'py>(object: &Bound<'py, PyAny>) -> Option<PyReadonlyArray1<'py, f32>> {
    object.extract().ok().filter(|array: &PyReadonlyArray1<'py, f32>| array.as_slice().is_ok())
}

/// An array that is read block by block and never copied as a whole.
struct Samples {
    rows: Py<PyAny>,
    frames: usize,
    sample_rate: u32,
    scale: (f32, f32),
    position: usize,
    block: Vec<f32>,
    downmix: Downmix,
    note: Option<AudioNote>,
}

impl Samples {
    /// The channels of the next block, scaled to ±1.
    fn read(&self, py: Python<'_>) -> PyResult<Vec<Vec<f32>>> {
        py.check_signals()?;
        let end = self.frames.min(self.position + BLOCK);
        let all = PySlice::full(py);
        let frames = PySlice::new(py, self.position as isize, end as isize, 1);
        let block = self.rows.bind(py).get_item((all, frames))?;
        let float32 = block.call_method("astype", ("float32",), Some(&not_copied(py)?))?;
        let block: PyReadonlyArray2<f32> = float32.extract()?;
        let (offset, factor) = self.scale;
        let scaled = |channel: ArrayView1<'_, f32>| match (offset, factor) {
            (0.0, 1.0) => channel.to_vec(),
            _ => channel.iter().map(|x| (x - offset) * factor).collect(),
        };
        Ok(block.as_array().outer_iter().map(scaled).collect())
    }

    /// Refuses samples that are not finite, or too large for floats within ±1.
    fn check(&self, channel: &[f32]) -> musicap::Result<()> {
        // The first pass only counts, which compilers vectorise.
        if channel.iter().map(|x| u32::from(!x.is_finite())).sum::<u32>() > 0 {
            let at = channel.iter().position(|sample| !sample.is_finite()).unwrap_or(0);
            let (at, found) = (self.position + at, channel[at]);
            let reason = format!("sample {at} is {found}, but must be finite");
            return Err(Error::InvalidSamples { reason });
        }
        check_peak(channel)
    }
}

fn not_copied(py: Python<'_>) -> PyResult<Bound<'_, pyo3::types::PyDict>> {
    let options = pyo3::types::PyDict::new(py);
    options.set_item("copy", false)?;
    Ok(options)
}

impl SampleSource for Samples {
    fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    fn next_block(&mut self) -> musicap::Result<Option<&[f32]>> {
        if self.position == self.frames {
            return Ok(None);
        }
        let channels = Python::attach(|py| self.read(py)).map_err(wrapped)?;
        channels.iter().try_for_each(|channel| self.check(channel))?;
        let planes: Vec<&[f32]> = channels.iter().map(Vec::as_slice).collect();
        self.block.clear();
        self.downmix.mix_planes(self.sample_rate, &planes, &mut self.block);
        self.note = self.downmix.take_note().or(self.note.take());
        self.position += self.block.len();
        Ok(Some(&self.block))
    }

    fn duration(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(self.frames as f64 / f64::from(self.sample_rate)))
    }

    fn notes(&self) -> Vec<AudioNote> {
        self.note.iter().cloned().collect()
    }
}

/// The extensions of audio files, in lower case and without a dot.
#[pyfunction]
pub fn audio_extensions() -> Vec<&'static str> {
    musicap::audio::extensions().collect()
}

/// The MIME type of an audio file that starts with these bytes.
#[pyfunction]
pub fn audio_type(start: &[u8]) -> Option<&'static str> {
    Some(musicap::audio::format_of(start)?.mime_types[0])
}
