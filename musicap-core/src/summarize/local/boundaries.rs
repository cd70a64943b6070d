//! Where sections begin: captions tell in which chunk the music changes, the sound tells when.

use super::sections::Part;
use crate::audio::SoundChange;
use crate::caption::Caption;

/// The starts of sections in seconds. Each is the most pronounced change of the sound within the
/// length of a caption of where its first caption starts, and before its last one ends, or that start
/// if there is none.
pub(super) fn starts(parts: &[Part], captions: &[Caption], changes: &[SoundChange]) -> Vec<f64> {
    let mut starts: Vec<f64> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let caption = &captions[part.captions.start];
        let length = caption.end_s - caption.start_s;
        let earliest = starts.last().map_or(f64::INFINITY, |last| last + length / 2.0);
        // The next section begins after that.
        let latest = parts
            .get(number + 1)
            .map_or(f64::INFINITY, |next| captions[next.captions.start].start_s - length / 2.0)
            .min(super::end(part.captions.end - 1, captions));
        let range = earliest.max(caption.start_s - length)..=latest.min(caption.start_s + length);
        let near = changes.iter().filter(|change| range.contains(&change.at_s));
        let best = near.max_by(|a, b| a.strength.total_cmp(&b.strength));
        starts.push(best.map_or(caption.start_s, |change| change.at_s));
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::super::super::facts::Facts;
    use super::super::sections::{SECTION_COST, sections};
    use super::*;

    #[test]
    fn sections_begin_where_the_sound_changes_most_near_their_first_caption() {
        let texts = ["A piano.", "A piano.", "A piano.", "Drums.", "Drums.", "Drums."];
        let facts: Vec<Facts> = texts.iter().map(|text| Facts::parse(text)).collect();
        let captions: Vec<Caption> = (0..6)
            .map(|i| Caption::new(i, 10.0 * i as f64, 10.0 * i as f64 + 10.0, texts[i]))
            .collect();
        let parts = sections(&facts, SECTION_COST);
        let of = |changes: &[(f64, f32)]| {
            let changes: Vec<SoundChange> =
                changes.iter().map(|&(at_s, strength)| SoundChange { at_s, strength }).collect();
            starts(&parts, &captions, &changes)
        };
        assert_eq!(of(&[]), [0.0, 30.0]);
        assert_eq!(of(&[(12.0, 0.9), (24.0, 0.3), (36.5, 0.4), (41.0, 0.9)]), [0.0, 36.5]);
        // The recording begins at its beginning, whatever changes near it.
        assert_eq!(of(&[(3.0, 0.9)]), [0.0, 30.0]);
    }
}
