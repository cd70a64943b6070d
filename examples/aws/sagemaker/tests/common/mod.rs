//! The container's server as a child process.
#![allow(dead_code)]

use std::io::Write;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use musicap::Captions;
use reqwest::{Client, Response};
use serde_json::Value;

pub const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../songs/three-scenes.ogg");

/// A server that is killed at the end of the test.
pub struct Server {
    pub child: Child,
    pub port: u16,
}

impl Server {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_sagemaker"))
            .arg("serve")
            .env("PORT", port.to_string())
            .env("HOST", "127.0.0.1")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { child, port };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not listen");
    }

    async fn invoke(&self, kind: &str, attributes: &str, body: Vec<u8>) -> Response {
        let url = format!("http://127.0.0.1:{}/invocations", self.port);
        let request = Client::builder().no_proxy().build().unwrap().post(url);
        let request = request.header("content-type", kind);
        let request = request.header("x-amzn-sagemaker-custom-attributes", attributes);
        request.body(body).send().await.unwrap()
    }

    pub async fn captions(&self, kind: &str, attributes: &str, body: Vec<u8>) -> Captions {
        let reply = self.invoke(kind, attributes, body).await;
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        Captions::parse_json("reply", &text).unwrap().remove(0)
    }

    pub async fn refusal(&self, kind: &str, attributes: &str, body: Vec<u8>) -> (u16, String) {
        let reply = self.invoke(kind, attributes, body).await;
        let (status, text) = (reply.status().as_u16(), reply.text().await.unwrap());
        let body: Value = serde_json::from_str(&text).unwrap();
        let error =
            body["error"].as_str().unwrap_or_else(|| panic!("{status}, no refusal: {text}"));
        (status, error.to_owned())
    }

    pub fn terminate(&self) {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(done.unwrap().success());
    }

    /// Sends a request without its body.
    pub fn begin(&self, kind: &str, length: usize) -> TcpStream {
        self.head(kind, length, "").unwrap()
    }

    /// The same, with the expectation of `100 Continue`.
    pub fn expect(&self, kind: &str, length: usize) -> std::io::Result<TcpStream> {
        self.head(kind, length, "Expect: 100-continue\r\n")
    }

    fn head(&self, kind: &str, length: usize, more: &str) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\n\
             Content-Length: {length}\r\n{more}Connection: close\r\n\r\n"
        )?;
        Ok(stream)
    }

    /// The resident memory of the process, in bytes.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that its resident memory has been, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
