//! The CSV file of pairs: spans of recordings and their captions.

use anyhow::{Context, Result, bail, ensure};
use csv_core::{ReadRecordResult, Reader};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A valid row. Its audio has not been opened yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub place: Place,
    /// The recording, absolute or relative to the working directory.
    pub audio: PathBuf,
    pub caption: String,
    /// Start of the span in seconds.
    pub start_s: f64,
    /// End of the span in seconds; `None` is the length of a chunk after its start.
    pub end_s: Option<f64>,
}

/// The position of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub file: String,
    /// Line number; the header is line 1.
    pub line: u64,
}

/// A remark on a row: why it is skipped, or how it is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    #[serde(flatten)]
    pub place: Place,
    pub text: String,
}

impl Place {
    /// A remark on this row.
    pub fn remark(&self, text: impl Into<String>) -> Remark {
        Remark { place: self.clone(), text: text.into() }
    }
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, line {}: {}", self.place.file, self.place.line, self.text)
    }
}

/// The index of each column.
struct Columns {
    audio: usize,
    caption: usize,
    start_s: Option<usize>,
    end_s: Option<usize>,
}

/// The valid rows of `path`, and remarks on the others.
///
/// # Errors
/// If the file cannot be read or its header lacks a column.
pub fn read(path: &Path) -> Result<(Vec<Pair>, Vec<Remark>)> {
    let file = path.display().to_string();
    let bytes = fs::read(path).with_context(|| file.clone())?;
    let mut records = records(&bytes).into_iter();
    let (_, header) = records.next().with_context(|| format!("{file} is empty"))?;
    let columns = Columns::find(&header).with_context(|| file.clone())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut pairs, mut skipped) = (Vec::new(), Vec::new());
    for (line, fields) in records {
        let place = Place { file: file.clone(), line };
        match pair(&columns, &fields, folder, &place) {
            Ok(pair) => pairs.push(pair),
            Err(reason) => skipped.push(place.remark(reason.to_string())),
        }
    }
    Ok((pairs, skipped))
}

impl Columns {
    fn find(header: &[Vec<u8>]) -> Result<Self> {
        let names: Vec<String> = header
            .iter()
            .map(|name| {
                String::from_utf8_lossy(name).trim().trim_matches('\u{feff}').to_lowercase()
            })
            .collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let (Some(audio), Some(caption)) = (find("audio"), find("caption")) else {
            bail!(
                "the first line is \"{}\", but must have the columns audio and caption, separated by \
                 commas, and optionally start_s and end_s",
                names.join(",")
            );
        };
        Ok(Columns { audio, caption, start_s: find("start_s"), end_s: find("end_s") })
    }
}

fn pair(columns: &Columns, fields: &[Vec<u8>], folder: &Path, place: &Place) -> Result<Pair> {
    let field = |name: &str, column: usize| -> Result<&str> {
        let bytes = fields.get(column).map_or(&[][..], Vec::as_slice);
        let text = std::str::from_utf8(bytes);
        Ok(text.with_context(|| format!("{name} is not UTF-8 text"))?.trim())
    };
    let seconds = |name: &str, column: Option<usize>| -> Result<Option<f64>> {
        let text = column.map_or(Ok(""), |column| field(name, column))?;
        if text.is_empty() {
            return Ok(None);
        }
        let value: Option<f64> = text.parse().ok().filter(|s: &f64| s.is_finite() && *s >= 0.0);
        Ok(Some(value.with_context(|| format!("{name} is \"{text}\", not a number of seconds"))?))
    };
    let audio = field("audio", columns.audio)?;
    ensure!(!audio.is_empty(), "audio is empty");
    let caption = field("caption", columns.caption)?;
    // Line breaks and repeated spaces are formatting of the file.
    let caption = caption.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(!caption.is_empty(), "caption is empty");
    let start_s = seconds("start_s", columns.start_s)?.unwrap_or(0.0);
    let end_s = seconds("end_s", columns.end_s)?;
    if let Some(end_s) = end_s {
        ensure!(end_s > start_s, "end_s {end_s} is not after start_s {start_s}");
    }
    Ok(Pair { place: place.clone(), audio: folder.join(audio), caption, start_s, end_s })
}

/// The records of a CSV text with the line numbers of their starts.
fn records(mut input: &[u8]) -> Vec<(u64, Vec<Vec<u8>>)> {
    let mut reader = Reader::new();
    let mut records = Vec::new();
    let (mut output, mut ends) = (vec![0; 1024], vec![0; 16]);
    let (mut written, mut fields) = (0, 0);
    // The reader's own count is off by one with CR LF line ends.
    let (mut line, mut newlines) = (1, 0);
    loop {
        if (written, fields) == (0, 0) {
            let empty = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            newlines += input[..empty].iter().filter(|byte| **byte == b'\n').count();
            input = &input[empty..];
            line = newlines as u64 + 1;
        }
        let (result, read, wrote, ended) =
            reader.read_record(input, &mut output[written..], &mut ends[fields..]);
        newlines += input[..read].iter().filter(|byte| **byte == b'\n').count();
        input = &input[read..];
        written += wrote;
        fields += ended;
        match result {
            // The next call, with no input, returns `End`.
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => output.resize(2 * output.len(), 0),
            ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
            ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends[..fields].iter().copied());
                let spans = starts.zip(&ends[..fields]);
                let record = spans.map(|(start, &end)| output[start..end].to_vec()).collect();
                records.push((line, record));
                (written, fields) = (0, 0);
            }
            ReadRecordResult::End => return records,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(test: &str, text: &[u8]) -> (Vec<Pair>, Vec<Remark>) {
        let path = std::env::temp_dir().join(format!("musicap-{}-{test}.csv", std::process::id()));
        fs::write(&path, text).unwrap();
        let read = read(&path);
        fs::remove_file(&path).unwrap();
        read.unwrap()
    }

    #[test]
    fn columns_may_have_any_order_and_captions_may_be_quoted() {
        let text = "\u{feff}Caption,mood,audio,start_s,end_s\r\n\
                    \"A piano, \"\"softly\"\",\nthen drums.\",calm,a.wav,1.5,9\r\n\
                    Drums.,,/b/c.flac,,\r\n";
        let (pairs, skipped) = read_text("columns", text.as_bytes());
        assert!(skipped.is_empty());
        assert_eq!(pairs[0].caption, "A piano, \"softly\", then drums.");
        assert_eq!((pairs[0].start_s, pairs[0].end_s, pairs[0].place.line), (1.5, Some(9.0), 2));
        assert_eq!(pairs[0].audio, std::env::temp_dir().join("a.wav"));
        assert_eq!(pairs[1].audio, Path::new("/b/c.flac"));
        assert_eq!((pairs[1].start_s, pairs[1].end_s, pairs[1].place.line), (0.0, None, 4));
    }

    #[test]
    fn bad_rows_are_reported_by_line_with_the_reason() {
        let mut text = b"audio,caption,start_s,end_s\n\
            a.wav,,0,1\n\
            ,A piano.,0,1\n\
            a.wav,A piano.,3,3\n\
            a.wav,A piano.,0:03,9\n\
            a.wav,A piano.,-1,9\n\
            a.wav\n\
            a.wav,A piano.\n\
            a.wav,"
            .to_vec();
        text.extend(b"\xff\xfe,0,1\n");
        let (pairs, skipped) = read_text("bad", &text);
        assert_eq!(pairs.iter().map(|pair| pair.place.line).collect::<Vec<_>>(), [8]);
        let reasons: Vec<_> = skipped.iter().map(|r| (r.place.line, &r.text[..])).collect();
        assert_eq!(
            reasons,
            [
                (2, "caption is empty"),
                (3, "audio is empty"),
                (4, "end_s 3 is not after start_s 3"),
                (5, "start_s is \"0:03\", not a number of seconds"),
                (6, "start_s is \"-1\", not a number of seconds"),
                (7, "caption is empty"),
                (9, "caption is not UTF-8 text"),
            ]
        );
    }

    #[test]
    fn a_header_without_the_columns_is_quoted_in_the_error() {
        let columns = Columns::find(&[b"file;text".to_vec()]);
        assert!(columns.err().unwrap().to_string().contains("\"file;text\""));
    }
}
