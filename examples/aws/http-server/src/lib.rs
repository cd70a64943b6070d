//! An HTTP/1.1 server for an axum router that anyone may connect to.
//!
//! `axum::serve` waits forever for headers, for the next request of an idle connection and for a
//! client that does not read its response, and accepts any number of connections. [`serve`] bounds
//! all four. Bodies and handlers are the router's business (`tower_http::timeout`).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// The largest request line and headers together, in bytes.
const MAX_HEADER_BYTES: usize = 32 << 10;
/// The wait before accepting again when the process has no file descriptors left.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What one client may take up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections. Further ones wait in the kernel's backlog.
    pub connections: usize,
    /// Open connections from one IP address; further ones are closed at once. Leave it `None`
    /// behind a proxy, whose address all clients share.
    pub connections_per_address: Option<usize>,
    /// Time for a request's headers to arrive, which is also how long a connection may be idle.
    pub header_timeout: Duration,
    /// Time in which a client has to read some of what it is sent.
    pub write_timeout: Duration,
}

/// Listens on `host:port`.
///
/// # Errors
/// If the address cannot be bound.
pub async fn listen(host: IpAddr, port: u16) -> Result<TcpListener> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves `app` until `stop` completes, then finishes open requests until `deadline` completes
/// (polled from then on). Requests carry the peer's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
    deadline: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let addresses = Addresses::default();
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let slot = slots.clone().acquire_owned().await.expect("never closed");
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = error.to_string(), "cannot accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let Some(counted) = addresses.enter(peer.ip(), limits.connections_per_address) else {
            continue;
        };
        let connection = graceful.watch(connection(stream, peer, app.clone(), limits));
        tokio::spawn(async move {
            // An error here is the client's: it went away, timed out or did not send HTTP.
            let _ = connection.await;
            drop((slot, counted));
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = deadline => {}
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}

/// Open connections by address.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Addresses {
    /// Counts a connection until the guard is dropped; `None` if the address has too many.
    fn enter(&self, address: IpAddr, limit: Option<usize>) -> Option<Counted> {
        let mut open = self.0.lock().expect("not poisoned");
        let count = open.entry(address).or_default();
        if limit.is_some_and(|limit| *count >= limit) {
            return None;
        }
        *count += 1;
        Some(Counted { addresses: self.clone(), address })
    }
}

struct Counted {
    addresses: Addresses,
    address: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.addresses.0.lock().expect("not poisoned");
        let left = open.get_mut(&self.address).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            open.remove(&self.address);
        }
    }
}
