//! `musicap caption`.

use std::time::Instant;

use musicap::{CaptionOptions, Captioner, Captions, Error, Format, Result};

use crate::args::CaptionArgs;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::recordings::{self, Recording, Recordings};
use crate::summary::Summary;
use crate::timings::tell;
use crate::{Exit, exit_code, report};

pub fn run(args: &CaptionArgs) -> Exit {
    let mut recordings = Recordings::find(&args.files);
    let output = match Output::new(args.output.as_deref(), args.format, &recordings) {
        Ok(output) => output,
        Err(wrong_use) => {
            report(&wrong_use);
            return Exit::WrongUse;
        }
    };
    let asked = recordings.asked();
    skip_done(&mut recordings, &output, args);
    match caption_all(args, &recordings, &output) {
        Ok(failures) => {
            let failed = recordings.missing.len() + failures.len();
            let all = recordings.missing.iter().chain(&failures);
            match failed {
                0 => return Exit::Done,
                // What failed as it came is at the top of a long run's notes.
                1.. if asked > 1 => {
                    report(&format!("{failed} of {asked} files failed:"));
                    all.for_each(|failure| report(&format!("  {failure}")));
                }
                _ => {
                    if let Some(missing) = recordings.missing.first() {
                        report(missing);
                    }
                }
            }
            Exit::Failed
        }
        // Whoever reads has seen enough.
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        Err(error) => exit_code(Err(error)),
    }
}

/// Leaves out recordings whose captions are in the output folder already.
fn skip_done(recordings: &mut Recordings, output: &Output, args: &CaptionArgs) {
    let Output::Folder(folder) = output else { return };
    let asked = recordings.list.len();
    if !args.overwrite {
        recordings.list.retain(|recording| !folder.has(recording));
    }
    let done = asked - recordings.list.len();
    if done > 0 && !args.quiet {
        report(&match asked {
            1 => "it is done already; --overwrite does it again".to_owned(),
            _ => format!("{done} of {asked} files are done already; --overwrite does them again"),
        });
    }
}

/// Captions every recording and gives the reasons of those that failed. An error is one that
/// concerns them all.
fn caption_all(
    args: &CaptionArgs,
    recordings: &Recordings,
    output: &Output,
) -> Result<Vec<String>> {
    let summary = Summary::wanted(&args.summary, args.quiet)?;
    if recordings.list.is_empty() {
        return Ok(Vec::new());
    }
    let mut load = args.model.load_options(args.quiet);
    load.timings = args.timings;
    let begun = Instant::now();
    let captioner = Captioner::load(&args.model.find(args.quiet)?, &load)?;
    let loaded = begun.elapsed();
    let options = args.options(&captioner.config().generation);
    captioner.check(&options)?;

    let streams = matches!(output, Output::Stdout) && args.format == Format::Text;
    let bytes = recordings.list.iter().map(Recording::bytes).sum();
    let progress = Progress::new(recordings.list.len(), bytes, args.quiet);
    let mut work = Work { captioner, options, summary, streams, progress };
    let mut failures = Vec::new();
    let mut done = Vec::new();
    for (i, recording) in recordings.list.iter().enumerate() {
        if streams && !recordings.is_one {
            let gap = if i > 0 { "\n" } else { "" };
            let heading = format!("{gap}{}\n", output::plain(&recording.path.to_string_lossy()));
            work.progress.suspend(|| output::print(&heading))?;
        }
        let captioned = work.caption(recording);
        work.progress.end();
        let kept = captioned.and_then(|(captions, error)| {
            match output {
                Output::Folder(folder) => folder.write(recording, &captions, error.is_none())?,
                _ => done.push(captions),
            }
            error.map_or(Ok(()), Err)
        });
        match kept {
            Ok(()) => {}
            Err(error) if output::is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                work.progress.suspend(|| report(&error));
                failures.push(failure(recording, &error));
            }
        }
    }
    let timings = work.captioner.timings();
    drop(work);
    // One file that failed leaves nothing to write; of several, an array says so.
    let nothing = done.is_empty() && recordings.is_one;
    let text = || output::join(&done, recordings.is_one, args.format);
    match output {
        Output::Stdout if !streams && !nothing => output::print(&text())?,
        Output::File(path) if !nothing => output::write_file(path, &text())?,
        _ => {}
    }
    if let Some(timings) = timings {
        tell(&timings, loaded, begun.elapsed());
    }
    Ok(failures)
}

/// What captioning one recording after the other takes.
struct Work {
    captioner: Captioner,
    options: CaptionOptions,
    summary: Option<Summary>,
    /// Whether each line appears as soon as it is known.
    streams: bool,
    progress: Progress,
}

impl Work {
    /// Captions one recording. What ends it before its time comes with the captions of what was
    /// heard until then.
    fn caption(&mut self, recording: &Recording) -> Result<(Captions, Option<Error>)> {
        let file = &recording.path;
        self.progress.start(file, recording.bytes(), None);
        let reader = recordings::open(file)?;
        self.progress.start(file, recording.bytes(), reader.duration());
        let mut stream = self.captioner.captions(reader, &self.options)?;
        let mut captions = Vec::new();
        let mut failed = None;
        for caption in stream.by_ref() {
            match caption {
                Ok(caption) => {
                    self.progress.reached(caption.end_s);
                    if self.streams {
                        self.progress.suspend(|| output::print(&format!("{caption}\n")))?;
                    }
                    captions.push(caption);
                }
                Err(error) => failed = Some(error),
            }
        }
        let mut captions = stream.finish(captions);
        // What ended the work is told as the error that it is.
        let told = failed.as_ref().map(Error::to_string);
        let is_told = |reason: &str| told.as_ref().is_some_and(|told| reason.ends_with(told));
        for gap in captions.gaps.iter().filter(|gap| !is_told(&gap.reason)) {
            self.progress.suspend(|| report(&format!("{}: {}", file.display(), gap.reason)));
        }
        for note in &captions.notes {
            self.progress.suspend(|| report(&format!("{}: {note}", file.display())));
        }
        // Of half a recording a summary would pass for that of the whole.
        if failed.is_none()
            && let Some(summary) = &self.summary
        {
            failed = self.progress.suspend(|| summary.add(&mut captions)).err();
            if self.streams
                && let Some(summary) = &captions.summary
            {
                self.progress.suspend(|| output::print(&format!("\n{summary}\n")))?;
            }
        }
        match failed {
            Some(error) if captions.captions.is_empty() => Err(error),
            failed => Ok((captions, failed)),
        }
    }
}

/// A failure under its file's name, which not every error begins with.
fn failure(recording: &Recording, error: &Error) -> String {
    let (file, error) = (recording.path.display().to_string(), error.to_string());
    if error.starts_with(&file) { error } else { format!("{file}: {error}") }
}
