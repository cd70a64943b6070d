//! Options and results as JSON between Python and the library.

use musicap::Error;
use musicap::audio::Tail;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Result, value_error};

/// Plain data as JSON.
pub fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("plain data is valid JSON")
}

/// `settings` with the changes in a JSON object. Python has checked names and types.
pub fn with_changes<T>(settings: &T, changes: &str) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    let mut all = serde_json::to_value(settings).expect("settings are valid JSON");
    let changes: Value = serde_json::from_str(changes).map_err(|e| value_error(e.to_string()))?;
    for (key, value) in changes.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    serde_json::from_value(all)
        .map_err(|reason| invalid("options", &changes.to_string(), &reason.to_string()))
}

/// The audio after the last whole chunk: kept or dropped.
pub fn tail(name: &str) -> Result<Tail> {
    match name {
        "keep" => Ok(Tail::Keep),
        "drop" => Ok(Tail::Drop),
        other => Err(invalid("tail", other, "\"keep\" or \"drop\"")),
    }
}

/// The error for an invalid option.
pub fn invalid(name: &'static str, value: &str, expected: &str) -> crate::error::Raised {
    let (value, expected) = (value.to_owned(), expected.to_owned());
    Error::InvalidOption { name, value, expected }.into()
}
