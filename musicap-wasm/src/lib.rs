//! musicap for JavaScript: the program that the package's worker runs.
//!
//! Nothing here blocks: each job does one step of its work when it is polled, so that the worker
//! can receive a cancellation in between. `js/engine.js` polls; `js/musicap.js` is the public
//! interface.
//!
//! Errors are thrown as `Error` objects with the name of the variant of [`musicap::Error`] in
//! `code`. An error without a code is a panic or a trap, after which the program must not be used
//! again.

#![forbid(unsafe_code)]

mod caption;
mod error;
mod file;
mod input;
mod live;
mod mel;
mod model;
mod options;
mod search;
mod text;

use wasm_bindgen::prelude::*;

/// Makes panics throw their message instead of a bare "unreachable".
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}
