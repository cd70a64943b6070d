//! Log-mel spectrograms as arrays.

use musicap::audio::{AudioConfig, Chunks, LogMel, Resampler, SampleSource, chunks_in_place};
use numpy::ndarray::{Array2, Axis, s};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::error::Result;
use crate::options::{self, with_changes};
use crate::source::Source;
use crate::{source, threads};

/// Chunks in one batch: enough for many threads, and few enough to copy their samples.
const BATCH: usize = 32;

/// The log-mel spectrogram of a recording in decibels, float32. With `chunks`, their overlap in
/// seconds and "keep" or "drop" for the tail, it is [chunks, n_mels, frames], else that of the
/// whole recording, [n_mels, 1 + samples / hop_length]. `front_end` is a JSON object of changes to
/// the front end of LP-MusicCaps.
#[pyfunction]
#[pyo3(signature = (
    source: "object",
    sample_rate: "int | None",
    front_end: "str",
    chunks: "tuple[float, str] | None",
    threads: "int | None",
) -> "numpy.typing.NDArray[numpy.float32]")]
pub fn log_mel<'py>(
    py: Python<'py>,
    source: &Bound<'py, PyAny>,
    sample_rate: Option<u32>,
    front_end: &str,
    chunks: Option<(f64, String)>,
    threads: Option<usize>,
) -> Result<Bound<'py, PyAny>> {
    let config = with_changes(&AudioConfig::default(), front_end)?;
    let log_mel = LogMel::new(&config)?;
    let pool = threads::pool(threads)?;
    let Some((overlap, tail)) = chunks else {
        let source = source::open(source, sample_rate)?;
        let spectrogram = py.detach(|| {
            let samples = read(source, config.sample_rate)?;
            Ok::<_, musicap::Error>(pool.install(|| whole(&log_mel, &config, &samples)))
        })?;
        return Ok(PyArray2::from_owned_array(py, spectrogram).into_any());
    };
    let tail = options::tail(&tail)?;
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
        let mut chunks = Chunks::new(source, &config, overlap, tail)?.without_leveling();
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

/// Frames of a whole spectrogram that are computed together.
const BLOCK_FRAMES: usize = 1000;

/// All samples of a recording at this rate.
fn read(mut source: Source, rate: u32) -> musicap::Result<Vec<f32>> {
    let mut resampler = Resampler::new(source.sample_rate(), rate)?;
    let mut samples = Vec::new();
    while let Some(block) = source.next_block()? {
        resampler.process(block, &mut samples);
    }
    resampler.finish(&mut samples);
    Ok(samples)
}

/// The spectrogram of all samples. Blocks of frames are computed in parallel, each from its samples
/// and those that its outer frames need on both sides.
fn whole(log_mel: &LogMel, config: &AudioConfig, samples: &[f32]) -> Array2<f32> {
    let (hop, frames) = (config.hop_length, log_mel.frames(samples.len()));
    // Frames at the ends of a block that would see its edges instead of its neighbours.
    let margin = (config.n_fft / 2).div_ceil(hop) + 1;
    let part = |block: usize| {
        let first = block * BLOCK_FRAMES;
        let (count, skipped) = (BLOCK_FRAMES.min(frames - first), first.min(margin));
        let start = (first - skipped) * hop;
        let end = (first + count + margin) * hop;
        let part = log_mel.compute(&samples[start..end.min(samples.len())]);
        part.slice_move(s![.., skipped..skipped + count])
    };
    let parts: Vec<Array2<f32>> =
        (0..frames.div_ceil(BLOCK_FRAMES)).into_par_iter().map(part).collect();
    let mut spectrogram = Array2::zeros((log_mel.n_mels(), frames));
    for (mut out, part) in spectrogram.axis_chunks_iter_mut(Axis(1), BLOCK_FRAMES).zip(parts) {
        out.assign(&part);
    }
    spectrogram
}
