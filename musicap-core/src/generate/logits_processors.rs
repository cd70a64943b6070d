//! Logits processors: rules that change or forbid tokens before a search picks one.
//!
//! Each is one small [`LogitsProcessor`]. [`LogitsProcessors::new`] makes the list that a
//! [`GenerationConfig`] asks for, in the order in which transformers 4.26 applies them; a chunk
//! may add its own (see [`Session::admit_with`](super::Session::admit_with)).

use std::fmt::Debug;
use std::sync::Arc;

use super::config::GenerationConfig;

/// A rule about the tokens that may follow a sequence.
pub trait LogitsProcessor: Debug + Send + Sync {
    /// The only token that may follow `history`, if the rule allows only one. Scores are not
    /// computed then, and the token adds 0 to the sequence's score.
    fn forced(&self, history: &[u32]) -> Option<u32> {
        let _ = history;
        None
    }

    /// Changes the scores of the tokens that could follow `history`.
    fn process(&self, history: &[u32], scores: &mut Scores) {
        let _ = (history, scores);
    }

    /// An upper bound for the number of tokens whose scores [`process`](Self::process) lowers
    /// after `history`; `None` if it may raise a score. A search on a shortlist of the most likely
    /// tokens makes the list longer by this number.
    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        let _ = history;
        Some(0)
    }
}

/// The scores of the possible next tokens: of the whole vocabulary or of a shortlist.
#[derive(Debug)]
pub struct Scores<'a> {
    values: Values<'a>,
    /// What is subtracted from a value to get its score: 0 for logits, the logarithm of their
    /// summed exponentials for log-probabilities.
    offset: f32,
}

#[derive(Debug)]
enum Values<'a> {
    All(&'a mut [f32]),
    Listed(&'a mut [(u32, f32)]),
}

impl<'a> Scores<'a> {
    /// The logits of the whole vocabulary; `offset` is subtracted from each to get its score.
    pub fn all(logits: &'a mut [f32], offset: f32) -> Self {
        Scores { values: Values::All(logits), offset }
    }

    /// The logits of the tokens listed; `offset` is subtracted from each to get its score.
    pub fn listed(logits: &'a mut [(u32, f32)], offset: f32) -> Self {
        Scores { values: Values::Listed(logits), offset }
    }

    /// Applies `change` to the score of `token`. Has no effect on a token that is not listed or not
    /// in the vocabulary.
    pub fn update(&mut self, token: u32, change: impl FnOnce(f32) -> f32) {
        let value = match &mut self.values {
            Values::All(logits) => logits.get_mut(token as usize),
            Values::Listed(listed) => {
                listed.iter_mut().find(|(other, _)| *other == token).map(|(_, logit)| logit)
            }
        };
        if let Some(value) = value {
            *value = change(*value - self.offset) + self.offset;
        }
    }

    /// Forbids `token`: its score becomes −∞.
    pub fn ban(&mut self, token: u32) {
        self.update(token, |_| f32::NEG_INFINITY);
    }

    /// Forbids all tokens but those that `is_kept`; none if of the whole vocabulary all of these
    /// are forbidden already. (A shortlist of which all are forbidden decides nothing.)
    pub fn retain(&mut self, is_kept: impl Fn(u32) -> bool) {
        match &mut self.values {
            Values::All(logits) => {
                let mut all = logits.iter().zip(0..);
                if all.any(|(logit, token)| logit.is_finite() && is_kept(token)) {
                    let others = logits.iter_mut().zip(0..).filter(|(_, token)| !is_kept(*token));
                    others.for_each(|(logit, _)| *logit = f32::NEG_INFINITY);
                }
            }
            Values::Listed(listed) => {
                let others = listed.iter_mut().filter(|(token, _)| !is_kept(*token));
                others.for_each(|(_, logit)| *logit = f32::NEG_INFINITY);
            }
        }
    }
}

/// Logits processors, applied one after the other.
#[derive(Clone, Debug, Default)]
pub struct LogitsProcessors(Vec<Arc<dyn LogitsProcessor>>);

impl LogitsProcessors {
    /// The processors that `config` requires.
    pub fn new(config: &GenerationConfig) -> Self {
        let mut list = LogitsProcessors::default();
        if config.repetition_penalty != 1.0 {
            list.push(RepetitionPenalty(config.repetition_penalty));
        }
        if config.no_repeat_ngram_size > 0 {
            list.push(NoRepeatNgram(config.no_repeat_ngram_size));
        }
        if config.min_length > 0 {
            let (min_length, eos) = (config.min_length, config.eos_token_id);
            list.push(MinLength { min_length, eos });
        }
        if let Some(token) = config.forced_bos_token_id {
            list.push(ForcedToken { position: 1, token });
        }
        if let Some(token) = config.forced_eos_token_id {
            list.push(ForcedToken { position: config.max_length.saturating_sub(1), token });
        }
        if !config.suppress_tokens.is_empty() {
            list.push(SuppressTokens(config.suppress_tokens.clone()));
        }
        if !config.begin_suppress_tokens.is_empty() {
            let last = config.forced_decoder_ids.last().map_or(0, |&(position, _)| position);
            let bos = usize::from(config.forced_bos_token_id.is_some());
            let (position, tokens) = (1 + bos + last, config.begin_suppress_tokens.clone());
            list.push(SuppressTokensAt { position, tokens });
        }
        for &(position, token) in &config.forced_decoder_ids {
            list.push(ForcedToken { position, token });
        }
        list
    }

    /// Appends a processor.
    pub fn push(&mut self, processor: impl LogitsProcessor + 'static) {
        self.0.push(Arc::new(processor));
    }

    /// These processors, followed by `more`.
    pub fn extended(&self, more: &LogitsProcessors) -> Self {
        LogitsProcessors([&self.0[..], &more.0].concat())
    }

    /// The only token that may follow `history`, if there is only one. The last processor that
    /// forces one decides.
    pub fn forced(&self, history: &[u32]) -> Option<u32> {
        self.0.iter().rev().find_map(|processor| processor.forced(history))
    }

    /// Changes the scores of the tokens that could follow `history`, without renormalising them.
    pub fn process(&self, history: &[u32], mut scores: Scores) {
        self.0.iter().for_each(|processor| processor.process(history, &mut scores));
    }

    /// See [`LogitsProcessor::max_penalized`].
    pub fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        self.0.iter().map(|processor| processor.max_penalized(history)).sum()
    }
}

/// Lowers the score of every token that has occurred, once however often it has (Keskar et al.
/// 2019): a negative score is multiplied by the penalty, a positive one divided.
#[derive(Debug)]
struct RepetitionPenalty(f32);

impl LogitsProcessor for RepetitionPenalty {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        for (i, &token) in history.iter().enumerate() {
            if !history[..i].contains(&token) {
                scores.update(token, |score| match score < 0.0 {
                    true => score * self.0,
                    false => score / self.0,
                });
            }
        }
    }

    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        // Below 1 it is a reward.
        (self.0 >= 1.0).then_some(history.len())
    }
}

/// Forbids tokens that would complete an n-gram that has occurred.
#[derive(Debug)]
struct NoRepeatNgram(usize);

impl NoRepeatNgram {
    fn completing<'a>(&self, history: &'a [u32]) -> impl Iterator<Item = u32> + use<'a> {
        let n = self.0;
        let context = history.len().checked_sub(n - 1).map(|start| &history[start..]);
        let ngrams = history.windows(n).filter(move |ngram| Some(&ngram[..n - 1]) == context);
        ngrams.map(move |ngram| ngram[n - 1])
    }
}

impl LogitsProcessor for NoRepeatNgram {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        self.completing(history).for_each(|token| scores.ban(token));
    }

    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        Some(self.completing(history).count())
    }
}

/// Forbids the end token before the sequence has `min_length` tokens.
#[derive(Debug)]
struct MinLength {
    min_length: usize,
    eos: u32,
}

impl LogitsProcessor for MinLength {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        if history.len() < self.min_length {
            scores.ban(self.eos);
        }
    }

    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        Some(usize::from(history.len() < self.min_length))
    }
}

/// Forces `token` at `position` of the sequence, counted from 0.
#[derive(Debug)]
struct ForcedToken {
    position: usize,
    token: u32,
}

impl LogitsProcessor for ForcedToken {
    fn forced(&self, history: &[u32]) -> Option<u32> {
        (history.len() == self.position).then_some(self.token)
    }
}

/// Forbids some tokens throughout.
#[derive(Debug)]
struct SuppressTokens(Vec<u32>);

impl LogitsProcessor for SuppressTokens {
    fn process(&self, _: &[u32], scores: &mut Scores) {
        self.0.iter().for_each(|&token| scores.ban(token));
    }

    fn max_penalized(&self, _: &[u32]) -> Option<usize> {
        Some(self.0.len())
    }
}

/// Forbids some tokens at one position of the sequence, counted from 0.
#[derive(Debug)]
struct SuppressTokensAt {
    position: usize,
    tokens: Vec<u32>,
}

impl LogitsProcessor for SuppressTokensAt {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        if history.len() == self.position {
            self.tokens.iter().for_each(|&token| scores.ban(token));
        }
    }

    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        Some(if history.len() == self.position { self.tokens.len() } else { 0 })
    }
}

/// Bans sequences of tokens, like transformers' `bad_words_ids`: the last token of a sequence is
/// banned whenever the tokens before it have just been generated. A single token is always banned.
#[derive(Clone, Debug)]
pub struct BannedSequences(Vec<Vec<u32>>);

impl BannedSequences {
    /// Bans `sequences`; empty ones are ignored.
    pub fn new(sequences: impl IntoIterator<Item = Vec<u32>>) -> Self {
        BannedSequences(sequences.into_iter().filter(|tokens| !tokens.is_empty()).collect())
    }

    fn completing(&self, history: &[u32]) -> impl Iterator<Item = u32> {
        let split = self.0.iter().filter_map(|tokens| tokens.split_last());
        split.filter(|(_, before)| history.ends_with(before)).map(|(&last, _)| last)
    }
}

impl LogitsProcessor for BannedSequences {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        self.completing(history).for_each(|token| scores.ban(token));
    }

    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        Some(self.completing(history).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completing(n: usize, history: &[u32]) -> Vec<u32> {
        NoRepeatNgram(n).completing(history).collect()
    }

    #[test]
    fn an_ngram_of_the_history_is_banned() {
        assert_eq!(completing(3, &[2, 0, 5, 6, 7, 5, 6]), [7]);
        assert_eq!(completing(2, &[5, 5]), [5]);
        assert_eq!(completing(1, &[5, 6]), [5, 6]);
        assert!(completing(3, &[5]).is_empty());
    }

    #[test]
    fn repetition_is_penalized_once_and_lowers_the_score() {
        let penalty = RepetitionPenalty(2.0);
        let mut logits = [2.0, -2.0, 1.0];
        penalty.process(&[0, 1, 0, 1], &mut Scores::all(&mut logits, 0.0));
        assert_eq!(logits, [1.0, -4.0, 1.0]);
        penalty.process(&[0], &mut Scores::all(&mut logits, 2.0));
        assert_eq!(logits, [0.0, -4.0, 1.0]);
        let mut listed = [(1, -2.0), (7, 3.0)];
        penalty.process(&[0, 1, 0, 1], &mut Scores::listed(&mut listed, 0.0));
        assert_eq!(listed, [(1, -4.0), (7, 3.0)]);
    }

    #[test]
    fn the_maximum_length_forces_the_end_token_before_the_start_token() {
        let forced =
            |config: &GenerationConfig, history| LogitsProcessors::new(config).forced(history);
        let config = GenerationConfig { max_length: 2, ..GenerationConfig::lp_music_caps() };
        assert_eq!(forced(&config, &[2]), Some(2));
        assert_eq!(forced(&GenerationConfig::lp_music_caps(), &[2]), Some(0));
        assert_eq!(forced(&GenerationConfig::lp_music_caps(), &[2, 0]), None);
    }

    #[test]
    fn suppressed_tokens_are_banned_where_transformers_bans_them() {
        let config = GenerationConfig {
            suppress_tokens: vec![1],
            begin_suppress_tokens: vec![0, 3],
            forced_decoder_ids: vec![(1, 9), (2, 8)],
            forced_eos_token_id: None,
            ..GenerationConfig::default()
        };
        let processors = LogitsProcessors::new(&config);
        assert_eq!(
            [&[5][..], &[5, 9], &[5, 9, 8]].map(|h| processors.forced(h)),
            [Some(9), Some(8), None]
        );
        let banned = |history: &[u32]| {
            let mut logits = [0.0; 5];
            processors.process(history, Scores::all(&mut logits, 0.5));
            logits.map(|logit| logit == f32::NEG_INFINITY)
        };
        // The first token that is free is the one after those that are forced.
        assert_eq!(banned(&[5, 9, 8]), [true, true, false, true, false]);
        assert_eq!(banned(&[5, 9, 8, 2]), [false, true, false, false, false]);
        assert_eq!(processors.max_penalized(&[5, 9, 8]), Some(3));
    }

    #[test]
    fn a_banned_sequence_is_cut_before_its_last_token() {
        let banned = BannedSequences::new([vec![4], vec![1, 2, 3], vec![2, 0], vec![]]);
        let after = |history: &[u32]| banned.completing(history).collect::<Vec<_>>();
        assert_eq!(after(&[]), [4]);
        assert_eq!(after(&[1, 2]), [4, 3, 0]);
        assert_eq!(after(&[2]), [4, 0]);
        assert_eq!(banned.max_penalized(&[1, 2]), Some(3));
    }
}
