//! The server, and the limits of requests to it.

use std::time::Duration;

use secrecy::SecretString;

/// Where the key is taken from.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// The environment variable `OPENAI_API_KEY`, if it is set.
    Environment,
    /// The caller.
    Given(SecretString),
    /// There is none.
    None,
}

/// Whether a server is asked for structured output (`response_format` with a JSON schema).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StructuredOutput {
    /// Yes; if the server refuses, the request is repeated without it. Not used for
    /// [`SummaryStyle::Words`](super::super::SummaryStyle::Words).
    #[default]
    Auto,
    /// No.
    Off,
}

/// The server to use and how.
#[derive(Clone)]
#[non_exhaustive]
pub struct OpenAiOptions {
    pub(super) base_url: String,
    pub(super) key: Key,
    /// The server's name for the model. Azure takes it from the URL.
    pub model: String,
    /// The maximum total time of one request.
    pub timeout: Duration,
    /// How often a request is retried after a temporary failure.
    pub retries: usize,
    /// The wait before the first retry. It doubles with each, and a random part is added.
    pub first_wait: Duration,
    /// The longest wait. If a server asks for more with `Retry-After`, there is no retry.
    pub longest_wait: Duration,
    /// The approximate maximum number of tokens for the captions of one request; at least 500.
    /// Longer recordings are summarized in parts.
    pub input_tokens: usize,
    /// The maximum number of tokens of an answer; `None` leaves this to the server.
    pub reply_tokens: Option<u32>,
    /// The maximum number of bytes of an answer.
    pub reply_bytes: usize,
    /// Whether an answer in JSON (the recording as a whole, its course) is requested.
    pub structured_output: StructuredOutput,
}

impl Default for OpenAiOptions {
    /// OpenAI itself, a small model, a minute for a request, four retries.
    fn default() -> Self {
        OpenAiOptions {
            base_url: "https://api.openai.com/v1".into(),
            key: Key::Environment,
            model: "gpt-4o-mini".into(),
            timeout: Duration::from_secs(60),
            retries: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            input_tokens: 8000,
            reply_tokens: None,
            reply_bytes: 1 << 20,
            structured_output: StructuredOutput::default(),
        }
    }
}

impl OpenAiOptions {
    /// Uses the server at `url`, to which `/chat/completions` is added: OpenAI's
    /// `https://api.openai.com/v1`, vLLM's `http://localhost:8000/v1`, Ollama's
    /// `http://localhost:11434/v1`.
    ///
    /// With `api-version` in its query it is an Azure deployment,
    /// `https://NAME.openai.azure.com/openai/deployments/MODEL?api-version=2024-10-21`, and the
    /// key goes into the header `api-key`.
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Uses this model.
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = model.into();
        self
    }

    /// Sends this key, whichever server is used. Without it, the key is taken from the environment
    /// variable `OPENAI_API_KEY`, and is not sent over plain HTTP to another machine.
    pub fn with_api_key(mut self, key: impl Into<String>) -> Self {
        self.key = Key::Given(SecretString::from(key.into()));
        self
    }

    /// Sends no key, even if the environment has one.
    pub fn without_api_key(mut self) -> Self {
        self.key = Key::None;
        self
    }

    /// Limits the total time of one request.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Retries a request at most this often.
    pub fn with_retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// Waits at least `first` and at most `longest` before a retry; `longest` takes precedence.
    pub fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// Sends captions of up to about `tokens` tokens in one request.
    pub fn with_input_tokens(mut self, tokens: usize) -> Self {
        self.input_tokens = tokens;
        self
    }

    /// Sets whether structured output is requested.
    pub fn with_structured_output(mut self, structured_output: StructuredOutput) -> Self {
        self.structured_output = structured_output;
        self
    }

    /// Asks for answers of at most `tokens` tokens.
    pub fn with_reply_tokens(mut self, tokens: u32) -> Self {
        self.reply_tokens = Some(tokens);
        self
    }
}

impl std::fmt::Debug for OpenAiOptions {
    /// Without the URL, which may contain a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAiOptions")
            .field("model", &self.model)
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .field("first_wait", &self.first_wait)
            .field("longest_wait", &self.longest_wait)
            .field("input_tokens", &self.input_tokens)
            .field("reply_tokens", &self.reply_tokens)
            .finish_non_exhaustive()
    }
}
