//! From any source of samples to chunks at the model's sample rate.

use std::borrow::Cow;
use std::time::Duration;

use super::loudness::Leveler;
use super::waveform::check_finite;
use super::{AudioConfig, AudioNote, AudioReader, Chunk, Chunker, Gap, Resampler, Tail, Waveform};
use crate::error::Result;
use crate::facts::{FactsMode, Loudness, SignalAnalysis, SignalFacts};

/// Samples taken from a waveform at a time.
const BLOCK: usize = 1 << 16;

/// Mono samples that are pulled block by block.
pub trait SampleSource {
    /// Sample rate in hertz.
    fn sample_rate(&self) -> u32;

    /// The next samples, at least one; `None` at the end.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn next_block(&mut self) -> Result<Option<&[f32]>>;

    /// The total duration, if it is known before the end.
    fn duration(&self) -> Option<Duration> {
        None
    }

    /// A name for the source, if it has one.
    fn name(&self) -> Option<&str> {
        None
    }

    /// What could not be decoded so far.
    fn gaps(&self) -> &[Gap] {
        &[]
    }

    /// Number of gaps beyond those in [`gaps`](Self::gaps).
    fn unlisted_gaps(&self) -> usize {
        0
    }

    /// When the audio starts on the timeline of chunks and captions.
    fn start(&self) -> Duration {
        Duration::ZERO
    }

    /// Changes made to the audio so far that users should know about.
    fn notes(&self) -> Vec<AudioNote> {
        Vec::new()
    }

    /// Asks the source to measure its loudness, before the first block is read.
    fn measure_loudness(&mut self) {}

    /// The loudness of all channels so far, if the source measures it.
    fn loudness(&self) -> Option<Loudness> {
        None
    }
}

impl<S: SampleSource + ?Sized> SampleSource for Box<S> {
    fn sample_rate(&self) -> u32 {
        (**self).sample_rate()
    }

    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        (**self).next_block()
    }

    fn duration(&self) -> Option<Duration> {
        (**self).duration()
    }

    fn name(&self) -> Option<&str> {
        (**self).name()
    }

    fn gaps(&self) -> &[Gap] {
        (**self).gaps()
    }

    fn unlisted_gaps(&self) -> usize {
        (**self).unlisted_gaps()
    }

    fn start(&self) -> Duration {
        (**self).start()
    }

    fn notes(&self) -> Vec<AudioNote> {
        (**self).notes()
    }

    fn measure_loudness(&mut self) {
        (**self).measure_loudness();
    }

    fn loudness(&self) -> Option<Loudness> {
        (**self).loudness()
    }
}

impl SampleSource for AudioReader {
    fn sample_rate(&self) -> u32 {
        self.sample_rate()
    }

    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        self.next_block()
    }

    fn duration(&self) -> Option<Duration> {
        self.duration()
    }

    fn name(&self) -> Option<&str> {
        Some(self.origin())
    }

    fn gaps(&self) -> &[Gap] {
        self.gaps()
    }

    fn unlisted_gaps(&self) -> usize {
        self.unlisted_gaps()
    }

    fn start(&self) -> Duration {
        self.start()
    }

    fn notes(&self) -> Vec<AudioNote> {
        self.notes().to_vec()
    }

    fn measure_loudness(&mut self) {
        self.measure_loudness();
    }

    fn loudness(&self) -> Option<Loudness> {
        self.loudness()
    }
}

/// A [`Waveform`] as a source.
#[derive(Clone, Debug)]
pub struct WaveformReader<'a> {
    waveform: Cow<'a, Waveform>,
    position: usize,
}

impl Waveform {
    /// A source that borrows this waveform.
    pub fn reader(&self) -> WaveformReader<'_> {
        WaveformReader { waveform: Cow::Borrowed(self), position: 0 }
    }

    /// A source that owns this waveform.
    pub fn into_reader(self) -> WaveformReader<'static> {
        WaveformReader { waveform: Cow::Owned(self), position: 0 }
    }
}

impl SampleSource for WaveformReader<'_> {
    fn sample_rate(&self) -> u32 {
        self.waveform.sample_rate()
    }

    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        let rest = &self.waveform.samples()[self.position..];
        let block = &rest[..rest.len().min(BLOCK)];
        self.position += block.len();
        Ok((!block.is_empty()).then_some(block))
    }

    fn duration(&self) -> Option<Duration> {
        Some(self.waveform.duration())
    }

    fn notes(&self) -> Vec<AudioNote> {
        self.waveform.note().cloned().into_iter().collect()
    }
}

/// The chunks of a source, at the model's sample rate and of its chunk length: an iterator that
/// holds no more than a chunk and a block.
///
/// ```
/// use musicap::audio::{AudioConfig, Chunks, Tail, Waveform};
///
/// let waveform = Waveform::new(vec![0.0; 44_100 * 12], 44_100)?;
/// let chunks = Chunks::new(waveform.reader(), &AudioConfig::default(), 0.0, Tail::Keep)?;
/// let ends: Vec<f64> = chunks.map(|chunk| chunk.map(|chunk| chunk.end_s)).collect::<Result<_, _>>()?;
/// assert_eq!(ends, [10.0, 12.0]);
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Debug)]
pub struct Chunks<S> {
    source: S,
    resampler: Resampler,
    /// `None` if recordings are left as quiet as they are.
    leveler: Option<Leveler>,
    chunker: Chunker,
    /// Samples that have come out of the resampler.
    samples: u64,
    resampled: Vec<f32>,
    exhausted: bool,
    /// What is measured for facts, if somebody asked.
    analysis: Option<SignalAnalysis>,
}

impl<S: SampleSource> Chunks<S> {
    /// Chunks for the front end `config`; neighbouring chunks overlap by `overlap_seconds`.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption), as for [`Chunker::new`] and
    /// [`Resampler::new`].
    pub fn new(source: S, config: &AudioConfig, overlap_seconds: f64, tail: Tail) -> Result<Self> {
        Ok(Chunks {
            resampler: Resampler::of_source(source.sample_rate(), config.sample_rate)?,
            leveler: Some(Leveler::new(config.sample_rate)),
            chunker: Chunker::new(config, overlap_seconds, tail)?,
            source,
            samples: 0,
            resampled: Vec::new(),
            exhausted: false,
            analysis: None,
        })
    }

    /// Leaves recordings that are far too quiet as they are, for features that are compared with
    /// others'. Without it they are amplified, which [`notes`](Self::notes) says.
    pub fn without_leveling(mut self) -> Self {
        self.leveler = None;
        self
    }

    /// Measures what the [facts](crate::facts) of the recording need while chunks are read.
    pub fn with_facts(mut self, mode: FactsMode) -> Self {
        if mode != FactsMode::Off {
            let with_beats = mode == FactsMode::WithBeats;
            self.analysis = Some(SignalAnalysis::new(self.resampler.to_hz(), with_beats));
            self.source.measure_loudness();
        }
        self
    }

    /// What has been measured of the samples so far, once; `None` if
    /// [`with_facts`](Self::with_facts) has not asked for it.
    pub fn take_signal_facts(&mut self) -> Option<SignalFacts> {
        let analysis = self.analysis.take()?;
        Some(analysis.finish(self.start_s(), self.source.loudness()))
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// How far the source has been read on its own timeline, in seconds; where the audio ends once
    /// the iterator has ended.
    pub fn position_s(&self) -> f64 {
        self.start_s() + self.samples as f64 / f64::from(self.resampler.to_hz())
    }

    /// Changes made to the audio so far that users should know about.
    pub fn notes(&self) -> Vec<AudioNote> {
        let gain_db = self.leveler.as_ref().and_then(Leveler::gain_db);
        let amplified = gain_db.map(|gain_db| AudioNote::Amplified { gain_db });
        self.source.notes().into_iter().chain(amplified).collect()
    }

    /// Where the source starts on its own timeline, in seconds.
    pub(crate) fn start_s(&self) -> f64 {
        self.source.start().as_secs_f64()
    }

    /// Moves one block from the source into the chunker.
    fn pull(&mut self) -> Result<()> {
        self.resampled.clear();
        match self.source.next_block()? {
            Some(block) => self.resampler.process(block, &mut self.resampled),
            None => {
                self.resampler.finish(&mut self.resampled);
                self.exhausted = true;
            }
        }
        self.samples += self.resampled.len() as u64;
        if let Some(analysis) = &mut self.analysis {
            analysis.push(&self.resampled);
        }
        if let Some(leveler) = &mut self.leveler {
            leveler.process(&mut self.resampled, self.exhausted);
        }
        self.chunker.push(&self.resampled);
        if self.exhausted {
            self.chunker.finish();
        }
        Ok(())
    }
}

impl<S: SampleSource> Iterator for Chunks<S> {
    type Item = Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(mut chunk) = self.chunker.pop() {
                let start_s = self.start_s();
                chunk.start_s += start_s;
                chunk.end_s += start_s;
                return Some(Ok(chunk));
            }
            if self.exhausted {
                return None;
            }
            if let Err(error) = self.pull() {
                self.exhausted = true;
                return Some(Err(error));
            }
        }
    }
}

/// The chunks of samples in memory that have the front end's sample rate, cut as by [`Chunks`]
/// without overlap, and however quiet left as they are. At most the last two are copied, the others
/// borrow the samples.
///
/// ```
/// use musicap::audio::{AudioConfig, LogMel, Tail, chunks_in_place};
///
/// let config = AudioConfig::default();
/// let samples = vec![0.1; 16_000 * 25];
/// let chunks = chunks_in_place(&samples, &config, Tail::Keep)?;
/// assert_eq!(LogMel::new(&config)?.compute_chunks(&chunks).dim(), (3, 128, 1001));
/// # Ok::<(), musicap::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidSamples`](crate::Error::InvalidSamples) if a sample is not finite;
/// [`Error::InvalidOption`](crate::Error::InvalidOption) if `config` is invalid.
pub fn chunks_in_place<'a>(
    samples: &'a [f32],
    config: &AudioConfig,
    tail: Tail,
) -> Result<Vec<Cow<'a, [f32]>>> {
    check_finite(samples)?;
    let mut chunker = Chunker::new(config, 0.0, tail)?;
    let length = config.chunk_samples();
    // What becomes of a tail depends on whether a chunk goes before it.
    let in_place = (samples.len() / length).saturating_sub(1) * length;
    let (samples, rest) = samples.split_at(in_place);
    chunker.push(rest);
    chunker.finish();
    let last = std::iter::from_fn(|| chunker.pop()).map(|chunk| Cow::Owned(chunk.samples));
    Ok(samples.chunks_exact(length).map(Cow::Borrowed).chain(last).collect())
}
