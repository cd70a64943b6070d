//! Pairs of audio and caption.

pub mod clips;
pub mod pairs;
