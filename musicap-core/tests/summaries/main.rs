//! Summaries of captions.

#[cfg(feature = "openai")]
#[path = "../common/chat.rs"]
mod chat;
mod local;
#[cfg(feature = "openai")]
mod openai;
