//! Checks that the shapes of all architectures share, within bounds that no published model reaches
//! but that keep a hostile file from asking for absurd amounts of memory.

use serde::Serialize;
use serde_json::{Map, Value};

/// The largest vocabulary.
pub(super) const MAX_VOCAB: usize = 1 << 20;
/// The largest width of hidden states.
pub(super) const MAX_WIDTH: usize = 1 << 13;
/// The most layers of an encoder or decoder.
pub(super) const MAX_LAYERS: usize = 64;
/// The most attention heads of a layer.
pub(super) const MAX_HEADS: usize = 128;
/// The largest width of a feed-forward part.
pub(super) const MAX_FFN: usize = 1 << 15;
/// The longest sequence of tokens.
pub(super) const MAX_POSITIONS: usize = 1 << 16;

/// Checks that each value is 1 to its greatest.
///
/// # Errors
/// A sentence that names the key at fault and its value.
pub(super) fn check_ranges(
    values: impl IntoIterator<Item = (&'static str, usize, usize)>,
) -> Result<(), String> {
    for (key, value, max) in values {
        if !(1..=max).contains(&value) {
            return Err(format!("{key} is {value}, but must be 1 to {max}"));
        }
    }
    Ok(())
}

/// Checks that the heads of encoder and decoder divide the width of the hidden states.
///
/// # Errors
/// As [`check_ranges`].
pub(super) fn check_heads(d_model: usize, encoder: usize, decoder: usize) -> Result<(), String> {
    for (key, heads) in [("encoder_attention_heads", encoder), ("decoder_attention_heads", decoder)]
    {
        if !d_model.is_multiple_of(heads) {
            return Err(format!("d_model {d_model} cannot be split into {key} {heads}"));
        }
    }
    Ok(())
}

/// Checks the activation of the feed-forward parts: `gelu` is the exact, erf form.
///
/// # Errors
/// As [`check_ranges`].
pub(super) fn check_activation(found: &str) -> Result<(), String> {
    match found {
        "gelu" => Ok(()),
        _ => Err(format!("activation_function is \"{found}\", but only \"gelu\" is supported")),
    }
}

/// The keys of `config.json` that a shape is read from.
pub(super) fn to_keys(shape: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(shape) {
        Ok(Value::Object(keys)) => keys,
        _ => unreachable!("a struct of numbers"),
    }
}

/// Values of a decoder's cache of tokens: keys and values of `layers`, twice, as rows are copied
/// when they are reordered.
pub(super) fn token_cache(layers: u64, keys: u64) -> u64 {
    2 * (2 * layers * keys)
}
