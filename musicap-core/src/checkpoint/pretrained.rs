//! A complete model: configuration, tokenizer and weights, from any source.

use super::config::ModelConfig;
use super::reader::CheckpointReader;
use super::tensors::Checkpoint;
use crate::error::{Error, Result};
use crate::tags::TAG_HEAD;
use crate::tokenizer::Tokenizer;

/// A model whose configuration and tokenizer have been read. Its weights are read when it is
/// [loaded](crate::Captioner::load).
#[derive(Debug)]
pub struct Pretrained {
    name: String,
    pub(super) config: ModelConfig,
    pub(super) tokenizer: Tokenizer,
    pub(super) checkpoint: Checkpoint,
    note: Option<String>,
}

impl Pretrained {
    /// The model that comes with the crate.
    ///
    /// # Errors
    /// None in a released crate; while developing, those of [`open`](Self::open).
    #[cfg(feature = "embedded-model")]
    pub fn embedded() -> Result<Self> {
        use super::embedded::{CONFIG, NAME, TOKENIZER, WEIGHTS};
        let config = ModelConfig::from_json(NAME, CONFIG, None)?;
        let tokenizer = Tokenizer::from_json(NAME, TOKENIZER)?;
        let checkpoint = Checkpoint::from_static_safetensors(NAME, WEIGHTS)?;
        Self::new(NAME, config, tokenizer, checkpoint)
    }

    /// A model from its parts; `name` is used in messages and captions.
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
        let (tokens, rows) = (tokenizer.vocab_size(), config.architecture().vocab_size());
        if tokens > rows {
            let reason =
                format!("its token ids reach {tokens}, but the model's vocab_size is {rows}");
            return Err(Error::InvalidTokenizer { origin: name, reason });
        }
        Ok(Pretrained { name, config, tokenizer, checkpoint, note: None })
    }

    /// This model with other weights and another configuration, as produced by fine-tuning.
    /// Mismatches between them are detected when the weights are [loaded](crate::Captioner::load)
    /// or [saved](Self::save). If `checkpoint` has no tag head, `config` loses its own: it would
    /// find other tags in the output of another encoder.
    ///
    /// # Errors
    /// [`Error::InvalidTokenizer`] if the tokenizer has more tokens than `config`.
    pub fn with_weights(
        &self,
        name: impl Into<String>,
        config: ModelConfig,
        checkpoint: Checkpoint,
    ) -> Result<Self> {
        let without_head = checkpoint.get(&format!("{TAG_HEAD}weight")).is_none();
        let config = match without_head && config.has_tags() {
            true => config.with_extra("tags", serde_json::Value::Null),
            false => config,
        };
        Self::new(name, config, self.tokenizer.clone(), checkpoint)
    }

    /// The name by which the model was opened.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the user should know of how the model was opened, in one line: that a hub could not be
    /// asked, and the model that its cache has is used.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    #[cfg(feature = "hub")]
    pub(super) fn with_note(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
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

    /// A reader that supplies the weights while a network is built.
    pub fn reader(&self) -> CheckpointReader<'_> {
        CheckpointReader::new(&self.checkpoint, self.config.architecture())
    }
}
