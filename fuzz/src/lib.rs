//! What is fuzzed: a function for each kind of input, for libFuzzer here and for the replay of
//! `regressions` in musicap-core's own tests.

pub mod containers;
mod mutate;
mod targets;

pub use mutate::mutate;
pub use targets::*;

/// A fuzzer of one audio container, with mutations that keep its lengths and checksums right.
#[macro_export]
macro_rules! container_target {
    ($container:ident) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::decode_small(data));
        libfuzzer_sys::fuzz_mutator!(
            |data: &mut [u8], size: usize, max_size: usize, seed: u32| {
                let container = $crate::containers::Container::$container;
                $crate::mutate(container, data, size, max_size, seed)
            }
        );
    };
}
