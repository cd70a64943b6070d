//! Settings, which are environment variables.

use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use musicap::{Captioner, LoadOptions, Pretrained};

/// The variable `name`.
///
/// # Errors
/// If it is not set.
pub fn required(name: &str) -> Result<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| anyhow!("the environment variable {name} must be set"))
}

/// The variable `name`, or `default` where it is not set or empty.
///
/// # Errors
/// If it cannot be parsed.
pub fn optional<T: FromStr>(name: &str, default: T) -> Result<T>
where
    T::Err: Display,
{
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => text
            .parse()
            .map_err(|reason| anyhow!("the environment variable {name} is {text:?}: {reason}")),
        _ => Ok(default),
    }
}

/// The address to listen on: `HOST`, by default all interfaces, and `PORT`, by default `port`.
///
/// # Errors
/// If either cannot be parsed.
pub fn address(port: u16) -> Result<(IpAddr, u16)> {
    Ok((optional("HOST", [0, 0, 0, 0].into())?, optional("PORT", port)?))
}

/// A duration in whole seconds, by default `seconds`.
///
/// # Errors
/// If it cannot be parsed.
pub fn seconds(name: &str, seconds: u64) -> Result<Duration> {
    optional(name, seconds).map(Duration::from_secs)
}

/// The model named by `MODEL`, a folder or a file; by default the embedded one.
///
/// # Errors
/// If it cannot be read.
pub fn model() -> Result<Pretrained> {
    let name: String = optional("MODEL", "embedded".to_owned())?;
    match &name[..] {
        "embedded" => Pretrained::embedded(),
        folder => Pretrained::open(folder),
    }
    .with_context(|| format!("MODEL={name}"))
}

/// The same, loaded, with weights in the precision `PRECISION` (`f32`, `f16`, `int8`), by default as
/// the model stores them.
///
/// # Errors
/// If it cannot be loaded.
pub fn captioner() -> Result<Captioner> {
    let precision = optional("PRECISION", musicap::checkpoint::Precision::default())?;
    let options = LoadOptions::default().with_precision(precision);
    Ok(Captioner::load(&model()?, &options)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn errors_name_the_variable() {
        let missing = super::required("MUSICAP_NEVER_SET").unwrap_err().to_string();
        assert!(missing.contains("MUSICAP_NEVER_SET"));
        // Cargo sets this one for tests.
        let wrong = super::optional::<u32>("CARGO_PKG_NAME", 1).unwrap_err().to_string();
        assert!(wrong.contains("CARGO_PKG_NAME") && wrong.contains("pipeline"), "{wrong}");
        assert_eq!(super::optional("MUSICAP_NEVER_SET", 7).unwrap(), 7);
    }
}
