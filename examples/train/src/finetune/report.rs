//! What a run tells when it is done: `report.json` for programs, `report.md` for people.

use super::pairs::{Place, Remark};
use super::state::Epoch;
use serde::Serialize;
use std::fmt::Write;

/// Everything that is known of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    pub base: String,
    pub output: String,
    /// Pairs to train on.
    pub trained_on: usize,
    /// How the held-out pairs were chosen.
    pub held_out: String,
    pub left_out: Vec<Remark>,
    pub remarks: Vec<Remark>,
    /// Numbers that were trained, and numbers in the model.
    pub parameters: [usize; 2],
    pub frozen: Vec<String>,
    pub seed: u64,
    pub batch: usize,
    pub rate: f64,
    /// The model before training is the first.
    pub epochs: Vec<Epoch>,
    pub best_epoch: usize,
    /// Why the run ended.
    pub ended: String,
    pub seconds: f64,
    /// Clips trained on in a second of training steps.
    pub clips_per_second: f64,
    /// The held-out pairs first, then those of --test.
    pub measured: Vec<Measured>,
}

/// Pairs that were not trained on, before and after.
#[derive(Debug, Serialize)]
pub struct Measured {
    pub name: String,
    pub pairs: usize,
    /// Mean cross-entropy of a token, in nats.
    pub loss_before: f64,
    pub loss_after: f64,
    pub watched: Vec<Watched>,
    pub captions: Vec<Example>,
}

/// How often a word that was asked about is said of clips that were not trained on.
#[derive(Debug, PartialEq, Serialize)]
pub struct Watched {
    pub word: String,
    /// Clips whose own caption says it.
    pub with: usize,
    pub said_before: usize,
    pub said_after: usize,
    /// Clips whose own caption does not.
    pub without: usize,
    pub wrongly_said_before: usize,
    pub wrongly_said_after: usize,
}

/// A clip's own caption and the model's.
#[derive(Debug, Serialize)]
pub struct Example {
    #[serde(flatten)]
    pub place: Place,
    pub own: String,
    pub before: String,
    pub after: String,
}

impl Watched {
    /// Counts `word`, in whatever case and inside longer words too.
    pub fn count(word: &str, examples: &[Example]) -> Self {
        let says = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
        let (with, without): (Vec<_>, Vec<_>) = examples.iter().partition(|e| says(&e.own));
        let before = |of: &[&Example]| of.iter().filter(|e| says(&e.before)).count();
        let after = |of: &[&Example]| of.iter().filter(|e| says(&e.after)).count();
        Watched {
            word: word.to_owned(),
            with: with.len(),
            said_before: before(&with),
            said_after: after(&with),
            without: without.len(),
            wrongly_said_before: before(&without),
            wrongly_said_after: after(&without),
        }
    }
}

/// Captions that `report.md` shows.
const SHOWN: usize = 8;

impl Report {
    /// The report for people, in Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| {
            text += &line;
            text.push('\n');
        };
        let (before, best) = (&self.epochs[0], &self.epochs[self.best_epoch]);
        line(format!("# {} fine-tuned\n", self.base));
        line(match self.best_epoch {
            0 => "No epoch was better on the held-out pairs than the model before training, so \
                  the folder holds that model. More pairs, a lower --rate or other parts frozen \
                  may help."
                .into(),
            epoch => format!(
                "Loss on the held-out pairs: **{:.3} before, {:.3} after** (epoch {epoch}), in \
                 nats a token.",
                before.held_out_loss, best.held_out_loss
            ),
        });
        line(format!(
            "\n{} pairs trained on, {} held out ({}), {} left out. {} of {} parameters trained; \
             frozen: {}. Batch {}, rate {:.1e}, seed {}.",
            self.trained_on,
            self.measured.first().map_or(0, |set| set.pairs),
            self.held_out,
            self.left_out.len(),
            self.parameters[0],
            self.parameters[1],
            if self.frozen.is_empty() { "nothing".into() } else { self.frozen.join(", ") },
            self.batch,
            self.rate,
            self.seed
        ));
        line(format!(
            "{} in all, {:.1} clips a second while training. The end: {}.\n",
            duration(self.seconds),
            self.clips_per_second,
            self.ended
        ));
        line("| epoch | loss in training | held out | after |\n|---|---|---|---|".into());
        for epoch in &self.epochs {
            let train = epoch.train_loss.map_or(String::new(), |loss| format!("{loss:.3}"));
            let best = if epoch.epoch == self.best_epoch { " (kept)" } else { "" };
            let (number, held) = (epoch.epoch, epoch.held_out_loss);
            line(format!("| {number}{best} | {train} | {held:.3} | {} |", duration(epoch.seconds)));
        }
        line("\n| pairs | loss before | after |\n|---|---|---|".into());
        for set in &self.measured {
            let (before, after) = (set.loss_before, set.loss_after);
            line(format!("| {} ({}) | {before:.3} | {after:.3} |", set.name, set.pairs));
        }
        let watched =
            || self.measured.iter().flat_map(|set| set.watched.iter().map(move |w| (set, w)));
        if watched().next().is_some() {
            line("\n| word | pairs | said where it belongs: before | after | said elsewhere: before | after |\n|---|---|---|---|---|---|".into());
        }
        for (set, w) in watched() {
            line(format!(
                "| {} | {} | {} of {} | {} of {} | {} of {} | {} of {} |",
                w.word,
                set.name,
                w.said_before,
                w.with,
                w.said_after,
                w.with,
                w.wrongly_said_before,
                w.without,
                w.wrongly_said_after,
                w.without
            ));
        }
        for set in self.measured.iter().filter(|set| !set.captions.is_empty()) {
            line(format!("\n## Captions: {}", set.name));
            for Example { place, own, before, after } in set.captions.iter().take(SHOWN) {
                line(format!(
                    "\n{}, line {}\n- own: {own}\n- before: {before}\n- after: {after}",
                    place.file, place.line
                ));
            }
        }
        for (title, remarks) in [("Left out", &self.left_out), ("Used, but", &self.remarks)] {
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
    fn a_word_is_counted_where_it_belongs_and_where_it_does_not() {
        let example = |own: &str, before: &str, after: &str| Example {
            place: Place { file: String::new(), line: 1 },
            own: own.into(),
            before: before.into(),
            after: after.into(),
        };
        let examples = [
            example("A kalimba.", "A piano.", "A Kalimba."),
            example("Two kalimbas.", "A kalimba.", "A piano."),
            example("A piano.", "A piano.", "A kalimba."),
        ];
        let counted = Watched::count("kalimba", &examples);
        assert_eq!((counted.with, counted.said_before, counted.said_after), (2, 1, 1));
        let wrong = (counted.without, counted.wrongly_said_before, counted.wrongly_said_after);
        assert_eq!(wrong, (1, 0, 1));
    }
}
