//! Captions as text, and summaries.

use musicap::summarize::{Language, LocalSummarizer, SummaryLength, SummaryOptions, SummaryStyle};
use musicap::{Captions, Error, Format};
use wasm_bindgen::prelude::*;

use crate::error::{object, thrown, without_rust_types};

/// The captions in `text`, `json`, `srt`, `vtt` or `chapters`.
#[wasm_bindgen]
pub fn write(captions: JsValue, format: &str) -> Result<String, JsValue> {
    let format: Format = format.parse().map_err(thrown)?;
    Ok(read(captions)?.format(format))
}

/// A description of the whole recording: `short`, `medium` or `long`, as `prose` or `lines`.
#[wasm_bindgen]
pub fn summarize(
    captions: JsValue,
    length: &str,
    style: &str,
    language: &str,
) -> Result<String, JsValue> {
    let options = SummaryOptions::default()
        .with_language(language)
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

/// The captions in another language, with their sections.
#[wasm_bindgen]
pub fn translate(captions: JsValue, language: &str) -> Result<JsValue, JsValue> {
    let language = Language::find(language).map_err(thrown)?;
    object(&read(captions)?.translated(language).map_err(thrown)?)
}

/// `[{ start_s, end_s, title }]`: the sections of the recording.
#[wasm_bindgen(js_name = findSections)]
pub fn find_sections(captions: JsValue, language: &str) -> Result<JsValue, JsValue> {
    let language = Language::find(language).map_err(thrown)?;
    object(&read(captions)?.find_sections(language))
}

/// `[{ code, name, native_name }]`: the languages of captions, summaries and section titles.
#[wasm_bindgen]
pub fn languages() -> Result<JsValue, JsValue> {
    #[derive(serde::Serialize)]
    struct Names {
        code: &'static str,
        name: &'static str,
        native_name: &'static str,
    }
    let names = |one: Language| Names {
        code: one.code(),
        name: one.english_name(),
        native_name: one.native_name(),
    };
    object(&Language::all().map(names).collect::<Vec<_>>())
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
