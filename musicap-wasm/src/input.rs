//! The recording: a file, or samples.

use std::io::BufReader;

use js_sys::{Array, Float32Array};
use musicap::audio::{AudioReader, SampleSource, Waveform};
use wasm_bindgen::prelude::*;

use crate::file::{File, JsFile};

/// Bytes requested from a file at once: each request costs the browser a tenth of a millisecond.
const BLOCK: usize = 1 << 18;

#[wasm_bindgen]
extern "C" {
    /// `{ name: string, file: JsFile }`, `{ channels: Float32Array[], sampleRate: number }`, or
    /// `{ name: string, failure: string }` for a file that could not be opened.
    pub type Input;

    #[wasm_bindgen(method, getter)]
    fn name(this: &Input) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn failure(this: &Input) -> Option<String>;

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
    pub fn open(&self) -> musicap::Result<Source> {
        let name = self.name().unwrap_or_else(|| "the file".to_owned());
        if let Some(reason) = self.failure() {
            let source = std::io::Error::other(reason);
            return Err(musicap::Error::Io { path: name.into(), action: "open", source });
        }
        match self.file() {
            Some(file) => {
                let file = BufReader::with_capacity(BLOCK, File::new(file));
                Ok(Box::new(AudioReader::from_reader(file, name)?))
            }
            None => {
                let channels = self.channels();
                let channels = channels.iter().map(JsCast::unchecked_into::<Float32Array>);
                let channels: Vec<Vec<f32>> = channels.map(|channel| channel.to_vec()).collect();
                let waveform = Waveform::from_planar(&channels, self.sample_rate())?;
                Ok(Box::new(waveform.into_reader()))
            }
        }
    }
}
