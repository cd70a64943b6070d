//! Sections: runs of captions that say alike.
//!
//! The captions are divided so that the sum of two costs is the least: for every section a
//! constant, and for every caption in it that disagrees with the section's majority about a fact,
//! that fact's weight (an optimal partition by dynamic programming, Jackson et al. 2005). So one
//! caption that errs between neighbours that agree makes no section and appears in no state.

use std::collections::HashMap;
use std::ops::Range;

use super::super::facts::{Facts, Kind, Term};

/// What a section costs, in weights of facts.
pub(super) const SECTION_COST: f64 = 2.5;
/// The same where there are too few captions to tell errors from changes.
const FEW_SECTION_COST: f64 = 1.0;
/// With fewer captions than this each is believed.
pub(super) const FEW: usize = 5;
/// How many blocks are compared, each with each. Longer recordings have several captions a block.
const MAX_BLOCKS: usize = 1000;

/// What the captions of a section agree on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// The leading sound first, drums and sounds that are no music last.
    pub(super) sounds: Vec<Term>,
    pub(super) absent: Vec<Term>,
    pub(super) tempo: Option<Term>,
    pub(super) moods: Vec<Term>,
    pub(super) loudness: Option<Term>,
    pub(super) genre: Option<Term>,
    pub(super) form: Option<Term>,
    pub(super) recording: Vec<Term>,
    pub(super) is_silent: bool,
    pub(super) is_solo: bool,
}

/// A section of a recording.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) captions: Range<usize>,
    pub(super) state: State,
}

impl Part {
    /// What a title is made from: the state, or where no sound is in most of the captions those
    /// that are in any.
    pub(super) fn titled(&self, facts: &[Facts]) -> State {
        let mut state = self.state.clone();
        if state.sounds.is_empty() && state.genre.is_none() && !state.is_silent {
            for term in facts[self.captions.clone()].iter().flat_map(|one| one.of(Kind::is_sound)) {
                if !state.has(term) {
                    state.sounds.push(term);
                }
            }
            state.is_solo &= state.sounds.len() == 1;
        }
        state
    }
}

/// Divides the captions of a recording, of which there is at least one, into sections.
pub(super) struct Divider<'a> {
    facts: &'a [Facts],
    /// How many captions a block has.
    block: usize,
    /// By the last block and the first, what a section of them costs by disagreement.
    disagreement: Vec<Vec<f64>>,
}

impl<'a> Divider<'a> {
    pub(super) fn new(facts: &'a [Facts]) -> Self {
        let block = facts.len().div_ceil(MAX_BLOCKS).max(1);
        Divider { facts, block, disagreement: disagreement(facts, block) }
    }

    /// The sections where each costs this much.
    pub(super) fn at_cost(&self, cost: f64) -> Vec<Part> {
        let few = self.facts.len() < FEW;
        let cost = if few { cost.min(FEW_SECTION_COST) } else { cost };
        // The least cost of the first `end` blocks, and where their last section starts.
        let mut best: Vec<(f64, usize)> = vec![(0.0, 0)];
        for own in &self.disagreement {
            let total = |start: usize| best[start].0 + cost + own[start];
            best.push(least((0..own.len()).rev().map(|start| (total(start), start))));
        }
        self.parts(|end, _| best[end].1, 0)
    }

    /// The sections with the least disagreement of at most `most` sections.
    pub(super) fn at_most(&self, most: usize) -> Vec<Part> {
        // With one section more than the row above, the same as for a cost.
        let first = self.disagreement.iter().map(|own| (own[0], 0));
        let mut rows: Vec<Vec<(f64, usize)>> =
            vec![std::iter::once((0.0, 0)).chain(first).collect()];
        for _ in 1..most.min(self.disagreement.len()) {
            let above = &rows[rows.len() - 1];
            let mut row = vec![(0.0, 0)];
            for own in &self.disagreement {
                let divided =
                    (1..own.len()).rev().map(|start| (above[start].0 + own[start], start));
                row.push(least(divided.chain([(own[0], 0)])));
            }
            rows.push(row);
        }
        self.parts(|end, left| rows[left][end].1, rows.len() - 1)
    }

    /// The sections from the last to the first: `start` gives where one starts, by its end and by
    /// how many may come before it.
    fn parts(&self, start: impl Fn(usize, usize) -> usize, most: usize) -> Vec<Part> {
        let facts = self.facts;
        let mut ranges = Vec::new();
        let (mut end, mut left) = (self.disagreement.len(), most);
        while end > 0 {
            let start = start(end, left);
            ranges.push(start * self.block..(end * self.block).min(facts.len()));
            (end, left) = (start, left.saturating_sub(1));
        }
        let part = |captions: Range<usize>| Part {
            state: State::of(&facts[captions.clone()], 0.5),
            captions,
        };
        let mut parts: Vec<Part> = Vec::new();
        for next in ranges.into_iter().rev().map(part) {
            match parts.last_mut() {
                // They differ in what no section states.
                Some(last) if last.state == next.state => {
                    *last = part(last.captions.start..next.captions.end);
                }
                _ => parts.push(next),
            }
        }
        parts
    }
}

/// The first of those with the least cost.
fn least(candidates: impl Iterator<Item = (f64, usize)>) -> (f64, usize) {
    let start = (f64::INFINITY, 0);
    candidates.fold(start, |best, next| if next.0 < best.0 { next } else { best })
}

/// The sections of a recording, of which there are at least one. `cost` is what a section costs.
pub(super) fn sections(facts: &[Facts], cost: f64) -> Vec<Part> {
    Divider::new(facts).at_cost(cost)
}

/// A fact that captions may agree on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Feature {
    Present(Kind, &'static str),
    Absent(Kind),
    Solo,
}

impl Feature {
    fn weight(self) -> f64 {
        match self {
            Feature::Present(kind, _) => match kind {
                Kind::Silence => 3.0,
                Kind::Drums | Kind::Tempo | Kind::Effect => 1.5,
                Kind::Voice => 1.3,
                Kind::Instrument => 1.0,
                Kind::Genre => 0.8,
                Kind::Mood | Kind::Loudness => 0.3,
                Kind::Form | Kind::Recording => 0.0,
            },
            Feature::Absent(_) => 0.0,
            Feature::Solo => 1.0,
        }
    }

    fn all(facts: &Facts) -> impl Iterator<Item = Feature> {
        let present = facts.terms.iter().map(|term| Feature::Present(term.kind, term.group));
        let absent = facts.absent.iter().map(|term| Feature::Absent(term.kind));
        present.chain(absent).chain(facts.is_solo.then_some(Feature::Solo))
    }
}

/// For each block, what sections cost that end with it, by their first block.
fn disagreement(facts: &[Facts], block: usize) -> Vec<Vec<f64>> {
    let blocks: Vec<&[Facts]> = facts.chunks(block).collect();
    let mut weights: Vec<f64> = Vec::new();
    let mut indices: HashMap<Feature, usize> = HashMap::new();
    // Of each block, how often it has each feature, and how many of its captions say anything.
    let mut counts: Vec<(Vec<usize>, usize)> = Vec::new();
    for block in &blocks {
        let mut features = Vec::new();
        for feature in block.iter().flat_map(Feature::all).filter(|feature| feature.weight() > 0.0)
        {
            let next = weights.len();
            let index = *indices.entry(feature).or_insert(next);
            if index == next {
                weights.push(feature.weight());
            }
            features.push(index);
        }
        counts.push((features, block.iter().filter(|facts| has_facts(facts)).count()));
    }
    let n = blocks.len();
    let of_end = |end: usize| {
        let mut mentions = vec![0usize; weights.len()];
        let mut captions = 0;
        let mut costs = vec![f64::INFINITY; end];
        for start in (0..end).rev() {
            let (features, said) = &counts[start];
            features.iter().for_each(|&feature| mentions[feature] += 1);
            captions += said;
            let is_single = end - start == 1 && start > 0 && end < n && facts.len() >= FEW;
            if !is_single {
                let costs_of = |(&m, weight): (&usize, &f64)| {
                    weight * m.min(captions.saturating_sub(m)) as f64
                };
                costs[start] = mentions.iter().zip(&weights).map(costs_of).sum();
            }
        }
        costs
    };
    (1..=n).map(of_end).collect()
}

fn has_facts(facts: &Facts) -> bool {
    !facts.terms.is_empty() || !facts.absent.is_empty()
}

/// How many of these captions mention a group.
pub(super) fn mentions(facts: &[Facts], term: Term) -> usize {
    let is_it = |other: &Term| other.kind == term.kind && other.group == term.group;
    facts.iter().filter(|facts| facts.terms.iter().any(is_it)).count()
}

/// How many of these captions say anything.
pub(super) fn said(facts: &[Facts]) -> usize {
    facts.iter().filter(|facts| has_facts(facts)).count()
}

/// Terms of a group, with how often each is mentioned and at which place of a caption.
#[derive(Default)]
struct Tally {
    ids: Vec<(Term, usize)>,
    mentions: usize,
    places: usize,
}

impl State {
    /// All adjectives.
    pub(super) fn qualities(&self) -> Vec<Term> {
        self.tempo.into_iter().chain(self.loudness).chain(self.moods.iter().copied()).collect()
    }

    /// What at least `share` of the captions say, and two of them unless there is but one.
    pub(super) fn of(facts: &[Facts], share: f64) -> State {
        let all = said(facts);
        let enough = |mentions: usize| {
            mentions as f64 >= share * all as f64 && mentions >= 2.min(all) && mentions > 0
        };
        let mut tallies: Vec<((Kind, &str), Tally)> = Vec::new();
        let mut places: HashMap<(Kind, &str), usize> = HashMap::new();
        for facts in facts {
            for (place, &term) in facts.terms.iter().filter(|term| term.kind.is_sound()).enumerate()
            {
                let tally = tally(&mut tallies, &mut places, term);
                tally.places += place;
            }
            for &term in facts.terms.iter().filter(|term| !term.kind.is_sound()) {
                tally(&mut tallies, &mut places, term);
            }
        }
        tallies.retain(|(_, tally)| enough(tally.mentions));
        let of = |wanted: Kind| -> Vec<(Term, usize)> {
            let of_kind = tallies.iter().filter(|((kind, _), _)| *kind == wanted);
            let mut list: Vec<(Term, usize)> =
                of_kind.map(|(_, tally)| (tally.term(), tally.mentions)).collect();
            list.sort_by_key(|(_, mentions)| std::cmp::Reverse(*mentions));
            list
        };
        let first = |kind| of(kind).first().map(|(term, _)| *term);
        let mut sounds: Vec<(u8, f64, Term)> = tallies
            .iter()
            .filter(|((kind, _), _)| kind.is_sound())
            .map(|((kind, _), tally)| {
                let rank = match kind {
                    Kind::Effect => 2,
                    Kind::Drums => 1,
                    _ => 0,
                };
                (rank, tally.places as f64 / tally.mentions as f64, tally.term())
            })
            .collect();
        sounds.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let absent = |kind: Kind| {
            let present = facts.iter().any(|facts| facts.of(|other| other == kind).count() > 0);
            let said = facts.iter().filter(|facts| facts.absent.iter().any(|t| t.kind == kind));
            let term = facts
                .iter()
                .flat_map(|facts| &facts.absent)
                .find(|term| term.kind == kind)
                .copied();
            // Few captions say what is missing; one that does and none that says otherwise will do
            // where a quarter says it.
            term.filter(|_| !present && said.count() * 4 >= all)
        };
        let tempos = of(Kind::Tempo);
        let tempo = match &tempos[..] {
            [(term, most), (_, second), ..] if most > second => Some(*term),
            [(term, _)] => Some(*term),
            _ => None,
        };
        let is_silent = first(Kind::Silence).is_some();
        let solo = facts.iter().filter(|facts| facts.is_solo).count();
        State {
            sounds: sounds.into_iter().map(|(_, _, term)| term).collect(),
            absent: [Kind::Drums, Kind::Voice].into_iter().filter_map(absent).collect(),
            tempo,
            moods: of(Kind::Mood).into_iter().map(|(term, _)| term).take(2).collect(),
            loudness: first(Kind::Loudness),
            genre: first(Kind::Genre),
            form: first(Kind::Form),
            recording: of(Kind::Recording).into_iter().map(|(term, _)| term).collect(),
            is_silent,
            is_solo: solo * 2 >= all && solo > 0,
        }
    }

    /// Whether nothing is known of it but that it is music.
    pub(super) fn is_bare(&self) -> bool {
        self.sounds.is_empty()
            && self.qualities().is_empty()
            && self.genre.or(self.form).is_none()
            && self.absent.is_empty()
            && !self.is_silent
    }

    pub(super) fn has(&self, term: Term) -> bool {
        self.sounds.iter().any(|own| own.kind == term.kind && own.group == term.group)
    }
}

fn tally<'a>(
    tallies: &'a mut Vec<((Kind, &'static str), Tally)>,
    places: &mut HashMap<(Kind, &'static str), usize>,
    term: Term,
) -> &'a mut Tally {
    let place = *places.entry((term.kind, term.group)).or_insert_with(|| {
        tallies.push(((term.kind, term.group), Tally::default()));
        tallies.len() - 1
    });
    let tally = &mut tallies[place].1;
    tally.mentions += 1;
    match tally.ids.iter_mut().find(|(known, _)| *known == term) {
        Some((_, count)) => *count += 1,
        None => tally.ids.push((term, 1)),
    }
    tally
}

impl Tally {
    /// The term that most mentions have, or the group's general one where none has most.
    fn term(&self) -> Term {
        let (term, count) = self
            .ids
            .iter()
            .rev()
            .max_by_key(|(_, count)| *count)
            .copied()
            .unwrap_or_else(|| unreachable!("a tally has a mention"));
        if count * 2 > self.mentions { term } else { Term { id: term.group, ..term } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<(Range<usize>, Vec<&'static str>)> {
        let facts: Vec<Facts> = texts.iter().map(|text| Facts::parse(text)).collect();
        let plain = |part: Part| {
            (part.captions, part.state.sounds.iter().map(|term| term.id).collect::<Vec<_>>())
        };
        sections(&facts, SECTION_COST).into_iter().map(plain).collect()
    }

    const PIANO: &str = "A piano plays a slow melody.";
    const BAND: &str = "An electric guitar plays a fast melody over a bass and drums.";
    const WRONG: &str = "A choir sings a fast, loud song with bells and a tuba.";

    #[test]
    fn one_wrong_caption_between_neighbours_that_agree_has_no_section_and_no_say() {
        assert_eq!(of(&[PIANO, PIANO, WRONG, PIANO, PIANO]), [(0..5, vec!["piano"])]);
        assert_eq!(
            of(&[PIANO, PIANO, WRONG, PIANO, BAND, BAND, WRONG, BAND]),
            [(0..4, vec!["piano"]), (4..8, vec!["electric-guitar", "bass", "drums"])]
        );
    }

    #[test]
    fn sections_begin_where_captions_change() {
        assert_eq!(
            of(&[PIANO, BAND, BAND, BAND, PIANO]),
            [
                (0..1, vec!["piano"]),
                (1..4, vec!["electric-guitar", "bass", "drums"]),
                (4..5, vec!["piano"])
            ]
        );
    }

    #[test]
    fn captions_without_facts_neither_make_sections_nor_weaken_them() {
        let nothing = "notes notes notes notes";
        assert_eq!(of(&[PIANO, nothing, nothing, nothing, PIANO, PIANO]), [(0..6, vec!["piano"])]);
    }

    #[test]
    fn a_group_is_named_by_its_general_term_where_captions_differ() {
        assert_eq!(
            of(&["A synth bass.", "A double bass.", "A double bass.", "A bass guitar."]),
            [(0..4, vec!["bass"])]
        );
        assert_eq!(
            of(&["A double bass.", "A double bass.", "A bass."]),
            [(0..3, vec!["double-bass"])]
        );
    }

    #[test]
    fn a_week_of_captions_has_sections_too() {
        let texts: Vec<&str> =
            (0..60_480).map(|n| if n / 20_000 == 1 { BAND } else { PIANO }).collect();
        let sections = of(&texts);
        assert_eq!(sections.len(), 3);
        assert!(sections[1].0.start.abs_diff(20_000) <= 100, "{sections:?}");
    }
}
