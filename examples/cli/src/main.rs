//! The `musicap` command.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(musicap_cli::run(std::env::args_os()) as u8)
}
