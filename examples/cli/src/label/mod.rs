//! `musicap label`: captions, tags and facts of a folder of tracks, in the formats that trainers
//! read.
//!
//! What is known of each track is kept in one file, [`state::FILE`], with the size and time of the
//! track and the settings: a second run captions only what has changed. All other files are written
//! from it. A file that a person has changed is never written again.

mod edits;
mod formats;
mod review;
mod state;
mod template;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use musicap::summarize::{LocalSummarizer, SummaryOptions};
use musicap::{CaptionOptions, Captioner, Captions, Error, RecordingEvent, Result};

use crate::args::ModelArgs;
use crate::output::check_writable;
use crate::progress::Progress;
use crate::recordings::{self, Recording, Recordings};
use crate::{Exit, exit_code, report};
use formats::Output;
use state::{Label, State};
use template::Template;
use values::Values;

/// How often the state is written while tracks are captioned.
const SAVE_EVERY: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub struct LabelArgs {
    /// Folders of tracks
    #[arg(required = true, value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// Folder for the labels [default: the folder of the tracks, where trainers look for them]
    #[arg(long, short, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// What to write: ace-step-1.5 (NAME.caption.txt, NAME.json), ace-step (NAME_prompt.txt), jsonl
    /// (metadata.jsonl of Hugging Face's audiofolder), csv (labels.csv), review (review.html)
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORMAT,…")]
    #[arg(default_value = "ace-step-1.5,jsonl,csv,review")]
    pub formats: Vec<LabelFormat>,
    /// Playlists (M3U8) by these facts: one for each genre, key, tempo, voice or instrument
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FACT,…")]
    pub playlists: Vec<Grouping>,
    /// Text of NAME_prompt.txt and of `text` in metadata.jsonl, such as
    /// '{genre}, {key}, {bpm} BPM, {voices}'. Parts between commas with an unknown value are left out
    #[arg(long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// Facts that are less likely are left out of labels, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.5)]
    pub min_confidence: f32,
    /// Language of the captions: en, de, fr, es, it, pt, ja, ko, zh or hi
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub language: String,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Caption all tracks again. Files that a person has changed stay as they are
    #[arg(long)]
    pub overwrite: bool,
    /// Print errors only: no progress, no notes
    #[arg(long, short)]
    pub quiet: bool,
}

/// A format of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabelFormat {
    /// `NAME.caption.txt` and `NAME.json`
    #[value(name = "ace-step-1.5")]
    AceStep15,
    /// `NAME_prompt.txt`
    AceStep,
    /// `metadata.jsonl`
    Jsonl,
    /// `labels.csv`
    Csv,
    /// `review.html`
    Review,
}

/// What playlists have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Grouping {
    Genre,
    Key,
    Tempo,
    Voices,
    Instruments,
}

pub fn run(args: &LabelArgs) -> Exit {
    match label_all(args) {
        Ok(failures) if failures.is_empty() => Exit::Done,
        Ok(failures) => {
            report(&format!("{} failed:", count(failures.len(), "track")));
            failures.iter().for_each(|failure| report(&format!("  {failure}")));
            Exit::Failed
        }
        Err(error) => exit_code(Err(error)),
    }
}

/// Labels all tracks and returns a message for each that failed.
///
/// # Errors
/// Those that concern all tracks: options, the model, the output folder.
fn label_all(args: &LabelArgs) -> Result<Vec<String>> {
    if !(0.0..=1.0).contains(&args.min_confidence) {
        return Err(invalid("--min-confidence", &args.min_confidence.to_string(), "0 to 1"));
    }
    let template = args.template.as_deref().map(Template::parse).transpose()?;
    let summary = SummaryOptions::default().with_language(&args.language);
    let folder = match (&args.output, &args.folders[..]) {
        (Some(folder), _) => folder.clone(),
        (None, [folder]) => folder.clone(),
        (None, _) => {
            let expected = "set for several folders: one folder gets all labels";
            return Err(invalid("--output", "", expected));
        }
    };
    if let Some(file) = args.folders.iter().find(|folder| folder.is_file()) {
        return Err(invalid("FOLDER", &file.display().to_string(), "a folder of tracks"));
    }
    let recordings = Recordings::find(&args.folders);
    let mut failures = recordings.missing.clone();
    let tracks = unique(&recordings, &mut failures);
    check_writable(&folder.join(state::FILE))?;
    let mut state = State::read(&folder)?;
    let model = args.model.find(args.quiet)?;
    let settings = format!(
        "{} {} facts-{} {}",
        env!("CARGO_PKG_VERSION"),
        model.name(),
        musicap::facts::VERSION,
        args.language
    );
    let pending: Vec<&Recording> = tracks
        .iter()
        .copied()
        .filter(|track| args.overwrite || !state.is_current(track, &settings))
        .collect();
    let done = tracks.len() - pending.len();
    if done > 0 && !args.quiet {
        report(&format!("{} of {} are up to date", done, count(tracks.len(), "track")));
    }
    if !pending.is_empty() {
        let captioner = Captioner::load(&model, &args.model.load_options(args.quiet))?;
        caption(
            &captioner,
            &pending,
            &settings,
            &summary,
            &mut state,
            &folder,
            |file, error| {
                failures.push(if error.starts_with(file) {
                    error
                } else {
                    format!("{file}: {error}")
                });
            },
            args.quiet,
        )?;
    }
    write_labels(args, &folder, &tracks, &mut state, template.as_ref())?;
    state.save(&folder)?;
    Ok(failures)
}

/// Captions tracks into the state.
#[allow(clippy::too_many_arguments, reason = "one call, which reads as the list of what it needs")]
fn caption(
    captioner: &Captioner,
    pending: &[&Recording],
    settings: &str,
    summary: &SummaryOptions,
    state: &mut State,
    folder: &Path,
    mut fail: impl FnMut(&str, String),
    quiet: bool,
) -> Result<()> {
    let options = CaptionOptions::default().without_low_latency().with_facts();
    let bytes = pending.iter().map(|track| track.bytes()).sum();
    let mut progress = Progress::new(pending.len(), bytes, quiet);
    let sources = pending.iter().map(|track| recordings::open(&track.path));
    let mut saved = Instant::now();
    for event in captioner.caption_many(sources, &options)? {
        let RecordingEvent::End { recording, captions, error } = event else { continue };
        let track = pending[recording];
        progress.start(&track.path, track.bytes(), None);
        progress.end();
        let labelled = match error {
            Some(error) => Err(error),
            None => label(captions, summary),
        };
        match labelled {
            Ok(label) => state.put(track, settings, label),
            Err(error) => {
                progress.suspend(|| report(&error));
                fail(&track.path.display().to_string(), error.to_string());
            }
        }
        if saved.elapsed() > SAVE_EVERY {
            state.save(folder)?;
            saved = Instant::now();
        }
    }
    Ok(())
}

fn label(mut captions: Captions, summary: &SummaryOptions) -> Result<Label> {
    let caption = LocalSummarizer::new().describe(&captions, summary)?;
    let facts = captions.facts.take().unwrap_or_default();
    Ok(Label { caption, duration_s: captions.duration_s, facts })
}

/// Writes all files from the state, except those that a person has changed.
fn write_labels(
    args: &LabelArgs,
    folder: &Path,
    tracks: &[&Recording],
    state: &mut State,
    template: Option<&Template>,
) -> Result<()> {
    let edits = edits::read(folder)?;
    let mut rows: Vec<Values> = Vec::new();
    for track in tracks {
        let file = state::key(track);
        let Some(label) = state.label(&file) else { continue };
        let mut values = Values::new(&file, label, args.min_confidence);
        if let Some(edit) = edits.get(&file) {
            edit.apply(&mut values);
        }
        rows.push(values);
    }
    let places: BTreeMap<String, PathBuf> =
        tracks.iter().map(|track| (state::key(track), place(folder, args, track))).collect();
    let mut output = Output::new(folder, state);
    for values in &mut rows {
        let place = &places[&values.file];
        // A caption that a person has corrected counts everywhere.
        if let Some(caption) = output.edited(&place.with_extension("caption.txt")) {
            (values.caption, values.caption_is_edited) = (caption.trim().to_owned(), true);
        }
        for format in &args.formats {
            match format {
                LabelFormat::AceStep15 => formats::ace_step_15(&mut output, place, values)?,
                LabelFormat::AceStep => formats::ace_step(&mut output, place, values, template)?,
                LabelFormat::Jsonl | LabelFormat::Csv | LabelFormat::Review => {}
            }
        }
    }
    for format in &args.formats {
        match format {
            LabelFormat::Jsonl => formats::jsonl(&mut output, &rows, template)?,
            LabelFormat::Csv => formats::csv(&mut output, &rows)?,
            LabelFormat::Review => {
                let edits = serde_json::to_string(&edits).expect("plain data can be written");
                review::write(&output, &rows, &edits)?;
            }
            LabelFormat::AceStep15 | LabelFormat::AceStep => {}
        }
    }
    for grouping in &args.playlists {
        formats::playlists(&mut output, &rows, *grouping)?;
    }
    if !output.kept.is_empty() && !args.quiet {
        let files = output.kept.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = if output.kept.len() > 5 { ", …" } else { "" };
        report(&format!("not changed, as somebody else wrote them: {files}{more}"));
    }
    Ok(())
}

/// Where the labels of a track go: its path in the output folder.
fn place(folder: &Path, args: &LabelArgs, track: &Recording) -> PathBuf {
    match args.output {
        Some(_) => folder.join(&track.relative_path),
        None => track.path.clone(),
    }
}

/// The tracks without those that would have the labels of another one.
fn unique<'a>(recordings: &'a Recordings, failures: &mut Vec<String>) -> Vec<&'a Recording> {
    let mut taken: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    let mut tracks = Vec::new();
    for track in &recordings.list {
        match taken.insert(track.relative_path.with_extension(""), &track.path) {
            None => tracks.push(track),
            Some(other) => failures.push(format!(
                "{}: has the same name as {}, and so would its labels; rename one",
                track.path.display(),
                other.display()
            )),
        }
    }
    tracks
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn invalid(name: &'static str, value: &str, expected: &str) -> Error {
    Error::InvalidOption { name, value: value.to_owned(), expected: expected.to_owned() }
}
