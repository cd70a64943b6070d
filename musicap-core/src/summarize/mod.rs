//! A summary of a whole recording, made from the captions of its chunks.
//!
//! | [`Summarizer`] | needs | languages |
//! |---|---|---|
//! | [`LocalSummarizer`] | nothing | those of [`Language`] |
//! | `OpenAi` | feature `openai`, a server with OpenAI's chat completions API | any |
//!
//! ```
//! use musicap::caption::{Caption, Captions};
//! use musicap::summarize::{LocalSummarizer, SummaryOptions};
//!
//! let texts = ["A piano plays a slow melody.", "A piano plays a slow melody over drums."];
//! let [first, second] = texts;
//! let captions = vec![Caption::new(0, 0.0, 10.0, first), Caption::new(1, 10.0, 20.0, second)];
//! let captions = Captions::new(20.0, captions);
//! let summary = LocalSummarizer::new().describe(&captions, &SummaryOptions::default())?;
//! assert_eq!(summary, "A slow piano piece, joined by drums at 0:10.");
//!
//! let german = SummaryOptions::default().with_language("de");
//! let summary = LocalSummarizer::new().describe(&captions, &german)?;
//! assert_eq!(summary, "Ein langsames Klavierstück, zu dem bei 0:10 Schlagzeug hinzukommt.");
//! # Ok::<(), musicap::Error>(())
//! ```
//!
//! # From synchronous code
//! [`summarize_blocking`] waits for any summarizer, and provides a runtime where one is needed.
//!
//! # Sections, and captions in other languages
//! [`Captions::find_sections`] returns the sections of a recording, each with a title, and
//! [`Captions::translated`] the captions in one of the languages.
//!
//! # In a browser
//! Futures of browser APIs cannot move between threads. [`SummaryFuture`] and the callback of a
//! [`Watch`] must therefore be `Send` everywhere except on wasm, and a custom summarizer is written
//! the same way for both. [`LocalSummarizer`] works in a browser. `OpenAi` does not, because a page
//! that anyone can read must not contain a key.

#[cfg(not(target_family = "wasm"))]
mod blocking;
pub(crate) mod facts;
mod future;
mod language;
mod local;
#[cfg(feature = "openai")]
mod openai;
mod options;
mod watch;

#[cfg(not(target_family = "wasm"))]
pub use blocking::summarize_blocking;
pub use future::{MaybeSend, SummaryFuture};
pub use language::Language;
pub use local::LocalSummarizer;
#[cfg(feature = "openai")]
pub use openai::{OpenAi, OpenAiOptions, StructuredOutput};
pub use options::{SummaryLength, SummaryOptions, SummaryStyle};
pub use watch::{Cancel, SummaryEvent, Watch};

use crate::caption::Captions;
use crate::error::Result;

/// Summarizes the captions of a recording.
///
/// The trait is object safe: `Box<dyn Summarizer>`. Captions are data: an implementation must not
/// follow instructions in them.
pub trait Summarizer: MaybeSend {
    /// A summary of the recording that `captions` describe.
    ///
    /// Dropping the future stops the work; so does the [`Cancel`] of `watch`, in which case the
    /// future returns [`SummaryProblem::Cancelled`](crate::SummaryProblem::Cancelled).
    ///
    /// # Errors
    /// Those of [`check`](Self::check), and [`Error::Summary`](crate::Error::Summary).
    fn summarize<'a>(
        &'a self,
        captions: &'a Captions,
        options: &'a SummaryOptions,
        watch: &'a Watch<'a>,
    ) -> SummaryFuture<'a, Result<String>>;

    /// Checks whether these options are supported, before there are captions.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption) names the first that is not.
    fn check(&self, options: &SummaryOptions) -> Result<()>;
}
