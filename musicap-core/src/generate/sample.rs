//! One token after the other: the likeliest (greedy search) or one drawn at random.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use std::sync::Arc;

use super::config::GenerationConfig;
use super::logits_processors::{LogitsProcessors, Scores};
use super::step::{Generated, Search};
use crate::kernels::{LogitStats, Shortlist, log_sum_exp};

/// A single hypothesis between two steps of the model.
pub struct GreedyOrSampling {
    config: Arc<GenerationConfig>,
    processors: LogitsProcessors,
    rng: ChaCha8Rng,
    tokens: Vec<u32>,
    log_probability: f32,
    done: bool,
}

impl GreedyOrSampling {
    /// Continues `prefix`. `stream` selects a chunk's random numbers, so that they do not depend
    /// on the other chunks.
    pub fn new(
        config: Arc<GenerationConfig>,
        processors: LogitsProcessors,
        prefix: Vec<u32>,
        stream: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(stream);
        let (tokens, log_probability, done) = (prefix, 0.0, false);
        GreedyOrSampling { config, processors, rng, tokens, log_probability, done }
    }

    fn pick(&mut self, logits: &mut [f32]) -> u32 {
        if let Some(token) = self.processors.forced(&self.tokens) {
            return token;
        }
        self.processors.process(&self.tokens, Scores::all(logits, 0.0));
        let token = if self.config.do_sample { self.draw(logits) } else { argmax(logits) };
        // Over the tokens that are allowed.
        self.log_probability += logits[token as usize] - log_sum_exp(logits);
        token
    }

    /// The token that [`pick`](Self::pick) takes of all logits; `None` if one that is not listed
    /// could be it. All tokens are allowed.
    fn pick_listed(&mut self, list: &Shortlist) -> Option<u32> {
        if let Some(token) = self.processors.forced(&self.tokens) {
            return Some(token);
        }
        let wanted = if self.config.do_sample { self.config.top_k } else { 1 };
        let (_, least) = *list.tokens.get(wanted.checked_sub(1)?)?;
        // Of those that are equal to the last, others may not be listed.
        if least <= list.floor() {
            return None;
        }
        let ranked = list.tokens[..wanted].to_vec();
        let token = if self.config.do_sample { self.draw_ranked(ranked)? } else { ranked[0].0 };
        let (_, logit) = list.tokens.iter().find(|(listed, _)| *listed == token)?;
        self.log_probability += logit - list.log_sum;
        Some(token)
    }

    fn push(&mut self, token: u32) {
        self.tokens.push(token);
        self.done =
            token == self.config.eos_token_id || self.tokens.len() >= self.config.max_length;
    }

    /// Draws after temperature, top-k and top-p (nucleus, Holtzman et al. 2020).
    fn draw(&mut self, logits: &[f32]) -> u32 {
        let mut ranked: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
        ranked.retain(|(_, logit)| logit.is_finite());
        // The lower token wins a tie.
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let top_k = self.config.top_k;
        if (1..ranked.len()).contains(&top_k) {
            ranked.select_nth_unstable_by(top_k, order);
            ranked.truncate(top_k);
        }
        ranked.sort_unstable_by(order);
        self.draw_ranked(ranked).unwrap_or_else(|| argmax(logits))
    }

    /// Draws from tokens with their logits, the likeliest first.
    fn draw_ranked(&mut self, mut ranked: Vec<(u32, f32)>) -> Option<u32> {
        let &(likeliest, max) = ranked.first()?;
        let weight = |logit: f32| f64::from((logit - max) / self.config.temperature).exp();
        let total: f64 = ranked.iter().map(|&(_, logit)| weight(logit)).sum();
        let mut kept = 0.0;
        let nucleus = ranked.iter().position(|&(_, logit)| {
            kept += weight(logit);
            kept >= total * f64::from(self.config.top_p)
        });
        ranked.truncate(nucleus.map_or(ranked.len(), |last| last + 1));

        let mass: f64 = ranked.iter().map(|&(_, logit)| weight(logit)).sum();
        let mut left = mass * (self.rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let drawn = ranked.iter().find(|&&(_, logit)| {
            left -= weight(logit);
            left < 0.0
        });
        Some(drawn.map_or(likeliest, |&(token, _)| token))
    }
}

impl Search for GreedyOrSampling {
    fn advance(&mut self, logits: &mut [f32], _: &[LogitStats]) {
        let token = self.pick(logits);
        self.push(token);
    }

    fn shortlist_len(&self) -> Option<usize> {
        // Probabilities are those among the tokens that are allowed: all must be.
        let free = self.processors.max_penalized(&self.tokens) == Some(0);
        let forced = self.processors.forced(&self.tokens).is_some();
        match (self.config.do_sample, self.config.top_k) {
            _ if forced => Some(1),
            _ if !free => None,
            (true, 0) => None,
            (true, top_k) => Some(top_k.saturating_add(1)),
            (false, _) => Some(2),
        }
    }

    fn advance_listed(&mut self, lists: &[Shortlist]) -> bool {
        self.pick_listed(&lists[0]).map(|token| self.push(token)).is_some()
    }

    fn force_end(&mut self) {
        let is_last = !self.done && self.tokens.len() + 1 == self.config.max_length;
        if let Some(token) = self.processors.forced(&self.tokens).filter(|_| is_last) {
            self.tokens.push(token);
            self.done = true;
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn rows(&self) -> Vec<(u32, usize)> {
        self.tokens.last().map(|&token| (token, 0)).into_iter().collect()
    }

    fn finish(&mut self) -> Generated {
        let length = (self.tokens.len() as f32).powf(self.config.length_penalty);
        let score = self.log_probability / length;
        Generated { tokens: std::mem::take(&mut self.tokens), score, confidence: None }
    }
}

/// The token of the greatest logit, the first of several.
fn argmax(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (token, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = token;
        }
    }
    best as u32
}
