//! Tags: what a chunk holds, with calibrated probabilities, and which names its caption may use.
//!
//! A model folder may hold a tag head: a linear layer over the mean and the maximum of the
//! encoder's output (`tag_head.weight` `[tags, 2 · d_model]`, `tag_head.bias` `[tags]`), described
//! by the key `tags` of its `config.json`:
//!
//! ```json
//! {"tags": {
//!     "names": ["piano", "drums"],
//!     "calibration": [[0.9, -0.3], [1.0, 0.0]],
//!     "words": [
//!         {"tokens": [412], "tag": 0, "threshold": 0.5},
//!         {"tokens": [267, 301], "tag": 1, "threshold": 0.4},
//!         {"tokens": [322, 301], "tag": 1, "absent": true, "threshold": 0.5},
//!         {"tokens": [398, 280], "unless": [0], "threshold": 0.5}
//!     ],
//!     "confidence": {"bias": 0.4, "score": 2.0, "evidence": 1.2, "named": -0.3}
//! }}
//! ```
//!
//! - `calibration` has a scale and an offset for each tag's logit, after which a sigmoid gives a
//!   probability (Platt scaling).
//! - `words` has the token sequences that say that a tag is present, or `absent`. A sequence may be
//!   used if its statement is as probable as `threshold`, and a tag may be spoken of once. A sequence with `unless`, a general word,
//!   may be used if none of these tags is that probable: it stands for names that are in doubt.
//!   Other sequences may always be used, or only `after` one of some tokens; they are listed where
//!   they begin like others.
//! - `confidence` has the weights of a logistic regression on what a caption states: its `score`,
//!   the `evidence` (the sum of the logarithms of its statements' probabilities), and how many
//!   statements there are (`named`).
//! - `wording`, which may be absent, has all words that captions use (see
//!   [`wording`](crate::wording)).

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use serde::Deserialize;
use serde_json::Value;

use crate::checkpoint::ModelConfig;
use crate::error::{Error, Result, truncate};
use crate::facts::TagNames;
use crate::generate::{LogitsProcessor, LogitsProcessors, Scores};
use crate::model::TensorSource;
use crate::prefix_tree::{Node, PrefixTree};
use crate::wording::{WordLists, Wording};

/// What the names of the tag head's tensors begin with.
pub const TAG_HEAD: &str = "tag_head.";

/// The key `tags` of a `config.json`.
#[derive(Debug, Deserialize)]
struct TagConfig {
    names: Vec<String>,
    calibration: Vec<[f32; 2]>,
    words: Vec<Word>,
    confidence: Confidence,
    wording: Option<WordLists>,
}

/// A sequence of tokens that states something.
#[derive(Debug, Deserialize)]
struct Word {
    tokens: Vec<u32>,
    /// The tag that it is about; none if it may always be used.
    tag: Option<usize>,
    /// It states that the tag is not there.
    #[serde(default)]
    absent: bool,
    /// Tags one of which, if probable enough, forbids this word.
    #[serde(default)]
    unless: Vec<usize>,
    /// Tokens one of which has to be before it; none if any may be.
    #[serde(default)]
    after: Vec<u32>,
    #[serde(default)]
    threshold: f32,
}

/// Weights of a logistic regression.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Confidence {
    bias: f32,
    score: f32,
    evidence: f32,
    named: f32,
}

/// A tag head with all that follows from what it finds.
#[derive(Debug)]
pub struct TagHead {
    /// `[tags, 2 · d_model]`, row by row.
    weight: Vec<f32>,
    bias: Vec<f32>,
    calibration: Vec<[f32; 2]>,
    confidence: Confidence,
    names: Arc<Names>,
    wording: Option<Wording>,
    /// What the tags are about.
    pub facts: TagNames,
}

/// Probability of each tag in one chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct TagProbabilities(Vec<f32>);

impl TagHead {
    /// The tag head of a model; `None` if its configuration describes none.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn of(
        origin: &str,
        config: &ModelConfig,
        source: &mut dyn TensorSource,
    ) -> Result<Option<Self>> {
        let Some(tags) = config.tags() else {
            return Ok(None);
        };
        let architecture = config.architecture();
        let sizes = (architecture.d_model(), architecture.vocab_size());
        Self::load(origin, tags, sizes, config.generation.eos_token_id, source).map(Some)
    }

    /// Reads the tag head that `tags`, a value of a `config.json`, describes, of a model with this
    /// width and vocabulary, whose captions end with `eos`. `origin` names the model in errors.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`], and those of `source`.
    pub fn load(
        origin: &str,
        tags: &Value,
        (d_model, vocab_size): (usize, usize),
        eos: u32,
        source: &mut dyn TensorSource,
    ) -> Result<Self> {
        let invalid = |reason: String| Error::InvalidConfig {
            origin: origin.to_owned(),
            reason: truncate(&format!("tags: {reason}")),
        };
        let config = TagConfig::deserialize(tags).map_err(|reason| invalid(reason.to_string()))?;
        config.validate(vocab_size).map_err(invalid)?;
        let tags = config.names.len();
        Ok(TagHead {
            weight: source.tensor(&format!("{TAG_HEAD}weight"), &[tags, 2 * d_model])?,
            bias: source.tensor(&format!("{TAG_HEAD}bias"), &[tags])?,
            calibration: config.calibration,
            confidence: config.confidence,
            facts: TagNames::new(&config.names),
            names: Arc::new(Names::new(config.words)),
            wording: config.wording.map(|lists| Wording::new(&lists, vocab_size, eos)),
        })
    }

    /// The tags of chunks by the encoder's output `[chunks, frames, d_model]`.
    ///
    /// # Errors
    /// The backend's reason, in words.
    pub fn probabilities(&self, encoded: Tensor<3>) -> Result<Vec<TagProbabilities>, String> {
        let [chunks, _, d_model] = encoded.dims();
        let values = |tensor: Tensor<3>| -> Result<Vec<f32>, String> {
            tensor.try_into_vec_as().map_err(|reason| reason.to_string())
        };
        let mean = values(encoded.clone().mean_dim(1))?;
        let max = values(encoded.max_dim(1))?;
        let chunk = |chunk: usize| {
            let span = chunk * d_model..(chunk + 1) * d_model;
            let pooled = || mean[span.clone()].iter().chain(&max[span.clone()]);
            let rows = self.weight.chunks_exact(2 * d_model).zip(&self.bias).zip(&self.calibration);
            let probability = |((row, bias), [scale, offset]): ((&[f32], &f32), &[f32; 2])| {
                let logit: f32 = row.iter().zip(pooled()).map(|(w, x)| w * x).sum::<f32>() + bias;
                sigmoid(scale * logit + offset)
            };
            TagProbabilities(rows.map(probability).collect())
        };
        Ok((0..chunks).map(chunk).collect())
    }

    /// The rules that keep names that are not probable enough out of a caption, and what is no
    /// word.
    pub fn processors(&self, found: &TagProbabilities) -> LogitsProcessors {
        let mut processors = LogitsProcessors::default();
        processors.push(AllowedNames::new(self.names.clone(), found));
        if let Some(wording) = &self.wording {
            processors.push(wording.clone());
        }
        processors
    }

    /// The probability, 0 to 1, that all of a caption is true.
    pub fn confidence(&self, found: &TagProbabilities, tokens: &[u32], score: f32) -> f32 {
        let stated = self.names.stated(tokens);
        let evidence: f32 = stated
            .iter()
            .map(|(&tag, &absent)| found.of(tag, absent).max(f32::MIN_POSITIVE).ln())
            .sum();
        let Confidence { bias, score: by_score, evidence: by_evidence, named } = self.confidence;
        let logit = bias + by_score * score + by_evidence * evidence + named * stated.len() as f32;
        // More digits would differ between processors.
        (sigmoid(logit) * 1000.0).round() / 1000.0
    }
}

/// Tokens of the longest word that is accepted. The search descends that deep into the words.
const MAX_WORD_TOKENS: usize = 64;

impl TagConfig {
    fn validate(&self, vocab_size: usize) -> Result<(), String> {
        let (tags, calibrated) = (self.names.len(), self.calibration.len());
        if tags == 0 || calibrated != tags {
            return Err(format!("there are {tags} names and {calibrated} calibrations"));
        }
        let numbers =
            self.calibration.iter().flatten().chain(self.words.iter().map(|w| &w.threshold));
        let Confidence { bias, score, evidence, named } = self.confidence;
        if !numbers.chain(&[bias, score, evidence, named]).all(|number| number.is_finite()) {
            return Err("a number is not finite".into());
        }
        for (place, Word { tokens, tag, unless, after, .. }) in self.words.iter().enumerate() {
            if tokens.len() > MAX_WORD_TOKENS {
                let count = tokens.len();
                return Err(format!(
                    "word {place} has {count} tokens, but may have {MAX_WORD_TOKENS} at most"
                ));
            }
            let known = tokens.iter().chain(after).all(|&token| (token as usize) < vocab_size);
            if tokens.is_empty() || !known || tag.iter().chain(unless).any(|&tag| tag >= tags) {
                return Err(format!(
                    "word {place} has tokens {tokens:?}, tag {tag:?}, unless {unless:?} and after \
                     {after:?}, of {vocab_size} tokens and {tags} tags"
                ));
            }
        }
        self.wording.as_ref().map_or(Ok(()), |lists| lists.validate(vocab_size))
    }
}

impl TagProbabilities {
    /// In the order of the tags.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// The probability that a tag is present, or `absent`.
    fn of(&self, tag: usize, absent: bool) -> f32 {
        if absent { 1.0 - self.0[tag] } else { self.0[tag] }
    }
}

/// The probability of a logit.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// All words, and a prefix tree of their tokens with their places.
#[derive(Debug)]
struct Names {
    tree: PrefixTree<usize>,
    words: Vec<Word>,
    /// Tokens of the longest word.
    longest: usize,
}

const ROOT: usize = 0;

impl Names {
    fn new(words: Vec<Word>) -> Self {
        let mut tree = PrefixTree::new(1);
        for (index, word) in words.iter().enumerate() {
            tree.insert(ROOT, &word.tokens, index);
        }
        let longest = words.iter().map(|word| word.tokens.len()).max().unwrap_or(0);
        Names { tree, words, longest }
    }

    /// The node that `tokens` lead to from the root.
    fn find(&self, tokens: &[u32]) -> Option<usize> {
        tokens.iter().try_fold(ROOT, |node, &token| self.tree.child(node, token))
    }

    /// The tags that `tokens` speak of, each with whether they say that it is absent.
    fn stated(&self, tokens: &[u32]) -> BTreeMap<usize, bool> {
        let mut stated = BTreeMap::new();
        for word in self.words_of(tokens) {
            if let Word { tag: Some(tag), absent, .. } = &self.words[word] {
                stated.entry(*tag).or_insert(*absent);
            }
        }
        stated
    }

    /// The words in `tokens`. Of words that begin at the same token the longest counts, and none
    /// begins within another.
    fn words_of(&self, tokens: &[u32]) -> Vec<usize> {
        let mut words = Vec::new();
        let mut start = 0;
        while start < tokens.len() {
            let (mut node, mut word, mut length) = (ROOT, None, 0);
            for (place, &token) in tokens[start..].iter().enumerate() {
                let Some(child) = self.tree.child(node, token) else { break };
                node = child;
                if let Some(found) = self.tree.nodes()[node].end {
                    (word, length) = (Some(found), place + 1);
                }
            }
            words.extend(word);
            start += length.max(1);
        }
        words
    }

    /// Whether a caption that has used the words `said` would repeat itself with `word`: it would
    /// speak of the same tag, or use a general word twice.
    fn repeats(&self, said: &[usize], word: usize) -> bool {
        let Word { tag, unless, .. } = &self.words[word];
        said.iter().any(|&other| match tag {
            Some(_) => self.words[other].tag == *tag,
            None => !unless.is_empty() && other == word,
        })
    }
}

/// Bans the names that are not probable enough, and those of what has been named already, from the
/// first token from which only such names can follow.
#[derive(Debug)]
struct AllowedNames {
    names: Arc<Names>,
    /// For each word whether it may be used.
    words: Vec<bool>,
    /// For each node whether a word that may be used goes through it.
    allowed: Vec<bool>,
}

impl AllowedNames {
    fn new(names: Arc<Names>, found: &TagProbabilities) -> Self {
        let may = |word: &Word| {
            let sure = |&tag: &usize| found.of(tag, false) >= word.threshold;
            word.tag.is_none_or(|tag| found.of(tag, word.absent) >= word.threshold)
                && !word.unless.iter().any(sure)
        };
        let words: Vec<bool> = names.words.iter().map(may).collect();
        let nodes = names.tree.nodes();
        let mut allowed: Vec<bool> =
            nodes.iter().map(|node| node.end.is_some_and(|word| words[word])).collect();
        // Children come after their parents.
        for node in (0..allowed.len()).rev() {
            allowed[node] |= nodes[node].children.iter().any(|&(_, child)| allowed[child]);
        }
        AllowedNames { names, words, allowed }
    }

    /// Whether a word that may be used after the words `said` and the token `before` goes through
    /// a node.
    fn is_open(&self, node: usize, said: &[usize], before: Option<&u32>) -> bool {
        let Node { children, end: word } = &self.names.tree.nodes()[node];
        let may = |word: usize| {
            let after = &self.names.words[word].after;
            let follows = after.is_empty() || before.is_some_and(|token| after.contains(token));
            follows && self.words[word] && !self.names.repeats(said, word)
        };
        self.allowed[node]
            && (word.is_some_and(may)
                || children.iter().any(|&(_, child)| self.is_open(child, said, before)))
    }

    /// Where names that `history` ends within begin, with the nodes that they have come to. The
    /// last is the root, where a name may begin.
    fn begun(&self, history: &[u32]) -> impl Iterator<Item = (usize, &Node<usize>)> {
        let first = history.len().saturating_sub(self.names.longest.saturating_sub(1));
        (first..=history.len()).filter_map(move |start| {
            self.names.find(&history[start..]).map(|node| (start, &self.names.tree.nodes()[node]))
        })
    }

    /// The tokens that may not follow `history`.
    fn banned(&self, history: &[u32]) -> Vec<u32> {
        // Of names that a token could go on, the one that began first decides: "piano" may be
        // banned and "electric piano" not.
        let mut earlier: Vec<&Node<usize>> = Vec::new();
        let mut banned = Vec::new();
        for (start, node) in self.begun(history) {
            let (before, said) = (history[..start].last(), self.names.words_of(&history[..start]));
            let closed = node.children.iter().filter(|&&(token, child)| {
                earlier.iter().all(|node| node.child(token).is_none())
                    && !self.is_open(child, &said, before)
            });
            banned.extend(closed.map(|&(token, _)| token));
            earlier.push(node);
        }
        banned
    }
}

impl LogitsProcessor for AllowedNames {
    fn process(&self, history: &[u32], scores: &mut Scores) {
        self.banned(history).into_iter().for_each(|token| scores.ban(token));
    }

    fn max_penalized(&self, history: &[u32]) -> Option<usize> {
        Some(self.begun(history).map(|(_, node)| node.children.len()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PIANO: u32 = 10;
    const ELECTRIC: u32 = 11;
    const GUITAR: u32 = 12;
    const NO: u32 = 13;
    const DRUMS: u32 = 14;

    /// Tags: 0 piano, 1 electric piano, 2 electric guitar, 3 drums.
    fn names() -> Arc<Names> {
        let words = json!([
            {"tokens": [PIANO], "tag": 0, "threshold": 0.5},
            {"tokens": [ELECTRIC, PIANO], "tag": 1, "threshold": 0.5},
            {"tokens": [ELECTRIC, GUITAR], "tag": 2, "threshold": 0.5},
            {"tokens": [GUITAR], "unless": [2], "threshold": 0.5},
            {"tokens": [DRUMS], "tag": 3, "threshold": 0.5},
            {"tokens": [NO, DRUMS], "tag": 3, "absent": true, "threshold": 0.5}
        ]);
        Arc::new(Names::new(serde_json::from_value(words).unwrap()))
    }

    fn banned(found: [f32; 4], history: &[u32]) -> Vec<u32> {
        let allowed = AllowedNames::new(names(), &TagProbabilities(found.to_vec()));
        let mut banned = allowed.banned(history);
        assert!(allowed.max_penalized(history) >= Some(banned.len()));
        banned.sort_unstable();
        banned
    }

    #[test]
    fn a_name_is_banned_where_no_probable_one_can_follow() {
        assert_eq!(banned([0.9, 0.9, 0.1, 0.9], &[]), [NO]);
        // Without drums "no drums" may be said, and nothing else about them.
        assert_eq!(banned([0.9, 0.9, 0.1, 0.1], &[5]), [DRUMS]);
        assert_eq!(banned([0.9, 0.9, 0.1, 0.1], &[5, NO]), [0; 0]);
        assert_eq!(banned([0.9, 0.9, 0.1, 0.9], &[5, NO]), [NO, DRUMS]);
    }

    #[test]
    fn a_general_word_stands_for_names_that_are_in_doubt() {
        // "guitar" is banned if an electric guitar is sure, but not within "electric guitar".
        assert_eq!(banned([0.9, 0.9, 0.9, 0.9], &[5]), [GUITAR, NO]);
        assert_eq!(banned([0.9, 0.9, 0.9, 0.9], &[5, ELECTRIC]), [NO]);
    }

    #[test]
    fn the_beginning_of_a_name_stands_alone_where_it_may() {
        const IS: u32 = 15;
        let words = json!([
            {"tokens": [ELECTRIC, GUITAR], "tag": 0, "threshold": 0.5},
            {"tokens": [ELECTRIC], "after": [IS]}
        ]);
        let names = Arc::new(Names::new(serde_json::from_value(words).unwrap()));
        let doubtful = AllowedNames::new(names, &TagProbabilities(vec![0.1]));
        assert_eq!(doubtful.banned(&[5]), [ELECTRIC]);
        assert_eq!(doubtful.banned(&[5, IS]), [0; 0]);
        assert_eq!(doubtful.banned(&[5, IS, ELECTRIC]), [GUITAR, ELECTRIC]);
    }

    #[test]
    fn nothing_is_named_twice() {
        let all = [0.9, 0.9, 0.1, 0.9];
        assert_eq!(banned(all, &[PIANO, 5]), [PIANO, NO]);
        assert_eq!(banned(all, &[PIANO, ELECTRIC]), [GUITAR, NO]);
        assert_eq!(banned(all, &[ELECTRIC, PIANO, 5]), [ELECTRIC, NO]);
        assert_eq!(banned(all, &[DRUMS, GUITAR, 5]), [GUITAR, NO, DRUMS]);
        // What is absent is not named later.
        assert_eq!(banned([0.9, 0.9, 0.1, 0.5], &[NO, DRUMS, 5]), [NO, DRUMS]);
    }

    #[test]
    fn the_longer_name_decides() {
        let electric_piano = [0.1, 0.9, 0.1, 0.9];
        assert_eq!(banned(electric_piano, &[5]), [PIANO, NO]);
        assert_eq!(banned(electric_piano, &[5, ELECTRIC]), [GUITAR, NO]);
        let nothing_electric = [0.9, 0.1, 0.1, 0.9];
        assert_eq!(banned(nothing_electric, &[5]), [ELECTRIC, NO]);
    }

    #[test]
    fn a_caption_states_what_its_longest_names_say() {
        let stated = names().stated(&[2, ELECTRIC, PIANO, 5, NO, DRUMS, GUITAR]);
        assert_eq!(stated.into_iter().collect::<Vec<_>>(), [(1, false), (3, true)]);
    }

    #[test]
    fn confidence_falls_with_every_doubtful_statement() {
        let head = TagHead {
            weight: Vec::new(),
            bias: Vec::new(),
            calibration: Vec::new(),
            confidence: Confidence { bias: 1.0, score: 0.0, evidence: 1.0, named: 0.0 },
            facts: TagNames::new(&[]),
            names: names(),
            wording: None,
        };
        let found = TagProbabilities(vec![0.8, 0.5, 0.1, 0.0]);
        let confidence = |tokens: &[u32]| head.confidence(&found, tokens, -0.1);
        let one = confidence(&[PIANO]);
        // e · 0.8 / (1 + e · 0.8)
        assert!((one - 0.685).abs() < 1e-6, "{one}");
        assert!(confidence(&[PIANO, ELECTRIC, GUITAR]) < one);
        // No drums, for sure; but drums cannot be.
        assert_eq!(confidence(&[PIANO, NO, DRUMS]), one);
        assert_eq!(confidence(&[PIANO, DRUMS]), 0.0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        struct Zeros;
        impl TensorSource for Zeros {
            fn tensor(&mut self, _: &str, shape: &[usize]) -> Result<Vec<f32>> {
                Ok(vec![0.0; shape.iter().product()])
            }
        }
        let good = json!({
            "names": ["piano"],
            "calibration": [[1.0, 0.0]],
            "words": [{"tokens": [3], "tag": 0, "threshold": 0.5}],
            "confidence": {"bias": 0.0, "score": 0.0, "evidence": 1.0, "named": 0.0}
        });
        let load = |tags: &Value| TagHead::load("here", tags, (2, 4), 2, &mut Zeros);
        let head = load(&good).unwrap();
        assert_eq!((head.weight.len(), head.bias.len()), (4, 1));
        let spoil = |change: fn(&mut Value)| {
            let mut tags = good.clone();
            change(&mut tags);
            load(&tags).unwrap_err().to_string()
        };
        assert!(spoil(|tags| tags["calibration"] = json!([])).contains("0 calibrations"));
        assert!(spoil(|tags| tags["words"][0]["tokens"] = json!([4])).contains("[4]"));
        let long = spoil(|tags| tags["words"][0]["tokens"] = json!(vec![3; 200_000]));
        assert!(long.contains("200000 tokens, but may have 64"), "{long}");
        assert!(spoil(|tags| tags["words"][0]["tag"] = json!(1)).contains("Some(1)"));
        assert!(spoil(|tags| tags["words"][0]["unless"] = json!([1])).contains("[1]"));
        assert!(spoil(|tags| tags["words"][0]["after"] = json!([4])).contains("after [4]"));
        assert!(spoil(|tags| tags["confidence"] = json!({})).contains("bias"));
        let wording = spoil(|tags| tags["wording"] = json!({"first": [[3]], "next": [[4]]}));
        assert!(wording.contains("`next` has the word [4], of 4 tokens"), "{wording}");
        let misspelt = spoil(|tags| tags["wording"] = json!({"first": [[3]], "nxt": [[3]]}));
        assert!(misspelt.contains("nxt"), "{misspelt}");
    }
}
