//! Fetching files from a hub, held to a server on a loopback socket that speaks its protocol.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::hub_server::{COMMIT, Mood, Scratch, Server};
use musicap::checkpoint::{Hub, HubId};
use musicap::{Error, HubProblem};

const REPO: &str = "owner/name";
const CONFIG: &[u8] = br#"{"d_model": 64}"#;
const ETAG: &str = "8d7f5fe0c0d0f6f2d6e1fb9ee3b6c3ba7a0b0b9d";

/// SHA-256 of [`weights`], by sha256sum.
const WEIGHTS_SHA256: &str = "cd2df694e424bc7968cc37f47751019e5ca0cd1bdf2e479ea537c3a1c32ee1aa";

/// 100,000 bytes that differ from each other.
fn weights() -> Vec<u8> {
    (0..100_000_u32).map(|n| (n % 251) as u8).collect()
}

fn server() -> Server {
    let server = Server::start();
    server.put(REPO, "config.json", ETAG, CONFIG);
    server.put_large(REPO, "transfer.pth", WEIGHTS_SHA256, &weights());
    server
}

fn hub(server: &Server, cache: &Scratch) -> Hub {
    hub_at(&server.url(), cache)
}

fn hub_at(url: &str, cache: &Scratch) -> Hub {
    let hub = Hub::from_env().unwrap().online();
    hub.with_endpoint(url).with_cache(cache.path()).with_timeout(Duration::from_secs(20))
}

fn id() -> HubId {
    HubId::parse(REPO).unwrap()
}

/// A URL where nobody listens, not even another test.
fn nowhere() -> String {
    "http://127.0.0.1:1".into()
}

#[track_caller]
fn problem(result: Result<impl std::fmt::Debug, Error>) -> (HubProblem, String) {
    let error = result.expect_err("an error");
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    for secret in ["SECRET", "hf_secret", "signature"] {
        assert!(!text.contains(secret) && !format!("{error:?}").contains(secret), "{error:?}");
    }
    match error {
        Error::Hub { problem, .. } => (problem, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_call_fills_the_cache_as_others_lay_it_out() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let config = hub.file(&id(), "config.json").unwrap();
    let weights_path = hub.file(&id(), "transfer.pth").unwrap();
    assert_eq!(fs::read(&config).unwrap(), CONFIG);
    assert_eq!(fs::read(&weights_path).unwrap(), weights());
    let folder = "models--owner--name";
    let mut expected = vec![
        format!("{folder}/blobs/{ETAG}"),
        format!("{folder}/blobs/{WEIGHTS_SHA256}"),
        format!("{folder}/refs/main"),
        format!("{folder}/snapshots/{COMMIT}/config.json"),
        format!("{folder}/snapshots/{COMMIT}/transfer.pth"),
    ];
    expected.sort();
    assert_eq!(cache.tree(), expected);
    assert_eq!(config, cache.path().join(&expected[3]));
    let main = fs::read_to_string(cache.path().join(folder).join("refs/main")).unwrap();
    assert_eq!(main, COMMIT);
    #[cfg(unix)]
    assert_eq!(fs::read_link(&config).unwrap(), Path::new("../../blobs").join(ETAG));
}

#[test]
fn a_file_in_a_folder_is_fetched_too() {
    let (server, cache) = (server(), Scratch::new());
    server.put(REPO, "a/b/vocab.json", "abc", b"{}");
    let path = hub(&server, &cache).file(&id(), "a/b/vocab.json").unwrap();
    assert!(path.ends_with(format!("snapshots/{COMMIT}/a/b/vocab.json")));
    assert_eq!(fs::read(path).unwrap(), b"{}");
}

#[test]
fn offline_nothing_is_asked() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let online = hub.file(&id(), "transfer.pth").unwrap();
    assert_eq!(hub.file_if_any(&id(), "absent.json").unwrap(), None);
    server.forget_requests();
    let offline = hub.offline();
    assert_eq!(offline.file(&id(), "transfer.pth").unwrap(), online);
    assert_eq!(offline.file_if_any(&id(), "absent.json").unwrap(), None);
    assert_eq!(offline.file_if_any(&id(), "generation_config.json").unwrap(), None);
    let (kind, text) = problem(offline.file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Offline);
    assert!(text.starts_with("owner/name: cannot fetch config.json: "), "{text}");
    assert!(text.contains("HF_HUB_OFFLINE"), "{text}");
    let other = HubId::parse("owner/other").unwrap();
    assert_eq!(problem(offline.file_if_any(&other, "config.json")).0, HubProblem::Offline);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn online_a_file_in_the_cache_costs_one_head() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let first = hub.file(&id(), "config.json").unwrap();
    server.forget_requests();
    assert_eq!(hub.file(&id(), "config.json").unwrap(), first);
    assert_eq!((server.count("HEAD"), server.count("GET")), (1, 0));
    server.forget_requests();
    let pinned = HubId::parse(&format!("{REPO}@{COMMIT}")).unwrap();
    assert_eq!(hub.file(&pinned, "config.json").unwrap(), first);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_new_commit_is_seen_and_only_what_changed_is_fetched() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    hub.file(&id(), "config.json").unwrap();
    hub.file(&id(), "transfer.pth").unwrap();
    let commit = "f".repeat(40);
    server.set_commit(&commit);
    server.put(REPO, "config.json", "newetag", b"{}");
    server.forget_requests();
    let config = hub.file(&id(), "config.json").unwrap();
    assert!(config.ends_with(format!("snapshots/{commit}/config.json")));
    assert_eq!(fs::read(config).unwrap(), b"{}");
    let weights_path = hub.file(&id(), "transfer.pth").unwrap();
    assert!(weights_path.ends_with(format!("snapshots/{commit}/transfer.pth")));
    assert_eq!(fs::read(weights_path).unwrap(), weights());
    assert_eq!(server.count("GET"), 1);
}

#[test]
fn a_full_cache_does_when_the_server_does_not() {
    let (server, cache) = (server(), Scratch::new());
    let path = hub(&server, &cache).file(&id(), "transfer.pth").unwrap();
    for status in [500, 429, 503, 401, 403, 404] {
        server.set_mood(Mood::Status(status));
        assert_eq!(hub(&server, &cache).file(&id(), "transfer.pth").unwrap(), path);
    }
    assert_eq!(hub_at(&nowhere(), &cache).file(&id(), "transfer.pth").unwrap(), path);
    // Whether the repository has it nobody knows.
    let optional = hub_at(&nowhere(), &cache).file_if_any(&id(), "vocab.json");
    assert_eq!(problem(optional).0, HubProblem::Unreachable);
    assert_eq!(fs::read(path).unwrap(), weights());
}

#[test]
fn without_a_server_the_error_says_so() {
    let cache = Scratch::new();
    let (kind, text) = problem(hub_at(&nowhere(), &cache).file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Unreachable);
    assert!(text.contains("cannot reach 127.0.0.1") && text.contains("refused"), "{text}");
    let (kind, text) = problem(hub_at("not a url", &cache).file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Unreachable);
    assert!(text.contains("HF_ENDPOINT"), "{text}");
    assert_eq!(cache.tree(), [""; 0]);
}

#[test]
fn a_silent_server_is_given_up() {
    let (server, cache) = (server(), Scratch::new());
    server.set_mood(Mood::Silent);
    let hub = hub(&server, &cache).with_timeout(Duration::from_millis(300));
    let start = Instant::now();
    let (kind, text) = problem(hub.file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Unreachable);
    assert!(text.contains("300ms"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn broken_downloads_are_errors_and_leave_nothing() {
    let cases = [
        (Mood::Truncated, "config.json", HubProblem::Unreachable),
        (Mood::Short, "config.json", HubProblem::Damaged),
        (Mood::Short, "transfer.pth", HubProblem::Damaged),
        (Mood::Altered, "transfer.pth", HubProblem::Damaged),
        (Mood::Endless, "config.json", HubProblem::Damaged),
        (Mood::Endless, "transfer.pth", HubProblem::Damaged),
        (Mood::StatusForBytes(404), "config.json", HubProblem::Damaged),
        (Mood::StatusForBytes(403), "transfer.pth", HubProblem::Damaged),
        (Mood::OddHash, "config.json", HubProblem::Server),
    ];
    for (mood, file, expected) in cases {
        let (server, cache) = (server(), Scratch::new());
        server.set_mood(mood);
        let (kind, text) = problem(hub(&server, &cache).file(&id(), file));
        assert_eq!(kind, expected, "{mood:?}: {text}");
        assert_eq!(cache.tree(), [""; 0], "{mood:?}");
        server.set_mood(Mood::Well);
        assert!(hub(&server, &cache).file(&id(), file).is_ok(), "{mood:?}");
    }
}

#[test]
fn a_commit_that_leads_elsewhere_is_refused() {
    let (server, cache) = (server(), Scratch::new());
    server.set_mood(Mood::OddCommit);
    assert_eq!(problem(hub(&server, &cache).file(&id(), "config.json")).0, HubProblem::Server);
    assert!(!cache.path().join("models--owner--name/refs").exists());
}

/// The hub sends whom it does not know by exact name to where the repository is.
#[test]
fn a_renamed_repository_is_found() {
    let (server, cache) = (server(), Scratch::new());
    let old = HubId::parse("Owner/old-name").unwrap();
    server.set_renamed(old.repo(), REPO);
    let path = hub(&server, &cache).file(&old, "transfer.pth").unwrap();
    assert_eq!(fs::read(path).unwrap(), weights());
}

/// Where the bytes of `transfer.pth` are until all of them are there.
fn partial(cache: &Scratch) -> PathBuf {
    let folder = cache.path().join("models--owner--name/.musicap");
    folder.join(format!("transfer.pth.{WEIGHTS_SHA256}"))
}

/// The ranges that were asked for.
fn ranges(server: &Server) -> Vec<String> {
    let requests = server.requests().into_iter().filter(|request| request.on_storage);
    requests.map(|request| request.headers.get("range").cloned().unwrap_or_default()).collect()
}

#[test]
fn a_download_that_breaks_off_is_taken_up_where_it_broke() {
    let (server, cache) = (server(), Scratch::new());
    server.set_mood(Mood::Truncated);
    let (kind, text) = problem(hub(&server, &cache).file(&id(), "transfer.pth"));
    assert_eq!(kind, HubProblem::Unreachable);
    assert!(text.contains("was lost"), "{text}");
    // Each attempt brought half of what was missing.
    assert_eq!(ranges(&server), ["", "bytes=50000-", "bytes=75000-", "bytes=87500-"]);
    let name = partial(&cache).strip_prefix(cache.path()).unwrap().to_str().unwrap().to_owned();
    assert_eq!(cache.tree(), [name]);
    assert_eq!(fs::read(partial(&cache)).unwrap(), weights()[..93_750]);

    // It is still there after other failures.
    for status in [403, 429, 503] {
        server.set_mood(Mood::StatusForBytes(status));
        problem(hub(&server, &cache).file(&id(), "transfer.pth"));
    }
    server.set_mood(Mood::Well);
    server.forget_requests();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = seen.clone();
    let hub = hub(&server, &cache).with_progress(move |done, total, _| {
        note.lock().unwrap().push((done, total));
    });
    let path = hub.file(&id(), "transfer.pth").unwrap();
    assert_eq!(ranges(&server), ["bytes=93750-"]);
    assert_eq!(fs::read(path).unwrap(), weights());
    assert!(!partial(&cache).parent().unwrap().exists());
    assert_eq!(seen.lock().unwrap().first(), Some(&(93_750, 100_000)));
    assert_eq!(seen.lock().unwrap().last(), Some(&(100_000, 100_000)));
}

#[test]
fn what_a_killed_process_left_is_used_only_if_it_is_right() {
    let all = weights();
    let mut wrong = weights();
    wrong[5] ^= 1;
    for (mood, left) in [
        (Mood::Well, &all[..100]),
        (Mood::WithoutRanges, &all[..100]),
        (Mood::WithoutRanges, &wrong[..100]),
        (Mood::Well, &all[..]),
        (Mood::Well, &[&all[..], &all[..]].concat()[..]),
        (Mood::Well, &wrong[..100]),
        (Mood::Well, &wrong[..]),
        (Mood::OtherRange, &all[..100]),
    ] {
        let (server, cache) = (server(), Scratch::new());
        server.set_mood(mood);
        let other = partial(&cache).with_file_name("transfer.pth.0123");
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::write(partial(&cache), left).unwrap();
        fs::write(&other, "of an older version").unwrap();
        let path = hub(&server, &cache).file(&id(), "transfer.pth");
        let path = path.unwrap_or_else(|error| panic!("{mood:?}, {} bytes: {error}", left.len()));
        assert_eq!(fs::read(path).unwrap(), all);
        assert!(!other.parent().unwrap().exists());
    }
    // Of a small file the hash says nothing about the bytes.
    let (server, cache) = (server(), Scratch::new());
    let left = partial(&cache).with_file_name(format!("config.json.{ETAG}"));
    fs::create_dir_all(left.parent().unwrap()).unwrap();
    fs::write(left, [b'x'; CONFIG.len()]).unwrap();
    let config = hub(&server, &cache).file(&id(), "config.json").unwrap();
    assert_eq!(fs::read(config).unwrap(), CONFIG);
}

/// A connection that breaks again and again costs nothing while it brings something.
#[test]
fn a_download_that_advances_is_tried_on() {
    let (server, cache) = (Server::start(), Scratch::new());
    let large = weights().repeat(30);
    let sha256 = "0".repeat(64);
    server.put_large(REPO, "large.bin", &sha256, &large);
    server.set_mood(Mood::Truncated);
    let (kind, _) = problem(hub(&server, &cache).file(&id(), "large.bin"));
    assert_eq!(kind, HubProblem::Unreachable);
    // Four attempts, and since they brought more than a megabyte four more.
    assert_eq!(ranges(&server).len(), 8);
}

#[test]
fn what_changes_during_its_download_is_not_kept() {
    let (server, cache) = (server(), Scratch::new());
    server.set_mood(Mood::OtherCommitForBytes);
    let (kind, text) = problem(hub(&server, &cache).file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Damaged);
    assert!(text.contains("has changed"), "{text}");
    assert_eq!(cache.tree(), [""; 0]);
}

#[test]
fn a_token_that_was_refused_is_named() {
    let (server, cache) = (server(), Scratch::new());
    server.set_mood(Mood::Status(401));
    let hub = hub(&server, &cache).with_token("hf_secret");
    let (kind, text) = problem(hub.file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Denied);
    assert!(text.contains("the token that was sent"), "{text}");
    let (kind, text) = problem(hub.with_token("hf_secrét").file(&id(), "config.json"));
    assert_eq!(kind, HubProblem::Denied);
    assert!(text.contains("not one line of ASCII"), "{text}");
}

#[test]
fn offline_what_was_never_asked_for_is_not_called_absent() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    hub.file(&id(), "config.json").unwrap();
    let (kind, text) = problem(hub.offline().pretrained(&id()));
    assert_eq!(kind, HubProblem::Offline);
    assert!(text.contains("network is disabled"), "{text}");
}

/// As others' caches may be. Files where folders would be needed stop root, too.
#[test]
fn a_cache_that_cannot_be_written_to_is_read() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let path = hub.file(&id(), "config.json").unwrap();
    fs::remove_dir_all(cache.path().join(".locks")).unwrap();
    fs::write(cache.path().join(".locks"), "").unwrap();
    fs::write(cache.path().join("models--owner--name/.no_exist"), "").unwrap();
    assert_eq!(hub.file(&id(), "config.json").unwrap(), path);
    assert_eq!(hub.file_if_any(&id(), "absent.json").unwrap(), None);
    assert!(matches!(hub.file(&id(), "transfer.pth"), Err(Error::Io { .. })));
}

/// Where a file system has no links, other programs move the bytes to the snapshot.
#[test]
fn a_cache_without_links_is_used_too() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let path = hub.file(&id(), "config.json").unwrap();
    let blob = cache.path().join(format!("models--owner--name/blobs/{ETAG}"));
    fs::remove_file(&path).unwrap();
    fs::rename(&blob, &path).unwrap();
    server.forget_requests();
    assert_eq!(hub.file(&id(), "config.json").unwrap(), path);
    assert_eq!((server.count("HEAD"), server.count("GET")), (1, 0));
    // What a link leads to may have been removed.
    let weights_path = hub.file(&id(), "transfer.pth").unwrap();
    fs::remove_file(cache.path().join(format!("models--owner--name/blobs/{WEIGHTS_SHA256}")))
        .unwrap();
    assert_eq!(fs::read(hub.file(&id(), "transfer.pth").unwrap()).unwrap(), weights());
    assert_eq!(fs::read(weights_path).unwrap(), weights());
}

#[test]
fn refusals_are_told_apart() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let (kind, text) = problem(hub.file(&id(), "absent.json"));
    assert_eq!(kind, HubProblem::NotFound);
    assert!(text.contains("the repository has no such file"), "{text}");
    for name in ["owner/other", "owner/name@v9"] {
        let unknown = HubId::parse(name).unwrap();
        let (kind, text) = problem(hub.file(&unknown, "config.json"));
        assert_eq!(kind, HubProblem::NotFound);
        assert!(text.starts_with(name) && text.contains("404"), "{text}");
    }
    for (status, expected, word) in [
        (401, HubProblem::Denied, "HF_TOKEN"),
        (403, HubProblem::Denied, "gated"),
        (404, HubProblem::NotFound, "404"),
        (429, HubProblem::Server, "429"),
        (500, HubProblem::Server, "500"),
    ] {
        server.set_mood(Mood::Status(status));
        let (kind, text) = problem(hub.file(&id(), "config.json"));
        assert_eq!(kind, expected, "{text}");
        assert!(text.contains(word), "{text}");
        let optional = hub.file_if_any(&id(), "generation_config.json");
        assert_eq!(optional.is_ok(), status == 404, "{status}: {optional:?}");
    }
}

#[test]
fn the_token_goes_to_the_hub_and_nowhere_else() {
    let (server, cache) = (server(), Scratch::new());
    server.set_gate("hf_secret");
    let hub = hub(&server, &cache);
    assert_eq!(problem(hub.clone().with_token("hf_secret2").file(&id(), "config.json")).0, {
        HubProblem::Denied
    });
    server.forget_requests();
    let hub = hub.with_token("hf_secret");
    assert!(!format!("{hub:?}").contains("hf_secret"));
    hub.file(&id(), "transfer.pth").unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        let token = request.headers.get("authorization").map(String::as_str);
        assert_eq!(token, (!request.on_storage).then_some("Bearer hf_secret"), "{request:?}");
    }
    server.set_mood(Mood::StatusForBytes(403));
    problem(hub.file(&id(), "config.json"));
}

#[test]
fn two_threads_may_want_the_same_file() {
    let (server, cache) = (server(), Scratch::new());
    server.set_delay(Duration::from_millis(200));
    let hub = hub(&server, &cache);
    let paths: Vec<_> = std::thread::scope(|scope| {
        let fetch = || hub.file(&id(), "transfer.pth").unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(fetch)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(paths.iter().all(|path| *path == paths[0]));
    assert_eq!(fs::read(&paths[0]).unwrap(), weights());
    // The bytes are fetched once: from the hub, which redirects, and from the storage.
    assert_eq!(server.count("GET"), 2);
}

#[test]
fn progress_is_told_to_the_end() {
    let (server, cache) = (server(), Scratch::new());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = seen.clone();
    let hub = hub(&server, &cache).with_progress(move |done, total, file| {
        note.lock().unwrap().push((done, total, file.to_owned()));
    });
    hub.file(&id(), "transfer.pth").unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.first().unwrap().0, 0);
    assert_eq!(seen.last().unwrap(), &(100_000, 100_000, "transfer.pth".to_owned()));
    assert!(seen.is_sorted());
}

#[test]
fn a_panic_in_the_callback_is_contained() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache).with_progress(|_, _, _| panic!("a test's panic"));
    problem(hub.file(&id(), "config.json"));
}

#[test]
fn a_cache_that_cannot_be_written_to_is_an_io_error() {
    let (server, scratch) = (server(), Scratch::new());
    let file = scratch.path().join("file");
    fs::write(&file, "").unwrap();
    let error = hub(&server, &scratch).with_cache(&file).file(&id(), "config.json").unwrap_err();
    let Error::Io { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.kind(), ErrorKind::NotADirectory);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "",
        "name",
        "/",
        "owner/",
        "/name",
        "a/b/c",
        "../name",
        "owner/..",
        "owner/.hidden",
        "~/models",
        "./models",
        "C:\\models",
        "owner\\name",
        "owner/na me",
        "owner/name@",
        "owner/name@../x",
        "owner/name@a/../b",
        "owner/name@/x",
        "owner/name@x@y",
        "owner/näme",
        "owner/name?x",
        "owner/name#x",
        "owner/na--me",
        "-o/name",
        "models/transfer.pth",
        "models/model.safetensors",
    ] {
        assert_eq!(HubId::parse(name), None, "{name}");
    }
    assert_eq!(HubId::parse(&format!("owner/{}", "n".repeat(200))), None);
    for name in ["owner/name", "o/n", "Owner-1/na_me.v2", "owner/name@v1.0", "owner/name@refs/pr/1"]
    {
        assert_eq!(HubId::parse(name).unwrap().to_string(), name);
    }
    assert_eq!(HubId::parse("owner/name@main").unwrap().to_string(), "owner/name");

    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    for file in
        ["", "../x", "a/../x", "/etc/passwd", "a//b", ".", "./a", "a\\b", "C:x", "a\nb", "a/"]
    {
        for result in [hub.file(&id(), file).map(Some), hub.file_if_any(&id(), file)] {
            assert!(matches!(result, Err(Error::InvalidOption { .. })), "{file}");
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn it_may_be_called_within_an_async_runtime() {
    let (server, cache) = (server(), Scratch::new());
    let hub = hub(&server, &cache);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { hub.file(&id(), "config.json") }).unwrap();
}
