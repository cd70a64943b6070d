//! The settings of the local cloud.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::calls::arn;

/// Where captions are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// In the function.
    #[default]
    Local,
    /// By the SageMaker endpoint.
    Endpoint,
    /// By a Processing job for each recording.
    Job,
}

impl Mode {
    /// The value of `CAPTION_MODE`.
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
            .ok_or_else(|| format!("{name:?} is not local, endpoint or job"))
    }
}

/// The local cloud's settings. Port 0 stands for any free port.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of objects, logs and dead letters.
    pub data: PathBuf,
    /// The folder of the workspace's binaries.
    pub binaries: PathBuf,
    /// The page's port.
    pub web_port: u16,
    /// The S3 server's port.
    pub s3_port: u16,
    /// Where captions are computed.
    pub mode: Mode,
    /// Processes of each function.
    pub concurrency: usize,
    /// How long a function may take for an event.
    pub timeout: Duration,
    /// The wait before the first retry; before the second it is twice as long.
    pub retry_wait: Duration,
    /// More variables for all processes.
    pub environment: Vec<(String, String)>,
    /// Secrets by their ARNs.
    pub secrets: Vec<(String, String)>,
    /// Whether buckets' notifications have filters, as in deploy/template.yaml. Without them, and
    /// without `INPUT_PREFIX`, every new object of a bucket invokes its function.
    pub filtered: bool,
    /// The file that calls are recorded in.
    pub calls: Option<PathBuf>,
}

impl Settings {
    /// Settings with everything below `data`, and the binaries from the folder of this program. Calls
    /// are recorded in `MUSICAP_RECORD_CALLS`.
    ///
    /// # Errors
    /// If this program's path cannot be found.
    pub fn new(data: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let folder = program.parent().context("a program without a folder")?;
        // Tests are in a subfolder.
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
            secrets: Vec::new(),
            filtered: true,
            calls: std::env::var_os("MUSICAP_RECORD_CALLS").map(PathBuf::from),
        })
    }

    /// With one more variable for all processes.
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// With summaries by a language model at the OpenAI-compatible server `url`, whose key is a
    /// secret.
    pub fn with_language_model(self, url: impl Into<String>, key: Option<String>) -> Self {
        let settings = self.with_variable("SUMMARIZER", "openai");
        let mut settings = settings.with_variable("OPENAI_BASE_URL", url);
        let Some(key) = key else { return settings };
        let arn = arn("secretsmanager", "secret:openai-AbCdEf");
        settings.secrets.push((arn.clone(), key));
        settings.with_variable("OPENAI_API_KEY_SECRET", arn)
    }
}
