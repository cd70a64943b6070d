//! Captions against reference captions: BLEU, ROUGE-L and CIDEr-D as pycocoevalcap counts them.
//!
//! `check_metrics.py` has pycocoevalcap score `test-data/metrics.json`, and a test here holds
//! these numbers against it. METEOR is left out: it needs WordNet and tables of paraphrases, and no
//! Rust library was found that has it with them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ptb::words;

/// Longest n-gram that BLEU and CIDEr-D count.
const LONGEST: usize = 4;

/// How a set of captions compares with its references. All are better when higher.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// BLEU-1 to BLEU-4 of the whole set, 0 to 1 (Papineni et al., 2002).
    pub bleu: [f64; LONGEST],
    /// Mean ROUGE-L, 0 to 1 (Lin, 2004).
    pub rouge_l: f64,
    /// Mean CIDEr-D, 0 to 10 (Vedantam et al., 2015). It weighs words by how many clips of the
    /// set they belong to, so that numbers from different sets do not compare; 0 for one clip.
    pub cider_d: f64,
}

/// A caption and the captions that would have been right, in words.
struct Clip {
    candidate: Vec<String>,
    references: Vec<Vec<String>>,
}

/// Compares `candidates` with the references of the same clips, as many as there are of both.
/// Clips without a reference do not count; without any clip, all metrics are 0.
pub fn compare<'a>(
    candidates: impl IntoIterator<Item = &'a String>,
    references: impl IntoIterator<Item = &'a Vec<String>>,
) -> Metrics {
    let clips: Vec<Clip> = candidates
        .into_iter()
        .zip(references)
        .filter(|(_, references)| !references.is_empty())
        .map(|(candidate, references)| Clip {
            candidate: words(candidate),
            references: references.iter().map(|reference| words(reference)).collect(),
        })
        .collect();
    if clips.is_empty() {
        return Metrics::default();
    }
    let mean = |scores: Vec<f64>| scores.iter().sum::<f64>() / scores.len() as f64;
    Metrics {
        bleu: bleu(&clips),
        rouge_l: mean(clips.iter().map(rouge_l).collect()),
        cider_d: mean(cider_d(&clips)),
    }
}

/// How often each n-gram of length `n` occurs. Sorted, so that sums come out the same to the last
/// digit every time.
fn ngrams(words: &[String], n: usize) -> BTreeMap<&[String], f64> {
    let mut counts = BTreeMap::new();
    for ngram in words.windows(n) {
        *counts.entry(ngram).or_default() += 1.0;
    }
    counts
}

/// BLEU-1 to BLEU-4 of a set: the n-gram counts of all clips summed before they are divided, and
/// each caption's length held against the reference closest to it, the shorter of two as close.
fn bleu(clips: &[Clip]) -> [f64; LONGEST] {
    // pycocoevalcap's: no division by 0, and no match still gives a number.
    const TINY: f64 = 1e-15;
    const SMALL: f64 = 1e-9;
    let (mut length, mut reference_length) = (0, 0);
    let (mut right, mut said) = ([0.0; LONGEST], [0.0; LONGEST]);
    for clip in clips {
        let words = clip.candidate.len();
        let lengths = clip.references.iter().map(Vec::len);
        length += words;
        reference_length += lengths.min_by_key(|&l| (l.abs_diff(words), l)).unwrap_or(0);
        for n in 1..=LONGEST {
            let mut most: BTreeMap<&[String], f64> = BTreeMap::new();
            for (ngram, count) in clip.references.iter().flat_map(|words| ngrams(words, n)) {
                let most = most.entry(ngram).or_default();
                *most = count.max(*most);
            }
            for (ngram, count) in ngrams(&clip.candidate, n) {
                said[n - 1] += count;
                right[n - 1] += most.get(ngram).map_or(0.0, |&most| count.min(most));
            }
        }
    }
    let ratio = (length as f64 + TINY) / (reference_length as f64 + SMALL);
    let brevity = if ratio < 1.0 { (1.0 - 1.0 / ratio).exp() } else { 1.0 };
    let mut product = 1.0;
    std::array::from_fn(|i| {
        product *= (right[i] + TINY) / (said[i] + SMALL);
        brevity * product.powf(1.0 / (i + 1) as f64)
    })
}

/// ROUGE-L of one caption: the F-measure of the longest common subsequence with recall weighed
/// by β = 1.2, from the best precision and the best recall over the references.
fn rouge_l(clip: &Clip) -> f64 {
    const BETA_SQUARED: f64 = 1.2 * 1.2;
    let (mut precision, mut recall) = (0f64, 0f64);
    for reference in &clip.references {
        let common = common_subsequence(&clip.candidate, reference) as f64;
        precision = precision.max(common / clip.candidate.len().max(1) as f64);
        recall = recall.max(common / reference.len().max(1) as f64);
    }
    let weighed = recall + BETA_SQUARED * precision;
    if weighed > 0.0 { (1.0 + BETA_SQUARED) * precision * recall / weighed } else { 0.0 }
}

/// Length of the longest common subsequence.
fn common_subsequence(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

/// CIDEr-D of each caption: the clipped cosine of tf-idf vectors of n-grams, with a Gaussian
/// penalty (σ = 6) on a difference in length, mean over n and references, times 10.
fn cider_d(clips: &[Clip]) -> Vec<f64> {
    let mut holders: BTreeMap<&[String], f64> = BTreeMap::new();
    for clip in clips {
        let ngrams: BTreeSet<&[String]> = (1..=LONGEST)
            .flat_map(|n| clip.references.iter().flat_map(move |words| words.windows(n)))
            .collect();
        for ngram in ngrams {
            *holders.entry(ngram).or_default() += 1.0;
        }
    }
    let of_all = (clips.len() as f64).ln();
    let rarity = |ngram: &[String]| of_all - holders.get(ngram).map_or(0.0, |&clips| clips.ln());
    let score = |clip: &Clip| {
        let candidate = Weights::new(&clip.candidate, &rarity);
        let references = clip.references.iter().map(|words| Weights::new(words, &rarity));
        let sum: f64 = references.map(|reference| candidate.similarity(&reference)).sum();
        10.0 * sum / clip.references.len() as f64
    };
    clips.iter().map(score).collect()
}

/// A caption's tf-idf vectors.
struct Weights<'a> {
    by_length: [BTreeMap<&'a [String], f64>; LONGEST],
    norms: [f64; LONGEST],
    /// Pairs of words, which is what pycocoevalcap takes for the length.
    pairs: f64,
}

impl<'a> Weights<'a> {
    fn new(words: &'a [String], rarity: &impl Fn(&[String]) -> f64) -> Self {
        let by_length: [BTreeMap<_, _>; LONGEST] = std::array::from_fn(|i| {
            let counts = ngrams(words, i + 1);
            counts.into_iter().map(|(ngram, count)| (ngram, count * rarity(ngram))).collect()
        });
        let norm = |i: usize| by_length[i].values().map(|w| w * w).sum::<f64>().sqrt();
        let norms = std::array::from_fn(norm);
        Self { by_length, norms, pairs: words.len().saturating_sub(1) as f64 }
    }

    fn similarity(&self, reference: &Self) -> f64 {
        const SIGMA: f64 = 6.0;
        let cosine = |i: usize| {
            let norms = self.norms[i] * reference.norms[i];
            let shared = |(ngram, own): (&&[String], &f64)| {
                let other = reference.by_length[i].get(*ngram).copied().unwrap_or(0.0);
                own.min(other) * other
            };
            let dot: f64 = self.by_length[i].iter().map(shared).sum();
            if norms > 0.0 { dot / norms } else { 0.0 }
        };
        let difference = self.pairs - reference.pairs;
        let penalty = (-difference * difference / (2.0 * SIGMA * SIGMA)).exp();
        penalty * (0..LONGEST).map(cosine).sum::<f64>() / LONGEST as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// `test-data/metrics.json`, which `check_metrics.py` wrote.
    #[derive(Deserialize)]
    struct Expected {
        clips: Vec<ExpectedClip>,
        bleu: [f64; LONGEST],
        rouge_l: f64,
        cider_d: f64,
    }

    #[derive(Deserialize)]
    struct ExpectedClip {
        candidate: String,
        references: Vec<String>,
        /// The candidate's words, then each reference's, with a space between.
        words: Vec<String>,
        rouge_l: f64,
        cider_d: f64,
    }

    fn expected() -> Expected {
        serde_json::from_str(include_str!("../test-data/metrics.json")).unwrap()
    }

    fn close(ours: f64, theirs: f64) -> bool {
        (ours - theirs).abs() < 1e-8
    }

    #[test]
    fn a_set_scores_what_pycocoevalcap_says() {
        let expected = expected();
        let candidates: Vec<String> = expected.clips.iter().map(|c| c.candidate.clone()).collect();
        let references: Vec<_> = expected.clips.iter().map(|c| c.references.clone()).collect();
        let ours = compare(&candidates, &references);
        for (ours, theirs) in ours.bleu.into_iter().zip(expected.bleu) {
            assert!(close(ours, theirs), "BLEU {ours}, not {theirs}");
        }
        assert!(close(ours.rouge_l, expected.rouge_l), "{}", ours.rouge_l);
        assert!(close(ours.cider_d, expected.cider_d), "{}", ours.cider_d);
    }

    #[test]
    fn each_clip_scores_what_pycocoevalcap_says() {
        let expected = expected().clips;
        let clips: Vec<Clip> = expected
            .iter()
            .map(|clip| Clip {
                candidate: words(&clip.candidate),
                references: clip.references.iter().map(|text| words(text)).collect(),
            })
            .collect();
        for ((clip, cider), theirs) in clips.iter().zip(cider_d(&clips)).zip(&expected) {
            let rouge = rouge_l(clip);
            assert!(close(rouge, theirs.rouge_l), "{}: ROUGE-L {rouge}", theirs.candidate);
            assert!(close(cider, theirs.cider_d), "{}: CIDEr-D {cider}", theirs.candidate);
        }
    }

    #[test]
    fn words_are_those_of_pycocoevalcap() {
        for clip in expected().clips {
            let texts = std::iter::once(&clip.candidate).chain(&clip.references);
            for (text, theirs) in texts.zip(&clip.words) {
                assert_eq!(words(text).join(" "), *theirs, "{text}");
            }
        }
    }

    #[test]
    fn nothing_to_compare_scores_nothing_and_never_fails() {
        let none: Vec<String> = Vec::new();
        assert_eq!(compare(&none, &[]), Metrics::default());
        assert_eq!(compare(&["A harp.".to_owned()], &[none]), Metrics::default());
        let no_words = compare(&[String::new()], &[vec!["...".to_owned()]]);
        assert!(no_words.bleu.iter().all(|&bleu| bleu < 1e-3));
        assert_eq!((no_words.rouge_l, no_words.cider_d), (0.0, 0.0));
    }
}
