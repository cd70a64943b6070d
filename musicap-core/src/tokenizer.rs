//! Token ids to text and back.

#[cfg(not(target_family = "wasm"))]
mod full;
#[cfg(any(test, target_family = "wasm"))]
mod vocabulary;

#[cfg(not(target_family = "wasm"))]
use full::Full as Inner;
#[cfg(target_family = "wasm")]
use vocabulary::Vocabulary as Inner;

use crate::error::{Error, Result, truncate};

/// What BART's vocabularies keep for themselves.
const SPECIAL_TOKENS: [&str; 5] = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];

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

/// A byte-level BPE tokenizer as BART has it. In a browser it only decodes.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: Inner,
}

impl Tokenizer {
    /// From the text of a `tokenizer.json`. `origin` names it in errors.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if it cannot be understood.
    pub fn from_json(origin: &str, json: &[u8]) -> Result<Self> {
        let inner = Inner::from_json(json).map_err(|reason| invalid(origin, reason))?;
        Ok(Tokenizer { inner })
    }

    /// From the texts of a `vocab.json` and a `merges.txt`, as GPT-2 and BART come. `origin`
    /// names them in errors.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the two cannot be understood or do not fit each other.
    pub fn from_vocab_and_merges(origin: &str, vocab: &str, merges: &str) -> Result<Self> {
        let vocab = serde_json::from_str(vocab)
            .map_err(|reason| invalid(origin, format!("vocab.json: {reason}")))?;
        let lines = merges.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with("#version"));
        let pair = |(number, line): (usize, &str)| {
            let pair = line.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()));
            let reason = || format!("merges.txt: line {} is not two tokens", number + 1);
            pair.ok_or_else(|| invalid(origin, reason()))
        };
        let merges = lines.map(pair).collect::<Result<Vec<_>>>()?;
        let inner = Inner::new(vocab, merges).map_err(|reason| invalid(origin, reason))?;
        Ok(Tokenizer { inner })
    }

    /// The text of `tokens`, special tokens left out and spaces cleaned up as transformers does.
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

    /// One more than the greatest token id: what a model's `vocab_size` must be at least.
    pub fn vocab_size(&self) -> usize {
        self.inner.size()
    }

    /// The `tokenizer.json` of this tokenizer.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if it cannot be written down.
    pub fn to_json(&self) -> Result<String> {
        self.inner.to_json().map_err(|reason| invalid("tokenizer", reason))
    }
}

fn invalid(origin: &str, reason: String) -> Error {
    Error::InvalidTokenizer { origin: origin.to_owned(), reason: truncate(&reason) }
}
