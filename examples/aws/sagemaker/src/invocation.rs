//! What an invocation may contain: an array, lists of numbers, or a recording.

use bytes::Bytes;
use musicap::audio::{AudioReader, NpyReader};
use musicap::facts::FactsMode;
use musicap::{Captions, Error};
use pipeline::features::fingerprint;
use pipeline::shorten;
use std::io::Cursor;

use crate::captions::{Failure, GiveUp, Model};
use crate::json_array;

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
    /// `application/json`: such an array as lists of lists of lists, alone or as `instances`.
    Json,
    /// `audio/…`, `application/octet-stream`: a recording.
    Audio,
}

impl Kind {
    /// The kind that `content_type` names.
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

/// The header `X-Amzn-SageMaker-Custom-Attributes`: `first-chunk=16;front-end=1f0c…;facts=on`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The index of the first chunk in its recording.
    pub first_chunk: usize,
    /// The fingerprint of the front end that computed the features.
    pub front_end: Option<String>,
    /// Which facts captions and recordings get, if that differs from the container's setting.
    pub facts: Option<FactsMode>,
}

impl Attributes {
    /// Parses the header. Unknown attributes are ignored: they may be for others.
    pub fn read(header: &str) -> Result<Self, String> {
        let mut attributes = Attributes::default();
        for (name, value) in header.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            match name {
                "first-chunk" => {
                    let number = value.parse::<u32>();
                    let number =
                        number.map_err(|_| format!("first-chunk is {}", shorten(value)))?;
                    attributes.first_chunk = number as usize;
                }
                "facts" => {
                    let mode = value.parse().map_err(|_| {
                        format!("facts is {}; send off, on or beats", shorten(value))
                    })?;
                    attributes.facts = Some(mode);
                }
                "front-end" => attributes.front_end = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(attributes)
    }
}

impl Invocation {
    /// The captions.
    pub fn caption(self, model: &Model, give_up: &GiveUp) -> Result<Captions, Failure> {
        if let Some(theirs) = &self.attributes.front_end {
            let ours = fingerprint(&model.captioner.config().audio);
            if *theirs != ours {
                let (theirs, name) = (shorten(theirs), model.captioner.name());
                return Err(Failure::Input(format!(
                    "features of the front end {theirs}; the model {name} has {ours}"
                )));
            }
        }
        let mut model = model.clone();
        model.options.facts = self.attributes.facts.unwrap_or(model.options.facts);
        let first = self.attributes.first_chunk;
        match self.kind {
            Kind::Npy => {
                let mut npy = NpyReader::new(&self.body[..]).map_err(Failure::Array)?;
                let bytes = self.body.len() as u64 - npy.data_start();
                let spans = model.spans(first, npy.shape(), bytes)?;
                model.array(&mut npy, &spans, give_up)
            }
            Kind::Json => {
                let features =
                    json_array::parse(&self.body, model.chunk_shape()).map_err(Failure::Input)?;
                drop(self.body);
                let bytes = size_of::<f32>() * features.len();
                let spans = model.spans(first, features.dim().into(), bytes as u64)?;
                model.features(&features, &spans, give_up)
            }
            Kind::Audio => {
                let body = Cursor::new(self.body);
                let reader = AudioReader::from_reader_with(body, "the request", model.limits)?;
                let mut captions = model.recording(reader, give_up)?;
                captions.file = None;
                Ok(captions)
            }
        }
    }
}

/// The HTTP status of a failure.
pub fn status(failure: &Failure) -> u16 {
    match failure {
        Failure::Timeout(_) => 504,
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
    fn content_types_have_kinds() {
        assert_eq!(Kind::of("application/x-npy"), Some(Kind::Npy));
        assert_eq!(Kind::of("Application/JSON; charset=utf-8"), Some(Kind::Json));
        assert_eq!(Kind::of("audio/mpeg"), Some(Kind::Audio));
        assert_eq!(Kind::of("text/csv"), None);
    }

    #[test]
    fn attributes_are_parsed_and_errors_repeat_little() {
        let read = Attributes::read("first-chunk=16; front-end=ab;x=y; facts=beats").unwrap();
        let (front_end, facts) = (Some("ab".into()), Some(FactsMode::WithBeats));
        assert_eq!(read, Attributes { first_chunk: 16, front_end, facts });
        assert!(Attributes::read("facts=all").unwrap_err().contains("off, on or beats"));
        assert_eq!(Attributes::read("").unwrap(), Attributes::default());
        assert!(Attributes::read("first-chunk=-1").unwrap_err().contains("-1"));
        let long = format!("first-chunk={}", "9".repeat(4000));
        assert!(Attributes::read(&long).unwrap_err().len() < 200);
    }
}
