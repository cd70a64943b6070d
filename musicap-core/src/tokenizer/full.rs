//! The crate tokenizers, behind the few calls that are needed of it.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use serde::Deserialize;
use tokenizers::AddedToken;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use super::SPECIAL_TOKENS;

/// The longest token, in bytes; BART's has 128. A caption is at most as many times this as it has
/// tokens.
const LONGEST_TOKEN: usize = 1024;

/// The parts of a `tokenizer.json` that change text. A few dozen replacements of one letter by
/// two, one after the other, would fill any memory.
#[derive(Deserialize)]
struct Parts {
    normalizer: Option<Part>,
    decoder: Option<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
}

/// The numbers that tokens may have: any vocabulary that a model has is smaller.
const MAX_TOKEN_ID: u32 = 1 << 22;

/// A tokenizer. Errors are reasons in words.
#[derive(Clone, Debug)]
pub struct Full(tokenizers::Tokenizer);

impl Full {
    /// From the text of a `tokenizer.json`.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let Parts { normalizer, decoder } =
            serde_json::from_slice(json).map_err(|reason| reason.to_string())?;
        if let Some(Part { kind }) = normalizer {
            return Err(format!("its normalizer is {kind}; BART has none, and none is known"));
        }
        match decoder.map(|decoder| decoder.kind) {
            Some(kind) if kind == "ByteLevel" => {}
            other => {
                let kind = other.as_deref().unwrap_or("none");
                return Err(format!("its decoder is {kind}; only ByteLevel, BART's, is known"));
            }
        }
        guarded(|| tokenizers::Tokenizer::from_bytes(json)).map(Full)?.check_tokens()
    }

    /// From tokens with their ids, and merges.
    pub fn new(vocab: HashMap<String, u32>, merges: Vec<(String, String)>) -> Result<Self, String> {
        guarded(|| {
            let bpe = BPE::builder().vocab_and_merges(Vocab::from_iter(vocab), merges).build()?;
            let mut inner = tokenizers::Tokenizer::new(bpe);
            inner.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
            inner.with_decoder(Some(ByteLevel::default()));
            inner.add_special_tokens(SPECIAL_TOKENS.map(|token| AddedToken::from(token, true)))?;
            Ok(Full(inner))
        })?
        .check_tokens()
    }

    fn check_tokens(self) -> Result<Self, String> {
        let tokens = self.0.get_vocab(true);
        // To write them down, `tokenizers` goes through all numbers up to the greatest.
        if let Some(id) = tokens.values().max().filter(|&&id| id >= MAX_TOKEN_ID) {
            return Err(format!("a token has the number {id}; there may be {MAX_TOKEN_ID}"));
        }
        let longest = tokens.into_keys().map(|token| token.len()).max();
        match longest.filter(|&longest| longest > LONGEST_TOKEN) {
            None => Ok(self),
            Some(longest) => Err(format!(
                "a token has {longest} bytes, more than the {LONGEST_TOKEN} that are taken"
            )),
        }
    }

    /// The text of tokens, without the special ones.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, String> {
        guarded(|| self.0.decode(tokens, true))
    }

    /// The tokens of a text, without special ones.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        guarded(|| self.0.encode(text, false)).map(|encoding| encoding.get_ids().to_vec())
    }

    /// One more than the greatest id.
    pub fn size(&self) -> usize {
        self.0.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1)
    }

    /// The `tokenizer.json`.
    pub fn to_json(&self) -> Result<String, String> {
        guarded(|| self.0.to_string(false))
    }
}

/// Calls into tokenizers, which panics on some hostile files.
fn guarded<T>(call: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match std::panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|reason| reason.to_string()),
        Err(_) => Err("it contradicts itself".into()),
    }
}
