//! Facts: what is known of a section of music, whoever says it.
//!
//! Today they are parsed from captions by the [`lexicon`]; whatever else knows instruments or a
//! tempo (a classifier's tags) adds [`Term`]s of its own. Sections, summaries and captions in
//! other languages are made from facts alone. [`Roles`] are kept for translations: sections and
//! summaries do not use them.

mod caption;
mod lexicon;
mod parse;
mod roles;
mod term;
mod text;

pub(crate) use caption::Facts;
#[cfg(test)]
pub(super) use lexicon::all_terms;
pub(super) use lexicon::{COMMON_WORDS, FUNCTION_WORDS, INTENSIFIERS};
pub(super) use roles::{Figure, Lead, Manner, Roles};
pub(crate) use term::{Kind, Term};
pub(super) use text::Sentence;
