//! The small model that comes with the crate: see docs/models.md for what made it.

/// What the model is called.
pub const NAME: &str = "embedded";

pub const CONFIG: &str = include_str!("../../embedded/config.json");
pub const TOKENIZER: &[u8] = include_bytes!("../../embedded/tokenizer.json");
pub const WEIGHTS: &[u8] = include_bytes!("../../embedded/model.safetensors");
