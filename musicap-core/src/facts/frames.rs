//! Spectra of the frames of a stream.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Cuts a stream into frames and transforms each, under a Hann window.
pub(super) struct Frames {
    fft: Arc<dyn RealToComplex<f32>>,
    hann: Vec<f32>,
    /// Samples between the starts of frames.
    hop: usize,
    /// Samples of the next frame.
    pending: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Frames {
    pub(super) fn new(length: usize, hop: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(length);
        let (spectrum, scratch) = (fft.make_output_vec(), fft.make_scratch_vec());
        let turn = std::f32::consts::TAU / length as f32;
        let hann = (0..length).map(|n| 0.5 - 0.5 * (turn * n as f32).cos()).collect();
        let (pending, frame) = (Vec::new(), vec![0.0; length]);
        Frames { fft, hann, hop, pending, frame, spectrum, scratch }
    }

    /// Takes the next samples, and calls `each` with the samples and the spectrum, `[length / 2 + 1]`,
    /// of every frame that they complete.
    pub(super) fn push(&mut self, samples: &[f32], mut each: impl FnMut(&[f32], &[Complex32])) {
        self.pending.extend_from_slice(samples);
        let (length, mut start) = (self.hann.len(), 0);
        while start + length <= self.pending.len() {
            let samples = &self.pending[start..start + length];
            for ((frame, &x), hann) in self.frame.iter_mut().zip(samples).zip(&self.hann) {
                *frame = x * hann;
            }
            self.fft
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
                .expect("buffers of the planned length");
            each(samples, &self.spectrum);
            start += self.hop;
        }
        self.pending.drain(..start.min(self.pending.len()));
    }
}
