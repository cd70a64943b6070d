//! Options and results as plain data on their way between Python and the library.

use musicap::Error;
use musicap::audio::Tail;
use pyo3::exceptions::PyTypeError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Result, value_error};

/// Any plain data as JSON.
pub fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("plain data can be written")
}

/// `settings` with the changes of a JSON object, whose keys must be known.
pub fn changed<T>(settings: &T, changes: &str) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    let mut all = serde_json::to_value(settings).expect("settings are plain data");
    let changes: Value = serde_json::from_str(changes).map_err(|e| value_error(e.to_string()))?;
    for (key, value) in changes.as_object().into_iter().flatten() {
        match all.get_mut(key) {
            Some(old) => *old = value.clone(),
            None => {
                return Err(PyTypeError::new_err(format!("there is no option {key:?}")).into());
            }
        }
    }
    Ok(serde_json::from_value(all).map_err(|e| value_error(format!("{e} in {changes}")))?)
}

/// What becomes of the audio after the last whole chunk.
pub fn tail(name: &str) -> Result<Tail> {
    match name {
        "keep" => Ok(Tail::Keep),
        "drop" => Ok(Tail::Drop),
        other => Err(wrong("tail", other, "\"keep\" or \"drop\"")),
    }
}

/// An option that is not what it may be.
pub fn wrong(name: &'static str, value: &str, expected: &str) -> crate::error::Raised {
    let (value, expected) = (value.to_owned(), expected.to_owned());
    Error::InvalidOption { name, value, expected }.into()
}
