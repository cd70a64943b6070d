//! What may be claimed of a recording, because its captions agree on it.

use std::collections::BTreeMap;

use super::lexicon::{Attribute, Kind};
use super::reading::Reading;
use super::spans::{Span, spans};

/// From this share of captions on, what holds from the first to the last holds throughout.
const THROUGHOUT: f64 = 0.75;
/// The least share of captions for what is heard now and then.
const AT_TIMES: f64 = 0.15;

/// Of which time something is claimed. Captions have their numbers among all of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    Throughout,
    Mostly,
    Part { first: usize, last: usize },
    AtTimes,
}

/// That something is heard at some time.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) attribute: Attribute,
    /// The words that the captions use for it most.
    pub(super) surface: String,
    pub(super) when: When,
    /// Whether no caption tells of it before.
    pub(super) is_new: bool,
    /// How much it matters: the captions that support it, by the kind of thing it is.
    pub(super) weight: f64,
}

/// All claims that `readings` support, the weightiest first. Each reading comes with its number
/// among the `captions` of the recording; those left out said nothing.
pub(super) fn claims(readings: &[(usize, Reading)], captions: usize) -> Vec<Claim> {
    let mut mentions: BTreeMap<Attribute, Vec<usize>> = BTreeMap::new();
    for (at, (_, reading)) in readings.iter().enumerate() {
        for attribute in reading.attributes.keys() {
            mentions.entry(*attribute).or_default().push(at);
        }
    }
    let mut claims = Vec::new();
    for (attribute, mentions) in mentions {
        let least = least_support(readings.len());
        let claim = |when, told: &[usize], share: f64| Claim {
            attribute,
            surface: commonest(readings, attribute, told),
            when,
            is_new: told.first() == mentions.first(),
            weight: told.len() as f64 * share * importance(attribute),
        };
        let before = claims.len();
        for span in spans(&mentions).into_iter().filter(|span| span.support >= least) {
            let from = mentions.partition_point(|&at| at < span.captions.start);
            let told = &mentions[from..from + span.support];
            claims.push(claim(when(&span, readings, captions), told, 1.0));
        }
        let often = mentions.len() as f64 >= AT_TIMES * readings.len() as f64;
        if claims.len() == before && often && mentions.len() >= 3 && attribute.kind.sounds() {
            claims.push(claim(When::AtTimes, &mentions, 0.5));
        }
    }
    claims.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    claims
}

/// How many captions must say something before it is believed.
fn least_support(captions: usize) -> usize {
    match captions {
        0..=4 => 1,
        _ => (captions / 40).max(2),
    }
}

fn importance(attribute: Attribute) -> f64 {
    match attribute.kind {
        _ if attribute.absent => 0.6,
        Kind::Silence => 2.0,
        Kind::Voice => 1.3,
        Kind::Drums | Kind::Tempo => 1.2,
        Kind::Instrument => 1.0,
        Kind::Genre => 0.9,
        Kind::Mood => 0.8,
        Kind::Loudness | Kind::Recording => 0.5,
    }
}

fn when(span: &Span, readings: &[(usize, Reading)], captions: usize) -> When {
    let first = readings[span.captions.start].0;
    let last = readings[span.captions.end - 1].0;
    match (first, last + 1 == captions) {
        (0, true) if span.density() >= THROUGHOUT => When::Throughout,
        (0, true) => When::Mostly,
        _ => When::Part { first, last },
    }
}

/// The words that most of the readings `told` have for an attribute; of equals the first.
fn commonest(readings: &[(usize, Reading)], attribute: Attribute, told: &[usize]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for surface in told.iter().filter_map(|&at| readings[at].1.attributes.get(&attribute)) {
        match counts.iter_mut().find(|(known, _)| known == surface) {
            Some((_, count)) => *count += 1,
            None => counts.push((surface, 1)),
        }
    }
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or_else(String::new, |(surface, _)| (*surface).to_owned())
}
