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

/// The token that must come last, where only it is missing.
pub fn forced_eos(config: &GenerationConfig, history: &[u32]) -> Option<u32> {
    config.forced_eos_token_id.filter(|_| history.len() + 1 == config.max_length)
}

/// The scores of tokens, of all or of some.
pub trait Scores {
    /// The score of `token`, if it is one of them.
    fn of(&mut self, token: u32) -> Option<&mut f32>;
}

/// Of all tokens, in their order.
impl Scores for [f32] {
    fn of(&mut self, token: u32) -> Option<&mut f32> {
        Some(&mut self[token as usize])
    }
}

/// Of a few tokens.
impl Scores for [(u32, f32)] {
    fn of(&mut self, token: u32) -> Option<&mut f32> {
        self.iter_mut().find(|(listed, _)| *listed == token).map(|(_, score)| score)
    }
}

/// Applies repetition penalty, n-gram ban and least length to the scores of the tokens that
/// could follow `history`. A score is what stands in `scores` less `offset`: a logit where that
/// is 0, a log-probability where it is the logarithm of the sum over all tokens. Scores are not
/// normalised again.
pub fn constrain<S: Scores + ?Sized>(
    config: &GenerationConfig,
    history: &[u32],
    scores: &mut S,
    offset: f32,
) {
    if config.repetition_penalty != 1.0 {
        penalize_repetition(config.repetition_penalty, history, scores, offset);
    }
    if config.no_repeat_ngram_size > 0 {
        for token in repeating(config.no_repeat_ngram_size, history) {
            ban(scores, token);
        }
    }
    if history.len() < config.min_length {
        ban(scores, config.eos_token_id);
    }
}

fn ban<S: Scores + ?Sized>(scores: &mut S, token: u32) {
    if let Some(score) = scores.of(token) {
        *score = f32::NEG_INFINITY;
    }
}

/// The most tokens whose scores [`constrain`] lowers, of those that could follow `history`;
/// `None` where it may raise some.
pub fn max_penalized(config: &GenerationConfig, history: &[u32]) -> Option<usize> {
    let penalized = match config.repetition_penalty {
        penalty if penalty < 1.0 => return None,
        1.0 => 0,
        _ => history.len(),
    };
    let repeating = match config.no_repeat_ngram_size {
        0 => 0,
        n => repeating(n, history).count(),
    };
    Some(penalized + repeating + usize::from(history.len() < config.min_length))
}

/// Once for every token that has occurred, however often (Keskar et al. 2019).
fn penalize_repetition<S: Scores + ?Sized>(
    penalty: f32,
    history: &[u32],
    scores: &mut S,
    offset: f32,
) {
    for (i, &token) in history.iter().enumerate() {
        if !history[..i].contains(&token)
            && let Some(value) = scores.of(token)
        {
            let score = *value - offset;
            let penalized = if score < 0.0 { score * penalty } else { score / penalty };
            *value = penalized + offset;
        }
    }
}

/// The tokens that would complete an n-gram which `history` already holds.
fn repeating(n: usize, history: &[u32]) -> impl Iterator<Item = u32> {
    let context = history.len().checked_sub(n - 1).map(|start| &history[start..]);
    let ngrams = history.windows(n).filter(move |ngram| Some(&ngram[..n - 1]) == context);
    ngrams.map(move |ngram| ngram[n - 1])
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
        penalize_repetition(2.0, &[0, 1, 0, 1], &mut scores[..], 0.0);
        assert_eq!(scores, [1.0, -4.0, 1.0]);
        penalize_repetition(2.0, &[0], &mut scores[..], 2.0);
        assert_eq!(scores, [0.0, -4.0, 1.0]);
        let mut listed = [(1, -2.0), (7, 3.0)];
        penalize_repetition(2.0, &[0, 1, 0, 1], &mut listed[..], 0.0);
        assert_eq!(listed, [(1, -4.0), (7, 3.0)]);
    }

    #[test]
    fn the_greatest_length_forces_the_end_before_the_start() {
        let config = GenerationConfig { max_length: 2, ..GenerationConfig::lp_music_caps() };
        assert_eq!(forced(&config, &[2]), Some(2));
        assert_eq!(forced(&GenerationConfig::lp_music_caps(), &[2]), Some(0));
        assert_eq!(forced(&GenerationConfig::lp_music_caps(), &[2, 0]), None);
    }
}
