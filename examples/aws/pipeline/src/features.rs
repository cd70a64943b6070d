//! What lies beside an array of features and says what it means.

use musicap::audio::{AudioConfig, ChunkSpan};
use musicap::caption::UncaptionedSpan;
use serde::{Deserialize, Serialize};

use crate::Problem;
use crate::name::digest;

/// `features/ID.json`: where the chunks of `features/ID.npy` come from. Nothing in it depends on
/// when it was written, so writing it again changes nothing.
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
    /// A span for each chunk.
    pub chunks: Vec<ChunkSpan>,
    /// Stretches that could not be decoded.
    pub gaps: Vec<UncaptionedSpan>,
}

/// Where a recording lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, in buckets that keep versions.
    pub version: Option<String>,
    /// The entity tag.
    pub etag: Option<String>,
}

impl Features {
    /// Reads the JSON that lies at `origin`.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if it is not what `ingest` writes.
    pub fn read(origin: &str, json: &str) -> Result<Self, Problem> {
        serde_json::from_str(json)
            .map_err(|reason| Problem::permanent("Features", format!("{origin}: {reason}")))
    }

    /// Checks that a model hears what these features say.
    ///
    /// # Errors
    /// [`Problem::Permanent`] if another front end computed them.
    pub fn check(&self, model: &str, front_end: &AudioConfig) -> Result<(), Problem> {
        let expected = fingerprint(front_end);
        if self.fingerprint == expected {
            return Ok(());
        }
        let found = &self.fingerprint;
        let message = format!(
            "the features of {} were computed by another front end ({found}) than that of the model \
             {model} ({expected}): give `ingest` the same MODEL as `caption`",
            self.source.key
        );
        Err(Problem::permanent("FrontEnd", message))
    }
}

/// What two front ends have in common if they compute the same: a digest of their numbers. How many
/// convolutions follow is the model's affair.
pub fn fingerprint(front_end: &AudioConfig) -> String {
    let AudioConfig { sample_rate, n_fft, hop_length, n_mels, f_min, f_max, .. } = front_end;
    let (power, seconds) = (front_end.power, front_end.chunk_seconds);
    let text =
        format!("{sample_rate} {n_fft} {hop_length} {n_mels} {f_min} {f_max} {power:?} {seconds}");
    digest(&text, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_front_end_is_noticed_and_other_convolutions_are_not() {
        let front_end = AudioConfig::default();
        let hop = AudioConfig { hop_length: 640, ..AudioConfig::default() };
        let convolutions = AudioConfig { conv_layers: 4, ..AudioConfig::default() };
        assert_eq!(fingerprint(&front_end), fingerprint(&convolutions));
        let source = Source { bucket: "b".into(), key: "k".into(), version: None, etag: None };
        let features = Features {
            source,
            duration_s: 1.0,
            fingerprint: fingerprint(&front_end),
            front_end,
            chunks: vec![],
            gaps: vec![],
        };
        features.check("m", &convolutions).unwrap();
        assert!(features.check("m", &hop).unwrap_err().to_string().contains("MODEL"));
        let json = serde_json::to_string(&features).unwrap();
        assert_eq!(Features::read("a", &json).unwrap(), features);
    }
}
