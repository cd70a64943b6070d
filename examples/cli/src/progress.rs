//! A bar with the time left, where there is a terminal to show it on.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a recording has been worked through.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For `file`, whose `length` may not be known. Nothing is shown where `quiet` is set or
    /// stderr is no terminal.
    pub fn new(file: &Path, length: Option<Duration>, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Progress { bar: ProgressBar::hidden() };
        }
        let (bar, template) = match length {
            Some(length) => (
                ProgressBar::new(length.as_millis() as u64),
                "{msg} [{bar:30}] {percent:>3} %, {eta} left",
            ),
            None => (ProgressBar::no_length(), "{msg} {spinner} {elapsed}"),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template).expect("the template is well formed");
        bar.set_style(style.progress_chars("━╸─"));
        let name = file.file_name().unwrap_or(file.as_os_str());
        bar.set_message(name.to_string_lossy().into_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    /// The recording has been worked through up to `seconds`.
    pub fn reached(&self, seconds: f64) {
        self.bar.set_position((seconds * 1000.0) as u64);
    }

    /// Writes to the terminal without the bar in the way.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
