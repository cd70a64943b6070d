//! Compares what captions say with what the scores hold.

use crate::caption;
use crate::clip::Record;
use crate::family::FAMILIES;
use crate::score::{Tempo, Texture};
use crate::words::{self, Reading};
use serde::Serialize;

/// Shares of right answers over a set of clips.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub clips: usize,
    pub tempo: f64,
    pub drums: f64,
    pub parts: f64,
    pub micro_f1: f64,
    pub macro_f1: f64,
    /// The leading instrument is named.
    pub lead: f64,
    /// The families named are exactly those that play.
    pub exact: f64,
    /// An instrument is named twice by the same name: a fault, unlike the others.
    pub repeats: f64,
    pub families: Vec<FamilyReport>,
}

/// How well one family is told.
#[derive(Debug, Serialize)]
pub struct FamilyReport {
    pub family: String,
    pub f1: f64,
    /// Clips that it plays in.
    pub clips: usize,
    /// Clips that it plays in without being told.
    pub missed: usize,
    /// Clips in which it is told without playing.
    pub invented: usize,
}

impl Report {
    /// The shares by name, in the order in which they are told.
    pub fn figures(&self) -> [(&'static str, f64); 8] {
        [
            ("tempo", self.tempo),
            ("drums", self.drums),
            ("parts", self.parts),
            ("micro-F1", self.micro_f1),
            ("macro-F1", self.macro_f1),
            ("lead", self.lead),
            ("exact", self.exact),
            ("repeats", self.repeats),
        ]
    }
}

/// Scores `captions` against the records of the same clips.
pub fn evaluate(records: &[Record], captions: &[String]) -> Report {
    let pairs: Vec<(&Record, Reading)> = records
        .iter()
        .zip(captions)
        .filter(|(record, _)| !record.silent)
        .map(|(record, caption)| (record, words::read(caption)))
        .collect();
    let share = |right: &dyn Fn(&Record, &Reading) -> bool| {
        pairs.iter().filter(|(record, reading)| right(record, reading)).count() as f64
            / pairs.len().max(1) as f64
    };

    let mut families = Vec::new();
    let mut all = Counts::default();
    for traits in &FAMILIES {
        let mut counts = Counts::default();
        for (record, reading) in &pairs {
            counts.add(
                record.families.contains(&traits.family),
                reading.families.contains(&traits.family),
            );
        }
        all.merge(&counts);
        families.push(FamilyReport {
            family: traits.family.key(),
            f1: counts.f1(),
            clips: counts.hit + counts.missed,
            missed: counts.missed,
            invented: counts.invented,
        });
    }
    let present: Vec<f64> =
        families.iter().filter(|family| family.clips > 0).map(|family| family.f1).collect();
    Report {
        clips: pairs.len(),
        tempo: share(&|record, reading| reading.tempo == Some(record.tempo)),
        drums: share(&|record, reading| reading.drums == record.drums),
        parts: share(&|record, reading| texture(reading) == record.texture),
        micro_f1: all.f1(),
        macro_f1: present.iter().sum::<f64>() / present.len().max(1) as f64,
        lead: share(&|record, reading| {
            record.lead.is_none_or(|lead| reading.families.contains(&lead))
        }),
        exact: share(&|record, reading| {
            let (mut told, mut played) = (reading.families.clone(), record.families.clone());
            told.sort();
            played.sort();
            told == played
        }),
        repeats: share(&|_, reading| reading.repeats),
        families,
    }
}

/// The caption that gives the commonest answers: the tempo, the drums and the family of most
/// clips.
pub fn majority(records: &[Record]) -> String {
    let count = |yes: &dyn Fn(&Record) -> bool| records.iter().filter(|record| yes(record)).count();
    let tempo = [Tempo::Slow, Tempo::Medium, Tempo::Fast]
        .into_iter()
        .max_by_key(|&tempo| count(&|record| record.tempo == tempo));
    let family = FAMILIES
        .iter()
        .max_by_key(|traits| count(&|record| record.families.contains(&traits.family)));
    let drums = count(&|record| record.drums) * 2 > records.len();
    format!(
        "A {} instrumental piece featuring {}. {}",
        tempo.map_or("slow", |tempo| words::tempo_adjectives(tempo)[0]),
        family.map_or("a piano".into(), |traits| {
            caption::with_article(words::family_nouns(traits.family)[0])
        }),
        if drums { "The rhythm comes from a drum beat." } else { "There are no drums." }
    )
}

fn texture(reading: &Reading) -> Texture {
    match reading.families.len() + usize::from(reading.drums) {
        0 | 1 => Texture::Solo,
        2 | 3 => Texture::Small,
        _ => Texture::Full,
    }
}

#[derive(Default)]
struct Counts {
    hit: usize,
    missed: usize,
    invented: usize,
}

impl Counts {
    fn add(&mut self, played: bool, told: bool) {
        match (played, told) {
            (true, true) => self.hit += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.invented += 1,
            (false, false) => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.hit += other.hit;
        self.missed += other.missed;
        self.invented += other.invented;
    }

    fn f1(&self) -> f64 {
        let all = 2 * self.hit + self.missed + self.invented;
        2.0 * self.hit as f64 / all.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip;
    use crate::compose::compose;
    use crate::plan::Plan;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn true_captions_score_one_and_foreign_ones_less() {
        let (mut records, mut captions) = (Vec::new(), Vec::new());
        for index in 0..200 {
            let mut rng = Rng::new(5, index, Purpose::Compose);
            let score = compose(&Plan::random(&mut rng), 12.0, &mut rng);
            captions.push(caption::write(&score, &mut rng));
            records.push(clip::record(index, &score, Vec::new(), Vec::new()));
        }
        let report = evaluate(&records, &captions);
        for (name, figure) in report.figures() {
            assert_eq!(figure, if name == "repeats" { 0.0 } else { 1.0 }, "{name}");
        }
        captions.rotate_left(1);
        let report = evaluate(&records, &captions);
        assert!(report.micro_f1 < 0.4 && report.tempo < 0.6);
        let commonest = vec![majority(&records); records.len()];
        let report = evaluate(&records, &commonest);
        assert!(report.micro_f1 < 0.5 && report.tempo > 0.3 && report.drums > 0.5);
    }
}
