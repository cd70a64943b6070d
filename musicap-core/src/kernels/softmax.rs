//! What turns logits into log-probabilities.

/// The logarithm of the sum of the exponentials: what a logit exceeds its log-probability by.
/// Not finite if a value is NaN or +∞.
pub fn log_sum_exp(logits: &[f32]) -> f32 {
    #[cfg(feature = "flex")]
    return rten_simd::SimdOp::dispatch(super::vector::LogSumExp(logits));
    #[cfg(not(feature = "flex"))]
    {
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|&logit| f64::from((logit - greatest).exp())).sum();
        greatest + sum.ln() as f32
    }
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
