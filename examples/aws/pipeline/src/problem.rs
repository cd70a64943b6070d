//! What goes wrong, and whether trying again can help.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Why a stage could not do its work. Either is returned to Lambda, which tries again and then
/// hands the event to the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Trying again gives the same. `kind` names it for alarms and for whoever reads the queue.
    Permanent {
        /// A word for the kind: `Missing`, `UnknownFormat`.
        kind: &'static str,
        /// What is wrong, where, and what to do.
        message: String,
    },
    /// What may pass: a service that is busy or a connection that broke.
    Passing {
        /// What happened.
        message: String,
    },
    /// What was asked for is no longer there because something newer took its place. An event
    /// of its own tells of that.
    Superseded,
}

impl Problem {
    /// What no retry helps.
    pub fn permanent(kind: &'static str, message: impl Into<String>) -> Self {
        Problem::Permanent { kind, message: message.into() }
    }

    /// What may pass.
    pub fn passing(message: impl Into<String>) -> Self {
        Problem::Passing { message: message.into() }
    }

    /// A word for the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Problem::Permanent { kind, .. } => kind,
            Problem::Passing { .. } => "Passing",
            Problem::Superseded => "Superseded",
        }
    }

    /// What a request to `action` on `object` failed with.
    pub fn of_request<E>(action: &str, object: &str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default();
        match (status, code) {
            (Some(412), _) => Problem::Superseded,
            (_, "NoSuchKey" | "NoSuchVersion" | "NotFound") | (Some(404), _) => {
                let message = format!("{object} is not there: deleted, or never written");
                Problem::permanent("Missing", message)
            }
            (_, "InvalidObjectState") => {
                let message = format!("{object} is archived: restore it and send the event again");
                Problem::permanent("Archived", message)
            }
            _ => {
                let reason = DisplayErrorContext(&error);
                Problem::passing(format!("cannot {action} {object}: {reason}"))
            }
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Permanent { message, .. } | Problem::Passing { message } => {
                f.write_str(message)
            }
            Problem::Superseded => f.write_str("something newer has taken its place"),
        }
    }
}

impl std::error::Error for Problem {}

impl From<musicap::Error> for Problem {
    /// A file that cannot be read may be read another time, and a language model's server may come
    /// back; all else depends on the recording alone.
    fn from(error: musicap::Error) -> Self {
        use musicap::{Error, SummaryProblem::*};
        let passes = match &error {
            Error::Io { .. } | Error::AudioRead { .. } => true,
            Error::Summary { problem, .. } => {
                matches!(problem, RateLimit | Network | Timeout | Server | Reply | Quota)
            }
            _ => false,
        };
        match passes {
            true => Problem::passing(error.to_string()),
            false => Problem::permanent(error.code(), error.to_string()),
        }
    }
}
