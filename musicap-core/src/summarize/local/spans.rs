//! When something is heard: the stretches in which captions agree on it.

use std::ops::Range;

/// A stretch of captions, most of which say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The captions; the first and the last say it.
    pub(super) captions: Range<usize>,
    /// How many of them do.
    pub(super) support: usize,
}

impl Span {
    /// The share of captions that say it, over a half and at most 1.
    pub(super) fn density(&self) -> f64 {
        self.support as f64 / self.captions.len() as f64
    }
}

/// A stretch in the making: its captions, and the running total before and after it.
struct Candidate {
    span: Span,
    before: i64,
    after: i64,
    /// The last candidate on the left whose total before is lower.
    lower: Option<usize>,
}

/// The stretches in which a thing is told of, given the numbers of the captions that do, in
/// rising order.
///
/// These are all maximal scoring subsequences (Ruzzo and Tompa, ISMB 1999) where a caption counts
/// 1 if it tells of the thing and −1 if it does not: a gap is bridged where there is more on both
/// sides of it than in it. Takes time linear in the number of mentions.
pub(super) fn spans(mentions: &[usize]) -> Vec<Span> {
    let mut list: Vec<Candidate> = Vec::new();
    let (mut total, mut next) = (0, 0);
    for &caption in mentions {
        total -= (caption - next) as i64;
        let mut new = Candidate {
            span: Span { captions: caption..caption + 1, support: 1 },
            before: total,
            after: total + 1,
            lower: None,
        };
        total += 1;
        next = caption + 1;
        loop {
            new.lower = lower(&list, new.before);
            match new.lower {
                Some(left) if list[left].after < new.after => {
                    let support = list[left..].iter().map(|candidate| candidate.span.support);
                    new.span.support += support.sum::<usize>();
                    new.span.captions.start = list[left].span.captions.start;
                    new.before = list[left].before;
                    list.truncate(left);
                }
                _ => break,
            }
        }
        list.push(new);
    }
    list.into_iter().map(|candidate| candidate.span).collect()
}

/// The last candidate whose total before is under `before`.
fn lower(list: &[Candidate], before: i64) -> Option<usize> {
    let mut at = list.len().checked_sub(1);
    // What lies between a candidate and its own `lower` is no lower than the candidate.
    while let Some(candidate) = at.map(|at| &list[at])
        && candidate.before >= before
    {
        at = candidate.lower;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Vec<(usize, usize, usize)> {
        let mentions: Vec<usize> = pattern.match_indices('+').map(|(at, _)| at).collect();
        let plain = |span: Span| (span.captions.start, span.captions.end, span.support);
        spans(&mentions).into_iter().map(plain).collect()
    }

    /// The definition: a span scores more than any of its own beginnings and ends, and cannot
    /// grow and stay so.
    fn by_definition(pattern: &str) -> Vec<(usize, usize, usize)> {
        let scores: Vec<i64> =
            pattern.chars().map(|mark| if mark == '+' { 1 } else { -1 }).collect();
        let n = scores.len();
        let sum = |range: Range<usize>| scores[range].iter().sum::<i64>();
        let is_good = |range: Range<usize>| {
            (range.start + 1..range.end)
                .all(|cut| sum(range.start..cut) > 0 && sum(cut..range.end) > 0)
                && sum(range.clone()) > 0
        };
        let all = (0..n).flat_map(|start| (start + 1..=n).map(move |end| start..end));
        let good: Vec<Range<usize>> = all.filter(|range| is_good(range.clone())).collect();
        let holds = |outer: &Range<usize>, inner: &Range<usize>| {
            outer != inner && outer.start <= inner.start && inner.end <= outer.end
        };
        let is_maximal = |range: &&Range<usize>| !good.iter().any(|other| holds(other, range));
        let support =
            |range: &Range<usize>| scores[range.clone()].iter().filter(|&&s| s > 0).count();
        good.iter()
            .filter(is_maximal)
            .map(|range| (range.start, range.end, support(range)))
            .collect()
    }

    #[test]
    fn a_gap_is_bridged_where_there_is_more_around_it() {
        assert_eq!(of("++-++"), [(0, 5, 4)]);
        assert_eq!(of("+-+"), [(0, 1, 1), (2, 3, 1)]);
        assert_eq!(of("----"), []);
        assert_eq!(of("--+++--+"), [(2, 5, 3), (7, 8, 1)]);
    }

    #[test]
    fn all_patterns_of_eleven_captions_agree_with_the_definition() {
        for bits in 0..1 << 11 {
            let mark = |bit| if bits >> bit & 1 == 1 { '+' } else { '-' };
            let pattern: String = (0..11).map(mark).collect();
            assert_eq!(of(&pattern), by_definition(&pattern), "{pattern}");
        }
    }

    #[test]
    fn a_week_of_captions_takes_no_time() {
        let mentions: Vec<usize> = (0..1_000_000).map(|n| n * 3).collect();
        assert_eq!(spans(&mentions).len(), 1_000_000);
    }
}
