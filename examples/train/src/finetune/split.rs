//! The held-out split.

use crate::rng::{Purpose, Rng};
use anyhow::{Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;

/// Whether each clip is held out, given its recording: at least one, about `share` of them, never all.
/// Whole recordings are held out, since clips of the same recording are too similar for a test. If
/// there is only one recording, single clips are held out.
///
/// # Errors
/// If there are fewer than two clips.
pub fn held_out(recordings: &[&Path], share: f64, seed: u64) -> Result<Vec<bool>> {
    let count = recordings.len();
    ensure!(count > 1, "one pair is too few, as some are held out; add more pairs");
    // Clips of the same recording.
    let mut groups: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (clip, recording) in recordings.iter().enumerate() {
        groups.entry(recording).or_default().push(clip);
    }
    let mut groups: Vec<Vec<usize>> = match groups.len() {
        1 => (0..count).map(|clip| vec![clip]).collect(),
        _ => groups.into_values().collect(),
    };
    Rng::new(seed, 0, Purpose::Tune).shuffle(&mut groups);
    let wanted = ((count as f64 * share).round() as usize).clamp(1, count - 1);
    let mut held = vec![false; count];
    let mut so_far = 0;
    // The last group is always trained on.
    for group in &groups[..groups.len() - 1] {
        // One recording may be most of the data.
        let too_many = so_far > 0 && so_far + group.len() > 2 * wanted;
        if so_far < wanted && !too_many {
            so_far += group.len();
            group.iter().for_each(|&clip| held[clip] = true);
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_not_split_and_the_share_is_kept() {
        let names: Vec<String> = (0..40).map(|i| format!("{}.wav", i / 2)).collect();
        let names: Vec<&Path> = names.iter().map(Path::new).collect();
        for seed in 0..10 {
            let held = held_out(&names, 0.15, seed).unwrap();
            assert_eq!(held.iter().filter(|held| **held).count(), 6);
            assert!(held.chunks(2).all(|pair| pair[0] == pair[1]));
            assert_eq!(held_out(&names, 0.15, seed).unwrap(), held);
        }
    }

    #[test]
    fn both_parts_have_a_clip_for_any_share() {
        let [a, b] = ["a", "b"].map(Path::new);
        for (names, share) in [(&[a, b][..], 0.01), (&[a, b], 0.99), (&[a, a, a], 0.5)] {
            let held = held_out(names, share, 1).unwrap();
            assert!(held.contains(&true) && held.contains(&false));
        }
        assert!(held_out(&[a], 0.5, 1).is_err());
    }
}
