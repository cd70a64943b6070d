//! What turns logits into log-probabilities.

use super::BLOCK;

/// Statistics of a row of logits, which let a search skip most of the row.
#[derive(Clone, Debug)]
pub struct LogitStats {
    /// The logarithm of the sum of the exponentials: a logit minus this is the log-probability.
    /// Not finite if a value is NaN or +∞.
    pub log_sum: f32,
    /// The maximum of each block of 256 logits; the last block may be shorter.
    pub peaks: Vec<f32>,
}

impl LogitStats {
    /// The statistics of a row.
    pub fn of(logits: &[f32]) -> Self {
        let mut peaks = Vec::with_capacity(logits.len().div_ceil(BLOCK));
        #[cfg(feature = "flex")]
        let log_sum = rten_simd::SimdOp::dispatch(super::vector::LogSumExp {
            values: logits,
            peaks: &mut peaks,
        });
        #[cfg(not(feature = "flex"))]
        let log_sum = {
            peaks.extend(
                logits
                    .chunks(BLOCK)
                    .map(|block| block.iter().copied().fold(f32::NEG_INFINITY, f32::max)),
            );
            let greatest = peaks.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f64 = logits.iter().map(|&logit| f64::from((logit - greatest).exp())).sum();
            greatest + sum.ln() as f32
        };
        LogitStats { log_sum, peaks }
    }
}

/// [`LogitStats::log_sum`] alone.
pub fn log_sum_exp(logits: &[f32]) -> f32 {
    LogitStats::of(logits).log_sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_logits_do_not_overflow_and_differences_count() {
        let sum = log_sum_exp(&[1000.0, 1001.0, 999.0]);
        let expected = 1001.0 + (1.0 + (-1f64).exp() + (-2f64).exp()).ln();
        assert!((f64::from(sum) - expected).abs() < 1e-4);
    }

    #[test]
    fn a_peak_is_the_greatest_of_its_block() {
        for count in [1, 15, 255, 256, 257, 1000] {
            let logits: Vec<f32> = (0..count).map(|i| ((i * 7919) % 1000) as f32 - 500.0).collect();
            let expected: Vec<f32> = logits
                .chunks(BLOCK)
                .map(|block| block.iter().copied().fold(f32::NEG_INFINITY, f32::max))
                .collect();
            assert_eq!(LogitStats::of(&logits).peaks, expected);
        }
    }

    #[test]
    fn banned_tokens_count_for_nothing() {
        let sum = log_sum_exp(&[f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]);
        assert!(sum.abs() < 1e-6);
    }

    #[test]
    fn many_logits_are_summed_as_in_double_precision() {
        let logits: Vec<f32> = (0..50_265).map(|i| ((i * 7919) % 1000) as f32 * 0.02).collect();
        let expected = logits.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
        assert!((f64::from(log_sum_exp(&logits)) - expected).abs() < 1e-5);
    }

    #[test]
    fn what_is_no_number_shows() {
        assert!(!log_sum_exp(&[0.0, f32::NAN, 1.0]).is_finite());
        assert!(!log_sum_exp(&[0.0, f32::INFINITY]).is_finite());
    }
}
