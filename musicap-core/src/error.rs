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
        /// The operating system's answer.
        source: std::io::Error,
    },

    // settings
    /// A setting is outside what it may be.
    #[error("{name} is {value}, but must be {expected}")]
    InvalidOption {
        /// The setting's name as the caller knows it.
        name: &'static str,
        /// The value given.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// The device asked for is not part of this build or not present on this machine.
    #[error("device \"{device}\" is not available: {reason}")]
    DeviceUnavailable {
        /// The device's name.
        device: String,
        /// Why, and what to do.
        reason: String,
    },

    // models
    /// A model folder lacks a file that it must have.
    #[error("{}: not a complete model folder: {missing} is missing", folder.display())]
    IncompleteModel {
        /// The folder.
        folder: PathBuf,
        /// The file or files of which at least one must be there.
        missing: String,
    },
    /// No model is known by this name, as a path or otherwise.
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
        /// The key and value at fault.
        reason: String,
    },
    /// A checkpoint file cannot be understood.
    #[error("{origin}: not a readable checkpoint: {reason}")]
    InvalidCheckpoint {
        /// The checkpoint file.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor that the model needs is not in the checkpoint.
    #[error("{origin}: tensor {tensor} is missing")]
    MissingTensor {
        /// The checkpoint file.
        origin: String,
        /// The tensor's name.
        tensor: String,
    },
    /// The checkpoint holds tensors that the model has no place for.
    #[error("{origin}: {count} unexpected tensor(s), the first is {first}")]
    UnexpectedTensors {
        /// The checkpoint file.
        origin: String,
        /// How many there are.
        count: usize,
        /// The first one's name.
        first: String,
    },
    /// A tensor's shape is not what the configuration says.
    #[error(
        "{origin}: tensor {tensor} has shape {found:?}, the configuration asks for {expected:?}"
    )]
    WrongShape {
        /// The checkpoint file.
        origin: String,
        /// The tensor's name.
        tensor: String,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// The vocabulary cannot be read.
    #[error("{origin}: not a usable tokenizer: {reason}")]
    InvalidTokenizer {
        /// The vocabulary's file or folder.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The backend failed while computing.
    #[error("the {device} device failed: {reason}")]
    Backend {
        /// The device's name.
        device: String,
        /// The backend's message.
        reason: String,
    },

    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
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
