//! Text generation over any model that can take a step: beam search, greedy search, sampling.
//!
//! A [`StepModel`] turns tokens into logits; a search turns logits into tokens. All chunks of a
//! batch take their steps together, and none influences another: a chunk that is done leaves
//! the batch.

mod beam;
mod config;
mod constrain;
mod sample;

pub use config::GenerationConfig;

use crate::error::Result;
use beam::BeamSearch;
use sample::TokenByToken;

/// A decoder that goes on token by token for several chunks at once.
pub trait StepModel {
    /// Feeds `prefix` to one row for every chunk and gives the logits after its last token,
    /// `chunks · vocab_size` of them.
    ///
    /// # Errors
    /// If the backend fails.
    fn start(&mut self, prefix: &[u32]) -> Result<Vec<f32>>;

    /// Feeds one token to every row and gives the logits after it.
    ///
    /// # Errors
    /// If the backend fails.
    fn step(&mut self, step: &Step) -> Result<Vec<f32>>;
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
trait Search {
    /// Takes the logits of the search's rows, which may be overwritten.
    fn advance(&mut self, logits: &mut [f32]);
    /// Whether nothing is left to do but [`finish`](Search::finish).
    fn is_done(&self) -> bool;
    /// For every row the token to feed and the row it goes on from, counted within the search.
    fn rows(&self) -> impl Iterator<Item = (u32, usize)>;
    /// The best sequence found.
    fn finish(self) -> Generated;
}

/// Generates one sequence for each chunk of a batch. `streams` holds a number for each chunk
/// that tells it from all others, so that sampling gives a chunk the same caption in any batch.
///
/// # Errors
/// Those of the model.
///
/// # Panics
/// If `config` does not [validate](GenerationConfig::validate) for the model, or the model gives
/// no logits.
pub fn generate(
    model: &mut dyn StepModel,
    streams: &[u64],
    config: &GenerationConfig,
) -> Result<Vec<Generated>> {
    let mut prefix = vec![config.decoder_start_token_id];
    if let Some(bos) = constrain::forced(config, &prefix).filter(|&t| t != config.eos_token_id) {
        prefix.push(bos);
    }
    if config.num_beams > 1 && !config.do_sample {
        let search = |_| BeamSearch::new(config, prefix.clone());
        run(model, &prefix, streams.iter().copied().map(search).collect())
    } else {
        let search = |stream| TokenByToken::new(config, prefix.clone(), stream);
        run(model, &prefix, streams.iter().copied().map(search).collect())
    }
}

fn run<S: Search>(
    model: &mut dyn StepModel,
    prefix: &[u32],
    searches: Vec<S>,
) -> Result<Vec<Generated>> {
    let mut generated = vec![Generated::default(); searches.len()];
    let mut running: Vec<(usize, S)> = searches.into_iter().enumerate().collect();
    if running.is_empty() {
        return Ok(generated);
    }
    let mut logits = model.start(prefix)?;
    let mut rows_before = 1;
    loop {
        let share = logits.len() / running.len();
        for ((_, search), logits) in running.iter_mut().zip(logits.chunks_exact_mut(share)) {
            search.advance(logits);
        }
        let mut step = Step::default();
        let mut still_running = Vec::with_capacity(running.len());
        let mut rows = 0;
        for (place, (chunk, search)) in running.into_iter().enumerate() {
            if search.is_done() {
                generated[chunk] = search.finish();
                continue;
            }
            rows = 0;
            for (token, parent) in search.rows() {
                step.tokens.push(token);
                step.parents.push(place * rows_before + parent);
                rows += 1;
            }
            step.chunks.push(place);
            still_running.push((chunk, search));
        }
        running = still_running;
        if running.is_empty() {
            return Ok(generated);
        }
        rows_before = rows;
        logits = model.step(&step)?;
    }
}
