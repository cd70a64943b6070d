//! The likeliest tokens of a row of logits, found where the logits are.

use burn::prelude::*;

use super::unpacked;

/// The most tokens of a row that are listed: all more come faster as they are.
const LONGEST: usize = 64;

/// The most likely tokens of a row of logits: all that a search needs in most steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortlist {
    /// The row's [`LogitStats::log_sum`](super::LogitStats::log_sum).
    pub log_sum: f32,
    /// The most likely tokens with their logits, in descending order; of equal ones the lowest
    /// token comes first.
    pub tokens: Vec<(u32, f32)>,
}

impl Shortlist {
    /// The smallest logit in the list; no other token has a greater one.
    pub fn floor(&self) -> f32 {
        self.tokens.last().map_or(f32::INFINITY, |&(_, logit)| logit)
    }
}

/// The `count` or some more likeliest tokens of each row of `logits`, `[rows, vocab_size]` in
/// single precision: all else stays on the device. `None` if fetching all is no slower.
///
/// # Errors
/// The backend's reason, in words.
pub fn shortlists(logits: Tensor<2>, count: usize) -> Result<Option<Vec<Shortlist>>, String> {
    unpacked();
    let [_, vocab_size] = logits.dims();
    // Every length is a kernel of its own.
    let count = count.next_power_of_two().max(16);
    if count > LONGEST || count >= vocab_size {
        return Ok(None);
    }
    let greatest = logits.clone().max_dim(1);
    let log_sum = (logits.clone() - greatest.clone()).exp().sum_dim(1).log() + greatest;
    let (values, tokens) = logits.topk_with_indices(count, 1);
    // One transfer for all: token ids are exact in single precision.
    let found = Tensor::cat(vec![log_sum, values, tokens.float()], 1);
    let found: Vec<f32> = found.try_into_vec_as().map_err(|e| e.to_string())?;
    let lists = found.chunks_exact(1 + 2 * count).map(|row| {
        let (values, tokens) = row[1..].split_at(count);
        let tokens = tokens.iter().map(|&token| token as u32);
        let mut tokens: Vec<(u32, f32)> = tokens.zip(values.iter().copied()).collect();
        tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Shortlist { log_sum: row[0], tokens }
    });
    Ok(Some(lists.collect()))
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use crate::kernels::LogitStats;

    /// The devices of this build: with the feature `wgpu`, the adapter that the tests name.
    fn devices() -> Vec<Device> {
        vec![
            Device::flex(),
            #[cfg(feature = "wgpu")]
            crate::device::Device::Gpu(Some(0)).to_burn().unwrap(),
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
                    let data = burn::tensor::TensorData::new(logits.clone(), [rows, vocab_size]);
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
                let data = burn::tensor::TensorData::new(logits, [1, 300]);
                let lists = shortlists(Tensor::from_data(data, &device), 3).unwrap().unwrap();
                assert!(!lists[0].log_sum.is_finite(), "{odd} in {lists:?}");
            }
        }
    }

    #[test]
    fn long_lists_and_short_rows_are_left_to_all_logits() {
        let row = |length: usize| Tensor::<2>::zeros([1, length], &Device::flex());
        assert_eq!(shortlists(row(1_000), 65).unwrap(), None);
        assert_eq!(shortlists(row(16), 3).unwrap(), None);
        assert!(shortlists(row(1_000), 64).unwrap().is_some());
    }
}
