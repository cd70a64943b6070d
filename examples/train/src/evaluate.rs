//! Compares what captions say with what the scores hold.

use crate::clip::Record;
use crate::family::FAMILIES;
use crate::score::{Tempo, Texture};
use crate::words::{self, Reading};

/// Shares of right answers over a set of clips.
#[derive(Debug, Default, serde::Serialize)]
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
    /// F1 and number of clips by family.
    pub families: Vec<(String, f64, usize)>,
}

impl Report {
    /// The shares in the order in which they are told: tempo, drums, parts, micro-F1, macro-F1,
    /// lead, exact.
    pub fn figures(&self) -> [f64; 7] {
        [self.tempo, self.drums, self.parts, self.micro_f1, self.macro_f1, self.lead, self.exact]
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
        families.push((traits.family.key(), counts.f1(), counts.hit + counts.missed));
    }
    let present: Vec<f64> =
        families.iter().filter(|family| family.2 > 0).map(|family| family.1).collect();
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
        families,
    }
}

/// What the commonest answers would score: the tempo, the drums and the families of most clips.
pub fn majority(records: &[Record]) -> Report {
    let count = |yes: &dyn Fn(&Record) -> bool| records.iter().filter(|record| yes(record)).count();
    let tempo = [Tempo::Slow, Tempo::Medium, Tempo::Fast]
        .into_iter()
        .max_by_key(|&tempo| count(&|record| record.tempo == tempo));
    let family = FAMILIES
        .iter()
        .max_by_key(|traits| count(&|record| record.families.contains(&traits.family)));
    let drums = count(&|record| record.drums) * 2 > records.len();
    let caption = format!(
        "A {} plays {}. {}",
        family.map_or("piano", |traits| words::family_nouns(traits.family)[0].text),
        tempo.map_or("slow", |tempo| words::tempo_adjectives(tempo)[0]),
        if drums { "Drums." } else { "" }
    );
    evaluate(records, &vec![caption; records.len()])
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
    use crate::compose::compose;
    use crate::dice::{Dice, Purpose};
    use crate::plan::Plan;
    use crate::{caption, clip};

    #[test]
    fn true_captions_score_one_and_foreign_ones_less() {
        let (mut records, mut captions) = (Vec::new(), Vec::new());
        for index in 0..200 {
            let mut dice = Dice::new(5, index, Purpose::Compose);
            let score = compose(&Plan::random(&mut dice), 12.0, &mut dice);
            captions.push(caption::write(&score, &mut dice));
            records.push(clip::record(index, &score, Vec::new(), Vec::new()));
        }
        let report = evaluate(&records, &captions);
        for figure in report.figures() {
            assert_eq!(figure, 1.0);
        }
        captions.rotate_left(1);
        let report = evaluate(&records, &captions);
        assert!(report.micro_f1 < 0.4 && report.tempo < 0.6);
        assert!(majority(&records).micro_f1 < 0.5);
    }
}
