//! Clients that are slow, idle, or too many, over real connections.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http_server::{Limits, serve};
use tokio::sync::oneshot;

/// No answer within this time counts as none: far longer than any limit below.
const TIMEOUT: Duration = Duration::from_secs(20);

const LIMITS: Limits = Limits {
    connections: 8,
    connections_per_address: None,
    header_timeout: Duration::from_millis(500),
    write_timeout: Duration::from_millis(500),
};

async fn start(limits: Limits) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let large = || async { vec![b'x'; 64 << 20] };
    let app = Router::new().route("/", get(|| async { "hello" })).route("/large", get(large));
    let listener = http_server::listen([127, 0, 0, 1].into(), 0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async move { drop(stopped.await) };
    let server = serve(listener, app, limits, stopped, tokio::time::sleep(TIMEOUT));
    (address, stop, tokio::spawn(server))
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Everything that the server sends until it closes the connection.
fn read(mut stream: &TcpStream) -> String {
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Ok(_) => String::from_utf8(text).unwrap(),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => String::new(),
        Err(error) => panic!("the server keeps the connection: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_request_half_a_request_or_a_second_one_are_closed() {
    let (address, _stop, _) = start(LIMITS).await;
    tokio::task::spawn_blocking(move || {
        assert_eq!(read(&connect(address)), "");
        let mut half = connect(address);
        half.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap();
        read(&half);
        let mut idle = connect(address);
        idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(read(&idle).ends_with("hello"));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_comes_byte_by_byte_has_no_more_time() {
    let (address, _stop, _) = start(LIMITS).await;
    tokio::task::spawn_blocking(move || {
        let mut slow = connect(address);
        slow.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        let closed = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            slow.write_all(b"x: y\r\n").is_err()
        });
        assert!(closed, "the server read headers for 20 s");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_disconnected() {
    let (address, stop, server) = start(LIMITS).await;
    let mut deaf = connect(address);
    deaf.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    tokio::time::sleep(3 * LIMITS.write_timeout).await;
    // The server only ends before its deadline when no connection is left.
    stop.send(()).unwrap();
    tokio::time::timeout(TIMEOUT / 2, server).await.expect("it still writes").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_its_share_and_everyone_has_a_turn() {
    let (address, _stop, _) = start(Limits { connections_per_address: Some(2), ..LIMITS }).await;
    tokio::task::spawn_blocking(move || {
        let held = [connect(address), connect(address)];
        let mut third = connect(address);
        let _ = third.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(read(&third), "", "the third connection was served");
        held.iter().for_each(|stream| drop(read(stream)));
        // The server forgets a connection shortly after it has closed it.
        let served = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            let mut next = connect(address);
            let _ = next.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            read(&next).ends_with("hello")
        });
        assert!(served);
    })
    .await
    .unwrap();

    // Beyond the total, connections wait for those that hold the slots to time out.
    let (address, _stop, _) = start(LIMITS).await;
    tokio::task::spawn_blocking(move || {
        let _held: Vec<TcpStream> = (0..LIMITS.connections).map(|_| connect(address)).collect();
        let mut next = connect(address);
        next.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        assert!(read(&next).ends_with("hello"));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_end_are_refused() {
    let (address, _stop, _) = start(LIMITS).await;
    tokio::task::spawn_blocking(move || {
        let mut endless = connect(address);
        let _ = endless.write_all(b"GET / HTTP/1.1\r\nx: ");
        let _ = endless.write_all(&[b'y'; 100 << 10]);
        let reply = read(&endless);
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 431"), "{reply}");
    })
    .await
    .unwrap();
}
