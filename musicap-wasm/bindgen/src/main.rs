//! `musicap-wasm-bindgen PROGRAM.wasm FOLDER`: writes the JavaScript that calls a compiled program, and
//! the program with what that expects, as `wasm-bindgen --target web --no-typescript` does.
//!
//! wasm-bindgen's own command would bring a test runner with an HTTP server and a client; and its
//! version is that of the library here, as Cargo sees to.

use std::env;

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [program, folder] = &arguments[..] else {
        bail!("musicap-wasm-bindgen PROGRAM.wasm FOLDER")
    };
    let mut bindgen = Bindgen::new();
    // The JavaScript looks for the program beside itself, as with the command.
    bindgen.input_path(program).web(true)?.typescript(false).omit_default_module_path(false);
    bindgen.generate(folder)
}
