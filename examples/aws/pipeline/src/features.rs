//! The description that is stored beside an array of features.

use musicap::audio::{AudioConfig, ChunkSpan, SoundChange};
use musicap::caption::UncaptionedSpan;
use musicap::facts::{Facts, SignalFacts};
use musicap::{Caption, CaptionOptions, Captions};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::name::{digest, file_name};
use crate::{Problem, shorten};

/// `features/ID.json`: what the chunks of `features/ID.npy` were computed from. Nothing in it
/// depends on when it was written, so writing it again changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The recording.
    pub source: Source,
    /// Its length in seconds.
    pub duration_s: f64,
    /// The front end that computed the features.
    pub front_end: AudioConfig,
    /// The [`fingerprint`] of the front end.
    pub fingerprint: String,
    /// The start and end of each chunk.
    pub chunks: Vec<ChunkSpan>,
    /// Parts of the recording that could not be decoded.
    pub gaps: Vec<UncaptionedSpan>,
    /// What was done to the audio that its listener should know of.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The times at which the sound changes, from which sections get their boundaries.
    #[serde(default)]
    pub changes: Vec<SoundChange>,
    /// What the recording's facts are made from, besides its captions; none if they are off.
    #[serde(default)]
    pub facts: Option<StoredFacts>,
}

/// What facts are made from, besides captions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredFacts {
    /// Those of all samples.
    pub signal: SignalFacts,
    /// Those of each chunk, by the embedded model; none if the model has tags of its own.
    #[serde(default)]
    pub chunks: Vec<Facts>,
}

/// Where a recording is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, in buckets with versioning.
    pub version: Option<String>,
    /// The entity tag.
    pub etag: Option<String>,
}

impl Features {
    /// Parses the JSON read from `origin`.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if it is not what `ingest` writes.
    pub fn read(origin: &str, json: &str) -> Result<Self, Problem> {
        serde_json::from_str(json)
            .map_err(|reason| Problem::permanent("Features", format!("{origin}: {reason}")))
    }

    /// `options` with facts, if these features have what they are made from.
    pub fn options(&self, options: &CaptionOptions) -> CaptionOptions {
        match self.facts {
            Some(_) => options.clone().with_facts(),
            None => options.clone(),
        }
    }

    /// The captions of the recording, from those of all of its chunks by the model `model`.
    pub fn captions(self, model: String, mut captions: Vec<Caption>) -> Captions {
        let facts = self.facts.map(|StoredFacts { signal, chunks }| {
            for (caption, facts) in captions.iter_mut().zip(chunks) {
                caption.facts = Some(Box::new(facts.with_words_of(caption)));
            }
            Facts::of_recording(&captions, &signal)
        });
        let mut captions = Captions::new(self.duration_s, captions);
        captions.file = Some(file_name(&self.source.key).to_owned());
        captions.model = model;
        captions.gaps = self.gaps;
        captions.notes = self.notes;
        captions.changes = self.changes;
        captions.facts = facts;
        captions
    }

    /// Checks that these features are what the model `model` with the front end `front_end` takes.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if a different front end computed them.
    pub fn check(&self, model: &str, front_end: &AudioConfig) -> Result<(), Problem> {
        let expected = fingerprint(front_end);
        if self.fingerprint == expected {
            return Ok(());
        }
        let found = shorten(&self.fingerprint);
        let message = format!(
            "the features of {} were computed by a different front end ({found}) than the model \
             {model} has ({expected}): give `ingest` the same MODEL as `caption`",
            self.source.key
        );
        Err(Problem::permanent("FrontEnd", message))
    }
}

/// Identifies what a front end computes: a digest of all of its numbers, by the names and values
/// that they have in `config.json`.
pub fn fingerprint(front_end: &AudioConfig) -> String {
    let Ok(Value::Object(numbers)) = serde_json::to_value(front_end) else {
        unreachable!("a configuration is a JSON object");
    };
    // In a fixed order, whatever the features of serde_json are.
    let mut lines: Vec<String> =
        numbers.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    lines.sort();
    digest(&lines.concat(), 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use musicap::audio::{MelScale, Pad, Power, Scaling};

    /// A front end for each number, in which that number alone differs from the default.
    fn variants() -> Vec<AudioConfig> {
        let variant = |change: fn(&mut AudioConfig)| {
            let mut front_end = AudioConfig::default();
            change(&mut front_end);
            front_end
        };
        vec![
            variant(|one| one.sample_rate = 22_050),
            variant(|one| one.n_fft = 512),
            variant(|one| one.hop_length = 640),
            variant(|one| one.n_mels = 64),
            variant(|one| one.f_min = 20.0),
            variant(|one| one.f_max = 7_000.0),
            variant(|one| one.power = Power::Squared),
            variant(|one| one.power = Power::Amplitude),
            variant(|one| one.chunk_seconds = 5.0),
            variant(|one| one.pad = Pad::Repeat),
            variant(|one| one.mel_scale = MelScale::Slaney),
            variant(|one| one.scaling = Scaling::Whisper),
            variant(|one| one.drop_last_frame = true),
        ]
    }

    #[test]
    fn every_number_of_a_front_end_counts() {
        let default = fingerprint(&AudioConfig::default());
        let mut all: Vec<String> = variants().iter().map(fingerprint).collect();
        all.push(default);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), variants().len() + 1, "two front ends have the same fingerprint");
    }

    /// Written down, because stored features carry it: renaming a variant in Rust must not change
    /// it.
    #[test]
    fn the_fingerprint_is_that_of_the_configuration_file() {
        // printf 'chunk_seconds=10.0\nf_max=8000.0\nf_min=0.0\nhop_length=160\nn_fft=1024\n\
        // n_mels=128\npad="zero"\npower="real"\nsample_rate=16000\n' | sha256sum | cut -c-16
        assert_eq!(fingerprint(&AudioConfig::default()), "20ad63f3c72b799c");
    }

    fn described() -> Features {
        let front_end = AudioConfig::default();
        Features {
            source: Source { bucket: "b".into(), key: "k".into(), version: None, etag: None },
            duration_s: 1.0,
            fingerprint: fingerprint(&front_end),
            front_end,
            chunks: vec![],
            gaps: vec![],
            notes: vec!["the edit list was ignored".into()],
            changes: vec![],
            facts: None,
        }
    }

    #[test]
    fn features_of_another_front_end_are_refused() {
        let features = described();
        features.check("m", &AudioConfig::default()).unwrap();
        for other in variants() {
            assert!(features.check("m", &other).unwrap_err().to_string().contains("MODEL"));
        }
        for facts in
            [None, Some(StoredFacts { chunks: vec![Facts::default()], ..StoredFacts::default() })]
        {
            let features = Features { facts, ..features.clone() };
            let json = serde_json::to_string(&features).unwrap();
            assert_eq!(Features::read("a", &json).unwrap(), features);
        }
    }

    #[test]
    fn descriptions_of_before_notes_changes_and_facts_are_read() {
        let mut old = serde_json::to_value(described()).unwrap();
        for key in ["notes", "changes", "facts"] {
            old.as_object_mut().unwrap().remove(key);
        }
        let read = Features::read("a", &old.to_string()).unwrap();
        assert_eq!(read, Features { notes: vec![], ..described() });
    }
}
