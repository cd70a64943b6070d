//! Captions and their output formats: text, JSON, SubRip, WebVTT.

use std::fmt::Write as _;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::audio::{Gap, SampleSource, SoundChange};
use crate::error::{Error, Result, one_line, truncate};
use crate::facts::Facts;
use crate::summarize::Language;

/// The caption of one span of a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a caption as `musicap --format json` writes it")]
#[non_exhaustive]
pub struct Caption {
    /// The chunk's number, from 0.
    pub index: usize,
    /// Where the span starts, in seconds.
    pub start_s: f64,
    /// Where it ends, in seconds.
    pub end_s: f64,
    /// The caption.
    pub text: String,
    /// The model's certainty: the mean log-probability (natural logarithm) of the caption's tokens,
    /// with the usual length penalty of 1; at most 0.
    #[serde(deserialize_with = "finite")]
    pub score: f32,
    /// The probability, 0 to 1, that everything in the caption is true, calibrated on real
    /// recordings; `None` for a model without a tag head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What is known of the span as data, if [`CaptionOptions::facts`](crate::CaptionOptions::facts)
    /// asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Box<Facts>>,
}

/// Numbers beyond the greatest of float32 as that one.
fn finite<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<f32, D::Error> {
    f64::deserialize(deserializer).map(|score| score.clamp(f32::MIN.into(), f32::MAX.into()) as f32)
}

/// The captions of one recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "an object as `musicap --format json` writes it")]
#[non_exhaustive]
pub struct Captions {
    /// The recording's file, if it has one.
    pub file: Option<String>,
    /// The recording's length in seconds.
    pub duration_s: f64,
    /// The model that wrote the captions.
    pub model: String,
    /// The language of the captions, as an ISO 639-1 code; `None` is English, which models write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The captions in order of time.
    pub captions: Vec<Caption>,
    /// A summary of the recording, if one has been made.
    pub summary: Option<String>,
    /// Spans that could not be decoded or captioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<UncaptionedSpan>,
    /// The sections of the recording, if they have been determined; see
    /// [`find_sections`](Self::find_sections).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// Changes made to the audio that users should know about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What is known of the recording as data, if
    /// [`CaptionOptions::facts`](crate::CaptionOptions::facts) asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// Times at which the sound changes, in order, from which sections get their boundaries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<SoundChange>,
}

/// A span of a recording that has no caption, because it could not be decoded or captioned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UncaptionedSpan {
    /// Where it starts, in seconds.
    pub start_s: f64,
    /// Where it ends, in seconds.
    pub end_s: f64,
    /// The cause, and what replaces the audio.
    pub reason: String,
}

impl UncaptionedSpan {
    /// A span from `start_s` to `end_s`, in seconds, that has no caption for `reason`.
    pub fn new(start_s: f64, end_s: f64, reason: impl Into<String>) -> Self {
        UncaptionedSpan { start_s, end_s, reason: reason.into() }
    }

    /// What of a source could not be decoded until `end_s`, in order; one span stands for the gaps
    /// that the source does not list.
    pub fn gaps_of(source: &impl SampleSource, end_s: f64) -> Vec<Self> {
        let mut gaps: Vec<Self> = source.gaps().iter().map(UncaptionedSpan::from).collect();
        if let more @ 1.. = source.unlisted_gaps() {
            let start_s = gaps.last().map_or(0.0, |gap| gap.end_s);
            gaps.push(UncaptionedSpan::new(start_s, end_s, format!("{more} more gaps")));
        }
        gaps
    }
}

impl From<&Gap> for UncaptionedSpan {
    fn from(gap: &Gap) -> Self {
        UncaptionedSpan {
            start_s: gap.start.as_secs_f64(),
            end_s: gap.end.as_secs_f64(),
            reason: gap.to_string(),
        }
    }
}

/// A section of a recording in which the music stays similar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Section {
    /// Where it starts, in seconds.
    pub start_s: f64,
    /// Where it ends, in seconds.
    pub end_s: f64,
    /// What it is, in a few words: "Piano alone".
    pub title: String,
}

impl Section {
    /// A section from `start_s` to `end_s`, in seconds.
    pub fn new(start_s: f64, end_s: f64, title: impl Into<String>) -> Self {
        Section { start_s, end_s, title: title.into() }
    }
}

/// How long a summary stands after the end of a recording in SubRip, in seconds.
const SUMMARY_SECONDS: f64 = 10.0;

/// An output format for captions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A line for each caption: `0:10–0:20 A solo violin plays…`
    #[default]
    Text,
    /// JSON with every field.
    Json,
    /// SubRip subtitles, without the summary.
    Srt,
    /// WebVTT subtitles (W3C). A summary is a note at the start, which players do not show.
    Vtt,
    /// WebVTT chapters, for a `<track kind="chapters">`: a cue for each of the
    /// [`sections`](Captions::sections), which are determined if there are none.
    Chapters,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            "srt" => Ok(Format::Srt),
            "vtt" => Ok(Format::Vtt),
            "chapters" => Ok(Format::Chapters),
            other => Err(Error::option("format", other, "text, json, srt, vtt or chapters")),
        }
    }
}

/// Whether SubRip subtitles have a cue for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SummaryCue {
    /// None.
    #[default]
    Omit,
    /// A last cue after the end of the recording, where it covers no caption.
    AfterEnd,
}

impl Caption {
    /// The caption `text` of chunk number `index`, which spans `start_s` to `end_s`, in seconds. Its
    /// score is 0 and its confidence is not known.
    pub fn new(index: usize, start_s: f64, end_s: f64, text: impl Into<String>) -> Self {
        Caption { index, start_s, end_s, text: text.into(), ..Self::default() }
    }
}

impl Captions {
    /// English captions, in order of time, of a recording of `duration_s` seconds. All other fields
    /// are empty.
    pub fn new(duration_s: f64, captions: Vec<Caption>) -> Self {
        Captions { duration_s, captions, ..Captions::default() }
    }

    /// The captions in `format`, with a line break at the end. SubRip has no place for the summary,
    /// so it is omitted there; see [`format_srt`](Self::format_srt).
    ///
    /// ```
    /// use musicap::caption::{Caption, Captions, Format};
    ///
    /// let caption = Caption::new(1, 10.0, 20.0, "A solo violin plays a slow melody.");
    /// let captions = Captions::new(20.0, vec![caption]);
    /// assert_eq!(captions.format(Format::Text), "0:10–0:20 A solo violin plays a slow melody.\n");
    /// ```
    pub fn format(&self, format: Format) -> String {
        match format {
            Format::Text => self.to_text(),
            Format::Json => self.to_json(),
            Format::Srt => self.format_srt(SummaryCue::Omit),
            Format::Vtt => self.to_vtt(),
            Format::Chapters => self.to_chapters(),
        }
    }

    /// Reads what [`format`](Self::format) gave in [`Format::Json`]: one recording's captions, or an
    /// array of them. `origin` names the text in errors.
    ///
    /// ```
    /// use musicap::{Captions, Format};
    ///
    /// let json = Captions::default().format(Format::Json);
    /// assert_eq!(Captions::parse_json("captions.json", &json)?, [Captions::default()]);
    /// # Ok::<(), musicap::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidCaptions`] says what is wrong, and in which line.
    pub fn parse_json(origin: &str, json: &str) -> Result<Vec<Captions>> {
        let invalid = |reason: serde_json::Error| Error::InvalidCaptions {
            origin: origin.to_owned(),
            reason: truncate(&reason.to_string()),
        };
        // Some editors start a file with a byte-order mark.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        match json.trim_start().starts_with('[') {
            true => serde_json::from_str(json).map_err(invalid),
            false => serde_json::from_str(json).map(|one| vec![one]).map_err(invalid),
        }
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for caption in &self.captions {
            text += &caption.to_string();
            text.push('\n');
        }
        if let Some(summary) = &self.summary {
            let lines = summary.lines().map(one_line).collect::<Vec<_>>();
            let _ = writeln!(text, "\n{}", lines.join("\n"));
        }
        text
    }

    fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("plain data can be written");
        json.push('\n');
        json
    }

    /// SubRip subtitles, with or without a last cue for the summary.
    pub fn format_srt(&self, summary: SummaryCue) -> String {
        // An empty line would end a cue.
        let mut srt = String::new();
        for (number, caption) in (1..).zip(&self.captions) {
            let (start, end) = cue(caption.start_s, caption.end_s, ',');
            let text = one_line(&caption.text).replace("-->", "→");
            let _ = writeln!(srt, "{number}\n{start} --> {end}\n{text}\n");
        }
        if let Some(text) = &self.summary
            && summary == SummaryCue::AfterEnd
        {
            let end = self.captions.iter().map(|caption| caption.end_s);
            let end = end.fold(self.duration_s, f64::max);
            let (start, end) = cue(end, end + SUMMARY_SECONDS, ',');
            let number = self.captions.len() + 1;
            let text = one_line(text).replace("-->", "→");
            let _ = writeln!(srt, "{number}\n{start} --> {end}\n{text}\n");
        }
        srt
    }

    fn to_chapters(&self) -> String {
        let found = match self.sections.is_empty() {
            true => self.find_sections(Language::ENGLISH),
            false => self.sections.clone(),
        };
        let mut vtt = String::from("WEBVTT\n");
        for Section { start_s, end_s, title } in &found {
            let (start, end) = cue(*start_s, *end_s, '.');
            let _ = writeln!(vtt, "\n{start} --> {end}\n{}", escaped(title));
        }
        vtt
    }

    fn to_vtt(&self) -> String {
        let mut vtt = String::from("WEBVTT\n");
        if let Some(summary) = &self.summary {
            let _ = writeln!(vtt, "\nNOTE Summary: {}", escaped(summary));
        }
        for caption in &self.captions {
            let (start, end) = cue(caption.start_s, caption.end_s, '.');
            let text = escaped(&caption.text);
            let _ = writeln!(vtt, "\n{start} --> {end}\n{text}");
        }
        vtt
    }
}

impl std::fmt::Display for Caption {
    /// `0:10–0:20 A solo violin plays…`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}–{} {}", minutes(self.start_s), minutes(self.end_s), one_line(&self.text))
    }
}

/// A text in a WebVTT cue.
fn escaped(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `0:10`, `59:59`, `1:00:00`: to the second.
pub(crate) fn minutes(seconds: f64) -> String {
    let total = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// The times of a cue, which ends after it starts, however short it is.
fn cue(start_s: f64, end_s: f64, point: char) -> (String, String) {
    let millis = |seconds: f64| (seconds.max(0.0) * 1000.0).round() as u64;
    let start = millis(start_s);
    (clock(start, point), clock(millis(end_s).max(start.saturating_add(1)), point))
}

/// `00:00:10,000` for 10,000 milliseconds.
fn clock(total: u64, point: char) -> String {
    let (hours, minutes) = (total / 3_600_000, total / 60_000 % 60);
    let (seconds, millis) = (total / 1000 % 60, total % 1000);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{millis:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captions(texts: &[&str]) -> Captions {
        let caption = |(index, text): (usize, &&str)| Caption {
            index,
            start_s: 3590.0 + 10.0 * index as f64,
            end_s: 3600.0 + 9.5 * index as f64,
            text: (*text).to_owned(),
            score: -0.5,
            ..Caption::default()
        };
        let captions = texts.iter().enumerate().map(caption).collect();
        Captions { file: Some("a.mp3".into()), duration_s: 3619.0, captions, ..Captions::default() }
    }

    #[test]
    fn times_are_minutes_and_seconds_and_carry_into_hours() {
        let text = captions(&["A piano.", "Drums."]).format(Format::Text);
        assert_eq!(text, "59:50–1:00:00 A piano.\n1:00:00–1:00:10 Drums.\n");
        assert_eq!(minutes(59.6), "1:00");
    }

    #[test]
    fn subtitles_number_their_cues_and_keep_milliseconds() {
        let srt = captions(&["A piano.", "Drums."]).format(Format::Srt);
        assert_eq!(
            srt,
            "1\n00:59:50,000 --> 01:00:00,000\nA piano.\n\n\
             2\n01:00:00,000 --> 01:00:09,500\nDrums.\n\n"
        );
    }

    #[test]
    fn chapters_are_cues_of_their_own() {
        let section = |start_s: f64, title: &str| Section {
            start_s,
            end_s: start_s + 30.0,
            title: title.into(),
        };
        let sections = vec![section(0.0, "Piano alone"), section(30.0, "a --> <b>\n\n")];
        let chapters = Captions { sections, ..captions(&["A piano."]) }.format(Format::Chapters);
        assert_eq!(
            chapters,
            "WEBVTT\n\n00:00:00.000 --> 00:00:30.000\nPiano alone\n\n\
             00:00:30.000 --> 00:01:00.000\na --&gt; &lt;b&gt;\n"
        );
        let found = captions(&["A piano plays alone."]).format(Format::Chapters);
        assert!(found.ends_with("\nPiano alone\n"), "{found}");
        assert_eq!(Captions::default().format(Format::Chapters), "WEBVTT\n");
    }

    #[test]
    fn no_caption_can_break_out_of_its_cue() {
        let vtt = captions(&["a\n\n00:00.000 --> 00:01.000\n<b>&"]).format(Format::Vtt);
        assert_eq!(
            vtt,
            "WEBVTT\n\n00:59:50.000 --> 01:00:00.000\n\
             a 00:00.000 --&gt; 00:01.000 &lt;b&gt;&amp;\n"
        );
        assert_eq!(captions(&["a\n\n2"]).format(Format::Srt).lines().count(), 4);
    }

    #[test]
    fn no_caption_can_speak_to_a_terminal() {
        let captions = captions(&["a \u{1b}]0;title\u{7} b\u{9b}2J"]);
        for format in [Format::Text, Format::Srt, Format::Vtt] {
            let text = captions.format(format);
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        }
    }

    #[test]
    fn a_summary_stands_where_it_covers_no_caption() {
        let summary = Some("A piano\n-->\n\n<throughout>.".to_owned());
        let captions = Captions { summary, ..captions(&["A piano."]) };
        assert!(captions.format(Format::Text).ends_with("\n\nA piano\n-->\n\n<throughout>.\n"));
        assert_eq!(captions.format(Format::Srt).lines().count(), 4);
        let srt = captions.format_srt(SummaryCue::AfterEnd);
        let last = "2\n01:00:19,000 --> 01:00:29,000\nA piano → <throughout>.\n\n";
        assert!(srt.ends_with(last), "{srt}");
        let vtt = captions.format(Format::Vtt);
        let head = "WEBVTT\n\nNOTE Summary: A piano --&gt; &lt;throughout&gt;.\n\n00:59:50.000 -->";
        assert!(vtt.starts_with(head), "{vtt}");
    }

    #[test]
    fn json_is_read_back_alone_and_in_an_array() {
        let one = captions(&["A piano."]);
        let json = one.format(Format::Json);
        assert_eq!(Captions::parse_json("a", &json).unwrap(), std::slice::from_ref(&one));
        let array = format!(" [{json},{json}]");
        assert_eq!(Captions::parse_json("a", &array).unwrap(), [one.clone(), one]);
        for bad in ["", "{", "[1]", "{\"captions\": 3}", "\"text\""] {
            let error = Captions::parse_json("a.json", bad).unwrap_err().to_string();
            assert!(error.starts_with("a.json: ") && error.lines().count() == 1, "{error}");
        }
        for bad in ["[1]", "\"text\"", "3"] {
            let error = Captions::parse_json("a.json", bad).unwrap_err().to_string();
            assert!(error.contains("expected an object as `musicap --format json`"), "{error}");
        }
    }

    #[test]
    fn json_has_the_documented_keys_and_reads_back() {
        let captions = captions(&["A piano."]);
        let json = captions.format(Format::Json);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        assert_eq!(keys, ["captions", "duration_s", "file", "model", "summary"]);
        assert!(value["summary"].is_null());
        assert_eq!(serde_json::from_str::<Captions>(&json).unwrap(), captions);
    }

    #[test]
    fn a_cue_of_less_than_a_millisecond_ends_after_it_starts() {
        let mut short = captions(&["A click."]);
        (short.captions[0].start_s, short.captions[0].end_s) = (0.0, 0.0003);
        assert!(short.format(Format::Vtt).contains("00:00:00.000 --> 00:00:00.001"));
        assert!(short.format(Format::Srt).contains("00:00:00,000 --> 00:00:00,001"));
    }

    #[test]
    fn a_byte_order_mark_before_json_is_passed_over() {
        let json = captions(&["A piano."]).format(Format::Json);
        let marked = format!("\u{feff}{json}");
        assert_eq!(Captions::parse_json("x", &marked).unwrap(), [captions(&["A piano."])]);
        let array = format!("\u{feff}[{json}]");
        assert_eq!(Captions::parse_json("x", &array).unwrap(), [captions(&["A piano."])]);
    }
}
