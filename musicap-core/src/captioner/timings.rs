//! The time that each stage takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A stage of captioning that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Log-mel spectrograms.
    LogMel,
    /// The encoder, with its convolutions.
    Encoder,
    /// The decoder's layers.
    Decoder,
    /// Hidden states to logits.
    OutputLayer,
    /// Log-softmax, the choice of candidates and the next hypotheses.
    Search,
}

const STAGES: [Stage; 5] =
    [Stage::LogMel, Stage::Encoder, Stage::Decoder, Stage::OutputLayer, Stage::Search];

impl Stage {
    /// All stages in their order.
    pub const ALL: &'static [Stage] = &STAGES;
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Stage::LogMel => "log-mel",
            Stage::Encoder => "encoder",
            Stage::Decoder => "decoder",
            Stage::OutputLayer => "output layer",
            Stage::Search => "search",
        })
    }
}

/// Wall-clock time spent in each stage so far, by all clones of a captioner together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    spent: [Duration; STAGES.len()],
    /// Chunks encoded.
    pub chunks: u64,
    /// Steps of the decoder.
    pub steps: u64,
    /// Total number of rows (hypotheses) in all steps.
    pub rows: u64,
}

impl Timings {
    /// The time spent in `stage`.
    pub fn spent(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }
}

/// Measures time if it is switched on: not every platform has a clock.
#[derive(Debug, Default)]
pub(super) struct Clock {
    running: bool,
    nanoseconds: [AtomicU64; STAGES.len()],
    chunks: AtomicU64,
    steps: AtomicU64,
    rows: AtomicU64,
}

impl Clock {
    pub fn new(running: bool) -> Self {
        // There, the standard library has no clock and panics when asked for one.
        let clockless = cfg!(all(target_family = "wasm", target_os = "unknown"));
        Clock { running: running && !clockless, ..Clock::default() }
    }

    /// Does `work` and counts its time for `stage`.
    pub fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        if !self.running {
            return work();
        }
        let begun = std::time::Instant::now();
        let result = work();
        let spent = begun.elapsed().as_nanos() as u64;
        self.nanoseconds[stage as usize].fetch_add(spent, Ordering::Relaxed);
        result
    }

    /// Does `work`, within which decoder and output layer are timed, and counts the rest for the
    /// search.
    pub fn time_search<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.running {
            return work();
        }
        let model = || self.spent(Stage::Decoder) + self.spent(Stage::OutputLayer);
        let (before, begun) = (model(), std::time::Instant::now());
        let result = work();
        let rest = begun.elapsed().saturating_sub(model() - before).as_nanos() as u64;
        self.nanoseconds[Stage::Search as usize].fetch_add(rest, Ordering::Relaxed);
        result
    }

    /// Counts chunks that have been encoded.
    pub fn count_chunks(&self, chunks: usize) {
        self.chunks.fetch_add(chunks as u64, Ordering::Relaxed);
    }

    /// Counts a step of the decoder.
    pub fn count_step(&self, rows: usize) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    fn spent(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.nanoseconds[stage as usize].load(Ordering::Relaxed))
    }

    pub fn read(&self) -> Option<Timings> {
        self.running.then(|| Timings {
            spent: STAGES.map(|stage| self.spent(stage)),
            chunks: self.chunks.load(Ordering::Relaxed),
            steps: self.steps.load(Ordering::Relaxed),
            rows: self.rows.load(Ordering::Relaxed),
        })
    }
}
