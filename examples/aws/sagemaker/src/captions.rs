//! Captions of recordings and of features, within a deadline.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Instant;

use musicap::audio::{AudioLimits, AudioReader, ChunkSpan, NpyReader};
use musicap::{Caption, CaptionOptions, Captioner, Captions};
use ndarray::{Array3, Axis};

/// A loaded model and its settings. Cheap to clone.
#[derive(Clone)]
pub struct Model {
    /// The model.
    pub captioner: Captioner,
    /// How recordings are captioned.
    pub options: CaptionOptions,
    /// The largest recordings.
    pub limits: AudioLimits,
}

/// Why there are no captions.
#[derive(Debug)]
pub enum Failure {
    /// The recording or the model.
    Captions(musicap::Error),
    /// The array cannot be read.
    Array(std::io::Error),
    /// The input does not fit the model, for this reason.
    Input(String),
    /// Time ran out after so many chunks.
    Timeout(usize),
}

impl From<musicap::Error> for Failure {
    fn from(error: musicap::Error) -> Self {
        Failure::Captions(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Captions(error) => error.fmt(f),
            Failure::Array(error) => error.fmt(f),
            Failure::Input(reason) => f.write_str(reason),
            Failure::Timeout(done) => write!(
                f,
                "time ran out after {done} chunks: send fewer at a time, or start a Processing job"
            ),
        }
    }
}

/// When work is given up.
#[derive(Clone, Debug, Default)]
pub struct GiveUp {
    /// At this time.
    pub deadline: Option<Instant>,
    /// When the client has disconnected.
    pub disconnected: Arc<AtomicBool>,
}

impl GiveUp {
    fn check(&self, done: usize) -> Result<(), Failure> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        match is_late || self.disconnected.load(Ordering::Relaxed) {
            true => Err(Failure::Timeout(done)),
            false => Ok(()),
        }
    }
}

impl Model {
    /// The captions of a recording.
    pub fn recording(&self, reader: AudioReader, give_up: &GiveUp) -> Result<Captions, Failure> {
        let mut stream = self.captioner.caption_stream(reader, &self.options)?;
        let mut captions = Vec::new();
        loop {
            match stream.poll_next() {
                Poll::Ready(Some(caption)) => captions.push(caption?),
                Poll::Ready(None) => return Ok(stream.finish(captions)),
                Poll::Pending => give_up.check(captions.len())?,
            }
        }
    }

    /// The captions of an array of features, which is read batch by batch. `spans` are the times of
    /// its chunks.
    pub fn array(
        &self,
        npy: &mut NpyReader<impl Read>,
        spans: &[ChunkSpan],
        give_up: &GiveUp,
    ) -> Result<Captions, Failure> {
        let mut captions = Vec::new();
        for spans in spans.chunks(self.captioner.batch_size(&self.options)) {
            give_up.check(captions.len())?;
            let chunks = npy.read(spans.len()).map_err(Failure::Array)?;
            captions.extend(self.batch(chunks, spans)?);
        }
        Ok(self.joined(captions))
    }

    /// The captions of features in memory.
    pub fn features(
        &self,
        chunks: &Array3<f32>,
        spans: &[ChunkSpan],
        give_up: &GiveUp,
    ) -> Result<Captions, Failure> {
        let mut captions = Vec::new();
        for spans in spans.chunks(self.captioner.batch_size(&self.options)) {
            give_up.check(captions.len())?;
            let done = captions.len();
            let batch = chunks.slice_axis(Axis(0), (done..done + spans.len()).into()).to_owned();
            captions.extend(self.batch(batch, spans)?);
        }
        Ok(self.joined(captions))
    }

    /// The shape of the model's chunks: mel bands, frames.
    pub fn chunk_shape(&self) -> [usize; 2] {
        let audio = &self.captioner.config().audio;
        [audio.n_mels, audio.frames()]
    }

    /// The times of the chunks of an array of features of the shape `shape`, of which `bytes` bytes
    /// are there: consecutive chunks, beginning with the index `first`.
    ///
    /// # Errors
    /// If the model takes chunks of a different shape, or the array has more or fewer bytes. Both
    /// are checked before anything is allocated: a header alone must not take up memory.
    pub fn spans(
        &self,
        first: usize,
        shape: [usize; 3],
        bytes: u64,
    ) -> Result<Vec<ChunkSpan>, Failure> {
        let chunks = check_shape(shape, self.chunk_shape(), bytes).map_err(|reason| {
            Failure::Input(format!("{reason} (the model is {})", self.captioner.name()))
        })?;
        let seconds = self.captioner.config().audio.chunk_seconds;
        let at = |index: usize| index as f64 * seconds;
        let span = |index| ChunkSpan { index, start_s: at(index), end_s: at(index + 1) };
        Ok((first..first + chunks).map(span).collect())
    }

    fn batch(&self, chunks: Array3<f32>, spans: &[ChunkSpan]) -> Result<Vec<Caption>, Failure> {
        Ok(self.captioner.caption_features(chunks, spans, &self.options)?)
    }

    fn joined(&self, captions: Vec<Caption>) -> Captions {
        let start = captions.first().map_or(0.0, |caption: &Caption| caption.start_s);
        let end = captions.last().map_or(0.0, |caption| caption.end_s);
        let mut captions = Captions::new(end - start, captions);
        captions.model = self.captioner.name().to_owned();
        captions
    }
}

/// The number of chunks of an array, if its shape and size are right.
fn check_shape(shape: [usize; 3], expected: [usize; 2], bytes: u64) -> Result<usize, String> {
    let [chunks, n_mels, frames] = shape;
    if [n_mels, frames] != expected {
        let [bands, width] = expected;
        return Err(format!(
            "an array of shape {shape:?}; the model takes [chunks, {bands}, {width}]"
        ));
    }
    let values = shape.iter().try_fold(1u64, |all, &size| all.checked_mul(size as u64));
    match values.and_then(|values| values.checked_mul(size_of::<f32>() as u64)) == Some(bytes) {
        true => Ok(chunks),
        false => Err(format!("an array of shape {shape:?} does not have {bytes} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::check_shape;

    #[test]
    fn a_shape_that_its_bytes_do_not_bear_out_is_refused() {
        assert_eq!(check_shape([3, 2, 2], [2, 2], 48), Ok(3));
        let max = usize::MAX;
        for (shape, expected, bytes) in [
            ([1 << 40, 128, 251], [128, 251], 0),
            ([1 << 62, 1, 4], [1, 4], 0),
            ([max, max, max], [max, max], 4),
            ([3, 2, 2], [2, 2], 47),
            // A million tiny chunks would have a million spans.
            ([1 << 20, 1, 1], [128, 251], 4 << 20),
            ([1 << 40, 0, 251], [128, 251], 0),
        ] {
            assert!(check_shape(shape, expected, bytes).is_err(), "{shape:?}");
        }
    }
}
