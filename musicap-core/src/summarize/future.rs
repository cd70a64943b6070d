//! Futures behind a trait object, with and without threads.

use std::future::Future;
use std::pin::Pin;

/// The future that a [`Summarizer`](super::Summarizer) returns; `Send` everywhere except on wasm.
///
/// Written out, as `async fn` in a trait cannot be called through `dyn`.
#[cfg(not(target_family = "wasm"))]
pub type SummaryFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// The future that a [`Summarizer`](super::Summarizer) returns; `Send` everywhere except on wasm.
#[cfg(target_family = "wasm")]
pub type SummaryFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send + Sync`, except on wasm, where it requires nothing. Implemented for every such type.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync + ?Sized> MaybeSend for T {}

/// `Send + Sync`, except on wasm, where it requires nothing. Implemented for every such type.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSend for T {}
