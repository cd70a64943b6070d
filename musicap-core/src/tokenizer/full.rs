//! The crate tokenizers, behind the few calls that are needed.

use std::collections::HashMap;

use serde::Deserialize;
use tokenizers::AddedToken;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use crate::panics::catch_panic;

/// The longest token, in bytes; BART's has 128. It bounds the length of a caption.
const LONGEST_TOKEN: usize = 1024;

/// The parts of a `tokenizer.json` that change text. A few dozen replacements of one character by
/// two, one after the other, would exhaust memory.
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

/// Token ids are below this: any model's vocabulary is smaller.
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
            return Err(format!(
                "its normalizer {kind} is not supported; BART and Whisper use none"
            ));
        }
        match decoder.map(|decoder| decoder.kind) {
            Some(kind) if kind == "ByteLevel" => {}
            other => {
                let kind = other.as_deref().unwrap_or("none");
                return Err(format!("its decoder is {kind}; only ByteLevel is supported"));
            }
        }
        call(|| tokenizers::Tokenizer::from_bytes(json)).map(Full)?.check_tokens()
    }

    /// From tokens with their ids, merges, and which of the tokens are special. Special tokens that
    /// have no id get the next ones.
    pub fn new(
        vocab: HashMap<String, u32>,
        merges: Vec<(String, String)>,
        special: &[&str],
    ) -> Result<Self, String> {
        call(|| {
            let bpe = BPE::builder().vocab_and_merges(Vocab::from_iter(vocab), merges).build()?;
            let mut inner = tokenizers::Tokenizer::new(bpe);
            inner.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
            inner.with_decoder(Some(ByteLevel::default()));
            let special = special.iter().map(|&token| AddedToken::from(token, true));
            inner.add_special_tokens(special)?;
            Ok(Full(inner))
        })?
        .check_tokens()
    }

    fn check_tokens(self) -> Result<Self, String> {
        let tokens = self.0.get_vocab(true);
        // To serialize them, `tokenizers` goes through all ids up to the largest.
        if let Some(id) = tokens.values().max().filter(|&&id| id >= MAX_TOKEN_ID) {
            return Err(format!("a token has the id {id}; ids must be below {MAX_TOKEN_ID}"));
        }
        let longest = tokens.into_keys().map(|token| token.len()).max();
        match longest.filter(|&longest| longest > LONGEST_TOKEN) {
            None => Ok(self),
            Some(longest) => Err(format!(
                "a token has {longest} bytes, more than the {LONGEST_TOKEN} that are allowed"
            )),
        }
    }

    /// The text of tokens, without the special ones.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, String> {
        call(|| self.0.decode(tokens, true))
    }

    /// The tokens of a text, without special ones.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        call(|| self.0.encode(text, false)).map(|encoding| encoding.get_ids().to_vec())
    }

    /// One more than the greatest id.
    pub fn size(&self) -> usize {
        self.0.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1)
    }

    /// The `tokenizer.json`.
    pub fn to_json(&self) -> Result<String, String> {
        call(|| self.0.to_string(false))
    }
}

/// Calls into tokenizers, which panics on some hostile files.
fn call<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match catch_panic(work) {
        Ok(result) => result.map_err(|reason| reason.to_string()),
        Err(_) => Err("it is inconsistent".into()),
    }
}
