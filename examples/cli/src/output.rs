//! Where captions go: stdout, one file, or a folder with a file for each recording.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use musicap::{Captions, Error, Format, Result};

/// The place that `--output` and the number of recordings make.
pub enum Output {
    /// Text appears line by line, other formats at the end of a recording.
    Stdout,
    /// Everything in one file, once all is done.
    File(PathBuf),
    /// A file for each recording.
    Folder(PathBuf),
}

impl Output {
    /// # Errors
    /// If several recordings would have to share a file.
    pub fn new(path: Option<&Path>, format: Format, files: &[PathBuf]) -> Result<Self, String> {
        let output = match path {
            None => Output::Stdout,
            Some(path) if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                Output::Folder(path.to_owned())
            }
            Some(path) => Output::File(path.to_owned()),
        };
        let subtitles = matches!(format, Format::Srt | Format::Vtt);
        match output {
            Output::Stdout | Output::File(_) if subtitles && files.len() > 1 => {
                Err("subtitles of several recordings need a folder: --output FOLDER/".into())
            }
            Output::Folder(folder) => {
                let mut taken = HashMap::new();
                for file in files {
                    let place = Self::file_for(&folder, file, format);
                    if let Some(other) = taken.insert(place.clone(), file) {
                        let (other, file) = (other.display(), file.display());
                        let place = place.display();
                        return Err(format!("{other} and {file} would both be written to {place}"));
                    }
                }
                Ok(Output::Folder(folder))
            }
            output => Ok(output),
        }
    }

    /// The file in a folder for the captions of `recording`.
    pub fn file_for(folder: &Path, recording: &Path, format: Format) -> PathBuf {
        let name = recording.file_name().unwrap_or(recording.as_os_str());
        folder.join(name).with_added_extension(extension(format))
    }
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Json => "json",
        Format::Srt => "srt",
        Format::Vtt => "vtt",
        _ => "txt",
    }
}

/// All recordings as one text: a JSON array, or one after the other under their names.
pub fn join(recordings: &[Captions], asked: usize, format: Format) -> String {
    match (recordings, asked) {
        ([one], 1) => one.write(format),
        _ if format == Format::Json => {
            let each: Vec<String> =
                recordings.iter().map(|one| one.write(format).trim_end().to_owned()).collect();
            format!("[{}]\n", each.join(",\n"))
        }
        _ => {
            let each = recordings.iter().map(|one| heading(one) + &one.write(format));
            each.collect::<Vec<_>>().join("\n")
        }
    }
}

/// What stands before a recording's captions where there are several.
fn heading(captions: &Captions) -> String {
    format!("{}\n", captions.file.as_deref().unwrap_or_default())
}

/// Writes a text to a file at once, and makes the folder for it.
pub fn write_file(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| io("create", folder, e))?;
    }
    replace_file(path, |mut file| file.write_all(text.as_bytes()).map_err(|e| io("write", path, e)))
}

/// Makes the file at `path` anew: `write` fills one beside it, which then takes its place.
pub fn replace_file(path: &Path, write: impl FnOnce(File) -> Result<()>) -> Result<()> {
    let partial = path.with_added_extension("partial");
    let replace = || {
        write(File::create(&partial).map_err(|e| io("create", path, e))?)?;
        std::fs::rename(&partial, path).map_err(|e| io("write", path, e))
    };
    replace().inspect_err(|_| {
        // Half a file is of no use; that it could not be removed is not the news.
        let _ = std::fs::remove_file(&partial);
    })
}

/// Writes to stdout now.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|e| io("write", Path::new("stdout"), e))
}

pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), action, source }
}
