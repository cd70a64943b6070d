//! Failures are retried or become dead letters; nothing is lost or half-written.

mod common;

use common::*;
use run_local::faults::Fault;
use run_local::{Mode, Settings, s3};
use serde_json::Value;
use std::time::{Duration, Instant};

const KEY: &str = "incoming/song.mp3";

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_a_busy_s3_are_retried() {
    // The SDK tries twice; then the function fails and Lambda retries it.
    let (cloud, _folder) = cloud(|settings| settings.with_variable("AWS_MAX_ATTEMPTS", "2")).await;
    for (fault, part, times) in [
        (Fault::Get, "musicap-uploads/", 3),
        (Fault::Put, "musicap-features/features/", 3),
        (Fault::Get, "musicap-features/", 3),
        (Fault::Put, "musicap-results/captions/", 3),
        (Fault::Put, "musicap-results/summaries/", 3),
    ] {
        cloud.faults().plan(fault, part, times);
    }
    let song = mp3(0, 20);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(cloud.faults().injected(Fault::Get), 6);
    assert_eq!(cloud.faults().injected(Fault::Put), 9);
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
    assert!(cloud.function("ingest").counts().1 >= 1, "Lambda has retried");
    assert!(cloud.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_that_stays_busy_makes_a_dead_letter_that_can_be_sent_again() {
    let (cloud, _folder) = cloud(|settings| settings.with_variable("AWS_MAX_ATTEMPTS", "1")).await;
    cloud.faults().plan(Fault::Put, "musicap-results/captions/", 3);
    let song = mp3(0, 10);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].function, "caption");
    assert_eq!(letters[0].error["errorType"], "Transient");
    assert!(letters[0].error["errorMessage"].as_str().unwrap().contains("SlowDown"));
    assert_eq!(cloud.store().exists(RESULTS, &id.key("captions/", "json")).await, Ok(false));

    cloud.function("caption").invoke(letters[0].event.clone());
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_half_way_is_retried() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    cloud.faults().plan(Fault::CutGet, "musicap-uploads/", 1);
    let song = mp3(0, 45);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(cloud.faults().injected(Fault::CutGet), 1);
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
    // Before the first byte the SDK retries, later Lambda.
    let (done, failed) = cloud.function("ingest").counts();
    assert!(done == 1 && failed <= 1, "{done} done, {failed} failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_a_dead_letter_that_names_it() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    cloud.function("ingest").invoke(s3::event(UPLOADS, "incoming/never there.mp3", 1, Some("e")));
    cloud.function("caption").invoke(s3::event(FEATURES, "features/gone-1.npy", 1, Some("e")));
    cloud.settle(TIMEOUT).await.unwrap();
    let mut letters = cloud.dead_letters();
    letters.sort_by(|a, b| a.function.cmp(&b.function));
    assert_eq!(letters.len(), 2);
    for (letter, key) in letters.iter().zip(["features/gone-1", "incoming/never there.mp3"]) {
        assert_eq!(letter.error["errorType"], "Missing");
        assert!(letter.error["errorMessage"].as_str().unwrap().contains(key), "{:?}", letter.error);
    }
    assert_eq!(cloud.function("ingest").counts(), (0, 3), "one attempt and two retries");
    let left = objects(&cloud).await;
    assert!(left.iter().all(|(key, _)| key.contains("/failures/")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_audio_or_too_large_is_noted_once_and_alarms_nobody() {
    let (cloud, _folder) = cloud(|settings| settings.with_variable("MAX_BYTES", "1000000")).await;
    let text = upload(&cloud, "incoming/text.mp3", b"no sound in here, only words").await;
    let large = upload(&cloud, "incoming/large.mp3", &vec![0; 1_000_001]).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let kinds = [(text, "UnknownFormat"), (large, "TooLarge")];
    for (id, kind) in &kinds {
        let key = format!("failures/{id}.ingest.json");
        let note: Value =
            serde_json::from_str(&cloud.store().text(RESULTS, &key, 9999).await.unwrap()).unwrap();
        assert_eq!(note["kind"], *kind);
        assert_eq!(note["stage"], "ingest");
    }
    assert_eq!(objects(&cloud).await.len(), kinds.len());
    assert!(cloud.dead_letters().is_empty(), "{:?}", cloud.dead_letters());
    assert_eq!(cloud.function("ingest").counts(), (2, 0), "one attempt each");
    let lines = lines(cloud.function("ingest").log());
    let metric = |name: &str| lines.iter().filter(|line| line[name] == 1).count();
    assert_eq!((metric("Rejected"), metric("Errors")), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_start_of_a_large_file_that_is_no_audio_is_read() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let id = upload(&cloud, "incoming/large.mp3", &vec![0; 5 << 20]).await;
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(
        cloud.store().exists(RESULTS, &format!("failures/{id}.ingest.json")).await,
        Ok(true)
    );
    assert_eq!(cloud.bytes_read(UPLOADS), 2 << 20);
}

/// A bucket's notifications without a filter and a function without INPUT_PREFIX: each object that
/// a function writes to its own bucket would invoke it again.
#[tokio::test(flavor = "multi_thread")]
async fn without_filters_no_function_invokes_itself_without_end() {
    let (cloud, _folder) = cloud(|settings| Settings { filtered: false, ..settings }).await;
    upload(&cloud, KEY, &mp3(0, 10)).await;
    upload(&cloud, "incoming/words.mp3", b"only words in here").await;
    // One event for each object that one recording can have in its buckets, and some to spare.
    let (started, max_events) = (Instant::now(), 30);
    while started.elapsed() < TIMEOUT
        && cloud.events().len() <= max_events
        && cloud.settle(Duration::from_millis(500)).await.is_err()
    {}
    let events: Vec<_> = cloud
        .events()
        .into_iter()
        .map(|(function, event)| (function, event["Records"][0]["s3"]["object"]["key"].clone()))
        .collect();
    assert!(events.len() <= max_events, "{events:#?}");
    let letters = cloud.dead_letters();
    assert!(letters.iter().any(|letter| letter.error["errorType"] == "Loop"), "{letters:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn captions_that_cannot_be_read_are_noted() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let put = cloud.store().client().put_object().bucket(RESULTS).key("captions/a-1.json");
    put.body(b"no captions".to_vec().into()).send().await.unwrap();
    cloud.settle(TIMEOUT).await.unwrap();
    let note = cloud.store().text(RESULTS, "failures/a-1.summarize.json", 9999).await.unwrap();
    assert!(note.contains("InvalidCaptions"), "{note}");
    let letters = cloud.dead_letters();
    assert_eq!(letters[0].error["errorType"], "InvalidCaptions", "{letters:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_record_does_not_affect_the_others_of_its_event() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let song = mp3(0, 10);
    let put = cloud.store().client().put_object().bucket(UPLOADS).key("incoming/a.mp3");
    let mut event = s3::event(UPLOADS, "incoming/missing.mp3", 1, Some("e"));
    put.body(song.clone().into()).send().await.unwrap();
    cloud.settle(TIMEOUT).await.unwrap();
    let (_, good) = cloud.events()[0].clone();
    let delete = cloud.store().client().delete_object().bucket(FEATURES);
    let before = objects(&cloud).await;
    let array = before[1].0.split_once('/').unwrap().1;
    assert!(array.ends_with(".npy"), "{array}");
    delete.key(array).send().await.unwrap();
    event["Records"].as_array_mut().unwrap().push(good["Records"][0].clone());

    cloud.function("ingest").invoke(event);
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(cloud.store().exists(FEATURES, array).await, Ok(true));
    assert_eq!(cloud.dead_letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_and_killed_containers_lose_nothing() {
    let (cloud, _folder) = cloud(|settings| {
        let settings = settings.with_variable("AWS_MAX_ATTEMPTS", "2");
        // Two chunks of the embedded model's 128 × 251 a request.
        let settings = settings.with_variable("PAYLOAD_BYTES", "260000");
        Settings { mode: Mode::Endpoint, ..settings }
    })
    .await;
    cloud.faults().plan(Fault::Throttle, "musicap", 3);
    let song = mp3(0, 45);
    let first = upload(&cloud, "incoming/1.mp3", &song).await;
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(cloud.faults().injected(Fault::Throttle), 3);
    let expected = captions_of(&song).captions;
    assert_eq!(result(&cloud, &first).await.captions, expected);

    cloud.sagemaker().kill_container();
    let second = upload(&cloud, "incoming/2.mp3", &song).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        cloud.sagemaker().kill_container();
    }
    cloud.settle(TIMEOUT).await.unwrap();
    for letter in cloud.dead_letters() {
        cloud.function("caption").invoke(letter.event);
    }
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(result(&cloud, &second).await.captions, expected);
    let served = lines(&cloud.sagemaker().log());
    let served = served.iter().filter(|line| line["message"] == "done");
    assert!(served.clone().all(|line| line["chunks"].as_u64().unwrap() <= 2));
    assert!(served.count() >= 6);
    let left = objects(&cloud).await;
    let results = left.iter().filter(|(key, _)| !key.contains("/failures/"));
    assert_eq!(results.count(), 8, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_of_a_busy_endpoint_wait_and_none_starts_over() {
    let (cloud, _folder) = cloud(|settings| {
        let settings = settings.with_variable("AWS_MAX_ATTEMPTS", "1");
        let settings = settings.with_variable("PAYLOAD_BYTES", "260000");
        let settings = settings.with_variable("MAX_CONCURRENT", "1");
        let settings = settings.with_variable("MAX_WAITING", "0");
        Settings { mode: Mode::Endpoint, concurrency: 4, ..settings }
    })
    .await;
    let song = mp3(0, 45);
    let keys = ["1", "2", "3", "4"].map(|name| format!("incoming/{name}.mp3"));
    let uploads = keys.iter().map(|key| upload(&cloud, key, &song));
    let ids = futures_util::future::join_all(uploads).await;
    cloud.settle(TIMEOUT).await.unwrap();
    assert!(cloud.dead_letters().is_empty(), "{:?}", cloud.dead_letters());
    assert_eq!(cloud.function("caption").counts(), (4, 0), "no attempt was lost");
    let refused = lines(&cloud.sagemaker().log());
    assert!(refused.iter().any(|line| line["status"] == 503), "no request was refused");
    let expected = captions_of(&song).captions;
    for id in &ids {
        assert_eq!(result(&cloud, id).await.captions, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_noted_and_its_event_can_be_sent_again() {
    let (cloud, _folder) = cloud(|settings| Settings {
        mode: Mode::Job,
        ..settings.with_variable("PRECISION", "bogus")
    })
    .await;
    let id = upload(&cloud, KEY, &mp3(0, 10)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let jobs = cloud.sagemaker().jobs();
    assert!(matches!(&jobs[..], [(_, "Failed")]), "{jobs:?}");
    let note = cloud.store().text(RESULTS, &format!("failures/{id}.caption.json"), 9999).await;
    let note: Value = serde_json::from_str(&note.unwrap()).unwrap();
    assert_eq!((&note["kind"], &note["stage"]), (&"Job".into(), &"caption".into()));
    assert!(note["detail"].as_str().unwrap().contains("PRECISION"), "{note}");
    let log = lines(cloud.function("caption").log());
    assert!(log.iter().any(|line| line["message"] == "job started"), "{log:?}");
    assert!(log.iter().all(|line| line["message"] != "done"), "{log:?}");

    let events = cloud.events();
    let (_, event) = events.iter().find(|(function, _)| *function == "caption").unwrap();
    cloud.function("caption").invoke(event.clone());
    cloud.settle(TIMEOUT).await.unwrap();
    let jobs = cloud.sagemaker().jobs();
    let [(first, _), (second, "Failed")] = &jobs[..] else { panic!("{jobs:?}") };
    assert_eq!(*second, format!("{first}-2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_whose_writer_was_killed_has_its_event() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let client = cloud.store().client();
    let put = |number: u32| {
        let put = client.put_object().bucket(UPLOADS).key(format!("kept/{number}"));
        put.body(vec![1; 100_000].into()).send()
    };
    put(300).await.unwrap(); // connects
    let whole = Instant::now();
    put(301).await.unwrap();
    let whole = whole.elapsed();
    for number in 0..300 {
        // Between no time at all and twice what a write takes.
        let _ = tokio::time::timeout(whole * number / 150, put(number)).await;
    }
    let begun = Instant::now();
    loop {
        let list = client.list_objects_v2().bucket(UPLOADS).send().await.unwrap();
        let mut objects: Vec<_> = list
            .contents()
            .iter()
            .map(|object| format!("{UPLOADS}/{}", object.key().unwrap()))
            .collect();
        let mut written: Vec<_> = cloud.written().into_iter().map(|(path, _)| path).collect();
        objects.sort();
        written.sort();
        if objects == written && begun.elapsed() > Duration::from_secs(1) {
            assert!((22..302).contains(&objects.len()), "{} objects", objects.len());
            break;
        }
        assert!(begun.elapsed() < TIMEOUT, "{} objects, {} events", objects.len(), written.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_leaves_no_temporary_file() {
    // The function is killed while it tries to write the features.
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().to_str().unwrap().to_owned();
    let (cloud, _folder) = cloud(|settings| Settings {
        timeout: Duration::from_secs(3),
        ..settings.with_variable("AWS_MAX_ATTEMPTS", "9").with_variable("TMPDIR", path)
    })
    .await;
    cloud.faults().plan(Fault::Put, "musicap-features/features/", 1000);
    upload(&cloud, KEY, &mp3(0, 20)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].error["errorMessage"].as_str().unwrap().contains("timed out"));
    let left: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_takes_too_long_is_killed_and_retried() {
    let (cloud, _folder) = cloud(|settings| Settings {
        timeout: Duration::from_secs(1),
        ..settings
            .with_variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
            .with_variable("AWS_MAX_ATTEMPTS", "9")
    })
    .await;
    cloud.function("ingest").invoke(s3::event(UPLOADS, "incoming/a.mp3", 1, Some("e")));
    cloud.settle(TIMEOUT).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].error["errorMessage"].as_str().unwrap().contains("timed out"));
}

/// `ingest` with a temporary folder that holds less than a recording.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_noted_and_leaves_nothing_half_written() {
    use std::os::unix::fs::PermissionsExt;

    let programs = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let (cloud, _folder) = cloud(|settings| {
        for program in ["caption", "summarize", "dead-letter-handler", "sagemaker", "web"] {
            let link = programs.path().join(program);
            std::os::unix::fs::symlink(settings.binaries.join(program), link).unwrap();
        }
        let ingest = settings.binaries.join("ingest");
        let script = format!(
            "#!/bin/sh\nexec unshare --user --map-root-user --mount sh -c \
             'mount -t tmpfs -o size=100k tmpfs \"$TMPDIR\" && exec {}'\n",
            ingest.display()
        );
        let path = programs.path().join("ingest");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let settings = settings.with_variable("TMPDIR", temporary.path().to_str().unwrap());
        Settings { binaries: programs.path().to_owned(), ..settings }
    })
    .await;
    let id = upload(&cloud, KEY, &mp3(0, 30)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let message = letters[0].error["errorMessage"].as_str().unwrap();
    assert!(message.contains("No space left on device"), "{message}");
    let left = objects(&cloud).await;
    let [(note, _)] = &left[..] else { panic!("{left:?}") };
    assert_eq!(*note, format!("{RESULTS}/failures/{id}.ingest.json"));
}
