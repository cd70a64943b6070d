//! Where captions go: stdout, one file, or a folder with a file for each recording.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use musicap::{Captions, Error, Format, Result};

use crate::recordings::{Recording, Recordings};

/// The place that `--output` and the recordings make.
pub enum Output {
    /// Text appears line by line, other formats at the end of a recording.
    Stdout,
    /// Everything in one file, once all is done.
    File(PathBuf),
    /// A file for each recording.
    Folder(Folder),
}

/// The longest name of a file on common file systems, in bytes.
const MAX_NAME: usize = 255;

/// A folder with a file for each recording, in the sub-folders that the recordings are in.
pub struct Folder {
    path: PathBuf,
    format: Format,
}

impl Output {
    /// # Errors
    /// If several recordings would have to share a file.
    pub fn new(
        path: Option<&Path>,
        format: Format,
        recordings: &Recordings,
    ) -> Result<Self, String> {
        let output = match path {
            None => Output::Stdout,
            Some(path) if is_folder(path, recordings) => {
                Output::Folder(Folder { path: path.to_owned(), format })
            }
            Some(path) => {
                if recordings.list.iter().any(|recording| is_same(path, &recording.path)) {
                    return Err(format!("{} is what is read: it would be lost", path.display()));
                }
                Output::File(path.to_owned())
            }
        };
        let subtitles = matches!(format, Format::Srt | Format::Vtt);
        match output {
            Output::Stdout | Output::File(_) if subtitles && !recordings.is_one => {
                Err("subtitles of several recordings need a folder: --output FOLDER/".into())
            }
            Output::Folder(folder) => {
                let mut taken = HashMap::new();
                for recording in &recordings.list {
                    let place = folder.file_for(recording);
                    if let Some(other) = taken.insert(place.clone(), &recording.path) {
                        let (other, file) = (other.display(), recording.path.display());
                        let place = place.display();
                        return Err(format!("{other} and {file} would both be written to {place}"));
                    }
                }
                Ok(Output::Folder(folder))
            }
            output => Ok(output),
        }
    }
}

/// Whether both are one file, by whatever names.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    place(one).is_some_and(|one| Some(one) == place(other))
}

/// Whether `--output` means a folder: it is one, it ends like one, or what comes from folders has
/// a name without an extension to go to.
fn is_folder(path: &Path, recordings: &Recordings) -> bool {
    let last = path.to_string_lossy().chars().next_back();
    path.is_dir()
        || last.is_some_and(std::path::is_separator)
        || (recordings.has_folders && path.extension().is_none())
}

impl Folder {
    /// The file for the captions of `recording`. The recording's own extension stays in its name:
    /// a.mp3 and a.wav do not share one.
    fn file_for(&self, recording: &Recording) -> PathBuf {
        self.place(recording, &format!(".{}", extension(self.format)))
    }

    /// The file for captions of a recording that failed half-way: not one that is done.
    fn incomplete_for(&self, recording: &Recording) -> PathBuf {
        self.place(recording, &format!(".incomplete.{}", extension(self.format)))
    }

    /// The recording's place with an ending. A name that gets too long for a file system is cut, and
    /// ends in a hash of the whole.
    fn place(&self, recording: &Recording, ending: &str) -> PathBuf {
        let place = self.path.join(&recording.place);
        let name = recording.place.file_name().unwrap_or_default();
        if name.len() + ending.len() <= MAX_NAME {
            let mut whole = name.to_owned();
            whole.push(ending);
            return place.with_file_name(whole);
        }
        // FNV-1a, which stays the same for ever, so that what is done is found again.
        let bytes = name.as_encoded_bytes().iter();
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let ending = format!("~{hash:016x}{ending}");
        let text = name.to_string_lossy();
        let mut end = (MAX_NAME - ending.len()).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        place.with_file_name(format!("{}{ending}", &text[..end]))
    }

    /// Whether a recording's captions are there, all of them.
    pub fn has(&self, recording: &Recording) -> bool {
        self.file_for(recording).is_file()
    }

    /// Writes a recording's captions.
    pub fn write(&self, recording: &Recording, captions: &Captions, complete: bool) -> Result<()> {
        let incomplete = self.incomplete_for(recording);
        let text = captions.write(self.format);
        if !complete {
            return write_file(&incomplete, &text);
        }
        write_file(&self.file_for(recording), &text)?;
        match std::fs::remove_file(&incomplete) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(io("remove", &incomplete, error))
            }
            _ => Ok(()),
        }
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
pub fn join(recordings: &[Captions], is_one: bool, format: Format) -> String {
    match recordings {
        [one] if is_one => one.write(format),
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
pub fn heading(captions: &Captions) -> String {
    format!("{}\n", plain(captions.file.as_deref().unwrap_or_default()))
}

/// A name without what a terminal would obey.
pub fn plain(name: &str) -> String {
    name.replace(char::is_control, "")
}

/// Writes a text to a file at once, and makes the folder for it.
pub fn write_file(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| io("create", folder, e))?;
    }
    let write = |file: &mut dyn Write| file.write_all(text.as_bytes());
    musicap::replace_file(path, |file| write(file).map_err(|e| io("write", path, e)))
}

/// Writes to stdout now, without what a terminal would obey.
pub fn print(text: &str) -> Result<()> {
    let text = text.replace(|c: char| c != '\n' && c.is_control(), "");
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|e| io("write", Path::new("stdout"), e))
}

/// Whether whoever reads what is written has seen enough.
pub fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
}

pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), action, source }
}
