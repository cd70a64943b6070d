//! Captioning a recording, piece by piece.

use std::task::Poll;

use musicap::audio::{SampleSource as _, Tail};
use musicap::generate::GenerationConfig;
use musicap::{Caption, CaptionOptions, CaptionStream};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::error::{misshapen, object, thrown};
use crate::input::{Input, Source};
use crate::model::Model;

/// The options of JavaScript's `caption`.
#[derive(Deserialize)]
#[serde(default)]
struct Options {
    tail: Tail,
    overlap: f64,
    batch: usize,
    generation: Option<GenerationConfig>,
}

impl Default for Options {
    fn default() -> Self {
        let core = CaptionOptions::default();
        Options {
            tail: core.tail,
            overlap: core.overlap_seconds,
            batch: core.batch_size.unwrap_or(8),
            generation: core.generation,
        }
    }
}

impl From<Options> for CaptionOptions {
    fn from(options: Options) -> Self {
        let mut core = CaptionOptions::default()
            .with_tail(options.tail)
            .with_overlap(options.overlap)
            .with_batch_size(options.batch);
        core.generation = options.generation;
        core
    }
}

/// How far a job has come.
#[derive(Serialize)]
struct Progress {
    heard_s: f64,
    captioned_s: f64,
    duration_s: Option<f64>,
}

/// The captions of a recording in the making.
#[wasm_bindgen]
pub struct CaptionJob {
    stream: CaptionStream<Source>,
    captions: Vec<Caption>,
}

#[wasm_bindgen]
impl CaptionJob {
    /// Opens the recording.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, input: &Input, options: JsValue) -> Result<CaptionJob, JsValue> {
        let options: Options = serde_wasm_bindgen::from_value(options)
            .map_err(misshapen("options", "tail, overlap, batch or generation"))?;
        let stream = model.captioner.captions(input.open()?, &options.into()).map_err(thrown)?;
        Ok(CaptionJob { stream, captions: Vec::new() })
    }

    /// Does a piece of the work: gives a caption, `undefined` if there is none yet, and `null`
    /// after the last.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        match self.stream.poll_next() {
            Poll::Pending => Ok(JsValue::UNDEFINED),
            Poll::Ready(None) => Ok(JsValue::NULL),
            Poll::Ready(Some(caption)) => {
                let caption = caption.map_err(thrown)?;
                let given = object(&caption);
                self.captions.push(caption);
                given
            }
        }
    }

    /// `{ heard_s, captioned_s, duration_s }`; the last is null where nobody knows.
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        let duration = self.stream.source().duration();
        object(&Progress {
            heard_s: self.stream.position_s(),
            captioned_s: self.captions.last().map_or(0.0, |caption| caption.end_s),
            duration_s: duration.map(|duration| duration.as_secs_f64()),
        })
    }

    /// All captions with what is known of the recording, as the command's JSON has it.
    pub fn finish(self) -> Result<JsValue, JsValue> {
        object(&self.stream.finish(self.captions))
    }
}
