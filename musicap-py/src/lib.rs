//! `musicap._musicap`: what the Python package `musicap` calls. The package's own modules, in
//! `python/musicap`, are what users see; here is only what Python cannot do itself.

mod captioner;
mod error;
mod finetune;
mod live;
mod mel;
mod options;
mod source;
mod texts;
mod threads;

use pyo3::prelude::*;

/// The compiled part of musicap. Use the package `musicap` instead.
#[pymodule]
mod _musicap {
    #[pymodule_export]
    use super::captioner::{CaptionStream, Captioner};
    #[pymodule_export]
    use super::finetune::finetune;
    #[pymodule_export]
    use super::live::LiveStream;
    #[pymodule_export]
    use super::mel::log_mel;
    #[pymodule_export]
    use super::run_command;
    #[pymodule_export]
    use super::source::audio_type;
    #[pymodule_export]
    use super::texts::{convert, read_captions, summarize, write_captions};

    /// The version of the package.
    #[pymodule_export]
    pub const VERSION: &str = env!("CARGO_PKG_VERSION");
}

/// Runs the command `musicap` with these arguments, the program's name first, and gives its exit
/// code.
#[pyfunction]
fn run_command(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| musicap_cli::run(arguments.into_iter()) as u8)
}
