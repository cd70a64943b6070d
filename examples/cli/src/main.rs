//! The `musicap` command.

/// The exit code of a program that Ctrl-C ended, as shells have it.
const INTERRUPTED: i32 = 130;

fn main() -> std::process::ExitCode {
    // Without this, the hidden file that is being written would be left behind. Where there can be
    // no handler, it is.
    let _ = ctrlc::set_handler(|| {
        musicap::file::remove_partial_files();
        std::process::exit(INTERRUPTED);
    });
    std::process::ExitCode::from(musicap_cli::run(std::env::args_os()) as u8)
}
