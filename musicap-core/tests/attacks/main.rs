//! What somebody who means harm might hand over, tried out: docs/security.md lists the attacks.
//!
//! Each attack builds its own file, so that it can be read what it does. What aims at memory runs
//! in a process of its own that has little of it.
#![cfg(all(unix, feature = "embedded-model"))]

mod audio;
mod bounds;
#[path = "../common/mod.rs"]
mod common;
mod confined;
mod files;
mod pickle;
mod safetensors;
mod stopping;
mod texts;
mod threads;
mod torch;
