//! Sample rate conversion as a stream.
//!
//! # Method
//! Where both rates, divided by their greatest common divisor, are small enough (every rate in
//! common use is), blocks are resampled by FFT with rubato: transform, multiply with the
//! anti-aliasing filter's spectrum, cut or extend the spectrum, transform back, overlap and add.
//! rubato's filter is centred on half a block, and half a block is a integer number of samples on
//! both sides only if both block sizes are even: with odd ones the output lies a fraction of a
//! sample off. The blocks here are therefore even multiples of rate / gcd.
//!
//! Blocks of rates that share no factor would be as long as the rate itself. These go through a
//! windowed sinc whose positions are exact fractions, see the module `sinc`.
//!
//! # What to expect
//! * Flat within 0.1 dB up to 95 % of the lower Nyquist frequency (97 % by FFT); aliases and
//!   images below −80 dB.
//! * No delay: output sample *k* is the sound at time *k* / `to_hz`.
//! * *n* samples become ⌈*n* · `to_hz` / `from_hz`⌉: one for every output time that lies before the
//!   input's end. What would come after the end is silence, as is what came before the start.
//! * The output does not depend on how the input is split into pushes.
//! * Equal rates pass through unchanged.

use num_integer::gcd;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::sinc::Sinc;
use crate::{Error, Result};

/// The sample rates that a [`Resampler`] supports, in Hz.
pub const RESAMPLER_RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The shorter FFT block is at least this long; it sets the filter's steepness.
const MIN_BLOCK: usize = 1_024;
/// A smallest even block beyond this goes to the sinc: its FFT would take seconds of sound.
const MAX_BASE_BLOCK: usize = 16_384;

/// Converts a stream of mono samples from one rate to another.
///
/// ```
/// use musicap::audio::Resampler;
///
/// let mut resampler = Resampler::new(44_100, 16_000)?;
/// let mut out = Vec::new();
/// for block in vec![0.0_f32; 44_100].chunks(1_000) {
///     resampler.process(block, &mut out);
/// }
/// resampler.finish(&mut out);
/// assert_eq!(out.len(), 16_000);
/// # Ok::<(), musicap::Error>(())
/// ```
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// Samples taken and given since the start.
    taken: u64,
    given: u64,
    path: Path,
}

enum Path {
    Same,
    Fft(Box<FftPath>),
    Sinc(Sinc),
}

impl Resampler {
    /// A resampler at the start of a stream.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if a rate is outside [`RESAMPLER_RATES`].
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self> {
        for (name, rate) in [("from_hz", from_hz), ("to_hz", to_hz)] {
            if !RESAMPLER_RATES.contains(&rate) {
                let (low, high) = (RESAMPLER_RATES.start(), RESAMPLER_RATES.end());
                return Err(Error::option(name, rate, format!("{low} to {high} Hz")));
            }
        }
        let divisor = gcd(from_hz, to_hz);
        let base_in = (from_hz / divisor) as usize * 2;
        let base_out = (to_hz / divisor) as usize * 2;
        let path = if from_hz == to_hz {
            Path::Same
        } else if base_in.max(base_out) <= MAX_BASE_BLOCK {
            let times = MIN_BLOCK.div_ceil(base_in.min(base_out));
            Path::Fft(Box::new(FftPath::new(base_in * times, base_out * times)))
        } else {
            Path::Sinc(Sinc::new(from_hz, to_hz))
        };
        Ok(Self { from_hz, to_hz, taken: 0, given: 0, path })
    }

    /// The same for a source, whose rate callers know as `sample_rate`.
    pub(crate) fn of_source(sample_rate: u32, to_hz: u32) -> Result<Self> {
        Self::new(sample_rate, to_hz)
            .map_err(|error| error.with_option_names(&[("from_hz", "sample_rate")]))
    }

    /// The input's rate in Hz.
    pub fn from_hz(&self) -> u32 {
        self.from_hz
    }

    /// The output's rate in Hz.
    pub fn to_hz(&self) -> u32 {
        self.to_hz
    }

    /// Adds the stream's next samples and appends to `out` the output that is ready.
    ///
    /// `input` may have any length. Its samples should be finite: one that is not affects its
    /// neighbours. Up to one block is held back: at most 0.3 s for common sample rates.
    pub fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.taken += input.len() as u64;
        let before = out.len();
        match &mut self.path {
            Path::Same => out.extend_from_slice(input),
            Path::Fft(fft) => fft.process(input, out),
            Path::Sinc(sinc) => sinc.process(input, out),
        }
        self.given += (out.len() - before) as u64;
    }

    /// Ends the stream and appends the remaining output. The resampler is then ready for another
    /// stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let total = output_len(self.taken, self.from_hz, self.to_hz);
        let missing = total.saturating_sub(self.given);
        let end = out.len() + missing as usize;
        let silence = [0.0; 1_024];
        while out.len() < end {
            self.process(&silence, out);
        }
        out.truncate(end);
        self.taken = 0;
        self.given = 0;
        match &mut self.path {
            Path::Same => {}
            Path::Fft(fft) => fft.reset(),
            Path::Sinc(sinc) => sinc.reset(),
        }
    }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("from_hz", &self.from_hz)
            .field("to_hz", &self.to_hz)
            .field("taken", &self.taken)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

/// rubato's FFT resampler, fed with whole blocks and without its delay.
struct FftPath {
    fft: Fft<f32>,
    block_in: usize,
    block_out: usize,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    /// Output samples of the delay that are still to be dropped.
    delay_left: usize,
}

impl FftPath {
    fn new(block_in: usize, block_out: usize) -> Self {
        // rubato takes rates only through their ratio, so the block sizes serve as rates.
        let fft = Fft::new_custom(
            block_in,
            block_out,
            block_in,
            1,
            1,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .expect("neither the rates nor the block are zero");
        Self { fft, block_in, block_out, pending: Vec::new(), delay_left: block_out / 2 }
    }

    fn process(&mut self, mut input: &[f32], out: &mut Vec<f32>) {
        if !self.pending.is_empty() {
            let (head, rest) = input.split_at(input.len().min(self.block_in - self.pending.len()));
            self.pending.extend_from_slice(head);
            input = rest;
            if self.pending.len() < self.block_in {
                return;
            }
            let block = std::mem::take(&mut self.pending);
            self.block(&block, out);
            self.pending = block;
            self.pending.clear();
        }
        let (blocks, rest) = input.split_at(input.len() - input.len() % self.block_in);
        for block in blocks.chunks_exact(self.block_in) {
            self.block(block, out);
        }
        self.pending.extend_from_slice(rest);
    }

    fn block(&mut self, block: &[f32], out: &mut Vec<f32>) {
        let start = out.len();
        out.resize(start + self.block_out, 0.0);
        let source = SequentialSlice::new(block, 1, self.block_in);
        let target = SequentialSlice::new_mut(&mut out[start..], 1, self.block_out);
        self.fft
            .process_into_buffer(
                &source.expect("a whole block"),
                &mut target.expect("space for a block"),
                None,
            )
            .expect("block sizes are the resampler's own");
        let dropped = self.delay_left.min(self.block_out);
        out.drain(start..start + dropped);
        self.delay_left -= dropped;
    }

    fn reset(&mut self) {
        self.fft.reset();
        self.pending.clear();
        self.delay_left = self.block_out / 2;
    }
}

/// The number of output samples for `samples` input samples: ⌈samples · to / from⌉.
fn output_len(samples: u64, from_hz: u32, to_hz: u32) -> u64 {
    let product = u128::from(samples) * u128::from(to_hz);
    product.div_ceil(u128::from(from_hz)) as u64
}
