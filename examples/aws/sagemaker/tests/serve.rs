//! The endpoint's contract, compared with the library.

mod common;

use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use common::{SONG, Server};
use musicap::audio::{AudioReader, Chunks, LogMel, NpyWriter, Tail};
use musicap::{Captioner, Captions};
use ndarray::{Array3, Axis};
use reqwest::Client;

fn features() -> Array3<f32> {
    let config = Captioner::embedded().unwrap().config().audio.clone();
    let chunks = Chunks::new(AudioReader::open(SONG).unwrap(), &config, 0.0, Tail::Keep).unwrap();
    let samples: Vec<Vec<f32>> = chunks.map(|chunk| chunk.unwrap().samples).collect();
    LogMel::new(&config).unwrap().compute_chunks(&samples)
}

fn npy(features: &Array3<f32>) -> Vec<u8> {
    let (_, n_mels, frames) = features.dim();
    let mut file = Cursor::new(Vec::new());
    let mut writer = NpyWriter::new(&mut file, [n_mels, frames]).unwrap();
    features.axis_iter(Axis(0)).for_each(|chunk| writer.write(chunk).unwrap());
    writer.finish().unwrap();
    file.into_inner()
}

fn json(features: &Array3<f32>) -> String {
    let lists: Vec<Vec<Vec<f32>>> = features
        .outer_iter()
        .map(|chunk| chunk.outer_iter().map(|band| band.to_vec()).collect())
        .collect();
    serde_json::to_string(&lists).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_lists_and_recordings_get_the_captions_of_the_library() {
    let server = Server::start(&[]);
    let url = format!("http://127.0.0.1:{}/ping", server.port);
    let ping = Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(ping.status(), 200);

    let expected = Captioner::embedded().unwrap().caption_file(SONG).unwrap();
    let sound = server.captions("audio/ogg", "", std::fs::read(SONG).unwrap()).await;
    assert_eq!(sound.captions, expected.captions);
    assert_eq!((sound.duration_s, sound.file), (expected.duration_s, None));

    let texts = |captions: &Captions| -> Vec<(String, f32)> {
        captions.captions.iter().map(|caption| (caption.text.clone(), caption.score)).collect()
    };
    let features = features();
    let array = server.captions("application/x-npy", "first-chunk=7", npy(&features)).await;
    assert_eq!(texts(&array), texts(&expected));
    let first = &array.captions[0];
    assert_eq!((first.index, first.start_s, first.end_s), (7, 70.0, 80.0));
    let list = server.captions("application/json", "", json(&features).into_bytes()).await;
    assert_eq!(texts(&list), texts(&expected));
    let wrapped = format!("{{\"instances\": {}}}", json(&features));
    let wrapped = server.captions("application/json", "", wrapped.into_bytes()).await;
    assert_eq!(wrapped, list);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_requests_are_refused_with_the_reason() {
    let server = Server::start(&[("MAX_BODY_BYTES", "1000000"), ("MAX_SECONDS", "30")]);
    let good = npy(&features());
    let mut damaged = good.clone();
    damaged.truncate(good.len() - 1);
    let reference = npy(&Array3::zeros((1, 128, 1001)));
    let cases = [
        ("text/csv", "", b"1,2".to_vec(), 415, "text/csv"),
        ("application/x-npy", "", b"no array".to_vec(), 400, "NUMPY"),
        ("application/x-npy", "", damaged, 400, "bytes"),
        ("application/x-npy", "", reference, 400, "1001"),
        ("application/x-npy", "first-chunk=x", good.clone(), 400, "first-chunk"),
        ("application/x-npy", "front-end=0000", good, 400, "0000"),
        ("application/json", "", b"[[[1, 2], [3]]]".to_vec(), 400, "line 1, column"),
        ("audio/mpeg", "", b"no sound".to_vec(), 415, "not a supported audio file"),
        ("audio/ogg", "", std::fs::read(SONG).unwrap(), 413, "30.0 s"),
        ("audio/ogg", "", vec![0; 1_000_001], 413, "1000000"),
    ];
    for (kind, attributes, body, status, part) in cases {
        let (found, reason) = server.refusal(kind, attributes, body).await;
        assert!(found == status && reason.contains(part), "{kind} {attributes}: {found} {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_and_a_slow_body_are_refused() {
    let settings = [("MAX_CONCURRENT", "1"), ("MAX_WAITING", "0"), ("BODY_SECONDS", "2")];
    let server = Server::start(&settings);
    let mut slow = server.begin("audio/ogg", 1000);
    slow.write_all(b"Ogg").unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (status, _) = server.refusal("audio/ogg", "", std::fs::read(SONG).unwrap()).await;
    assert_eq!(status, 503);
    let mut reply = String::new();
    slow.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 408") && reply.contains("only 3 bytes"), "{reply}");
    server.captions("audio/ogg", "", std::fs::read(SONG).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_takes_too_long_is_ended() {
    // Three hours of silence are a small file and take as long as any other audio.
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "10800"])
        .args(["-f", "flac", "-"])
        .output()
        .unwrap();
    assert!(made.status.success() && made.stdout.len() < 6 << 20, "{}", made.stdout.len());
    let server = Server::start(&[("INVOCATION_SECONDS", "1"), ("MAX_SECONDS", "86400")]);
    let (status, reason) = server.refusal("audio/flac", "", made.stdout).await;
    assert!(status == 504 && reason.contains("Processing job"), "{status} {reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_sigterm_admitted_requests_are_answered_and_no_others_accepted() {
    let mut server = Server::start(&[]);
    let song = std::fs::read(SONG).unwrap();
    let mut stream = server.begin("audio/ogg", song.len());
    stream.write_all(&song[..1000]).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
    stream.write_all(&song[1000..]).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert_eq!(reply.matches("\"text\"").count(), 5);
    assert!(server.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn work_whose_client_disconnected_keeps_its_permit_until_it_ends() {
    let server = Server::start(&[
        ("MAX_CONCURRENT", "1"),
        ("MAX_WAITING", "0"),
        // One batch, so that it does not soon check whether the client is there.
        ("BATCH", "1000"),
        ("MAX_BODY_BYTES", "140000000"),
    ]);
    // Takes many times as long as the pauses below, on a fast machine too.
    let array = npy(&Array3::from_shape_fn((1000, 128, 251), |(chunk, band, frame)| {
        ((chunk * 7 + band * 13 + frame * 31) % 97) as f32 - 90.0
    }));
    let mut gone = server.begin("application/x-npy", array.len());
    gone.write_all(&array).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(gone);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (status, _) = server.refusal("application/x-npy", "", npy(&features())).await;
    assert_eq!(status, 503, "its permit was given away");
    let url = format!("http://127.0.0.1:{}/invocations", server.port);
    let client = Client::builder().no_proxy().build().unwrap();
    for _ in 0..240 {
        let request = client.post(&url).header("content-type", "application/x-npy");
        if request.body(npy(&features())).send().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("its permit was never released");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_request_do_not_delay_the_shutdown() {
    let mut server = Server::start(&[]);
    let _idle = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let mut half = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    half.write_all(b"POST /invocations HTTP/1.1\r\nHost: a").unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.terminate();
    for _ in 0..600 {
        if let Some(status) = server.child.try_wait().unwrap() {
            assert!(status.success());
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server has not ended half a minute after SIGTERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_takes_twice_its_size_in_memory_and_no_more() {
    const MAX_BODY: usize = 6 << 20;
    let server = Server::start(&[]);
    // The memory of the model is not that of the requests below.
    server.captions("application/json", "", json(&features()).into_bytes()).await;
    let before = server.peak_memory();

    let band = format!("[{}]", ["0"; 251].join(","));
    let chunk = format!("[{}]", vec![&band[..]; 128].join(","));
    let list = |of: &str, bytes: usize| vec![of; bytes / (of.len() + 1)].join(",");
    for body in [
        format!("[{}]", list("[[0]]", MAX_BODY - 64)),
        format!("[[[{}]]]", list("0", MAX_BODY - 64)),
        format!("{{\"a\": [{}], \"instances\": [[[0]]]}}", list("[[0]]", MAX_BODY - 64)),
        // Every value of a full request is parsed before its end turns out to be wrong.
        format!("[{},[]]", list(&chunk, MAX_BODY - 64)),
    ] {
        let sent = (0..18).map(|_| server.refusal("application/json", "", body.clone().into()));
        for (status, reason) in futures_util::future::join_all(sent).await {
            assert_eq!(status, 400, "{reason}");
        }
        // 18 bodies at a time and two arrays of twice their size; as much again for what the
        // allocator keeps.
        let grown = server.peak_memory() - before;
        assert!(grown < 2 * (18 + 4) * MAX_BODY as u64, "{grown} bytes for {}", &body[..20]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_repeats_little_of_a_header() {
    let server = Server::start(&[]);
    let long = "x".repeat(4000);
    let good = npy(&features());
    for (kind, attributes) in [
        (&long[..], String::new()),
        ("application/x-npy", format!("first-chunk={long}")),
        ("application/x-npy", format!("front-end={long}")),
    ] {
        let (_, reason) = server.refusal(kind, &attributes, good.clone()).await;
        assert!(reason.len() < 400, "{} bytes", reason.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_sends_no_headers_is_closed() {
    let server = Server::start(&[("IDLE_SECONDS", "1"), ("MAX_CONNECTIONS", "2")]);
    let open = || {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    };
    let mut held = [open(), open()];
    held[1].write_all(b"POST /invocations HTTP/1.1\r\nHost: a").unwrap();
    // Both connections are taken until they time out, then this request has its turn.
    server.captions("audio/ogg", "", std::fs::read(SONG).unwrap()).await;
    for stream in &mut held {
        assert!(stream.read_to_end(&mut Vec::new()).is_ok(), "the connection is still open");
    }
}
