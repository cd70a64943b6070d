//! Freezing parts of the network.

use anyhow::{Result, ensure};
use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::Tensor;
use musicap::model::bart::BartModel;

/// The parts by name, with the prefixes of their tensors. A tensor belongs to the part with the longest
/// matching prefix.
const PARTS: [(&str, &[&str]); 5] = [
    ("audio-encoder", &["audio_encoder"]),
    ("encoder", &["bart.model.encoder"]),
    ("decoder", &["bart.model.decoder"]),
    ("positions", &["bart.model.encoder.embed_positions", "bart.model.decoder.embed_positions"]),
    ("embeddings", &["bart.model.shared"]),
];

/// Constants of the reference, which are never trained.
const CONSTANT: [&str; 2] = ["audio_encoder.positional_embedding", "bart.final_logits_bias"];

/// Whether tensor `name` is in `parts` (names of [`PARTS`], or prefixes of tensor names).
fn belongs(name: &str, parts: &[String]) -> bool {
    let under = |root: &str| {
        name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let part_of = PARTS
        .iter()
        .flat_map(|(part, roots)| roots.iter().map(move |root| (*part, *root)))
        .filter(|(_, root)| under(root))
        .max_by_key(|(_, root)| root.len());
    parts.iter().any(|part| part_of.is_some_and(|(name, _)| name == part) || under(part))
}

/// Prepares `model` for training with `parts` frozen: only the other tensors require gradients.
///
/// Parameters are numbered by name, so that a saved optimizer state fits in another process, and are
/// stored contiguously as after a step, so that a resumed run computes exactly the same.
///
/// # Errors
/// If a part does not exist, or all parameters are frozen.
pub fn prepare(model: BartModel, parts: &[String]) -> Result<TrainableModel> {
    let mut names = model.names();
    names.sort_by(|a, b| a.1.cmp(&b.1));
    for part in parts {
        let known = names.iter().any(|(_, name)| belongs(name, std::slice::from_ref(part)));
        let listed: Vec<&str> = PARTS.iter().map(|(part, _)| *part).collect();
        ensure!(
            known,
            "there is no part \"{part}\" to freeze; use {}, none, or prefixes of tensor names such as \
             bart.model.encoder.layers.0",
            listed.join(", ")
        );
    }
    let trained: Vec<bool> = names
        .iter()
        .map(|(_, name)| !CONSTANT.contains(&&name[..]) && !belongs(name, parts))
        .collect();
    ensure!(trained.contains(&true), "all parts are frozen, so there is nothing to train");
    let mut numbered = Numbered { ids: names.iter().map(|(id, _)| *id).collect(), trained };
    let model = model.map(&mut numbered);
    let mut trainable = TrainableModel { model, trained: Vec::new(), parameters: [0, 0] };
    for (place, (_, name)) in names.into_iter().enumerate() {
        if numbered.trained[place] {
            trainable.trained.push((number(place), name));
        }
    }
    let mut count = Count { trained: 0, all: 0 };
    trainable.model.visit(&mut count);
    trainable.parameters = [count.trained, count.all];
    Ok(trainable)
}

/// A model with trainable and frozen parameters.
pub struct TrainableModel {
    pub model: BartModel,
    /// The trainable tensors.
    pub trained: Vec<(ParamId, String)>,
    /// Number of trainable parameters, and of all parameters.
    pub parameters: [usize; 2],
}

fn number(place: usize) -> ParamId {
    ParamId::from(place as u64 + 1)
}

struct Numbered {
    /// The previous ids, in the order of the names.
    ids: Vec<ParamId>,
    trained: Vec<bool>,
}

impl ModuleMapper for Numbered {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Every parameter has a name.
        let Some(place) = self.ids.iter().position(|id| *id == param.id) else { return param };
        let (_, tensor, mapper) = param.consume();
        let device = tensor.device();
        let tensor = Tensor::from_data(tensor.into_data(), &device);
        Param::from_mapped_value(number(place), tensor, mapper)
            .set_require_grad(self.trained[place])
    }
}

struct Count {
    trained: usize,
    all: usize,
}

impl burn::module::ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let numbers = param.val().shape().num_elements();
        self.all += numbers;
        self.trained += if param.val().is_require_grad() { numbers } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_belong_to_the_part_with_the_longest_matching_prefix() {
        let in_part = |name: &str, part: &str| belongs(name, &[part.to_owned()]);
        assert!(in_part("bart.model.encoder.layers.0.fc1.weight", "encoder"));
        assert!(!in_part("bart.model.encoder.embed_positions.weight", "encoder"));
        assert!(in_part("bart.model.encoder.embed_positions.weight", "positions"));
        assert!(in_part("bart.model.shared.weight", "embeddings"));
        assert!(in_part("bart.model.encoder.layers.1.fc1.bias", "bart.model.encoder.layers.1"));
        assert!(!in_part("bart.model.encoder.layers.10.fc1.bias", "bart.model.encoder.layers.1"));
    }
}
