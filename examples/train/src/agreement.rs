//! Whether a model says the same however precisely its weights are kept.

use musicap::checkpoint::Precision;
use serde::Serialize;

/// Every precision that the core knows, with its name, float32 first.
pub fn precisions() -> Vec<(&'static str, Precision)> {
    // The core's list may grow; a name that it does not know yet is left out.
    let names = ["f32", "f16", "int8"];
    names.into_iter().filter_map(|name| Some((name, name.parse().ok()?))).collect()
}

/// Shares of clips, 0 to 1, whose captions are the same as in float32.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    pub precision: &'static str,
    /// Word for word.
    pub identical: f64,
    /// Word for word, or but for one word that is another, missing or too many.
    pub one_word: f64,
}

/// Compares captions at `precision` with those of the same clips in float32.
pub fn agreement(precision: &'static str, full: &[String], less: &[String]) -> Agreement {
    let differ: Vec<usize> = full.iter().zip(less).map(|(a, b)| differing(a, b)).collect();
    let share = |most: usize| {
        differ.iter().filter(|&&words| words <= most).count() as f64 / differ.len().max(1) as f64
    };
    Agreement { precision, identical: share(0), one_word: share(1) }
}

/// Words from the first to the last that differ, in the caption where there are more of them.
fn differing(a: &str, b: &str) -> usize {
    let (mut a, mut b): (Vec<&str>, Vec<&str>) =
        (a.split_whitespace().collect(), b.split_whitespace().collect());
    for _ in 0..2 {
        while !a.is_empty() && a.last() == b.last() {
            a.pop();
            b.pop();
        }
        a.reverse();
        b.reverse();
    }
    a.len().max(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_from_the_first_to_the_last_that_differ() {
        assert_eq!(differing("a slow harp solo", "a slow harp solo"), 0);
        assert_eq!(differing("a slow harp solo", "a fast harp solo"), 1);
        assert_eq!(differing("a slow harp solo", "a harp solo"), 1);
        assert_eq!(differing("a a", "a a a"), 1);
        assert_eq!(differing("a slow harp solo", "a fast harp tune"), 3);
        assert_eq!(differing("", "a harp"), 2);
    }

    #[test]
    fn shares_are_of_all_clips() {
        let texts = |texts: [&str; 4]| texts.map(str::to_owned);
        let full = texts(["a harp", "a harp", "a harp", "a harp"]);
        let less = texts(["a harp", "a harp", "a flute", "no sound at all"]);
        let expected = Agreement { precision: "f16", identical: 0.5, one_word: 0.75 };
        assert_eq!(agreement("f16", &full, &less), expected);
    }

    #[test]
    fn all_precisions_of_the_core_are_there() {
        let names: Vec<_> = precisions().iter().map(|(name, _)| *name).collect();
        assert!(names.starts_with(&["f32", "f16"]));
    }
}
