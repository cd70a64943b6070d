//! Text generation for any model that generates step by step: beam search, greedy search, sampling.
//!
//! A [`StepModel`] turns tokens into logits; a search turns logits into tokens. A [`Session`]
//! runs many searches together, step by step, independently of each other: a chunk leaves as soon
//! as it is done, and others may be admitted at any step (continuous batching).

mod beam;
mod config;
mod degenerate;
mod logits_processors;
mod sample;
mod session;
mod step;

pub use crate::kernels::{LogitStats, Shortlist, shortlists};
pub use config::GenerationConfig;
pub use degenerate::is_degenerate;
pub use logits_processors::{BannedSequences, LogitsProcessor, LogitsProcessors, Scores};
pub use session::Session;
pub use step::{Generated, Step, StepModel};

use crate::error::Result;

/// Generates one sequence for each of the model's next chunks in one batch. For `streams`, see
/// [`Session::admit`].
///
/// # Errors
/// Those of the model, and [`Error::NotFinite`](crate::Error::NotFinite).
///
/// # Panics
/// If `config` is not [valid](GenerationConfig::validate) for the model, or the model returns no
/// logits.
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
