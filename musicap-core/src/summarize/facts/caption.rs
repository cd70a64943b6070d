//! All facts of one caption.

use super::roles::Roles;
use super::term::{Kind, Term};
use super::text::Sentence;

/// The facts of one caption.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// What is there, each once, in the order of mention: the leading sound comes first.
    pub(crate) terms: Vec<Term>,
    /// What is said to be missing: drums and voices, by their groups' general terms.
    pub(crate) absent: Vec<Term>,
    /// Whether the one sound is said to be alone.
    pub(crate) is_solo: bool,
    /// Which sound leads, and how the others accompany it.
    pub(crate) roles: Roles,
    /// The sentences that they were read from, without those that repeat without end.
    pub(in crate::summarize) sentences: Vec<Sentence>,
    /// Words that the lexicon does not know.
    pub(crate) unread: Vec<String>,
}

impl Facts {
    /// Whether there is nothing to use.
    pub(in crate::summarize) fn is_empty(&self) -> bool {
        self.sentences.is_empty() && self.terms.is_empty() && self.absent.is_empty()
    }

    /// Whether the facts say all that the text says, so that they may stand for it.
    pub(crate) fn is_complete(&self) -> bool {
        self.unread.is_empty() && !self.terms.is_empty()
    }

    /// Terms of these kinds.
    pub(crate) fn of(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = Term> {
        self.terms.iter().copied().filter(move |term| wanted(term.kind))
    }
}
