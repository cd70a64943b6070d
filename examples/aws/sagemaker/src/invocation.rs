//! What an invocation may bring: an array, a list of numbers, or sound.

use bytes::Bytes;
use musicap::audio::{AudioReader, ChunkSpan, NpyReader};
use musicap::{Captions, Error};
use ndarray::Array3;
use pipeline::features::fingerprint;
use serde::Deserialize;
use std::io::Cursor;

use crate::captions::{Failure, Model, Until};

/// An invocation whose body has arrived.
#[derive(Debug)]
pub struct Invocation {
    pub kind: Kind,
    pub attributes: Attributes,
    pub body: Bytes,
}

/// What the body is, by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `application/x-npy`: float32 `[chunks, n_mels, frames]`.
    Npy,
    /// `application/json`: such an array as lists of lists of lists, alone or under `instances`.
    Json,
    /// `audio/…`, `application/octet-stream`: a file.
    Audio,
}

impl Kind {
    /// What `content_type` says.
    pub fn of(content_type: &str) -> Option<Self> {
        let plain = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        match &plain[..] {
            "application/x-npy" => Some(Kind::Npy),
            "application/json" => Some(Kind::Json),
            "application/octet-stream" | "application/ogg" => Some(Kind::Audio),
            other if other.starts_with("audio/") => Some(Kind::Audio),
            _ => None,
        }
    }
}

/// What the header `X-Amzn-SageMaker-Custom-Attributes` may say: `first-chunk=16;front-end=1f0c…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The number of the first chunk in its recording.
    pub first_chunk: usize,
    /// The fingerprint of the front end that computed the features.
    pub front_end: Option<String>,
}

impl Attributes {
    /// Reads the header. What is not known may be meant for others.
    pub fn read(header: &str) -> Result<Self, String> {
        let mut attributes = Attributes::default();
        for (name, value) in header.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            match name {
                "first-chunk" => {
                    let number = value.parse::<u32>();
                    let number = number.map_err(|_| format!("first-chunk={value} is no number"))?;
                    attributes.first_chunk = number as usize;
                }
                "front-end" => attributes.front_end = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(attributes)
    }
}

/// Either form of JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Plain(Vec<Vec<Vec<f32>>>),
    Instances { instances: Vec<Vec<Vec<f32>>> },
}

impl Invocation {
    /// The captions.
    pub fn caption(self, model: &Model, until: &Until) -> Result<Captions, Failure> {
        if let Some(theirs) = &self.attributes.front_end {
            let ours = fingerprint(&model.captioner.config().audio);
            if *theirs != ours {
                let name = model.captioner.name();
                return Err(Failure::Input(format!(
                    "features of the front end {theirs}; the model {name} has {ours}"
                )));
            }
        }
        let spans = |chunks| model.spans(self.attributes.first_chunk, chunks);
        match self.kind {
            Kind::Npy => {
                let mut npy = NpyReader::new(&self.body[..]).map_err(Failure::Array)?;
                let there = self.body.len() as u64 - npy.data_start();
                let spans = checked_spans(npy.shape(), there, spans)?;
                model.array(&mut npy, &spans, until)
            }
            Kind::Json => {
                let features = array_of(&self.body)?;
                model.features(&features, &spans(features.dim().0), until)
            }
            Kind::Audio => {
                let body = Cursor::new(self.body);
                let reader = AudioReader::from_reader_with(body, "the request", model.limits)?;
                model.recording(reader, until).map(|captions| Captions { file: None, ..captions })
            }
        }
    }
}

/// Spans for an array, if its values are there: a header alone must not take up memory.
pub fn checked_spans(
    shape: [usize; 3],
    there: u64,
    spans: impl Fn(usize) -> Vec<ChunkSpan>,
) -> Result<Vec<ChunkSpan>, Failure> {
    let bytes = size_of::<f32>() as u128;
    let wanted = shape.iter().try_fold(bytes, |all, &size| all.checked_mul(size as u128));
    match wanted == Some(there.into()) && !shape[1..].contains(&0) {
        true => Ok(spans(shape[0])),
        false => Err(Failure::Input(format!(
            "an array of shape {shape:?} would have other bytes than the {there} that are there"
        ))),
    }
}

fn array_of(body: &[u8]) -> Result<Array3<f32>, Failure> {
    let wrong = |reason: String| Failure::Input(format!("the JSON is no list of chunks: {reason}"));
    let json: Json = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
    let (Json::Plain(chunks) | Json::Instances { instances: chunks }) = json;
    let n_mels = chunks.first().map_or(0, Vec::len);
    let frames = chunks.first().and_then(|chunk| chunk.first()).map_or(0, Vec::len);
    let even = |chunk: &Vec<Vec<f32>>| {
        chunk.len() == n_mels && chunk.iter().all(|band| band.len() == frames)
    };
    if let Some(odd) = chunks.iter().position(|chunk| !even(chunk)) {
        return Err(wrong(format!("chunk {odd} is not of the shape [{n_mels}, {frames}]")));
    }
    let shape = (chunks.len(), n_mels, frames);
    let values: Vec<f32> = chunks.into_iter().flatten().flatten().collect();
    Array3::from_shape_vec(shape, values).map_err(|error| wrong(error.to_string()))
}

/// Whether a failure is the fault of what was sent, and which status says so.
pub fn status(failure: &Failure) -> u16 {
    match failure {
        Failure::Late(_) => 504,
        Failure::Array(_) | Failure::Input(_) => 400,
        Failure::Captions(error) => match error {
            Error::AudioLimit { .. } => 413,
            Error::UnknownFormat { .. } | Error::UnsupportedCodec { .. } => 415,
            Error::Backend { .. } | Error::NotFinite { .. } | Error::Io { .. } => 500,
            _ => 400,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_told_apart() {
        assert_eq!(Kind::of("application/x-npy"), Some(Kind::Npy));
        assert_eq!(Kind::of("Application/JSON; charset=utf-8"), Some(Kind::Json));
        assert_eq!(Kind::of("audio/mpeg"), Some(Kind::Audio));
        assert_eq!(Kind::of("text/csv"), None);
    }

    #[test]
    fn attributes_are_read_and_nonsense_is_named() {
        let read = Attributes::read("first-chunk=16; front-end=ab;x=y").unwrap();
        assert_eq!(read, Attributes { first_chunk: 16, front_end: Some("ab".into()) });
        assert_eq!(Attributes::read("").unwrap(), Attributes::default());
        assert!(Attributes::read("first-chunk=-1").unwrap_err().contains("-1"));
    }

    #[test]
    fn a_header_alone_gets_no_spans() {
        let spans = |count| {
            assert!(count < 10, "{count} spans");
            Vec::new()
        };
        assert!(checked_spans([3, 2, 2], 48, spans).is_ok());
        let most = usize::MAX;
        for (shape, there) in [
            ([1 << 40, 128, 251], 0),
            ([1 << 62, 1, 4], 0),
            ([most, most, most], 4),
            ([3, 2, 2], 47),
            ([1 << 40, 0, 251], 0),
        ] {
            assert!(checked_spans(shape, there, spans).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn lists_must_be_even() {
        assert_eq!(array_of(b"[[[1, 2], [3, 4]]]").unwrap().dim(), (1, 2, 2));
        assert_eq!(array_of(b"{\"instances\": [[[1]], [[2]]]}").unwrap().dim(), (2, 1, 1));
        assert_eq!(array_of(b"[]").unwrap().dim(), (0, 0, 0));
        for bad in ["[[[1], [2, 3]]]", "[[[1]], []]", "{}", "[[[\"a\"]]]", "[[[1]]"] {
            assert!(array_of(bad.as_bytes()).unwrap_err().to_string().contains("chunk"), "{bad}");
        }
    }
}
