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
    /// After a wait of our own choice.
    Later,
    /// After as long as the server asks for.
    After(Duration),
}

impl Failure {
    /// One that another attempt would not change.
    pub(super) fn last(problem: SummaryProblem, reason: String) -> Self {
        Failure { problem, reason, retry: Retry::Never }
    }
}
