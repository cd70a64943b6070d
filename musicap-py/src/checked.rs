//! A source of samples with checks before and after each block.

use std::time::Duration;

use musicap::Result;
use musicap::audio::{AudioNote, Gap, SampleSource};
use musicap::facts::Loudness;

/// What is done before and after a block is read.
pub trait Check {
    /// Before; an error is returned in place of the block.
    fn before(&mut self) -> Result<()> {
        Ok(())
    }

    /// After: returns the block, or an error in its place.
    fn after<'a>(&mut self, block: Result<Option<&'a [f32]>>) -> Result<Option<&'a [f32]>>;
}

/// A source whose blocks are checked. Everything else is the source's own.
pub struct Checked<S, C> {
    pub source: S,
    pub check: C,
}

impl<S: SampleSource, C: Check> SampleSource for Checked<S, C> {
    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        self.check.before()?;
        self.check.after(self.source.next_block())
    }

    fn sample_rate(&self) -> u32 {
        self.source.sample_rate()
    }

    fn duration(&self) -> Option<Duration> {
        self.source.duration()
    }

    fn name(&self) -> Option<&str> {
        self.source.name()
    }

    fn gaps(&self) -> &[Gap] {
        self.source.gaps()
    }

    fn unlisted_gaps(&self) -> usize {
        self.source.unlisted_gaps()
    }

    fn start(&self) -> Duration {
        self.source.start()
    }

    fn notes(&self) -> Vec<AudioNote> {
        self.source.notes()
    }

    fn measure_loudness(&mut self) {
        self.source.measure_loudness();
    }

    fn loudness(&self) -> Option<Loudness> {
        self.source.loudness()
    }
}
