//! Eight threads that share one captioner: the same captions for all, and no memory that grows.
//!
//! A few seconds by default; `MUSICAP_SOAK_MINUTES=10 cargo test --release -p musicap-core
//! --test load -- --nocapture` goes on for ten minutes and says what it measured.
#![cfg(all(target_os = "linux", feature = "embedded-model"))]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use musicap::audio::AudioReader;
use musicap::{CaptionOptions, Captioner, LiveEvent, LiveOptions};

const THREADS: usize = 8;
/// Turns of each thread before memory is looked at.
const WARM_UP: u64 = 3;

/// What the process holds now, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// One turn: a recording as a whole, as a stream, given up half-way, and damaged.
fn turn(captioner: &Captioner, song: &[u8], expected: &[String]) {
    let reader = || AudioReader::from_bytes(song.to_vec(), "song").unwrap();
    let options = CaptionOptions::default().with_batch_size(3);
    let whole = captioner.caption(reader(), &options).unwrap();
    let texts: Vec<&String> = whole.captions.iter().map(|caption| &caption.text).collect();
    assert!(texts.iter().eq(&expected.iter().collect::<Vec<_>>()), "{texts:?}");

    let mut given_up = captioner.caption_stream(reader(), &options).unwrap();
    assert_eq!(given_up.next().unwrap().unwrap().text, expected[0]);
    drop(given_up);

    let mut damaged = song.to_vec();
    damaged.truncate(song.len() / 2);
    let half =
        captioner.caption(AudioReader::from_bytes(damaged, "half").unwrap(), &options).unwrap();
    assert_eq!(half.captions[0].text, expected[0]);

    let mut source = reader();
    let live = LiveOptions::new(source.sample_rate(), 1);
    let (mut input, events) = captioner.live(&live).unwrap();
    while let Some(block) = source.next_block().unwrap() {
        input.push(block).unwrap();
    }
    drop(input);
    let said: Vec<String> = events
        .map(|event| match event.unwrap() {
            LiveEvent::Caption { caption, .. } => caption.text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(said, expected);
}

#[test]
fn threads_that_share_a_captioner_get_the_same_captions_and_hold_no_memory() {
    let minutes = std::env::var("MUSICAP_SOAK_MINUTES").ok().and_then(|m| m.parse::<f64>().ok());
    let until = Instant::now() + Duration::from_secs_f64(minutes.unwrap_or(0.0) * 60.0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/songs/three-scenes.ogg");
    let song = std::fs::read(path).unwrap();
    let captioner = Captioner::embedded().unwrap();
    let whole = AudioReader::from_bytes(song.clone(), "song").unwrap();
    let expected = captioner.caption(whole, &CaptionOptions::default()).unwrap().captions;
    let expected: Vec<String> = expected.into_iter().map(|caption| caption.text).collect();
    assert_eq!(expected.len(), 5);

    let turns = AtomicU64::new(0);
    let warm = AtomicU64::new(0);
    let most = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for own in 1.. {
                    turn(&captioner, &song, &expected);
                    turns.fetch_add(1, Ordering::Relaxed);
                    let now = resident();
                    match own {
                        ..=WARM_UP => warm.fetch_max(now, Ordering::Relaxed),
                        _ => most.fetch_max(now, Ordering::Relaxed),
                    };
                    if own > WARM_UP && Instant::now() >= until {
                        break;
                    }
                }
            });
        }
    });
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let (turns, warm, most) = (turns.into_inner(), warm.into_inner(), most.into_inner());
    eprintln!(
        "{THREADS} threads, {turns} turns of four recordings: {:.0} MB after {WARM_UP} turns each, \
         at most {:.0} MB after that, {:.0} MB at the end",
        megabytes(warm),
        megabytes(most),
        megabytes(resident()),
    );
    // What one thread alone needs at a time, and the allocator's whims.
    assert!(most < warm + warm / 4 + (32 << 20), "{most} bytes after {warm}");
}
