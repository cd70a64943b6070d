//! Mutations of audio files that keep their lengths and checksums right.

use crate::containers::{Container, Element};

/// What mutations are made with: a random number below another, and the mutation of bytes that may
/// become as long as `max`.
pub trait Mutator {
    fn below(&mut self, count: usize) -> usize;
    fn mutate_bytes(&mut self, bytes: &mut Vec<u8>, max: usize);
}

/// Mutates a file: mostly one to three elements or their order, sometimes its bytes as they are, so
/// that wrong lengths and checksums are tried, too.
pub fn mutate(
    container: Container,
    file: &[u8],
    max: usize,
    mutator: &mut impl Mutator,
) -> Vec<u8> {
    if mutator.below(8) > 0 {
        let mut elements = container.parse(file);
        for _ in 0..=mutator.below(3) {
            mutate_elements(&mut elements, mutator);
        }
        let mutated = container.write(&elements);
        if !mutated.is_empty() && mutated.len() <= max && mutated != file {
            return mutated;
        }
    }
    let mut mutated = file.to_vec();
    mutator.mutate_bytes(&mut mutated, max);
    mutated
}

/// Changes an element at any depth, or the list that it is in.
fn mutate_elements(elements: &mut Vec<Element>, mutator: &mut impl Mutator) {
    let mut list = elements;
    let index = loop {
        if list.is_empty() {
            return;
        }
        let index = mutator.below(list.len());
        if list[index].children.is_empty() || mutator.below(4) == 0 {
            break index;
        }
        list = &mut list[index].children;
    };
    match mutator.below(16) {
        0 => {
            let (place, copy) = (mutator.below(list.len() + 1), list[index].clone());
            list.insert(place, copy);
        }
        1 => drop(list.remove(index)),
        2 => {
            let other = mutator.below(list.len());
            list.swap(index, other);
        }
        3..=5 if !list[index].head.is_empty() => {
            // Heads keep their length: parts of them are recognised by it.
            let mut mutated = list[index].head.clone();
            let len = mutated.len();
            mutator.mutate_bytes(&mut mutated, len);
            if mutated.len() == len {
                list[index].head = mutated;
            }
        }
        _ => {
            let content = &mut list[index].content;
            let max = 2 * content.len() + 64;
            mutator.mutate_bytes(content, max);
        }
    }
}
