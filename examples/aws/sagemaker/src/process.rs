//! The Processing contract: files below `processing/input` become captions below
//! `processing/output`.
//!
//! Recordings keep their path (`a/b.mp3` → `a/b.mp3.json`); features are named as in the pipeline
//! (`…/ID.npy` → `ID.json`), with their times from an `ID.json` anywhere below the input. Files
//! whose captions would have the same name are refused. Existing captions are kept, so a job that
//! was stopped can be resumed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use musicap::audio::{AudioReader, NpyReader, extensions};
use musicap::{Captions, Format};
use pipeline::Features;
use pipeline::logs::Metrics;
use pipeline::name::file_name;

use crate::captions::{GiveUp, Model};
use crate::shard::Shard;

/// The length to which SageMaker cuts the message of a failed job.
const MESSAGE_BYTES: usize = 1024;

/// Captions this machine's share of the files below `root`, and writes failures to
/// `output/message`.
pub fn run(root: &Path, model: impl FnOnce() -> Result<Model>) -> Result<()> {
    let done = share(root, model);
    if let Err(error) = &done {
        let mut message = format!("{error:#}");
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        let folder = root.join("output");
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join("message"), message));
        if let Err(error) = written {
            tracing::warn!(error = error.to_string(), "cannot write the failure message");
        }
    }
    done
}

fn share(root: &Path, model: impl FnOnce() -> Result<Model>) -> Result<()> {
    let (input, output) = (root.join("processing/input"), root.join("processing/output"));
    let shard = Shard::read(&root.join("config"))?;
    let mut files = BTreeMap::new();
    list(&input, &mut String::new(), &mut files)
        .with_context(|| format!("cannot list {}", input.display()))?;
    let mine: Vec<&String> =
        files.keys().filter(|file| kind(file).is_some() && shard.takes(file)).collect();
    let all = files.keys().filter(|file| kind(file).is_some()).count();
    tracing::info!(stage = "process", files = all, mine = mine.len(), "started");
    if all == 0 {
        bail!("{}: no recordings and no features", input.display());
    }
    if mine.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(&output).with_context(|| output.display().to_string())?;
    let model = model()?;
    // The files for each name of captions: of all machines, which may have the other one.
    let mut names: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for file in files.keys().filter(|file| kind(file).is_some()) {
        names.entry(output_name(file)).or_default().push(file);
    }
    let mut failures = Vec::new();
    for file in &mine {
        let begun = Instant::now();
        let name = output_name(file);
        let captioned = match &names[&name][..] {
            [_] => one(&model, &files, file, &output.join(name)),
            all => Err(anyhow!(
                "{all:?} would all be written to {name}: rename them, or use a job for each folder"
            )),
        };
        let duration_s = begun.elapsed().as_secs_f64();
        let metrics = Metrics { duration_s, ..Metrics::default() };
        match captioned {
            Ok(None) => tracing::info!(stage = "process", file, "done before"),
            Ok(Some(captions)) => {
                let (audio_s, chunks) = (captions.duration_s, captions.captions.len());
                Metrics { audio_s, chunks, ..metrics }.emit("process", file);
                tracing::info!(stage = "process", file, duration_s, audio_s, chunks, "done");
            }
            Err(error) => {
                let error = format!("{error:#}");
                Metrics { failed: true, ..metrics }.emit("process", file);
                tracing::error!(stage = "process", file, error, "failed");
                failures.push(format!("{file}: {error}"));
            }
        }
    }
    match failures.len() {
        0 => Ok(()),
        failed => {
            let reasons = failures.join("\n");
            bail!("{failed} of {} files failed; the others are done:\n{reasons}", mine.len())
        }
    }
}

/// The kind of an input file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Features,
    Recording,
}

fn kind(file: &str) -> Option<Kind> {
    match &file.rsplit_once('.')?.1.to_lowercase()[..] {
        "npy" => Some(Kind::Features),
        extension if extensions().any(|known| known == extension) => Some(Kind::Recording),
        _ => None,
    }
}

/// The path of a file's captions below the output folder.
fn output_name(file: &str) -> String {
    match kind(file) {
        Some(Kind::Features) => format!("{}.json", stem(file)),
        _ => format!("{file}.json"),
    }
}

/// Captions one file and writes the captions to `path` as a whole, unless they exist.
fn one(
    model: &Model,
    files: &BTreeMap<String, PathBuf>,
    file: &str,
    path: &Path,
) -> Result<Option<Captions>> {
    if path.exists() {
        return Ok(None);
    }
    let from = &files[file];
    let captions = match kind(file) {
        Some(Kind::Features) => features(model, files, file, from)?,
        _ => {
            let opened = File::open(from).with_context(|| from.display().to_string())?;
            let reader = AudioReader::from_reader_with(opened, file_name(file), model.limits)?;
            model.recording(reader, &GiveUp::default()).map_err(|failure| anyhow!("{failure}"))?
        }
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    musicap::file::replace_file(path, |out| {
        use std::io::Write;
        out.write_all(captions.format(Format::Json).as_bytes())
            .map_err(|source| musicap::Error::Io { path: path.to_owned(), action: "write", source })
    })?;
    Ok(Some(captions))
}

fn features(
    model: &Model,
    files: &BTreeMap<String, PathBuf>,
    file: &str,
    from: &Path,
) -> Result<Captions> {
    let opened = File::open(from).with_context(|| from.display().to_string())?;
    let length = opened.metadata().with_context(|| from.display().to_string())?.len();
    let mut npy = NpyReader::new(BufReader::new(opened)).with_context(|| file.to_owned())?;
    let bytes = length.saturating_sub(npy.data_start());
    let spans = model.spans(0, npy.shape(), bytes);
    let spans = spans.map_err(|failure| anyhow!("{failure}"))?;
    let chunks = spans.len();
    let is_description = |other: &&String| other.ends_with(".json") && stem(other) == stem(file);
    let description = files.keys().find(is_description).map(|name| (name, &files[name]));
    let described = description.map(|(name, path)| {
        let json = std::fs::read_to_string(path).with_context(|| name.clone())?;
        Ok::<_, anyhow::Error>(Features::read(name, &json)?)
    });
    let described = described.transpose()?;
    let spans = match &described {
        Some(features) => {
            features.check(model.captioner.name(), &model.captioner.config().audio)?;
            if features.chunks.len() != chunks {
                bail!("{chunks} chunks, but {} in the description", features.chunks.len());
            }
            features.chunks.clone()
        }
        None => spans,
    };
    let mut model = model.clone();
    if let Some(features) = &described {
        model.options = features.options(&model.options);
    }
    let captions = model.array(&mut npy, &spans, &GiveUp::default());
    let captions = captions.map_err(|failure| anyhow!("{failure}"))?;
    Ok(match described {
        Some(features) => features.captions(captions.model, captions.captions),
        None => captions,
    })
}

/// A file's name without folders and extension.
fn stem(file: &str) -> &str {
    let name = file_name(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Collects all files below `folder` by their paths relative to the first folder.
fn list(
    folder: &Path,
    prefix: &mut String,
    found: &mut BTreeMap<String, PathBuf>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (length, path) = (prefix.len(), entry.path());
        prefix.push_str(&entry.file_name().to_string_lossy());
        // Links to folders are not followed: they may form a cycle.
        match entry.file_type()?.is_dir() {
            true => {
                prefix.push('/');
                list(&path, prefix, found)?;
            }
            false if path.is_file() => {
                found.insert(prefix.clone(), path);
            }
            false => {}
        }
        prefix.truncate(length);
    }
    Ok(())
}
