//! Many searches in one model, step by step.

use std::sync::Arc;

use rayon::prelude::*;

use super::beam::BeamSearch;
use super::config::GenerationConfig;
use super::logits_processors::LogitsProcessors;
use super::sample::GreedyOrSampling;
use super::step::{Generated, Search, Step, StepModel};
use crate::error::{Error, Result};
use crate::kernels::LogitStats;

/// The searches running in one model.
pub struct Session {
    config: Arc<GenerationConfig>,
    processors: LogitsProcessors,
    /// The start token and the tokens that are forced after it.
    prefix: Vec<u32>,
    running: Vec<Running>,
    admitted: usize,
    logits: Vec<f32>,
}

struct Running {
    number: usize,
    stream: u64,
    search: Box<dyn Search>,
    /// Its place among the chunks of the model, and its rows there.
    first_row: usize,
    rows: usize,
    /// The error that ends this search alone.
    failed: Option<Error>,
}

impl Session {
    /// A session without searches.
    ///
    /// # Panics
    /// Later, if `config` is not [valid](GenerationConfig::validate) for the model.
    pub fn new(config: GenerationConfig) -> Self {
        let processors = LogitsProcessors::new(&config);
        let mut prefix = vec![config.decoder_start_token_id];
        while prefix.len() + 1 < config.max_length
            && let Some(token) = processors.forced(&prefix).filter(|&t| t != config.eos_token_id)
        {
            prefix.push(token);
        }
        Session {
            config: Arc::new(config),
            processors,
            prefix,
            running: Vec::new(),
            admitted: 0,
            logits: Vec::new(),
        }
    }

    /// The tokens that every sequence begins with: the start token and those forced after it.
    pub fn prefix(&self) -> &[u32] {
        &self.prefix
    }

    /// Number of searches that are running.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Number of searches admitted so far, which is the number of the next one.
    pub fn admitted(&self) -> usize {
        self.admitted
    }

    /// Removes all searches and restarts numbering: the next one is number 0.
    pub fn clear(&mut self) {
        self.running.clear();
        self.admitted = 0;
    }

    /// Starts searches for the model's next chunks. `streams` has the random number stream of each
    /// chunk: with the same stream, a chunk gets the same caption in any batch.
    ///
    /// # Errors
    /// Those of the model.
    pub fn admit(&mut self, model: &mut dyn StepModel, streams: &[u64]) -> Result<()> {
        self.admit_with(model, streams, &[])
    }

    /// [`admit`](Self::admit) with further logits processors for each chunk, applied after those
    /// of the configuration: `own` is empty or has one list for each chunk.
    ///
    /// # Errors
    /// Those of the model.
    pub fn admit_with(
        &mut self,
        model: &mut dyn StepModel,
        streams: &[u64],
        own: &[LogitsProcessors],
    ) -> Result<()> {
        if streams.is_empty() {
            return Ok(());
        }
        let before = self.running.len();
        let rows: usize = self.running.iter().map(|running| running.rows).sum();
        for (place, &stream) in streams.iter().enumerate() {
            let (config, prefix) = (self.config.clone(), self.prefix.clone());
            let processors = match own.get(place) {
                Some(own) => self.processors.extended(own),
                None => self.processors.clone(),
            };
            let search: Box<dyn Search> = if config.num_beams > 1 && !config.do_sample {
                Box::new(BeamSearch::new(config, processors, prefix))
            } else {
                Box::new(GreedyOrSampling::new(config, processors, prefix, stream))
            };
            let first_row = rows + place;
            let number = self.admitted;
            self.running.push(Running { number, stream, search, first_row, rows: 1, failed: None });
            self.admitted += 1;
        }
        model.admit(streams.len(), &self.prefix, &mut self.logits)?;
        advance(model, &mut self.running[before..], &mut self.logits)
    }

    /// Advances all searches by a step and returns those that are done, with their numbers, which
    /// count from 0 in order of admission. A search whose logits are NaN or infinite ends with
    /// [`Error::NotFinite`]; the others continue.
    ///
    /// # Errors
    /// Those of the model.
    pub fn step(&mut self, model: &mut dyn StepModel) -> Result<Vec<(usize, Result<Generated>)>> {
        let mut done = Vec::new();
        let mut step = Step::default();
        let mut place = 0;
        self.running.retain_mut(|running| {
            let chunk = place;
            place += 1;
            if let Some(error) = running.failed.take() {
                done.push((running.number, Err(error)));
                return false;
            }
            if running.search.is_done() {
                done.push((running.number, Ok(running.search.finish())));
                return false;
            }
            let before = running.first_row;
            running.first_row = step.tokens.len();
            for (token, parent) in running.search.rows() {
                step.tokens.push(token);
                step.parents.push(before + parent);
            }
            running.rows = step.tokens.len() - running.first_row;
            step.chunks.push(chunk);
            true
        });
        model.step(&step, &mut self.logits)?;
        if !self.running.is_empty() {
            advance(model, &mut self.running, &mut self.logits)?;
        }
        Ok(done)
    }
}

/// Shows searches what the model has found, as little of it as they need.
fn advance(
    model: &mut dyn StepModel,
    searches: &mut [Running],
    logits: &mut Vec<f32>,
) -> Result<()> {
    if !logits.is_empty() {
        let mut all: Vec<&mut Running> = searches.iter_mut().collect();
        return advance_by_all(&mut all, logits, model.logit_stats());
    }
    let enough = searches.iter().map(|running| running.search.shortlist_len());
    let lists = match enough.reduce(|a, b| Some(a?.max(b?))).flatten() {
        Some(count) => model.shortlists(count)?,
        None => None,
    };
    let rows: usize = searches.iter().map(|running| running.rows).sum();
    let mut row = 0;
    let mut undecided = Vec::new();
    for running in searches.iter_mut() {
        let span = row..row + running.rows;
        row = span.end;
        if let Some(lists) = &lists {
            let lists = &lists[span.clone()];
            if !check_finite(running, lists.iter().map(|list| list.log_sum)) {
                continue;
            }
            if running.search.advance_listed(lists) {
                running.search.force_end();
                continue;
            }
        }
        undecided.push((running, span));
    }
    if undecided.is_empty() {
        return Ok(());
    }
    model.fetch(logits)?;
    let vocab_size = logits.len() / rows;
    let mut those = Vec::with_capacity(undecided.len());
    let mut kept = Vec::new();
    for (running, span) in undecided {
        kept.extend_from_slice(&logits[span.start * vocab_size..span.end * vocab_size]);
        those.push(running);
    }
    logits.clear();
    advance_by_all(&mut those, &mut kept, None)
}

/// Ends a search whose logits are not finite, which neither search nor sampling can use. Returns
/// whether they are.
fn check_finite(running: &mut Running, mut log_sums: impl Iterator<Item = f32>) -> bool {
    let is_finite = log_sums.all(f32::is_finite);
    if !is_finite {
        running.failed = Some(Error::NotFinite { chunk: running.stream });
    }
    is_finite
}

/// Shows searches the logits of their rows.
fn advance_by_all(
    searches: &mut [&mut Running],
    logits: &mut [f32],
    logit_stats: Option<Vec<LogitStats>>,
) -> Result<()> {
    let rows: usize = searches.iter().map(|running| running.rows).sum();
    let vocab_size = logits.len() / rows;
    let logit_stats =
        logit_stats.unwrap_or_else(|| logits.par_chunks(vocab_size).map(LogitStats::of).collect());
    let mut rest = (logits, &logit_stats[..]);
    let mut shares = Vec::with_capacity(searches.len());
    for running in searches {
        let (logits, more_logits) = rest.0.split_at_mut(running.rows * vocab_size);
        let (logit_stats, more_stats) = rest.1.split_at(running.rows);
        rest = (more_logits, more_stats);
        if check_finite(running, logit_stats.iter().map(|stats| stats.log_sum)) {
            shares.push((running, logits, logit_stats));
        }
    }
    shares.into_par_iter().for_each(|(running, logits, logit_stats)| {
        running.search.advance(logits, logit_stats);
        running.search.force_end();
    });
    Ok(())
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers: Vec<usize> = self.running.iter().map(|running| running.number).collect();
        f.debug_struct("Session").field("running", &numbers).finish_non_exhaustive()
    }
}
