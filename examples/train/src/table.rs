//! Figures of several sets side by side, for people.

use std::fmt::Write;

use crate::evaluate::FamilyReport;
use crate::measure::{Figures, Measured};

/// Width of a column of numbers.
const WIDTH: usize = 9;
/// Width of the column of names.
const NAMES: usize = 18;

/// All figures, a set beside the other, each with what the commonest answers would score.
pub fn figures(sets: &[Measured]) -> String {
    let mut columns: Vec<(&str, &str, &Figures)> = Vec::new();
    for set in sets {
        columns.push((&set.data, "model", &set.model));
        if let Some(majority) = &set.majority {
            columns.push(("", "majority", majority));
        }
    }
    let rows: Vec<_> = columns.iter().map(|(_, _, figures)| figures.rows()).collect();
    let mut text = line("", columns.iter().map(|(set, _, _)| cut(set)));
    text += &line("", columns.iter().map(|(_, whose, _)| (*whose).to_owned()));
    let clips = |set: &Measured| {
        let blank = set.majority.is_some().then(String::new);
        std::iter::once(set.clips.to_string()).chain(blank)
    };
    text += &line("clips", sets.iter().flat_map(clips));
    // A set without scores has some rows less.
    let longest = rows.iter().max_by_key(|rows| rows.len());
    for (name, _) in longest.into_iter().flatten() {
        let cell = |rows: &Vec<(&str, f64)>| {
            let value = rows.iter().find(|(row, _)| row == name);
            value.map_or(String::new(), |(_, value)| format!("{value:.3}"))
        };
        text += &line(name, rows.iter().map(cell));
    }
    text
}

impl Figures {
    fn rows(&self) -> Vec<(&'static str, f64)> {
        let attributes = self.attributes.iter().flat_map(|report| report.figures());
        let [bleu1, bleu2, bleu3, bleu4] = self.metrics.bleu;
        let metrics = [
            ("BLEU-1", bleu1),
            ("BLEU-2", bleu2),
            ("BLEU-3", bleu3),
            ("BLEU-4", bleu4),
            ("ROUGE-L", self.metrics.rouge_l),
            ("CIDEr-D", self.metrics.cider_d),
        ];
        attributes.chain(metrics).collect()
    }
}

/// Shares of captions that are the same in less than float32; nothing if it was not looked at.
pub fn agreement(sets: &[Measured]) -> String {
    let mut text = String::new();
    let precisions = sets.first().map_or(&[][..], |set| &set.agreement);
    for (i, less) in precisions.iter().enumerate() {
        let share = |name: &str, share: fn(&crate::agreement::Agreement) -> f64| {
            let cells = sets.iter().map(|set| format!("{:.3}", share(&set.agreement[i])));
            line(&format!("{} {name}", less.precision), cells)
        };
        text += &share("identical", |agreement| agreement.identical);
        text += &share("but one word", |agreement| agreement.one_word);
    }
    match text.is_empty() {
        true => text,
        false => {
            let sets = line("as in f32", sets.iter().map(|set| cut(&set.data)));
            format!("\n{sets}{text}")
        }
    }
}

/// How well each family is told.
pub fn families(sets: &[Measured]) -> String {
    let reports: Vec<_> =
        sets.iter().filter_map(|set| Some((set, set.model.attributes.as_ref()?))).collect();
    let Some((_, first)) = reports.first() else { return String::new() };
    let heads = reports.iter().flat_map(|(set, _)| [&set.data[..], "", "", ""].map(cut));
    let mut text = format!("\n{}", line("families", heads));
    let columns = reports.iter().flat_map(|_| ["F1", "clips", "missed", "invented"].map(cut));
    text += &line("", columns);
    for (i, family) in first.families.iter().enumerate() {
        let cells = reports.iter().flat_map(|(_, report)| {
            let FamilyReport { f1, clips, missed, invented, .. } = &report.families[i];
            [format!("{f1:.2}"), clips.to_string(), missed.to_string(), invented.to_string()]
        });
        text += &line(&family.family, cells);
    }
    text
}

/// The faults of each set, one set after the other.
pub fn faults(sets: &[Measured]) -> String {
    let mut text = String::new();
    for set in sets {
        let Some(faults) = &set.faults else { continue };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nfaults on {}, in clips", set.data);
        for (name, clips) in &faults.commonest {
            let _ = writeln!(text, "{clips:5}  {name}");
        }
        for worst in &faults.worst {
            let _ = writeln!(text, "clip {} ({} faults)", worst.index, worst.faults);
            let _ = writeln!(text, "  says   {}", worst.said);
            let _ = writeln!(text, "  truth  {}", worst.true_caption);
        }
    }
    text
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let mut text = format!("{name:NAMES$}");
    for cell in cells {
        let _ = write!(text, " {cell:>WIDTH$}");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A set's name, shortened to the width of a column.
fn cut(name: &str) -> String {
    name.chars().take(WIDTH).collect()
}
