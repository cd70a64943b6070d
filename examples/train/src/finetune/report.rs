//! The report of a run: `report.json` and `report.md`.

use super::pairs::{Place, Remark};
use super::state::Epoch;
use serde::Serialize;
use std::fmt::Write;

/// The report of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    pub base: String,
    pub output: String,
    /// Number of training pairs.
    pub trained_on: usize,
    /// How the held-out pairs were chosen.
    pub held_out: String,
    /// Rows that were skipped, with the reasons.
    pub skipped: Vec<Remark>,
    /// Rows that were used with a change.
    pub remarks: Vec<Remark>,
    /// Number of trainable parameters, and of all parameters.
    pub parameters: [usize; 2],
    pub frozen: Vec<String>,
    pub seed: u64,
    pub batch_size: usize,
    pub learning_rate: f64,
    /// The losses of each epoch. The first entry is the model before training.
    pub epochs: Vec<Epoch>,
    pub best_epoch: usize,
    /// Why the run ended.
    pub ended: String,
    pub seconds: f64,
    /// Training throughput in clips per second.
    pub clips_per_second: f64,
    /// The held-out pairs, then those of --test.
    pub evaluations: Vec<Evaluation>,
}

/// The evaluation on a set of pairs that were not trained on, before and after training.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    pub name: String,
    pub pairs: usize,
    /// Mean cross-entropy per token in nats.
    pub loss_before: f64,
    pub loss_after: f64,
    pub word_counts: Vec<WordCount>,
    pub captions: Vec<Comparison>,
}

/// How often a word occurs in captions of clips that were not trained on.
#[derive(Debug, PartialEq, Serialize)]
pub struct WordCount {
    pub word: String,
    /// Clips whose reference caption contains the word.
    pub positives: usize,
    /// Of these, clips whose generated caption contains it.
    pub true_before: usize,
    pub true_after: usize,
    /// Clips whose reference caption does not contain it.
    pub negatives: usize,
    /// Of these, clips whose generated caption contains it.
    pub false_before: usize,
    pub false_after: usize,
}

/// The reference caption of a clip and the captions of the models.
#[derive(Debug, Serialize)]
pub struct Comparison {
    #[serde(flatten)]
    pub place: Place,
    pub reference: String,
    pub before: String,
    pub after: String,
}

impl WordCount {
    /// Counts `word`, ignoring case, also as a part of longer words.
    pub fn count(word: &str, examples: &[Comparison]) -> Self {
        let contains = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
        let (positives, negatives): (Vec<_>, Vec<_>) =
            examples.iter().partition(|e| contains(&e.reference));
        let before = |of: &[&Comparison]| of.iter().filter(|e| contains(&e.before)).count();
        let after = |of: &[&Comparison]| of.iter().filter(|e| contains(&e.after)).count();
        WordCount {
            word: word.to_owned(),
            positives: positives.len(),
            true_before: before(&positives),
            true_after: after(&positives),
            negatives: negatives.len(),
            false_before: before(&negatives),
            false_after: after(&negatives),
        }
    }
}

/// Number of captions in `report.md`.
const SHOWN: usize = 8;

impl Report {
    /// The report in Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| {
            text += &line;
            text.push('\n');
        };
        let (before, best) = (&self.epochs[0], &self.epochs[self.best_epoch]);
        line(format!("# {} fine-tuned\n", self.base));
        line(match self.best_epoch {
            0 => "No epoch was better on the held-out pairs than the model before training, which \
                  is in the output folder. More pairs, a lower --learning-rate or freezing other \
                  parts may help."
                .into(),
            epoch => format!(
                "Loss on the held-out pairs: **{:.3} before, {:.3} after** (epoch {epoch}), in \
                 nats per token.",
                before.held_out_loss, best.held_out_loss
            ),
        });
        line(format!(
            "\n{} training pairs, {} held out ({}), {} skipped. {} of {} parameters trained; \
             frozen: {}. Batch size {}, learning rate {:.1e}, seed {}.",
            self.trained_on,
            self.evaluations.first().map_or(0, |set| set.pairs),
            self.held_out,
            self.skipped.len(),
            self.parameters[0],
            self.parameters[1],
            if self.frozen.is_empty() { "nothing".into() } else { self.frozen.join(", ") },
            self.batch_size,
            self.learning_rate,
            self.seed
        ));
        line(format!(
            "{} in total, {:.1} clips per second of training. It ended because {}.\n",
            duration(self.seconds),
            self.clips_per_second,
            self.ended
        ));
        line("| epoch | training loss | held-out loss | time |\n|---|---|---|---|".into());
        for epoch in &self.epochs {
            let train = epoch.train_loss.map_or(String::new(), |loss| format!("{loss:.3}"));
            let best = if epoch.epoch == self.best_epoch { " (kept)" } else { "" };
            let (number, held) = (epoch.epoch, epoch.held_out_loss);
            line(format!("| {number}{best} | {train} | {held:.3} | {} |", duration(epoch.seconds)));
        }
        line("\n| pairs | loss before | after |\n|---|---|---|".into());
        for set in &self.evaluations {
            let (before, after) = (set.loss_before, set.loss_after);
            line(format!("| {} ({}) | {before:.3} | {after:.3} |", set.name, set.pairs));
        }
        let word_counts = || {
            self.evaluations.iter().flat_map(|set| set.word_counts.iter().map(move |w| (set, w)))
        };
        if word_counts().next().is_some() {
            line("\n| word | pairs | correct: before | after | false: before | after |\n|---|---|---|---|---|---|".into());
        }
        for (set, w) in word_counts() {
            line(format!(
                "| {} | {} | {} of {} | {} of {} | {} of {} | {} of {} |",
                w.word,
                set.name,
                w.true_before,
                w.positives,
                w.true_after,
                w.positives,
                w.false_before,
                w.negatives,
                w.false_after,
                w.negatives
            ));
        }
        for set in self.evaluations.iter().filter(|set| !set.captions.is_empty()) {
            line(format!("\n## Captions: {}", set.name));
            for Comparison { place, reference, before, after } in set.captions.iter().take(SHOWN) {
                line(format!(
                    "\n{}, line {}\n- reference: {reference}\n- before: {before}\n- after: {after}",
                    place.file, place.line
                ));
            }
        }
        for (title, remarks) in
            [("Skipped rows", &self.skipped), ("Rows used with a change", &self.remarks)]
        {
            if !remarks.is_empty() {
                line(format!("\n## {title}"));
            }
            remarks.iter().for_each(|remark| line(format!("- {remark}")));
        }
        text
    }
}

/// `45 s`, `3 min 20 s`
fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let mut text = String::new();
    if seconds >= 60 {
        let _ = write!(text, "{} min ", seconds / 60);
    }
    let _ = write!(text, "{} s", seconds % 60);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_counted_in_positives_and_negatives() {
        let example = |reference: &str, before: &str, after: &str| Comparison {
            place: Place { file: String::new(), line: 1 },
            reference: reference.into(),
            before: before.into(),
            after: after.into(),
        };
        let examples = [
            example("A kalimba.", "A piano.", "A Kalimba."),
            example("Two kalimbas.", "A kalimba.", "A piano."),
            example("A piano.", "A piano.", "A kalimba."),
        ];
        let counted = WordCount::count("kalimba", &examples);
        assert_eq!((counted.positives, counted.true_before, counted.true_after), (2, 1, 1));
        let wrong = (counted.negatives, counted.false_before, counted.false_after);
        assert_eq!(wrong, (1, 0, 1));
    }
}
