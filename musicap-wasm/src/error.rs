//! musicap's errors as JavaScript errors.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// Options whose names differ in JavaScript.
const OPTIONS: &[(&str, &str)] = &[
    ("overlap_seconds", "overlap"),
    ("overrun", "queue"),
    ("batch_size", "batchSize"),
    ("sample_rate", "sampleRate"),
];

/// The error with the names that options have in JavaScript.
pub fn in_words(error: musicap::Error) -> musicap::Error {
    error.with_option_names(OPTIONS)
}

/// An `Error` object with the variant's name in `code`.
pub fn thrown(error: musicap::Error) -> JsValue {
    let error = in_words(error);
    let object = js_sys::Error::new(&error.to_string());
    // A new object takes any property.
    let _ = Reflect::set(&object, &"code".into(), &error.code().into());
    object.into()
}

/// The error for a value from JavaScript that cannot be converted.
pub fn malformed(
    name: &'static str,
    expected: &'static str,
) -> impl FnOnce(serde_wasm_bindgen::Error) -> JsValue {
    move |reason| {
        let expected = expected.to_owned();
        let value = without_rust_types(&reason.to_string());
        thrown(musicap::Error::InvalidOption { name, value, expected })
    }
}

/// What `JSON.parse` gives of a value's JSON: a float32 of 0.9 is 0.9, not 0.8999999761581421.
pub fn object(value: &impl serde::Serialize) -> Result<JsValue, JsValue> {
    let json =
        serde_json::to_string(value).map_err(|error| js_sys::Error::new(&error.to_string()))?;
    js_sys::JSON::parse(&json)
}

/// serde's message in terms that JavaScript programmers know, without the value itself, which may be
/// an hour of audio.
pub fn without_rust_types(message: &str) -> String {
    let message = match (message.find("JsValue("), message.rfind("), expected ")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}another value{}", &message[..start], &message[end + 1..])
        }
        _ => message.to_owned(),
    };
    let words = message.split(' ').map(|word| match word {
        "usize" | "u64" | "u32" | "u16" => "a non-negative integer",
        "i64" | "i32" => "an integer",
        "f64" | "f32" => "a number",
        "sequence" => "list",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}
