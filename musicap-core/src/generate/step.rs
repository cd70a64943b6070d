//! What searches and models agree on: the trait of a model that takes steps, that of a search, and
//! what they pass to each other.

use crate::error::Result;
use crate::kernels::{LogitStats, Shortlist};

/// A decoder that generates token by token for several chunks at once.
pub trait StepModel {
    /// Admits `chunks` more chunks, one row each after the existing rows, feeds `prefix` to them,
    /// and replaces the contents of `logits` with the logits after its last token,
    /// `chunks · vocab_size` of them; or leaves `logits` empty and the values on the device, for
    /// [`shortlists`](Self::shortlists) and [`fetch`](Self::fetch).
    ///
    /// # Errors
    /// If the backend fails.
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()>;

    /// Feeds one token to every row and replaces the contents of `logits` with the logits after it,
    /// or leaves it empty as [`admit`](Self::admit) may. A step without rows leaves the model
    /// without any.
    ///
    /// # Errors
    /// If the backend fails.
    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()>;

    /// Statistics of each row of the logits just written, if the model has already computed them;
    /// otherwise the caller computes them.
    fn logit_stats(&mut self) -> Option<Vec<LogitStats>> {
        None
    }

    /// At least the `count` most likely tokens of each row of the logits left on the device; `None`
    /// if [`fetch`](Self::fetch)ing all of them is no slower.
    ///
    /// # Errors
    /// If the backend fails.
    fn shortlists(&mut self, count: usize) -> Result<Option<Vec<Shortlist>>> {
        let _ = count;
        Ok(None)
    }

    /// Replaces the contents of `logits` with the logits left on the device.
    ///
    /// # Errors
    /// If the backend fails.
    fn fetch(&mut self, logits: &mut Vec<f32>) -> Result<()> {
        let _ = logits;
        Ok(())
    }
}

/// One step of a [`StepModel`]. The rows of a chunk are adjacent; every chunk has the same number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The token for each row.
    pub tokens: Vec<u32>,
    /// The row of the previous step that each row continues.
    pub parents: Vec<usize>,
    /// The chunks of the previous step that continue, as indices into that step.
    pub chunks: Vec<usize>,
}

/// A generated sequence.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Generated {
    /// Token ids from the start token to the end token.
    pub tokens: Vec<u32>,
    /// Sum of the tokens' log-probabilities (natural logarithm), divided by the length to the power
    /// of the length penalty. Beam search computes it as transformers does: from the model's own
    /// probabilities, with the end token not counted in the length. Greedy search and sampling
    /// use probabilities among the tokens that were allowed.
    pub score: f32,
    /// The probability, 0 to 1, that everything in the caption is true; `None` for a model without
    /// a tag head. It is set by the captioner, not by the search.
    pub confidence: Option<f32>,
}

/// The search for one chunk's caption: logits in, the tokens to feed next out.
pub(super) trait Search: Send {
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
