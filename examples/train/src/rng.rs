//! Every random choice of the composer, the renderer and the caption writer.
//!
//! A clip has its own stream of one seeded generator, so that clip 1234 of seed 7 is the same
//! piece whichever process makes it and whatever was made before it.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers decides; keeps a change in one stage from reshuffling another.
#[derive(Clone, Copy)]
pub enum Purpose {
    Compose,
    Render,
    Caption,
    /// Fine-tuning: what is held out, the order of the clips, how they are varied.
    Tune,
    /// Whether a clip is music, and the codec that it goes through. Added later: it has streams
    /// beyond those of all clips, so that the others stay what they are.
    Kind,
}

/// A seeded generator with the few draws that music needs.
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of clip `index` under `seed`.
    pub fn new(seed: u64, index: u64, purpose: Purpose) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(match purpose {
            Purpose::Kind => (1 << 62) + index,
            _ => index * 4 + purpose as u64,
        });
        Self(generator)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.0.random_bool(p)
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// Uniform over the integers `low..=high`.
    pub fn int(&mut self, low: i32, high: i32) -> i32 {
        self.0.random_range(low..=high)
    }

    /// Uniform over `0..count`.
    pub fn index(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    /// One of `items`, all alike.
    pub fn one<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.index(items.len())]
    }

    /// One of `items` in proportion to its weight.
    pub fn weighted<T: Copy>(&mut self, items: &[(T, f32)]) -> T {
        let total: f32 = items.iter().map(|(_, weight)| weight).sum();
        let mut left = self.between(0.0, total);
        for &(item, weight) in items {
            left -= weight;
            if left < 0.0 {
                return item;
            }
        }
        items[items.len() - 1].0
    }

    /// Roughly normal, mean 0 and deviation 1 (a sum of uniforms is near enough here).
    pub fn bell(&mut self) -> f32 {
        (0..12).map(|_| self.0.random::<f32>()).sum::<f32>() - 6.0
    }

    /// `items` in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.index(i + 1));
        }
    }
}
