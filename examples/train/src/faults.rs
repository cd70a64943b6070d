//! What a model gets wrong most, to see what the recipe should change.

use std::collections::HashMap;

use serde::Serialize;

use crate::clip::Record;
use crate::family::Family;
use crate::words::{self, Reading};

/// The faults of a set of captions.
#[derive(Debug, Default, Serialize)]
pub struct Faults {
    /// What went wrong and in how many clips, the commonest first.
    pub commonest: Vec<(String, usize)>,
    /// The captions with the most faults.
    pub worst: Vec<Worst>,
}

/// A caption that is far from the truth.
#[derive(Debug, Serialize)]
pub struct Worst {
    /// The clip's number among those of its seed.
    pub index: u64,
    pub faults: usize,
    pub said: String,
    pub true_caption: String,
}

/// Looks for faults in captions of the same clips as `records`, silent ones left out; keeps the
/// `most` commonest, and the `worst` captions.
///
/// A family that is missed in a clip where another is invented counts as told as that other, for
/// each of the others.
pub fn faults(records: &[Record], captions: &[String], most: usize, worst: usize) -> Faults {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut found = Vec::new();
    for (record, caption) in records.iter().zip(captions).filter(|(record, _)| !record.silent) {
        let reading = words::read(caption);
        let (missed, invented) = wrong_families(record, &reading);
        let faults = missed.len()
            + invented.len()
            + usize::from(reading.tempo != Some(record.tempo))
            + usize::from(reading.drums != record.drums);
        for name in names(record, &reading) {
            *counts.entry(name).or_default() += 1;
        }
        found.push(Worst {
            index: record.index,
            faults,
            said: caption.clone(),
            true_caption: record.captions.first().cloned().unwrap_or_default(),
        });
    }
    let mut commonest: Vec<(String, usize)> = counts.into_iter().collect();
    // By name where they are as common, so that a report is the same every time.
    commonest.sort_by(|(a, a_clips), (b, b_clips)| b_clips.cmp(a_clips).then(a.cmp(b)));
    commonest.truncate(most);
    found.sort_by_key(|caption| std::cmp::Reverse(caption.faults));
    found.truncate(worst);
    found.retain(|caption| caption.faults > 0);
    Faults { commonest, worst: found }
}

/// The families that a caption misses, and those that it invents.
fn wrong_families(record: &Record, reading: &Reading) -> (Vec<Family>, Vec<Family>) {
    let without = |all: &[Family], others: &[Family]| {
        let mut wrong: Vec<Family> =
            all.iter().filter(|family| !others.contains(family)).copied().collect();
        wrong.sort();
        wrong.dedup();
        wrong
    };
    (without(&record.families, &reading.families), without(&reading.families, &record.families))
}

/// The names of a caption's faults.
fn names(record: &Record, reading: &Reading) -> Vec<String> {
    let (missed, invented) = wrong_families(record, reading);
    let keys = |families: Vec<Family>| families.into_iter().map(Family::key).collect::<Vec<_>>();
    let (missed, invented) = (keys(missed), keys(invented));
    let mut names = Vec::new();
    for family in &missed {
        names.extend(invented.iter().map(|other| format!("{family} told as {other}")));
    }
    if invented.is_empty() {
        names.extend(missed.iter().map(|family| format!("{family} missed")));
    }
    if missed.is_empty() {
        names.extend(invented.iter().map(|family| format!("{family} invented")));
    }
    let tempo = format!("{:?}", record.tempo).to_lowercase();
    match reading.tempo {
        None => names.push(format!("{tempo} tempo not told")),
        Some(told) if told != record.tempo => {
            names.push(format!("{tempo} tempo told as {}", format!("{told:?}").to_lowercase()));
        }
        Some(_) => {}
    }
    match (record.drums, reading.drums) {
        (true, false) => names.push("drums missed".to_owned()),
        (false, true) => names.push("drums invented".to_owned()),
        _ => {}
    }
    if reading.repeats {
        names.push("an instrument named twice".to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Dynamics, Style, Tempo, Texture};

    fn record(families: &[Family]) -> Record {
        Record {
            index: 7,
            kind: Default::default(),
            parts: Vec::new(),
            voice_kind: None,
            woman: None,
            genre: None,
            scattered: false,
            taught: Vec::new(),
            quality: None,
            codec: None,
            level: None,
            fonts: Vec::new(),
            bpm: 60.0,
            first_beat_s: None,
            key: None,
            beats_per_bar: None,
            tempo: Tempo::Slow,
            dynamics: Dynamics::Moderate,
            style: Style::Free,
            texture: Texture::Small,
            drums: false,
            groove: None,
            silent: false,
            lead: families.first().copied(),
            families: families.to_vec(),
            programs: Vec::new(),
            caption: "What is true.".to_owned(),
            captions: Vec::new(),
        }
    }

    #[test]
    fn faults_are_named() {
        let record = record(&[Family::Harp, Family::Flute]);
        let said = |caption: &str| names(&record, &words::read(caption));
        assert!(said("A harp and a flute, slow.").is_empty());
        assert_eq!(said("A slow harp solo."), ["flute missed"]);
        assert_eq!(
            said("A harp, a flute and a piano with drums."),
            ["piano invented", "slow tempo not told", "drums invented"]
        );
        assert_eq!(
            said("A fast piece for harp and piano with a piano."),
            ["flute told as piano", "slow tempo told as fast", "an instrument named twice"]
        );
    }

    #[test]
    fn the_commonest_come_first_and_right_captions_are_no_worst_ones() {
        let records = [record(&[Family::Harp]), record(&[Family::Harp]), record(&[Family::Harp])];
        let captions = ["A slow piano.", "A slow harp.", "A slow piano and drums."];
        let faults = faults(&records, &captions.map(str::to_owned), 5, 3);
        let expected = [("harp told as piano".to_owned(), 2), ("drums invented".to_owned(), 1)];
        assert_eq!(faults.commonest, expected);
        let worst: Vec<_> = faults.worst.iter().map(|w| (w.faults, &w.said[..])).collect();
        assert_eq!(worst, [(3, "A slow piano and drums."), (2, "A slow piano.")]);
    }
}
