//! Models on disk: model folders, published checkpoints, the embedded model, hubs.

mod bytes;
mod config;
mod dtype;
#[cfg(feature = "embedded-model")]
mod embedded;
mod folder;
#[cfg(feature = "hub")]
mod hub;
mod open;
#[cfg(not(target_family = "wasm"))]
mod pickle;
mod precision;
mod pretrained;
#[cfg(not(target_family = "wasm"))]
mod pth;
mod reader;
mod save;
mod tensors;

pub use config::ModelConfig;
pub use dtype::StoredType;
#[cfg(feature = "hub")]
pub use hub::{Hub, HubId};
pub use precision::Precision;
pub use pretrained::Pretrained;
pub use reader::CheckpointReader;
pub use tensors::{Checkpoint, Stored};
