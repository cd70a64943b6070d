//! Captions as text, and summaries.

use musicap::summarize::{LocalSummarizer, SummaryLength, SummaryOptions, SummaryStyle};
use musicap::{Captions, Error, Format};
use wasm_bindgen::prelude::*;

use crate::error::{thrown, without_rust_types};

/// The captions in `text`, `json`, `srt` or `vtt`.
#[wasm_bindgen]
pub fn write(captions: JsValue, format: &str) -> Result<String, JsValue> {
    let format: Format = format.parse().map_err(thrown)?;
    Ok(read(captions)?.write(format))
}

/// A description of the whole recording: `short`, `medium` or `long`, as `prose` or `lines`.
#[wasm_bindgen]
pub fn summarize(captions: JsValue, length: &str, style: &str) -> Result<String, JsValue> {
    let options = SummaryOptions::default()
        .with_length(match length {
            "short" => SummaryLength::Short,
            "medium" => SummaryLength::Medium,
            "long" => SummaryLength::Long,
            other => return Err(unknown("length", other, "short, medium or long")),
        })
        .with_style(match style {
            "prose" => SummaryStyle::Prose,
            "lines" => SummaryStyle::Lines,
            other => return Err(unknown("style", other, "prose or lines")),
        });
    LocalSummarizer::new().describe(&read(captions)?, &options).map_err(thrown)
}

fn read(captions: JsValue) -> Result<Captions, JsValue> {
    serde_wasm_bindgen::from_value(captions).map_err(|reason| {
        let (origin, reason) = ("captions".to_owned(), without_rust_types(&reason.to_string()));
        thrown(Error::InvalidCaptions { origin, reason })
    })
}

fn unknown(name: &'static str, value: &str, expected: &str) -> JsValue {
    let (value, expected) = (value.to_owned(), expected.to_owned());
    thrown(Error::InvalidOption { name, value, expected })
}
