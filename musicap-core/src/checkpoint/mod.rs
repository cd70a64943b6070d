//! Models on disk: model folders, LP-MusicCaps checkpoints, the embedded model.

mod config;
#[cfg(feature = "embedded-model")]
mod embedded;
#[cfg(feature = "hub")]
mod hub;
#[cfg(not(target_family = "wasm"))]
mod pickle;
mod precision;
mod pretrained;
#[cfg(not(target_family = "wasm"))]
mod pth;
mod save;
mod tensors;

pub use config::ModelConfig;
#[cfg(feature = "hub")]
pub use hub::{Hub, HubId};
pub use precision::Precision;
pub use pretrained::Pretrained;
pub use tensors::{Checkpoint, Stored, StoredType};
