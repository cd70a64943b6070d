//! The endpoint among many clients at once, of whom most mean no good.
//!
//! Ten seconds; `MUSICAP_SOAK_MINUTES=10` goes on for so many minutes, and says what it saw.

mod common;

use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{SONG, Server};
use musicap::{Captioner, Captions};

/// How often what was seen.
#[derive(Debug, Default)]
struct Seen {
    answered: usize,
    busy: usize,
    too_large: usize,
    too_slow: usize,
    senseless: usize,
    gone: usize,
}

/// A request whose body is sent when the server has let it in, which is what `100 Continue` says.
fn ask(server: &Server, kind: &str, length: usize, body: &[u8]) -> Asked {
    let Ok(mut stream) = server.expect(kind, length) else { return Asked::NotLetIn };
    let mut head = [0; 25];
    if stream.read_exact(&mut head).is_err() {
        return Asked::NotLetIn;
    }
    let mut reply = Vec::new();
    if head.starts_with(b"HTTP/1.1 100") {
        // Who is turned away half-way may find the door closed.
        let _ = stream.write_all(body);
    } else {
        reply.extend(head);
    }
    match stream.read_to_end(&mut reply) {
        Ok(_) if !reply.is_empty() => Asked::Answered(String::from_utf8(reply).unwrap()),
        _ => Asked::Lost,
    }
}

#[derive(Debug)]
enum Asked {
    Answered(String),
    /// The connection ended before the request was let in.
    NotLetIn,
    /// It ended after.
    Lost,
}

fn status(reply: &str) -> u16 {
    reply.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

fn texts(reply: &str) -> Vec<String> {
    let (_, json) = reply.split_once("\r\n\r\n").expect("a body");
    let captions = Captions::read_json("reply", json).unwrap().remove(0).captions;
    captions.into_iter().map(|caption| caption.text).collect()
}

#[test]
fn slots_come_back_whatever_clients_do_and_memory_stays() {
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
    let seen = Mutex::new(Seen::default());
    let run = |until: Instant| {
        thread::scope(|scope| {
            for client in 0..12 {
                let (server, song, expected, seen) = (&server, &song, &expected, &seen);
                scope.spawn(move || {
                    for turn in client.. {
                        if Instant::now() > until {
                            break;
                        }
                        one(server, turn % 7, song, expected, seen);
                    }
                });
            }
        });
    };
    // What caches and pools take at first is not growth.
    run(Instant::now() + Duration::from_secs(4));
    let before = server.memory();
    run(Instant::now() + time);
    let after = server.memory();
    let seen = seen.into_inner().unwrap();
    eprintln!("{seen:?}; {before} bytes of memory, then {after}");
    let Seen { answered, busy, too_large, too_slow, senseless, gone } = seen;
    let all = [answered, busy, too_large, too_slow, senseless, gone];
    assert!(all.iter().all(|&count| count > 0), "{all:?}");
    assert!(after < before + before / 4 + (32 << 20), "{before} bytes, then {after}");

    // As many as there are places for find one: none was lost. Work that nobody waits for any more
    // has its place until it notices.
    let patience = Instant::now() + Duration::from_secs(60);
    while !six_are_answered(&server, &song, &expected) {
        assert!(Instant::now() < patience, "places were lost");
        thread::sleep(Duration::from_millis(500));
    }
}

fn six_are_answered(server: &Server, song: &[u8], expected: &[String]) -> bool {
    let (gate, answered) = (std::sync::Barrier::new(6), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                gate.wait();
                match ask(server, "audio/ogg", song.len(), song) {
                    Asked::Answered(reply) if status(&reply) == 503 => {}
                    Asked::Answered(reply) => {
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

/// One client: what it does, and what must come of it.
fn one(server: &Server, kind: usize, song: &[u8], expected: &[String], seen: &Mutex<Seen>) {
    let reply = match kind {
        // Says all, and listens.
        0 | 1 => ask(server, "audio/ogg", song.len(), song),
        // Says too much.
        2 => {
            let long = [song, song].concat();
            ask(server, "audio/ogg", long.len(), &long)
        }
        // Stops half-way, and waits.
        3 => ask(server, "audio/ogg", song.len(), &song[..100]),
        // Speaks of something else.
        4 => ask(server, "application/x-npy", 8, b"no array"),
        // Goes away: half-way, or when all is said.
        _ => {
            if let Ok(mut stream) = server.expect("audio/ogg", song.len()) {
                let mut head = [0; 25];
                let _ = stream.read_exact(&mut head);
                let said = if kind == 5 { song.len() / 2 } else { song.len() };
                let _ = stream.write_all(&song[..said]);
                drop(stream);
                seen.lock().unwrap().gone += 1;
            }
            return;
        }
    };
    let Asked::Answered(reply) = reply else { panic!("{kind}: {reply:?}") };
    let code = status(&reply);
    let mut seen = seen.lock().unwrap();
    match (kind, code) {
        (_, 503) => seen.busy += 1,
        (0 | 1, 200) => {
            assert_eq!(texts(&reply), expected);
            seen.answered += 1;
        }
        (2, 413) => seen.too_large += 1,
        (3, 408) => seen.too_slow += 1,
        (4, 400) => seen.senseless += 1,
        _ => panic!("{kind}: {reply}"),
    }
}

#[test]
fn sigterm_in_the_middle_loses_nothing_that_was_let_in() {
    let song = std::fs::read(SONG).unwrap();
    for round in 0..5 {
        let mut server = Server::start(&[("MAX_CONCURRENT", "2"), ("MAX_WAITING", "30")]);
        let (ended, answered) = (AtomicBool::new(false), Mutex::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        match ask(&server, "audio/ogg", song.len(), &song) {
                            Asked::Answered(reply) => {
                                assert_eq!(status(&reply), 200, "{reply}");
                                assert_eq!(texts(&reply).len(), 5);
                                *answered.lock().unwrap() += 1;
                            }
                            Asked::NotLetIn => {
                                assert!(
                                    ended.load(Ordering::Relaxed),
                                    "turned away before the end"
                                );
                            }
                            Asked::Lost => panic!("a request that was let in was lost"),
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
