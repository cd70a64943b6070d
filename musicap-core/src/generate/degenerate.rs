//! Finds captions that repeat themselves.

/// Captions shorter than this are not judged.
const SHORTEST: usize = 16;

/// A caption with a smaller share of distinct tokens is degenerate. In 600 captions of the embedded
/// model the smallest share is 0.5.
const DISTINCT: f32 = 0.35;

/// The same few tokens so many times in a row are degenerate, whatever comes before.
const ROUNDS: usize = 4;

/// Whether a caption, given as tokens without start and end token, repeats itself: the same few
/// tokens several times in a row, or hardly any distinct ones.
pub fn is_degenerate(tokens: &[u32]) -> bool {
    if tokens.len() < SHORTEST {
        return false;
    }
    let mut distinct = tokens.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    (distinct.len() as f32) < DISTINCT * tokens.len() as f32
        || (1..=tokens.len() / ROUNDS).any(|period| has_rounds(tokens, period))
}

/// Whether some run of tokens is `ROUNDS` times the same `period` tokens.
fn has_rounds(tokens: &[u32], period: usize) -> bool {
    let mut same = 0;
    for i in period..tokens.len() {
        same = if tokens[i] == tokens[i - period] { same + 1 } else { 0 };
        if same == period * (ROUNDS - 1) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_and_circles_are_loops() {
        let varied: Vec<u32> = (0..30).collect();
        assert!(!is_degenerate(&varied));
        let mut rounds = varied.clone();
        rounds.extend([50, 51, 52].repeat(4));
        assert!(is_degenerate(&rounds));
        // "long notes, low notes, long low notes …" without any trigram twice.
        let circles: Vec<u32> = (0..40).map(|i: u32| i * i % 7 % 5).collect();
        assert!(is_degenerate(&circles));
    }

    #[test]
    fn a_list_with_commas_and_a_short_caption_are_none() {
        // "a piano, a bass, a flute, a harp, a choir, a violin": two of three tokens return.
        let list: Vec<u32> = (0..8).flat_map(|i| [1, 10 + i, 2]).collect();
        assert!(!is_degenerate(&list));
        assert!(!is_degenerate(&[7; 15]));
    }
}
