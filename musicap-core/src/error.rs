//! The one error type of the crate.

use std::path::PathBuf;

/// A result whose error is musicap's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, each variant with the values that failed.
///
/// The `Display` text is one line that says what happened, where, and what can be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // files
    /// The operating system refused to read or write a file.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted, as a verb phrase: `read`, `create`, `write`.
        action: &'static str,
        /// The operating system's error.
        source: std::io::Error,
    },

    // audio
    /// The file is not in a supported format.
    #[error("{origin}: not a supported audio file: {reason}")]
    UnknownFormat {
        /// The file.
        origin: String,
        /// What the content appears to be, or that it is not recognised.
        reason: String,
    },
    /// The container was recognised, but its contents are invalid.
    #[error("{origin}: damaged {container} file: {reason}")]
    DamagedAudio {
        /// The file.
        origin: String,
        /// The container's or codec's name.
        container: String,
        /// What is wrong.
        reason: String,
    },
    /// The file has no audio track, only pictures, text or video.
    #[error("{origin}: this {container} file has no audio track")]
    NoAudioTrack {
        /// The file.
        origin: String,
        /// The container's name.
        container: String,
    },
    /// The audio's codec, or this variant of it, is not supported.
    #[error(
        "{origin}: {codec} is not supported: {reason}; convert it first, \
         for example with `ffmpeg -i INPUT OUTPUT.flac`"
    )]
    UnsupportedCodec {
        /// The file.
        origin: String,
        /// The codec's name.
        codec: String,
        /// What is not supported.
        reason: String,
    },
    /// The file can be opened, but contains no samples.
    #[error("{origin}: no audio: {reason}")]
    NoSamples {
        /// The file.
        origin: String,
        /// The cause, as far as it is known.
        reason: String,
    },
    /// Reading the file failed while its audio was being decoded.
    #[error("{origin}: reading failed at {at_s:.1} s: {source}")]
    AudioRead {
        /// The file.
        origin: String,
        /// The position in the audio, in seconds.
        at_s: f64,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The audio exceeds one of the [`AudioLimits`](crate::audio::AudioLimits).
    #[error("{origin}: {what} is {found}, but the limit is {limit}")]
    AudioLimit {
        /// The file, or a description of where the samples come from.
        origin: String,
        /// The limited quantity: `duration`, `number of channels`, `sample rate` or `the stream`,
        /// whose size is limited.
        what: &'static str,
        /// The actual value, with its unit.
        found: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The samples cannot be used: some are NaN or infinite, or they do not form complete frames.
    #[error("invalid samples: {reason}")]
    InvalidSamples {
        /// What is wrong, with its position.
        reason: String,
    },

    // settings
    /// An option is out of its range.
    #[error("{name} is {value}, but must be {expected}")]
    InvalidOption {
        /// The option's name as the caller knows it.
        name: &'static str,
        /// The value given.
        value: String,
        /// The values that are allowed.
        expected: String,
    },
    /// The requested device is not supported by this build or not present on this machine.
    #[error("device \"{device}\" is not available: {reason}")]
    DeviceUnavailable {
        /// The device's name.
        device: String,
        /// Why, and what to do.
        reason: String,
    },

    // models
    /// A required file is missing from a model folder.
    #[error("{}: incomplete model folder: {missing} is missing", folder.display())]
    IncompleteModel {
        /// The folder.
        folder: PathBuf,
        /// The missing file, or several of which at least one is required.
        missing: String,
    },
    /// There is no model of this name, neither as a path nor on the hub.
    #[error("model \"{name}\" not found: {reason}")]
    ModelNotFound {
        /// The name given.
        name: String,
        /// Why, and what to do.
        reason: String,
    },
    /// `config.json` does not describe a model that can be built.
    #[error("{origin}: {reason}")]
    InvalidConfig {
        /// Where the configuration came from.
        origin: String,
        /// The invalid key and its value.
        reason: String,
    },
    /// A checkpoint file is invalid or in an unsupported format.
    #[error("{origin}: not a valid checkpoint: {reason}")]
    InvalidCheckpoint {
        /// The checkpoint file.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor that the model needs is missing from the checkpoint.
    #[error("{origin}: tensor {tensor} is missing")]
    MissingTensor {
        /// The checkpoint file.
        origin: String,
        /// The tensor's name.
        tensor: String,
    },
    /// The checkpoint contains tensors that the model does not have.
    #[error("{origin}: {count} unexpected tensor(s), the first is {first}")]
    UnexpectedTensors {
        /// The checkpoint file.
        origin: String,
        /// How many there are.
        count: usize,
        /// The first one's name.
        first: String,
    },
    /// A tensor's shape differs from the one that the configuration requires.
    #[error(
        "{origin}: tensor {tensor} has shape {found:?}, but the configuration requires {expected:?}"
    )]
    WrongShape {
        /// The checkpoint file.
        origin: String,
        /// The tensor's name.
        tensor: String,
        /// The shape that the configuration requires.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// The tokenizer's files are invalid or not supported.
    #[error("{origin}: not a supported tokenizer: {reason}")]
    InvalidTokenizer {
        /// The tokenizer's file or folder.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The model's logits are NaN or infinite.
    #[error(
        "the model's logits for chunk {chunk} are NaN or infinite: its weights may be damaged; \
         download or convert them again"
    )]
    NotFinite {
        /// The chunk's number in its recording.
        chunk: u64,
    },
    /// The backend failed while computing.
    #[error("the {device} device failed: {reason}")]
    Backend {
        /// The device's name.
        device: String,
        /// The backend's message.
        reason: String,
    },

    // summaries
    /// A text is not the JSON that [`Captions::format`](crate::Captions::format) produces.
    #[error("{origin}: not valid captions: {reason}")]
    InvalidCaptions {
        /// The file, or another description of the text's source.
        origin: String,
        /// What is wrong, with the position.
        reason: String,
    },
    /// A summary could not be made.
    #[error("{service}: no summary: {reason}")]
    Summary {
        /// The model and the server's name.
        service: String,
        /// The kind of failure.
        problem: SummaryProblem,
        /// What happened and what to do. It contains neither secrets nor text from the server.
        reason: String,
    },

    // hub
    /// A file could not be fetched from the hub.
    #[error("{id}: cannot fetch {file}: {reason}")]
    Hub {
        /// The repository, `owner/name` or `owner/name@revision`.
        id: String,
        /// The file in it.
        file: String,
        /// The kind of failure.
        problem: HubProblem,
        /// What happened and what to do.
        reason: String,
    },
}

/// Kinds of hub failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubProblem {
    /// There is no such repository, revision or file.
    NotFound,
    /// The server requires a token or a different one, or its terms must be accepted first.
    Denied,
    /// No connection, or it broke off.
    Unreachable,
    /// The file is not in the cache, and network access is disabled.
    Offline,
    /// The server failed, or its answer does not follow the hub's protocol.
    Server,
    /// The download differs from what the server announced.
    Damaged,
}

/// Kinds of summary failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SummaryProblem {
    /// The server requires a key or a different one.
    Auth,
    /// The quota is exhausted.
    Quota,
    /// Too many requests, even after waiting.
    RateLimit,
    /// The server or its model rejects the content.
    Content,
    /// The captions are too long for the model, even in parts.
    TooLong,
    /// The server does not know the model or the path, or does not understand the request.
    Request,
    /// No connection, or it broke off.
    Network,
    /// No complete answer in time.
    Timeout,
    /// The server failed.
    Server,
    /// The answer is invalid: not JSON, too large, empty or truncated.
    Reply,
    /// Cancelled by the caller.
    Cancelled,
}

impl std::fmt::Display for SummaryProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SummaryProblem::Auth => "the key was not accepted",
            SummaryProblem::Quota => "the quota is exhausted",
            SummaryProblem::RateLimit => "too many requests",
            SummaryProblem::Content => "the content was rejected",
            SummaryProblem::TooLong => "the captions are too long",
            SummaryProblem::Request => "the request was rejected",
            SummaryProblem::Network => "no stable connection",
            SummaryProblem::Timeout => "no response in time",
            SummaryProblem::Server => "the server failed",
            SummaryProblem::Reply => "the response is invalid",
            SummaryProblem::Cancelled => "cancelled",
        })
    }
}

impl Error {
    /// The variant's name, for programs in other languages to tell errors apart by.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Io { .. } => "Io",
            Error::UnknownFormat { .. } => "UnknownFormat",
            Error::DamagedAudio { .. } => "DamagedAudio",
            Error::NoAudioTrack { .. } => "NoAudioTrack",
            Error::UnsupportedCodec { .. } => "UnsupportedCodec",
            Error::NoSamples { .. } => "NoSamples",
            Error::AudioRead { .. } => "AudioRead",
            Error::AudioLimit { .. } => "AudioLimit",
            Error::InvalidSamples { .. } => "InvalidSamples",
            Error::InvalidOption { .. } => "InvalidOption",
            Error::DeviceUnavailable { .. } => "DeviceUnavailable",
            Error::IncompleteModel { .. } => "IncompleteModel",
            Error::ModelNotFound { .. } => "ModelNotFound",
            Error::InvalidConfig { .. } => "InvalidConfig",
            Error::InvalidCheckpoint { .. } => "InvalidCheckpoint",
            Error::MissingTensor { .. } => "MissingTensor",
            Error::UnexpectedTensors { .. } => "UnexpectedTensors",
            Error::WrongShape { .. } => "WrongShape",
            Error::InvalidTokenizer { .. } => "InvalidTokenizer",
            Error::NotFinite { .. } => "NotFinite",
            Error::Backend { .. } => "Backend",
            Error::InvalidCaptions { .. } => "InvalidCaptions",
            Error::Summary { .. } => "Summary",
            Error::Hub { .. } => "Hub",
        }
    }

    /// The same error with another name for an invalid option, for callers who know the option by
    /// that name: `names` has pairs of this crate's name and theirs. Other errors are unchanged.
    ///
    /// ```
    /// use musicap::{CaptionOptions, Captioner, Error};
    ///
    /// let options = CaptionOptions::default().with_overlap(-1.0);
    /// let error = Captioner::embedded()?.check(&options).unwrap_err();
    /// let error = error.with_option_names(&[("overlap_seconds", "--overlap")]);
    /// assert!(error.to_string().starts_with("--overlap is -1, but must be "));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_option_names(self, names: &[(&str, &'static str)]) -> Self {
        match self {
            Error::InvalidOption { name, value, expected } => {
                let known = names.iter().find(|(ours, _)| *ours == name);
                let name = known.map_or(name, |&(_, theirs)| theirs);
                Error::InvalidOption { name, value, expected }
            }
            other => other,
        }
    }

    /// The same error for another recording that it ends. Errors of a device or of a model's file
    /// are what one batch of several recordings can have.
    pub(crate) fn duplicate(&self) -> Error {
        match self {
            Error::Io { path, action, source } => Error::Io {
                path: path.clone(),
                action,
                source: std::io::Error::new(source.kind(), source.to_string()),
            },
            Error::Backend { device, reason } => {
                Error::Backend { device: device.clone(), reason: reason.clone() }
            }
            Error::DeviceUnavailable { device, reason } => {
                Error::DeviceUnavailable { device: device.clone(), reason: reason.clone() }
            }
            other => Error::InvalidSamples { reason: other.to_string() },
        }
    }

    /// An [`Error::Io`] for `path`, made to be used with `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, action, source }
    }

    /// An [`Error::InvalidOption`].
    pub(crate) fn option(
        name: &'static str,
        value: impl ToString,
        expected: impl Into<String>,
    ) -> Error {
        Error::InvalidOption { name, value: value.to_string(), expected: expected.into() }
    }
}

/// What somebody else's file or library says, as part of an error: one line of bounded length
/// without control characters, which a terminal would obey.
pub(crate) fn truncate(text: &str) -> String {
    const MAX_LENGTH: usize = 300;
    let line = one_line(text);
    match line.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A text as one line: space of any kind is one blank, and control characters go.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|letter| !letter.is_control()).collect()
}

/// The innermost cause of an error, in one line.
#[cfg(any(feature = "hub", feature = "openai"))]
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    one_line(&cause.to_string())
}
