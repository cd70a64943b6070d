//! musicap's errors as JavaScript's.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// An `Error` object with the variant's name in `code`.
pub fn thrown(error: musicap::Error) -> JsValue {
    let object = js_sys::Error::new(&error.to_string());
    // A new object takes any property.
    let _ = Reflect::set(&object, &"code".into(), &error.code().into());
    object.into()
}

/// What is wrong with a value from JavaScript that has the wrong form.
pub fn misshapen(
    name: &'static str,
    expected: &'static str,
) -> impl FnOnce(serde_wasm_bindgen::Error) -> JsValue {
    move |reason| {
        let expected = expected.to_owned();
        thrown(musicap::Error::InvalidOption { name, value: reason.to_string(), expected })
    }
}

/// A plain object with these fields, as `JSON.parse` would give it.
pub fn object(value: &impl serde::Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(JsValue::from)
}
