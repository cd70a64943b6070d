//! Which sentences say most of what all say, and do not repeat each other.
//!
//! LexRank (Erkan and Radev, JAIR 22, 2004) in its continuous form: sentences are the nodes of a
//! graph, cosines of their tf-idf vectors its weights, and a random walk tells how central each
//! is. Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) then takes sentences one
//! by one, each as central and as unlike those taken as can be.

use std::collections::HashMap;

/// The chance that the walk goes on along the graph, as the paper has it.
const DAMPING: f64 = 0.85;
/// Steps of the walk; it stands still long before.
const STEPS: usize = 50;
/// How much centrality counts against novelty.
const LAMBDA: f64 = 0.7;

/// A sentence's content words and how often it stands in the captions.
pub(super) struct Node<'a> {
    pub(super) words: Vec<&'a str>,
    pub(super) count: usize,
}

/// tf-idf vectors of length 1, by word number.
struct Vectors(Vec<Vec<(usize, f64)>>);

/// The numbers of at most `limit` sentences, the best first. `told` are the words of what the
/// summary says already.
pub(super) fn select(nodes: &[Node<'_>], told: &[&str], limit: usize) -> Vec<usize> {
    let told = Node { words: told.to_vec(), count: 1 };
    let vectors = Vectors::of(nodes, &told);
    let centrality = vectors.walk(nodes);
    let highest = centrality.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    // Likeness to what is told or taken already, which is last in `vectors`.
    let mut likeness: Vec<f64> = (0..nodes.len()).map(|i| vectors.cosine(i, nodes.len())).collect();
    let mut taken: Vec<usize> = Vec::new();
    while taken.len() < limit.min(nodes.len()) {
        let worth = |i: usize| LAMBDA * centrality[i] / highest - (1.0 - LAMBDA) * likeness[i];
        let left = (0..nodes.len()).filter(|i| !taken.contains(i));
        // Of equals the first.
        let Some(best) = left.rev().max_by(|&a, &b| worth(a).total_cmp(&worth(b))) else { break };
        taken.push(best);
        for (i, likeness) in likeness.iter_mut().enumerate() {
            *likeness = likeness.max(vectors.cosine(i, best));
        }
    }
    taken
}

impl Vectors {
    fn of<'a>(nodes: &[Node<'a>], told: &Node<'a>) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut sentences_with: Vec<f64> = Vec::new();
        let mut counts: Vec<Vec<(usize, f64)>> = Vec::new();
        for node in nodes.iter().chain([told]) {
            let mut count: Vec<(usize, f64)> = Vec::new();
            for word in &node.words {
                let next = numbers.len();
                let number = *numbers.entry(word).or_insert(next);
                match count.iter_mut().find(|(known, _)| *known == number) {
                    Some((_, times)) => *times += 1.0,
                    None => count.push((number, 1.0)),
                }
            }
            count.sort_unstable_by_key(|&(number, _)| number);
            sentences_with.resize(numbers.len(), 0.0);
            count.iter().for_each(|&(number, _)| sentences_with[number] += 1.0);
            counts.push(count);
        }
        let n = nodes.len() as f64;
        for vector in &mut counts {
            for (number, value) in vector.iter_mut() {
                // Plus one: a word of every sentence still binds two of them together.
                *value *= (1.0 + n / (1.0 + sentences_with[*number])).ln();
            }
            let length = vector.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
            if length > 0.0 {
                vector.iter_mut().for_each(|(_, value)| *value /= length);
            }
        }
        Vectors(counts)
    }

    fn cosine(&self, a: usize, b: usize) -> f64 {
        let (mut a, mut b) = (&self.0[a][..], &self.0[b][..]);
        let mut sum = 0.0;
        while let ([(left, x), rest_a @ ..], [(right, y), rest_b @ ..]) = (a, b) {
            match left.cmp(right) {
                std::cmp::Ordering::Less => a = rest_a,
                std::cmp::Ordering::Greater => b = rest_b,
                std::cmp::Ordering::Equal => {
                    sum += x * y;
                    (a, b) = (rest_a, rest_b);
                }
            }
        }
        sum
    }

    /// How often a random walk comes by each sentence.
    fn walk(&self, nodes: &[Node<'_>]) -> Vec<f64> {
        let n = nodes.len();
        let weight = |i: usize| nodes[i].count as f64;
        let all: f64 = (0..n).map(weight).sum();
        // A sentence that stands there three times is three nodes that look alike.
        let mut graph: Vec<Vec<f64>> =
            (0..n).map(|i| (0..n).map(|j| self.cosine(i, j) * weight(j)).collect()).collect();
        for row in &mut graph {
            let sum: f64 = row.iter().sum();
            if sum > 0.0 {
                row.iter_mut().for_each(|value| *value /= sum);
            }
        }
        let mut rank: Vec<f64> = (0..n).map(|i| weight(i) / all).collect();
        for _ in 0..STEPS {
            let mut next: Vec<f64> = (0..n).map(|i| (1.0 - DAMPING) * weight(i) / all).collect();
            for (row, from) in graph.iter().zip(&rank) {
                for (next, share) in next.iter_mut().zip(row) {
                    *next += DAMPING * from * share;
                }
            }
            rank = next;
        }
        rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes<'a>(sentences: &[(&'a str, usize)]) -> Vec<Node<'a>> {
        let node =
            |&(text, count): &(&'a str, usize)| Node { words: text.split(' ').collect(), count };
        sentences.iter().map(node).collect()
    }

    #[test]
    fn the_sentence_that_shares_most_with_others_comes_first() {
        let nodes = nodes(&[
            ("accordion waltz dance", 1),
            ("sustained strings shimmering hats", 1),
            ("sustained strings wooden percussion", 1),
            ("shimmering hats sustained strings wooden percussion", 1),
        ]);
        assert_eq!(select(&nodes, &[], 1), [3]);
    }

    #[test]
    fn the_second_sentence_is_unlike_the_first_and_what_is_told() {
        let sentences = nodes(&[
            ("soft piano chords", 2),
            ("soft piano arpeggios", 2),
            ("distorted guitar riffs", 2),
        ]);
        assert_eq!(select(&sentences, &[], 2), [0, 2]);
        assert_eq!(select(&sentences, &["soft", "piano", "chords"], 1), [2]);
    }

    #[test]
    fn sentences_without_words_do_no_harm() {
        let empty = [Node { words: Vec::new(), count: 1 }, Node { words: Vec::new(), count: 1 }];
        assert_eq!(select(&empty, &[], 5), [0, 1]);
        assert_eq!(select(&[], &[], 5), [0; 0]);
    }
}
