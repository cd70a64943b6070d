//! The formats of labels, as the projects that read them document them.
//!
//! | format | files | documented in |
//! |---|---|---|
//! | ACE-Step 1.5 | `NAME.caption.txt`; `NAME.json` with `caption`, `bpm`, `keyscale`, `timesignature` | its LoRA training tutorial |
//! | ACE-Step | `NAME_prompt.txt`: tags with commas | its `TRAIN_INSTRUCTION.md` |
//! | Hugging Face `audiofolder` | `metadata.jsonl` with `file_name` and `text` | the `datasets` documentation |
//! | CSV | `labels.csv`; ACE-Step 1.5 reads `file`, `bpm`, `key` and `caption` of it | |
//! | M3U8 | `playlists/FACT-VALUE.m3u8` | |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use musicap::Result;
use serde_json::{Map, Value, json};

use super::Grouping;
use super::state::State;
use super::template::Template;
use super::values::Values;
use crate::output::write_file;

/// Writes files, except those that somebody else has written or changed.
pub struct Output<'a> {
    folder: PathBuf,
    state: &'a mut State,
    /// Files that were not written.
    pub kept: Vec<String>,
}

impl<'a> Output<'a> {
    pub fn new(folder: &Path, state: &'a mut State) -> Self {
        Output { folder: folder.to_owned(), state, kept: Vec::new() }
    }

    /// Writes a file below the folder, unless it exists and is not what was written last.
    ///
    /// # Errors
    /// [`Error::Io`](musicap::Error::Io).
    pub fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        let name = self.name(path);
        match std::fs::read_to_string(path) {
            // Of a run that was interrupted, perhaps.
            Ok(found) if found == text => {
                self.state.note_written(&name, text);
                return Ok(());
            }
            Ok(found) if !self.state.wrote(&name, &found) => {
                self.kept.push(name);
                return Ok(());
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                self.kept.push(name);
                return Ok(());
            }
            _ => {}
        }
        write_file(path, text)?;
        self.state.note_written(&name, text);
        Ok(())
    }

    /// Leaves a file as it is.
    pub fn keep(&mut self, path: &Path) {
        let name = self.name(path);
        self.kept.push(name);
    }

    /// Writes a page that nobody edits: it is made again from the labels each time.
    ///
    /// # Errors
    /// [`Error::Io`](musicap::Error::Io).
    pub fn write_page(&self, name: &str, text: &str) -> Result<()> {
        write_file(&self.folder.join(name), text)
    }

    /// The text of a file that somebody else has written or changed.
    pub fn edited(&self, path: &Path) -> Option<String> {
        let found = std::fs::read_to_string(path).ok()?;
        (!self.state.wrote(&self.name(path), &found)).then_some(found)
    }

    fn name(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.folder).unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    }
}

/// `NAME.caption.txt` and `NAME.json`.
pub fn ace_step_15(output: &mut Output, track: &Path, values: &Values) -> Result<()> {
    let caption = track.with_extension("caption.txt");
    match values.caption_is_edited {
        true => output.keep(&caption),
        false => output.write(&caption, &format!("{}\n", values.caption))?,
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
    output.write(&track.with_extension("json"), &format!("{text}\n"))
}

/// `NAME_prompt.txt`.
pub fn ace_step(
    output: &mut Output,
    track: &Path,
    values: &Values,
    template: Option<&Template>,
) -> Result<()> {
    let text = template.map_or_else(|| values.tags().join(", "), |found| found.fill(values));
    let stem = track.file_stem().unwrap_or_default().to_string_lossy();
    output.write(&track.with_file_name(format!("{stem}_prompt.txt")), &format!("{text}\n"))
}

/// `metadata.jsonl`: every line has the same keys, as `datasets` needs it.
pub fn jsonl(output: &mut Output, rows: &[Values], template: Option<&Template>) -> Result<()> {
    let mut text = String::new();
    for values in rows {
        let row = json!({
            "file_name": values.file,
            "text": template.map_or_else(|| values.caption.clone(), |found| found.fill(values)),
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
    output.write(&path, &text)
}

/// `labels.csv` (RFC 4180).
pub fn csv(output: &mut Output, rows: &[Values]) -> Result<()> {
    let mut text = String::from(
        "file,caption,bpm,key,time_signature,tempo,genres,voices,instruments,loudness_lufs,\
         duration_s\r\n",
    );
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    for values in rows {
        let fields = [
            values.file.clone(),
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
        ];
        text += &fields.map(|field| quoted(&field)).join(",");
        text += "\r\n";
    }
    let path = output.folder.join("labels.csv");
    output.write(&path, &text)
}

/// A field of CSV. Spreadsheets would compute one that begins like a formula.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '@', '\t', '\r'])
        || (field.starts_with('-') && field.parse::<f64>().is_err());
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}

/// One playlist for each value of a fact, with paths relative to the playlist.
pub fn playlists(output: &mut Output, rows: &[Values], grouping: Grouping) -> Result<()> {
    let mut lists: BTreeMap<String, Vec<&Values>> = BTreeMap::new();
    for values in rows {
        let groups: Vec<String> = match grouping {
            Grouping::Genre => values.genres.clone(),
            Grouping::Key => values.key.clone().into_iter().collect(),
            Grouping::Tempo => values.tempo.map(str::to_owned).into_iter().collect(),
            Grouping::Voices => values.voices.clone(),
            Grouping::Instruments => values.instruments.clone(),
        };
        groups.into_iter().for_each(|group| lists.entry(group).or_default().push(values));
    }
    let name = format!("{grouping:?}").to_lowercase();
    for (group, rows) in lists {
        let mut text = String::from("#EXTM3U\n");
        for values in rows {
            let title = values.name().replace(char::is_control, " ");
            text += &format!("#EXTINF:{:.0},{title}\n../{}\n", values.duration_s, values.file);
        }
        let group = group.replace('#', " sharp").replace([' ', '/', '\\'], "-");
        let path = output.folder.join("playlists").join(format!("{name}-{group}.m3u8"));
        output.write(&path, &text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_csv_are_quoted_and_no_formulas() {
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-14.2"), "-14.2");
    }
}
