//! A model from its files.

use musicap::checkpoint::{Checkpoint, ModelConfig, Precision, Pretrained};
use musicap::{Captioner, LoadOptions, Tokenizer, VocabFiles};
use wasm_bindgen::prelude::*;

use crate::error::{object, thrown};
use crate::file::{File, JsFile};

#[wasm_bindgen]
extern "C" {
    /// A model folder's files.
    pub type ModelFiles;

    /// The model's name.
    #[wasm_bindgen(method, getter)]
    fn name(this: &ModelFiles) -> String;

    /// The text of `config.json`.
    #[wasm_bindgen(method, getter)]
    fn config(this: &ModelFiles) -> String;

    /// The text of `generation_config.json`, if there is one.
    #[wasm_bindgen(method, getter)]
    fn generation(this: &ModelFiles) -> Option<String>;

    /// The text of `tokenizer.json`, or of `vocab.json`, which requires `merges`.
    #[wasm_bindgen(method, getter)]
    fn tokenizer(this: &ModelFiles) -> String;

    /// The text of `merges.txt`.
    #[wasm_bindgen(method, getter)]
    fn merges(this: &ModelFiles) -> Option<String>;

    /// `model.safetensors`.
    #[wasm_bindgen(method, getter)]
    fn weights(this: &ModelFiles) -> JsFile;

    /// The precision of the weights in memory.
    #[wasm_bindgen(method, getter)]
    fn precision(this: &ModelFiles) -> Option<String>;
}

/// A loaded model.
#[wasm_bindgen]
pub struct Model {
    pub(crate) captioner: Captioner,
}

#[wasm_bindgen]
impl Model {
    /// Loads a model.
    #[wasm_bindgen(constructor)]
    pub fn new(files: &ModelFiles) -> Result<Model, JsValue> {
        load(files).map(|captioner| Model { captioner }).map_err(thrown)
    }

    /// `{ name, audio, generation }`, the latter two with the keys of `config.json`.
    pub fn about(&self) -> Result<JsValue, JsValue> {
        #[derive(serde::Serialize)]
        struct About<'a> {
            name: &'a str,
            audio: &'a musicap::audio::AudioConfig,
            generation: &'a musicap::generate::GenerationConfig,
        }
        let config = self.captioner.config();
        let name = self.captioner.name();
        object(&About { name, audio: &config.audio, generation: &config.generation })
    }
}

fn load(files: &ModelFiles) -> musicap::Result<Captioner> {
    let precision: Option<Precision> = files.precision().map(|name| name.parse()).transpose()?;
    let config =
        ModelConfig::from_json("config.json", &files.config(), files.generation().as_deref())?;
    let tokenizer = match files.merges() {
        Some(merges) => {
            let vocab = VocabFiles {
                vocab: &files.tokenizer(),
                merges: &merges,
                special_tokens: config.architecture().special_tokens(),
                ..VocabFiles::default()
            };
            Tokenizer::from_vocab("vocab.json with merges.txt", &vocab)?
        }
        None => Tokenizer::from_json("tokenizer.json", files.tokenizer().as_bytes())?,
    };
    let weights = Checkpoint::from_safetensors("model.safetensors", File::new(files.weights()))?;
    let pretrained = Pretrained::new(files.name(), config, tokenizer, weights)?;
    let options = LoadOptions::default().with_precision(precision.unwrap_or_default());
    Captioner::load(&pretrained, &options)
}
