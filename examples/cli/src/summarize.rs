//! `musicap summarize`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use musicap::{Captions, Error, Result};

use crate::args::SummarizeArgs;
use crate::output;
use crate::summary::{SummarizerName, Summary};
use crate::{Exit, exit_code, report};

/// The largest file of captions: those of two weeks of music. Summarizing takes twenty times as much
/// memory.
const MAX_BYTES: u64 = 64 << 20;

pub fn run(args: &SummarizeArgs) -> Exit {
    match summarize_all(args) {
        Ok(0) => Exit::Done,
        Ok(_) => Exit::Failed,
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        Err(error) => exit_code(Err(error)),
    }
}

/// Summarizes all recordings and returns the number of failures.
///
/// # Errors
/// Those that concern all recordings.
fn summarize_all(args: &SummarizeArgs) -> Result<usize> {
    let name = args.summary.summary.unwrap_or(SummarizerName::Local);
    let summary = Summary::new(name, &args.summary, args.quiet)?;
    let language = args.summary.caption_language()?;
    let mut failed = 0;
    let mut fail = |error: &Error| {
        report(error);
        failed += 1;
    };
    let mut recordings = Vec::new();
    let mut requested = 0;
    for file in &args.files {
        match read(file) {
            Ok(found) => {
                requested += found.len();
                recordings.extend(found);
            }
            Err(error) => {
                requested += 1;
                fail(&error);
            }
        }
    }
    // Before the first summary, which may cost money.
    let format = args.text_format();
    if format.is_subtitles() && requested > 1 {
        let expected = "text or json for several recordings";
        return Err(Error::InvalidOption {
            name: "--format",
            value: format!("{:?}", args.format).to_lowercase(),
            expected: expected.into(),
        });
    }
    let mut done = Vec::new();
    for mut captions in recordings {
        match summary.add(&mut captions) {
            // A language model summarizes captions in any language; those that are not English stay.
            Ok(()) => done.push(captions.translated(language).unwrap_or(captions)),
            Err(error) => fail(&error),
        }
    }
    let is_one = requested == 1;
    if !(done.is_empty() && is_one) {
        output::print(&match format.is_text() {
            true => text(&done, is_one),
            false => format.join(&done, is_one),
        })?;
    }
    Ok(failed)
}

/// The summaries without the captions, which the input has.
fn text(recordings: &[Captions], is_one: bool) -> String {
    let each = recordings.iter().map(|captions| {
        let heading = if is_one { String::new() } else { output::heading(captions) };
        format!("{heading}{}\n", captions.summary.as_deref().unwrap_or_default())
    });
    each.collect::<Vec<_>>().join("\n")
}

/// Reads captions from a file, or from stdin for `-`.
fn read(file: &Path) -> Result<Vec<Captions>> {
    let failed = |source| output::io("read", file, source);
    let origin = file.display().to_string();
    let invalid = |reason: String| Error::InvalidCaptions { origin: origin.clone(), reason };
    let mut json = Vec::new();
    match file == Path::new("-") {
        true => std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut json).map_err(failed)?,
        false => {
            let file = File::open(file).map_err(failed)?;
            file.take(MAX_BYTES + 1).read_to_end(&mut json).map_err(failed)?
        }
    };
    if json.len() as u64 > MAX_BYTES {
        return Err(invalid(format!("it is larger than {} MB", MAX_BYTES >> 20)));
    }
    let json = String::from_utf8(json).map_err(|_| invalid("it is not UTF-8 text".into()))?;
    Captions::parse_json(&origin, &json)
}
