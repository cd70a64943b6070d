//! Summaries without a network or a language model: nothing is said that no caption said.
//!
//! 1. [`Facts`] are parsed from each caption.
//! 2. [`sections`]: captions that say alike become sections, each with what most of them say.
//! 3. [`boundaries`]: the sound says when within a chunk a section begins.
//! 4. [`story`]: the whole first, then what changes from section to section.
//! 5. [`render`]: the story in the words of a language, by its file in `languages`.
//! 6. [`lexrank`]: captions that no fact can be read from are quoted, the most central sentences
//!    first (LexRank, Erkan and Radev 2004; maximal marginal relevance, Carbonell and Goldstein
//!    1998).

mod boundaries;
mod lexrank;
mod measured;
mod quotes;
mod render;
mod sections;
mod story;
mod translate;

use render::Renderer;
use sections::{Divider, Part, SECTION_COST};
use story::{Change, Event, Story};

use super::facts::Facts;
use super::language::Language;
use super::{Summarizer, SummaryFuture, SummaryLength, SummaryOptions, SummaryStyle, Watch};
use crate::audio::SoundChange;
use crate::caption::{Caption, Captions, Section, minutes};
use crate::error::{Error, Result, SummaryProblem};

/// Recordings up to this length, in seconds, are one sentence.
const ONE_SENTENCE_S: f64 = 60.0;
/// Recordings from this length on, in seconds, or of this many sections, have an outline of them in
/// place of a story: that of a song with a dozen sections would not fit, and lose its middle.
const OUTLINE_S: f64 = 20.0 * 60.0;
const OUTLINE_SECTIONS: usize = 8;
/// The most sections of an outline that has too many words with all of them.
const MAX_OUTLINED: usize = 40;
/// The most changes that a sentence has.
const CHANGES_PER_SENTENCE: usize = 3;
/// By how much a section's cost grows until the summary is short enough, and the greatest cost:
/// with it there is one section.
const COST_GROWTH: f64 = 1.2;
const MAX_COST: f64 = 1e9;
/// No summary has more characters than its greatest number of words times this.
const CHARS_PER_WORD: usize = 10;

/// Writes summaries from the facts that captions agree on. Needs no network and takes milliseconds.
///
/// The summary describes the whole recording, then what changes and when: one sentence for half a
/// minute, a paragraph for a song, an outline of sections for an hour. If there are
/// [facts](Captions::facts) that are sure of tempo or key, it ends with these. It states nothing
/// that the captions and facts do not, and ignores single captions that contradict their
/// neighbours. The same captions give the same summary. The languages are those of [`Language`].
/// Captions must be in English; those without any word of the lexicon are quoted.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct LocalSummarizer;

impl LocalSummarizer {
    /// Creates a summarizer.
    pub fn new() -> Self {
        LocalSummarizer
    }

    /// The same as [`Summarizer::summarize`], without a future.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a language that is not one of [`Language`] and for
    /// [`SummaryStyle::Words`]; [`Error::InvalidCaptions`] for captions that are
    /// [translated](Captions::translated).
    pub fn describe(&self, captions: &Captions, options: &SummaryOptions) -> Result<String> {
        self.check(options)?;
        let language = Language::find(&options.language)?;
        if captions.known_language() != Some(Language::ENGLISH) {
            return Err(captions.in_another_language(
                "a local summary is made from English captions, so summarize before translating",
            ));
        }
        let timed = Timed { captions: &sorted(captions), changes: &captions.changes };
        let mut statements = statements(timed, options.length, language);
        statements.extend(self.measured(captions, &statements, options.length, language));
        let separator = match &options.style {
            SummaryStyle::Lines => "\n",
            _ => language.sentence_separator(),
        };
        Ok(statements.join(separator))
    }

    /// What facts say of tempo and key, if the summary has space for it.
    fn measured(
        &self,
        captions: &Captions,
        statements: &[String],
        length: SummaryLength,
        language: Language,
    ) -> Option<String> {
        let facts = captions.facts.as_ref()?;
        let words: Vec<Facts> =
            captions.captions.iter().map(|caption| Facts::parse(&caption.text)).collect();
        let measured = measured::statement(facts, &words, &Renderer::new(language.catalog()))?;
        let count: usize = statements.iter().chain([&measured]).map(|text| count_words(text)).sum();
        (count <= length.words()).then_some(measured)
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
                    reason: "cancelled".into(),
                })
            })
        })
    }

    fn check(&self, options: &SummaryOptions) -> Result<()> {
        options.validate()?;
        Language::find(&options.language)?;
        match &options.style {
            SummaryStyle::Words(words) => {
                let expected = "prose or lines for local summaries; a language model writes others";
                Err(Error::option("style", words, expected))
            }
            _ => Ok(()),
        }
    }
}

impl Captions {
    /// The sections of the recording: runs of similar captions, each with a title in `language`
    /// such as "Piano alone". They cover the recording from the first caption to the last. Empty
    /// without captions or if they are not in English.
    pub fn find_sections(&self, language: Language) -> Vec<Section> {
        if self.known_language() != Some(Language::ENGLISH) {
            return Vec::new();
        }
        let captions = sorted(self);
        let facts: Vec<Facts> =
            captions.iter().map(|caption| Facts::parse(&caption.text)).collect();
        if facts.iter().all(|facts| facts.terms.is_empty()) {
            return Vec::new();
        }
        let renderer = Renderer::new(language.catalog());
        let parts = sections::sections(&facts, SECTION_COST);
        let starts = boundaries::starts(&parts, &captions, &self.changes);
        let mut sections: Vec<Section> = Vec::new();
        for (part, &start_s) in parts.iter().zip(&starts) {
            let title = render::capitalized(&renderer.title(&part.titled(&facts)));
            let end_s = end(part.captions.end - 1, &captions);
            match sections.last_mut() {
                Some(last) if last.title == title => last.end_s = end_s,
                last => {
                    if let Some(last) =
                        last.filter(|last| last.end_s == captions[part.captions.start].start_s)
                    {
                        last.end_s = start_s;
                    }
                    sections.push(Section { start_s, end_s, title });
                }
            }
        }
        // Captions from elsewhere may end before they start, or lie in each other.
        for section in &mut sections {
            section.end_s = section.end_s.max(section.start_s);
        }
        sections
    }

    /// The language of the captions, if it is one of [`Language`].
    fn known_language(&self) -> Option<Language> {
        match &self.language {
            Some(code) => Language::find(code).ok(),
            None => Some(Language::ENGLISH),
        }
    }

    /// The error for captions that are not in English.
    fn in_another_language(&self, why: &str) -> Error {
        let code = self.language.as_deref().unwrap_or_default();
        Error::InvalidCaptions {
            origin: self.file.clone().unwrap_or_else(|| "captions".into()),
            reason: format!("they are in another language ({code}); {why}"),
        }
    }
}

/// Captions in the order of time, and the times at which the sound changes.
#[derive(Clone, Copy)]
struct Timed<'a> {
    captions: &'a [Caption],
    changes: &'a [SoundChange],
}

/// The captions in the order of time.
fn sorted(captions: &Captions) -> Vec<Caption> {
    let mut captions = captions.captions.clone();
    captions.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    captions
}

/// The sentences of a summary.
fn statements(timed: Timed, length: SummaryLength, language: Language) -> Vec<String> {
    let captions = timed.captions;
    let renderer = Renderer::new(language.catalog());
    if captions.iter().all(|caption| caption.text.trim().is_empty()) {
        return vec![renderer.sentence(&renderer.message("no-captions", &[]))];
    }
    let facts: Vec<Facts> = captions.iter().map(|caption| Facts::parse(&caption.text)).collect();
    let mut usable = facts.iter().enumerate().filter(|(_, facts)| !facts.is_empty());
    match (usable.next(), usable.next()) {
        (None, _) => vec![renderer.sentence(&renderer.message("only-repetition", &[]))],
        (Some((index, only)), None)
            if !only.sentences.is_empty()
                && (language == Language::ENGLISH || only.terms.is_empty()) =>
        {
            let own = only.sentences.iter().map(|sentence| sentence.text.clone()).collect();
            alone(index, own, captions, length, &renderer)
        }
        (Some((index, only)), None) if only.is_complete() => {
            match translate::rendered(only, language) {
                Some(translated) => alone(index, translated, captions, length, &renderer),
                None => story_or_outline(&facts, timed, length, &renderer),
            }
        }
        _ if facts.iter().all(|facts| facts.terms.is_empty()) => {
            quotes::quotes(&facts, captions, length, &renderer)
        }
        _ => story_or_outline(&facts, timed, length, &renderer),
    }
}

/// A story that is short enough, or an outline.
fn story_or_outline(
    facts: &[Facts],
    timed: Timed,
    length: SummaryLength,
    renderer: &Renderer,
) -> Vec<String> {
    let captions = timed.captions;
    let divider = Divider::new(facts);
    let first = divider.at_cost(SECTION_COST);
    let duration = captions.last().map_or(0.0, |last| last.end_s) - captions[0].start_s;
    let has_outline = duration >= OUTLINE_S || first.len() >= OUTLINE_SECTIONS;
    let costs = std::iter::successors(Some(SECTION_COST * COST_GROWTH), |cost| {
        (*cost <= MAX_COST).then_some(cost * COST_GROWTH)
    });
    let fewer: Box<dyn Iterator<Item = Vec<Part>>> = match has_outline {
        true => {
            Box::new((3..MAX_OUTLINED.min(first.len())).rev().map(|most| divider.at_most(most)))
        }
        false => Box::new(costs.map(|cost| divider.at_cost(cost))),
    };
    for parts in std::iter::once(first).chain(fewer) {
        let story = Story::of(&parts, facts);
        let statements = written(&story, &parts, has_outline, facts, timed, renderer);
        let words: usize = statements.iter().map(|text| count_words(text)).sum();
        if words <= length.words() {
            return statements;
        }
        if parts.len() == 1 {
            break;
        }
    }
    // What is left is a long list of sounds, or remarks.
    let story = Story::of(&divider.at_cost(MAX_COST), facts);
    shortest(story, timed, length, renderer)
}

/// The whole alone, with so many sounds as there is space for.
fn shortest(
    mut story: Story,
    timed: Timed,
    length: SummaryLength,
    renderer: &Renderer,
) -> Vec<String> {
    story.events.clear();
    story.at_times.clear();
    story.whole.recording.clear();
    loop {
        let statements = written(&story, &[], false, &[], timed, renderer);
        let words: usize = statements.iter().map(|text| count_words(text)).sum();
        if words <= length.words() || story.whole.sounds.pop().is_none() {
            return statements;
        }
    }
}

/// A story in sentences.
fn written(
    story: &Story,
    parts: &[Part],
    has_outline: bool,
    facts: &[Facts],
    timed: Timed,
    renderer: &Renderer,
) -> Vec<String> {
    let captions = timed.captions;
    let starts = boundaries::starts(parts, captions, timed.changes);
    let time = |index: usize| {
        let part = parts.iter().position(|part| part.captions.start == index);
        minutes(part.map_or(captions[index].start_s, |part| starts[part]))
    };
    let duration = captions.last().map_or(0.0, |last| last.end_s) - captions[0].start_s;
    let is_outline = has_outline && parts.len() > 2;
    let mut whole = renderer.whole(&story.whole);
    let mut events = &story.events[..];
    let is_short = duration <= ONE_SENTENCE_S && events.len() <= CHANGES_PER_SENTENCE;
    // "A piece" alone is no description.
    let is_bare = story.whole.is_bare() && story.music_from.is_none() && parts.len() > 1;
    if is_outline || is_bare {
        // The sections, or the events, tell the course.
    } else if let Some(caption) = story.music_from.filter(|_| story.is_opening) {
        let args = [("whole", &whole[..]), ("time", &time(caption))];
        whole = renderer.message("music-opens-as", &args);
        if let [Event { changes, .. }, rest @ ..] = events
            && let [open @ Change::Open(_)] = &changes[..]
        {
            // Speech, applause: it comes first.
            let event = Event { caption: 0, changes: vec![open.clone()] };
            let args = [("first", &renderer.event(&event, &time(0), 0)[..]), ("second", &whole)];
            whole = renderer.message("sentences", &args);
            events = rest;
        }
    } else if story.is_opening && !is_short {
        whole = renderer.message("opens-as", &[("whole", &whole)]);
    } else if let [Event { caption, changes }, rest @ ..] = events
        && let [Change::Enter(sounds)] = &changes[..]
    {
        whole = renderer.joined_by(&whole, sounds, &time(*caption));
        events = rest;
    }
    let mut clauses = vec![(renderer.then_absent(whole, &story.whole), CHANGES_PER_SENTENCE)];
    if is_outline && story.is_opening || is_bare && (is_outline || !events.is_empty()) {
        clauses.clear();
    }
    if !is_outline {
        clauses.extend(events.iter().enumerate().map(|(number, event)| {
            (renderer.event(event, &time(event.caption), number), event.changes.len())
        }));
    }
    let mut statements: Vec<String> = Vec::new();
    let mut sentence: Option<(String, usize)> = None;
    for (clause, changes) in clauses {
        sentence = Some(match sentence {
            None => (clause, changes),
            Some((text, before)) if is_short || before + changes <= CHANGES_PER_SENTENCE => {
                let args = [("first", &text[..]), ("second", &clause)];
                (renderer.message("sentences", &args), before + changes)
            }
            Some((text, _)) => {
                statements.push(renderer.sentence(&text));
                (clause, changes)
            }
        });
    }
    statements.extend(sentence.map(|(text, _)| renderer.sentence(&text)));
    if is_outline {
        statements.push(outlined(parts, &starts, facts, renderer));
    }
    if !story.at_times.is_empty() {
        statements.push(renderer.sentence(&renderer.at_times(&story.at_times)));
    }
    statements.extend(renderer.remarks(&story.whole));
    statements
}

/// "In outline: 0:00 piano alone; 12:00 full band."
fn outlined(parts: &[Part], starts: &[f64], facts: &[Facts], renderer: &Renderer) -> String {
    let mut items: Vec<(String, String)> = Vec::new();
    let (mut last, mut tempo) = (String::new(), None);
    for (part, &start_s) in parts.iter().zip(starts) {
        let title = renderer.title(&part.titled(facts));
        let new_tempo = part.state.tempo.filter(|new| tempo != Some(*new));
        if title == last && new_tempo.is_none() {
            continue;
        }
        let shown = match new_tempo {
            Some(new) => renderer.qualified(&title, &[new]),
            None => title.clone(),
        };
        tempo = new_tempo.or(tempo);
        last = title;
        items.push((minutes(start_s), shown));
    }
    let items = items
        .iter()
        .map(|(time, title)| renderer.message("outline-item", &[("time", time), ("title", title)]));
    let items = items.reduce(|a, b| renderer.message("outline-more", &[("a", &a), ("b", &b)]));
    renderer.sentence(&renderer.message("outline", &[("items", &items.unwrap_or_default())]))
}

/// The one caption that says something, in its own words.
fn alone(
    index: usize,
    sentences: Vec<String>,
    captions: &[Caption],
    length: SummaryLength,
    renderer: &Renderer,
) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    let (mut words, mut chars) = (0, 0);
    for sentence in &sentences {
        words += count_words(sentence);
        chars += sentence.chars().count();
        if words > length.words() || chars > length.words() * CHARS_PER_WORD {
            break;
        }
        statements.push(sentence.clone());
    }
    if statements.is_empty() {
        statements.push(quotes::beginning(&sentences[0], length));
    }
    if captions.len() > 1 {
        let (from, to) = (minutes(captions[index].start_s), minutes(end(index, captions)));
        let args = [("from", &from[..]), ("to", &to), ("text", &statements[0])];
        statements[0] = render::capitalized(&renderer.message("alone", &args));
    }
    statements
}

/// Where a caption ends, or the next one starts where they overlap.
fn end(index: usize, captions: &[Caption]) -> f64 {
    let own = captions[index].end_s;
    captions.get(index + 1).map_or(own, |next| own.min(next.start_s))
}

/// The words of a text; of Chinese and Japanese, which have no spaces, two characters are one.
fn count_words(text: &str) -> usize {
    let is_ideograph = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    let ideographs = text.chars().filter(|&c| is_ideograph(c)).count();
    text.split_whitespace().count() + ideographs / 2
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wordings;
