//! Quotations: what stands for captions that no fact can be read from.

use std::collections::HashMap;

use super::super::SummaryLength;
use super::super::facts::{COMMON_WORDS, FUNCTION_WORDS, Facts, INTENSIFIERS, Sentence};
use super::render::{Renderer, capitalized};
use super::{count_words, lexrank};
use crate::caption::{Caption, minutes};

/// The greatest length of a sentence that is quoted, in words and in characters.
const MAX_WORDS: usize = 40;
const MAX_CHARS: usize = 300;
/// How many words a quotation must have that the summary does not have yet.
const NEW_WORDS: usize = 4;
/// The most sentences that LexRank compares, each with each.
const MAX_COMPARED: usize = 500;

/// The most central sentences, each with its time.
pub(super) fn quotes(
    facts: &[Facts],
    captions: &[Caption],
    length: SummaryLength,
    renderer: &Renderer,
) -> Vec<String> {
    let most = match length {
        SummaryLength::Short => 1,
        SummaryLength::Medium => 3,
        SummaryLength::Long => 5,
    };
    let quote = |caption: usize, text: &str| {
        let time = minutes(captions[caption].start_s);
        capitalized(&renderer.message("quote", &[("time", &time), ("text", text)]))
    };
    let candidates = candidates(facts);
    let nodes: Vec<lexrank::Node<'_>> = candidates
        .iter()
        .map(|candidate| lexrank::Node {
            words: content(candidate.sentence),
            count: candidate.count,
        })
        .collect();
    let mut left = length.words();
    let mut quotes = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for i in lexrank::select(&nodes, &[], candidates.len().min(20)) {
        let Candidate { sentence, caption, .. } = candidates[i];
        let text = quote(caption, &sentence.text);
        let words = count_words(&text);
        let new = nodes[i].words.iter().filter(|word| !known.contains(word)).count();
        if quotes.len() < most && words <= left && (new >= NEW_WORDS || known.is_empty()) {
            left -= words;
            known.extend(&nodes[i].words);
            quotes.push((caption, text));
        }
    }
    if quotes.is_empty() {
        let first = facts.iter().enumerate().find(|(_, facts)| !facts.sentences.is_empty());
        quotes.extend(first.map(|(caption, facts)| {
            (caption, quote(caption, &beginning(&facts.sentences[0].text, length)))
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
fn candidates(facts: &[Facts]) -> Vec<Candidate<'_>> {
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for (caption, facts) in facts.iter().enumerate() {
        for sentence in facts.sentences.iter().filter(|sentence| is_quotable(sentence)) {
            let words = sentence.words.iter().map(|word| &word.text[..]).collect();
            let place = *places.entry(words).or_insert(candidates.len());
            match candidates.get_mut(place) {
                Some(known) => known.count += 1,
                None => candidates.push(Candidate { sentence, caption, count: 1 }),
            }
        }
    }
    if candidates.len() > MAX_COMPARED {
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.count));
        candidates.truncate(MAX_COMPARED);
        candidates.sort_by_key(|candidate| candidate.caption);
    }
    candidates
}

/// Whether a sentence is whole and short enough: what reaches a model's greatest length is cut
/// off.
fn is_quotable(sentence: &Sentence) -> bool {
    let whole = sentence.text.ends_with(['.', '!', '?', '。', '！', '？']);
    whole && sentence.words.len() <= MAX_WORDS && sentence.text.chars().count() <= MAX_CHARS
}

/// The words of a sentence that distinguish one recording from another.
fn content(sentence: &Sentence) -> Vec<&str> {
    let is_common = |word: &&str| {
        FUNCTION_WORDS.contains(word) || INTENSIFIERS.contains(word) || COMMON_WORDS.contains(word)
    };
    sentence.words.iter().map(|word| &word.text[..]).filter(|word| !is_common(word)).collect()
}

/// As much of a text as fits.
pub(super) fn beginning(text: &str, length: SummaryLength) -> String {
    let words: Vec<&str> = text.split(' ').take(length.words() - 10).collect();
    let cut: String = words.join(" ").chars().take(MAX_CHARS).collect();
    if cut.len() < text.len() { cut + "…" } else { cut }
}
