//! Log-mel spectrograms, chunk by chunk.

use js_sys::Float32Array;
use musicap::audio::{AudioConfig, Chunk, Chunks, LogMel, Tail};
use wasm_bindgen::prelude::*;

use crate::error::{malformed, thrown};
use crate::input::{Input, Source};

/// A recording that is passed through a model's front end.
#[wasm_bindgen]
pub struct MelJob {
    chunks: Chunks<Source>,
    log_mel: LogMel,
}

#[wasm_bindgen]
impl MelJob {
    /// Opens the recording. `audio` is a model's `audio` configuration.
    #[wasm_bindgen(constructor)]
    pub fn new(input: &Input, audio: JsValue) -> Result<MelJob, JsValue> {
        let audio: AudioConfig = serde_wasm_bindgen::from_value(audio)
            .map_err(malformed("audio", "the audio object of a config.json"))?;
        let source = input.open().map_err(thrown)?;
        let chunks = Chunks::new(source, &audio, 0.0, Tail::Keep).map_err(thrown)?;
        let chunks = chunks.without_leveling();
        Ok(MelJob { chunks, log_mel: LogMel::new(&audio).map_err(thrown)? })
    }

    /// The next chunk, or `undefined` after the last.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<MelChunk>, JsValue> {
        let Some(chunk) = self.chunks.next() else { return Ok(None) };
        let chunk = chunk.map_err(thrown)?;
        let mel = self.log_mel.compute(&chunk.samples);
        let (bands, frames) = mel.dim();
        let values = mel.iter().copied().collect();
        Ok(Some(MelChunk { chunk, bands, frames, values }))
    }
}

/// A chunk's samples and log-mel spectrogram.
#[wasm_bindgen]
pub struct MelChunk {
    chunk: Chunk,
    /// Mel bands.
    #[wasm_bindgen(readonly)]
    pub bands: usize,
    /// Frames.
    #[wasm_bindgen(readonly)]
    pub frames: usize,
    values: Vec<f32>,
}

#[wasm_bindgen]
impl MelChunk {
    /// The chunk's number.
    #[wasm_bindgen(getter)]
    pub fn index(&self) -> usize {
        self.chunk.index
    }

    /// Where it starts, in seconds.
    #[wasm_bindgen(getter)]
    pub fn start_s(&self) -> f64 {
        self.chunk.start_s
    }

    /// Where its audio ends, in seconds; padding is not counted.
    #[wasm_bindgen(getter)]
    pub fn end_s(&self) -> f64 {
        self.chunk.end_s
    }

    /// Mono samples at the model's rate.
    #[wasm_bindgen(getter)]
    pub fn samples(&self) -> Float32Array {
        Float32Array::from(&self.chunk.samples[..])
    }

    /// Decibels `[bands, frames]`, the lowest band first.
    #[wasm_bindgen(getter)]
    pub fn mel(&self) -> Float32Array {
        Float32Array::from(&self.values[..])
    }
}
