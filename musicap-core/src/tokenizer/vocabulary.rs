//! Ids to text, and no more: what a browser needs of a tokenizer.
//!
//! The crate tokenizers also splits, normalises and trains by every method there is, which is a
//! quarter of a program for the browser. This only has the tokens of byte-level vocabularies; the
//! tests compare it with tokenizers.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

/// Tokens by their ids.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    tokens: BTreeMap<u32, Token>,
}

#[derive(Clone, Debug)]
struct Token {
    bytes: Vec<u8>,
    special: bool,
}

/// The part of a `tokenizer.json` that matters here.
#[derive(Deserialize)]
struct File {
    model: Model,
    decoder: Option<Decoder>,
    #[serde(default)]
    added_tokens: Vec<Added>,
}

#[derive(Deserialize)]
struct Model {
    vocab: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct Decoder {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    special: bool,
}

impl Vocabulary {
    /// From the text of a `tokenizer.json`.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let file: File = serde_json::from_slice(json).map_err(|reason| reason.to_string())?;
        match file.decoder {
            Some(Decoder { kind }) if kind == "ByteLevel" => {}
            other => {
                let kind = other.map_or("none".to_owned(), |decoder| decoder.kind);
                return Err(format!("its decoder is {kind}; only ByteLevel is supported here"));
            }
        }
        let mut tokens = Self::tokens(file.model.vocab);
        for Added { id, content, special } in file.added_tokens {
            tokens.insert(id, Token { bytes: bytes_of(&content), special });
        }
        Ok(Vocabulary { tokens })
    }

    /// From tokens with their ids, and which of them are special. Special tokens that have no id
    /// get the next ones. Merges matter to encoding alone.
    pub fn new(
        vocab: HashMap<String, u32>,
        _merges: Vec<(String, String)>,
        special: &[&str],
    ) -> Result<Self, String> {
        let ids: Vec<_> = special.iter().map(|&token| vocab.get(token).copied()).collect();
        let mut tokens = Self::tokens(vocab);
        for (token, id) in special.iter().zip(ids) {
            let last = tokens.last_key_value().map_or(Some(0), |(id, _)| id.checked_add(1));
            let id = id.or(last).ok_or("its ids are too large")?;
            tokens.insert(id, Token { bytes: bytes_of(token), special: true });
        }
        Ok(Vocabulary { tokens })
    }

    fn tokens(vocab: HashMap<String, u32>) -> BTreeMap<u32, Token> {
        let token = |token: &str| Token { bytes: bytes_of(token), special: false };
        vocab.iter().map(|(text, &id)| (id, token(text))).collect()
    }

    /// The text of tokens; unknown ids and special tokens are left out.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, String> {
        let tokens = tokens.iter().filter_map(|id| self.tokens.get(id));
        let plain = tokens.filter(|token| !token.special);
        let bytes: Vec<u8> = plain.flat_map(|token| token.bytes.iter().copied()).collect();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// One more than the greatest id.
    pub fn size(&self) -> usize {
        self.tokens.last_key_value().map_or(0, |(&id, _)| (id as usize).saturating_add(1))
    }
}

#[cfg(target_family = "wasm")]
impl Vocabulary {
    pub fn encode(&self, _: &str) -> Result<Vec<u32>, String> {
        Err("in a browser it can only decode".into())
    }

    pub fn to_json(&self) -> Result<String, String> {
        Err("it cannot be serialized in a browser".into())
    }
}

/// The bytes that a token's characters stand for, or the token as it is if one stands for none.
fn bytes_of(token: &str) -> Vec<u8> {
    token.chars().map(byte_of).collect::<Option<_>>().unwrap_or_else(|| token.as_bytes().to_vec())
}

/// GPT-2's alphabet (Radford et al. 2019, `bytes_to_unicode`): bytes that print stand for
/// themselves, the others for the characters from U+0100 on, in order.
fn byte_of(character: char) -> Option<u8> {
    let prints = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    match u32::from(character) {
        code @ 0..=0xff => Some(code as u8).filter(prints),
        code => (0..=0xff).filter(|byte| !prints(byte)).nth(code as usize - 0x100),
    }
}

#[cfg(test)]
mod tests {
    use super::super::full::Full;
    use super::*;

    #[test]
    fn every_token_is_what_tokenizers_makes_of_it() {
        let json = include_bytes!("../../embedded/tokenizer.json");
        let (ours, theirs) = (Vocabulary::from_json(json).unwrap(), Full::from_json(json).unwrap());
        assert_eq!(ours.size(), theirs.size());
        let all: Vec<u32> = (0..ours.size() as u32 + 3).collect();
        for ids in all.chunks(1).chain(all.chunks(7)).chain([&all[..], &[]]) {
            assert_eq!(ours.decode(ids), theirs.decode(ids), "{ids:?}");
        }
    }

    #[test]
    fn a_vocabulary_without_special_tokens_gets_them_as_tokenizers_does() {
        let special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
        for words in [&["a", "Ġb", "ア"][..], &["<s>", "a", "</s>", "ĠÃ©"], &[]] {
            let vocab = || words.iter().zip(0..).map(|(word, id)| (word.to_string(), id)).collect();
            let ours = Vocabulary::new(vocab(), vec![], &special).unwrap();
            let theirs = Full::new(vocab(), vec![], &special).unwrap();
            assert_eq!(ours.size(), theirs.size(), "{words:?}");
            let all: Vec<u32> = (0..9).collect();
            assert_eq!(ours.decode(&all), theirs.decode(&all), "{words:?}");
        }
    }

    #[test]
    fn every_byte_has_a_character() {
        let characters = (0..0x200).filter_map(char::from_u32);
        let mut bytes: Vec<u8> = characters.filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=0xff).collect::<Vec<u8>>());
        assert_eq!(['Ġ', 'Ċ', 'é'].map(byte_of), [Some(b' '), Some(b'\n'), Some(0xe9)]);
    }

    #[test]
    fn other_decoders_are_refused_by_name() {
        let json = br#"{"model": {"vocab": {"a": 0}}, "decoder": {"type": "WordPiece"}}"#;
        assert!(Vocabulary::from_json(json).unwrap_err().contains("WordPiece"));
    }
}
