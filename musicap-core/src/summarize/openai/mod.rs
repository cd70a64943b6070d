//! Summaries by a language model, through OpenAI's chat completions API.

mod failure;
mod options;
mod parts;
mod prompt;
mod reply;
mod request;

use std::collections::VecDeque;

use serde_json::Value;

pub use options::{OpenAiOptions, StructuredOutput};

use self::failure::{Failure, Retry};
use self::parts::Item;
use self::prompt::Stage;
use self::request::Connection;
use super::{Summarizer, SummaryEvent, SummaryFuture, SummaryOptions, SummaryStyle, Watch};
use crate::caption::Captions;
use crate::error::{Error, Result, SummaryProblem};

/// Writes summaries with a language model: OpenAI's, Azure's, or your own behind vLLM, Ollama or
/// any other server with the chat completions API. Cheap to clone.
///
/// The captions are sent to that server; the audio never leaves the machine.
///
/// Temporary failures (429, 5xx, a broken connection, a timeout) are retried with growing waits,
/// or as the server's `Retry-After` specifies. Recordings with more captions than fit into one
/// request are summarized in parts, and those summaries into one. Servers with structured output
/// are asked for it; see [`StructuredOutput`].
///
/// The future must be polled within a tokio runtime with time and IO enabled;
/// [`summarize_blocking`](super::summarize_blocking) provides one.
///
/// ```no_run
/// use musicap::Captioner;
/// use musicap::summarize::{OpenAi, OpenAiOptions, SummaryOptions, Watch, summarize_blocking};
///
/// let captions = Captioner::embedded()?.caption_file("song.mp3")?;
/// // A model on this machine, as Ollama serves it. OpenAiOptions::default() is OpenAI itself.
/// let server = OpenAiOptions::default()
///     .with_base_url("http://localhost:11434/v1")
///     .with_model("llama3.2");
/// let options = SummaryOptions::default().with_language("Japanese");
/// let summary =
///     summarize_blocking(&OpenAi::new(server)?, &captions, &options, &Watch::default())?;
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenAi {
    connection: Connection,
    /// The greatest number of tokens that the captions of one request take.
    input_tokens: usize,
    structured_output: StructuredOutput,
}

impl OpenAi {
    /// A summarizer that uses the server of `options`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that is out of its range, including a missing key if
    /// the server is OpenAI's. Messages never contain a key.
    pub fn new(options: OpenAiOptions) -> Result<Self> {
        let OpenAiOptions { input_tokens, structured_output, .. } = options;
        Ok(OpenAi { connection: Connection::new(options)?, input_tokens, structured_output })
    }

    /// Whether the server is asked for an answer of two parts: the words of a style may want
    /// another form.
    fn is_structured(&self, options: &SummaryOptions) -> bool {
        self.structured_output == StructuredOutput::Auto
            && !matches!(options.style, SummaryStyle::Words(_))
    }

    async fn whole(
        &self,
        captions: &Captions,
        options: &SummaryOptions,
        watch: &Watch<'_>,
    ) -> Result<String> {
        self.check(options)?;
        // reqwest would panic.
        if tokio::runtime::Handle::try_current().is_err() {
            let reason = "this future needs a tokio runtime; summarize_blocking provides one";
            return Err(self.connection.error(SummaryProblem::Network, reason.into()));
        }
        let mut items = parts::items(captions, self.input_tokens);
        if items.is_empty() {
            return Err(Error::option("captions", "empty", "at least one with text"));
        }
        let mut stage = Stage::Captions;
        let mut done = 0;
        loop {
            let before = items.len();
            let mut queue = VecDeque::from(parts::split(items, self.input_tokens));
            let mut summaries: Vec<Item> = Vec::new();
            while let Some(part) = queue.pop_front() {
                let is_all = queue.is_empty() && summaries.is_empty();
                let parts = done + queue.len() + if is_all { 1 } else { 2 };
                watch.report(&SummaryEvent::Progress { done, parts });
                let mut body = prompt::body(self.connection.model(), &part, stage, is_all, options);
                if is_all && self.is_structured(options) {
                    body["response_format"] = prompt::response_format();
                }
                let mut answer = self.connection.chat(body.clone(), watch).await;
                let is_refused = |failure: &Failure| failure.retry == Retry::Simpler;
                if answer.as_ref().is_err_and(is_refused)
                    && let Value::Object(fields) = &mut body
                    && fields.remove("response_format").is_some()
                {
                    answer = self.connection.chat(body, watch).await;
                }
                match answer {
                    Ok(summary) if is_all => {
                        watch.report(&SummaryEvent::Progress { done: parts, parts });
                        return Ok(prompt::description(summary, &options.style));
                    }
                    Ok(summary) => {
                        summaries.push(parts::joined(&part, summary, self.input_tokens));
                        done += 1;
                    }
                    // The model accepts less than was assumed.
                    Err(Failure { problem: SummaryProblem::TooLong, .. }) if part.len() > 1 => {
                        let (first, second) = part.split_at(part.len() / 2);
                        queue.push_front(second.to_vec());
                        queue.push_front(first.to_vec());
                    }
                    Err(failure) => return Err(self.connection.failed(failure)),
                }
            }
            if summaries.len() >= before {
                let reason = "not even two captions fit into the model's context";
                return Err(self.connection.error(SummaryProblem::TooLong, reason.into()));
            }
            items = summaries;
            stage = Stage::Summaries;
        }
    }
}

impl Summarizer for OpenAi {
    fn summarize<'a>(
        &'a self,
        captions: &'a Captions,
        options: &'a SummaryOptions,
        watch: &'a Watch<'a>,
    ) -> SummaryFuture<'a, Result<String>> {
        Box::pin(async move {
            let work = self.whole(captions, options, watch);
            watch.unless_cancelled(work).await.unwrap_or_else(|| {
                Err(self.connection.error(SummaryProblem::Cancelled, "cancelled".into()))
            })
        })
    }

    fn check(&self, options: &SummaryOptions) -> Result<()> {
        options.validate()
    }
}
