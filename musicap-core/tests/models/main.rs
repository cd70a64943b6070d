//! Models: checkpoints, hubs, precisions, a second architecture, and the search.

mod checkpoint;
#[path = "../common/mod.rs"]
mod common;
mod generate;
#[cfg(feature = "hub")]
mod hub;
#[cfg(feature = "hub")]
mod hub_model;
#[cfg(feature = "hub")]
#[path = "../common/hub.rs"]
mod hub_server;
mod precision;
mod whisper;
