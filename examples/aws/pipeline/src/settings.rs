//! Settings, which are environment variables.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use musicap::{Captioner, LoadOptions, Pretrained};
use tokio::net::TcpListener;

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
/// If it cannot be understood.
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

/// Where a server listens: at the address `HOST`, all of the machine's without it, and the port
/// `PORT`, or `port`.
///
/// # Errors
/// If they cannot be understood, or another server is there.
pub async fn listener(port: u16) -> Result<TcpListener> {
    let host: IpAddr = optional("HOST", [0, 0, 0, 0].into())?;
    let address = SocketAddr::new(host, optional("PORT", port)?);
    TcpListener::bind(address).await.with_context(|| format!("cannot listen at {address}"))
}

/// The model that `MODEL` names, a folder or a file; the embedded one without it.
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

/// The same, loaded, with as precise weights as `PRECISION` says: `f32`, `f16`, `int8`; without it
/// as the model has them.
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
    fn what_is_missing_or_misunderstood_is_named() {
        let missing = super::required("MUSICAP_NEVER_SET").unwrap_err().to_string();
        assert!(missing.contains("MUSICAP_NEVER_SET"));
        // Cargo sets this one for tests.
        let wrong = super::optional::<u32>("CARGO_PKG_NAME", 1).unwrap_err().to_string();
        assert!(wrong.contains("CARGO_PKG_NAME") && wrong.contains("pipeline"), "{wrong}");
        assert_eq!(super::optional("MUSICAP_NEVER_SET", 7).unwrap(), 7);
    }
}
