//! Who summarises, and how.

use clap::{Args, ValueEnum};
use musicap::summarize::{
    Language, LocalSummarizer, Summarizer, SummaryEvent, SummaryOptions, Watch, summarize_blocking,
};
use musicap::{Captions, Error, Result};

use crate::report;

#[derive(Args, Debug)]
pub struct SummaryArgs {
    /// Add one description of the whole; by a language model with `--summary openai`
    #[arg(long, value_enum, value_name = "local|openai", num_args = 0..=1)]
    #[arg(require_equals = true, default_missing_value = "local")]
    pub summary: Option<SummarizerName>,
    /// The language of the summary and of the sections' titles: en, de, fr, es, it, pt, ja, ko, zh
    /// or hi; with `--summary openai` any
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// The language model that summarises, as its server knows it [default: gpt-4o-mini]
    #[arg(long, value_name = "MODEL")]
    pub summary_model: Option<String>,
    /// The model's server [default: OpenAI; the key is that of OPENAI_API_KEY]
    #[arg(long, value_name = "URL")]
    pub summary_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SummarizerName {
    /// Counts what captions agree on, on this machine
    Local,
    /// Asks a server that speaks OpenAI's chat completions
    Openai,
}

/// A summarizer that is ready.
pub struct Summary {
    summarizer: Box<dyn Summarizer>,
    options: SummaryOptions,
    quiet: bool,
}

impl Summary {
    /// The summarizer that was asked for, if one was.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the arguments do not go together.
    pub fn wanted(args: &SummaryArgs, quiet: bool) -> Result<Option<Self>> {
        if let Some(name) = args.summary {
            return Self::by(name, args, quiet).map(Some);
        }
        for (name, value) in [
            ("--language", &args.language),
            ("--summary-model", &args.summary_model),
            ("--summary-url", &args.summary_url),
        ] {
            if let Some(value) = value {
                return Err(wrong_use(name, value, "given together with --summary"));
            }
        }
        Ok(None)
    }

    /// The summarizer `name`.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if the arguments do not suit it, or it is not part of this build.
    pub fn by(name: SummarizerName, args: &SummaryArgs, quiet: bool) -> Result<Self> {
        let summarizer: Box<dyn Summarizer> = match name {
            SummarizerName::Local => {
                let of_openai = [
                    ("--summary-model", &args.summary_model),
                    ("--summary-url", &args.summary_url),
                ];
                for (name, value) in of_openai {
                    if let Some(value) = value {
                        return Err(wrong_use(name, value, "given together with --summary openai"));
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

    /// Puts a summary to captions.
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
    let expected = "local: this build opens no connections; build it with --features openai";
    Err(wrong_use("--summary", "openai", expected))
}

fn wrong_use(name: &'static str, value: &str, expected: &str) -> Error {
    Error::InvalidOption { name, value: value.to_owned(), expected: expected.to_owned() }
}
