//! Text generation over any model that can take a step: beam search, greedy search, sampling.
//!
//! A [`StepModel`] turns tokens into logits; a search turns logits into tokens. A [`Session`]
//! runs many searches together, step by step, and none influences another: a chunk that is done
//! leaves at once, and another may be admitted while the others continue (continuous batching).

mod beam;
mod config;
mod degenerate;
mod logits_processors;
mod sample;
mod session;

pub use crate::kernels::{LogitStats, Shortlist};
pub use config::GenerationConfig;
pub use degenerate::is_degenerate;
pub use logits_processors::{BannedSequences, LogitsProcessor, LogitsProcessors, Scores};
pub use session::Session;

use crate::error::Result;

/// A decoder that generates token by token for several chunks at once.
pub trait StepModel {
    /// Admits `chunks` more chunks, one row each after the existing rows, feeds `prefix` to them,
    /// and replaces the contents of `logits` by the logits after its last token,
    /// `chunks · vocab_size` of them; or leaves `logits` empty and the values on the device, for
    /// [`shortlists`](Self::shortlists) and [`fetch`](Self::fetch).
    ///
    /// # Errors
    /// If the backend fails.
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()>;

    /// Feeds one token to every row and replaces the contents of `logits` by the logits after it,
    /// or leaves it empty as [`admit`](Self::admit) may. A step without rows leaves the model
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
    /// The row of the previous step that each row continues.
    pub parents: Vec<usize>,
    /// The chunks of the previous step that continue, by their index in it.
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
    /// The probability, 0 to 1, that all of the caption is true; `None` for a model without a tag
    /// head. The searches leave it to the captioner.
    pub confidence: Option<f32>,
}

/// The search for one chunk's caption: logits in, the tokens to feed next out.
trait Search: Send {
    /// Takes the logits of the search's rows, which may be overwritten, and statistics of each
    /// row as it was.
    fn advance(&mut self, logits: &mut [f32], logit_stats: &[LogitStats]);
    /// How many of the likeliest tokens of each row usually suffice; `None` if all logits are
    /// needed.
    fn shortlist_len(&self) -> Option<usize>;
    /// Advances by the likeliest tokens of the search's rows exactly as by all logits; if these do
    /// not decide, does nothing and returns `false`.
    fn advance_listed(&mut self, lists: &[Shortlist]) -> bool;
    /// Takes the last token where it is forced, for which no logits are needed.
    fn force_end(&mut self);
    /// Whether only [`finish`](Search::finish) is left to do.
    fn is_done(&self) -> bool;
    /// For every row the token to feed and the row that it continues, counted within the search.
    fn rows(&self) -> Vec<(u32, usize)>;
    /// The best sequence found.
    fn finish(&mut self) -> Generated;
}

/// Generates one sequence for each of the model's next chunks, all together. `streams` as in
/// [`Session::admit`].
///
/// # Errors
/// Those of the model, and [`Error::NotFinite`](crate::Error::NotFinite).
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
            generated[number] = sequence?;
        }
    }
    Ok(generated)
}
