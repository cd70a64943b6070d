//! The endpoint under load from many clients, most of them malicious.
//!
//! It takes ten seconds, or `MUSICAP_SOAK_MINUTES`, and prints what happened.

mod common;

use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{SONG, Server};
use musicap::{Captioner, Captions};

/// The number of requests by what happened to them.
#[derive(Debug, Default)]
struct Counts {
    answered: usize,
    busy: usize,
    too_large: usize,
    too_slow: usize,
    invalid: usize,
    disconnected: usize,
}

/// Sends a request, and its body when the server has admitted it with `100 Continue`.
fn send(server: &Server, kind: &str, length: usize, body: &[u8]) -> Sent {
    let Ok(mut stream) = server.expect(kind, length) else { return Sent::NotAdmitted };
    let mut head = [0; 25];
    if stream.read_exact(&mut head).is_err() {
        return Sent::NotAdmitted;
    }
    let mut reply = Vec::new();
    if head.starts_with(b"HTTP/1.1 100") {
        // The server may close the connection half-way.
        let _ = stream.write_all(body);
    } else {
        reply.extend(head);
    }
    match stream.read_to_end(&mut reply) {
        Ok(_) if !reply.is_empty() => Sent::Answered(String::from_utf8(reply).unwrap()),
        _ => Sent::Lost,
    }
}

#[derive(Debug)]
enum Sent {
    Answered(String),
    /// The connection was closed before the request was admitted.
    NotAdmitted,
    /// It was closed after that.
    Lost,
}

fn status(reply: &str) -> u16 {
    reply.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

fn texts(reply: &str) -> Vec<String> {
    let (_, json) = reply.split_once("\r\n\r\n").expect("a body");
    let captions = Captions::parse_json("reply", json).unwrap().remove(0).captions;
    captions.into_iter().map(|caption| caption.text).collect()
}

#[test]
fn permits_are_released_whatever_clients_do_and_memory_does_not_grow() {
    let minutes = std::env::var("MUSICAP_SOAK_MINUTES").ok().and_then(|text| text.parse().ok());
    let time =
        minutes.map_or(Duration::from_secs(10), |minutes: u64| Duration::from_secs(60 * minutes));
    let song = std::fs::read(SONG).unwrap();
    let most = song.len() + 1;
    let server = Server::start(&[
        ("MAX_CONCURRENT", "2"),
        ("MAX_WAITING", "4"),
        ("BODY_SECONDS", "1"),
        ("MAX_BODY_BYTES", &most.to_string()),
    ]);
    let expected = Captioner::embedded().unwrap().caption_file(SONG).unwrap();
    let expected: Vec<String> = expected.captions.into_iter().map(|one| one.text).collect();
    let counts = Mutex::new(Counts::default());
    let run = |until: Instant| {
        thread::scope(|scope| {
            for client in 0..12 {
                let (server, song, expected, counts) = (&server, &song, &expected, &counts);
                scope.spawn(move || {
                    for turn in client.. {
                        if Instant::now() > until {
                            break;
                        }
                        request(server, turn % 7, song, expected, counts);
                    }
                });
            }
        });
    };
    // Caches and pools take memory at first.
    run(Instant::now() + Duration::from_secs(4));
    let before = server.memory();
    run(Instant::now() + time);
    let after = server.memory();
    let counts = counts.into_inner().unwrap();
    eprintln!("{counts:?}; {before} bytes of memory, then {after}");
    let Counts { answered, busy, too_large, too_slow, invalid, disconnected } = counts;
    let all = [answered, busy, too_large, too_slow, invalid, disconnected];
    assert!(all.iter().all(|&count| count > 0), "{all:?}");
    assert!(after < before + before / 4 + (32 << 20), "{before} bytes, then {after}");

    // All six permits are available again, as soon as work for disconnected clients has ended.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !six_are_answered(&server, &song, &expected) {
        assert!(Instant::now() < deadline, "permits were lost");
        thread::sleep(Duration::from_millis(500));
    }
}

fn six_are_answered(server: &Server, song: &[u8], expected: &[String]) -> bool {
    let (gate, answered) = (std::sync::Barrier::new(6), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                gate.wait();
                match send(server, "audio/ogg", song.len(), song) {
                    Sent::Answered(reply) if status(&reply) == 503 => {}
                    Sent::Answered(reply) => {
                        assert_eq!(texts(&reply), expected);
                        *answered.lock().unwrap() += 1;
                    }
                    other => panic!("{other:?}"),
                }
            });
        }
    });
    answered.into_inner().unwrap() == 6
}

/// The request of one client, and the check of what it gets.
fn request(server: &Server, kind: usize, song: &[u8], expected: &[String], counts: &Mutex<Counts>) {
    let reply = match kind {
        // A good request.
        0 | 1 => send(server, "audio/ogg", song.len(), song),
        // A body that is too large.
        2 => {
            let long = [song, song].concat();
            send(server, "audio/ogg", long.len(), &long)
        }
        // A body that stops half-way.
        3 => send(server, "audio/ogg", song.len(), &song[..100]),
        // Not an array.
        4 => send(server, "application/x-npy", 8, b"no array"),
        // Disconnects half-way, or before the answer.
        _ => {
            if let Ok(mut stream) = server.expect("audio/ogg", song.len()) {
                let mut head = [0; 25];
                let _ = stream.read_exact(&mut head);
                let length = if kind == 5 { song.len() / 2 } else { song.len() };
                let _ = stream.write_all(&song[..length]);
                drop(stream);
                counts.lock().unwrap().disconnected += 1;
            }
            return;
        }
    };
    let Sent::Answered(reply) = reply else { panic!("{kind}: {reply:?}") };
    let code = status(&reply);
    let mut counts = counts.lock().unwrap();
    match (kind, code) {
        (_, 503) => counts.busy += 1,
        (0 | 1, 200) => {
            assert_eq!(texts(&reply), expected);
            counts.answered += 1;
        }
        (2, 413) => counts.too_large += 1,
        (3, 408) => counts.too_slow += 1,
        (4, 400) => counts.invalid += 1,
        _ => panic!("{kind}: {reply}"),
    }
}

#[test]
fn sigterm_loses_no_admitted_request() {
    let song = std::fs::read(SONG).unwrap();
    for round in 0..5 {
        let mut server = Server::start(&[("MAX_CONCURRENT", "2"), ("MAX_WAITING", "30")]);
        let (ended, answered) = (AtomicBool::new(false), Mutex::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        match send(&server, "audio/ogg", song.len(), &song) {
                            Sent::Answered(reply) => {
                                assert_eq!(status(&reply), 200, "{reply}");
                                assert_eq!(texts(&reply).len(), 5);
                                *answered.lock().unwrap() += 1;
                            }
                            Sent::NotAdmitted => {
                                assert!(
                                    ended.load(Ordering::Relaxed),
                                    "refused before the shutdown"
                                );
                            }
                            Sent::Lost => panic!("an admitted request was lost"),
                        }
                    }
                });
            }
            thread::sleep(Duration::from_millis(700 + 130 * round));
            ended.store(true, Ordering::Relaxed);
            server.terminate();
        });
        assert!(server.child.wait().unwrap().success());
        assert!(answered.into_inner().unwrap() >= 8);
    }
}
