//! The recordings on the command line: files, folders and patterns.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use musicap::audio::{self, AudioReader};
use musicap::{Captions, Error, Result};
use walkdir::WalkDir;

use crate::output;

/// A file to caption.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recording {
    pub path: PathBuf,
    /// Its path relative to the folder or pattern it was found by, or its name if it was given as a
    /// file. Output files have the same relative path.
    pub relative_path: PathBuf,
}

impl Recording {
    /// What users should know of its captions: damaged spans and notes, but not the error that ended
    /// it, which is reported as such.
    pub fn remarks(&self, captions: &Captions, error: Option<&Error>) -> Vec<String> {
        let remarks = remarks(captions, error).into_iter();
        remarks.map(|remark| format!("{}: {remark}", self.path.display())).collect()
    }

    /// The size of the file; 0 if it does not exist.
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

/// The same without the recording's path.
pub fn remarks(captions: &Captions, error: Option<&Error>) -> Vec<String> {
    let message = error.map(Error::to_string);
    let is_error = |reason: &str| message.as_ref().is_some_and(|message| reason.ends_with(message));
    let gaps = captions.gaps.iter().map(|gap| &gap.reason).filter(|gap| !is_error(gap));
    gaps.chain(&captions.notes).cloned().collect()
}

/// All recordings on the command line.
#[derive(Debug, Default)]
pub struct Recordings {
    /// In the order of the command line, those of a folder by name.
    pub list: Vec<Recording>,
    /// Arguments without recordings, with the reason.
    pub missing: Vec<String>,
    /// Whether the only argument is a file.
    pub is_one: bool,
    /// Whether an argument is a folder or a pattern.
    pub has_folders: bool,
    /// The recordings in the list.
    known: HashSet<Recording>,
}

impl Recordings {
    /// Finds the recordings. If there are several arguments, the relative paths begin with the name of
    /// the folder.
    pub fn find(arguments: &[PathBuf]) -> Self {
        let mut recordings = Recordings::default();
        let several = arguments.len() > 1;
        for argument in arguments {
            let before = recordings.requested();
            let pattern = argument.to_str().filter(|text| text.contains(['*', '?', '[']));
            if is_stdin(argument) {
                recordings.add_as(argument, "stdin".into());
            } else if argument.is_dir() {
                recordings.has_folders = true;
                recordings.walk(argument, &root(argument, several));
            } else if let Some(pattern) = pattern.filter(|_| !argument.exists()) {
                recordings.has_folders = true;
                recordings.expand(pattern, several);
            } else {
                let relative_path = argument.file_name().unwrap_or(argument.as_os_str()).into();
                recordings.add_as(argument, relative_path);
            }
            if recordings.requested() == before {
                let reason = if argument.is_dir() {
                    "no audio files in this folder"
                } else {
                    "no audio file matches this pattern"
                };
                recordings.missing.push(format!("{}: {reason}", argument.display()));
            }
        }
        recordings.is_one = !several && !recordings.has_folders;
        recordings
    }

    /// The number of recordings, including missing ones.
    pub fn requested(&self) -> usize {
        self.list.len() + self.missing.len()
    }

    /// Adds a recording that was named, as often as it was.
    fn add_as(&mut self, path: &Path, relative_path: PathBuf) {
        let recording = Recording { path: path.to_owned(), relative_path };
        self.known.insert(recording.clone());
        self.list.push(recording);
    }

    /// Adds the audio files below a folder, with paths relative to `root`.
    fn walk(&mut self, folder: &Path, root: &Path) {
        let is_shown = |entry: &walkdir::DirEntry| {
            // Hidden files are no recordings: macOS writes "._song.mp3" next to "song.mp3".
            entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
        };
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(is_shown) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_audio(entry.path()) => {
                    self.add(entry.into_path(), root);
                }
                Ok(_) => {}
                Err(error) => self.missing.push(error.to_string()),
            }
        }
    }

    /// Adds the files that match a pattern, as a shell would expand it.
    fn expand(&mut self, pattern: &str, several: bool) {
        let (fixed, literal) = literal(pattern);
        let root = root(&fixed, several);
        // "music/*" and "music/*.*" match audio files only, "music/*.bin" all that match.
        let extension = Path::new(pattern).extension().map(|it| it.to_string_lossy());
        let only_audio = extension.is_none_or(|it| it.contains(['*', '?', '[']));
        let options =
            glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
        let paths = match glob::glob_with(&literal, options) {
            Ok(paths) => paths,
            Err(error) => {
                self.missing.push(format!("{pattern}: invalid pattern: {error}"));
                return;
            }
        };
        for path in paths {
            match path {
                Ok(path) if path.is_dir() => self.walk(&path, &root),
                Ok(path) if only_audio && !is_audio(&path) => {}
                Ok(path) => self.add(path, &root),
                Err(error) => self.missing.push(error.to_string()),
            }
        }
    }

    /// Adds a file, unless it is in the list.
    fn add(&mut self, path: PathBuf, root: &Path) {
        let relative_path = path.strip_prefix(root).unwrap_or(&path).to_owned();
        let recording = Recording { relative_path, path };
        // `**` matches a folder as well as the files in it.
        if self.known.insert(recording.clone()) {
            self.list.push(recording);
        }
    }
}

/// Opens a recording; `-` is standard input.
pub fn open(path: &Path) -> Result<AudioReader> {
    match is_stdin(path) {
        true => AudioReader::from_stream(std::io::stdin().lock(), "stdin"),
        false if is_url(path) => {
            let advice = "URLs are not fetched; `curl -L URL | musicap -` captions one";
            Err(output::io("open", path, std::io::Error::new(ErrorKind::NotFound, advice)))
        }
        false => AudioReader::open(path),
    }
}

fn is_url(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains("://")) && !path.exists()
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether the file has the extension of an audio format.
fn is_audio(path: &Path) -> bool {
    audio::has_audio_extension(path)
}

/// The folder that paths are relative to: `folder`, or its parent to keep its name.
fn root(folder: &Path, keep_name: bool) -> PathBuf {
    match folder.parent().filter(|_| keep_name && folder.file_name().is_some()) {
        Some(parent) => parent.to_owned(),
        None => folder.to_owned(),
    }
}

/// The folders of a pattern before its first wildcard, and the pattern with what of them looks like
/// one escaped: a folder may be called `Album [FLAC]`.
fn literal(pattern: &str) -> (PathBuf, String) {
    let mut fixed = PathBuf::new();
    let mut escaped = PathBuf::new();
    let mut parts = Path::new(pattern).components();
    for part in parts.by_ref() {
        let text = part.as_os_str().to_string_lossy();
        if text.contains(['*', '?', '[']) {
            if !fixed.join(part).exists() {
                escaped.push(part);
                break;
            }
            escaped.push(glob::Pattern::escape(&text));
        } else {
            escaped.push(part);
        }
        fixed.push(part);
    }
    escaped.extend(parts);
    (fixed, escaped.to_string_lossy().into_owned())
}
