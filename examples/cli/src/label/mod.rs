//! `musicap label`: captions, tags and facts of a folder of tracks, in the formats that trainers
//! read.
//!
//! The labels of each track are kept in one file, [`state::FILE`], with the size and time of the
//! track and the settings: a second run captions only tracks that have changed. All other files are
//! generated from it. A file that was changed by hand is never overwritten.

mod captioning;
mod edits;
mod formats;
mod review;
mod state;
mod template;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use musicap::summarize::{Language, SummaryOptions};
use musicap::{Captioner, Error, Result};

use crate::args::ModelArgs;
use crate::output::{Places, check_writable, is_same};
use crate::recordings::{Recording, Recordings};
use crate::{Exit, exit_code, report};
use captioning::Run;
use edits::Edit;
use formats::Output;
use state::State;
use template::Template;
use values::Values;

#[derive(Args, Debug)]
pub struct LabelArgs {
    /// Folders of tracks
    #[arg(required = true, value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// Folder for the labels [default: the folder of the tracks, where trainers look for them]
    #[arg(long, short, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Formats to write: ace-step-1.5 (NAME.caption.txt, NAME.json), ace-step (NAME_prompt.txt), jsonl
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
    /// Minimum confidence of the facts in labels, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.5)]
    pub min_confidence: f32,
    /// Language of the captions: en, de, fr, es, it, pt, ja, ko, zh or hi
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub language: String,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Tracks that are decoded and captioned at the same time [default: one per core with the
    /// embedded model, otherwise 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
    /// Caption all tracks again. Files that were changed by hand are kept
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

/// What failed; all else is done.
#[derive(Default)]
struct Failures {
    tracks: Vec<String>,
    /// Files that could not be written.
    files: Vec<String>,
    /// Arguments without tracks.
    missing: Vec<String>,
}

pub fn run(args: &LabelArgs) -> Exit {
    let failures = match label_all(args) {
        Ok(failures) => failures,
        Err(error) => return exit_code(Err(error)),
    };
    failures.missing.iter().for_each(|missing| report(missing));
    for (failed, what) in [
        (&failures.tracks, format!("{} failed:", count(failures.tracks.len(), "track"))),
        (&failures.files, format!("{} could not be written:", count(failures.files.len(), "file"))),
    ] {
        if !failed.is_empty() {
            report(&what);
            failed.iter().for_each(|failure| report(&format!("  {failure}")));
        }
    }
    let Failures { tracks, files, missing } = failures;
    match tracks.is_empty() && files.is_empty() && missing.is_empty() {
        true => Exit::Done,
        false => Exit::Failed,
    }
}

/// Labels all tracks and returns what failed.
///
/// # Errors
/// Those that concern all tracks: options, the model, the output folder, the file of corrections.
fn label_all(args: &LabelArgs) -> Result<Failures> {
    if !(0.0..=1.0).contains(&args.min_confidence) {
        return Err(invalid("--min-confidence", &args.min_confidence.to_string(), "0 to 1"));
    }
    let template = args.template.as_deref().map(Template::parse).transpose()?;
    Language::find(&args.language)?;
    let summary = SummaryOptions::default().with_language(&args.language);
    // A pattern of folders exists if it matches any, but cannot be the folder of the labels.
    let is_pattern = |path: &Path| path.to_string_lossy().contains(['*', '?', '[']);
    let is_wrong = |path: &&PathBuf| match args.output {
        Some(_) if is_pattern(path) => path.is_file(),
        _ => !path.is_dir(),
    };
    if let Some(path) = args.folders.iter().find(is_wrong) {
        let path = path.display().to_string();
        let is_value =
            LabelFormat::from_str(&path, true).is_ok() || Grouping::from_str(&path, true).is_ok();
        let expected = match is_value {
            true => {
                "a folder of tracks that exists (several values of an option are separated by commas)"
            }
            false => "a folder of tracks that exists",
        };
        return Err(invalid("FOLDER", &path, expected));
    }
    let folder = match (&args.output, &args.folders[..]) {
        (Some(folder), _) => folder.clone(),
        (None, [folder]) => folder.clone(),
        (None, _) => {
            let expected = "set for several folders: one folder gets all labels";
            return Err(invalid("--output", "missing", expected));
        }
    };
    let recordings = Recordings::find(&args.folders);
    let mut failures = Failures { missing: recordings.missing.clone(), ..Failures::default() };
    if recordings.list.is_empty() {
        failures.missing.push("there is no track to label, so nothing is written".to_owned());
        return Ok(failures);
    }
    let tracks = unique(&recordings, &folder, &mut failures.tracks);
    let edits = edits::read(&folder)?;
    check_writable(&folder.join(state::FILE))?;
    let mut state = State::read(&folder)?;
    // A folder that cannot be read now may have tracks.
    if recordings.missing.is_empty() {
        state.retain(&tracks);
    }
    let model = args.model.find(args.quiet)?;
    let settings = format!(
        "{} {} {} facts-{} {}",
        env!("CARGO_PKG_VERSION"),
        model.name(),
        args.model.precision,
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
        let are = if tracks.len() == 1 { "is" } else { "are" };
        report(&format!("{done} of {} {are} up to date", count(tracks.len(), "track")));
    }
    if !pending.is_empty() {
        let captioner = Captioner::load(&model, &args.model.load_options(args.quiet))?;
        let run =
            Run { captioner, summary, settings: &settings, jobs: jobs(args), quiet: args.quiet };
        let captioned = run.caption(&pending, &mut state, &folder, &mut failures.tracks);
        if captioned.is_err() {
            state.save(&folder)?;
        }
        captioned?;
    }
    failures.files = write_labels(args, &folder, &tracks, edits, &mut state, template.as_ref())?;
    Ok(failures)
}

/// The number of tracks that are captioned at a time.
fn jobs(args: &LabelArgs) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map(usize::from).unwrap_or_else(|| match args.model.model {
        // Reading a track and measuring it takes about as long as the embedded model, on one core.
        None => args.model.threads.unwrap_or_else(cores),
        Some(_) => 1,
    })
}

/// Writes all files from the state, except those that a person has changed, and returns a message for
/// each that could not be written.
///
/// # Errors
/// [`Error::Io`] if the state cannot be written.
fn write_labels(
    args: &LabelArgs,
    folder: &Path,
    tracks: &[&Recording],
    edits: BTreeMap<String, Edit>,
    state: &mut State,
    template: Option<&Template>,
) -> Result<Vec<String>> {
    let note = |message: &str| {
        if !args.quiet {
            report(&message);
        }
    };
    let files: BTreeSet<String> = tracks.iter().map(|track| state::key(track)).collect();
    edits::ineffective(&edits, &files).iter().for_each(|message| note(message));
    let mut rows: Vec<(Values, PathBuf)> = Vec::new();
    // Tracks whose caption was corrected since the last run.
    let mut corrected = BTreeSet::new();
    for (file, edit) in edits {
        if let Some(caption) = &edit.caption
            && state.edits.get(&file).and_then(|known| known.caption.as_ref()) != Some(caption)
        {
            corrected.insert(file.clone());
        }
        state.edits.insert(file, edit);
    }
    for track in tracks {
        let file = state::key(track);
        let Some(label) = state.label(&file) else { continue };
        let mut values = Values::new(&file, label, args.min_confidence);
        if let Some(edit) = state.edits.get(&file) {
            edit.apply(&mut values);
        }
        if args.output.is_some() {
            values.path = path_from(folder, track);
        }
        rows.push((values, place(folder, args, track)));
    }
    let labelled = rows.len();
    let mut output = Output::new(folder, state);
    for (values, place) in &mut rows {
        count_edited_caption(&mut output, values, place, &corrected).iter().for_each(|it| note(it));
        for format in &args.formats {
            match format {
                LabelFormat::AceStep15 => formats::ace_step_15(&mut output, place, values),
                LabelFormat::AceStep => formats::ace_step(&mut output, place, values, template),
                LabelFormat::Jsonl | LabelFormat::Csv | LabelFormat::Review => {}
            }
        }
    }
    let rows: Vec<Values> = rows.into_iter().map(|(values, _)| values).collect();
    // Tables without rows would replace those of an earlier run.
    if !rows.is_empty() {
        write_tables(args, &mut output, &rows, template);
    }
    let is_elsewhere = |path: &str| path.starts_with("../") || Path::new(path).is_absolute();
    if args.formats.contains(&LabelFormat::Jsonl)
        && rows.iter().any(|values| is_elsewhere(&values.path))
    {
        note(&format!(
            "the tracks are not below {}: datasets' audiofolder reads metadata.jsonl only where the \
             audio is below its data_dir, so write without --output for it",
            folder.display()
        ));
    }
    if !output.kept.is_empty() {
        let files = output.kept.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = if output.kept.len() > 5 { ", …" } else { "" };
        note(&format!("changed by hand, so left as they are: {files}{more}"));
    }
    let failures = output.finish()?;
    if labelled > 0 {
        let review = match args.formats.contains(&LabelFormat::Review) {
            true => format!("; to review them, open {}", folder.join("review.html").display()),
            false => String::new(),
        };
        note(&format!(
            "labels of {} are in {}{review}",
            count(labelled, "track"),
            folder.display()
        ));
    }
    Ok(failures)
}

/// The files that are about all tracks.
fn write_tables(
    args: &LabelArgs,
    output: &mut Output,
    rows: &[Values],
    template: Option<&Template>,
) {
    for format in &args.formats {
        match format {
            LabelFormat::Jsonl => formats::jsonl(output, rows, template),
            LabelFormat::Csv => formats::csv(output, rows),
            LabelFormat::Review => {
                // A page that is saved has all corrections of its tracks, with those before.
                let edits = rows.iter().filter_map(|values| {
                    Some((&values.file, output.state.edits.get(&values.file)?))
                });
                let edits: BTreeMap<&String, &Edit> = edits.collect();
                let edits = serde_json::to_string(&edits).expect("plain data can be written");
                review::write(output, rows, &edits);
            }
            LabelFormat::AceStep15 | LabelFormat::AceStep => {}
        }
    }
    for grouping in &args.playlists {
        formats::playlists(output, rows, *grouping);
    }
    if !args.playlists.is_empty() {
        formats::remove_old_playlists(output);
    }
}

/// Takes a caption that was changed by hand in `NAME.caption.txt`, unless the track's caption was
/// corrected in review later. Returns what a person should know.
fn count_edited_caption(
    output: &mut Output,
    values: &mut Values,
    place: &Path,
    corrected: &BTreeSet<String>,
) -> Option<String> {
    let path = place.with_extension("caption.txt");
    let edited = match output.edited(&path) {
        Ok(edited) => edited?,
        Err(error) => {
            return Some(format!("{error}; it is ignored: save it as UTF-8 text"));
        }
    };
    let edited_caption = edited.trim();
    let file = &values.file;
    let hash = state::hash_of(edited_caption);
    let edit = output.state.edits.get(file).and_then(|edit| edit.caption.as_ref());
    let is_overruled = edit.is_some()
        && (corrected.contains(file) || output.state.overruled.get(file) == Some(&hash));
    values.caption_is_edited = true;
    if !is_overruled {
        values.caption = edited_caption.to_owned();
        return None;
    }
    output.state.overruled.insert(file.clone(), hash);
    (values.caption != edited_caption).then(|| {
        let name = output.name(&path);
        format!(
            "{name}: changed by hand, so it is left as it is; the other formats have the caption of \
             {}. Delete {name} to get that caption there, too",
            edits::FILE
        )
    })
}

/// A track's path from the folder of the labels, with slashes; absolute if there is none.
fn path_from(folder: &Path, track: &Recording) -> String {
    if is_same(&folder.join(&track.relative_path), &track.path) {
        return state::key(track);
    }
    let parent = track.path.parent().filter(|path| !path.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    // `..` leads out of the folder that a link leads to.
    let (Ok(folder), Ok(parent)) = (folder.canonicalize(), parent.canonicalize()) else {
        return state::key(track);
    };
    let path = parent.join(track.path.file_name().unwrap_or_default());
    let (from, to): (Vec<_>, Vec<_>) = (folder.components().collect(), path.components().collect());
    let shared = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    // Another drive.
    if shared == 0 {
        return path.to_string_lossy().into_owned();
    }
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Where the labels of a track go: its path in the output folder.
fn place(folder: &Path, args: &LabelArgs, track: &Recording) -> PathBuf {
    match args.output {
        Some(_) => folder.join(&track.relative_path),
        None => track.path.clone(),
    }
}

/// The tracks without those that would have the labels of another one.
fn unique<'a>(
    recordings: &'a Recordings,
    folder: &Path,
    failures: &mut Vec<String>,
) -> Vec<&'a Recording> {
    let mut places = Places::new(folder);
    let mut tracks = Vec::new();
    for track in &recordings.list {
        match places.take(&track.relative_path.with_extension(""), &track.path) {
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
