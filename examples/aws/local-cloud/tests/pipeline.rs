//! Recordings through the whole pipeline, compared with the captions of the library.

mod common;

use std::collections::HashMap;

use common::*;
use musicap::summarize::{LocalSummarizer, SummaryOptions};
use run_local::Mode;
use serde_json::Value;

const KEY: &str = "incoming/my song (1)+ü.mp3";

/// Sends one recording through the pipeline, and checks the result and the logs of each stage.
async fn run_in(mode: Mode) {
    let (cloud, _folder) = cloud(|settings| run_local::Settings { mode, ..settings }).await;
    let song = mp3(0, 45);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(TIMEOUT).await.unwrap();

    let found = result(&cloud, &id).await;
    let expected = captions_of(&song);
    assert_eq!(found.captions, expected.captions);
    assert_eq!(found.changes, expected.changes);
    assert!(!found.changes.is_empty());
    assert_eq!(found.facts, expected.facts);
    assert!(found.facts.is_some_and(|facts| facts.tempo.is_some() && facts.loudness.is_some()));
    assert_eq!(found.duration_s, expected.duration_s);
    assert_eq!(found.file.as_deref(), Some("my song (1)+ü.mp3"));
    let summary = LocalSummarizer::new().describe(&expected, &SummaryOptions::default()).unwrap();
    assert_eq!(found.summary, Some(summary));
    assert!(cloud.dead_letters().is_empty());

    for stage in ["ingest", "caption", "summarize"] {
        let lines = lines(cloud.function(stage).log());
        // The function ends before the job.
        let later = mode == Mode::Job && stage == "caption";
        let (word, chunks, seconds) = match later {
            true => ("job", 0, 0.0),
            false => ("done", expected.captions.len(), expected.duration_s),
        };
        let ended = |line: &&Value| line["message"] == word && line["stage"] == stage;
        let done: Vec<&Value> = lines.iter().filter(ended).collect();
        assert_eq!(done.len(), 1, "{stage}: {lines:?}");
        assert_eq!(done[0]["stage"], stage);
        assert_eq!(done[0]["level"], "INFO");
        assert_eq!(done[0]["recording"], id.as_str());
        assert!(done[0]["request_id"].as_str().is_some_and(|id| id.len() == 36));
        let metrics: Vec<&Value> = lines.iter().filter(|line| line["_aws"].is_object()).collect();
        assert_eq!(metrics.len(), 1, "{stage}");
        let metric = metrics[0];
        assert_eq!(metric["_aws"]["CloudWatchMetrics"][0]["Namespace"], "musicap");
        assert_eq!(metric["Stage"], stage);
        assert_eq!(metric["Errors"], 0);
        assert_eq!(metric["Chunks"], chunks);
        assert_eq!(metric["AudioSeconds"], seconds);
        if later {
            assert!(lines.iter().all(|line| line["message"] != "done"), "{lines:?}");
            continue;
        }
        let (duration, factor) = (&metric["Duration"], &metric["RealTimeFactor"]);
        let product = factor.as_f64().unwrap() * expected.duration_s * 1000.0;
        assert!((product - duration.as_f64().unwrap()).abs() < 1e-6 * product);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_ends_as_captions_and_summary() {
    run_in(Mode::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_gives_the_same() {
    run_in(Mode::Endpoint).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processing_job_gives_the_same() {
    run_in(Mode::Job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_and_reordered_events_change_nothing() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let song = mp3(0, 20);
    let id = upload(&cloud, KEY, &song).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let before = objects(&cloud).await;
    assert_eq!(before.len(), 4, "features, description, captions, summary: {before:?}");

    let events = cloud.events();
    assert_eq!(events.len(), 3);
    for _ in 0..3 {
        for (function, event) in events.iter().rev() {
            cloud.function(function).invoke(event.clone());
        }
    }
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(objects(&cloud).await, before);
    assert_eq!(cloud.events().len(), 3, "nothing was written, so there were no events");
    assert!(cloud.dead_letters().is_empty());
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_deliveries_at_once_give_one_result() {
    let (cloud, _folder) =
        cloud(|settings| run_local::Settings { concurrency: 3, ..settings }).await;
    let song = mp3(0, 20);
    let id = upload(&cloud, KEY, &song).await;
    // While the first is being worked on.
    let (function, event) = cloud.events()[0].clone();
    assert_eq!(function, "ingest");
    cloud.function(function).invoke(event.clone());
    cloud.function(function).invoke(event);
    cloud.settle(TIMEOUT).await.unwrap();
    assert_eq!(objects(&cloud).await.len(), 4);
    let invoked = cloud.events().iter().filter(|(function, _)| *function == "caption").count();
    assert_eq!(invoked, 1, "only the first write created an object");
    assert_eq!(result(&cloud, &id).await.captions, captions_of(&song).captions);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_late_event_of_a_replaced_upload_is_ignored() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let (old, new) = (mp3(0, 10), mp3(20, 10));
    let old_id = upload(&cloud, KEY, &old).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let (function, event) = cloud.events()[0].clone();
    // As if the first event had not been delivered.
    let array = old_id.key("features/", "npy");
    let delete = cloud.store().client().delete_object().bucket(FEATURES).key(array);
    delete.send().await.unwrap();
    let new_id = upload(&cloud, KEY, &new).await;
    cloud.settle(TIMEOUT).await.unwrap();
    cloud.function(function).invoke(event);
    cloud.settle(TIMEOUT).await.unwrap();

    assert_ne!(old_id, new_id);
    assert_eq!(result(&cloud, &new_id).await.captions, captions_of(&new).captions);
    let features = cloud.store().exists(FEATURES, &old_id.key("features/", "npy")).await;
    assert_eq!(features, Ok(false), "a replaced recording cannot be read");
    assert!(cloud.dead_letters().is_empty(), "and this is no failure");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_recordings_at_once_all_get_their_own_captions() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let songs: Vec<Vec<u8>> = (0..5).map(|i| mp3(9 * i, 4)).collect();
    let mut ids = HashMap::new();
    let uploads = (0..50).map(|i| {
        let (cloud, song) = (&cloud, &songs[i % 5]);
        async move {
            (upload(cloud, &format!("incoming/album {}/{i:02}.mp3", i % 7), song).await, i % 5)
        }
    });
    for (id, song) in futures_util::future::join_all(uploads).await {
        ids.insert(id, song);
    }
    assert_eq!(ids.len(), 50);
    cloud.settle(TIMEOUT).await.unwrap();
    let expected: Vec<_> = songs.iter().map(|song| captions_of(song).captions).collect();
    for (id, song) in &ids {
        assert_eq!(result(&cloud, id).await.captions, expected[*song]);
    }
    assert_eq!(objects(&cloud).await.len(), 200);
    assert!(cloud.dead_letters().is_empty());
}
