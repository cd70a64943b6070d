//! Why a request gave no summary, and whether to send it again.

use std::time::Duration;

use crate::error::SummaryProblem;

/// Why there is no summary.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) problem: SummaryProblem,
    pub(super) reason: String,
    pub(super) retry: Retry,
}

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Retry {
    Never,
    /// At once, without what the server may not know.
    Simpler,
    /// After a wait that the options determine.
    Later,
    /// After as long as the server asks for.
    After(Duration),
}

impl Failure {
    /// A failure that another attempt would not change.
    pub(super) fn last(problem: SummaryProblem, reason: String) -> Self {
        Failure { problem, reason, retry: Retry::Never }
    }
}
