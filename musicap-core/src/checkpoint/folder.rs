//! A model from the files of one folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::config::{ModelConfig, Weights};
use super::pretrained::Pretrained;
use super::tensors::Checkpoint;
use crate::error::{Error, Result};
use crate::model::Architecture;
use crate::tokenizer::{Tokenizer, VocabFiles};

/// Text files that belong to a model are refused beyond this size.
const MAX_TEXT: u64 = 64 << 20;

/// The names of weights: ours and transformers', those of LP-MusicCaps, and transformers' older one.
const WEIGHTS: [&str; 5] =
    ["model.safetensors", "transfer.pth", "supervised.pth", "pretrain.pth", "pytorch_model.bin"];

impl Pretrained {
    /// A model whose text files are in `folder`.
    pub(super) fn from_files(name: String, folder: &Path, weights: &Path) -> Result<Self> {
        let is_safetensors = Weights::of(weights) == Weights::Own;
        let config = if folder.join("config.json").is_file() {
            read_config(folder, Weights::of(weights))?
        } else if is_safetensors {
            let missing = "config.json".into();
            return Err(Error::IncompleteModel { folder: folder.to_owned(), missing });
        } else {
            // LP-MusicCaps' checkpoints are published without a configuration.
            ModelConfig::lp_music_caps()
        };
        let tokenizer = find_tokenizer(folder, config.architecture())?;
        let checkpoint = match is_safetensors {
            true => Checkpoint::open_safetensors(weights)?,
            false => Checkpoint::open_pth(weights)?,
        };
        Self::new(name, config, tokenizer, checkpoint)
    }
}

/// The configuration of the model in `folder`, where `config.json` exists.
pub(super) fn read_config(folder: &Path, weights: Weights) -> Result<ModelConfig> {
    let generation = folder.join("generation_config.json");
    let generation = generation.is_file().then(|| read_text(&generation)).transpose()?;
    let config = folder.join("config.json");
    let origin = config.display().to_string();
    ModelConfig::parse(&origin, &read_text(&config)?, generation.as_deref(), weights)
}

/// The weights in a model folder: safetensors first, then the names of published checkpoints, then
/// the only `.pth` file.
pub(super) fn find_weights(folder: &Path) -> Result<PathBuf> {
    for name in WEIGHTS {
        let path = folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
    }
    let entries = std::fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "pth") && path.is_file())
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        (Some(_), false) => {
            let reason = "it holds several .pth files and none is named transfer.pth; \
                          name the file instead of the folder";
            let name = folder.display().to_string();
            Err(Error::ModelNotFound { name, reason: reason.into() })
        }
        (None, _) => {
            let missing = "model.safetensors or a .pth file".into();
            Err(Error::IncompleteModel { folder: folder.to_owned(), missing })
        }
    }
}

/// The tokenizer in `folder`.
pub(super) fn find_tokenizer(folder: &Path, architecture: &dyn Architecture) -> Result<Tokenizer> {
    let json = folder.join("tokenizer.json");
    if json.is_file() {
        return Tokenizer::from_json(&json.display().to_string(), read_text(&json)?.as_bytes());
    }
    let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
    if vocab.is_file() && merges.is_file() {
        let origin = format!("{} with merges.txt", vocab.display());
        let (vocab, merges) = (read_text(&vocab)?, read_text(&merges)?);
        let added = folder.join("added_tokens.json");
        let added = added.is_file().then(|| read_text(&added)).transpose()?;
        let files = VocabFiles {
            vocab: &vocab,
            merges: &merges,
            added_tokens: added.as_deref(),
            special_tokens: architecture.special_tokens(),
        };
        return Tokenizer::from_vocab(&origin, &files);
    }
    let missing = "tokenizer.json, or vocab.json and merges.txt \
                   (LP-MusicCaps uses those of facebook/bart-base)";
    Err(Error::IncompleteModel { folder: folder.to_owned(), missing: missing.into() })
}

fn read_text(path: &Path) -> Result<String> {
    let failed = || Error::io("read", path);
    let file = File::open(path).map_err(failed())?;
    let mut bytes = Vec::new();
    // Not by the file's size: it may grow, and some files have none.
    file.take(MAX_TEXT + 1).read_to_end(&mut bytes).map_err(failed())?;
    if bytes.len() as u64 > MAX_TEXT {
        let reason = format!("it is larger than {MAX_TEXT} bytes, the limit for text files");
        return Err(Error::InvalidConfig { origin: path.display().to_string(), reason });
    }
    let not_utf8 = |_| std::io::Error::from(std::io::ErrorKind::InvalidData);
    String::from_utf8(bytes).map_err(not_utf8).map_err(failed())
}
