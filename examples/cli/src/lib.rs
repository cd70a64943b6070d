//! The `musicap` command as a function, for the native program and for Python's.
//!
//! Captions go to stdout, progress and notes to stderr. The exit code is 0, 1 if a file failed (the
//! others are captioned), or 2 for invalid arguments.

mod args;
mod caption;
mod convert;
mod devices;
mod label;
mod live;
mod mel;
mod output;
mod progress;
mod recordings;
mod summarize;
mod summary;
mod timings;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use args::{Cli, Command};

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success: exit code 0.
    Done = 0,
    /// A file failed; the others are captioned: exit code 1.
    Failed = 1,
    /// The arguments are invalid: exit code 2.
    InvalidArguments = 2,
}

/// Runs the command with `arguments`, of which the first is the program's name. It writes to stdout
/// and stderr and reads stdin.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args::join_optional_values(arguments)) {
        Ok(cli) => cli,
        Err(message) => {
            // If stderr is closed, the message has no reader.
            let _ = message.print();
            return if message.use_stderr() { Exit::InvalidArguments } else { Exit::Done };
        }
    };
    match cli.command {
        Some(Command::Caption(args)) => caption::run(&args),
        Some(Command::Label(args)) => label::run(&args),
        Some(Command::Summarize(args)) => summarize::run(&args),
        Some(Command::Mel(args)) => mel::run(&args),
        Some(Command::Convert(args)) => convert::run(&args),
        Some(Command::Live(args)) => live::run(&args),
        Some(Command::Devices(args)) => devices::run(&args),
        None => caption::run(&cli.caption),
    }
}

/// Prints a message to stderr in one line.
fn report(message: &dyn std::fmt::Display) {
    // File names may contain escape sequences of terminals, and line breaks.
    let message = message.to_string().replace(char::is_control, " ");
    // If stderr is closed, the message has no reader.
    let _ = writeln!(std::io::stderr(), "musicap: {message}");
}

/// The error with the flag's name for an option.
fn with_flags(error: musicap::Error) -> musicap::Error {
    error.with_option_names(&[
        ("num_beams", "--beams"),
        ("min_length", "--min-length"),
        ("max_length", "--max-length"),
        ("no_repeat_ngram_size", "--no-repeat-ngram"),
        ("repetition_penalty", "--repetition-penalty"),
        ("repetition_retries", "--repetition-retries"),
        ("length_penalty", "--length-penalty"),
        ("temperature", "--temperature"),
        ("top_p", "--top-p"),
        ("batch_size", "--batch"),
        ("overlap_seconds", "--overlap"),
        ("overrun", "--queue"),
        ("sample_rate", "--rate"),
        ("channels", "--channels"),
        ("threads", "--threads"),
        ("language", "--language"),
        ("base_url", "--summary-url"),
    ])
}

/// Reports the error, if there is one, and returns the exit code.
fn exit_code(result: Result<(), musicap::Error>) -> Exit {
    match result {
        Ok(()) => Exit::Done,
        Err(error) => {
            let error = with_flags(error);
            report(&error);
            match error {
                musicap::Error::InvalidOption { .. } => Exit::InvalidArguments,
                _ => Exit::Failed,
            }
        }
    }
}
