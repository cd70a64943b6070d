//! `musicap caption`.

use std::path::Path;
use std::task::Poll;
use std::time::{Duration, Instant};

use musicap::caption::Format;
use musicap::facts::FactsMode;
use musicap::file::is_special;
use musicap::summarize::Language;
use musicap::{Caption, Captioner, Captions, Error, RecordingEvent, Result};

use crate::args::CaptionArgs;
use crate::output::{self, Output, SAVE_EVERY, TextFormat};
use crate::progress::Progress;
use crate::recordings::{self, Recording, Recordings};
use crate::summary::Summary;
use crate::timings::print_timings;
use crate::{Exit, exit_code, report};

pub fn run(args: &CaptionArgs) -> Exit {
    let mut recordings = Recordings::find(&args.files);
    let output = match Output::new(args.output.as_deref(), args.text_format(), &recordings) {
        Ok(output) => output,
        Err(invalid) => {
            report(&invalid);
            return Exit::InvalidArguments;
        }
    };
    let requested = recordings.requested();
    skip_done(&mut recordings, &output, args);
    match caption_all(args, &recordings, &output) {
        Ok(failures) => {
            let failed = recordings.missing.len() + failures.len();
            let all = recordings.missing.iter().chain(&failures);
            match failed {
                0 => return Exit::Done,
                // Repeated, as the errors of a long run have scrolled away.
                1.. if requested > 1 => {
                    report(&format!("{failed} of {requested} files failed:"));
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
        // The reader has closed the pipe.
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        Err(error) => exit_code(Err(error)),
    }
}

/// Removes recordings whose captions are already in the output folder.
fn skip_done(recordings: &mut Recordings, output: &Output, args: &CaptionArgs) {
    let Output::Folder(folder) = output else { return };
    let requested = recordings.list.len();
    if !args.overwrite {
        recordings.list.retain(|recording| !folder.has(recording));
    }
    let done = requested - recordings.list.len();
    if done > 0 && !args.quiet {
        report(&match requested {
            1 => "already captioned; caption it again with --overwrite".to_owned(),
            _ => format!(
                "{done} of {requested} files are already captioned; caption them again with \
                 --overwrite"
            ),
        });
    }
}

/// Captions all recordings and returns a message for each that failed.
///
/// # Errors
/// Those that concern all recordings: options, the model, the output.
fn caption_all(
    args: &CaptionArgs,
    recordings: &Recordings,
    output: &Output,
) -> Result<Vec<String>> {
    let summary = Summary::from_args(&args.summary, args.quiet)?;
    let language = args.summary.caption_language()?;
    if recordings.list.is_empty() {
        return Ok(Vec::new());
    }
    output.check_writable()?;
    let says_facts = args.format() == Format::Json || summary.is_some();
    if args.facts != FactsMode::Off && !says_facts && !args.quiet {
        report(
            &"--facts has no effect: only --format json has facts, and a --summary tempo and key",
        );
    }
    let mut load = args.model.load_options(args.quiet);
    load.timings = args.timings;
    let begun = Instant::now();
    let captioner = Captioner::load(&args.model.find(args.quiet)?, &load)?;
    let loaded = begun.elapsed();
    let options = args.options(&captioner.config().generation);
    captioner.check(&options)?;
    if let Some(generation) = &options.generation
        && let Some(unused) = args.generation.without_effect(generation)
        && !args.quiet
    {
        report(&format!("{unused} has no effect without --do-sample"));
    }

    let prints_lines = matches!(output, Output::Stdout(format) if format.is_text());
    // Nobody waits for the first caption where captions are written file by file.
    let mut options = options;
    options.low_latency = prints_lines;
    let bytes = recordings.list.iter().map(Recording::bytes).sum();
    let progress = Progress::new(recordings.list.len(), bytes, args.quiet);
    let is_one = recordings.is_one;
    let mut work =
        Work { summary, language, prints_lines, is_one, progress, begun: None, headed: 0 };
    let mut failures = Vec::new();
    let mut done = Vec::new();
    let mut saved = Saved::default();
    let sources = recordings.list.iter().map(|recording| recordings::open(&recording.path));
    let mut stream = captioner.caption_many(sources, &options)?;
    let mut current = 0;
    loop {
        let (number, captions, error) = match stream.poll_next() {
            Poll::Ready(None) => break,
            Poll::Pending => {
                if let Some(source) = stream.source() {
                    work.begin(current, &recordings.list[current], source.duration());
                }
                continue;
            }
            Poll::Ready(Some(RecordingEvent::Caption { recording, caption })) => {
                work.add(recording, &recordings.list[recording], &caption)?;
                continue;
            }
            Poll::Ready(Some(RecordingEvent::End { recording, captions, error })) => {
                (recording, captions, error)
            }
            Poll::Ready(Some(_)) => continue,
        };
        current = number + 1;
        let recording = &recordings.list[number];
        let kept = work.end(number, recording, captions, error).and_then(|(captions, error)| {
            match output {
                Output::Folder(folder) => folder.write(recording, &captions, error.is_none())?,
                Output::File(path, format) => {
                    done.push(captions);
                    // Now and then, so that an interrupted run has written those before.
                    if !is_one && saved.is_due(path) {
                        saved.save(path, *format, &done, is_one)?;
                    }
                }
                Output::Stdout(_) => done.push(captions),
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
    let timings = captioner.timings();
    let own = &captioner.config().generation;
    let generation = options.generation.as_ref().unwrap_or(own).clone();
    drop((work, stream, captioner));
    // If the only file failed, there is nothing to write. If all of several did, there is an empty list.
    let is_empty = done.is_empty() && is_one;
    match output {
        Output::Stdout(format) if !prints_lines && !is_empty => {
            output::print(&format.join(&done, is_one))?;
        }
        Output::File(path, format) if saved.count != Some(done.len()) && !is_empty => {
            match saved.save(path, *format, &done, is_one) {
                Err(error) if !output::is_closed_pipe(&error) => {
                    report(&error);
                    failures.push(error.to_string());
                }
                saved => saved?,
            }
        }
        _ => {}
    }
    if let Some(timings) = timings {
        print_timings(&timings, &generation, loaded, begun.elapsed());
    }
    Ok(failures)
}

/// What has been written of one file for all recordings.
#[derive(Default)]
struct Saved {
    /// The number of recordings in the file, once it is written.
    count: Option<usize>,
    /// When it is written again at the earliest.
    next: Option<Instant>,
}

impl Saved {
    /// Whether the file is to be written before the end, which a pipe or a device is not: it would
    /// get all again each time.
    fn is_due(&self, path: &Path) -> bool {
        self.next.is_none_or(|next| Instant::now() >= next) && !is_special(path)
    }

    fn save(
        &mut self,
        path: &Path,
        format: TextFormat,
        done: &[Captions],
        is_one: bool,
    ) -> Result<()> {
        let begun = Instant::now();
        let written = output::write_file(path, &format.join(done, is_one));
        // A file that has become large takes a tenth of the time at most.
        self.next = Some(Instant::now() + SAVE_EVERY.max(9 * begun.elapsed()));
        written?;
        self.count = Some(done.len());
        Ok(())
    }
}

/// What is shown of recordings while they are captioned. They come one after another.
struct Work {
    summary: Option<Summary>,
    language: Language,
    /// Whether captions are printed one by one.
    prints_lines: bool,
    /// Whether there is one recording, which needs no heading.
    is_one: bool,
    progress: Progress,
    /// The number of the recording that the progress bar shows.
    begun: Option<usize>,
    /// The number of recordings whose heading has been printed.
    headed: usize,
}

impl Work {
    /// Shows that captions of a recording come next.
    fn begin(&mut self, number: usize, recording: &Recording, length: Option<Duration>) {
        if self.begun != Some(number) {
            self.begun = Some(number);
            self.progress.start(&recording.path, recording.bytes(), length);
        }
    }

    /// Prints the name of a recording above its captions.
    fn head(&mut self, number: usize, recording: &Recording) -> Result<()> {
        if !self.prints_lines || self.is_one || self.headed > number {
            return Ok(());
        }
        self.headed = number + 1;
        let gap = if number > 0 { "\n" } else { "" };
        let name = output::plain(&recording.path.to_string_lossy());
        self.progress.suspend(|| output::print(&format!("{gap}{name}\n")))
    }

    /// Shows a caption.
    fn add(&mut self, number: usize, recording: &Recording, caption: &Caption) -> Result<()> {
        self.progress.reached(caption.end_s);
        if self.prints_lines {
            self.head(number, recording)?;
            let line = format!("{}\n", caption.translated(self.language));
            self.progress.suspend(|| output::print(&line))?;
        }
        Ok(())
    }

    /// Ends a recording: reports what was noted of it, and adds the summary. An error in the middle
    /// is returned with the captions until then.
    fn end(
        &mut self,
        number: usize,
        recording: &Recording,
        mut captions: Captions,
        mut failed: Option<Error>,
    ) -> Result<(Captions, Option<Error>)> {
        self.begin(number, recording, None);
        self.progress.end();
        self.head(number, recording)?;
        // The error itself is reported by the caller.
        for remark in recording.remarks(&captions, failed.as_ref()) {
            self.progress.suspend(|| report(&remark));
        }
        // The summary of a part would be taken for that of the whole.
        if failed.is_none()
            && let Some(summary) = &self.summary
        {
            failed = self.progress.suspend(|| summary.add(&mut captions)).err();
            if self.prints_lines
                && let Some(summary) = &captions.summary
            {
                self.progress.suspend(|| output::print(&format!("\n{summary}\n")))?;
            }
        }
        match failed {
            Some(error) if captions.captions.is_empty() => Err(error),
            failed => Ok((captions.translated(self.language)?, failed)),
        }
    }
}

/// A message that begins with the file's name, as not all errors do.
fn failure(recording: &Recording, error: &Error) -> String {
    let (file, error) = (recording.path.display().to_string(), error.to_string());
    if error.starts_with(&file) { error } else { format!("{file}: {error}") }
}
