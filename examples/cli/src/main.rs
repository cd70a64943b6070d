//! `musicap`: captions for music from a shell.
//!
//! Captions go to stdout, progress and notes to stderr. The exit code is 0, 1 where a file
//! failed (the others are still done), or 2 for wrong use.

mod args;
mod caption;
mod convert;
mod live;
mod mel;
mod output;
mod progress;
mod recordings;
mod summarize;
mod summary;
mod timings;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse_from(args::spelled_out(std::env::args_os()));
    match cli.command {
        Some(Command::Caption(args)) => caption::run(&args),
        Some(Command::Summarize(args)) => summarize::run(&args),
        Some(Command::Mel(args)) => mel::run(&args),
        Some(Command::Convert(args)) => convert::run(&args),
        Some(Command::Live(args)) => live::run(&args),
        None => caption::run(&cli.caption),
    }
}

/// Says what failed in one line, for people and for scripts.
fn report(error: &dyn std::fmt::Display) {
    // Where stderr cannot be written there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "musicap: {error}");
}

/// The exit code of a command that has reported its error.
fn exit_code(result: Result<(), musicap::Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            match error {
                musicap::Error::InvalidOption { .. } => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
