//! The likeliest tokens of logits, found on the processor and, in the tests of GPUs, there.

use burn::tensor::{Device, Tensor, TensorData};
use musicap::generate::{LogitStats, shortlists};

/// The devices of this build: with the feature `wgpu`, the adapter that the tests name.
fn devices() -> Vec<Device> {
    vec![
        musicap::model::burn_device(musicap::Device::Cpu).unwrap(),
        #[cfg(feature = "wgpu")]
        musicap::model::burn_device(musicap::Device::Gpu(Some(0))).unwrap(),
    ]
}

#[test]
fn the_device_lists_what_sorting_all_lists() {
    for device in devices() {
        for (rows, vocab_size) in [(1, 1_000), (5, 50_265), (18, 4_096)] {
            // Far apart, near, and many that are equal.
            for divisor in [1.0, 97.0, 2_000.0] {
                let logit = |i: usize| ((i * 7919 + i / 3) % 100_003) as f32 / 5_000.0;
                let logits: Vec<f32> = (0..rows * vocab_size)
                    .map(|i| (logit(i) * divisor).round() / divisor - 7.0)
                    .collect();
                let data = TensorData::new(logits.clone(), [rows, vocab_size]);
                let tensor = Tensor::<2>::from_data(data, &device);
                let lists = shortlists(tensor, 12).unwrap().unwrap();
                assert_eq!(lists.len(), rows);
                for (list, row) in lists.iter().zip(logits.chunks(vocab_size)) {
                    assert_eq!(list.tokens.len(), 16);
                    let log_sum = LogitStats::of(row).log_sum;
                    assert!((list.log_sum - log_sum).abs() < 1e-4, "{}", list.log_sum);
                    let mut all: Vec<(u32, f32)> = (0..).zip(row.iter().copied()).collect();
                    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                    // Of those that are equal to the last, any may be listed.
                    let sure = |list: &[(u32, f32)]| -> Vec<(u32, f32)> {
                        list.iter().copied().filter(|token| token.1 > all[15].1).collect()
                    };
                    assert_eq!(sure(&list.tokens), sure(&all[..16]));
                    assert_eq!(list.floor(), all[15].1);
                    for &(token, logit) in &list.tokens {
                        assert_eq!(row[token as usize], logit, "token {token}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_no_number_shows() {
    for device in devices() {
        for odd in [f32::NAN, f32::INFINITY] {
            let mut logits = vec![0.5; 300];
            logits[17] = odd;
            let data = TensorData::new(logits, [1, 300]);
            let lists = shortlists(Tensor::from_data(data, &device), 3).unwrap().unwrap();
            assert!(!lists[0].log_sum.is_finite(), "{odd} in {lists:?}");
        }
    }
}

#[test]
fn long_lists_and_short_rows_are_left_to_all_logits() {
    let device = &devices()[0];
    let row = |length: usize| Tensor::<2>::zeros([1, length], device);
    assert_eq!(shortlists(row(1_000), 65).unwrap(), None);
    assert_eq!(shortlists(row(16), 3).unwrap(), None);
    assert!(shortlists(row(1_000), 64).unwrap().is_some());
}
