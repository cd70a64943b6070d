//! Trains the byte-level BPE tokenizer on the captions, with BART's special ids.

use anyhow::{Result, anyhow};
use std::path::Path;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, Tokenizer};

/// Special tokens in the order of their ids.
pub const SPECIAL: [&str; 4] = ["<s>", "<pad>", "</s>", "<unk>"];

/// Trains on `captions` and writes `tokenizer.json`.
pub fn train(captions: Vec<String>, vocabulary: usize, path: &Path) -> Result<Tokenizer> {
    let byte_level = ByteLevel::new(false, true, true);
    let specials: Vec<AddedToken> =
        SPECIAL.iter().map(|&token| AddedToken::from(token, true)).collect();
    // Every byte has a token, so that fine-tuning can bring any word.
    let trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(vocabulary)
        .min_frequency(2)
        .special_tokens(specials)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let failed = |error: tokenizers::Error| anyhow!("tokenizer: {error}");

    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer.with_pre_tokenizer(Some(byte_level));
    tokenizer.with_decoder(Some(byte_level));
    let mut trainer = TrainerWrapper::BpeTrainer(trainer);
    tokenizer.train(&mut trainer, captions.into_iter()).map_err(failed)?;
    let template = TemplateProcessing::builder()
        .try_single("<s> $A </s>")
        .map_err(|error| anyhow!("tokenizer: {error}"))?
        .special_tokens(vec![("<s>", 0), ("</s>", 2)])
        .build()?;
    tokenizer.with_post_processor(Some(template));
    tokenizer.save(path, true).map_err(failed)?;
    Ok(tokenizer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_and_special_ids_are_barts() {
        let captions: Vec<String> =
            ["A slow piano plays alone.", "An organ plays a fast tune over drums."]
                .iter()
                .cycle()
                .take(40)
                .map(|&caption| caption.to_owned())
                .collect();
        let path =
            std::env::temp_dir().join(format!("musicap-tokenizer-{}.json", std::process::id()));
        train(captions, 400, &path).unwrap();
        let tokenizer = Tokenizer::from_file(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for (id, token) in SPECIAL.iter().enumerate() {
            assert_eq!(tokenizer.token_to_id(token), Some(id as u32));
        }
        let text = "A fast organ plays a tune, naïve and new.";
        let ids = tokenizer.encode(text, true).unwrap();
        assert_eq!((ids.get_ids()[0], *ids.get_ids().last().unwrap()), (0, 2));
        assert_eq!(tokenizer.decode(ids.get_ids(), true).unwrap(), text);
    }
}
