//! `config.json`: a model folder's network, front end and generation settings.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::audio::AudioConfig;
use crate::error::{Error, Result, truncate};
use crate::generate::GenerationConfig;
use crate::model::bart::BartConfig;
use crate::model::{self, Architecture};

/// All settings of a model.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelConfig {
    architecture: Arc<dyn Architecture>,
    /// The audio front end.
    pub audio: AudioConfig,
    /// The default generation settings.
    pub generation: GenerationConfig,
    /// All keys as they were read, so that none is lost when the model is saved.
    raw: Map<String, Value>,
}

impl ModelConfig {
    /// LP-MusicCaps: bart-base, the reference front end, the reference's generation settings.
    pub fn lp_music_caps() -> Self {
        ModelConfig {
            architecture: Arc::new(BartConfig::default()),
            audio: AudioConfig::default(),
            generation: GenerationConfig::lp_music_caps(),
            raw: Map::from_iter([("model_type".to_owned(), "bart".into())]),
        }
    }

    /// Reads the content of a `config.json` and, if there is one, of a `generation_config.json`,
    /// whose keys take precedence. `origin` names the former in errors.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] if it is not JSON of the right form or describes no model that
    /// can be built.
    pub fn from_json(origin: &str, config: &str, generation: Option<&str>) -> Result<Self> {
        Self::parse(origin, config, generation, Weights::Own)
    }

    /// [`from_json`](Self::from_json) for weights of a given origin.
    pub(super) fn parse(
        origin: &str,
        config: &str,
        generation: Option<&str>,
        weights: Weights,
    ) -> Result<Self> {
        let invalid = |reason: String| Error::InvalidConfig {
            origin: origin.to_owned(),
            reason: truncate(&reason),
        };
        let object = |text: &str| -> Result<Map<String, Value>> {
            serde_json::from_str(text).map_err(|reason| invalid(reason.to_string()))
        };
        let raw = object(config)?;
        // transformers writes null where a setting is not made, which means something for the
        // forced tokens alone.
        let settings = |mut keys: Map<String, Value>| {
            keys.retain(|key, value| !value.is_null() || key.starts_with("forced_"));
            keys
        };
        let mut keys = settings(raw.clone());
        let architecture = model::architecture(&mut keys).map_err(invalid)?;
        let audio = match keys.get("audio") {
            Some(audio) if audio.is_object() => AudioConfig::deserialize(audio)
                .map_err(|reason| invalid(format!("audio: {reason}")))?,
            Some(_) => return Err(invalid("audio is not an object".into())),
            None => architecture.default_audio(),
        };
        // Only musicap writes the key `audio`.
        let (defaults, arguments) = match weights {
            Weights::Own => (architecture.default_generation(), Map::new()),
            Weights::Reference if keys.contains_key("audio") => {
                (architecture.reference_generation(), Map::new())
            }
            Weights::Reference => {
                (architecture.reference_generation(), architecture.reference_arguments())
            }
        };
        let mut merged = match serde_json::to_value(defaults) {
            Ok(Value::Object(defaults)) => defaults,
            _ => Map::new(),
        };
        merged.extend(keys);
        if let Some(generation) = generation {
            merged.extend(settings(object(generation)?));
        }
        merged.extend(arguments);
        let generation = GenerationConfig::deserialize(Value::Object(merged))
            .map_err(|reason| invalid(reason.to_string()))?;
        let config = ModelConfig { architecture, audio, generation, raw };
        config.validate().map_err(invalid)?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), String> {
        self.audio.validate().map_err(|error| error.to_string())?;
        self.architecture.validate(&self.audio)?;
        let (vocab_size, positions) =
            (self.architecture.vocab_size(), self.architecture.max_positions());
        self.generation.validate(vocab_size, positions).map_err(|error| error.to_string())
    }

    /// The network's shape.
    pub fn architecture(&self) -> &dyn Architecture {
        &*self.architecture
    }

    /// The network's shape if it is an `A`, such as
    /// [`BartConfig`](crate::model::bart::BartConfig).
    pub fn architecture_as<A: Architecture>(&self) -> Option<&A> {
        let architecture: &dyn Any = &*self.architecture;
        architecture.downcast_ref()
    }

    /// This configuration as the content of a `config.json`, including the original keys that
    /// musicap does not use.
    pub fn to_json(&self) -> String {
        let mut keys = self.raw.clone();
        keys.insert("model_type".into(), self.architecture.model_type().into());
        keys.extend(self.architecture.to_keys());
        if let Ok(Value::Object(generation)) = serde_json::to_value(&self.generation) {
            keys.extend(generation);
        }
        if let Ok(audio) = serde_json::to_value(&self.audio) {
            keys.insert("audio".into(), audio);
        }
        let mut text = serde_json::to_string_pretty(&keys).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The text of a `generation_config.json` with these generation settings.
    pub(super) fn generation_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.generation).unwrap_or_default();
        text.push('\n');
        text
    }

    /// This configuration without the hash of the weights that it was read with
    /// (`musicap.sha256`), for weights that are written again.
    pub(super) fn without_weights_hash(&self) -> Self {
        let mut config = self.clone();
        if let Some(Value::Object(musicap)) = config.raw.get_mut("musicap") {
            musicap.remove("sha256");
        }
        config
    }

    /// The value of `key` in the `config.json` that this configuration was read from.
    pub fn extra(&self, key: &str) -> Option<&Value> {
        self.raw.get(key)
    }

    /// Whether the model finds tags, from which facts come and which captions are held to.
    pub fn has_tags(&self) -> bool {
        self.tags().is_some()
    }

    /// The description of the tag head.
    pub(crate) fn tags(&self) -> Option<&Value> {
        self.extra("tags").filter(|tags| !tags.is_null())
    }

    /// This configuration with an additional key, which [`to_json`](Self::to_json) writes. Keys of
    /// the network, the front end and the generation settings are not replaced.
    pub fn with_extra(mut self, key: impl Into<String>, value: Value) -> Self {
        self.raw.insert(key.into(), value);
        self
    }
}

impl PartialEq for ModelConfig {
    fn eq(&self, other: &Self) -> bool {
        let architecture =
            |config: &Self| (config.architecture.model_type(), config.architecture.to_keys());
        architecture(self) == architecture(other)
            && self.audio == other.audio
            && self.generation == other.generation
            && self.raw == other.raw
    }
}

/// Where a model's weights come from, as far as its generation settings depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weights {
    /// `config.json` states how they are used.
    Own,
    /// A published checkpoint, whose program passes settings of its own.
    Reference,
}

impl Weights {
    /// By the file of the weights.
    pub(super) fn of(path: &Path) -> Self {
        match path.extension().is_some_and(|end| end == "safetensors") {
            true => Weights::Own,
            false => Weights::Reference,
        }
    }
}
