//! Captioning a stream while it plays.

use musicap::{LiveCaptions, LiveInput, LiveOptions, Overrun};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::error::{misshapen, object, thrown};
use crate::model::Model;

/// The options of JavaScript's `live`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    sample_rate: u32,
    #[serde(default = "one")]
    channels: usize,
    #[serde(default)]
    overlap: f64,
    queue: Option<usize>,
}

fn one() -> usize {
    1
}

/// A stream: samples go in, events come out.
#[wasm_bindgen]
pub struct LiveJob {
    /// Until the stream ends.
    input: Option<LiveInput>,
    captions: LiveCaptions,
}

#[wasm_bindgen]
impl LiveJob {
    /// Begins a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, options: JsValue) -> Result<LiveJob, JsValue> {
        let options: Options = serde_wasm_bindgen::from_value(options)
            .map_err(misshapen("options", "sampleRate, channels, overlap or queue"))?;
        let mut live =
            LiveOptions::new(options.sample_rate, options.channels).with_overlap(options.overlap);
        if let Some(chunks) = options.queue {
            live = live.with_overrun(Overrun::Queue(chunks));
        }
        let (input, captions) = model.captioner.live(&live).map_err(thrown)?;
        Ok(LiveJob { input: Some(input), captions })
    }

    /// Takes the next samples, interleaved.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), JsValue> {
        self.input.as_mut().map_or(Ok(()), |input| input.push(samples)).map_err(thrown)
    }

    /// Ends the stream; what has come by then is still captioned.
    pub fn end(&mut self) {
        self.input = None;
    }

    /// Captions what waits, and gives the next event, or nothing if there is none.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        match self.captions.try_next().map_err(thrown)? {
            Some(event) => object(&event),
            None => Ok(JsValue::UNDEFINED),
        }
    }
}
