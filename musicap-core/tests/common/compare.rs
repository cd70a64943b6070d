//! What a model computes, compared with what transformers computes.

use musicap::audio::{Chunk, LogMel};
use musicap::generate::GenerationConfig;
use musicap::{Caption, Captioner, Device, Pretrained};
use ndarray::Array3;
use serde_json::Value;

/// The log-mel spectrograms of chunks, as the model takes them.
pub fn log_mel(pretrained: &Pretrained, chunks: &[Chunk]) -> Array3<f32> {
    let samples: Vec<&[f32]> = chunks.iter().map(|chunk| &chunk.samples[..]).collect();
    LogMel::new(&pretrained.config().audio).unwrap().compute_chunks(&samples)
}

pub fn largest_difference<'a>(
    ours: impl IntoIterator<Item = &'a f32>,
    theirs: impl IntoIterator<Item = &'a f32>,
) -> f32 {
    let pairs = ours.into_iter().zip(theirs);
    pairs.map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max)
}

/// How much less a caption's score may be that a beam search finds on a GPU instead of another. Which of
/// two nearly equal beams goes on depends on the order of sums, and a GPU's kernels are chosen by time.
/// With the kit's random weights what the best beams lead to is up to 4e-3 apart.
pub const TIE: f32 = 5e-3;

/// The tokens of chunks, in batches, against the `ids` of a kit. Returns how many chunks have others
/// with as good a score, which may be on a GPU alone.
pub fn same_tokens(
    captioner: &Captioner,
    pretrained: &Pretrained,
    chunks: &[Chunk],
    batch_size: usize,
    generation: &GenerationConfig,
    expected: &[Value],
    name: &str,
) -> usize {
    let mut ties = 0;
    for batch in chunks.chunks(batch_size) {
        let indices: Vec<usize> = batch.iter().map(|chunk| chunk.index).collect();
        let mel = log_mel(pretrained, batch);
        let generated = captioner.generate_tokens(mel, &indices, generation).unwrap();
        for (chunk, ours) in batch.iter().zip(generated) {
            let theirs: Vec<u32> =
                serde_json::from_value(expected[chunk.index]["ids"].clone()).unwrap();
            let score = expected[chunk.index]["score"].as_f64();
            let is_as_good = matches!(captioner.device(), Device::Gpu(_))
                && score.is_some_and(|score| ours.score > score as f32 - TIE);
            let is_same = ours.tokens == theirs;
            assert!(
                is_same || is_as_good,
                "{name}, chunk {}: {ours:?}, not {theirs:?} with score {score:?}",
                chunk.index
            );
            ties += usize::from(!is_same);
        }
    }
    ties
}

/// Captions against the texts and scores of a kit.
pub fn same_captions(captions: &[Caption], expected: &[Value], name: &str) {
    assert_eq!(captions.len(), expected.len(), "{name}");
    for (ours, theirs) in captions.iter().zip(expected) {
        let place = format!("{name}, caption {}", ours.index);
        let scores = format!("scores {} and {}", ours.score, theirs["score"]);
        assert_eq!(ours.text, theirs["text"].as_str().unwrap(), "{place}, {scores}");
        if let Some(score) = theirs["score"].as_f64() {
            let difference = (f64::from(ours.score) - score).abs();
            assert!(difference < 1e-3, "{place}: score {} not {score}", ours.score);
        }
    }
}
