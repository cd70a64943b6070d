//! What fails is tried again or becomes a dead letter; nothing is lost or half-written.

mod common;

use common::*;
use run_local::faults::Fault;
use run_local::{Mode, Settings, s3};
use serde_json::Value;
use std::time::Duration;

const KEY: &str = "incoming/song.mp3";

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_s3_is_asked_again() {
    // The SDK tries twice; beyond that it is Lambda's affair.
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
    cloud.settle(PATIENCE).await.unwrap();
    assert_eq!(cloud.faults().struck(Fault::Get), 6);
    assert_eq!(cloud.faults().struck(Fault::Put), 9);
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
    assert!(cloud.function("ingest").counts().1 >= 1, "Lambda had to try again");
    assert!(cloud.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_that_stays_busy_makes_a_dead_letter_that_can_be_sent_again() {
    let (cloud, _folder) = cloud(|settings| settings.with_variable("AWS_MAX_ATTEMPTS", "1")).await;
    cloud.faults().plan(Fault::Put, "musicap-results/captions/", 3);
    let song = mp3(0, 10);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(PATIENCE).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].function, "caption");
    assert_eq!(letters[0].error["errorType"], "Passing");
    assert!(letters[0].error["errorMessage"].as_str().unwrap().contains("SlowDown"));
    assert_eq!(cloud.store().exists(RESULTS, &id.key("captions/", "json")).await, Ok(false));

    cloud.function("caption").invoke(letters[0].event.clone());
    cloud.settle(PATIENCE).await.unwrap();
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_half_way_leaves_nothing_half_heard() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    cloud.faults().plan(Fault::CutGet, "musicap-uploads/", 1);
    let song = mp3(0, 45);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(PATIENCE).await.unwrap();
    assert_eq!(cloud.faults().struck(Fault::CutGet), 1);
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
    // Cut before the first byte, it is the SDK that asks again; later, the function.
    let (done, failed) = cloud.function("ingest").counts();
    assert!(done == 1 && failed <= 1, "{done} done, {failed} failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_a_dead_letter_that_says_so() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    cloud.function("ingest").invoke(s3::event(UPLOADS, "incoming/never there.mp3", 1, Some("e")));
    cloud.function("caption").invoke(s3::event(FEATURES, "features/gone-1.npy", 1, Some("e")));
    cloud.settle(PATIENCE).await.unwrap();
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
async fn what_is_no_recording_or_too_large_is_told_to_the_page_and_written_nowhere_else() {
    let (cloud, _folder) = cloud(|settings| settings.with_variable("MAX_BYTES", "1000000")).await;
    let text = upload(&cloud, "incoming/text.mp3", b"no sound in here, only words").await;
    let large = upload(&cloud, "incoming/large.mp3", &vec![0; 1_000_001]).await;
    cloud.settle(PATIENCE).await.unwrap();
    let kinds = [(text, "UnknownFormat"), (large, "TooLarge")];
    for (id, kind) in &kinds {
        let key = format!("failures/{id}.ingest.json");
        let note: Value =
            serde_json::from_str(&cloud.store().text(RESULTS, &key, 9999).await.unwrap()).unwrap();
        assert_eq!(note["kind"], *kind);
        assert_eq!(note["stage"], "ingest");
    }
    assert_eq!(objects(&cloud).await.len(), kinds.len());
    assert_eq!(cloud.dead_letters().len(), kinds.len());
    let lines = lines(cloud.function("ingest").log());
    let errors = lines.iter().filter(|line| line["_aws"].is_object() && line["Errors"] == 1);
    assert_eq!(errors.count(), 6, "two recordings, three attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_that_fails_does_not_keep_the_others_of_its_event() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let song = mp3(0, 10);
    let put = cloud.store().client().put_object().bucket(UPLOADS).key("incoming/a.mp3");
    let mut event = s3::event(UPLOADS, "incoming/missing.mp3", 1, Some("e"));
    put.body(song.clone().into()).send().await.unwrap();
    cloud.settle(PATIENCE).await.unwrap();
    let (_, good) = cloud.events()[0].clone();
    let delete = cloud.store().client().delete_object().bucket(FEATURES);
    let before = objects(&cloud).await;
    let array = before[1].0.split_once('/').unwrap().1;
    assert!(array.ends_with(".npy"), "{array}");
    delete.key(array).send().await.unwrap();
    event["Records"].as_array_mut().unwrap().push(good["Records"][0].clone());

    cloud.function("ingest").invoke(event);
    cloud.settle(PATIENCE).await.unwrap();
    assert_eq!(cloud.store().exists(FEATURES, array).await, Ok(true));
    assert_eq!(cloud.dead_letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_endpoint_and_a_killed_container_lose_nothing() {
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
    cloud.settle(PATIENCE).await.unwrap();
    assert_eq!(cloud.faults().struck(Fault::Throttle), 3);
    let expected = captions_of(&song).captions;
    assert_eq!(result(&cloud, &first).await.captions, expected);

    cloud.sagemaker().kill_container();
    let second = upload(&cloud, "incoming/2.mp3", &song).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        cloud.sagemaker().kill_container();
    }
    cloud.settle(PATIENCE).await.unwrap();
    for letter in cloud.dead_letters() {
        cloud.function("caption").invoke(letter.event);
    }
    cloud.settle(PATIENCE).await.unwrap();
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
async fn callers_of_a_busy_endpoint_wait_and_none_begins_again() {
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
    cloud.settle(PATIENCE).await.unwrap();
    assert!(cloud.dead_letters().is_empty(), "{:?}", cloud.dead_letters());
    assert_eq!(cloud.function("caption").counts(), (4, 0), "no attempt was lost");
    let refused = lines(&cloud.sagemaker().log());
    assert!(refused.iter().any(|line| line["status"] == 503), "nobody was turned away");
    let expected = captions_of(&song).captions;
    for id in &ids {
        assert_eq!(result(&cloud, id).await.captions, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_noted_and_its_event_sent_again_starts_another() {
    let (cloud, _folder) = cloud(|settings| Settings {
        mode: Mode::Job,
        ..settings.with_variable("PRECISION", "bogus")
    })
    .await;
    let id = upload(&cloud, KEY, &mp3(0, 10)).await;
    cloud.settle(PATIENCE).await.unwrap();
    let jobs = cloud.sagemaker().jobs();
    assert!(matches!(&jobs[..], [(_, "Failed")]), "{jobs:?}");
    let note = cloud.store().text(RESULTS, &format!("failures/{id}.caption.json"), 9999).await;
    let note: Value = serde_json::from_str(&note.unwrap()).unwrap();
    assert_eq!((&note["kind"], &note["stage"]), (&"Job".into(), &"caption".into()));
    assert!(note["detail"].as_str().unwrap().contains("PRECISION"), "{note}");
    let told = lines(cloud.function("caption").log());
    assert!(told.iter().any(|line| line["message"] == "job started"), "{told:?}");
    assert!(told.iter().all(|line| line["message"] != "done"), "{told:?}");

    let events = cloud.events();
    let (_, event) = events.iter().find(|(function, _)| *function == "caption").unwrap();
    cloud.function("caption").invoke(event.clone());
    cloud.settle(PATIENCE).await.unwrap();
    let jobs = cloud.sagemaker().jobs();
    let [(first, _), (second, "Failed")] = &jobs[..] else { panic!("{jobs:?}") };
    assert_eq!(*second, format!("{first}-2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_leaves_no_temporary_file() {
    // The features cannot be written for long enough, and the function is killed meanwhile.
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().to_str().unwrap().to_owned();
    let (cloud, _folder) = cloud(|settings| Settings {
        timeout: Duration::from_secs(3),
        ..settings.with_variable("AWS_MAX_ATTEMPTS", "9").with_variable("TMPDIR", path)
    })
    .await;
    cloud.faults().plan(Fault::Put, "musicap-features/features/", 1000);
    upload(&cloud, KEY, &mp3(0, 20)).await;
    cloud.settle(PATIENCE).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].error["errorMessage"].as_str().unwrap().contains("timed out"));
    let left: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_ended_and_tried_again() {
    let (cloud, _folder) = cloud(|settings| Settings {
        timeout: Duration::from_secs(1),
        ..settings
            .with_variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
            .with_variable("AWS_MAX_ATTEMPTS", "9")
    })
    .await;
    cloud.function("ingest").invoke(s3::event(UPLOADS, "incoming/a.mp3", 1, Some("e")));
    cloud.settle(PATIENCE).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].error["errorMessage"].as_str().unwrap().contains("timed out"));
}
