//! Recordings in a compressed format that browsers play, for notebooks.

use musicap::audio::{Resampler, SampleSource};
use opus_pure::{Application, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::{Raised, Result};
use crate::source;

/// A sample rate of Opus.
const RATE: u32 = 48_000;
/// Samples in a packet: 20 ms.
const PACKET: usize = 960;
const BITS_PER_SECOND: i32 = 64_000;

/// A recording as Ogg Opus, mono, or None if it would have more than `limit` bytes.
#[pyfunction]
#[pyo3(signature = (source: "object", sample_rate: "int | None", limit: "int") -> "bytes | None")]
pub fn encode_opus<'py>(
    py: Python<'py>,
    source: &Bound<'py, PyAny>,
    sample_rate: Option<u32>,
    limit: usize,
) -> Result<Option<Bound<'py, PyBytes>>> {
    let source = source::open(source, sample_rate)?;
    let encoded = py.detach(|| encode(source, limit))?;
    Ok(encoded.map(|bytes| PyBytes::new(py, &bytes)))
}

fn encode(mut source: source::Source, limit: usize) -> Result<Option<Vec<u8>>> {
    let mut encoder = OpusEncoder::new(RATE as i32, 1, Application::Audio).map_err(failed)?;
    encoder.bitrate_bps = BITS_PER_SECOND;
    let head = OpusHead::for_encoder(&encoder, source.sample_rate());
    let mut writer = OggOpusWriter::new(Vec::new(), head).map_err(failed)?;
    let mut resampler = Resampler::new(source.sample_rate(), RATE)?;
    let mut packet = vec![0; MAX_PACKET_BYTES];
    let mut samples = Vec::new();
    let (mut size, mut ended) = (0, false);
    while !ended {
        match source.next_block()? {
            Some(block) => resampler.process(block, &mut samples),
            None => {
                resampler.finish(&mut samples);
                // Silence until the decoder, which is behind the encoder, has played all samples.
                let length = samples.len() + encoder.lookahead();
                samples.resize(length.next_multiple_of(PACKET), 0.0);
                ended = true;
            }
        }
        let packets = samples.len() / PACKET * PACKET;
        for block in samples[..packets].chunks_exact(PACKET) {
            let length = encoder.encode(block, PACKET, &mut packet).map_err(failed)?;
            size += length;
            if size > limit {
                return Ok(None);
            }
            writer.write_packet(&packet[..length]).map_err(failed)?;
        }
        samples.drain(..packets);
    }
    Ok(Some(writer.finish().map_err(failed)?))
}

fn failed(error: opus_pure::Error) -> Raised {
    PyRuntimeError::new_err(format!("Opus: {error}")).into()
}
