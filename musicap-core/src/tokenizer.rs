//! Token ids to text and back.

use std::path::Path;

use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::AddedToken;

use crate::error::{Error, Result};

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

/// A byte-level BPE tokenizer as BART has it.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// From the text of a `tokenizer.json`. `origin` names it in errors.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if it cannot be understood.
    pub fn from_json(origin: &str, json: &[u8]) -> Result<Self> {
        let inner = tokenizers::Tokenizer::from_bytes(json)
            .map_err(|reason| invalid(origin, reason.to_string()))?;
        Ok(Tokenizer { inner })
    }

    /// From a `vocab.json` and a `merges.txt`, as GPT-2 and BART come.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the two cannot be understood or do not fit each other.
    pub fn from_vocab_and_merges(vocab: &Path, merges: &Path) -> Result<Self> {
        let origin = format!("{} with {}", vocab.display(), merges.display());
        let build = || -> tokenizers::Result<tokenizers::Tokenizer> {
            let (vocab, merges) = (vocab.to_string_lossy(), merges.to_string_lossy());
            let mut inner = tokenizers::Tokenizer::new(BPE::from_file(&vocab, &merges).build()?);
            inner.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
            inner.with_decoder(Some(ByteLevel::default()));
            inner.add_special_tokens(SPECIAL_TOKENS.map(|token| AddedToken::from(token, true)))?;
            Ok(inner)
        };
        let inner = build().map_err(|reason| invalid(&origin, reason.to_string()))?;
        Ok(Tokenizer { inner })
    }

    /// The text of `tokens`, special tokens left out and spaces cleaned up as transformers does.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the tokenizer's decoder fails.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        let text = self
            .inner
            .decode(tokens, true)
            .map_err(|reason| invalid("tokenizer", reason.to_string()))?;
        Ok(CLEAN_UP.iter().fold(text, |text, (from, to)| text.replace(from, to)))
    }

    /// The tokens of `text` without special tokens.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the text cannot be tokenized.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode(text, false)
            .map_err(|reason| invalid("tokenizer", reason.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Number of token ids, special tokens included.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The `tokenizer.json` of this tokenizer.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if it cannot be written down.
    pub fn to_json(&self) -> Result<String> {
        self.inner.to_string(false).map_err(|reason| invalid("tokenizer", reason.to_string()))
    }
}

fn invalid(origin: &str, reason: String) -> Error {
    // One line, whatever a library's message looks like.
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::InvalidTokenizer { origin: origin.to_owned(), reason }
}
