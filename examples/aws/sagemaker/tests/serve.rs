//! The endpoint's contract, held to the library.

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
async fn arrays_lists_and_sound_get_the_captions_of_the_library() {
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
async fn what_cannot_be_captioned_is_refused_with_the_reason() {
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
        ("application/json", "", b"[[[1, 2], [3]]]".to_vec(), 400, "shape"),
        ("audio/mpeg", "", b"no sound".to_vec(), 415, "sound"),
        ("audio/ogg", "", std::fs::read(SONG).unwrap(), 413, "30.0 s"),
        ("audio/ogg", "", vec![0; 1_000_001], 413, "1000000"),
    ];
    for (kind, attributes, body, status, part) in cases {
        let (found, reason) = server.refusal(kind, attributes, body).await;
        assert!(found == status && reason.contains(part), "{kind} {attributes}: {found} {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_than_fits_is_told_to_come_back_and_the_slow_to_hurry() {
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
async fn what_takes_longer_than_an_invocation_may_is_ended() {
    // Three hours of silence are little to send and as much to hear as any.
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "10800"])
        .args(["-f", "flac", "-"])
        .output()
        .unwrap();
    assert!(made.status.success() && made.stdout.len() < 6 << 20, "{}", made.stdout.len());
    let server = Server::start(&[("INVOCATION_SECONDS", "1"), ("MAX_SECONDS", "86400")]);
    let (status, reason) = server.refusal("audio/flac", "", made.stdout).await;
    assert!(status == 504 && reason.contains("processing job"), "{status} {reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_let_in_is_answered_after_sigterm_and_nothing_else_is_let_in() {
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
async fn work_whose_client_has_gone_keeps_its_place_until_it_ends() {
    let server = Server::start(&[
        ("MAX_CONCURRENT", "1"),
        ("MAX_WAITING", "0"),
        // All of it in one batch, so that it does not notice soon that nobody waits.
        ("BATCH", "400"),
        ("MAX_BODY_BYTES", "60000000"),
    ]);
    let array = npy(&Array3::zeros((400, 128, 251)));
    let mut gone = server.begin("application/x-npy", array.len());
    gone.write_all(&array).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(gone);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (status, _) = server.refusal("application/x-npy", "", npy(&features())).await;
    assert_eq!(status, 503, "its place was given away");
    let url = format!("http://127.0.0.1:{}/invocations", server.port);
    let client = Client::builder().no_proxy().build().unwrap();
    for _ in 0..240 {
        let request = client.post(&url).header("content-type", "application/x-npy");
        if request.body(npy(&features())).send().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("its place never came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_ask_for_nothing_do_not_keep_the_server_from_ending() {
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
