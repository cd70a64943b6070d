//! The options of captioning.

use musicap::CaptionOptions;
use musicap::audio::Tail;
use musicap::facts::FactsMode;
use musicap::generate::GenerationConfig;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::error::malformed;
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
