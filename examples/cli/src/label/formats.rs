//! The formats of labels, as the projects that read them document them.
//!
//! | format | files | documented in |
//! |---|---|---|
//! | ACE-Step 1.5 | `NAME.caption.txt`; `NAME.json` with `caption`, `bpm`, `keyscale`, `timesignature` | its LoRA training tutorial |
//! | ACE-Step | `NAME_prompt.txt`: tags with commas | its `TRAIN_INSTRUCTION.md` |
//! | Hugging Face `audiofolder` | `metadata.jsonl` with `file_name` and `text` | the `datasets` documentation |
//! | CSV | `labels.csv`; ACE-Step 1.5 reads `file`, `bpm`, `key` and `caption` of it | |
//! | M3U8 | `playlists/FACT-VALUE.m3u8` | |

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use musicap::Result;
use serde_json::{Map, Value, json};

use super::Grouping;
use super::state::State;
use super::template::Template;
use super::values::Values;
use crate::output::{io, write_file};

/// Files to write, except those that a person has written or changed.
pub struct Output<'a> {
    folder: PathBuf,
    pub state: &'a mut State,
    /// Files that are not written.
    pub kept: Vec<String>,
    files: Vec<File>,
    /// Files that are already as they are to be.
    unchanged: BTreeSet<String>,
}

/// A file to write.
struct File {
    path: PathBuf,
    name: String,
    text: String,
    /// Whether the state notes it, as a person may change it.
    is_noted: bool,
}

impl<'a> Output<'a> {
    pub fn new(folder: &Path, state: &'a mut State) -> Self {
        Output {
            folder: folder.to_owned(),
            state,
            kept: Vec::new(),
            files: Vec::new(),
            unchanged: BTreeSet::new(),
        }
    }

    /// A file below the folder, unless it exists and is not what was written last.
    pub fn write(&mut self, path: &Path, text: &str) {
        let name = self.name(path);
        let found = match std::fs::read_to_string(path) {
            // Of a run that was interrupted, perhaps.
            Ok(found) if found == text => {
                self.state.note_written(&name, text);
                self.unchanged.insert(name);
                return;
            }
            Ok(found) if !self.state.wrote(&name, &found) => {
                self.kept.push(name);
                return;
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                self.kept.push(name);
                return;
            }
            found => found.ok(),
        };
        self.state.note_writing(&name, found.as_deref(), text);
        let (path, text) = (path.to_owned(), text.to_owned());
        self.files.push(File { path, name, text, is_noted: true });
    }

    /// Leaves a file as it is.
    pub fn keep(&mut self, path: &Path) {
        let name = self.name(path);
        self.kept.push(name);
    }

    /// A page that nobody edits: it is made again from the labels each time.
    pub fn write_page(&mut self, name: &str, text: &str) {
        let (path, name) = (self.folder.join(name), name.to_owned());
        self.files.push(File { path, name, text: text.to_owned(), is_noted: false });
    }

    /// Writes the files and returns a message for each that failed. The state knows them before they
    /// are there, so that an interrupted run leaves none that seems to be a person's.
    ///
    /// # Errors
    /// [`Error::Io`](musicap::Error::Io) if the state cannot be written.
    pub fn finish(&mut self) -> Result<Vec<String>> {
        self.state.save(&self.folder)?;
        let mut failures = Vec::new();
        for file in std::mem::take(&mut self.files) {
            match write_file(&file.path, &file.text) {
                Ok(()) if file.is_noted => self.state.note_written(&file.name, &file.text),
                Ok(()) => {}
                Err(error) => failures.push(error.to_string()),
            }
        }
        self.state.save(&self.folder)?;
        Ok(failures)
    }

    /// The text of a file that a person has written or changed, without a byte order mark.
    ///
    /// # Errors
    /// [`Error::Io`](musicap::Error::Io) if there is one that cannot be read, or is not UTF-8.
    pub fn edited(&self, path: &Path) -> Result<Option<String>> {
        match std::fs::read_to_string(path) {
            Ok(found) if self.state.wrote(&self.name(path), &found) => Ok(None),
            Ok(found) => Ok(Some(found.trim_start_matches('\u{feff}').to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io("read", path, error)),
        }
    }

    /// A file's path below the folder.
    pub fn name(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.folder).unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    }
}

/// `NAME.caption.txt` and `NAME.json`.
pub fn ace_step_15(output: &mut Output, track: &Path, values: &Values) {
    let caption = track.with_extension("caption.txt");
    match values.caption_is_edited {
        true => output.keep(&caption),
        false => output.write(&caption, &format!("{}\n", values.caption)),
    }
    let mut json = Map::new();
    json.insert("caption".into(), json!(values.caption));
    if let Some(bpm) = values.bpm {
        json.insert("bpm".into(), json!(bpm));
    }
    if let Some(key) = &values.key {
        json.insert("keyscale".into(), json!(key));
    }
    if let Some(beats) = values.beats_per_bar {
        json.insert("timesignature".into(), json!(beats.to_string()));
    }
    let text = serde_json::to_string_pretty(&Value::Object(json)).expect("plain data");
    output.write(&track.with_extension("json"), &format!("{text}\n"));
}

/// `NAME_prompt.txt`.
pub fn ace_step(output: &mut Output, track: &Path, values: &Values, template: Option<&Template>) {
    let text = template.map_or_else(|| values.tags().join(", "), |found| found.text(values));
    let stem = track.file_stem().unwrap_or_default().to_string_lossy();
    output.write(&track.with_file_name(format!("{stem}_prompt.txt")), &format!("{text}\n"));
}

/// `metadata.jsonl`: every line has the same keys, as `datasets` needs it.
pub fn jsonl(output: &mut Output, rows: &[Values], template: Option<&Template>) {
    let mut text = String::new();
    for values in rows {
        let row = json!({
            "file_name": values.path,
            "text": template.map_or_else(|| values.caption.clone(), |found| found.text(values)),
            "bpm": values.bpm,
            "key": values.key,
            "time_signature": values.beats_per_bar.map(|beats| format!("{beats}/4")),
            "genres": values.genres,
            "voices": values.voices,
            "instruments": values.instruments,
            "loudness_lufs": values.lufs,
        });
        text += &format!("{row}\n");
    }
    let path = output.folder.join("metadata.jsonl");
    output.write(&path, &text);
}

/// `labels.csv` (RFC 4180).
pub fn csv(output: &mut Output, rows: &[Values]) {
    let mut text = String::from(
        "file,caption,bpm,key,time_signature,tempo,genres,voices,instruments,loudness_lufs,\
         duration_s,notes\r\n",
    );
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    for values in rows {
        let fields = [
            values.caption.clone(),
            number(values.bpm),
            values.key.clone().unwrap_or_default(),
            values.beats_per_bar.map(|beats| format!("{beats}/4")).unwrap_or_default(),
            values.tempo.unwrap_or_default().to_owned(),
            values.genres.join(", "),
            values.voices.join(", "),
            values.instruments.join(", "),
            values.lufs.map(|lufs| lufs.to_string()).unwrap_or_default(),
            format!("{:.2}", values.duration_s),
            values.notes.join("; "),
        ];
        // A path has to lead to its file, so it is not changed.
        let file = quoted(&values.file);
        let fields = fields.map(|field| quoted(&without_formula(&field)));
        text += &format!("{file},{}", fields.join(","));
        text += "\r\n";
    }
    let path = output.folder.join("labels.csv");
    output.write(&path, &text);
}

/// A text that spreadsheets do not compute, as they would one that begins like a formula.
fn without_formula(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '@', '\t', '\r'])
        || (field.starts_with('-') && field.parse::<f64>().is_err());
    if is_formula { format!("'{field}") } else { field.to_owned() }
}

/// A field of CSV.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// One playlist for each value of a fact, with paths relative to the playlist.
pub fn playlists(output: &mut Output, rows: &[Values], grouping: Grouping) {
    let fact = format!("{grouping:?}").to_lowercase();
    // The name and the rows of each, by the name in lower case: values whose files would have one
    // name share it, and some file systems ignore case.
    let mut lists: BTreeMap<String, (String, Vec<&Values>)> = BTreeMap::new();
    for values in rows {
        let groups: Vec<String> = match grouping {
            Grouping::Genre => values.genres.clone(),
            Grouping::Key => values.key.clone().into_iter().collect(),
            Grouping::Tempo => values.tempo.map(str::to_owned).into_iter().collect(),
            Grouping::Voices => values.voices.clone(),
            Grouping::Instruments => values.instruments.clone(),
        };
        for group in groups {
            let group = group.replace('#', " sharp").replace([' ', '/', '\\'], "-");
            let name = format!("{fact}-{group}.m3u8");
            let list = lists.entry(name.to_lowercase()).or_insert_with(|| (name, Vec::new()));
            list.1.push(values);
        }
    }
    for (name, rows) in lists.into_values() {
        let mut text = String::from("#EXTM3U\n");
        for values in rows {
            let title = values.name().replace(char::is_control, " ");
            let path = match Path::new(&values.path).is_absolute() {
                true => values.path.clone(),
                false => format!("../{}", values.path),
            };
            text += &format!("#EXTINF:{:.0},{title}\n{path}\n", values.duration_s);
        }
        let path = output.folder.join("playlists").join(name);
        output.write(&path, &text);
    }
}

/// Deletes playlists of earlier runs that this one does not write, unless a person has changed them.
pub fn remove_old_playlists(output: &mut Output) {
    let planned: BTreeSet<&String> = output.files.iter().map(|file| &file.name).collect();
    let is_old = |name: &&String| name.starts_with("playlists/") && !planned.contains(name);
    let old: BTreeSet<String> = output.state.written().filter(is_old).cloned().collect();
    for name in old.difference(&output.unchanged) {
        let path = output.folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) if !output.state.wrote(name, &text) => continue,
            Ok(_) if std::fs::remove_file(&path).is_err() => continue,
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => continue,
            _ => output.state.forget(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_csv_are_quoted_and_no_formulas() {
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(without_formula("=1+1"), "'=1+1");
        assert_eq!(without_formula("-14.2"), "-14.2");
    }
}
