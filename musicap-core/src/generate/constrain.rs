//! What a model may say next: the processors that transformers applies before it picks a token.

use super::config::GenerationConfig;

/// The one token that must come after `history`, if there is one.
pub fn forced(config: &GenerationConfig, history: &[u32]) -> Option<u32> {
    match history.len() {
        length if length + 1 == config.max_length => config.forced_eos_token_id,
        1 => config.forced_bos_token_id,
        _ => None,
    }
}

/// Applies repetition penalty, n-gram ban and least length to the scores of every token that
/// could follow `history`. Scores are logits or log-probabilities; they are not normalised again.
pub fn constrain(config: &GenerationConfig, history: &[u32], scores: &mut [f32]) {
    if config.repetition_penalty != 1.0 {
        penalize_repetition(config.repetition_penalty, history, scores);
    }
    if config.no_repeat_ngram_size > 0 {
        for token in repeating(config.no_repeat_ngram_size, history) {
            scores[token as usize] = f32::NEG_INFINITY;
        }
    }
    if history.len() < config.min_length {
        scores[config.eos_token_id as usize] = f32::NEG_INFINITY;
    }
}

/// Once for every token that has occurred, however often (Keskar et al. 2019).
fn penalize_repetition(penalty: f32, history: &[u32], scores: &mut [f32]) {
    for (i, &token) in history.iter().enumerate() {
        if !history[..i].contains(&token) {
            let score = &mut scores[token as usize];
            *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
        }
    }
}

/// The tokens that would complete an n-gram which `history` already holds.
fn repeating(n: usize, history: &[u32]) -> impl Iterator<Item = u32> {
    let context = history.len().checked_sub(n - 1).map(|start| &history[start..]);
    let ngrams = history.windows(n).filter(move |ngram| Some(&ngram[..n - 1]) == context);
    ngrams.map(move |ngram| ngram[n - 1])
}

/// Turns logits into log-probabilities in place.
pub fn log_softmax(logits: &mut [f32]) {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| f64::from((logit - max).exp())).sum();
    let log_sum = sum.ln() as f32;
    for logit in logits {
        *logit = *logit - max - log_sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ngram_of_the_history_is_banned() {
        assert_eq!(repeating(3, &[2, 0, 5, 6, 7, 5, 6]).collect::<Vec<_>>(), [7]);
        assert_eq!(repeating(2, &[5, 5]).collect::<Vec<_>>(), [5]);
        assert_eq!(repeating(1, &[5, 6]).collect::<Vec<_>>(), [5, 6]);
        assert_eq!(repeating(3, &[5]).count(), 0);
    }

    #[test]
    fn repetition_is_penalized_once_and_towards_less() {
        let mut scores = [2.0, -2.0, 1.0];
        penalize_repetition(2.0, &[0, 1, 0, 1], &mut scores);
        assert_eq!(scores, [1.0, -4.0, 1.0]);
    }

    #[test]
    fn the_greatest_length_forces_the_end_before_the_start() {
        let config = GenerationConfig { max_length: 2, ..GenerationConfig::lp_music_caps() };
        assert_eq!(forced(&config, &[2]), Some(2));
        assert_eq!(forced(&GenerationConfig::lp_music_caps(), &[2]), Some(0));
        assert_eq!(forced(&GenerationConfig::lp_music_caps(), &[2, 0]), None);
    }

    #[test]
    fn log_softmax_sums_to_one_and_keeps_differences() {
        let mut row = [1000.0, 1001.0, 999.0];
        log_softmax(&mut row);
        let sum: f32 = row.iter().map(|lp| lp.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert!((row[1] - row[0] - 1.0).abs() < 1e-4);
    }
}
