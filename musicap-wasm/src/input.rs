//! The recording: a file, or samples.

use std::io::BufReader;

use js_sys::{Array, Float32Array};
use musicap::audio::{AudioReader, SampleSource, Waveform};
use wasm_bindgen::prelude::*;

use crate::error::thrown;
use crate::file::{File, JsFile};

/// Bytes requested from a file at once: each request costs the browser a tenth of a millisecond.
const BLOCK: usize = 1 << 18;

#[wasm_bindgen]
extern "C" {
    /// `{ name: string, file: JsFile }`, or `{ channels: Float32Array[], sampleRate: number }`.
    pub type Input;

    #[wasm_bindgen(method, getter)]
    fn name(this: &Input) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn file(this: &Input) -> Option<JsFile>;

    #[wasm_bindgen(method, getter)]
    fn channels(this: &Input) -> Array;

    #[wasm_bindgen(method, getter, js_name = sampleRate)]
    fn sample_rate(this: &Input) -> u32;
}

/// Any source of samples.
pub type Source = Box<dyn SampleSource>;

impl Input {
    /// Opens the file, or copies the samples.
    pub fn open(&self) -> Result<Source, JsValue> {
        match self.file() {
            Some(file) => {
                let name = self.name().unwrap_or_else(|| "the file".to_owned());
                let file = BufReader::with_capacity(BLOCK, File::new(file));
                Ok(Box::new(AudioReader::from_reader(file, name).map_err(thrown)?))
            }
            None => {
                let channels = self.channels();
                let channels = channels.iter().map(JsCast::unchecked_into::<Float32Array>);
                let channels: Vec<Vec<f32>> = channels.map(|channel| channel.to_vec()).collect();
                let waveform = Waveform::from_planar(&channels, self.sample_rate());
                Ok(Box::new(waveform.map_err(thrown)?.into_reader()))
            }
        }
    }
}
