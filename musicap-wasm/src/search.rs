//! The search for the captions of chunks that another worker has read.

use std::task::Poll;

use js_sys::{Float32Array, Object, Reflect, Uint32Array};
use musicap::generate::Generated;
use musicap::ndarray::Array3;
use musicap::{BatchSearch, CaptionOptions, ChunkOutput, FeatureBatch};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::error::{malformed, object, thrown};
use crate::model::Model;
use crate::options::Options;

/// What the model returns for a chunk, as workers send it to each other.
#[derive(Serialize, Deserialize)]
struct Output {
    tokens: Vec<u32>,
    score: f32,
    confidence: Option<f32>,
    tags: Option<Vec<f32>>,
}

/// `{ number, features, indices }`: log-mel spectrograms `[chunks, n_mels, frames]` as one
/// `Float32Array`, and the chunks' numbers in their recordings.
pub fn batch_object(batch: FeatureBatch) -> Result<JsValue, JsValue> {
    let features: Vec<f32> = batch.features.into_iter().collect();
    let indices: Vec<u32> = batch.indices.iter().map(|&index| index as u32).collect();
    let object = Object::new();
    Reflect::set(&object, &"number".into(), &JsValue::from(batch.number as u32))?;
    Reflect::set(&object, &"features".into(), &Float32Array::from(&features[..]))?;
    Reflect::set(&object, &"indices".into(), &Uint32Array::from(&indices[..]))?;
    Ok(object.into())
}

/// The outputs that a [`SearchJob`] has returned.
pub fn read_outputs(outputs: JsValue) -> Result<Vec<ChunkOutput>, JsValue> {
    let outputs: Vec<Output> = serde_wasm_bindgen::from_value(outputs)
        .map_err(malformed("outputs", "those of another worker"))?;
    let output = |Output { tokens, score, confidence, tags }| {
        let mut generated = Generated::default();
        (generated.tokens, generated.score, generated.confidence) = (tokens, score, confidence);
        ChunkOutput::new(generated, tags)
    };
    Ok(outputs.into_iter().map(output).collect())
}

/// The search for the captions of a batch from another worker's `CaptionJob`.
#[wasm_bindgen]
pub struct SearchJob {
    search: BatchSearch,
}

#[wasm_bindgen]
impl SearchJob {
    /// Encodes the features. The options are those of the other job.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &Model,
        features: Vec<f32>,
        indices: Vec<u32>,
        options: JsValue,
    ) -> Result<SearchJob, JsValue> {
        let options = CaptionOptions::from(Options::read(options)?);
        let audio = &model.captioner.config().audio;
        let shape = (indices.len(), audio.n_mels, audio.frames());
        let values = features.len();
        let features = Array3::from_shape_vec(shape, features).map_err(|_| {
            let value = format!("{values} values");
            let expected = format!("of the shape {shape:?}");
            thrown(musicap::Error::InvalidOption { name: "features", value, expected })
        })?;
        let indices: Vec<usize> = indices.into_iter().map(|index| index as usize).collect();
        let search = model.captioner.search_batch(features, &indices, &options);
        Ok(SearchJob { search: search.map_err(thrown)? })
    }

    /// Decodes one step. Returns `undefined` until all captions are complete, then the outputs of the
    /// chunks, in order.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        let Poll::Ready(outputs) = self.search.poll() else { return Ok(JsValue::UNDEFINED) };
        let output = |ChunkOutput { generated, tags, .. }: ChunkOutput| Output {
            tokens: generated.tokens,
            score: generated.score,
            confidence: generated.confidence,
            tags,
        };
        object(&outputs.map_err(thrown)?.into_iter().map(output).collect::<Vec<_>>())
    }
}
