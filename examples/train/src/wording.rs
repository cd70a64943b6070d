//! Who chooses among words that mean the same: chance, or a rule.

use crate::family::Family;
use crate::rng::{Purpose, Rng};

/// A chooser of words.
pub enum Wording<'a> {
    /// By chance: many captions of one clip.
    Varied(&'a mut Rng),
    /// The same words wherever the same family leads: who learns them has no synonyms to waver
    /// between, and captions still differ from lead to lead.
    Steady(Option<Family>),
}

impl Wording<'_> {
    /// True where every clip of a kind is worded alike.
    pub fn is_steady(&self) -> bool {
        matches!(self, Self::Steady(_))
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        match self {
            Self::Varied(rng) => rng.chance(p),
            Self::Steady(lead) => fixed(*lead, (p * 100.0) as u64).chance(p),
        }
    }

    /// One of `0..count`.
    pub fn index(&mut self, count: usize) -> usize {
        match self {
            Self::Varied(rng) => rng.index(count),
            Self::Steady(lead) => fixed(*lead, count as u64).index(count),
        }
    }

    /// One of `items`.
    pub fn one<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.index(items.len())]
    }
}

/// Rng that always fall alike for one kind of choice under one lead.
fn fixed(lead: Option<Family>, choice: u64) -> Rng {
    Rng::new(lead.map_or(0, |family| 1 + family as u64), choice, Purpose::Caption)
}
