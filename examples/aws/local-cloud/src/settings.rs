//! How the local cloud is set up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// Where `caption` has its captions from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// From the model inside the function.
    #[default]
    Local,
    /// From the SageMaker endpoint.
    Endpoint,
    /// From a processing job for each recording.
    Job,
}

impl Mode {
    /// As `CAPTION_MODE` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Local => "local",
            Mode::Endpoint => "endpoint",
            Mode::Job => "job",
        }
    }
}

impl std::str::FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Mode::Local, Mode::Endpoint, Mode::Job];
        all.into_iter()
            .find(|mode| mode.as_str() == name)
            .ok_or_else(|| format!("{name:?} is none of local, endpoint, job"))
    }
}

/// The local cloud's settings. Port 0 is any that is free.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where objects, logs and dead letters are kept.
    pub data: PathBuf,
    /// Where the binaries of the workspace are.
    pub binaries: PathBuf,
    /// The page's port.
    pub web_port: u16,
    /// The S3 server's port.
    pub s3_port: u16,
    /// Where captions come from.
    pub mode: Mode,
    /// Processes of each Lambda.
    pub concurrency: usize,
    /// How long a Lambda may take.
    pub timeout: Duration,
    /// How long Lambda waits before the first retry; before the second, twice as long.
    pub retry_wait: Duration,
    /// More variables for all processes.
    pub environment: Vec<(String, String)>,
}

impl Settings {
    /// Settings with everything below `data`, and the binaries that lie beside this program's.
    ///
    /// # Errors
    /// If this program's place cannot be found.
    pub fn new(data: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let folder = program.parent().context("a program without a folder")?;
        // Tests lie one folder further down.
        let folder =
            if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
        Ok(Settings {
            data: data.to_owned(),
            binaries: folder.to_owned(),
            web_port: 0,
            s3_port: 0,
            mode: Mode::default(),
            concurrency: 2,
            timeout: Duration::from_secs(900),
            retry_wait: Duration::from_secs(1),
            environment: Vec::new(),
        })
    }

    /// With one more variable for all processes.
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// With summaries by a language model at the OpenAI-compatible server `url`.
    pub fn with_language_model(self, url: impl Into<String>, key: Option<String>) -> Self {
        let settings = self.with_variable("SUMMARIZER", "openai");
        let settings = settings.with_variable("OPENAI_BASE_URL", url);
        match key {
            Some(key) => settings.with_variable("OPENAI_API_KEY", key),
            None => settings,
        }
    }
}
