//! What is fuzzed: a function for each kind of input, for libFuzzer here and for the replay of
//! `regressions` in musicap-core's own tests.

pub mod containers;
pub mod mutate;
mod targets;

pub use targets::*;

/// libFuzzer's mutation of bytes, and random numbers from the seed that it gives.
pub struct LibFuzzer(pub fastrand::Rng);

impl mutate::Mutator for LibFuzzer {
    fn below(&mut self, count: usize) -> usize {
        self.0.usize(..count)
    }

    fn mutate_bytes(&mut self, bytes: &mut Vec<u8>, max: usize) {
        let len = bytes.len().min(max);
        bytes.resize(max, 0);
        let len = libfuzzer_sys::fuzzer_mutate(bytes, len, max);
        bytes.truncate(len);
    }
}

/// A fuzzer of one audio container, with mutations that keep its lengths and checksums right.
#[macro_export]
macro_rules! container_target {
    ($container:ident) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::decode_small(data));
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            let container = $crate::containers::Container::$container;
            let mut mutator = $crate::LibFuzzer($crate::rng(seed));
            let file = $crate::mutate::mutate(container, &data[..size], max_size, &mut mutator);
            let len = file.len().min(max_size);
            data[..len].copy_from_slice(&file[..len]);
            len
        });
    };
}

/// A generator of random numbers with this seed.
pub fn rng(seed: u32) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed.into())
}
