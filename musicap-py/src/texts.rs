//! Captions as text, summaries, and converted checkpoints.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use musicap::caption::Section;
use musicap::checkpoint::Precision;
use musicap::summarize::{
    Cancel, Language, LocalSummarizer, OpenAi, OpenAiOptions, Summarizer, SummaryEvent,
    SummaryLength, SummaryOptions, SummaryStyle, Watch, summarize_blocking,
};
use musicap::{Caption, Captions, Format, Pretrained};
use pyo3::prelude::*;

use crate::error::Result;
use crate::options::invalid;
use crate::threads::{lock, run_interruptible};

/// The captions of one recording, from JSON.
fn read_one(captions: &str) -> Result<Captions> {
    let mut all = Captions::parse_json("captions", captions)?;
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(invalid("captions", "several recordings", "one recording")),
    }
}

/// Captions, given as JSON, in another format.
#[pyfunction]
pub fn write_captions(captions: &str, format: &str) -> Result<String> {
    Ok(read_one(captions)?.format(Format::from_str(format)?))
}

/// Checks that a JSON text contains captions, of one recording or of several.
#[pyfunction]
pub fn check_captions(origin: &str, captions: &str) -> Result<()> {
    Ok(Captions::parse_json(origin, captions).map(drop)?)
}

/// A summary of a recording, whose captions are given as JSON.
#[pyfunction]
#[pyo3(signature = (
    captions: "str",
    backend: "str",
    language: "str",
    length: "str",
    style: "str",
    model: "str | None",
    base_url: "str | None",
    api_key: "str | None",
    timeout: "float | None",
    retries: "int | None",
    on_event: "collections.abc.Callable[[str], object] | None",
))]
#[expect(clippy::too_many_arguments, reason = "one for each option, all named by the caller")]
pub fn summarize(
    py: Python<'_>,
    captions: &str,
    backend: &str,
    language: &str,
    length: &str,
    style: &str,
    model: Option<&str>,
    base_url: Option<&str>,
    api_key: Option<String>,
    timeout: Option<f64>,
    retries: Option<usize>,
    on_event: Option<Py<PyAny>>,
) -> Result<String> {
    let captions = read_one(captions)?;
    let options = summary_options(language, length, style)?;
    let mut openai = OpenAiOptions::default();
    if let Some(url) = base_url {
        openai = openai.with_base_url(url);
    }
    if let Some(model) = model {
        openai = openai.with_model(model);
    }
    if let Some(key) = api_key {
        openai = openai.with_api_key(key);
    }
    if let Some(seconds) = timeout {
        let timeout = Duration::try_from_secs_f64(seconds);
        let expected = "a number of seconds above 0";
        let timeout = timeout.map_err(|_| invalid("timeout", &seconds.to_string(), expected))?;
        openai = openai.with_timeout(timeout);
    }
    if let Some(retries) = retries {
        openai = openai.with_retries(retries);
    }
    let summarizer = summarizer(backend, openai)?;
    summarizer.check(&options)?;
    let cancel = Cancel::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    let work = {
        let (cancel, events) = (cancel.clone(), events.clone());
        move || {
            let on_event = |event: &SummaryEvent| {
                if let SummaryEvent::Retry { problem, wait } = event {
                    lock(&events).push(format!("{problem}; trying again in {wait:.1?}"));
                }
            };
            let watch = Watch::default().with_events(&on_event).with_cancel(&cancel);
            summarize_blocking(&*summarizer, &captions, &options, &watch)
        }
    };
    let done = run_interruptible(py, work, |py| {
        let Some(on_event) = &on_event else { return Ok(()) };
        let events = std::mem::take(&mut *lock(&events));
        events.into_iter().try_for_each(|event| on_event.call1(py, (event,)).map(drop))
    });
    if done.is_err() {
        cancel.cancel();
    }
    Ok(done??)
}

/// Checks the options of a summary, before there are captions.
#[pyfunction]
pub fn check_summary(backend: &str, language: &str) -> Result<()> {
    let summarizer = summarizer(backend, OpenAiOptions::default())?;
    Ok(summarizer.check(&SummaryOptions::default().with_language(language))?)
}

/// The languages that captions can be translated to: code, English name and own name of each.
#[pyfunction]
pub fn languages() -> Vec<(String, String, String)> {
    let names = |one: Language| [one.code(), one.english_name(), one.native_name()];
    Language::all().map(names).map(|[a, b, c]| (a.to_owned(), b.to_owned(), c.to_owned())).collect()
}

/// The code of a language, given by code or name.
#[pyfunction]
pub fn find_language(language: &str) -> Result<String> {
    Ok(Language::find(language)?.code().to_owned())
}

/// Captions, given as JSON, in another language and with their sections.
#[pyfunction]
pub fn translate(captions: &str, language: &str) -> Result<String> {
    Ok(read_one(captions)?.translated(Language::find(language)?)?.format(Format::Json))
}

/// A caption's text in another language.
#[pyfunction]
pub fn translate_text(text: String, language: &str) -> Result<String> {
    let caption = Caption::new(0, 0.0, 0.0, text);
    Ok(caption.translated(Language::find(language)?).text)
}

/// The sections of a recording, whose captions are given as JSON: start, end and title of each.
#[pyfunction]
pub fn find_sections(captions: &str, language: &str) -> Result<Vec<(f64, f64, String)>> {
    let sections = read_one(captions)?.find_sections(Language::find(language)?);
    let plain = |one: Section| (one.start_s, one.end_s, one.title);
    Ok(sections.into_iter().map(plain).collect())
}

fn summary_options(language: &str, length: &str, style: &str) -> Result<SummaryOptions> {
    let length = match length {
        "short" => SummaryLength::Short,
        "medium" => SummaryLength::Medium,
        "long" => SummaryLength::Long,
        other => return Err(invalid("length", other, "\"short\", \"medium\" or \"long\"")),
    };
    let style = match style {
        "prose" => SummaryStyle::Prose,
        "lines" => SummaryStyle::Lines,
        words => SummaryStyle::Words(words.to_owned()),
    };
    Ok(SummaryOptions::default().with_language(language).with_length(length).with_style(style))
}

fn summarizer(backend: &str, openai: OpenAiOptions) -> Result<Box<dyn Summarizer>> {
    match backend {
        "local" => Ok(Box::new(LocalSummarizer::new())),
        "openai" => Ok(Box::new(OpenAi::new(openai)?)),
        other => Err(invalid("summary", other, "\"local\" or \"openai\"")),
    }
}

/// Writes a checkpoint as a model folder.
#[pyfunction]
#[pyo3(signature = (checkpoint: "str", folder: "str", precision: "str"))]
pub fn convert(
    py: Python<'_>,
    checkpoint: PathBuf,
    folder: PathBuf,
    precision: &str,
) -> Result<()> {
    let precision = Precision::from_str(precision)?;
    let work = move || Pretrained::open(checkpoint)?.save(&folder, precision);
    Ok(run_interruptible(py, work, |_| Ok(()))??)
}
