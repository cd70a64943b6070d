//! NaN and infinity, looked for in many values.

/// The place of the first value that is NaN or infinite.
pub(crate) fn first_non_finite(values: &[f32]) -> Option<usize> {
    // As a sum without an early exit, the usual case is compiled to vector instructions.
    match values.iter().map(|value| u32::from(!value.is_finite())).sum::<u32>() {
        0 => None,
        _ => values.iter().position(|value| !value.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first() {
        assert_eq!(first_non_finite(&[]), None);
        assert_eq!(first_non_finite(&[0.0, f32::MAX, f32::MIN_POSITIVE / 2.0]), None);
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in 0..40 {
                let mut values = [1.0; 41];
                values[place] = odd;
                values[40] = f32::NAN;
                assert_eq!(first_non_finite(&values), Some(place), "{odd}");
            }
        }
    }
}
