//! Captioning a stream while it plays.

use std::task::Poll;

use musicap::generate::GenerationConfig;
use musicap::{LiveCaptions, LiveInput, LiveOptions, Overrun};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::error::{malformed, object, thrown};
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
    #[serde(default)]
    skip: bool,
    generation: Option<GenerationConfig>,
}

fn one() -> usize {
    1
}

/// A live stream: samples in, events out.
#[wasm_bindgen]
pub struct LiveJob {
    /// `None` after the end of the stream.
    input: Option<LiveInput>,
    captions: LiveCaptions,
}

#[wasm_bindgen]
impl LiveJob {
    /// Starts a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, options: JsValue) -> Result<LiveJob, JsValue> {
        let options: Options = serde_wasm_bindgen::from_value(options).map_err(malformed(
            "options",
            "sampleRate, channels, overlap, queue, skip or generation",
        ))?;
        let mut live =
            LiveOptions::new(options.sample_rate, options.channels).with_overlap(options.overlap);
        if let Some(chunks) = options.queue {
            live = live.with_overrun(Overrun::Queue(chunks));
        }
        if options.skip {
            live = live.with_overrun(Overrun::Skip);
        }
        live.generation = options.generation;
        let (input, captions) = model.captioner.live(&live).map_err(thrown)?;
        Ok(LiveJob { input: Some(input), captions })
    }

    /// Adds the next samples, interleaved.
    pub fn push(&mut self, samples: &[f32]) -> Result<(), JsValue> {
        self.input.as_mut().map_or(Ok(()), |input| input.push(samples)).map_err(thrown)
    }

    /// Ends the stream; audio pushed before is still captioned.
    pub fn end(&mut self) {
        self.input = None;
    }

    /// Does one step of the work. Returns an event, `undefined` if there is none yet, or `null` if no
    /// audio is left.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        match self.captions.poll_next() {
            Poll::Pending => Ok(JsValue::UNDEFINED),
            Poll::Ready(None) => Ok(JsValue::NULL),
            Poll::Ready(Some(event)) => object(&event.map_err(thrown)?),
        }
    }
}
