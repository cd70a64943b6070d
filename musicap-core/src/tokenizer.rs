//! Token ids to text and back.

#[cfg(not(target_family = "wasm"))]
mod full;
#[cfg(any(test, target_family = "wasm"))]
mod vocabulary;

#[cfg(not(target_family = "wasm"))]
use full::Full as Inner;
#[cfg(target_family = "wasm")]
use vocabulary::Vocabulary as Inner;

use std::collections::HashMap;

use crate::error::{Error, Result, truncate};

/// What transformers undoes after decoding (`clean_up_tokenization_spaces`), in its order.
const CLEAN_UP: [(&str, &str); 10] = [
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
];

/// The contents of a tokenizer's files where there is no `tokenizer.json`, as for GPT-2, BART and
/// Whisper.
#[derive(Clone, Copy, Debug, Default)]
pub struct VocabFiles<'a> {
    /// `vocab.json`: tokens and their ids.
    pub vocab: &'a str,
    /// `merges.txt`: two tokens per line.
    pub merges: &'a str,
    /// `added_tokens.json`, if there is one: further tokens and their ids, all special.
    pub added_tokens: Option<&'a str>,
    /// Special tokens, which are omitted from captions; those without an id get the next free ids.
    pub special_tokens: &'a [&'a str],
}

/// A byte-level BPE tokenizer, as used by BART and Whisper. In a browser it only decodes.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: Inner,
}

impl Tokenizer {
    /// Reads the content of a `tokenizer.json`. `origin` names it in errors.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if it is invalid or not supported.
    pub fn from_json(origin: &str, json: &[u8]) -> Result<Self> {
        let inner = Inner::from_json(json).map_err(|reason| invalid(origin, reason))?;
        Ok(Tokenizer { inner })
    }

    /// Reads the contents of a `vocab.json`, a `merges.txt` and the files that belong to them.
    /// `origin` names them in errors.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if they are invalid or do not match each other.
    pub fn from_vocab(origin: &str, files: &VocabFiles) -> Result<Self> {
        let parse = |name: &str, text: &str| -> Result<HashMap<String, u32>> {
            serde_json::from_str(text)
                .map_err(|reason| invalid(origin, format!("{name}: {reason}")))
        };
        let mut vocab = parse("vocab.json", files.vocab)?;
        let added = parse("added_tokens.json", files.added_tokens.unwrap_or("{}"))?;
        vocab.extend(added.iter().map(|(token, &id)| (token.clone(), id)));
        let special = files.special_tokens.iter().copied();
        let special: Vec<&str> = special.chain(added.keys().map(String::as_str)).collect();

        let lines = files.merges.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with("#version"));
        let pair = |(number, line): (usize, &str)| {
            let pair = line.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()));
            let reason = || format!("merges.txt: line {} does not have two tokens", number + 1);
            pair.ok_or_else(|| invalid(origin, reason()))
        };
        let merges = lines.map(pair).collect::<Result<Vec<_>>>()?;
        let inner =
            Inner::new(vocab, merges, &special).map_err(|reason| invalid(origin, reason))?;
        Ok(Tokenizer { inner })
    }

    /// The text of `tokens`, without special tokens and with spaces cleaned up as in transformers.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the tokenizer's decoder fails.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        let text = self.inner.decode(tokens).map_err(|reason| invalid("tokenizer", reason))?;
        Ok(CLEAN_UP.iter().fold(text, |text, (from, to)| text.replace(from, to)))
    }

    /// The tokens of `text` without special tokens.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the text cannot be tokenized.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.inner.encode(text).map_err(|reason| invalid("tokenizer", reason))
    }

    /// One more than the largest token id: a model's `vocab_size` must be at least this.
    pub fn vocab_size(&self) -> usize {
        self.inner.size()
    }

    /// The `tokenizer.json` of this tokenizer.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if it cannot be serialized.
    pub fn to_json(&self) -> Result<String> {
        self.inner.to_json().map_err(|reason| invalid("tokenizer", reason))
    }
}

fn invalid(origin: &str, reason: String) -> Error {
    Error::InvalidTokenizer { origin: origin.to_owned(), reason: truncate(&reason) }
}
