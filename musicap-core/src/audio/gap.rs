//! What of a file could not be decoded.

use std::fmt;
use std::time::Duration;

/// At most this many gaps are listed one by one; later ones are only counted.
const MAX_LISTED: usize = 1_000;
/// Gaps of one kind closer than this are reported as one.
const CLOSE: f64 = 0.05;

/// A span of a file that could not be decoded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gap {
    /// Where it starts, from the start of the file's timeline.
    pub start: Duration,
    /// Where it ends; equal to `start` if the length of the missing audio is unknown.
    pub end: Duration,
    /// Why.
    pub cause: GapCause,
    /// Whether it was replaced with silence of the same length, so that later times are right.
    pub filled: bool,
}

/// Why a span is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapCause {
    /// The data is damaged; with the decoder's message.
    Damaged(String),
    /// The file's timestamps jump forward: audio was cut out or lost.
    Missing,
    /// The file is shorter than its header declares.
    Truncated,
    /// Samples were infinite or NaN; they became 0.
    NotFinite,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start.as_secs_f64(), self.end.as_secs_f64());
        write!(f, "{start:.2} s to {end:.2} s: ")?;
        match &self.cause {
            GapCause::Damaged(reason) => write!(f, "damaged ({reason})")?,
            GapCause::Missing => write!(f, "missing according to the file's timestamps")?,
            GapCause::Truncated => return write!(f, "missing: the file is truncated"),
            GapCause::NotFinite => {
                return write!(f, "some samples are NaN or infinite; replaced with 0");
            }
        }
        f.write_str(if self.filled { "; replaced with silence" } else { "; omitted" })
    }
}

/// The list that grows while decoding.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    pub(super) list: Vec<Gap>,
    pub(super) omitted: usize,
}

impl Gaps {
    pub(super) fn push(&mut self, start: f64, end: f64, cause: GapCause, filled: bool) {
        let seconds = |x: f64| Duration::try_from_secs_f64(x).unwrap_or(Duration::MAX);
        let (start, end) = (seconds(start), seconds(end));
        if let Some(last) = self.list.last_mut()
            && std::mem::discriminant(&last.cause) == std::mem::discriminant(&cause)
            && last.filled == filled
            && start <= last.end.saturating_add(Duration::from_secs_f64(CLOSE))
        {
            last.end = last.end.max(end);
        } else if self.list.len() < MAX_LISTED {
            self.list.push(Gap { start, end, cause, filled });
        } else {
            self.omitted += 1;
        }
    }
}
