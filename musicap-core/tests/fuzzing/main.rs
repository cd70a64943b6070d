//! What the fuzzers run, without a fuzzer.
#![cfg(all(unix, feature = "embedded-model", feature = "opus"))]

#[path = "../../../fuzz/src/containers.rs"]
mod containers;
#[path = "../../../fuzz/src/mutate.rs"]
mod mutate;
mod mutations;
mod regressions;
#[path = "../../../fuzz/src/targets.rs"]
mod targets;
