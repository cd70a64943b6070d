//! `musicap caption`.

use std::path::Path;
use std::process::ExitCode;

use musicap::audio::AudioReader;
use musicap::{CaptionOptions, Captioner, Captions, Error, Format, Result};

use crate::args::CaptionArgs;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::{exit_code, report};

pub fn run(args: &CaptionArgs) -> ExitCode {
    let output = match Output::new(args.output.as_deref(), args.format, args.files.len()) {
        Ok(output) => output,
        Err(wrong_use) => {
            report(&wrong_use);
            return ExitCode::from(2);
        }
    };
    let captioner = match load(args) {
        Ok(captioner) => captioner,
        Err(error) => return exit_code(Err(error)),
    };
    let options = args.options(&captioner.config().generation);

    let mut failed = Vec::new();
    let mut done = Vec::new();
    for (i, file) in args.files.iter().enumerate() {
        let streams = matches!(output, Output::Stdout) && args.format == Format::Text;
        if streams && args.files.len() > 1 {
            let gap = if i > 0 { "\n" } else { "" };
            if let Err(error) = output::print(&format!("{gap}{}\n", file.display())) {
                return exit_code(Err(error));
            }
        }
        let captioned = caption(&captioner, file, &options, streams, args.quiet);
        match captioned.and_then(|captions| keep(captions, file, args.format, &output, &mut done)) {
            Ok(()) => {}
            // Wrong use is wrong for every file, and nobody reads a closed stdout.
            Err(error @ Error::InvalidOption { .. }) => return exit_code(Err(error)),
            Err(error) if is_closed_pipe(&error) => return ExitCode::SUCCESS,
            Err(error) => {
                report(&error);
                failed.push(file);
            }
        }
    }
    let text = || output::join(&done, args.files.len(), args.format);
    let written = match &output {
        Output::Stdout if args.format != Format::Text && !done.is_empty() => output::print(&text()),
        Output::File(path) if !done.is_empty() => output::write_file(path, &text()),
        _ => Ok(()),
    };
    match written {
        Ok(()) if failed.is_empty() => ExitCode::SUCCESS,
        Ok(()) => {
            if args.files.len() > 1 {
                report(&format!("{} of {} files failed", failed.len(), args.files.len()));
            }
            ExitCode::FAILURE
        }
        Err(error) => exit_code(Err(error)),
    }
}

fn load(args: &CaptionArgs) -> Result<Captioner> {
    Captioner::load(&args.model.find()?, &args.model.load_options())
}

/// Captions one file; with `streams`, each line appears as soon as it is known.
fn caption(
    captioner: &Captioner,
    file: &Path,
    options: &CaptionOptions,
    streams: bool,
    quiet: bool,
) -> Result<Captions> {
    let reader = AudioReader::open(file)?;
    let progress = Progress::new(file, reader.duration(), quiet);
    let mut stream = captioner.captions(reader, options)?;
    let mut captions = Vec::new();
    for caption in stream.by_ref() {
        let caption = caption?;
        progress.reached(caption.end_s);
        if streams {
            progress.suspend(|| output::print(&format!("{caption}\n")))?;
        }
        captions.push(caption);
    }
    drop(progress);
    let captions = stream.finish(captions);
    if !quiet {
        for gap in &captions.gaps {
            report(&format!("{}: {}", file.display(), gap.reason));
        }
    }
    Ok(captions)
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
