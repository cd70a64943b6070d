//! What can go wrong, and whether a retry can help.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Why a stage could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The recording itself cannot be captioned: it is not audio, or too large. The
    /// reason is stored under `failures/` for the page. It is no failure of the pipeline, so there
    /// are no retries and no alarm.
    Rejected {
        /// What is wrong with it, in one word: `UnknownFormat`.
        kind: &'static str,
        /// What is wrong, where, and what to do.
        message: String,
    },
    /// A retry would give the same. Lambda retries all the same, and then sends the event to the
    /// dead-letter queue.
    Permanent {
        /// The kind of problem in one word, for alarms and for operators: `Missing`.
        kind: &'static str,
        /// What is wrong, where, and what to do.
        message: String,
    },
    /// A retry may help: a service is busy, or a connection broke.
    Transient {
        /// What happened.
        message: String,
    },
    /// The object has been replaced by a newer one, which has its own event.
    Superseded,
}

impl Problem {
    /// A recording that cannot be captioned.
    pub fn rejected(kind: &'static str, message: impl Into<String>) -> Self {
        Problem::Rejected { kind, message: message.into() }
    }

    /// A problem that no retry solves.
    pub fn permanent(kind: &'static str, message: impl Into<String>) -> Self {
        Problem::Permanent { kind, message: message.into() }
    }

    /// A problem that a retry may solve.
    pub fn transient(message: impl Into<String>) -> Self {
        Problem::Transient { message: message.into() }
    }

    /// The kind in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Problem::Rejected { kind, .. } | Problem::Permanent { kind, .. } => kind,
            Problem::Transient { .. } => "Transient",
            Problem::Superseded => "Superseded",
        }
    }

    /// Whether an object is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Problem::Permanent { kind: "Missing", .. })
    }

    /// Why a request to `action` the object `object` failed.
    pub fn of_request<E>(action: &str, object: &str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default();
        match (status, code) {
            (Some(412), _) => Problem::Superseded,
            (_, "NoSuchKey" | "NoSuchVersion" | "NotFound") | (Some(404), _) => {
                Problem::permanent("Missing", format!("{object} does not exist (any more)"))
            }
            (_, "InvalidObjectState") => {
                let message = format!("{object} is archived: restore it and send the event again");
                Problem::permanent("Archived", message)
            }
            _ => {
                let reason = DisplayErrorContext(&error);
                Problem::transient(format!("cannot {action} {object}: {reason}"))
            }
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Rejected { message, .. }
            | Problem::Permanent { message, .. }
            | Problem::Transient { message } => f.write_str(message),
            Problem::Superseded => f.write_str("a newer object has replaced it"),
        }
    }
}

impl std::error::Error for Problem {}

impl From<musicap::Error> for Problem {
    fn from(error: musicap::Error) -> Self {
        use musicap::{Error, SummaryProblem::*};
        let message = error.to_string();
        match &error {
            // A file that cannot be read now, or a language model's server that is down, may work
            // the next time.
            Error::Io { .. } | Error::AudioRead { .. } => Problem::transient(message),
            Error::Summary {
                problem: RateLimit | Network | Timeout | Server | Reply | Quota,
                ..
            } => Problem::transient(message),
            Error::UnknownFormat { .. }
            | Error::DamagedAudio { .. }
            | Error::NoAudioTrack { .. }
            | Error::UnsupportedCodec { .. }
            | Error::NoSamples { .. }
            | Error::AudioLimit { .. } => Problem::rejected(error.code(), message),
            _ => Problem::permanent(error.code(), message),
        }
    }
}
