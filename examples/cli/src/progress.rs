//! Progress bars, if stderr is a terminal.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::plain;
use crate::report;

/// Progress in bytes of the files, whose sizes are known before the first is decoded.
pub struct Progress {
    bar: ProgressBar,
    files: usize,
    /// Number and total size of finished files.
    done: (usize, u64),
    /// Size and, if known, length of the current file.
    current: (u64, Option<Duration>),
}

impl Progress {
    /// For `files` files with a total size of `bytes`. Nothing is shown if `quiet` is set or stderr is
    /// not a terminal.
    pub fn new(files: usize, bytes: u64, quiet: bool) -> Self {
        let bar = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressBar::hidden(),
            false => ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr()),
        };
        Progress { bar, files, done: (0, 0), current: (0, None) }
    }

    /// Starts a file, whose `length` may be unknown.
    pub fn start(&mut self, file: &Path, bytes: u64, length: Option<Duration>) {
        self.current = (bytes, length);
        // Without a length there is no remaining time.
        let template = match (self.files, length) {
            (1, None) => "{msg} {spinner} {elapsed}",
            _ => "{msg} [{bar:30}] {percent:>3} %, {eta} left",
        };
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        self.bar.set_style(style.progress_chars("━╸─"));
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let name = plain(&name);
        self.bar.set_message(match self.files {
            1 => name,
            files => format!("{}/{files} {name}", self.done.0 + 1),
        });
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    /// The current recording is captioned up to `seconds`.
    pub fn reached(&self, seconds: f64) {
        let (bytes, Some(length)) = self.current else { return };
        let share = (seconds / length.as_secs_f64().max(0.001)).clamp(0.0, 1.0);
        self.bar.set_position(self.done.1 + (bytes as f64 * share) as u64);
    }

    /// The current recording is finished or has failed.
    pub fn end(&mut self) {
        self.done = (self.done.0 + 1, self.done.1 + self.current.0);
        self.bar.set_position(self.done.1);
    }

    /// Hides the bar while `write` writes to the terminal.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

/// A progress callback that shows a bar for each downloaded file, or, where stderr is not a terminal,
/// says once that it is downloaded. Nothing is shown if `quiet` is set.
pub fn downloads(quiet: bool) -> impl Fn(u64, u64, &str) + Send + Sync + 'static {
    let is_terminal = std::io::stderr().is_terminal();
    let style = "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left";
    let style = ProgressStyle::with_template(style).expect("the template is valid");
    let bar = match quiet {
        true => ProgressBar::hidden(),
        false => ProgressBar::no_length(),
    };
    bar.set_style(style.progress_chars("━╸─"));
    move |done, total, file| {
        if bar.message() != file {
            bar.set_message(plain(file));
            bar.reset();
            if !is_terminal && !quiet {
                let size =
                    if total > 0 { format!(" ({})", HumanBytes(total)) } else { String::new() };
                report(&format!("downloading {}{size}", plain(file)));
            }
        }
        bar.set_length(total.max(done));
        bar.set_position(done);
        if done == total {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
