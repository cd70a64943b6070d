//! The summarizer that the arguments select.

use clap::{Args, ValueEnum};
use musicap::summarize::{
    Language, LocalSummarizer, Summarizer, SummaryEvent, SummaryOptions, Watch, summarize_blocking,
};
use musicap::{Captions, Error, Result};

use crate::report;

#[derive(Args, Debug)]
pub struct SummaryArgs {
    /// Summarize each recording; `openai` uses a language model
    #[arg(long, value_enum, value_name = "local|openai", num_args = 0..=1)]
    #[arg(require_equals = true, default_missing_value = "local")]
    pub summary: Option<SummarizerName>,
    /// Language of captions, summary and section titles: en, de, fr, es, it, pt, ja, ko, zh or hi.
    /// Captions with words that cannot be translated stay in English, marked [en]. With --summary
    /// openai the summary may be in any language
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// Language model for --summary openai [default: gpt-4o-mini]
    #[arg(long, value_name = "MODEL")]
    pub summary_model: Option<String>,
    /// Server for --summary openai; the key is read from OPENAI_API_KEY [default: OpenAI]
    #[arg(long, value_name = "URL")]
    pub summary_url: Option<String>,
}

impl SummaryArgs {
    /// The language of captions and section titles. A language model writes others: there they
    /// stay English.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] lists the languages that exist.
    pub fn caption_language(&self) -> Result<Language> {
        match (&self.language, self.summary) {
            (None, _) => Ok(Language::ENGLISH),
            (Some(name), Some(SummarizerName::Openai)) => {
                Ok(Language::find(name).unwrap_or(Language::ENGLISH))
            }
            (Some(name), _) => Language::find(name),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SummarizerName {
    /// States what the captions agree on; needs no network
    Local,
    /// Uses a server with OpenAI's chat completions API
    Openai,
}

/// A summarizer with its options.
pub struct Summary {
    summarizer: Box<dyn Summarizer>,
    options: SummaryOptions,
    quiet: bool,
}

impl Summary {
    /// The summarizer that the arguments select, if any.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the arguments contradict each other.
    pub fn from_args(args: &SummaryArgs, quiet: bool) -> Result<Option<Self>> {
        if let Some(name) = args.summary {
            return Self::new(name, args, quiet).map(Some);
        }
        for (name, value) in
            [("--summary-model", &args.summary_model), ("--summary-url", &args.summary_url)]
        {
            if let Some(value) = value {
                return Err(invalid(name, value, "used together with --summary"));
            }
        }
        Ok(None)
    }

    /// The summarizer `name`.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if it does not support the arguments or is not part of this build.
    pub fn new(name: SummarizerName, args: &SummaryArgs, quiet: bool) -> Result<Self> {
        let summarizer: Box<dyn Summarizer> = match name {
            SummarizerName::Local => {
                let openai_only = [
                    ("--summary-model", &args.summary_model),
                    ("--summary-url", &args.summary_url),
                ];
                for (name, value) in openai_only {
                    if let Some(value) = value {
                        return Err(invalid(name, value, "used together with --summary openai"));
                    }
                }
                Box::new(LocalSummarizer::new())
            }
            SummarizerName::Openai => openai(args)?,
        };
        let mut options = SummaryOptions::default();
        if let Some(language) = &args.language {
            options = options.with_language(language);
        }
        summarizer.check(&options)?;
        Ok(Summary { summarizer, options, quiet })
    }

    /// Adds a summary to the captions.
    ///
    /// # Errors
    /// Those of the summarizer.
    pub fn add(&self, captions: &mut Captions) -> Result<()> {
        let file = captions.file.clone().unwrap_or_default();
        let on_event = |event: &SummaryEvent| match event {
            SummaryEvent::Retry { problem, wait } if !self.quiet => {
                report(&format!("{file}: summary: {problem}; trying again in {wait:.1?}"));
            }
            _ => {}
        };
        let watch = Watch::default().with_events(&on_event);
        captions.summary =
            Some(summarize_blocking(&*self.summarizer, captions, &self.options, &watch)?);
        // A language model writes languages that section titles do not have.
        let language = Language::find(&self.options.language).unwrap_or(Language::ENGLISH);
        captions.sections = captions.find_sections(language);
        Ok(())
    }
}

#[cfg(feature = "openai")]
fn openai(args: &SummaryArgs) -> Result<Box<dyn Summarizer>> {
    use musicap::summarize::{OpenAi, OpenAiOptions};
    let mut options = OpenAiOptions::default();
    if let Some(url) = &args.summary_url {
        options = options.with_base_url(url);
    }
    if let Some(model) = &args.summary_model {
        options = options.with_model(model);
    }
    Ok(Box::new(OpenAi::new(options)?))
}

#[cfg(not(feature = "openai"))]
fn openai(_: &SummaryArgs) -> Result<Box<dyn Summarizer>> {
    let expected = "local: this build has no network access; build it with --features openai";
    Err(invalid("--summary", "openai", expected))
}

fn invalid(name: &'static str, value: &str, expected: &str) -> Error {
    Error::InvalidOption { name, value: value.to_owned(), expected: expected.to_owned() }
}
