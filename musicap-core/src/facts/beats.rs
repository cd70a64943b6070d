//! The times of beats from onset strengths and a tempo.
//!
//! Beats are where onsets are strong, at distances near the tempo's period: the best sequence is found
//! by dynamic programming (Ellis, "Beat tracking by dynamic programming", JNMR 2007).

/// How strongly distances other than the period are avoided.
const TIGHTNESS: f32 = 100.0;
/// Onsets are smoothed by a Gaussian whose standard deviation is so much of a period.
const SMOOTHING: f32 = 1.0 / 32.0;
/// At both ends beats weaker than so much of the root mean square of all are left out.
const WEAK: f32 = 0.5;

/// The beats, in frames, of `onsets` with about `period` frames between them.
pub(super) fn track(onsets: &[f32], period: f32) -> Vec<usize> {
    let norm = (onsets.iter().map(|x| x * x).sum::<f32>() / onsets.len().max(1) as f32).sqrt();
    if norm <= 0.0 || period < 2.0 {
        return Vec::new();
    }
    let strengths = smoothed(onsets, period * SMOOTHING, norm);
    // The best sum of a sequence that ends in each frame, and the beat before it.
    let mut sums = vec![0.0_f32; strengths.len()];
    let mut before: Vec<Option<usize>> = vec![None; strengths.len()];
    let (nearest, farthest) = ((period / 2.0).round() as usize, (period * 2.0).round() as usize);
    let costs: Vec<f32> = (nearest.max(1)..=farthest)
        .map(|distance| -TIGHTNESS * (distance as f32 / period).ln().powi(2))
        .collect();
    // Until the first clear onset a sequence has no beat before.
    let loudest = strengths.iter().copied().fold(0.0, f32::max);
    let mut has_begun = false;
    for at in 0..strengths.len() {
        // A sequence may begin anywhere.
        let mut best = (0.0, None);
        for (distance, cost) in (nearest.max(1)..).zip(&costs) {
            let Some(place) = at.checked_sub(distance) else { break };
            let sum = sums[place] + cost;
            if sum > best.0 {
                best = (sum, Some(place));
            }
        }
        sums[at] = strengths[at] + best.0;
        has_begun |= strengths[at] >= 0.01 * loudest;
        before[at] = best.1.filter(|_| has_begun);
    }
    let beats = without_weak_ends(sequence(&sums, &before, period), &strengths);
    if beats.len() < 2 { Vec::new() } else { beats }
}

/// Onset strengths of unit mean square, smoothed.
fn smoothed(onsets: &[f32], deviation: f32, norm: f32) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil().max(1.0) as usize;
    let weight = |distance: usize| {
        let x = distance as f32 / deviation.max(0.3);
        (-0.5 * x * x).exp() / norm
    };
    let weights: Vec<f32> = (0..=reach).map(weight).collect();
    (0..onsets.len())
        .map(|at| {
            let (start, end) = (at.saturating_sub(reach), (at + reach + 1).min(onsets.len()));
            (start..end).map(|place| onsets[place] * weights[place.abs_diff(at)]).sum()
        })
        .collect()
}

/// The sequence that ends in the last frame whose sum is a peak and at least half of their median.
fn sequence(sums: &[f32], before: &[Option<usize>], period: f32) -> Vec<usize> {
    let peaks: Vec<usize> = (1..sums.len().saturating_sub(1))
        .filter(|&at| sums[at] > sums[at - 1] && sums[at] >= sums[at + 1])
        .collect();
    let mut values: Vec<f32> = peaks.iter().map(|&at| sums[at]).collect();
    values.sort_by(f32::total_cmp);
    let Some(&median) = values.get(values.len() / 2) else { return Vec::new() };
    // Among the peaks of the last period the strongest.
    let high = |&&at: &&usize| 2.0 * sums[at] >= median;
    let Some(&last) = peaks.iter().rev().find(high) else { return Vec::new() };
    let near = peaks.iter().filter(|&&at| at as f32 > last as f32 - period && at <= last);
    let end = near.copied().max_by(|&a, &b| sums[a].total_cmp(&sums[b])).unwrap_or(last);
    let mut beats: Vec<usize> = std::iter::successors(Some(end), |&at| before[at]).collect();
    beats.reverse();
    beats
}

fn without_weak_ends(beats: Vec<usize>, strengths: &[f32]) -> Vec<usize> {
    let squares: f32 = beats.iter().map(|&at| strengths[at] * strengths[at]).sum();
    let least = WEAK * (squares / beats.len().max(1) as f32).sqrt();
    let is_strong = |at: &usize| strengths[*at] >= least;
    let Some(first) = beats.iter().position(is_strong) else { return Vec::new() };
    let last = beats.iter().rposition(is_strong).unwrap_or(first);
    beats[first..=last].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Onsets with pulses of the given strengths in these frames, and a ripple.
    fn onsets(frames: usize, pulses: &[(usize, f32)]) -> Vec<f32> {
        let mut onsets: Vec<f32> = (0..frames).map(|n| ((n * 7) % 13) as f32 * 0.005).collect();
        pulses.iter().for_each(|&(at, strength)| onsets[at] += strength);
        onsets
    }

    #[test]
    fn beats_are_the_pulses_and_fill_what_is_missing_between_them() {
        let expected: Vec<usize> = (0..20).map(|n| 15 + n * 30).collect();
        let strong = |n: usize| if n.is_multiple_of(4) { 1.0 } else { 0.6 };
        let pulses: Vec<(usize, f32)> =
            expected.iter().enumerate().map(|(n, &at)| (at, strong(n))).collect();
        assert_eq!(track(&onsets(640, &pulses), 30.0), expected);
        // A period that is a little wrong, and a pulse that is missing.
        let mut some = pulses.clone();
        some.remove(9);
        let found = track(&onsets(640, &some), 30.6);
        assert_eq!(found.len(), expected.len());
        let mut apart = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b));
        assert!(apart.all(|frames| frames <= 2), "{found:?}");
    }

    #[test]
    fn beats_follow_a_tempo_that_drifts() {
        let mut at = 10.0;
        let mut expected = Vec::new();
        for n in 0..40 {
            expected.push(at as usize);
            at += 30.0 + 3.0 * (n as f32 / 39.0);
        }
        let pulses: Vec<(usize, f32)> = expected.iter().map(|&at| (at, 1.0)).collect();
        let found = track(&onsets(1300, &pulses), 31.5);
        assert_eq!(found, expected);
    }

    #[test]
    fn there_are_no_beats_without_onsets() {
        assert!(track(&[], 30.0).is_empty());
        assert!(track(&[0.0; 500], 30.0).is_empty());
        assert!(track(&[1.0; 3], 30.0).is_empty());
        assert!(track(&onsets(500, &[]), 1.0).is_empty());
    }
}
