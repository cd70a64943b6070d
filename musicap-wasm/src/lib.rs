//! musicap for JavaScript: the program that the browser package's worker runs.
//!
//! Nothing here waits for anything: each job does a piece of its work when it is polled, so that
//! the worker can hear in between that the work has been called off. `js/engine.js` polls;
//! `js/musicap.js` is what pages call.
//!
//! Errors are thrown as `Error` objects with the name of the variant of [`musicap::Error`] in
//! `code`. What is thrown without a code is a panic or a trap, after which the program must not be
//! used again.

#![forbid(unsafe_code)]

mod caption;
mod error;
mod file;
mod input;
mod live;
mod mel;
mod model;
mod text;

use wasm_bindgen::prelude::*;

/// Has panics thrown with their message, in place of a bare "unreachable".
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}
