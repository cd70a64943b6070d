//! Text generation over any model that can take a step: beam search, greedy search, sampling.
//!
//! A [`StepModel`] turns tokens into logits; a search turns logits into tokens. A [`Session`]
//! takes the steps of many searches together, and none influences another: a chunk that is done
//! leaves at once, and another may take its place while the others are under way.

mod beam;
mod config;
mod constrain;
mod degenerate;
mod sample;

use std::sync::Arc;

use rayon::prelude::*;

pub use crate::kernels::{LogitStats, Shortlist};
pub use config::GenerationConfig;
pub use degenerate::is_degenerate;

use crate::error::{Error, Result};
use beam::BeamSearch;
use sample::GreedyOrSampling;

/// A decoder that goes on token by token for several chunks at once.
pub trait StepModel {
    /// Takes up `chunks` more chunks, one row each behind the rows that there are, feeds
    /// `prefix` to these, and writes the logits after its last token, `chunks · vocab_size` of
    /// them, in place of what `logits` held; or leaves `logits` empty and the values where they
    /// are, for [`shortlists`](Self::shortlists) and [`fetch`](Self::fetch).
    ///
    /// # Errors
    /// If the backend fails.
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()>;

    /// Feeds one token to every row and writes the logits after it in place of what `logits`
    /// held, or leaves it empty as [`admit`](Self::admit) may. A step without rows leaves the model
    /// without any.
    ///
    /// # Errors
    /// If the backend fails.
    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()>;

    /// Statistics of each row of logits that has just been written, from a model that has taken
    /// one already; otherwise it is taken then.
    fn logit_stats(&mut self) -> Option<Vec<LogitStats>> {
        None
    }

    /// The `count` likeliest tokens, or some more, of each row of the logits that have been left
    /// where they are; `None` if [`fetch`](Self::fetch)ing all is no slower.
    ///
    /// # Errors
    /// If the backend fails.
    fn shortlists(&mut self, count: usize) -> Result<Option<Vec<Shortlist>>> {
        let _ = count;
        Ok(None)
    }

    /// Writes the logits that have been left where they are in place of what `logits` held.
    ///
    /// # Errors
    /// If the backend fails.
    fn fetch(&mut self, logits: &mut Vec<f32>) -> Result<()> {
        let _ = logits;
        Ok(())
    }
}

/// One step of a [`StepModel`]. Rows of a chunk are neighbours and as many in every chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The token for each row.
    pub tokens: Vec<u32>,
    /// The row of the step before that each row goes on from.
    pub parents: Vec<usize>,
    /// The chunks of the step before that go on, by their place in it.
    pub chunks: Vec<usize>,
}

/// A generated sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// Token ids from the start token to the end token.
    pub tokens: Vec<u32>,
    /// Sum of the tokens' log-probabilities over the length to the power of the length penalty.
    /// Beam search counts them as transformers does: under the model alone, the end token not
    /// in the length. Greedy search and sampling count them among the tokens that were allowed.
    pub score: f32,
}

/// The search for one chunk's caption, which sees logits and says what to feed next.
trait Search: Send {
    /// Takes the logits of the search's rows, which may be overwritten, and statistics of each
    /// row as it was.
    fn advance(&mut self, logits: &mut [f32], logit_stats: &[LogitStats]);
    /// How many of the likeliest tokens of each row are enough to go on, as a rule; `None` if
    /// only all logits are.
    fn shortlist_len(&self) -> Option<usize>;
    /// Goes on by the likeliest tokens of the search's rows exactly as by all logits, or does
    /// nothing, where these do not decide, and says so with `false`.
    fn advance_listed(&mut self, lists: &[Shortlist]) -> bool;
    /// Takes the last token where it is forced, for which no logits are needed.
    fn force_end(&mut self);
    /// Whether nothing is left to do but [`finish`](Search::finish).
    fn is_done(&self) -> bool;
    /// For every row the token to feed and the row it goes on from, counted within the search.
    fn rows(&self) -> Vec<(u32, usize)>;
    /// The best sequence found.
    fn finish(&mut self) -> Generated;
}

/// Searches under way in one model.
pub struct Session {
    config: Arc<GenerationConfig>,
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
}

impl Session {
    /// A session without searches.
    ///
    /// # Panics
    /// Later, if `config` does not [validate](GenerationConfig::validate) for the model.
    pub fn new(config: GenerationConfig) -> Self {
        let mut prefix = vec![config.decoder_start_token_id];
        let bos = constrain::forced(&config, &prefix).filter(|&t| t != config.eos_token_id);
        prefix.extend(bos);
        Session {
            config: Arc::new(config),
            prefix,
            running: Vec::new(),
            admitted: 0,
            logits: Vec::new(),
        }
    }

    /// Searches under way.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Searches that have admitted so far: the number of the next.
    pub fn admitted(&self) -> usize {
        self.admitted
    }

    /// Forgets all searches, those of before too: the next is number 0.
    pub fn clear(&mut self) {
        self.running.clear();
        self.admitted = 0;
    }

    /// Takes up the model's next chunks. `streams` holds a number for each, its own and the same
    /// in any batch, so that sampling gives a chunk the same caption in all.
    ///
    /// # Errors
    /// Those of the model, and [`Error::NotFinite`].
    pub fn admit(&mut self, model: &mut dyn StepModel, streams: &[u64]) -> Result<()> {
        if streams.is_empty() {
            return Ok(());
        }
        let before = self.running.len();
        let rows: usize = self.running.iter().map(|running| running.rows).sum();
        for (first_row, &stream) in (rows..).zip(streams) {
            let (config, prefix) = (self.config.clone(), self.prefix.clone());
            let search: Box<dyn Search> = if config.num_beams > 1 && !config.do_sample {
                Box::new(BeamSearch::new(config, prefix))
            } else {
                Box::new(GreedyOrSampling::new(config, prefix, stream))
            };
            let number = self.admitted;
            self.running.push(Running { number, stream, search, first_row, rows: 1 });
            self.admitted += 1;
        }
        model.admit(streams.len(), &self.prefix, &mut self.logits)?;
        advance(model, &mut self.running[before..], &mut self.logits)
    }

    /// Takes one step with all searches and gives those that are done, with their numbers: they
    /// are counted from 0 in the order in which they admitted.
    ///
    /// # Errors
    /// Those of the model, and [`Error::NotFinite`].
    pub fn step(&mut self, model: &mut dyn StepModel) -> Result<Vec<(usize, Generated)>> {
        let mut done = Vec::new();
        let mut step = Step::default();
        let mut place = 0;
        self.running.retain_mut(|running| {
            let chunk = place;
            place += 1;
            if running.search.is_done() {
                done.push((running.number, running.search.finish()));
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
            check_finite(running, lists.iter().map(|list| list.log_sum))?;
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

/// Neither search nor sampling can make sense of other numbers.
fn check_finite(running: &Running, mut log_sums: impl Iterator<Item = f32>) -> Result<()> {
    match log_sums.all(f32::is_finite) {
        true => Ok(()),
        false => Err(Error::NotFinite { chunk: running.stream }),
    }
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
        check_finite(running, logit_stats.iter().map(|stats| stats.log_sum))?;
        rest = (more_logits, more_stats);
        shares.push((running, logits, logit_stats));
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

/// Generates one sequence for each of the model's next chunks, all together. `streams` as in
/// [`Session::admit`].
///
/// # Errors
/// Those of the model, and [`Error::NotFinite`].
///
/// # Panics
/// If `config` does not [validate](GenerationConfig::validate) for the model, or the model gives
/// no logits.
pub fn generate(
    model: &mut dyn StepModel,
    streams: &[u64],
    config: &GenerationConfig,
) -> Result<Vec<Generated>> {
    let mut session = Session::new(config.clone());
    session.admit(model, streams)?;
    let mut generated = vec![Generated::default(); streams.len()];
    while session.running() > 0 {
        for (number, sequence) in session.step(model)? {
            generated[number] = sequence;
        }
    }
    Ok(generated)
}
