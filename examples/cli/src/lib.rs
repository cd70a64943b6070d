//! `musicap`: captions for music from a shell, as a function for the programs that are it.
//!
//! Captions go to stdout, progress and notes to stderr. The exit code is 0, 1 where a file
//! failed (the others are still done), or 2 for wrong use.

mod args;
mod caption;
mod convert;
mod devices;
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

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is done: exit code 0.
    Done = 0,
    /// A file failed, the others are done: exit code 1.
    Failed = 1,
    /// The arguments cannot be used: exit code 2.
    WrongUse = 2,
}

/// Runs the command with `arguments`, the program's name first. It writes to stdout and stderr
/// and reads stdin as a program of its own does.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args::spelled_out(arguments)) {
        Ok(cli) => cli,
        Err(told) => {
            // Where it cannot be written there is nobody left to tell.
            let _ = told.print();
            return if told.use_stderr() { Exit::WrongUse } else { Exit::Done };
        }
    };
    match cli.command {
        Some(Command::Caption(args)) => caption::run(&args),
        Some(Command::Summarize(args)) => summarize::run(&args),
        Some(Command::Mel(args)) => mel::run(&args),
        Some(Command::Convert(args)) => convert::run(&args),
        Some(Command::Live(args)) => live::run(&args),
        Some(Command::Devices(args)) => devices::run(&args),
        None => caption::run(&cli.caption),
    }
}

/// Says what failed in one line, for people and for scripts.
fn report(error: &dyn std::fmt::Display) {
    // A file's name may hold what a terminal would obey, and lines that nobody wrote.
    let error = error.to_string().replace(char::is_control, " ");
    // Where stderr cannot be written there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "musicap: {error}");
}

/// The exit code of a command that has reported its error.
fn exit_code(result: Result<(), musicap::Error>) -> Exit {
    match result {
        Ok(()) => Exit::Done,
        Err(error) => {
            report(&error);
            match error {
                musicap::Error::InvalidOption { .. } => Exit::WrongUse,
                _ => Exit::Failed,
            }
        }
    }
}
