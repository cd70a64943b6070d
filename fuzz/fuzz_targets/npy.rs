#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| musicap_fuzz::npy(data));
