//! What is fuzzed: a function for each kind of input, for libFuzzer here and for the replay of
//! `regressions` in musicap-core's own tests.

mod targets;

pub use targets::*;
