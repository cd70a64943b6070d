//! `musicap-train evaluate --truth`: captions of real clips against what is known to be true of
//! them.
//!
//! Of a real clip less is known than of a composed one: which families may be named, which one
//! leads, whether there are drums or voices. What a row leaves blank is not judged, nor are families
//! false where the row says that others than those it names may sound.

use anyhow::{Context, Result, bail, ensure};
use csv_core::{ReadRecordResult, Reader};
use musicap::Pretrained;
use musicap::caption::Caption;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::evaluator::Evaluator;
use crate::family::{FAMILIES, Family};
use crate::finetune::clips::{self, Spectra};
use crate::finetune::pairs::{Pair, Place};
use crate::score::Tempo;
use crate::words::{self, Class, Reading};

/// Bootstrap samples behind each interval.
const RESAMPLES: usize = 2_000;

/// Bins of equal size that the calibration error is taken over.
const BINS: usize = 5;

/// What leads a clip, or may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Family(Family),
    Drums,
}

/// Voices of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voices {
    None,
    /// Of unknown sex, or of both.
    Some,
    Female,
    Male,
}

/// One row: a clip and what is known of it.
#[derive(Clone, Debug)]
struct Row {
    line: u64,
    id: String,
    repository: String,
    path: String,
    start_s: f64,
    lead: Option<Label>,
    may_be_named: Vec<Label>,
    /// No other family sounds than those that may be named.
    complete: bool,
    drums: Option<bool>,
    voices: Option<Voices>,
    bpm: Option<f64>,
}

/// A model's figures on the clips of a file.
#[derive(Serialize)]
pub struct Measured {
    model: String,
    truth: String,
    clips: usize,
    figures: Vec<Figure>,
    captions: Vec<Judged>,
}

/// A share with its 95 % interval.
#[derive(Clone, Debug, Serialize)]
struct Figure {
    name: &'static str,
    /// `None` where no clip decides it.
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    /// Clips, or named families, that decide it.
    of: usize,
}

/// A caption and what of it is wrong.
#[derive(Clone, Debug, Default, Serialize)]
struct Judged {
    id: String,
    caption: String,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
    /// Families that are named and not there.
    false_families: Vec<String>,
    /// All that could be judged of the caption is true; `None` where families cannot be false.
    #[serde(skip_serializing_if = "Option::is_none")]
    all_true: Option<bool>,
    #[serde(skip)]
    judgement: Judgement,
}

/// What one caption contributes to each figure: hits, and of how many.
#[derive(Clone, Debug, Default)]
struct Judgement {
    lead: Option<bool>,
    /// A named family can be told to be true, as some that sound are known.
    true_families: bool,
    /// A named family can be told to be false, as all that sound are known.
    false_families: bool,
    named: usize,
    named_true: usize,
    /// A general word ("a woodwind") is used of which no family may be named.
    false_class: bool,
    drums_told: Option<bool>,
    drums_invented: Option<bool>,
    voices_told: Option<bool>,
    voices_invented: Option<bool>,
    sex_said: Option<bool>,
    sex_right: Option<bool>,
    tempo: Option<bool>,
}

/// Captions the clips of the file `truth` and judges the captions.
///
/// # Errors
/// If the file or a recording cannot be read, or the model fails.
pub fn measure(
    truth: &Path,
    audio: &Path,
    most: usize,
    model: &Pretrained,
    evaluator: &Evaluator,
) -> Result<Measured> {
    let mut rows = read(truth)?;
    rows.truncate(most);
    let config = &model.config().audio;
    let file = truth.display().to_string();
    let pairs = rows.iter().map(|row| pair(row, &file, audio, config.chunk_seconds));
    let pairs = pairs.collect::<Result<Vec<Pair>>>()?;
    let scratch = format!("musicap-truth-{}-{}", std::process::id(), model_name(model));
    let mut spectra = Spectra::create(std::env::temp_dir().join(scratch), config)?;
    let loaded = clips::load(pairs, config, &mut spectra, |_| {})?;
    if let Some(refused) = loaded.skipped.first() {
        bail!("{refused}");
    }
    let spectrum = |clip: usize| spectra.read(loaded.clips[clip].spectrum);
    let captions = evaluator.scored_captions(&model_name(model), loaded.clips.len(), spectrum)?;
    // Clips stand in the order of their lines, as rows do.
    let judged: Vec<Judged> = rows.iter().zip(&captions).map(|(row, c)| judge(row, c)).collect();
    Ok(Measured {
        model: model_name(model),
        truth: truth.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        clips: judged.len(),
        figures: figures(&judged),
        captions: judged,
    })
}

/// The last part of the model's name.
fn model_name(model: &Pretrained) -> String {
    Path::new(model.name()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The stretch of a recording that a row names, as the trainer's loader takes it.
fn pair(row: &Row, file: &str, audio: &Path, seconds: f64) -> Result<Pair> {
    let places = [audio.join(&row.repository).join(&row.path), audio.join(&row.path)];
    let found = places.iter().find(|place| place.is_file());
    let audio = found.cloned().with_context(|| {
        let [first, second] = places.each_ref().map(|place| place.display());
        format!("{file}, line {}: neither {first} nor {second} is there", row.line)
    })?;
    Ok(Pair {
        place: Place { file: file.to_owned(), line: row.line },
        audio,
        caption: row.id.clone(),
        start_s: row.start_s,
        end_s: Some(row.start_s + seconds),
    })
}

/// The rows of a file.
fn read(path: &Path) -> Result<Vec<Row>> {
    let file = path.display().to_string();
    let bytes = fs::read(path).with_context(|| file.clone())?;
    let mut records = fields(&bytes).into_iter();
    let header = records.next().with_context(|| format!("{file} is empty"))?;
    let column = |name: &str| {
        let place = header.iter().position(|column| column.trim() == name);
        place.with_context(|| format!("{file}: the first line names no column {name}"))
    };
    let columns =
        ["id", "repository", "path", "start_s", "lead", "may_be_named", "drums", "vocals"];
    let columns: Vec<usize> = columns.iter().map(|name| column(name)).collect::<Result<_>>()?;
    let (bpm, complete) = (column("bpm").ok(), column("complete").ok());
    let mut rows = Vec::new();
    for (line, fields) in (2..).zip(records) {
        let field = |column: usize| fields.get(column).map_or("", |field| field.trim());
        let optional = [bpm, complete].map(|column| column.map_or("", field));
        let row = row(line, columns.iter().map(|&c| field(c)).collect(), optional);
        rows.push(row.with_context(|| format!("{file}, line {line}"))?);
    }
    ensure!(!rows.is_empty(), "{file} has no rows");
    Ok(rows)
}

fn row(line: u64, fields: Vec<&str>, [bpm, complete]: [&str; 2]) -> Result<Row> {
    let number = |name: &str, text: &str| -> Result<Option<f64>> {
        if text.is_empty() {
            return Ok(None);
        }
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
        Ok(Some(value.with_context(|| format!("{name} is \"{text}\", not a number"))?))
    };
    let labels = fields[5].split('|').filter(|name| !name.is_empty());
    Ok(Row {
        line,
        id: fields[0].to_owned(),
        repository: fields[1].to_owned(),
        path: fields[2].to_owned(),
        start_s: number("start_s", fields[3])?.unwrap_or(0.0),
        lead: Some(fields[4]).filter(|name| !name.is_empty()).map(label).transpose()?,
        may_be_named: labels.map(label).collect::<Result<_>>()?,
        complete: match complete {
            "" | "yes" => true,
            "no" => false,
            other => bail!("complete is \"{other}\", not yes, no or blank"),
        },
        drums: match fields[6] {
            "" => None,
            "yes" => Some(true),
            "no" => Some(false),
            other => bail!("drums is \"{other}\", not yes, no or blank"),
        },
        voices: match fields[7] {
            "" => None,
            "no" => Some(Voices::None),
            "yes" => Some(Voices::Some),
            "female" => Some(Voices::Female),
            "male" => Some(Voices::Male),
            other => bail!("vocals is \"{other}\", not no, yes, female, male or blank"),
        },
        bpm: number("bpm", bpm)?,
    })
}

/// A family by the name of its variant, or `Drums`.
fn label(name: &str) -> Result<Label> {
    if name == "Drums" {
        return Ok(Label::Drums);
    }
    let family = FAMILIES.iter().find(|traits| format!("{:?}", traits.family) == name);
    Ok(Label::Family(family.with_context(|| format!("there is no family \"{name}\""))?.family))
}

/// The records of a CSV text. Bytes that are not UTF-8 become replacement characters.
fn fields(mut input: &[u8]) -> Vec<Vec<String>> {
    let mut reader = Reader::new();
    let mut records = Vec::new();
    let (mut output, mut ends) = (vec![0; input.len() + 1], vec![0; input.len() + 1]);
    loop {
        let (result, read, _, count) = reader.read_record(input, &mut output, &mut ends);
        input = &input[read..];
        match result {
            ReadRecordResult::Record => {
                let starts = std::iter::once(&0).chain(&ends);
                let spans = starts.zip(&ends[..count]);
                let text = |(&start, &end): (&usize, &usize)| {
                    String::from_utf8_lossy(&output[start..end]).into_owned()
                };
                records.push(spans.map(text).collect());
            }
            // The buffers hold all of the input.
            ReadRecordResult::InputEmpty => {}
            _ => return records,
        }
    }
}

/// Whether a caption speaks of voices, and of whose.
fn voices(text: &str, reading: &Reading) -> Voices {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphabetic())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let says = |names: &[&str]| words.iter().any(|word| names.contains(&&word[..]));
    let sung = reading.families.iter().any(|f| matches!(f, Family::Voice | Family::Choir))
        || says(&["vocals", "vocal", "voice", "voices", "sings", "sing", "raps", "rap", "rapper"]);
    match (sung, says(&["female", "woman", "women"]), says(&["male", "man", "men"])) {
        (false, _, _) => Voices::None,
        (true, true, false) => Voices::Female,
        (true, false, true) => Voices::Male,
        (true, _, _) => Voices::Some,
    }
}

/// The class of a tempo; `None` between two classes.
fn class(bpm: f64) -> Option<Tempo> {
    match bpm {
        ..=74.0 => Some(Tempo::Slow),
        88.0..=114.0 => Some(Tempo::Medium),
        134.0.. => Some(Tempo::Fast),
        _ => None,
    }
}

fn judge(row: &Row, caption: &Caption) -> Judged {
    let reading = words::read(&caption.text);
    let may = |family: &Family| row.may_be_named.contains(&Label::Family(*family));
    let said = voices(&caption.text, &reading);
    let sung = said != Voices::None;
    let true_families = !row.may_be_named.is_empty();
    let false_families = true_families && row.complete;
    let mut judgement = Judgement {
        lead: row.lead.map(|lead| match reading.families.first() {
            Some(&first) => lead == Label::Family(first),
            None => lead == Label::Drums && reading.drums,
        }),
        true_families,
        false_families,
        named: reading.families.len(),
        named_true: reading.families.iter().filter(|family| may(family)).count(),
        // Whether there are voices is judged apart.
        false_class: reading.classes.iter().filter(|class| **class != Class::Vocal).any(|class| {
            !row.may_be_named.iter().any(|label| match label {
                Label::Family(family) => words::classes(*family).contains(class),
                _ => false,
            })
        }),
        tempo: row.bpm.and_then(class).zip(reading.tempo).map(|(truth, said)| truth == said),
        ..Judgement::default()
    };
    match row.drums {
        Some(true) => judgement.drums_told = Some(reading.drums),
        Some(false) => judgement.drums_invented = Some(reading.drums),
        None => {}
    }
    match row.voices {
        Some(Voices::None) => judgement.voices_invented = Some(sung),
        Some(truth) => {
            judgement.voices_told = Some(sung);
            if truth != Voices::Some && sung {
                let says = matches!(said, Voices::Female | Voices::Male);
                judgement.sex_said = Some(says);
                judgement.sex_right = says.then_some(said == truth);
            }
        }
        None => {}
    }
    let false_families: Vec<String> = match false_families {
        true => reading.families.iter().filter(|f| !may(f)).map(|f| f.key()).collect(),
        false => Vec::new(),
    };
    let untrue = [judgement.drums_invented, judgement.voices_invented]
        .into_iter()
        .chain(
            [&judgement.drums_told, &judgement.sex_right, &judgement.tempo].map(|t| t.map(|t| !t)),
        )
        .any(|wrong| wrong == Some(true));
    Judged {
        id: row.id.clone(),
        caption: caption.text.clone(),
        score: caption.score,
        confidence: caption.confidence,
        all_true: row.complete.then_some(false_families.is_empty() && !untrue),
        false_families,
        judgement,
    }
}

/// A figure: its name, and the sum and the number of what it is the share of.
type Share = (&'static str, fn(&Judgement) -> Option<(f64, f64)>);

fn hit(value: Option<bool>) -> Option<(f64, f64)> {
    value.map(|right| (f64::from(u8::from(right)), 1.0))
}

/// The figures, in the order of their table. A caption that names no family is without a false one,
/// so the general words that it uses instead are judged too.
const SHARES: [Share; 13] = [
    ("leading family right", |j| hit(j.lead)),
    ("named families true", |j| {
        (j.false_families && j.named > 0).then_some((j.named_true as f64, j.named as f64))
    }),
    ("true families a clip", |j| j.true_families.then_some((j.named_true as f64, 1.0))),
    ("without a false family", |j| hit(j.false_families.then_some(j.named == j.named_true))),
    ("without a false family or general word", |j| {
        hit(j.false_families.then_some(j.named == j.named_true && !j.false_class))
    }),
    ("no family named", |j| hit(j.true_families.then_some(j.named == 0))),
    ("drums told", |j| hit(j.drums_told)),
    ("drums invented", |j| hit(j.drums_invented)),
    ("voices told", |j| hit(j.voices_told)),
    ("voices invented", |j| hit(j.voices_invented)),
    ("sex said", |j| hit(j.sex_said)),
    ("sex right where said", |j| hit(j.sex_right)),
    ("tempo", |j| hit(j.tempo)),
];

fn figures(judged: &[Judged]) -> Vec<Figure> {
    let mut figures: Vec<Figure> = SHARES
        .iter()
        .map(|&(name, part)| {
            let parts: Vec<_> = judged.iter().filter_map(|j| part(&j.judgement)).collect();
            let share = |rows: &[(f64, f64)]| {
                let sums = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
                sums.0 / sums.1
            };
            let of = parts.iter().map(|part| part.1).sum::<f64>() as usize;
            figure(name, &parts, of, share)
        })
        .collect();
    let rated: Vec<(f64, bool)> =
        judged.iter().filter_map(|j| Some((f64::from(j.confidence?), j.all_true?))).collect();
    let truths: Vec<bool> = judged.iter().filter_map(|j| j.all_true).collect();
    let all_true = |rows: &[bool]| rows.iter().filter(|t| **t).count() as f64 / rows.len() as f64;
    figures.push(figure("all of it true", &truths, truths.len(), all_true));
    figures.push(figure("calibration error", &rated, rated.len(), calibration_error));
    figures.push(figure("Brier score", &rated, rated.len(), brier));
    figures
}

/// A figure of some rows, with the 2.5th and 97.5th percentile of it over resampled rows.
fn figure<T: Copy>(
    name: &'static str,
    rows: &[T],
    of: usize,
    value: impl Fn(&[T]) -> f64,
) -> Figure {
    if rows.is_empty() {
        return Figure { name, value: None, low: None, high: None, of: 0 };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sample: Vec<T> =
                rows.iter().map(|_| rows[rng.random_range(0..rows.len())]).collect();
            value(&sample)
        })
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| Some(values[((RESAMPLES - 1) as f64 * share).round() as usize]);
    Figure { name, value: Some(value(rows)), low: at(0.025), high: at(0.975), of }
}

/// Expected calibration error: the mean distance between confidence and share of true captions,
/// over bins of equally many captions by confidence (Naeini et al., 2015; Nixon et al., 2019).
fn calibration_error(rated: &[(f64, bool)]) -> f64 {
    let mut rated = rated.to_vec();
    rated.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let bins = BINS.min(rated.len());
    let gap = |bin: usize| {
        let bin = &rated[bin * rated.len() / bins..(bin + 1) * rated.len() / bins];
        let sum: f64 = bin.iter().map(|&(p, right)| p - f64::from(u8::from(right))).sum();
        sum.abs()
    };
    (0..bins).map(gap).sum::<f64>() / rated.len() as f64
}

/// The mean squared distance between confidence and truth (Brier, 1950).
fn brier(rated: &[(f64, bool)]) -> f64 {
    let square = |&(p, right): &(f64, bool)| (p - f64::from(u8::from(right))).powi(2);
    rated.iter().map(square).sum::<f64>() / rated.len() as f64
}

/// The figures of some models side by side.
pub fn table(measured: &[Measured]) -> String {
    let mut text = String::new();
    let Some(first) = measured.first() else { return text };
    // Writing to a string cannot fail.
    let _ = write!(text, "{:24}", format!("{}, {} clips", first.truth, first.clips));
    for set in measured {
        let _ = write!(text, " {:>24}", set.model);
    }
    text.push('\n');
    for (i, Figure { name, .. }) in first.figures.iter().enumerate() {
        let _ = write!(text, "{name:24}");
        for set in measured {
            let _ = write!(text, " {:>24}", cell(&set.figures[i]));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// "0.81 [0.70, 0.90] of 42"
fn cell(figure: &Figure) -> String {
    match (figure.value, figure.low, figure.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{value:.2} [{low:.2}, {high:.2}] of {}", figure.of)
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption(text: &str) -> Caption {
        serde_json::from_value(serde_json::json!({
            "index": 0, "start_s": 0.0, "end_s": 10.0, "text": text, "score": -0.1
        }))
        .unwrap()
    }

    fn truth(lead: &str, may: &str, drums: &str, vocals: &str, bpm: &str) -> Row {
        row(2, vec!["a", "owner/name", "a.wav", "5", lead, may, drums, vocals], [bpm, ""]).unwrap()
    }

    #[test]
    fn a_caption_is_judged_by_what_is_known_and_no_more() {
        let row = truth("Piano", "Bass|Piano", "no", "no", "100");
        let j = judge(&row, &caption("A piano plays a slow tune with a harp. A drum beat."));
        assert_eq!(
            (j.judgement.lead, j.judgement.named, j.judgement.named_true),
            (Some(true), 2, 1)
        );
        assert_eq!((j.judgement.drums_invented, j.judgement.drums_told), (Some(true), None));
        assert_eq!((j.judgement.tempo, &j.false_families[..]), (Some(false), &["harp".into()][..]));
        assert_eq!(j.all_true, Some(false));

        let unknown = truth("", "Piano", "", "", "80");
        let j = judge(&unknown, &caption("A piano plays a slow melody with drums and a singer."));
        assert_eq!((j.judgement.lead, j.judgement.drums_invented), (None, None));
        assert_eq!((j.judgement.tempo, &j.false_families[..]), (None, &["voice".into()][..]));
    }

    #[test]
    fn general_words_are_neither_true_nor_false_families() {
        let row = truth("Harp", "Harp", "no", "no", "");
        let j = judge(&row, &caption("A plucked instrument plays a slow melody."));
        assert_eq!((j.judgement.lead, j.judgement.named, j.all_true), (Some(false), 0, Some(true)));
        assert!(!j.judgement.false_class);
        let j = judge(&row, &caption("A woodwind plays a slow melody."));
        assert!(j.judgement.false_class && j.all_true == Some(true));
    }

    #[test]
    fn where_others_may_sound_no_family_is_false_and_those_that_are_known_still_count() {
        let text = "A distorted electric guitar plays a fast melody with an organ.";
        let known = truth("DistortedGuitar", "Bass|DistortedGuitar", "", "", "");
        let j = judge(&known, &caption(text));
        assert_eq!((&j.false_families[..], j.all_true), (&["organ".into()][..], Some(false)));

        let j = judge(&Row { complete: false, ..known }, &caption(text));
        assert_eq!((j.judgement.lead, j.false_families.len(), j.all_true), (Some(true), 0, None));
        let of: Vec<_> = figures(&[j]).iter().map(|figure| (figure.name, figure.of)).collect();
        for figure in [("leading family right", 1), ("true families a clip", 1)] {
            assert!(of.contains(&figure), "{of:?}");
        }
        for figure in
            [("named families true", 0), ("without a false family", 0), ("all of it true", 0)]
        {
            assert!(of.contains(&figure), "{of:?}");
        }
    }

    #[test]
    fn drums_lead_where_no_family_is_named() {
        let row = truth("Drums", "Drums", "yes", "no", "");
        assert_eq!(judge(&row, &caption("Hand drums play alone.")).judgement.lead, Some(true));
        let j = judge(&row, &caption("A piano plays a melody over hand drums."));
        assert_eq!((j.judgement.lead, j.all_true), (Some(false), Some(false)));
    }

    #[test]
    fn voices_and_their_sex_are_read() {
        let judged =
            |vocals, text| judge(&truth("", "Voice", "", vocals, ""), &caption(text)).judgement;
        let j = judged("female", "A female vocalist sings a slow melody.");
        assert_eq!((j.voices_told, j.sex_said, j.sex_right), (Some(true), Some(true), Some(true)));
        let j = judged("female", "A man sings a slow melody.");
        assert_eq!((j.sex_said, j.sex_right), (Some(true), Some(false)));
        let j = judged("male", "A singer sings.");
        assert_eq!((j.sex_said, j.sex_right), (Some(false), None));
        assert_eq!(judged("no", "Vocals over a bass.").voices_invented, Some(true));
    }

    #[test]
    fn calibration_error_is_the_distance_between_confidence_and_truth() {
        let half: Vec<(f64, bool)> = (0..100).map(|i| (0.5, i % 2 == 0)).collect();
        assert!(calibration_error(&half) < 1e-9);
        let sure: Vec<(f64, bool)> = (0..100).map(|i| (0.9, i % 2 == 0)).collect();
        assert!((calibration_error(&sure) - 0.4).abs() < 1e-9);
        assert!((brier(&[(0.9, true), (0.2, false)]) - 0.025).abs() < 1e-9);
    }

    #[test]
    fn intervals_hold_the_value_and_narrow_with_more_clips() {
        let share = |rows: &[bool]| rows.iter().filter(|r| **r).count() as f64 / rows.len() as f64;
        let width = |clips: usize| {
            let rows: Vec<bool> = (0..clips).map(|i| i % 4 != 0).collect();
            let figure = figure("share", &rows, clips, share);
            let (value, low, high) = (figure.value?, figure.low?, figure.high?);
            assert!(low < value && value < high && (value - 0.75).abs() < 1e-9);
            Some(high - low)
        };
        // The standard error of a share of .75: 1.96 · 2 · √(.75 · .25 / n).
        assert!((width(40).unwrap() - 0.268).abs() < 0.04);
        assert!((width(4_000).unwrap() - 0.0268).abs() < 0.004);
    }

    #[test]
    fn a_file_that_cannot_be_judged_says_where() {
        let path = std::env::temp_dir().join(format!("musicap-truth-{}.csv", std::process::id()));
        let refused = |text: &str| {
            fs::write(&path, text).unwrap();
            format!("{:#}", read(&path).unwrap_err())
        };
        let header = "id,repository,path,start_s,lead,may_be_named,drums,vocals,bpm\n";
        assert!(refused("id,path\n").contains("no column repository"));
        assert!(refused(&format!("{header}a,o/n,a.wav,0,Kazoo,,,,\n")).contains("Kazoo"));
        let wrong = refused(&format!("{header}a,o/n,a.wav,0,,,,,\nb,o/n,a.wav,0,,,perhaps,,\n"));
        assert!(wrong.contains("line 3") && wrong.contains("perhaps"), "{wrong}");
        fs::remove_file(path).unwrap();
    }
}
