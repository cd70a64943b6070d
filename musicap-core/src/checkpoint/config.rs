//! `config.json`: what a model folder says about its network, its front end and its captions.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::audio::AudioConfig;
use crate::error::{Error, Result, truncate};
use crate::generate::GenerationConfig;
use crate::model::{AudioEncoderShape, BartConfig};

/// Values of one chunk that are held at once, at most.
const MAX_CELLS: usize = 1 << 26;
/// Audio frames that attend to each other, at most.
const MAX_FRAMES: usize = 4096;

/// Everything that has to be known to run a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// The transformer.
    pub bart: BartConfig,
    /// The audio front end.
    pub audio: AudioConfig,
    /// How captions are generated unless the caller says otherwise.
    pub generation: GenerationConfig,
    /// The keys as they were read, so that nothing is lost when the model is written again.
    raw: Map<String, Value>,
}

impl ModelConfig {
    /// LP-MusicCaps: bart-base, the reference front end, the reference's generation settings.
    pub fn lp_music_caps() -> Self {
        ModelConfig {
            bart: BartConfig::default(),
            audio: AudioConfig::default(),
            generation: GenerationConfig::lp_music_caps(),
            raw: Map::from_iter([("model_type".to_owned(), "bart".into())]),
        }
    }

    /// From the text of a `config.json` and, if there is one, a `generation_config.json` whose
    /// keys take precedence. `origin` names the former in errors.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] if it is not JSON of the right form or describes no model that
    /// can be built.
    pub fn from_json(origin: &str, config: &str, generation: Option<&str>) -> Result<Self> {
        Self::from_json_over(GenerationConfig::default(), origin, config, generation)
    }

    /// The same with `defaults` for the generation settings that neither text makes.
    pub(super) fn from_json_over(
        defaults: GenerationConfig,
        origin: &str,
        config: &str,
        generation: Option<&str>,
    ) -> Result<Self> {
        let invalid = |reason: String| Error::InvalidConfig {
            origin: origin.to_owned(),
            reason: truncate(&reason),
        };
        let object = |text: &str| -> Result<Map<String, Value>> {
            serde_json::from_str(text).map_err(|reason| invalid(reason.to_string()))
        };
        let raw = object(config)?;
        // transformers writes null where a setting is not made; only for the forced tokens does
        // that say something.
        let settings = |mut keys: Map<String, Value>| {
            keys.retain(|key, value| !value.is_null() || key.starts_with("forced_"));
            keys
        };
        let keys = settings(raw.clone());
        let audio = match keys.get("audio") {
            Some(audio) if audio.is_object() => AudioConfig::deserialize(audio)
                .map_err(|reason| invalid(format!("audio: {reason}")))?,
            Some(_) => return Err(invalid("audio is no object".into())),
            None => AudioConfig::default(),
        };
        let bart = BartConfig::deserialize(Value::Object(keys.clone()))
            .map_err(|reason| invalid(reason.to_string()))?;
        let mut merged = match serde_json::to_value(&defaults) {
            Ok(Value::Object(defaults)) => defaults,
            _ => Map::new(),
        };
        merged.extend(keys);
        if let Some(generation) = generation {
            merged.extend(settings(object(generation)?));
        }
        let generation = GenerationConfig::deserialize(Value::Object(merged))
            .map_err(|reason| invalid(reason.to_string()))?;
        let config = ModelConfig { bart, audio, generation, raw };
        config.validate().map_err(invalid)?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), String> {
        self.bart.validate()?;
        self.audio.validate().map_err(|error| error.to_string())?;
        let positions = self.bart.max_position_embeddings;
        let frames = self.audio.encoder_frames();
        if frames > positions {
            return Err(format!(
                "a chunk gives {frames} audio frames, more than max_position_embeddings {positions}"
            ));
        }
        // A chunk's spectrogram and its first hidden states must fit into some hundred megabytes.
        let cells = self.audio.frames().saturating_mul(self.audio.n_mels.max(self.bart.d_model));
        if cells > MAX_CELLS || frames > MAX_FRAMES {
            return Err(format!(
                "a chunk gives {cells} values and {frames} audio frames, \
                 more than the {MAX_CELLS} and {MAX_FRAMES} that are computed at once"
            ));
        }
        let vocab_size = self.bart.vocab_size;
        self.generation.validate(vocab_size, positions).map_err(|error| error.to_string())
    }

    /// The text of a `config.json` that gives this configuration again, with the keys of the
    /// original that musicap has no use for.
    pub fn to_json(&self) -> String {
        let mut keys = self.raw.clone();
        for part in [serde_json::to_value(&self.bart), serde_json::to_value(&self.generation)] {
            if let Ok(Value::Object(part)) = part {
                keys.extend(part);
            }
        }
        if let Ok(audio) = serde_json::to_value(&self.audio) {
            keys.insert("audio".into(), audio);
        }
        let mut text = serde_json::to_string_pretty(&keys).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What stands under `key` in the `config.json` that this was read from.
    pub fn extra(&self, key: &str) -> Option<&Value> {
        self.raw.get(key)
    }

    /// This configuration with `value` under `key`, which [`to_json`](Self::to_json) writes. Keys
    /// that have a meaning keep it: the network, the front end and the generation settings are
    /// written as they are, whatever stands here.
    pub fn with_extra(mut self, key: impl Into<String>, value: Value) -> Self {
        self.raw.insert(key.into(), value);
        self
    }

    /// The shape of the audio encoder that these numbers make.
    pub fn audio_encoder(&self) -> AudioEncoderShape {
        AudioEncoderShape {
            n_mels: self.audio.n_mels,
            conv_layers: self.audio.conv_layers,
            frames: self.audio.encoder_frames(),
            d_model: self.bart.d_model,
        }
    }
}
