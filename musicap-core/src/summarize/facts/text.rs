//! Captions as sentences and words, without what a model repeats without end.

use super::lexicon::FUNCTION_WORDS;

/// A word of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::summarize) struct Word {
    /// In lower case.
    pub(in crate::summarize) text: String,
    /// Whether a comma, a colon, a bracket or the like precedes it.
    pub(super) after_break: bool,
}

/// A sentence of a caption.
#[derive(Clone, Debug)]
pub(in crate::summarize) struct Sentence {
    pub(in crate::summarize) text: String,
    pub(in crate::summarize) words: Vec<Word>,
}

/// The words of a text: runs of letters, digits and apostrophes, which are all written `'`. A hyphen
/// separates words, so that "hi-hat" and "hi hat" are the same.
pub(in crate::summarize) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut after_break = false;
    let mut open = false;
    for letter in text.chars() {
        let letter = if open && letter == '’' { '\'' } else { letter };
        if letter.is_alphanumeric() || (open && letter == '\'') {
            match words.last_mut().filter(|_| open) {
                Some(word) => word.text.extend(letter.to_lowercase()),
                None => {
                    words.push(Word { text: letter.to_lowercase().collect(), after_break });
                    after_break = false;
                }
            }
            open = true;
        } else {
            open = false;
            after_break |= !letter.is_whitespace() && letter != '-' && letter != '’';
        }
    }
    words
}

/// The sentences of a text, each in one line and without spaces around it.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        let ends = match letter {
            '.' | '!' | '?' => text[end..].starts_with(' ') || end == text.len(),
            '。' | '！' | '？' => true,
            _ => false,
        };
        if ends || end == text.len() {
            let sentence = text[start..end].trim();
            if sentence.chars().any(char::is_alphanumeric) {
                sentences.push(sentence.to_owned());
            }
            start = end;
        }
    }
    sentences
}

/// The longest phrase that is looked for in a repetition, in words.
const MAX_PHRASE_WORDS: usize = 12;

/// How many words a sentence has before it starts to repeat itself; all of them if it does not.
///
/// Repetition is a phrase that follows upon itself ("long notes long notes"), a word three times
/// in a row, or a sentence of few words said again and again.
pub(super) fn words_before_repetition(words: &[Word]) -> usize {
    let same = |a: usize, b: usize, n: usize| {
        b + n <= words.len() && (0..n).all(|i| words[a + i].text == words[b + i].text)
    };
    let has_content = |word: &&Word| !FUNCTION_WORDS.contains(&&word.text[..]);
    for start in 0..words.len() {
        for n in 1..=MAX_PHRASE_WORDS.min((words.len() - start) / 2) {
            // "A harp, a harp and a flute" is a list, "long notes long notes" is not.
            // Nor is "a piano, an electric piano, an electric bass": a comma is within.
            // "A flute, a flute" is two of them.
            let is_pair = n <= 3 && words[start + n].after_break;
            let is_list =
                is_pair || words[start + 1..start + n].iter().any(|word| word.after_break);
            let phrase = !is_list && words[start..start + n].iter().filter(has_content).count() > 1;
            if same(start, start + n, n) && (phrase || same(start, start + 2 * n, n)) {
                return start;
            }
        }
    }
    if has_few_distinct_words(words) { 0 } else { words.len() }
}

/// Whether at most half of the words are distinct, as in "first notes long notes first notes short
/// notes long notes".
fn has_few_distinct_words(words: &[Word]) -> bool {
    let mut distinct: Vec<&str> = words.iter().map(|word| &word.text[..]).collect();
    distinct.sort_unstable();
    distinct.dedup();
    words.len() >= 8 && distinct.len() * 2 <= words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(text: &str) -> Vec<String> {
        let words = words(text);
        words[..words_before_repetition(&words)].iter().map(|word| word.text.clone()).collect()
    }

    #[test]
    fn words_know_the_breaks_before_them() {
        let text = "A hi-hat, loud; it's Über.";
        assert_eq!(words(text), words("A hi-hat, loud; it’s Über."));
        let words = words(text);
        let texts: Vec<&str> = words.iter().map(|word| &word.text[..]).collect();
        assert_eq!(texts, ["a", "hi", "hat", "loud", "it's", "über"]);
        let breaks: Vec<bool> = words.iter().map(|word| word.after_break).collect();
        assert_eq!(breaks, [false, false, false, true, true, false]);
    }

    #[test]
    fn sentences_end_at_marks_and_not_within_numbers() {
        assert_eq!(
            sentences(" A  tempo of 92.5 bpm. Loud!\nsoft...  "),
            ["A tempo of 92.5 bpm.", "Loud!", "soft..."]
        );
        assert_eq!(sentences("静かな曲。ピアノ。"), ["静かな曲。", "ピアノ。"]);
        assert_eq!(sentences(" . ! "), [""; 0]);
    }

    #[test]
    fn repetition_is_cut_off_where_it_starts() {
        assert_eq!(usable("An accordion plays long notes long notes first notes").len(), 3);
        assert_eq!(usable("notes notes notes"), [""; 0]);
        assert_eq!(usable("a piano plays a melody, a piano plays a melody, a"), [""; 0]);
        assert_eq!(usable("first notes long notes first notes short notes long notes"), [""; 0]);
    }

    #[test]
    fn lists_with_repeated_words_stay() {
        for text in [
            "It is accompanied by a piano, a synth bass and a piano.",
            "A very very slow cha cha.",
            "A piece with a piano, an electric piano, an electric bass and voices.",
            "This is an orchestral piece with a harpsichord, a harpsichord and a trumpet.",
            "Slow jazz with a piano in front of a wind instrument, a wind instrument and drums.",
            "A harp plays a slow-paced, calm melody with a harp, a flute, a violin and a violin.",
        ] {
            assert_eq!(usable(text).len(), words(text).len(), "{text}");
        }
    }
}
