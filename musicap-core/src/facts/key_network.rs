//! The network that turns chroma into keys.
//!
//! Its three layers are convolutions around the circle of the twelve pitch classes, so it is
//! equivariant to transposition: the same weights serve all tonics. The first layer sees two
//! neighbouring frames (about a chord). Two further layers turn the means and the root mean squares of
//! its outputs over the recording into a score for major and minor on each tonic.
//!
//! `key.weights` holds, for each output of each layer, the scale of its weights and its bias as
//! little-endian f32 and its weights `[inputs, 12]` as i8; then the calibration as two f32.
//! `examples/train/key.py` writes it.

use crate::tags::sigmoid;

/// Ranges of pitch whose pitch classes are kept apart.
pub(super) const BANDS: usize = 4;
/// Frames that the first layer sees at a time.
const CONTEXT: usize = 2;
/// Inputs and outputs of the layers.
const LAYERS: [(usize, usize); 3] = [(BANDS * CONTEXT, 16), (2 * 16, 44), (44, 2)];
/// Mean sum of a frame's chroma after normalisation.
const FRAME_SUM: f32 = 24.0;

static WEIGHTS: &[u8] = include_bytes!("key.weights");

/// The weights of the twelve pitch classes from C, of each band.
pub(super) type Chroma = [[f32; 12]; BANDS];

/// See the module.
pub(super) struct Network {
    layers: [Layer; 3],
    /// Offset and slope of Platt scaling: the confidence of a key is
    /// `sigmoid(offset + slope * logit(p))` of the network's probability.
    calibration: [f32; 2],
}

/// The outputs of the first layer and their squares, added up.
pub(super) struct Sums {
    sums: Vec<[f64; 12]>,
    squares: Vec<[f64; 12]>,
    count: usize,
}

impl Network {
    /// With the weights of this crate.
    pub(super) fn embedded() -> Self {
        let mut bytes = WEIGHTS;
        let layers = LAYERS.map(|(inputs, outputs)| Layer::read(&mut bytes, inputs, outputs));
        Network { layers, calibration: [read_f32(&mut bytes), read_f32(&mut bytes)] }
    }

    pub(super) fn sums(&self) -> Sums {
        let zeros = vec![[0.0; 12]; LAYERS[0].1];
        Sums { sums: zeros.clone(), squares: zeros, count: 0 }
    }

    /// Adds the chroma of neighbouring frames. Those without any pitch change nothing.
    pub(super) fn add(&self, frames: &[Chroma], sums: &mut Sums) {
        let Sums { sums, squares, count } = sums;
        let total: f32 = frames.iter().flatten().flatten().sum();
        if !(total > 0.0 && total.is_finite()) {
            return;
        }
        let factor = FRAME_SUM * frames.len() as f32 / total;
        let scaled: Vec<Chroma> = frames
            .iter()
            .map(|frame| frame.map(|band| band.map(|weight| (factor * weight).ln_1p())))
            .collect();
        let last = scaled.len() - 1;
        let mut output = vec![[0.0; 12]; LAYERS[0].1];
        for first in 0..last.max(1) {
            let input = [scaled[first], scaled[(first + 1).min(last)]];
            self.layers[0].apply(input.as_flattened(), &mut output);
            let added = sums.iter_mut().flatten().zip(squares.iter_mut().flatten());
            for ((sum, square), x) in added.zip(output.as_flattened()) {
                let x = f64::from(x.max(0.0));
                *sum += x;
                *square += x * x;
            }
            *count += 1;
        }
    }

    /// The most likely key, major from C in 0 to 11 and minor in 12 to 23, and how likely it is
    /// right; `None` without any pitch.
    pub(super) fn best(&self, sums: &Sums) -> Option<(usize, f32)> {
        if sums.count == 0 {
            return None;
        }
        let scores = self.scores(sums);
        let scores = scores.as_flattened();
        let (key, best) = scores.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let others: f32 = scores
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != key)
            .map(|(_, x)| (x - best).exp())
            .sum();
        // The logit of the softmax is −ln of the others' sum.
        let logit = -others.max(1e-9).ln();
        let [offset, slope] = self.calibration;
        let confidence = sigmoid(offset + slope * logit);
        confidence.is_finite().then_some((key, confidence))
    }

    /// The scores of the keys, `[mode][tonic]`.
    fn scores(&self, sums: &Sums) -> Vec<[f32; 12]> {
        let count = sums.count as f64;
        let means = sums.sums.iter().map(|sums| sums.map(|x| (x / count) as f32));
        let squares = sums.squares.iter().map(|sums| sums.map(|x| (x / count).sqrt() as f32));
        let pooled: Vec<[f32; 12]> = means.chain(squares).collect();
        let mut hidden = vec![[0.0; 12]; LAYERS[1].1];
        self.layers[1].apply(&pooled, &mut hidden);
        hidden.as_flattened_mut().iter_mut().for_each(|x| *x = x.max(0.0));
        let mut scores = vec![[0.0; 12]; LAYERS[2].1];
        self.layers[2].apply(&hidden, &mut scores);
        scores
    }
}

/// A circular convolution over pitch classes.
struct Layer {
    /// `[outputs][inputs][12]`: element `k` weighs the input `k` semitones above the output.
    weights: Vec<[f32; 12]>,
    biases: Vec<f32>,
}

impl Layer {
    /// Takes its weights and biases from the front of `bytes`.
    fn read(bytes: &mut &[u8], inputs: usize, outputs: usize) -> Self {
        let mut layer = Layer { weights: Vec::new(), biases: Vec::new() };
        for _ in 0..outputs {
            let (scale, bias) = (read_f32(bytes), read_f32(bytes));
            let (weights, rest) = bytes.split_at(12 * inputs);
            *bytes = rest;
            let (rows, _) = weights.as_chunks::<12>();
            let scaled = |weight: u8| scale * f32::from(weight.cast_signed());
            layer.weights.extend(rows.iter().map(|row| row.map(scaled)));
            layer.biases.push(bias);
        }
        layer
    }

    fn apply(&self, inputs: &[[f32; 12]], outputs: &mut [[f32; 12]]) {
        // Twice around the circle, so that rotations are slices.
        let twice: Vec<[f32; 24]> =
            inputs.iter().map(|input| std::array::from_fn(|n| input[n % 12])).collect();
        let rows = self.weights.chunks_exact(inputs.len()).zip(&self.biases);
        for (output, (weights, bias)) in outputs.iter_mut().zip(rows) {
            let mut sums = [*bias; 12];
            for (input, weights) in twice.iter().zip(weights) {
                for (k, weight) in weights.iter().enumerate() {
                    for (sum, x) in sums.iter_mut().zip(&input[k..k + 12]) {
                        *sum += weight * x;
                    }
                }
            }
            *output = sums;
        }
    }
}

/// Takes a number from the front of `bytes`.
fn read_f32(bytes: &mut &[u8]) -> f32 {
    let (value, rest) = bytes.split_first_chunk().expect("a number");
    *bytes = rest;
    f32::from_le_bytes(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a bass note and a triad above it, one chord in four frames.
    fn chords(roots_and_thirds: &[(usize, usize)]) -> Vec<Chroma> {
        let mut frames = Vec::new();
        for &(root, third) in roots_and_thirds {
            let mut frame = [[0.0; 12]; BANDS];
            frame[0][root % 12] = 1.0;
            for tone in [0, third, 7] {
                frame[2][(root + tone) % 12] = 1.0;
            }
            frames.extend([frame; 4]);
        }
        frames
    }

    fn scores(frames: &[Chroma]) -> Vec<[f32; 12]> {
        let network = Network::embedded();
        let mut sums = network.sums();
        network.add(frames, &mut sums);
        network.scores(&sums)
    }

    #[test]
    fn all_weights_are_used() {
        let length: usize =
            LAYERS.iter().map(|(inputs, outputs)| (12 * inputs + 8) * outputs).sum();
        assert_eq!(WEIGHTS.len(), length + 8);
    }

    #[test]
    fn transposed_chroma_has_transposed_scores() {
        let original = scores(&chords(&[(0, 4), (5, 4), (7, 4), (0, 4)]));
        for up in 1..12 {
            let transposed = scores(&chords(&[(up, 4), (up + 5, 4), (up + 7, 4), (up, 4)]));
            for (mode, tonics) in transposed.iter().enumerate() {
                for (tonic, score) in tonics.iter().enumerate() {
                    let expected = original[mode][(tonic + 12 - up) % 12];
                    assert!((score - expected).abs() < 1e-3, "{up} {mode} {tonic}");
                }
            }
        }
    }

    #[test]
    fn cadences_are_in_the_key_of_their_last_chord() {
        let network = Network::embedded();
        // I IV V I and i iv V i.
        for (chords, key) in [
            (chords(&[(2, 4), (7, 4), (9, 4), (2, 4)]), 2),
            (chords(&[(2, 3), (7, 3), (9, 4), (2, 3)]), 14),
        ] {
            let mut sums = network.sums();
            network.add(&chords, &mut sums);
            let (found, confidence) = network.best(&sums).unwrap();
            assert!(found == key && confidence > 0.5, "{found} {confidence}");
        }
    }

    #[test]
    fn no_key_fits_all_pitch_classes_alike() {
        let network = Network::embedded();
        let mut sums = network.sums();
        network.add(&[[[1.0; 12]; BANDS]; 8], &mut sums);
        let (_, confidence) = network.best(&sums).unwrap();
        assert!(confidence < crate::facts::MIN_CONFIDENCE, "{confidence}");
        assert!(network.best(&network.sums()).is_none());
    }
}
