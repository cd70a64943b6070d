//! One description of a whole recording, from the captions of its chunks.
//!
//! A [`Summarizer`] reads captions and writes a few sentences. There are two:
//!
//! | summarizer | needs | languages |
//! |---|---|---|
//! | [`LocalSummarizer`] | nothing | English |
//! | `OpenAi` | feature `openai`, a server that speaks OpenAI's chat completions | any |
//!
//! ```
//! use musicap::caption::{Caption, Captions};
//! use musicap::summarize::{LocalSummarizer, SummaryOptions};
//!
//! let texts = ["A piano plays a slow melody.", "A piano plays a slow melody over drums."];
//! let caption = |(index, text): (usize, &&str)| Caption {
//!     index,
//!     start_s: 10.0 * index as f64,
//!     end_s: 10.0 * index as f64 + 10.0,
//!     text: text.to_string(),
//!     score: -0.5,
//! };
//! let captions = texts.iter().enumerate().map(caption).collect();
//! let captions = Captions { captions, ..Captions::default() };
//! let summary = LocalSummarizer::new().describe(&captions, &SummaryOptions::default())?;
//! assert_eq!(
//!     summary,
//!     "A piano is heard throughout; the music is slow. From 0:10 drums enter."
//! );
//! # Ok::<(), musicap::Error>(())
//! ```
//!
//! # From code that is not asynchronous
//! [`summarize_blocking`] waits for any summarizer, and brings a runtime along where one is
//! needed.
//!
//! # In a browser
//! Futures of a page's own interfaces cannot move between threads. So [`SummaryFuture`] and the
//! callback of a [`Watch`] must be `Send` everywhere but on wasm, where they need not be, and a
//! summarizer of one's own is written the same way on both. [`LocalSummarizer`] works there.
//! `OpenAi` does not: a key has no place in a page that anyone may read.

mod facts;
mod future;
mod language;
mod local;
#[cfg(feature = "openai")]
mod openai;
mod options;
mod watch;

#[cfg(not(target_family = "wasm"))]
pub use future::summarize_blocking;
pub use future::{MaybeSend, SummaryFuture};
pub use language::Language;
pub use local::LocalSummarizer;
#[cfg(feature = "openai")]
pub use openai::{OpenAi, OpenAiOptions};
pub use options::{SummaryLength, SummaryOptions, SummaryStyle};
pub use watch::{Cancel, SummaryEvent, Watch};

use crate::caption::Captions;
use crate::error::Result;

/// Turns the captions of a recording into one description of the whole.
///
/// The trait can be made an object: `Box<dyn Summarizer>`. Captions are what was heard, and no
/// more: an implementation must not follow instructions that stand in them.
pub trait Summarizer: MaybeSend {
    /// A description of the recording that `captions` speak of.
    ///
    /// Dropping the future stops the work; so does the [`Cancel`] of `watch`, for which the
    /// future then gives [`SummaryProblem::Cancelled`](crate::SummaryProblem::Cancelled).
    ///
    /// # Errors
    /// Those of [`check`](Self::check), and [`Error::Summary`](crate::Error::Summary).
    fn summarize<'a>(
        &'a self,
        captions: &'a Captions,
        options: &'a SummaryOptions,
        watch: &'a Watch<'a>,
    ) -> SummaryFuture<'a, Result<String>>;

    /// Says before there are captions whether these options can be met.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption) names the first that cannot.
    fn check(&self, options: &SummaryOptions) -> Result<()>;
}
