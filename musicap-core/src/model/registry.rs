//! The architectures there are, by `model_type`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::architecture::Architecture;
use super::bart::BartConfig;
use super::whisper::WhisperConfig;

/// The architecture that a `config.json` describes. A key that an architecture keeps in the
/// object `audio` is removed from it.
///
/// # Errors
/// A sentence that names the invalid key.
pub fn architecture(keys: &mut Map<String, Value>) -> Result<Arc<dyn Architecture>, String> {
    match keys.get("model_type").map_or(Some("bart"), Value::as_str) {
        Some("bart") => Ok(Arc::new(BartConfig::from_keys(keys)?)),
        Some("whisper") => Ok(Arc::new(WhisperConfig::from_keys(keys)?)),
        other => {
            let found = other.unwrap_or("not a string");
            Err(format!("model_type is {found}, but only bart and whisper are supported"))
        }
    }
}
