//! Output: stdout, one file, or a folder with one file for each recording.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use musicap::audio::has_audio_extension;
use musicap::file::is_special;
use musicap::{Captions, Error, Format, Result, SummaryCue};

use crate::recordings::{Recording, Recordings};

/// Where the captions are written.
pub enum Output {
    /// Text is printed line by line, other formats at the end.
    Stdout(TextFormat),
    /// All recordings in one file.
    File(PathBuf, TextFormat),
    /// One file for each recording.
    Folder(Folder),
}

/// The longest name of a file on common file systems, in bytes.
const MAX_NAME: usize = 255;

/// How often a file is written that grows while recordings are captioned.
pub const SAVE_EVERY: Duration = Duration::from_secs(2);

/// A folder with one file for each recording, in the same subfolders as the recordings.
pub struct Folder {
    path: PathBuf,
    format: TextFormat,
}

/// The format of the output.
#[derive(Clone, Copy)]
pub struct TextFormat {
    format: Format,
    summary_cue: SummaryCue,
}

impl TextFormat {
    pub fn new(format: Format, summary_subtitle: bool) -> Self {
        let summary_cue = if summary_subtitle { SummaryCue::AfterEnd } else { SummaryCue::Omit };
        TextFormat { format, summary_cue }
    }

    /// Whether it is [`Format::Text`].
    pub fn is_text(self) -> bool {
        self.format == Format::Text
    }

    /// Whether a file can hold one recording only.
    pub fn is_subtitles(self) -> bool {
        matches!(self.format, Format::Srt | Format::Vtt | Format::Chapters)
    }

    /// The captions of one recording.
    pub fn write(self, captions: &Captions) -> String {
        match self.format {
            Format::Srt => captions.format_srt(self.summary_cue),
            format => captions.format(format),
        }
    }

    /// All recordings as one text: a JSON array, or one after another below their names.
    pub fn join(self, recordings: &[Captions], is_one: bool) -> String {
        match recordings {
            [one] if is_one => self.write(one),
            _ if self.format == Format::Json => {
                let each: Vec<String> =
                    recordings.iter().map(|one| self.write(one).trim_end().to_owned()).collect();
                format!("[{}]\n", each.join(",\n"))
            }
            _ => {
                let each = recordings.iter().map(|one| heading(one) + &self.write(one));
                each.collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn extension(self) -> &'static str {
        match self.format {
            Format::Json => "json",
            Format::Srt => "srt",
            Format::Vtt | Format::Chapters => "vtt",
            _ => "txt",
        }
    }
}

impl Output {
    /// # Errors
    /// If several recordings would be written to one file that can only hold one.
    pub fn new(
        path: Option<&Path>,
        format: TextFormat,
        recordings: &Recordings,
    ) -> Result<Self, String> {
        let output = match path.filter(|path| *path != Path::new("-")) {
            None => Output::Stdout(format),
            Some(path) if is_folder(path, recordings) => {
                Output::Folder(Folder { path: path.to_owned(), format })
            }
            Some(path) => {
                if recordings.list.iter().any(|recording| is_same(path, &recording.path)) {
                    return Err(format!("{} is the input recording", path.display()));
                }
                Output::File(path.to_owned(), format)
            }
        };
        match output {
            Output::Stdout(_) | Output::File(..) if format.is_subtitles() && !recordings.is_one => {
                Err("subtitles of several recordings need a folder: --output FOLDER/".into())
            }
            Output::Folder(folder) => {
                folder.check(recordings)?;
                Ok(Output::Folder(folder))
            }
            output => Ok(output),
        }
    }

    /// Checks that captions can be written, before there are any.
    ///
    /// # Errors
    /// [`Error::Io`] if they cannot.
    pub fn check_writable(&self) -> Result<()> {
        match self {
            Output::Stdout(_) => Ok(()),
            Output::File(path, _) => check_writable(path),
            Output::Folder(folder) => check_writable(&folder.path.join("captions")),
        }
    }
}

/// Checks that a file can be created at `path`, whose folder is created, and that none is there which
/// nobody means to replace.
///
/// # Errors
/// [`Error::Io`] if it cannot; [`Error::InvalidOption`] if a recording is there, or might be meant.
pub fn check_writable(path: &Path) -> Result<()> {
    if has_audio_extension(path) && !path.is_dir() && !is_special(path) {
        let expected = match path.exists() {
            true => "another file: this one is a recording, which would be lost",
            false => "another file: this is the name of a recording",
        };
        let (value, expected) = (path.display().to_string(), expected.into());
        return Err(Error::InvalidOption { name: "--output", value, expected });
    }
    if path.is_dir() {
        return Err(io("write", path, std::io::ErrorKind::IsADirectory.into()));
    }
    // Written to directly, it needs no new file beside it.
    if is_special(path) {
        return Ok(());
    }
    create_folder_of(path)?;
    let probe = path.with_added_extension(format!("{}.probe", std::process::id()));
    let probed = File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    probed.map_err(|error| io("write", path, error))
}

/// Whether both paths lead to the same file.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    place(one).is_some_and(|one| Some(one) == place(other))
}

/// Whether `--output` is a folder: it exists as one, it ends with a separator, or it has no extension
/// and recordings come from folders.
fn is_folder(path: &Path, recordings: &Recordings) -> bool {
    let last = path.to_string_lossy().chars().next_back();
    path.is_dir()
        || last.is_some_and(std::path::is_separator)
        || (recordings.has_folders && path.extension().is_none() && !is_special(path))
}

/// The places of files below a folder, each with the recording that it belongs to.
pub struct Places<'a> {
    folder: &'a Path,
    /// Whether the folder's file system ignores case, once that matters.
    ignores_case: Option<bool>,
    taken: HashMap<PathBuf, &'a Path>,
    /// The same by the place in lower case.
    folded: HashMap<String, &'a Path>,
}

impl<'a> Places<'a> {
    pub fn new(folder: &'a Path) -> Self {
        Places { folder, ignores_case: None, taken: HashMap::new(), folded: HashMap::new() }
    }

    /// Takes a place for a recording, and returns another one that has it.
    pub fn take(&mut self, place: &Path, recording: &'a Path) -> Option<&'a Path> {
        let alike = self.folded.insert(place.to_string_lossy().to_lowercase(), recording);
        let same = self.taken.insert(place.to_owned(), recording);
        if same.is_some() || alike.is_none() {
            return same;
        }
        let ignores_case = *self.ignores_case.get_or_insert_with(|| ignores_case(self.folder));
        alike.filter(|_| ignores_case)
    }
}

/// Whether names in a folder that differ only in case are one name, as on Windows and macOS. The
/// folder is created; where nothing can be written, the answer is no.
fn ignores_case(folder: &Path) -> bool {
    let probe = |ending: &str| folder.join(format!("{}.{ending}", std::process::id()));
    let created = std::fs::create_dir_all(folder).and_then(|()| File::create_new(probe("probe")));
    created.is_ok_and(|_| {
        let ignores_case = probe("PROBE").exists();
        let _ = std::fs::remove_file(probe("probe"));
        ignores_case
    })
}

impl Folder {
    /// # Errors
    /// If two recordings would have the same file.
    fn check(&self, recordings: &Recordings) -> Result<(), String> {
        let mut places = Places::new(&self.path);
        for recording in &recordings.list {
            let place = self.file_for(recording);
            if let Some(other) = places.take(&place, &recording.path) {
                let (other, file) = (other.display(), recording.path.display());
                let place = place.display();
                return Err(format!("{other} and {file} would both be written to {place}"));
            }
        }
        Ok(())
    }

    /// The file for the captions of `recording`. It keeps the recording's extension, so that a.mp3 and
    /// a.wav have different files.
    fn file_for(&self, recording: &Recording) -> PathBuf {
        self.place(recording, &format!(".{}", self.format.extension()))
    }

    /// The file for the captions of a recording that failed in the middle.
    fn incomplete_for(&self, recording: &Recording) -> PathBuf {
        self.place(recording, &format!(".incomplete.{}", self.format.extension()))
    }

    /// The recording's place with an ending. A name that gets too long for a file system is cut, and
    /// ends in a hash of the whole.
    fn place(&self, recording: &Recording, ending: &str) -> PathBuf {
        let place = self.path.join(&recording.relative_path);
        let name = recording.relative_path.file_name().unwrap_or_default();
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

    /// Whether the complete captions of a recording exist.
    pub fn has(&self, recording: &Recording) -> bool {
        self.file_for(recording).is_file()
    }

    /// Writes the captions of a recording.
    pub fn write(&self, recording: &Recording, captions: &Captions, complete: bool) -> Result<()> {
        let incomplete = self.incomplete_for(recording);
        let text = self.format.write(captions);
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

/// The line above the captions of one of several recordings.
pub fn heading(captions: &Captions) -> String {
    format!("{}\n", plain(captions.file.as_deref().unwrap_or_default()))
}

/// A name without control characters, which a terminal would interpret.
pub fn plain(name: &str) -> String {
    name.replace(char::is_control, "")
}

/// Writes a file, which is replaced as a whole, and creates its folder.
pub fn write_file(path: &Path, text: &str) -> Result<()> {
    create_folder_of(path)?;
    let write = |file: &mut dyn Write| file.write_all(text.as_bytes());
    musicap::file::replace_file(path, |file| write(file).map_err(|e| io("write", path, e)))
}

/// Prints to stdout and flushes it, without control characters, which a terminal would interpret.
pub fn print(text: &str) -> Result<()> {
    let text = text.replace(|c: char| c != '\n' && c.is_control(), "");
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|e| io("write", Path::new("stdout"), e))
}

/// Whether the reader of stdout has closed the pipe.
pub fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
}

fn create_folder_of(path: &Path) -> Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder).map_err(|e| io("create", folder, e)),
        None => Ok(()),
    }
}

pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_are_one_where_the_file_system_ignores_case() {
        let [upper, lower, other] = ["a/Intro.mp3", "b/intro.wav", "c/intro.flac"].map(Path::new);
        for ignores_case in [false, true] {
            let mut places = Places::new(Path::new("out"));
            places.ignores_case = Some(ignores_case);
            assert_eq!(places.take(Path::new("out/Ärger/Intro"), upper), None);
            let alike = places.take(Path::new("out/ärger/intro"), lower);
            assert_eq!(alike, ignores_case.then_some(upper));
            assert_eq!(places.take(Path::new("out/ärger/intro"), other), Some(lower));
            assert_eq!(places.take(Path::new("out/intro"), other), None);
        }
    }
}
