//! A whole model from a hub: the parity kit's, served on a loopback socket.

use std::fs;
use std::path::{Path, PathBuf};

use crate::hub_server::{COMMIT, Mood, Scratch, Server};
use musicap::audio::{AudioReader, Tail};
use musicap::checkpoint::{Hub, HubId};
use musicap::{CaptionOptions, Captioner, Error, HubProblem, LoadOptions};

const FILES: [&str; 4] = ["config.json", "vocab.json", "merges.txt", "transfer.pth"];

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity")
}

fn serve(repo: &str, files: &[&str]) -> Server {
    let server = Server::start();
    for (number, file) in files.iter().enumerate() {
        let bytes = fs::read(kit().join("model-a").join(file)).unwrap();
        server.put(repo, file, &format!("etag-{number}"), &bytes);
    }
    server
}

fn hub(server: &Server, cache: &Scratch) -> Hub {
    let hub = Hub::from_env().unwrap().online();
    hub.with_endpoint(server.url()).with_cache(cache.path())
}

fn captions(hub: &Hub, id: &HubId) -> Vec<String> {
    let model = hub.pretrained(id).unwrap();
    assert_eq!(model.name(), id.to_string());
    let captioner = Captioner::load(&model, &LoadOptions::default()).unwrap();
    let tune = AudioReader::open(kit().join("tune-16k.wav")).unwrap();
    // The settings that the kit calls default; the rest comes from the model's config.
    let mut generation = captioner.config().generation.clone();
    (generation.num_beams, generation.max_length, generation.min_length) = (5, 128, 2);
    let options = CaptionOptions::default().with_tail(Tail::Drop).with_generation(generation);
    let captions = captioner.caption(tune, &options).unwrap();
    captions.captions.into_iter().map(|caption| caption.text).collect()
}

#[test]
fn a_configuration_is_read_without_the_weights() {
    let (server, cache) = (serve("owner/name", &FILES), Scratch::new());
    let id = HubId::parse("owner/name").unwrap();
    let config = hub(&server, &cache).config(&id).unwrap();
    assert_eq!(config.audio, hub(&server, &cache).pretrained(&id).unwrap().config().audio);
    let (server, cache) = (serve("owner/name", &FILES[..1]), Scratch::new());
    assert_eq!(hub(&server, &cache).config(&id).unwrap().audio, config.audio);
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    assert!(lines.iter().any(|line| line.contains("config.json")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("transfer.pth")), "{lines:?}");
}

#[test]
fn hub_model_captions() {
    let (server, cache) = (serve("owner/name", &FILES), Scratch::new());
    let (hub, id) = (hub(&server, &cache), HubId::parse("owner/name").unwrap());
    let json = fs::read_to_string(kit().join("model-a/expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected: Vec<String> = expected["default"]["captions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|caption| caption["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(captions(&hub, &id), expected);

    server.forget_requests();
    assert_eq!(captions(&hub.clone().offline(), &id), expected);
    assert_eq!(server.requests().len(), 0);

    // One question where the branch is now; a commit's files are known.
    assert_eq!(captions(&hub, &id), expected);
    assert_eq!(server.requests().len(), 1);
    let pinned = HubId::parse(&format!("owner/name@{COMMIT}")).unwrap();
    assert_eq!(captions(&hub, &pinned), expected);
    assert_eq!(server.requests().len(), 1);
}

/// A connection that breaks says nothing of what the repository has.
#[test]
fn a_file_that_cannot_be_asked_for_is_not_taken_for_absent() {
    let server = serve("owner/name", &FILES);
    server.put("owner/name", "generation_config.json", "etag-g", br#"{"max_length": 3}"#);
    let id = HubId::parse("owner/name").unwrap();
    for file in ["generation_config.json", "tokenizer.json", "model.safetensors"] {
        let cache = Scratch::new();
        server.set_broken(file);
        match hub(&server, &cache).pretrained(&id).unwrap_err() {
            Error::Hub { id, file: named, problem, .. } => {
                assert_eq!((&id[..], &named[..]), ("owner/name", file));
                assert_eq!(problem, HubProblem::Unreachable);
            }
            error => panic!("{error:?}"),
        }
    }
}

#[test]
fn the_model_in_the_cache_is_used_and_a_note_says_so() {
    let (server, cache) = (serve("owner/name", &FILES), Scratch::new());
    let (hub, id) = (hub(&server, &cache), HubId::parse("owner/name").unwrap());
    let expected = captions(&hub, &id);
    assert_eq!(hub.pretrained(&id).unwrap().note(), None);
    for status in [401, 403, 404, 500] {
        server.set_mood(Mood::Status(status));
        let model = hub.pretrained(&id).unwrap();
        let note = model.note().unwrap();
        assert!(note.contains(&status.to_string()) || note.contains("denied"), "{note}");
        assert!(note.ends_with("the model that is in the cache is used"), "{note}");
    }
    assert_eq!(captions(&hub, &id), expected);
}

#[test]
fn half_of_a_new_commit_does_not_replace_the_old_one() {
    for mood in [Mood::Well, Mood::BranchOnly] {
        let (server, cache) = (serve("owner/name", &FILES), Scratch::new());
        server.set_mood(mood);
        let (hub, id) = (hub(&server, &cache), HubId::parse("owner/name").unwrap());
        let expected = captions(&hub, &id);
        server.set_commit(&"f".repeat(40));
        let config = fs::read(kit().join("model-a/config.json")).unwrap();
        server.put("owner/name", "config.json", "etag-new", &config);
        server.put("owner/name", "transfer.pth", "etag-newer", b"other weights");
        server.set_broken("transfer.pth");
        assert_eq!(captions(&hub, &id), expected, "{mood:?}");
        assert!(hub.pretrained(&id).unwrap().note().unwrap().contains("transfer.pth"));
        hub.config(&id).unwrap();
        assert_eq!(captions(&hub.clone().offline(), &id), expected, "{mood:?}");
    }
}

#[test]
fn a_mirror_need_not_know_commits() {
    let (server, cache) = (serve("owner/name", &FILES), Scratch::new());
    server.set_mood(Mood::BranchOnly);
    let (hub, id) = (hub(&server, &cache), HubId::parse("owner/name").unwrap());
    let online = captions(&hub, &id);
    assert_eq!(captions(&hub.offline(), &id), online);
}

#[test]
fn the_reference_takes_its_vocabulary_from_another_repository() {
    let server = serve("seungheondoh/lp-music-caps", &["transfer.pth"]);
    let vocabulary = [("vocab.json", "etag-v"), ("merges.txt", "etag-m")];
    for (file, etag) in vocabulary {
        let bytes = fs::read(kit().join("model-a").join(file)).unwrap();
        server.put("facebook/bart-base", file, etag, &bytes);
    }
    let cache = Scratch::new();
    let (hub, id) = (hub(&server, &cache), HubId::parse("seungheondoh/lp-music-caps").unwrap());
    // The weights are of a small model, so this goes as far as finding and opening all files.
    let model = hub.pretrained(&id).unwrap();
    assert_eq!(model.config().architecture().d_model(), 768);
    server.forget_requests();
    hub.offline().pretrained(&id).unwrap();
    assert_eq!(server.requests().len(), 0);
}
