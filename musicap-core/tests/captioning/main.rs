//! From recordings to captions: whole files, several at once, live; facts, and what goes wrong.

#[cfg(feature = "embedded-model")]
mod callbacks;
#[path = "../common/mod.rs"]
mod common;
mod facts;
#[cfg(feature = "embedded-model")]
mod failures;
#[cfg(feature = "embedded-model")]
mod live;
#[cfg(feature = "embedded-model")]
mod many;
mod properties;
mod shortlists;
mod tags;
