//! A whole model from the files of one or two repositories.

use std::path::{Path, PathBuf};

use super::{Found, Hub, HubId, fault};
use crate::checkpoint::config::{ModelConfig, Weights};
use crate::checkpoint::folder::{find_tokenizer, read_config};
use crate::checkpoint::pretrained::Pretrained;
use crate::checkpoint::tensors::Checkpoint;
use crate::error::{Error, HubProblem, Result};

/// The reference model's repository, which holds its weights alone.
const LP_MUSIC_CAPS: &str = "seungheondoh/lp-music-caps";

/// Where the reference model's vocabulary is.
const BART_BASE: &str = "facebook/bart-base";

impl Hub {
    /// The model in the repository: `config.json`; `model.safetensors`, `transfer.pth` or
    /// `pytorch_model.bin`; `tokenizer.json`, or `vocab.json` with `merges.txt` and optionally
    /// `added_tokens.json`; and `generation_config.json` if there is one, all from one commit.
    /// `seungheondoh/lp-music-caps` has only the weights and uses the vocabulary of
    /// `facebook/bart-base`.
    ///
    /// If the server does not give all of them, the model that the cache has is opened instead, and
    /// its [`note`](Pretrained::note) says so.
    ///
    /// # Errors
    /// Those of [`file`](Self::file), and those of invalid model files.
    pub fn pretrained(&self, id: &HubId) -> Result<Pretrained> {
        let (model, note) = self.or_cached(|hub| match id.repo() == LP_MUSIC_CAPS {
            true => hub.lp_music_caps(id),
            false => hub.one_repository(id),
        })?;
        Ok(model.with_note(note))
    }

    /// What `load` gets from the server, or offline from the cache, with a note that says so.
    fn or_cached<T>(&self, load: impl Fn(&Hub) -> Result<T>) -> Result<(T, Option<String>)> {
        match load(self) {
            Err(error) if self.may_use_cache_after(&error) => match load(&self.clone().offline()) {
                Ok(cached) => {
                    let note = format!("{error}; the model that is in the cache is used");
                    Ok((cached, Some(note)))
                }
                Err(_) => Err(error),
            },
            result => Ok((result?, None)),
        }
    }

    /// The configuration of the model in the repository, without its weights.
    ///
    /// # Errors
    /// Those of [`file`](Self::file), or [`Error::InvalidConfig`].
    pub fn config(&self, id: &HubId) -> Result<ModelConfig> {
        if id.repo() == LP_MUSIC_CAPS {
            return Ok(ModelConfig::lp_music_caps());
        }
        let load = |hub: &Hub| {
            let (config, _, newest) = hub.settings(id)?;
            // A commit of which the weights are here stays the branch's.
            if let Some(newest) = newest.filter(|_| hub.cache(id).commit().is_none()) {
                hub.cache(id).remember(&newest);
            }
            read_config(folder_of(&config), Weights::Own)
        };
        Ok(self.or_cached(load)?.0)
    }

    /// The path of `config.json`, beside which `generation_config.json` is if there is one; the
    /// repository at the commit of both; and the commit that the branch stands for now, if the
    /// server was asked.
    fn settings(&self, id: &HubId) -> Result<(PathBuf, HubId, Option<String>)> {
        let found = self.look_up(id, "config.json")?;
        let config = found.path.ok_or_else(|| self.missing(id, "config.json"))?;
        let commit = self.commit(id, &config);
        self.part(id, &commit, "generation_config.json")?;
        Ok((config, commit, found.commit))
    }

    fn one_repository(&self, id: &HubId) -> Result<Pretrained> {
        let (config, commit, newest) = self.settings(id)?;
        self.tokenizer(id, &commit)?;
        let weights = ["model.safetensors", "transfer.pth", "pytorch_model.bin"];
        let mut weights = weights.into_iter().map(|file| self.part(id, &commit, file));
        let weights = match weights.find_map(Result::transpose) {
            Some(weights) => weights?,
            None => return Err(self.missing(id, "model.safetensors")),
        };
        let model = Pretrained::from_files(id.to_string(), folder_of(&config), &weights)?;
        // Now that all of the commit is here, the branch may stand for it.
        if let Some(newest) = &newest {
            self.cache(id).remember(newest);
        }
        Ok(model)
    }

    fn lp_music_caps(&self, id: &HubId) -> Result<Pretrained> {
        // The small files first: what is wrong shows before the long download.
        let bart = HubId::known(BART_BASE);
        let vocabulary = self.tokenizer(&bart, &bart)?;
        let weights = self.required_part(id, id, "transfer.pth")?;
        let config = ModelConfig::lp_music_caps();
        let tokenizer = find_tokenizer(folder_of(&vocabulary), config.architecture())?;
        let checkpoint = Checkpoint::open_pth(&weights)?;
        Pretrained::new(id.to_string(), config, tokenizer, checkpoint)
    }

    /// Fetches what a tokenizer is made from and returns the path of one file of it.
    fn tokenizer(&self, id: &HubId, commit: &HubId) -> Result<PathBuf> {
        if let Some(json) = self.part(id, commit, "tokenizer.json")? {
            return Ok(json);
        }
        let vocab = self.required_part(id, commit, "vocab.json")?;
        let commit = self.commit(id, &vocab);
        self.required_part(id, &commit, "merges.txt")?;
        self.part(id, &commit, "added_tokens.json")?;
        Ok(vocab)
    }

    /// The repository at the commit that `path` was found at, so that the other files are of the
    /// same commit even if somebody pushes in between.
    fn commit(&self, id: &HubId, path: &Path) -> HubId {
        self.cache(id).pinned_by(path).unwrap_or_else(|| id.clone())
    }

    /// `file` at `commit`, or at the branch where a mirror knows no commits, if there is one.
    fn part(&self, id: &HubId, commit: &HubId, file: &str) -> Result<Option<PathBuf>> {
        let found = match self.up_to_date(commit, file) {
            Err(Error::Hub { problem: HubProblem::NotFound, .. }) if commit != id => {
                let found = self.look_up(id, file);
                if let Ok(Found { commit: Some(other), .. }) = &found
                    && other != commit.revision()
                {
                    let reason = "the repository has changed during the download; try again";
                    return Err(fault(id, file, HubProblem::Server, reason));
                }
                self.optional(id, file, found.map(|found| found.path))
            }
            found => self.optional(commit, file, found),
        };
        // Errors name the model as the caller did.
        found.map_err(|error| match error {
            Error::Hub { file, problem, reason, .. } => fault(id, &file, problem, reason),
            error => error,
        })
    }

    fn required_part(&self, id: &HubId, commit: &HubId, file: &str) -> Result<PathBuf> {
        self.part(id, commit, file)?.ok_or_else(|| self.missing(id, file))
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
