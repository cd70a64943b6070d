//! The supported architectures, by `model_type`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::architecture::Architecture;
use super::bart::BartConfig;
use super::whisper::WhisperConfig;

/// Reads an architecture from the keys of a `config.json`.
type FromKeys = fn(&mut Map<String, Value>) -> Result<Arc<dyn Architecture>, String>;

/// Each architecture with its `model_type`. The first is that of a `config.json` without one.
const ARCHITECTURES: &[(&str, FromKeys)] = &[
    ("bart", |keys| Ok(Arc::new(BartConfig::from_keys(keys)?))),
    ("whisper", |keys| Ok(Arc::new(WhisperConfig::from_keys(keys)?))),
];

/// The supported values of `model_type` in a `config.json`.
pub fn model_types() -> impl Iterator<Item = &'static str> {
    ARCHITECTURES.iter().map(|(model_type, _)| *model_type)
}

/// The architecture that a `config.json` describes. A key that an architecture keeps in the
/// object `audio` is removed from it.
///
/// # Errors
/// A sentence that names the invalid key.
pub fn architecture(keys: &mut Map<String, Value>) -> Result<Arc<dyn Architecture>, String> {
    let model_type = keys.get("model_type").map_or(Some(ARCHITECTURES[0].0), Value::as_str);
    let found = ARCHITECTURES.iter().find(|(known, _)| Some(*known) == model_type);
    let Some((_, from_keys)) = found else {
        let found = model_type.unwrap_or("not a string");
        let supported = model_types().collect::<Vec<_>>().join(" and ");
        return Err(format!("model_type is {found}, but only {supported} are supported"));
    };
    from_keys(keys)
}
