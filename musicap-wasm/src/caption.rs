//! Captioning a recording, one step at a time.

use std::task::Poll;

use musicap::audio::{SampleSource as _, Tail};
use musicap::facts::FactsMode;
use musicap::generate::GenerationConfig;
use musicap::{Caption, CaptionOptions, CaptionStream};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::error::{malformed, object, thrown};
use crate::input::{Input, Source};
use crate::model::Model;

/// The options of JavaScript's `caption`.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    tail: Tail,
    overlap: f64,
    batch_size: Option<usize>,
    generation: Option<GenerationConfig>,
    facts: Facts,
}

/// Which facts there are: `true`, `false` or `"beats"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Facts {
    Are(bool),
    With(With),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum With {
    Beats,
}

impl From<Facts> for FactsMode {
    fn from(facts: Facts) -> Self {
        match facts {
            Facts::Are(false) => FactsMode::Off,
            Facts::Are(true) => FactsMode::On,
            Facts::With(With::Beats) => FactsMode::WithBeats,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        let core = CaptionOptions::default();
        Options {
            tail: core.tail,
            overlap: core.overlap_seconds,
            batch_size: core.batch_size,
            generation: core.generation,
            facts: Facts::Are(false),
        }
    }
}

impl From<Options> for CaptionOptions {
    fn from(options: Options) -> Self {
        let mut core =
            CaptionOptions::default().with_tail(options.tail).with_overlap(options.overlap);
        core.batch_size = options.batch_size;
        core.generation = options.generation;
        core.facts = options.facts.into();
        core
    }
}

impl Options {
    /// Reads the options of JavaScript.
    pub fn read(options: JsValue) -> Result<Self, JsValue> {
        serde_wasm_bindgen::from_value(options)
            .map_err(malformed("options", "tail, overlap, batchSize, generation or facts"))
    }

    /// The most steps that a caption takes.
    pub fn max_steps(&self, model: &Model) -> usize {
        let own = &model.captioner.config().generation;
        self.generation.as_ref().unwrap_or(own).max_length
    }
}

/// Progress of a job.
#[derive(Serialize)]
pub struct Progress {
    pub decoded_s: f64,
    pub captioned_s: f64,
    pub duration_s: Option<f64>,
    pub steps: usize,
    pub max_steps: usize,
}

/// A recording that is being captioned.
#[wasm_bindgen]
pub struct CaptionJob {
    stream: CaptionStream<Source>,
    captions: Vec<Caption>,
    /// Steps since the last caption.
    steps: usize,
    max_steps: usize,
}

#[wasm_bindgen]
impl CaptionJob {
    /// Opens the recording.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, input: &Input, options: JsValue) -> Result<CaptionJob, JsValue> {
        let options = Options::read(options)?;
        let max_steps = options.max_steps(model);
        let stream = input.open().and_then(|source| {
            model.captioner.caption_stream(source, &CaptionOptions::from(options))
        });
        let stream = stream.map_err(thrown)?;
        Ok(CaptionJob { stream, captions: Vec::new(), steps: 0, max_steps })
    }

    /// Does one step of the work. Returns a caption, `undefined` if none is finished yet, or `null`
    /// after the last one.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        match self.stream.poll_next() {
            Poll::Pending => {
                self.steps += 1;
                Ok(JsValue::UNDEFINED)
            }
            Poll::Ready(None) => Ok(JsValue::NULL),
            Poll::Ready(Some(caption)) => {
                let caption = caption.map_err(thrown)?;
                self.steps = 0;
                let value = object(&caption);
                self.captions.push(caption);
                value
            }
        }
    }

    /// `{ decoded_s, captioned_s, duration_s, steps, max_steps }`; `duration_s` is null if it is
    /// unknown.
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        let duration = self.stream.source().duration();
        object(&Progress {
            decoded_s: self.stream.position_s(),
            captioned_s: self.captions.last().map_or(0.0, |caption| caption.end_s),
            duration_s: duration.map(|duration| duration.as_secs_f64()),
            steps: self.steps,
            max_steps: self.max_steps,
        })
    }

    /// All captions of the recording, as in the command's JSON.
    pub fn finish(self) -> Result<JsValue, JsValue> {
        object(&self.stream.finish(self.captions))
    }
}
