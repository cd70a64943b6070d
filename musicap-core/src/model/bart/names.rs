//! The network's parameters under the reference's names: [`BartModel::load`] backwards.

use burn::module::{ModuleVisitor, Param, ParamId};
use burn::prelude::*;

use super::network::BartModel;
use crate::error::{Error, Result};
use crate::model::var_builder::NamedTensor;

impl BartModel {
    /// The name of each parameter, by its id in this module.
    pub fn names(&self) -> Vec<(ParamId, String)> {
        let mut walk = Walk::default();
        self.visit(&mut walk);
        walk.names
    }

    /// The parameters' values, from which [`load`](Self::load) can build this network.
    ///
    /// # Errors
    /// [`Error::Backend`] if the values cannot be read from the device.
    pub fn tensors(&self) -> Result<Vec<NamedTensor>> {
        let mut walk = Walk { tensors: Some(Vec::new()), ..Walk::default() };
        self.visit(&mut walk);
        walk.tensors.unwrap_or_default().into_iter().collect()
    }
}

/// Walks the module tree and names what it finds.
#[derive(Default)]
struct Walk {
    /// Field names from the root, each with whether it is a linear layer's.
    path: Vec<(String, bool)>,
    names: Vec<(ParamId, String)>,
    /// Filled if the values are wanted too.
    tensors: Option<Vec<Result<NamedTensor>>>,
}

impl ModuleVisitor for Walk {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push((name.to_owned(), container_type == "Struct:Linear"));
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = reference_name(&self.path);
        if let Some(tensors) = &mut self.tensors {
            // PyTorch keeps a linear layer's weight as the transpose of Burn's.
            let tensor = match self.path.last() {
                Some((field, true)) if field == "weight" => param.val().swap_dims(0, 1),
                _ => param.val(),
            };
            tensors.push(read(name.clone(), tensor));
        }
        self.names.push((param.id, name));
    }
}

fn read<const D: usize>(name: String, tensor: Tensor<D>) -> Result<NamedTensor> {
    let (shape, device) = (tensor.dims().to_vec(), tensor.device());
    let values = tensor.try_into_vec_as().map_err(|reason| Error::Backend {
        device: format!("{device:?}"),
        reason: reason.to_string(),
    })?;
    Ok(NamedTensor { name, shape, values })
}

/// Our modules' field names to the reference's.
fn reference_name(path: &[(String, bool)]) -> String {
    let mut name = String::new();
    for (place, (part, _)) in path.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| &path[place].0[..]);
        let part = match (before, &part[..]) {
            // Modules of ours, whose parts the reference has one level higher.
            (_, "feed_forward" | "convs" | "plain") if place + 1 < path.len() => continue,
            (Some("shared"), "plain") => continue,
            (Some("bart"), "encoder" | "decoder") => &format!("model.{part}"),
            (Some("bart"), "shared") => match &path[place + 1].0[..] {
                "bias" => "final_logits_bias",
                _ => "model.shared.weight",
            },
            (Some("shared"), "bias") => continue,
            (Some("plain"), "0") => "conv1",
            (Some("plain"), index) if index.parse::<usize>().is_ok() => {
                &format!("conv_stack.{}", index.parse::<usize>().unwrap_or(1) - 1)
            }
            (_, "embed_positions") => "embed_positions.weight",
            (_, "gamma") => "weight",
            (_, "beta") => "bias",
            (_, part) => part,
        };
        if !name.is_empty() {
            name.push('.');
        }
        name += part;
    }
    name
}
