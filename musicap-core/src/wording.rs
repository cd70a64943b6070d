//! Wording: captions use only the words that the captions a model was trained on have.
//!
//! Captions are written in pieces of words. Beam search puts them together right; greedy search
//! and sampling, which cannot take a piece back, now and then write "synthhesizers". The key
//! `wording` of a tag head's description (see [`tags`](crate::tags)) has all words as token
//! sequences:
//!
//! ```json
//! {"wording": {"first": [[65], [318, 302]], "next": [[412], [267, 301], [16]]}}
//! ```
//!
//! A caption begins with one of `first`; each word is followed by one of `next`, which have the
//! blank before them, or are a full stop or a comma, or by the end. Where other rules ban all that
//! could follow, as `no_repeat_ngram_size` may within a word that comes again, anything may.

use std::sync::Arc;

use serde::Deserialize;

use crate::generate::{LogitsProcessor, Scores};
use crate::prefix_tree::PrefixTree;

/// Words as token sequences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordLists {
    first: Vec<Vec<u32>>,
    next: Vec<Vec<u32>>,
}

impl WordLists {
    /// What is wrong with the lists, in words.
    pub fn validate(&self, vocab_size: usize) -> Result<(), String> {
        for (name, words) in [("first", &self.first), ("next", &self.next)] {
            if words.is_empty() {
                return Err(format!("wording: there are no words in `{name}`"));
            }
            let wrong = words.iter().find(|tokens| {
                tokens.is_empty() || tokens.iter().any(|&token| token as usize >= vocab_size)
            });
            if let Some(tokens) = wrong {
                return Err(format!(
                    "wording: `{name}` has the word {tokens:?}, of {vocab_size} tokens"
                ));
            }
        }
        Ok(())
    }
}

/// Bans the tokens that would not write a word.
#[derive(Clone, Debug)]
pub struct Wording(Arc<Words>);

#[derive(Debug)]
struct Words {
    /// A root for each list: [`FIRST`] and [`NEXT`].
    tree: PrefixTree<()>,
    /// Tokens that no word has, such as those before a caption.
    special: Vec<bool>,
    eos: u32,
}

const FIRST: usize = 0;
const NEXT: usize = 1;

impl Wording {
    /// Of valid lists. `eos` is the token that ends a caption.
    pub fn new(lists: &WordLists, vocab_size: usize, eos: u32) -> Self {
        let (mut tree, mut special) = (PrefixTree::new(2), vec![true; vocab_size]);
        for (root, list) in [(FIRST, &lists.first), (NEXT, &lists.next)] {
            for tokens in list {
                tree.insert(root, tokens, ());
                tokens.iter().for_each(|&token| special[token as usize] = false);
            }
        }
        Wording(Arc::new(Words { tree, special, eos }))
    }
}

impl Words {
    /// The nodes that `history` may have come to: within words, or where one may begin. After what
    /// is no word another one may.
    fn places(&self, history: &[u32]) -> Vec<usize> {
        let begins = history.iter().position(|&token| !self.is_special(token));
        let (mut places, mut come) = (vec![FIRST], Vec::new());
        for &token in &history[begins.unwrap_or(history.len())..] {
            come.clear();
            come.extend(places.iter().filter_map(|&node| self.tree.child(node, token)));
            if come.is_empty() || come.iter().any(|&node| self.tree.nodes()[node].end.is_some()) {
                come.push(NEXT);
            }
            std::mem::swap(&mut places, &mut come);
        }
        places
    }

    fn is_special(&self, token: u32) -> bool {
        self.special.get(token as usize).copied().unwrap_or(true)
    }
}

impl LogitsProcessor for Wording {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        let words = &self.0;
        let mut follows = vec![false; words.special.len()];
        for node in words.places(history) {
            for &(token, _) in &words.tree.nodes()[node].children {
                follows[token as usize] = true;
            }
            if node == NEXT
                && let Some(end) = follows.get_mut(words.eos as usize)
            {
                *end = true;
            }
        }
        scores.retain(|token| follows.get(token as usize).copied().unwrap_or(false));
    }

    fn max_penalized(&self, _: &[u32]) -> Option<usize> {
        Some(self.0.special.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BOS: u32 = 0;
    const EOS: u32 = 2;
    // "A", " flute", " synth", "esizers", " play", "s", "."
    const A: u32 = 3;
    const FLUTE: u32 = 4;
    const SYNTH: u32 = 5;
    const ESIZERS: u32 = 6;
    const PLAY: u32 = 7;
    const S: u32 = 8;
    const STOP: u32 = 9;

    fn wording() -> Wording {
        let lists: WordLists = serde_json::from_value(json!({
            "first": [[A]],
            "next": [[FLUTE], [SYNTH], [SYNTH, ESIZERS], [PLAY], [PLAY, S], [STOP]]
        }))
        .unwrap();
        lists.validate(10).unwrap();
        Wording::new(&lists, 10, EOS)
    }

    /// The tokens that may follow, of ten that are alike but for `banned`.
    fn following(history: &[u32], banned: &[u32]) -> Vec<u32> {
        let mut logits = vec![0.0; 10];
        banned.iter().for_each(|&token| logits[token as usize] = f32::NEG_INFINITY);
        wording().process(history, &mut Scores::all(&mut logits, 0.0));
        (0..10).filter(|&token| logits[token as usize].is_finite()).collect()
    }

    #[test]
    fn words_are_written_to_their_ends() {
        assert_eq!(following(&[EOS, BOS], &[]), [A]);
        let next = [EOS, FLUTE, SYNTH, PLAY, STOP];
        assert_eq!(following(&[EOS, BOS, A], &[]), next);
        assert_eq!(following(&[EOS, BOS, A, FLUTE], &[]), next);
        // A word that another one goes on from.
        assert_eq!(following(&[EOS, BOS, A, SYNTH], &[]), [EOS, FLUTE, SYNTH, ESIZERS, PLAY, STOP]);
        assert_eq!(following(&[EOS, BOS, A, SYNTH, ESIZERS], &[]), next);
    }

    #[test]
    fn where_no_word_can_follow_anything_may() {
        // Another rule has banned all that would be a word.
        assert_eq!(following(&[EOS, BOS], &[A]).len(), 9);
        // Then words go on.
        let next = [EOS, FLUTE, SYNTH, PLAY, STOP];
        assert_eq!(following(&[EOS, BOS, A, S], &[]), next);
        assert_eq!(following(&[EOS, BOS, A, 1], &[]), next);
    }

    #[test]
    fn a_list_keeps_its_words_alone() {
        let mut listed = [(S, 3.0), (FLUTE, 2.0), (ESIZERS, 1.0)];
        wording().process(&[EOS, BOS, A], &mut Scores::listed(&mut listed, 0.0));
        let kept: Vec<u32> =
            listed.iter().filter(|(_, logit)| logit.is_finite()).map(|&(token, _)| token).collect();
        assert_eq!(kept, [FLUTE]);
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let refused = |lists: serde_json::Value| {
            serde_json::from_value::<WordLists>(lists).unwrap().validate(10).unwrap_err()
        };
        assert!(refused(json!({"first": [], "next": [[3]]})).contains("`first`"));
        assert!(refused(json!({"first": [[3]], "next": [[10]]})).contains("[10], of 10 tokens"));
        assert!(refused(json!({"first": [[3]], "next": [[]]})).contains("[]"));
    }
}
