//! A model as a whole: configuration, tokenizer and weights, from wherever they are kept.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::config::ModelConfig;
use super::tensors::Checkpoint;
use crate::error::{Error, Result};
use crate::generate::GenerationConfig;
use crate::tokenizer::Tokenizer;

/// Files of text that belong to a model are refused beyond this size.
const MAX_TEXT: u64 = 64 << 20;

/// A model that has been found and whose text files have been read, with its weights still in
/// their file.
#[derive(Debug)]
pub struct Pretrained {
    name: String,
    pub(super) config: ModelConfig,
    pub(super) tokenizer: Tokenizer,
    pub(super) checkpoint: Checkpoint,
}

impl Pretrained {
    /// Finds the model `name`: a model folder, a `.safetensors` or `.pth` file (with the other
    /// files beside it), or a hub id `owner/name` (feature `hub`).
    ///
    /// # Errors
    /// [`Error::ModelNotFound`], [`Error::IncompleteModel`], or what is wrong with its files.
    pub fn open(name: impl AsRef<Path>) -> Result<Self> {
        Self::open_with_progress(name, |_, _, _| {})
    }

    /// The same, with a call while a file is downloaded: the bytes done, the bytes in all (0 if
    /// unknown) and the file's name. It must not block.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with_progress(
        name: impl AsRef<Path>,
        on_download: impl Fn(u64, u64, &str) + Send + Sync + 'static,
    ) -> Result<Self> {
        let path = name.as_ref();
        let name = path.display().to_string();
        if path.is_dir() {
            return Self::from_files(name, path, &find_weights(path)?);
        }
        if path.is_file() {
            let folder = path.parent().unwrap_or(Path::new("."));
            return Self::from_files(name, folder, path);
        }
        Self::open_elsewhere(name, on_download)
    }

    /// The configuration of the model `name`, found as by [`open`](Self::open). Its weights are
    /// neither downloaded nor opened.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), except for errors in the weights and the tokenizer.
    pub fn open_config(name: impl AsRef<Path>) -> Result<ModelConfig> {
        let path = name.as_ref();
        let folder = match path.is_file() {
            true => path.parent().unwrap_or(Path::new(".")),
            false => path,
        };
        if folder.join("config.json").is_file() {
            return read_config(folder, GenerationConfig::default());
        }
        #[cfg(feature = "hub")]
        if let Some(id) = super::hub::HubId::parse(&path.display().to_string())
            && !path.exists()
        {
            return super::hub::Hub::from_env()?.config(&id);
        }
        Ok(Self::open(path)?.config)
    }

    #[cfg(feature = "hub")]
    fn open_elsewhere(
        name: String,
        on_download: impl Fn(u64, u64, &str) + Send + Sync + 'static,
    ) -> Result<Self> {
        use super::hub::{Hub, HubId};
        match HubId::parse(&name) {
            Some(id) => Hub::from_env()?.with_progress(on_download).pretrained(&id),
            None => Err(no_such_path(name)),
        }
    }

    #[cfg(not(feature = "hub"))]
    fn open_elsewhere(name: String, _: impl Fn(u64, u64, &str)) -> Result<Self> {
        let is_hub_id = name.split('/').count() == 2 && !name.starts_with(['.', '/', '~']);
        if is_hub_id {
            let reason = "no such folder or file, and this build has no hub support; \
                          build with the cargo feature \"hub\" to download it";
            return Err(Error::ModelNotFound { name, reason: reason.into() });
        }
        Err(no_such_path(name))
    }

    /// The model that comes with the crate.
    ///
    /// # Errors
    /// None that a released crate gives; those of [`open`](Self::open) while developing.
    #[cfg(feature = "embedded-model")]
    pub fn embedded() -> Result<Self> {
        use super::embedded::{CONFIG, NAME, TOKENIZER, WEIGHTS};
        let config = ModelConfig::from_json(NAME, CONFIG, None)?;
        let tokenizer = Tokenizer::from_json(NAME, TOKENIZER)?;
        let checkpoint = Checkpoint::from_static_safetensors(NAME, WEIGHTS)?;
        Self::new(NAME, config, tokenizer, checkpoint)
    }

    /// A model whose text files are in `folder`.
    pub(super) fn from_files(name: String, folder: &Path, weights: &Path) -> Result<Self> {
        let is_safetensors = weights.extension().is_some_and(|end| end == "safetensors");
        let config_path = folder.join("config.json");
        let config = if config_path.is_file() {
            // A reference checkpoint is used with settings that its config does not make.
            let defaults = match is_safetensors {
                true => GenerationConfig::default(),
                false => GenerationConfig::lp_music_caps(),
            };
            read_config(folder, defaults)?
        } else if is_safetensors {
            let missing = "config.json".into();
            return Err(Error::IncompleteModel { folder: folder.to_owned(), missing });
        } else {
            // A reference checkpoint comes alone; its shape is known.
            ModelConfig::lp_music_caps()
        };
        let tokenizer = find_tokenizer(folder)?;
        let checkpoint = match is_safetensors {
            true => Checkpoint::open_safetensors(weights)?,
            false => Checkpoint::open_pth(weights)?,
        };
        Self::new(name, config, tokenizer, checkpoint)
    }

    /// A model from its parts, wherever they come from; `name` is for messages and captions.
    ///
    /// ```
    /// use musicap::checkpoint::{Checkpoint, ModelConfig, Pretrained};
    /// use musicap::{Captioner, LoadOptions, Tokenizer};
    ///
    /// # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/embedded");
    /// # let read = |name: &str| std::fs::read(format!("{folder}/{name}"));
    /// let config = String::from_utf8_lossy(&read("config.json")?).into_owned();
    /// let weights = std::io::Cursor::new(read("model.safetensors")?);
    /// let pretrained = Pretrained::new(
    ///     "mine",
    ///     ModelConfig::from_json("config.json", &config, None)?,
    ///     Tokenizer::from_json("tokenizer.json", &read("tokenizer.json")?)?,
    ///     Checkpoint::from_safetensors("model.safetensors", weights)?,
    /// )?;
    /// let captioner = Captioner::load(&pretrained, &LoadOptions::default())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the tokenizer has more tokens than the model.
    pub fn new(
        name: impl Into<String>,
        config: ModelConfig,
        tokenizer: Tokenizer,
        checkpoint: Checkpoint,
    ) -> Result<Self> {
        let name = name.into();
        let (tokens, rows) = (tokenizer.vocab_size(), config.bart.vocab_size);
        if tokens > rows {
            let reason =
                format!("its token ids reach {tokens}, but the model's vocab_size is {rows}");
            return Err(Error::InvalidTokenizer { origin: name, reason });
        }
        Ok(Pretrained { name, config, tokenizer, checkpoint })
    }

    /// This model with other weights and another configuration, as fine-tuning makes them.
    /// What does not fit together is found when the weights are [loaded](crate::Captioner::load)
    /// or [saved](Self::save).
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the tokenizer has more tokens than `config`.
    pub fn with_weights(
        &self,
        name: impl Into<String>,
        config: ModelConfig,
        checkpoint: Checkpoint,
    ) -> Result<Self> {
        Self::new(name, config, self.tokenizer.clone(), checkpoint)
    }

    /// What the model was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model's configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The model's weights.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// The configuration of the model in `folder`, where `config.json` exists.
pub(super) fn read_config(folder: &Path, defaults: GenerationConfig) -> Result<ModelConfig> {
    let generation = folder.join("generation_config.json");
    let generation = generation.is_file().then(|| read_text(&generation)).transpose()?;
    let config = folder.join("config.json");
    let origin = config.display().to_string();
    ModelConfig::from_json_over(defaults, &origin, &read_text(&config)?, generation.as_deref())
}

/// The weights in a model folder: safetensors first, then the reference's own names, then any
/// `.pth` that is alone.
fn find_weights(folder: &Path) -> Result<PathBuf> {
    for name in ["model.safetensors", "transfer.pth", "supervised.pth", "pretrain.pth"] {
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
pub(super) fn find_tokenizer(folder: &Path) -> Result<Tokenizer> {
    let json = folder.join("tokenizer.json");
    if json.is_file() {
        return Tokenizer::from_json(&json.display().to_string(), read_text(&json)?.as_bytes());
    }
    let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
    if vocab.is_file() && merges.is_file() {
        let origin = format!("{} with merges.txt", vocab.display());
        let (vocab, merges) = (read_text(&vocab)?, read_text(&merges)?);
        return Tokenizer::from_vocab_and_merges(&origin, &vocab, &merges);
    }
    let missing = "tokenizer.json, or vocab.json and merges.txt \
                   (LP-MusicCaps uses those of facebook/bart-base)";
    Err(Error::IncompleteModel { folder: folder.to_owned(), missing: missing.into() })
}

fn read_text(path: &Path) -> Result<String> {
    let failed = || Error::io("read", path);
    let file = File::open(path).map_err(failed())?;
    let mut bytes = Vec::new();
    // A file may grow while it is read, and some are longer than they say.
    file.take(MAX_TEXT + 1).read_to_end(&mut bytes).map_err(failed())?;
    if bytes.len() as u64 > MAX_TEXT {
        let reason = format!("it has more than the {MAX_TEXT} bytes that are read of a text");
        return Err(Error::InvalidConfig { origin: path.display().to_string(), reason });
    }
    let no_text = |_| std::io::Error::from(std::io::ErrorKind::InvalidData);
    String::from_utf8(bytes).map_err(no_text).map_err(failed())
}

fn no_such_path(name: String) -> Error {
    Error::ModelNotFound { name, reason: "no such folder or file".into() }
}
