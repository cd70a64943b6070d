//! Beam search over one chunk, step for step as transformers 4.26 does it.

use std::sync::Arc;

use super::config::GenerationConfig;
use super::constrain::{constrain, forced};
use super::{Generated, Search};

/// A beam search between two steps of the model.
pub struct BeamSearch {
    config: Arc<GenerationConfig>,
    beams: Vec<Beam>,
    parents: Vec<usize>,
    /// Finished hypotheses, without their end token.
    finished: Vec<Generated>,
    /// No open beam can matter any more.
    settled: bool,
    done: bool,
}

#[derive(Clone, Debug)]
struct Beam {
    tokens: Vec<u32>,
    /// Sum of log-probabilities; −∞ marks a beam that only keeps a row filled.
    score: f32,
}

/// A beam with one more token.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    beam: usize,
    token: u32,
    score: f32,
}

impl BeamSearch {
    /// A search that goes on from `prefix`.
    pub fn new(config: Arc<GenerationConfig>, prefix: Vec<u32>) -> Self {
        let beams = vec![Beam { tokens: prefix, score: 0.0 }];
        let finished = Vec::new();
        BeamSearch { config, beams, parents: vec![0], finished, settled: false, done: false }
    }

    /// The best 2K ways to go on, best first. The lower beam and token win a tie.
    fn candidates(&self, logits: &mut [f32], log_sums: &[f32]) -> Vec<Candidate> {
        let wanted = 2 * self.config.num_beams;
        let mut best = Best::new(wanted);
        let vocab_size = logits.len() / self.beams.len();
        let rows = logits.chunks_exact_mut(vocab_size).zip(log_sums);
        for (i, (beam, (row, &log_sum))) in self.beams.iter().zip(rows).enumerate() {
            match forced(&self.config, &beam.tokens) {
                Some(token) => best.offer(Candidate { beam: i, token, score: beam.score }),
                None => {
                    constrain(&self.config, &beam.tokens, row, log_sum);
                    best.offer_row(i, row, log_sum, beam.score);
                }
            }
        }
        best.candidates
    }

    /// Keeps the best K of the finished hypotheses.
    fn finish_hypothesis(&mut self, tokens: Vec<u32>, sum: f32) {
        let score = sum / (tokens.len() as f32).powf(self.config.length_penalty);
        self.finished.push(Generated { tokens, score });
        if self.finished.len() > self.config.num_beams {
            let scores = self.finished.iter().map(|hypothesis| hypothesis.score).enumerate();
            let worst = scores.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i);
            self.finished.swap_remove(worst.expect("there are hypotheses"));
        }
    }

    /// Whether no open beam can still matter. `best_sum` is the best candidate's score.
    fn is_settled(&self, best_sum: f32, length: usize) -> bool {
        if self.finished.len() < self.config.num_beams {
            return false;
        }
        let worst = self.finished.iter().map(|h| h.score).fold(f32::INFINITY, f32::min);
        self.config.early_stopping
            || worst >= best_sum / (length as f32).powf(self.config.length_penalty)
    }
}

impl Search for BeamSearch {
    fn advance(&mut self, logits: &mut [f32], log_sums: &[f32]) {
        let (num_beams, eos) = (self.config.num_beams, self.config.eos_token_id);
        let length = self.beams[0].tokens.len();
        let candidates = self.candidates(logits, log_sums);
        let mut next = Vec::with_capacity(num_beams);
        let mut parents = Vec::with_capacity(num_beams);
        for (rank, &Candidate { beam, token, score }) in candidates.iter().enumerate() {
            if token == eos {
                if rank < num_beams {
                    self.finish_hypothesis(self.beams[beam].tokens.clone(), score);
                }
                continue;
            }
            let mut tokens = self.beams[beam].tokens.clone();
            tokens.push(token);
            next.push(Beam { tokens, score });
            parents.push(beam);
            if next.len() == num_beams {
                break;
            }
        }
        let best_sum = candidates.first().map_or(f32::NEG_INFINITY, |best| best.score);
        self.settled = self.is_settled(best_sum, length);
        self.done = self.settled || next.is_empty() || length + 1 >= self.config.max_length;
        // The model's rows are as many for every chunk.
        while !next.is_empty() && next.len() < num_beams {
            next.push(Beam { score: f32::NEG_INFINITY, ..next[0].clone() });
            parents.push(parents[0]);
        }
        self.beams = next;
        self.parents = parents;
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn rows(&self) -> Vec<(u32, usize)> {
        let last = self.beams.iter().filter_map(|beam| beam.tokens.last().copied());
        last.zip(self.parents.iter().copied()).collect()
    }

    fn finish(&mut self) -> Generated {
        // Where the greatest length ended the search, open beams count as they are.
        if !self.settled {
            for Beam { tokens, score } in std::mem::take(&mut self.beams) {
                if score.is_finite() {
                    self.finish_hypothesis(tokens, score);
                }
            }
        }
        let finished = std::mem::take(&mut self.finished);
        let best = finished.into_iter().max_by(|a, b| a.score.total_cmp(&b.score));
        let mut best = best.unwrap_or_default();
        if best.tokens.len() < self.config.max_length {
            best.tokens.push(self.config.eos_token_id);
        }
        best
    }
}

/// The best candidates so far, best first.
struct Best {
    wanted: usize,
    candidates: Vec<Candidate>,
    /// The score that a candidate must exceed.
    threshold: f32,
}

impl Best {
    fn new(wanted: usize) -> Self {
        let candidates = Vec::with_capacity(wanted + 1);
        Best { wanted, candidates, threshold: f32::NEG_INFINITY }
    }

    /// Offers every token of a row of logits, which are log-probabilities but for `log_sum`.
    fn offer_row(&mut self, beam: usize, row: &[f32], log_sum: f32, beam_score: f32) {
        // Few tokens come near: blocks are passed over by their greatest logit. The slack is
        // more than rounding takes away.
        const BLOCK: usize = 64;
        const SLACK: f32 = 1e-3;
        for (block, logits) in row.chunks(BLOCK).enumerate() {
            let greatest = logits.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
            if greatest - log_sum + beam_score + SLACK <= self.threshold {
                continue;
            }
            for (i, &logit) in logits.iter().enumerate() {
                let score = logit - log_sum + beam_score;
                if score > self.threshold {
                    self.offer(Candidate { beam, token: (block * BLOCK + i) as u32, score });
                }
            }
        }
    }

    fn offer(&mut self, candidate: Candidate) {
        // NaN and −∞ fail here: they are no way to go on.
        if candidate.score > self.threshold {
            let place = self.candidates.partition_point(|kept| kept.score >= candidate.score);
            self.candidates.insert(place, candidate);
            self.candidates.truncate(self.wanted);
            if self.candidates.len() == self.wanted {
                self.threshold = self.candidates[self.wanted - 1].score;
            }
        }
    }
}
