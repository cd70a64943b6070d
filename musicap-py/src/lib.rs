//! `musicap._musicap`: the compiled part of the Python package `musicap`. The package's public
//! interface is in `python/musicap`.

mod captioner;
mod checked;
mod error;
mod finetune;
mod live;
mod many;
mod mel;
mod options;
mod player;
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
    use super::many::RecordingStream;
    #[pymodule_export]
    use super::mel::log_mel;
    #[pymodule_export]
    use super::player::encode_opus;
    #[pymodule_export]
    use super::run_command;
    #[pymodule_export]
    use super::source::{audio_extensions, audio_type};
    #[pymodule_export]
    use super::texts::{
        check_captions, check_summary, convert, find_language, find_sections, languages, summarize,
        translate, translate_text, write_captions,
    };
    #[pymodule_export]
    use super::threads::default_threads;

    /// The largest number of threads of a captioner.
    #[pymodule_export]
    pub const MAX_THREADS: usize = musicap::LoadOptions::MAX_THREADS;

    /// The version of the package.
    #[pymodule_export]
    pub const VERSION: &str = env!("CARGO_PKG_VERSION");
}

/// Runs the command `musicap` with these arguments, of which the first is the program's name, and
/// returns its exit code.
#[pyfunction]
fn run_command(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| musicap_cli::run(arguments.into_iter()) as u8)
}
