//! Finds a model by its name: a folder, a file or a hub id.

use std::path::Path;

use super::config::{ModelConfig, Weights};
use super::folder::{find_weights, read_config};
use super::pretrained::Pretrained;
use crate::error::{Error, Result};

impl Pretrained {
    /// Finds the model `name`: a model folder, a `.safetensors` or `.pth` file (with the other
    /// files beside it), or a hub id `owner/name` (feature `hub`).
    ///
    /// # Errors
    /// [`Error::ModelNotFound`], [`Error::IncompleteModel`], and those of invalid model files.
    pub fn open(name: impl AsRef<Path>) -> Result<Self> {
        Self::open_with_progress(name, |_, _, _| {})
    }

    /// The same, with a callback while a file is downloaded. Its arguments are the bytes
    /// downloaded, the total bytes (0 if unknown) and the file's name. It must not block.
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
        open_elsewhere(name, on_download)
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
            let weights = match path.is_file() {
                true => Some(path.to_owned()),
                false => find_weights(folder).ok(),
            };
            return read_config(folder, weights.map_or(Weights::Own, |path| Weights::of(&path)));
        }
        #[cfg(feature = "hub")]
        if let Some(id) = super::hub::HubId::parse(&path.display().to_string())
            && !path.exists()
        {
            return super::hub::Hub::from_env()?.config(&id);
        }
        Ok(Self::open(path)?.config)
    }
}

#[cfg(feature = "hub")]
fn open_elsewhere(
    name: String,
    on_download: impl Fn(u64, u64, &str) + Send + Sync + 'static,
) -> Result<Pretrained> {
    use super::hub::{Hub, HubId};

    match HubId::parse(&name) {
        Some(id) => Hub::from_env()?.with_progress(on_download).pretrained(&id),
        None => Err(no_such_path(name)),
    }
}

#[cfg(not(feature = "hub"))]
fn open_elsewhere(name: String, _: impl Fn(u64, u64, &str)) -> Result<Pretrained> {
    let is_hub_id = name.split('/').count() == 2 && !name.starts_with(['.', '/', '~']);
    if is_hub_id {
        let reason = "no such folder or file, and this build has no hub support; \
                      build with the cargo feature \"hub\" to download it";
        return Err(Error::ModelNotFound { name, reason: reason.into() });
    }
    Err(no_such_path(name))
}

fn no_such_path(name: String) -> Error {
    let reason = match cfg!(feature = "hub") {
        true => "no such folder or file, and not a hub id (owner/name or owner/name@revision)",
        false => "no such folder or file",
    };
    Error::ModelNotFound { name, reason: reason.into() }
}
