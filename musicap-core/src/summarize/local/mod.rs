//! Summaries without a network or a language model: nothing is said that no caption said.
//!
//! 1. [`Reading`]: each caption's attributes (instruments, voices, drums, tempo, mood and so on)
//!    are read from its words; what goes in circles is dropped.
//! 2. [`claims`]: captions that agree on an attribute make a claim about a stretch of time
//!    (maximal scoring subsequences, Ruzzo and Tompa 1999).
//! 3. [`prose`]: claims become sentences, what holds throughout first, then what changes.
//! 4. [`lexrank`]: what no attribute stands for is quoted, the most central sentences first
//!    (LexRank, Erkan and Radev 2004; maximal marginal relevance, Carbonell and Goldstein 1998).

mod claims;
mod lexicon;
mod lexrank;
mod prose;
mod reading;
mod spans;
mod text;

use std::collections::HashMap;

use reading::{Reading, Sentence};

use super::{Summarizer, SummaryFuture, SummaryLength, SummaryOptions, SummaryStyle, Watch};
use crate::caption::{Caption, Captions, minutes};
use crate::error::{Error, Result, SummaryProblem};

/// The most claims that are tried for a word of summary.
const CLAIMS_PER_WORD: f64 = 0.3;
/// The greatest length of a sentence that is quoted, in words and in letters.
const QUOTE_WORDS: usize = 40;
const QUOTE_LETTERS: usize = 300;
/// No summary has more letters than its greatest number of words times this.
const LETTERS_PER_WORD: usize = 10;
/// How many words a quotation must have that the summary does not have yet.
const NEW_WORDS: usize = 4;
/// The most sentences that LexRank compares, each with each.
const COMPARED: usize = 500;

/// Writes summaries by counting what captions agree on. Needs no network and takes milliseconds.
///
/// The summary says what holds throughout, then what changes and when, and may quote the most
/// central sentences. What three of four captions say, the first and the last among them, holds
/// throughout. Where there are five or more, what one alone says does not count.
///
/// The same captions give the same summary. It is in English, and of use for captions in
/// English: of others it only quotes.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct LocalSummarizer;

impl LocalSummarizer {
    /// A summarizer.
    pub fn new() -> Self {
        LocalSummarizer
    }

    /// What [`Summarizer::summarize`] gives, at once.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a language but English and for
    /// [`SummaryStyle::Words`].
    pub fn describe(&self, captions: &Captions, options: &SummaryOptions) -> Result<String> {
        self.check(options)?;
        let mut captions: Vec<Caption> = captions.captions.clone();
        captions.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        let statements = statements(&captions, options.length);
        Ok(statements.join(if options.style == SummaryStyle::Lines { "\n" } else { " " }))
    }
}

impl Summarizer for LocalSummarizer {
    fn summarize<'a>(
        &'a self,
        captions: &'a Captions,
        options: &'a SummaryOptions,
        watch: &'a Watch<'a>,
    ) -> SummaryFuture<'a, Result<String>> {
        let work = async move { self.describe(captions, options) };
        Box::pin(async move {
            watch.unless_cancelled(work).await.unwrap_or_else(|| {
                Err(Error::Summary {
                    service: "local".into(),
                    problem: SummaryProblem::Cancelled,
                    reason: "called off".into(),
                })
            })
        })
    }

    fn check(&self, options: &SummaryOptions) -> Result<()> {
        options.validate()?;
        if !options.is_english() {
            let expected = "English for local summaries; a language model writes others";
            return Err(Error::option("language", &options.language, expected));
        }
        match &options.style {
            SummaryStyle::Words(words) => {
                let expected = "prose or lines for local summaries; a language model writes others";
                Err(Error::option("style", words, expected))
            }
            _ => Ok(()),
        }
    }
}

/// The sentences of a summary. `captions` are in the order of time.
fn statements(captions: &[Caption], length: SummaryLength) -> Vec<String> {
    if captions.iter().all(|caption| caption.text.trim().is_empty()) {
        return vec!["There are no captions.".into()];
    }
    let read = captions.iter().map(Reading::of).enumerate();
    let readings: Vec<(usize, Reading)> = read.filter(|(_, reading)| !reading.is_empty()).collect();
    match &readings[..] {
        [] => vec!["The captions only repeat themselves.".into()],
        [(index, only)] if !only.sentences.is_empty() => {
            alone(*index, &only.sentences, captions, length)
        }
        _ => {
            let mut statements = agreed(&readings, captions, length);
            let quotes = quotes(&readings, &statements, captions, length);
            statements.extend(quotes);
            statements
        }
    }
}

/// The one caption that says something speaks for itself.
fn alone(
    index: usize,
    sentences: &[Sentence],
    captions: &[Caption],
    length: SummaryLength,
) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    let (mut words, mut letters) = (0, 0);
    for sentence in sentences {
        words += count_words(&sentence.text);
        letters += sentence.text.chars().count();
        if words > length.words() || letters > length.words() * LETTERS_PER_WORD {
            break;
        }
        statements.push(sentence.text.clone());
    }
    if statements.is_empty() {
        statements.push(beginning(&sentences[0].text, length));
    }
    if captions.len() > 1 {
        let time = prose::stretch(index, index, captions);
        statements[0] = format!("{}{}: {}", time[..1].to_uppercase(), &time[1..], statements[0]);
    }
    statements
}

/// What captions agree on, within the summary's length.
fn agreed(
    readings: &[(usize, Reading)],
    captions: &[Caption],
    length: SummaryLength,
) -> Vec<String> {
    let mut claims = claims::claims(readings, captions.len());
    claims.truncate((length.words() as f64 * CLAIMS_PER_WORD) as usize);
    loop {
        let statements = prose::sentences(&claims, captions);
        let words: usize = statements.iter().map(|statement| count_words(statement)).sum();
        if words <= length.words() {
            return statements;
        }
        claims.pop();
    }
}

/// Sentences that add to what is said already, with their times.
fn quotes(
    readings: &[(usize, Reading)],
    said: &[String],
    captions: &[Caption],
    length: SummaryLength,
) -> Vec<String> {
    let most = match (length, said.is_empty()) {
        (SummaryLength::Short, false) => 0,
        (SummaryLength::Short, true) | (SummaryLength::Medium, false) => 1,
        (SummaryLength::Medium, true) | (SummaryLength::Long, false) => 3,
        (SummaryLength::Long, true) => 5,
    };
    let candidates = candidates(readings);
    let said_words: Vec<String> =
        said.iter().flat_map(|text| text::words(text)).map(|word| word.text).collect();
    let said_words: Vec<&str> = said_words.iter().map(|word| &word[..]).collect();
    let nodes: Vec<lexrank::Node<'_>> = candidates
        .iter()
        .map(|candidate| lexrank::Node {
            words: content(candidate.sentence),
            count: candidate.count,
        })
        .collect();
    let mut left = length.words().saturating_sub(said.iter().map(|s| count_words(s)).sum());
    let mut quotes = Vec::new();
    let mut known = said_words.clone();
    for i in lexrank::select(&nodes, &said_words, candidates.len().min(20)) {
        let Candidate { sentence, caption, .. } = candidates[i];
        let quote = format!("At {}: “{}”", minutes(captions[caption].start_s), sentence.text);
        let words = count_words(&quote);
        let new = nodes[i].words.iter().filter(|word| !known.contains(word)).count();
        if quotes.len() < most && words <= left && (new >= NEW_WORDS || known.is_empty()) {
            left -= words;
            known.extend(&nodes[i].words);
            quotes.push((caption, quote));
        }
    }
    if quotes.is_empty() && said.is_empty() {
        let told = readings.iter().find(|(_, reading)| !reading.sentences.is_empty());
        let told = told.map(|(caption, reading)| (*caption, &reading.sentences[0].text));
        quotes.extend(told.map(|(caption, text)| {
            let time = minutes(captions[caption].start_s);
            (caption, format!("At {time}: “{}”", beginning(text, length)))
        }));
    }
    quotes.sort_by_key(|(caption, _)| *caption);
    quotes.into_iter().map(|(_, quote)| quote).collect()
}

/// A sentence that may be quoted.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    sentence: &'a Sentence,
    /// The first caption that has it.
    caption: usize,
    /// How many have it.
    count: usize,
}

/// All sentences, each once, in the order of time. Where there are too many, the rarest go.
fn candidates(readings: &[(usize, Reading)]) -> Vec<Candidate<'_>> {
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for (caption, reading) in readings {
        for sentence in reading.sentences.iter().filter(|sentence| is_quotable(sentence)) {
            let words = sentence.words.iter().map(|word| &word.text[..]).collect();
            let place = *places.entry(words).or_insert(candidates.len());
            match candidates.get_mut(place) {
                Some(known) => known.count += 1,
                None => candidates.push(Candidate { sentence, caption: *caption, count: 1 }),
            }
        }
    }
    if candidates.len() > COMPARED {
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.count));
        candidates.truncate(COMPARED);
        candidates.sort_by_key(|candidate| candidate.caption);
    }
    candidates
}

/// Whether a sentence is whole and short enough: what reaches a model's greatest length is cut
/// off.
fn is_quotable(sentence: &Sentence) -> bool {
    let whole = sentence.text.ends_with(['.', '!', '?', '。', '！', '？']);
    whole && sentence.words.len() <= QUOTE_WORDS && sentence.text.chars().count() <= QUOTE_LETTERS
}

/// The words of a sentence that tell one recording from another.
fn content(sentence: &Sentence) -> Vec<&str> {
    let is_common = |word: &&str| {
        lexicon::FUNCTION_WORDS.contains(word)
            || lexicon::JOINERS.contains(word)
            || lexicon::COMMONPLACES.contains(word)
    };
    sentence.words.iter().map(|word| &word.text[..]).filter(|word| !is_common(word)).collect()
}

/// As much of a text as fits.
fn beginning(text: &str, length: SummaryLength) -> String {
    let words: Vec<&str> = text.split(' ').take(length.words() - 10).collect();
    let cut: String = words.join(" ").chars().take(QUOTE_LETTERS).collect();
    if cut.len() < text.len() { cut + "…" } else { cut }
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}
