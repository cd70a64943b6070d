//! `musicap caption`.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use musicap::audio::AudioReader;
use musicap::{CaptionOptions, Captioner, Captions, Error, Format, Result, Stage, Timings};

use crate::args::CaptionArgs;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::{exit_code, report};

pub fn run(args: &CaptionArgs) -> ExitCode {
    let output = match Output::new(args.output.as_deref(), args.format, &args.files) {
        Ok(output) => output,
        Err(wrong_use) => {
            report(&wrong_use);
            return ExitCode::from(2);
        }
    };
    match caption_all(args, &output) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            if args.files.len() > 1 {
                report(&format!("{failed} of {} files failed", args.files.len()));
            }
            ExitCode::FAILURE
        }
        // Whoever reads has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => exit_code(Err(error)),
    }
}

/// Captions every file and gives the number of those that failed. An error is one that concerns
/// them all.
fn caption_all(args: &CaptionArgs, output: &Output) -> Result<usize> {
    let mut load = args.model.load_options();
    load.timings = args.timings;
    let begun = Instant::now();
    let captioner = Captioner::load(&args.model.find()?, &load)?;
    let loaded = begun.elapsed();
    let options = args.options(&captioner.config().generation);
    captioner.check(&options)?;

    let streams = matches!(output, Output::Stdout) && args.format == Format::Text;
    let mut failed = 0;
    let mut done = Vec::new();
    for (i, file) in args.files.iter().enumerate() {
        if streams && args.files.len() > 1 {
            let gap = if i > 0 { "\n" } else { "" };
            output::print(&format!("{gap}{}\n", file.display()))?;
        }
        let captioned = caption(&captioner, file, &options, streams, args.quiet);
        let kept = captioned.and_then(|(captions, error)| {
            keep(captions, file, args.format, output, &mut done)?;
            error.map_or(Ok(()), Err)
        });
        match kept {
            Ok(()) => {}
            Err(error) if is_closed_pipe(&error) => return Err(error),
            Err(error) => {
                report(&error);
                failed += 1;
            }
        }
    }
    // One file that failed leaves nothing to write; of several, an array says so.
    let nothing = done.is_empty() && args.files.len() == 1;
    let text = || output::join(&done, args.files.len(), args.format);
    match output {
        Output::Stdout if !streams && !nothing => output::print(&text())?,
        Output::File(path) if !nothing => output::write_file(path, &text())?,
        _ => {}
    }
    if let Some(timings) = captioner.timings() {
        tell(&timings, loaded, begun.elapsed());
    }
    Ok(failed)
}

/// Where the time went: a line for each stage, with what a step of the decoder takes.
fn tell(timings: &Timings, loaded: Duration, all: Duration) {
    let Timings { spent, chunks, steps, rows, .. } = timings;
    let share = |part: Duration| 100.0 * part.as_secs_f64() / all.as_secs_f64();
    let line = |stage: &dyn std::fmt::Display, part: Duration, note: String| {
        eprintln!("{stage:13} {:8.3} s {:5.1} %  {note}", part.as_secs_f64(), share(part));
    };
    line(&"load", loaded, String::new());
    for (stage, &part) in Stage::ALL.iter().zip(spent) {
        let each = |count: u64| 1e3 * part.as_secs_f64() / count.max(1) as f64;
        let note = match stage {
            Stage::LogMel | Stage::Encoder => format!("{:.2} ms a chunk", each(*chunks)),
            _ => format!("{:.2} ms a step", each(*steps)),
        };
        line(stage, part, note);
    }
    let counted = loaded + spent.iter().sum::<Duration>();
    line(&"audio, text", all.saturating_sub(counted), String::new());
    eprintln!(
        "{chunks} chunks, {steps} steps, {:.1} rows each",
        *rows as f64 / (*steps).max(1) as f64
    );
}

/// Captions one file; with `streams`, each line appears as soon as it is known. What ends a file
/// before its time comes with the captions of what was heard until then.
fn caption(
    captioner: &Captioner,
    file: &Path,
    options: &CaptionOptions,
    streams: bool,
    quiet: bool,
) -> Result<(Captions, Option<Error>)> {
    let reader = AudioReader::open(file)?;
    let progress = Progress::new(file, reader.duration(), quiet);
    let mut stream = captioner.captions(reader, options)?;
    let mut captions = Vec::new();
    let mut failed = None;
    for caption in stream.by_ref() {
        match caption {
            Ok(caption) => {
                progress.reached(caption.end_s);
                if streams {
                    progress.suspend(|| output::print(&format!("{caption}\n")))?;
                }
                captions.push(caption);
            }
            Err(error) => failed = Some(error),
        }
    }
    drop(progress);
    let captions = stream.finish(captions);
    for gap in &captions.gaps {
        report(&format!("{}: {}", file.display(), gap.reason));
    }
    match failed {
        Some(error) if captions.captions.is_empty() => Err(error),
        failed => Ok((captions, failed)),
    }
}

/// Puts a recording's captions where they belong, or aside for the end.
fn keep(
    captions: Captions,
    file: &Path,
    format: Format,
    output: &Output,
    done: &mut Vec<Captions>,
) -> Result<()> {
    if let Output::Folder(folder) = output {
        let path = Output::file_for(folder, file, format);
        return output::write_file(&path, &captions.write(format));
    }
    done.push(captions);
    Ok(())
}

fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
}
