//! Mutations of audio files that keep their lengths and checksums right.

use crate::containers::{Container, Element};

/// Mutates `data[..size]`, as `LLVMFuzzerCustomMutator` does: mostly one element or the order of
/// elements, sometimes the bytes of the file as they are.
pub fn mutate(
    container: Container,
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
) -> usize {
    let mut rng = fastrand::Rng::with_seed(seed.into());
    // What is wrong on purpose is also tried.
    if rng.u8(..8) > 0 {
        let mut elements = container.parse(&data[..size]);
        for _ in 0..rng.usize(1..=3) {
            mutate_elements(&mut elements, &mut rng);
        }
        let file = container.write(&elements);
        if !file.is_empty() && file.len() <= max_size && file != data[..size] {
            data[..file.len()].copy_from_slice(&file);
            return file.len();
        }
    }
    libfuzzer_sys::fuzzer_mutate(data, size, max_size)
}

/// Changes an element at any depth, or the list that it is in.
fn mutate_elements(elements: &mut Vec<Element>, rng: &mut fastrand::Rng) {
    let mut list = elements;
    // From the root down: each level is as likely to be chosen as all below it.
    let index = loop {
        if list.is_empty() {
            return;
        }
        let index = rng.usize(..list.len());
        if list[index].children.is_empty() || rng.u8(..4) == 0 {
            break index;
        }
        list = &mut list[index].children;
    };
    match rng.u8(..16) {
        0 => list.insert(rng.usize(..=list.len()), list[index].clone()),
        1 => drop(list.remove(index)),
        2 => {
            let other = rng.usize(..list.len());
            list.swap(index, other);
        }
        3..=5 if !list[index].head.is_empty() => {
            // Heads keep their length: parts of them are recognised by it.
            let head = &mut list[index].head;
            let len = head.len();
            let mut mutated = head.clone();
            if libfuzzer_sys::fuzzer_mutate(&mut mutated, len, len) == len {
                *head = mutated;
            }
        }
        _ => {
            let content = &mut list[index].content;
            let len = content.len();
            content.resize(len * 2 + 64, 0);
            let max = content.len();
            let len = libfuzzer_sys::fuzzer_mutate(content, len, max);
            content.truncate(len);
        }
    }
}
