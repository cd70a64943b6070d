//! Captions of recordings and of features, until there is no more time.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Instant;

use musicap::audio::{AudioLimits, AudioReader, ChunkSpan, NpyReader};
use musicap::{Caption, CaptionOptions, Captioner, Captions};
use ndarray::{Array3, Axis};

/// A model that is loaded, and how it is used. Cheap to clone.
#[derive(Clone)]
pub struct Model {
    /// The model.
    pub captioner: Captioner,
    /// How recordings are captioned.
    pub options: CaptionOptions,
    /// How much sound is taken.
    pub limits: AudioLimits,
}

/// Why there are no captions.
#[derive(Debug)]
pub enum Failure {
    /// The input or the model.
    Captions(musicap::Error),
    /// The array.
    Array(std::io::Error),
    /// The input is not what the model hears; says why.
    Input(String),
    /// Time ran out after so many chunks.
    Late(usize),
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
            Failure::Late(done) => write!(
                f,
                "time ran out after {done} chunks: send fewer at a time, or start a processing job"
            ),
        }
    }
}

/// When work ends before its end.
#[derive(Clone, Debug, Default)]
pub struct Until {
    /// At this time.
    pub deadline: Option<Instant>,
    /// As soon as nobody waits for it.
    pub abandoned: Arc<AtomicBool>,
}

impl Until {
    fn check(&self, done: usize) -> Result<(), Failure> {
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        match late || self.abandoned.load(Ordering::Relaxed) {
            true => Err(Failure::Late(done)),
            false => Ok(()),
        }
    }
}

impl Model {
    /// The captions of a recording.
    pub fn recording(&self, reader: AudioReader, until: &Until) -> Result<Captions, Failure> {
        let mut stream = self.captioner.captions(reader, &self.options)?;
        let mut captions = Vec::new();
        loop {
            match stream.poll_next() {
                Poll::Ready(Some(caption)) => captions.push(caption?),
                Poll::Ready(None) => return Ok(stream.finish(captions)),
                Poll::Pending => until.check(captions.len())?,
            }
        }
    }

    /// The captions of an array of features that is read piece by piece. `spans` say where its
    /// chunks lie.
    pub fn array(
        &self,
        npy: &mut NpyReader<impl Read>,
        spans: &[ChunkSpan],
        until: &Until,
    ) -> Result<Captions, Failure> {
        self.check_shape(npy.shape())?;
        let mut captions = Vec::new();
        for spans in spans.chunks(self.captioner.batch_size(&self.options)) {
            until.check(captions.len())?;
            let chunks = npy.read(spans.len()).map_err(Failure::Array)?;
            captions.extend(self.batch(chunks, spans)?);
        }
        Ok(self.whole(captions))
    }

    /// The captions of features in memory.
    pub fn features(
        &self,
        chunks: &Array3<f32>,
        spans: &[ChunkSpan],
        until: &Until,
    ) -> Result<Captions, Failure> {
        self.check_shape(chunks.dim().into())?;
        let mut captions = Vec::new();
        for spans in spans.chunks(self.captioner.batch_size(&self.options)) {
            until.check(captions.len())?;
            let done = captions.len();
            let batch = chunks.slice_axis(Axis(0), (done..done + spans.len()).into()).to_owned();
            captions.extend(self.batch(batch, spans)?);
        }
        Ok(self.whole(captions))
    }

    /// Spans of `count` chunks in a row, the first of which has the number `first`, as they are
    /// where nothing else is known.
    pub fn spans(&self, first: usize, count: usize) -> Vec<ChunkSpan> {
        let seconds = self.captioner.config().audio.chunk_seconds;
        let at = |index: usize| index as f64 * seconds;
        let span = |index| ChunkSpan { index, start_s: at(index), end_s: at(index + 1) };
        (first..first + count).map(span).collect()
    }

    fn batch(&self, chunks: Array3<f32>, spans: &[ChunkSpan]) -> Result<Vec<Caption>, Failure> {
        let generation = &self.captioner.config().generation;
        Ok(self.captioner.caption_features(chunks, spans, generation)?)
    }

    fn check_shape(&self, [chunks, n_mels, frames]: [usize; 3]) -> Result<(), Failure> {
        let audio = &self.captioner.config().audio;
        let expected = [audio.n_mels, audio.frames()];
        match [n_mels, frames] == expected {
            true => Ok(()),
            false => Err(Failure::Input(format!(
                "features of shape [{chunks}, {n_mels}, {frames}]; the model {} hears [chunks, {}, {}]",
                self.captioner.name(),
                expected[0],
                expected[1]
            ))),
        }
    }

    fn whole(&self, captions: Vec<Caption>) -> Captions {
        let start = captions.first().map_or(0.0, |caption: &Caption| caption.start_s);
        let end = captions.last().map_or(0.0, |caption| caption.end_s);
        Captions {
            duration_s: end - start,
            model: self.captioner.name().to_owned(),
            captions,
            ..Captions::default()
        }
    }
}
