//! Log-mel spectrograms as arrays.

use musicap::audio::{AudioConfig, Chunks, LogMel, chunks_in_place};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;

use crate::error::Result;
use crate::options::{self, with_changes};
use crate::{source, threads};

/// Chunks in one batch: enough for many threads, and few enough to copy their samples.
const BATCH: usize = 32;

/// The log-mel spectrogram of a recording, float32 [chunks, n_mels, frames] in decibels. `front_end`
/// is a JSON object of changes to the front end of LP-MusicCaps.
#[pyfunction]
#[pyo3(signature = (
    source: "object",
    sample_rate: "int | None",
    front_end: "str",
    overlap: "float",
    tail: "str",
    threads: "int | None",
) -> "numpy.typing.NDArray[numpy.float32]")]
pub fn log_mel<'py>(
    py: Python<'py>,
    source: &Bound<'py, PyAny>,
    sample_rate: Option<u32>,
    front_end: &str,
    overlap: f64,
    tail: &str,
    threads: Option<usize>,
) -> Result<Bound<'py, PyAny>> {
    let config = with_changes(&AudioConfig::default(), front_end)?;
    let log_mel = LogMel::new(&config)?;
    let pool = threads::pool(threads)?;
    let tail = options::tail(tail)?;
    let mut decibels = Vec::new();
    if let Some(samples) = source::contiguous(source)
        && sample_rate == Some(config.sample_rate)
        && overlap == 0.0
    {
        let samples = samples.as_slice().map_err(PyErr::from)?;
        let chunks = chunks_in_place(samples, &config, tail)?;
        decibels.reserve_exact(chunks.len() * log_mel.n_mels() * config.frames());
        let mut copies = Vec::new();
        for chunks in chunks.chunks(BATCH) {
            py.check_signals()?;
            // Without the GIL another thread might change the array.
            copies.clear();
            chunks.iter().for_each(|chunk| copies.extend_from_slice(chunk));
            py.detach(|| {
                let chunks: Vec<&[f32]> = copies.chunks_exact(config.chunk_samples()).collect();
                pool.install(|| log_mel.append_chunks(&chunks, &mut decibels));
            });
        }
    } else {
        let source = source::open(source, sample_rate)?;
        let mut chunks = Chunks::new(source, &config, overlap, tail)?;
        py.detach(|| -> musicap::Result<()> {
            loop {
                let batch = chunks.by_ref().take(BATCH).collect::<musicap::Result<Vec<_>>>()?;
                if batch.is_empty() {
                    return Ok(());
                }
                let samples: Vec<&[f32]> = batch.iter().map(|chunk| &chunk.samples[..]).collect();
                pool.install(|| log_mel.append_chunks(&samples, &mut decibels));
            }
        })?;
    }
    let shape = [log_mel.n_mels(), config.frames()];
    let chunks = decibels.len() / (shape[0] * shape[1]);
    let array = PyArray1::from_vec(py, decibels).reshape([chunks, shape[0], shape[1]])?;
    Ok(array.into_any())
}
