//! `musicap summarize`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use musicap::{Captions, Error, Format, Result};

use crate::args::SummarizeArgs;
use crate::output;
use crate::summary::{SummarizerName, Summary};
use crate::{Exit, exit_code, report};

/// The most that is read of a file of captions: those of two weeks of music. To summarise them
/// takes twenty times as much memory.
const MOST_BYTES: u64 = 64 << 20;

pub fn run(args: &SummarizeArgs) -> Exit {
    match summarize_all(args) {
        Ok(0) => Exit::Done,
        Ok(_) => Exit::Failed,
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        Err(error) => exit_code(Err(error)),
    }
}

/// Summarises every recording and gives the number of failures. An error is one that concerns
/// them all.
fn summarize_all(args: &SummarizeArgs) -> Result<usize> {
    let name = args.summary.summary.unwrap_or(SummarizerName::Local);
    let summary = Summary::by(name, &args.summary, args.quiet)?;
    let mut failed = 0;
    let mut fail = |error: &Error| {
        report(error);
        failed += 1;
    };
    let mut recordings = Vec::new();
    let mut asked = 0;
    for file in &args.files {
        match read(file) {
            Ok(found) => {
                asked += found.len();
                recordings.extend(found);
            }
            Err(error) => {
                asked += 1;
                fail(&error);
            }
        }
    }
    // Before the first summary, which may have to be paid for.
    if matches!(args.format, Format::Srt | Format::Vtt | Format::Chapters) && asked > 1 {
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
            Ok(()) => done.push(captions),
            Err(error) => fail(&error),
        }
    }
    let is_one = asked == 1;
    if !(done.is_empty() && is_one) {
        output::print(&match args.format {
            Format::Text => text(&done, is_one),
            format => output::join(&done, is_one, format),
        })?;
    }
    Ok(failed)
}

/// The summaries alone: who has the captions needs no second copy.
fn text(recordings: &[Captions], is_one: bool) -> String {
    let each = recordings.iter().map(|captions| {
        let heading = if is_one { String::new() } else { output::heading(captions) };
        format!("{heading}{}\n", captions.summary.as_deref().unwrap_or_default())
    });
    each.collect::<Vec<_>>().join("\n")
}

/// The captions in a file, or in stdin for `-`.
fn read(file: &Path) -> Result<Vec<Captions>> {
    let failed = |source| output::io("read", file, source);
    let mut json = String::new();
    match file == Path::new("-") {
        true => std::io::stdin().take(MOST_BYTES).read_to_string(&mut json).map_err(failed)?,
        false => {
            let file = File::open(file).map_err(failed)?;
            file.take(MOST_BYTES).read_to_string(&mut json).map_err(failed)?
        }
    };
    if json.len() as u64 == MOST_BYTES {
        return Err(Error::InvalidCaptions {
            origin: file.display().to_string(),
            reason: format!("it has more than {} MB", MOST_BYTES >> 20),
        });
    }
    Captions::read_json(&file.display().to_string(), &json)
}
