//! musicap's errors as Python exceptions.

use musicap::{Error, HubProblem, SummaryProblem};
use pyo3::CastError;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// Options whose names differ in Python.
const OPTIONS: &[(&str, &str)] = &[("overlap_seconds", "overlap"), ("overrun", "queue")];

/// A result with an error that becomes a Python exception.
pub type Result<T> = std::result::Result<T, Raised>;

/// An error that becomes a Python exception.
#[derive(Debug)]
pub enum Raised {
    Musicap(Error),
    Python(PyErr),
}

impl From<Error> for Raised {
    fn from(error: Error) -> Self {
        Raised::Musicap(error)
    }
}

impl From<PyErr> for Raised {
    fn from(error: PyErr) -> Self {
        Raised::Python(error)
    }
}

impl From<CastError<'_, '_>> for Raised {
    fn from(error: CastError<'_, '_>) -> Self {
        Raised::Python(error.into())
    }
}

impl From<Raised> for PyErr {
    fn from(raised: Raised) -> Self {
        let error = match raised {
            Raised::Python(error) => return error,
            Raised::Musicap(error) => error.with_option_names(OPTIONS),
        };
        Python::attach(|py| match error {
            // Raised by Python itself while a file object or an array was read.
            Error::Io { source, .. } | Error::AudioRead { source, .. } if is_python(&source) => {
                PyErr::from(source)
            }
            Error::Io { path, action, source } => match source.raw_os_error() {
                // Python chooses the class: FileNotFoundError, PermissionError…
                #[cfg(not(windows))]
                Some(code) => {
                    PyOSError::new_err((code, reason(&source, code), path.into_os_string()))
                }
                // Python finds the errno to a code of Windows.
                #[cfg(windows)]
                Some(code) => {
                    PyOSError::new_err((0, reason(&source, code), path.into_os_string(), code))
                }
                None => PyOSError::new_err(Error::Io { path, action, source }.to_string()),
            },
            error => class_error(py, &error).unwrap_or_else(|failed| failed),
        })
    }
}

/// The exception of `musicap.errors` with the name of the error's variant.
fn class_error(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let raised = exception(py, &format!("{}Error", error.code()), &error.to_string())?;
    let problem = match error {
        Error::Hub { problem, .. } => Some(hub_problem(*problem)),
        Error::Summary { problem, .. } => Some(summary_problem(*problem)),
        _ => None,
    };
    if let Some(problem) = problem {
        raised.value(py).setattr("problem", problem)?;
    }
    Ok(raised)
}

/// An exception of the class `name` in `musicap.errors`.
pub fn exception(py: Python<'_>, name: &str, text: &str) -> PyResult<PyErr> {
    let class = py.import("musicap.errors")?.getattr(name)?;
    Ok(PyErr::from_value(class.call1((text,))?))
}

fn hub_problem(problem: HubProblem) -> &'static str {
    match problem {
        HubProblem::NotFound => "not_found",
        HubProblem::Denied => "denied",
        HubProblem::Unreachable => "unreachable",
        HubProblem::Offline => "offline",
        HubProblem::Server => "server",
        HubProblem::Damaged => "damaged",
        _ => "other",
    }
}

fn summary_problem(problem: SummaryProblem) -> &'static str {
    match problem {
        SummaryProblem::Auth => "auth",
        SummaryProblem::Quota => "quota",
        SummaryProblem::RateLimit => "rate_limit",
        SummaryProblem::Content => "content",
        SummaryProblem::TooLong => "too_long",
        SummaryProblem::Request => "request",
        SummaryProblem::Network => "network",
        SummaryProblem::Timeout => "timeout",
        SummaryProblem::Server => "server",
        SummaryProblem::Reply => "reply",
        SummaryProblem::Cancelled => "cancelled",
        _ => "other",
    }
}

fn is_python(source: &std::io::Error) -> bool {
    inner(source).is_some()
}

fn inner(source: &std::io::Error) -> Option<&PyErr> {
    source.get_ref().and_then(|inner| inner.downcast_ref())
}

/// The exception that Python raised while a recording was read, if that is what the error is.
pub fn python_error(error: &Error) -> Option<&PyErr> {
    match error {
        Error::Io { source, .. } | Error::AudioRead { source, .. } => inner(source),
        _ => None,
    }
}

/// The system's message without the error code, which Rust appends and Python prepends.
fn reason(source: &std::io::Error, code: i32) -> String {
    let text = source.to_string();
    text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text).to_owned()
}

/// A `ValueError` with this text.
pub fn value_error(text: impl Into<String>) -> PyErr {
    PyValueError::new_err(text.into())
}
