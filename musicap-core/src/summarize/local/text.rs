//! Captions as sentences and words, without what a model says in circles.

use std::ops::Range;

use super::lexicon::FUNCTION_WORDS;

/// A word of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case.
    pub(super) text: String,
    /// Where it stands in the sentence, in bytes.
    pub(super) at: Range<usize>,
    /// Whether a comma, a colon, a bracket or the like stands before it.
    pub(super) after_break: bool,
}

/// The words of a text: runs of letters, digits and apostrophes. A hyphen parts words, so that
/// "hi-hat" and "hi hat" are the same.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut after_break = false;
    let mut open = false;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        if letter.is_alphanumeric() || (open && matches!(letter, '\'' | '’')) {
            match words.last_mut().filter(|_| open) {
                Some(word) => {
                    word.text.extend(letter.to_lowercase());
                    word.at.end = end;
                }
                None => {
                    let text = letter.to_lowercase().collect();
                    words.push(Word { text, at: at..end, after_break });
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

/// A text's sentences, each in one line and without spaces around it.
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

/// The longest phrase that is looked for in a loop, in words.
const LOOP_WORDS: usize = 12;

/// How many words a sentence has before it starts to go in circles; all of them if it does not.
///
/// A circle is a phrase that follows upon itself ("long notes long notes"), a word three times in
/// a row, or a sentence of few words said again and again.
pub(super) fn sane_words(words: &[Word]) -> usize {
    let same = |a: usize, b: usize, n: usize| {
        b + n <= words.len() && (0..n).all(|i| words[a + i].text == words[b + i].text)
    };
    let tells = |word: &&Word| !FUNCTION_WORDS.contains(&&word.text[..]);
    for start in 0..words.len() {
        for n in 1..=LOOP_WORDS.min((words.len() - start) / 2) {
            // "A harp, a harp and a flute" is a list, "long notes long notes" is not.
            let phrase = words[start..start + n].iter().filter(tells).count() > 1;
            if same(start, start + n, n) && (phrase || same(start, start + 2 * n, n)) {
                return start;
            }
        }
    }
    match goes_in_circles(words) {
        true => 0,
        false => words.len(),
    }
}

/// Whether a sentence has less than half as many words as it seems to, like "first notes long
/// notes first notes short notes long notes".
fn goes_in_circles(words: &[Word]) -> bool {
    let mut distinct: Vec<&str> = words.iter().map(|word| &word.text[..]).collect();
    distinct.sort_unstable();
    distinct.dedup();
    words.len() >= 8 && distinct.len() * 2 <= words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sane(text: &str) -> Vec<String> {
        let words = words(text);
        words[..sane_words(&words)].iter().map(|word| word.text.clone()).collect()
    }

    #[test]
    fn words_know_their_places_and_the_breaks_before_them() {
        let text = "A hi-hat, loud; it's Über.";
        let words = words(text);
        let texts: Vec<&str> = words.iter().map(|word| &word.text[..]).collect();
        assert_eq!(texts, ["a", "hi", "hat", "loud", "it's", "über"]);
        let breaks: Vec<bool> = words.iter().map(|word| word.after_break).collect();
        assert_eq!(breaks, [false, false, false, true, true, false]);
        assert_eq!(&text[words[5].at.clone()], "Über");
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
    fn circles_are_cut_off_where_they_start() {
        assert_eq!(sane("An accordion plays long notes long notes first notes").len(), 3);
        assert_eq!(sane("notes notes notes"), [""; 0]);
        assert_eq!(sane("a piano plays a melody, a piano plays a melody, a"), [""; 0]);
        assert_eq!(sane("first notes long notes first notes short notes long notes"), [""; 0]);
    }

    #[test]
    fn honest_repetition_stays() {
        for text in [
            "It is accompanied by a piano, a synth bass and a piano.",
            "A very very slow cha cha.",
            "This is an orchestral piece with a harpsichord, a harpsichord and a trumpet.",
            "A harp plays a slow-paced, calm melody with a harp, a flute, a violin and a violin.",
        ] {
            assert_eq!(sane(text).len(), words(text).len(), "{text}");
        }
    }
}
