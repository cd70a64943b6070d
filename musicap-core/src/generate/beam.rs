//! Beam search over one chunk, step for step as transformers 4.26 does it.

use std::sync::Arc;

use super::config::GenerationConfig;
use super::logits_processors::{LogitsProcessors, Scores};
use super::step::{Generated, Search};
use crate::kernels::{BLOCK, LogitStats, Shortlist};

/// A beam search between two steps of the model.
pub struct BeamSearch {
    config: Arc<GenerationConfig>,
    processors: LogitsProcessors,
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
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    beam: usize,
    token: u32,
    score: f32,
}

impl BeamSearch {
    /// A search that continues `prefix`.
    pub fn new(
        config: Arc<GenerationConfig>,
        processors: LogitsProcessors,
        prefix: Vec<u32>,
    ) -> Self {
        BeamSearch {
            config,
            processors,
            beams: vec![Beam { tokens: prefix, score: 0.0 }],
            parents: vec![0],
            finished: Vec::new(),
            settled: false,
            done: false,
        }
    }

    /// The best 2K continuations, best first. The lower beam and token win a tie.
    fn candidates(&self, logits: &mut [f32], logit_stats: &[LogitStats]) -> Vec<Candidate> {
        let wanted = 2 * self.config.num_beams;
        let mut best = TopCandidates::new(wanted);
        let vocab_size = logits.len() / self.beams.len();
        let rows = logits.chunks_exact_mut(vocab_size).zip(logit_stats);
        for (i, (beam, (row, stats))) in self.beams.iter().zip(rows).enumerate() {
            if let Some(token) = self.processors.forced(&beam.tokens) {
                best.offer(Candidate { beam: i, token, score: beam.score });
                continue;
            }
            let log_sum = stats.log_sum;
            self.processors.process(&beam.tokens, Scores::all(row, log_sum));
            match self.processors.max_penalized(&beam.tokens) {
                Some(_) => best.offer_row(i, row, log_sum, &stats.peaks, beam.score),
                // A score may have been raised above its block's peak.
                None => best.offer_row(i, row, log_sum, &LogitStats::of(row).peaks, beam.score),
            }
        }
        best.candidates
    }

    /// What [`candidates`](Self::candidates) gives for all logits; `None` if a token that is not
    /// listed could be one of them.
    fn listed_candidates(&self, lists: &[Shortlist]) -> Option<Vec<Candidate>> {
        let mut best = TopCandidates::new(2 * self.config.num_beams);
        let mut unlisted = f32::NEG_INFINITY;
        for (i, (beam, list)) in self.beams.iter().zip(lists).enumerate() {
            if let Some(token) = self.processors.forced(&beam.tokens) {
                best.offer(Candidate { beam: i, token, score: beam.score });
                continue;
            }
            let score = |logit: f32| logit - list.log_sum + beam.score;
            let mut tokens = list.tokens.clone();
            self.processors.process(&beam.tokens, Scores::listed(&mut tokens, list.log_sum));
            // Rules may allow more where all that they allow is banned.
            if tokens.iter().all(|&(_, logit)| logit == f32::NEG_INFINITY) {
                return None;
            }
            tokens.sort_unstable_by_key(|&(token, _)| token);
            for (token, logit) in tokens {
                best.offer(Candidate { beam: i, token, score: score(logit) });
            }
            unlisted = unlisted.max(score(list.floor()));
        }
        // Equal scores go by the number of the token.
        let decided = unlisted == f32::NEG_INFINITY || unlisted < best.threshold;
        decided.then_some(best.candidates)
    }

    /// Continues with the best K of the candidates.
    fn follow(&mut self, candidates: &[Candidate]) {
        let (num_beams, eos) = (self.config.num_beams, self.config.eos_token_id);
        let length = self.beams[0].tokens.len();
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

    /// Keeps the best K of the finished hypotheses.
    fn finish_hypothesis(&mut self, tokens: Vec<u32>, sum: f32) {
        let score = sum / (tokens.len() as f32).powf(self.config.length_penalty);
        self.finished.push(Generated { tokens, score, confidence: None });
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
    fn advance(&mut self, logits: &mut [f32], logit_stats: &[LogitStats]) {
        let candidates = self.candidates(logits, logit_stats);
        self.follow(&candidates);
    }

    fn shortlist_len(&self) -> Option<usize> {
        let processors = &self.processors;
        let mut penalized = self.beams.iter().map(|beam| match processors.forced(&beam.tokens) {
            Some(_) => Some(0),
            None => processors.max_penalized(&beam.tokens),
        });
        let penalized = penalized.try_fold(0, |max, penalized| Some(max.max(penalized?)))?;
        // One more shows whether unlisted tokens may be as likely as the last candidate.
        Some(2 * self.config.num_beams + penalized + 1)
    }

    fn advance_listed(&mut self, lists: &[Shortlist]) -> bool {
        let candidates = self.listed_candidates(lists);
        candidates.inspect(|candidates| self.follow(candidates)).is_some()
    }

    fn force_end(&mut self) {
        if self.done {
            return;
        }
        let tokens = &self.beams[0].tokens;
        let is_last = tokens.len() + 1 == self.config.max_length;
        let Some(token) = self.processors.forced(tokens).filter(|_| is_last) else { return };
        let mut best = TopCandidates::new(2 * self.config.num_beams);
        for (beam, Beam { score, .. }) in self.beams.iter().enumerate() {
            best.offer(Candidate { beam, token, score: *score });
        }
        self.follow(&best.candidates);
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
struct TopCandidates {
    wanted: usize,
    candidates: Vec<Candidate>,
    /// The score that a candidate must exceed.
    threshold: f32,
}

impl TopCandidates {
    fn new(wanted: usize) -> Self {
        let candidates = Vec::with_capacity(wanted + 1);
        TopCandidates { wanted, candidates, threshold: f32::NEG_INFINITY }
    }

    /// Offers every token of a row of logits, which are log-probabilities but for `log_sum`.
    /// No logit of a block exceeds the block's peak.
    fn offer_row(
        &mut self,
        beam: usize,
        row: &[f32],
        log_sum: f32,
        peaks: &[f32],
        beam_score: f32,
    ) {
        // Few tokens come near: blocks are passed over by their greatest logit. The slack is
        // more than rounding takes away.
        const SLACK: f32 = 1e-3;
        for (block, (logits, peak)) in row.chunks(BLOCK).zip(peaks).enumerate() {
            if peak - log_sum + beam_score + SLACK <= self.threshold {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn search(config: GenerationConfig, prefix: Vec<u32>) -> BeamSearch {
        let processors = LogitsProcessors::new(&config);
        BeamSearch::new(Arc::new(config), processors, prefix)
    }

    /// Rows of 1,000 logits, many of them equal.
    fn rows(count: usize, salt: usize) -> Vec<f32> {
        let logit = |i: usize| ((i * 7919 + salt * 31 + i / 3) % 1009) as f32 * 0.02;
        (0..count * 1000).map(logit).collect()
    }

    fn listed(row: &[f32], count: usize) -> Shortlist {
        let mut tokens: Vec<(u32, f32)> = (0..).zip(row.iter().copied()).collect();
        tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        tokens.truncate(count);
        Shortlist { log_sum: LogitStats::of(row).log_sum, tokens }
    }

    #[test]
    fn a_short_list_decides_what_all_logits_decide_or_nothing() {
        let mut undecided = 0;
        for (salt, repetition_penalty) in (0..60).zip([1.0, 1.3, 2.0].into_iter().cycle()) {
            let config = GenerationConfig {
                num_beams: 3,
                repetition_penalty,
                no_repeat_ngram_size: 2,
                min_length: 5,
                max_length: 20,
                ..GenerationConfig::default()
            };
            let mut search = search(config, vec![2]);
            let mut logits = rows(2, salt);
            // The likeliest tokens of all are those that are lowered.
            let mut likeliest = listed(&logits[..1000], 3).tokens.into_iter().map(|(t, _)| t);
            let [a, b] = [likeliest.next().unwrap(), likeliest.next().unwrap()];
            let beam = |tokens: &[u32], score| Beam { tokens: tokens.to_vec(), score };
            search.beams = vec![beam(&[2, a, b, a], -1.0), beam(&[2, 5, 5, 900], -1.2)];
            let enough = search.shortlist_len().unwrap();
            // Every third list is shorter than is enough.
            let count = if salt % 3 == 2 { 6 } else { enough };
            let lists: Vec<Shortlist> = logits.chunks(1000).map(|row| listed(row, count)).collect();
            let logit_stats: Vec<LogitStats> = logits.chunks(1000).map(LogitStats::of).collect();
            let listed = search.listed_candidates(&lists);
            let all = search.candidates(&mut logits, &logit_stats);
            match listed {
                Some(listed) => assert_eq!(listed, all),
                None => undecided += 1,
            }
        }
        assert!((1..30).contains(&undecided), "{undecided} of 60 undecided");
    }

    #[test]
    fn a_reward_for_repetition_needs_all_logits() {
        let config =
            GenerationConfig { num_beams: 2, repetition_penalty: 0.5, ..Default::default() };
        assert_eq!(search(config, vec![2, 5]).shortlist_len(), None);
    }

    #[test]
    fn whole_blocks_are_passed_over_and_no_candidate_with_them() {
        for repetition_penalty in [0.1, 1.0, 2.0] {
            let config = GenerationConfig {
                num_beams: 3,
                repetition_penalty,
                max_length: 20,
                ..GenerationConfig::default()
            };
            let mut search = search(config, vec![2, 777, 30]);
            let beam = |tokens: &[u32], score| Beam { tokens: tokens.to_vec(), score };
            search.beams = vec![beam(&[2, 777, 30], -1.0), beam(&[2, 5, 900], -1.5)];
            let logit = |i: usize| ((i * 7919 + i / 3) % 1009) as f32 * 0.02;
            let mut logits: Vec<f32> = (0..2 * 1000).map(logit).collect();
            let logit_stats: Vec<LogitStats> = logits.chunks(1000).map(LogitStats::of).collect();

            let mut expected = Vec::new();
            for (i, row) in logits.clone().chunks_exact_mut(1000).enumerate() {
                let (beam, log_sum) = (&search.beams[i], logit_stats[i].log_sum);
                search.processors.process(&beam.tokens, Scores::all(row, log_sum));
                expected.extend((0..).zip(&*row).map(|(token, &logit)| Candidate {
                    beam: i,
                    token,
                    score: logit - log_sum + beam.score,
                }));
            }
            expected.sort_by(|a, b| b.score.total_cmp(&a.score));
            let found = search.candidates(&mut logits, &logit_stats);
            let named = |candidates: &[Candidate]| -> Vec<(usize, u32)> {
                candidates.iter().map(|candidate| (candidate.beam, candidate.token)).collect()
            };
            assert_eq!(named(&found), named(&expected[..6]));
        }
    }
}
