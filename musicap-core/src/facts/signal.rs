//! What the samples of a recording say about it, before its captions are known.

use serde::{Deserialize, Serialize};

use super::key::KeyMeter;
use super::tempo::{Pulses, TempoMeter};
use super::types::{Key, Loudness};

/// Facts from the samples of a recording: tempo, time signature, beats, key and loudness.
///
/// [`Chunks::take_signal_facts`](crate::audio::Chunks::take_signal_facts) gives them once a recording
/// has been read, and [`Facts::of_recording`](super::Facts::of_recording) combines them with those of
/// its captions. They can be kept as JSON in between: the captions may be computed elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalFacts {
    /// Which of half and double a tempo is depends on what captions say.
    pub(super) pulses: Pulses,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) loudness: Option<Loudness>,
}

/// Measures the mono samples of a recording while they are read.
pub(crate) struct SignalAnalysis {
    tempo: TempoMeter,
    key: KeyMeter,
}

impl SignalAnalysis {
    /// For samples at this rate, in hertz.
    pub(crate) fn new(sample_rate: u32, with_beats: bool) -> Self {
        let tempo = TempoMeter::new(sample_rate, with_beats);
        SignalAnalysis { tempo, key: KeyMeter::new(sample_rate) }
    }

    /// Takes the next samples.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.tempo.push(samples);
        self.key.push(samples);
    }

    /// What is known of all samples, the first of which is at `start_s` seconds.
    pub(crate) fn finish(self, start_s: f64, loudness: Option<Loudness>) -> SignalFacts {
        SignalFacts { pulses: self.tempo.finish(start_s), key: self.key.finish(), loudness }
    }
}

impl std::fmt::Debug for SignalAnalysis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignalAnalysis").finish_non_exhaustive()
    }
}
