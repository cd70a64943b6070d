//! Captions as text: the forms they are written in, summaries, converted checkpoints.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use musicap::checkpoint::Precision;
use musicap::summarize::{
    Cancel, LocalSummarizer, OpenAi, OpenAiOptions, Summarizer, SummaryEvent, SummaryLength,
    SummaryOptions, SummaryStyle, Watch, summarize_blocking,
};
use musicap::{Captions, Format, Pretrained};
use pyo3::prelude::*;

use crate::error::Result;
use crate::options::{json, wrong};
use crate::threads::{apart, lock};

/// One recording's captions, from JSON.
fn read_one(captions: &str) -> Result<Captions> {
    let mut all = Captions::read_json("captions", captions)?;
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(wrong("captions", "several recordings", "one recording")),
    }
}

/// Captions, given as JSON, in another form.
#[pyfunction]
pub fn write_captions(captions: &str, form: &str) -> Result<String> {
    Ok(read_one(captions)?.write(Format::from_str(form)?))
}

/// JSON of captions as an array of recordings, checked.
#[pyfunction]
pub fn read_captions(origin: &str, captions: &str) -> Result<String> {
    Ok(json(&Captions::read_json(origin, captions)?))
}

/// One description of the whole recording whose captions are given as JSON.
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
    let options = SummaryOptions::default()
        .with_language(language)
        .with_length(match length {
            "short" => SummaryLength::Short,
            "medium" => SummaryLength::Medium,
            "long" => SummaryLength::Long,
            other => return Err(wrong("length", other, "\"short\", \"medium\" or \"long\"")),
        })
        .with_style(match style {
            "prose" => SummaryStyle::Prose,
            "lines" => SummaryStyle::Lines,
            words => SummaryStyle::Words(words.to_owned()),
        });
    let summarizer: Box<dyn Summarizer> = match backend {
        "local" => Box::new(LocalSummarizer::new()),
        "openai" => {
            let mut options = OpenAiOptions::default();
            if let Some(url) = base_url {
                options = options.with_base_url(url);
            }
            if let Some(model) = model {
                options = options.with_model(model);
            }
            if let Some(key) = api_key {
                options = options.with_key(key);
            }
            if let Some(seconds) = timeout {
                let timeout = Duration::try_from_secs_f64(seconds);
                let wanted = "a number of seconds above 0";
                options = options.with_timeout(
                    timeout.map_err(|_| wrong("timeout", &seconds.to_string(), wanted))?,
                );
            }
            if let Some(retries) = retries {
                options = options.with_retries(retries);
            }
            Box::new(OpenAi::new(options)?)
        }
        other => return Err(wrong("backend", other, "\"local\" or \"openai\"")),
    };
    summarizer.check(&options)?;

    let cancel = Cancel::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let work = {
        let (cancel, told) = (cancel.clone(), told.clone());
        move || {
            let on_event = |event: &SummaryEvent| {
                if let SummaryEvent::Retry { problem, wait } = event {
                    lock(&told).push(format!("{problem}; trying again in {wait:.1?}"));
                }
            };
            let watch = Watch::default().with_events(&on_event).with_cancel(&cancel);
            summarize_blocking(&*summarizer, &captions, &options, &watch)
        }
    };
    let done = apart(py, work, |py| {
        let Some(on_event) = &on_event else { return Ok(()) };
        let events = std::mem::take(&mut *lock(&told));
        events.into_iter().try_for_each(|event| on_event.call1(py, (event,)).map(drop))
    });
    if done.is_err() {
        cancel.cancel();
    }
    Ok(done??)
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
    Ok(apart(py, work, |_| Ok(()))??)
}
