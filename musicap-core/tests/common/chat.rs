//! A server for chat completions on a loopback socket: it answers as its script says.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What one request gets.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This summary.
    Summary(String),
    /// This status, with headers (each ending in CRLF) and a body.
    Status(u16, String, String),
    /// Status 200 with this body.
    Body(Vec<u8>),
    /// Nothing, for a minute.
    Silence,
    /// Half of an answer, then the connection closes.
    Cut,
    /// The connection closes at once.
    HangUp,
    /// Status 200 and bytes without end.
    Flood,
    /// A summary that tells how many captions there were, or refuses more than this many.
    AtMost(usize),
}

pub fn summary(text: &str) -> Answer {
    Answer::Summary(text.into())
}

pub fn status(status: u16, headers: &str, body: &str) -> Answer {
    Answer::Status(status, headers.into(), body.into())
}

#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    /// As they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: serde_json::Value,
    pub at: Instant,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &value[..])
    }

    /// What the model is told.
    pub fn system(&self) -> &str {
        self.body["messages"][0]["content"].as_str().unwrap()
    }

    /// The captions it gets.
    pub fn captions(&self) -> Vec<serde_json::Value> {
        serde_json::from_str(self.body["messages"][1]["content"].as_str().unwrap()).unwrap()
    }
}

struct State {
    script: Mutex<Vec<Answer>>,
    requests: Mutex<Vec<Request>>,
    stop: AtomicBool,
}

/// The server; it ends with its owner.
pub struct Server {
    state: Arc<State>,
    address: SocketAddr,
}

impl Server {
    /// Answers the first request by the first of `script` and so on; the last one stays.
    pub fn start(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            script: Mutex::new(script),
            requests: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stop.load(Ordering::SeqCst) {
                    break;
                }
                let state = shared.clone();
                std::thread::spawn(move || state.serve(stream));
            }
        });
        Server { state, address }
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    /// Answers one request; every connection carries one.
    fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&stream) else { return };
        let captions = request.captions().len();
        self.requests.lock().unwrap().push(request);
        let answer = {
            let mut script = self.script.lock().unwrap();
            if script.len() > 1 { script.remove(0) } else { script[0].clone() }
        };
        let _ = match answer {
            Answer::Summary(text) => reply(&mut stream, 200, "", &chat(&text)),
            Answer::Status(status, headers, body) => {
                reply(&mut stream, status, &headers, body.as_bytes())
            }
            Answer::Body(body) => reply(&mut stream, 200, "", &body),
            Answer::Silence => {
                std::thread::sleep(Duration::from_secs(60));
                Ok(())
            }
            Answer::Cut => {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"choices\":";
                stream.write_all(head.as_bytes())
            }
            Answer::HangUp => Ok(()),
            Answer::Flood => flood(&mut stream),
            Answer::AtMost(most) if captions > most => {
                let body = r#"{"error":{"code":"context_length_exceeded"}}"#;
                reply(&mut stream, 400, "", body.as_bytes())
            }
            Answer::AtMost(_) => reply(&mut stream, 200, "", &chat(&format!("{captions} texts."))),
        };
    }
}

/// An answer as OpenAI gives it.
fn chat(text: &str) -> Vec<u8> {
    let json = serde_json::json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
        }],
    });
    json.to_string().into_bytes()
}

fn flood(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")?;
    // As long as anyone reads, up to a gigabyte.
    for _ in 0..1 << 14 {
        stream.write_all(&[b' '; 1 << 16])?;
    }
    Ok(())
}

fn reply(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Status\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    stream.flush()
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).ok()?;
    Some(Request { line: line.trim().to_owned(), headers, body, at: Instant::now() })
}
