//! What the page's server tells of recordings, and what it lets in.

mod common;

use std::process::{Command, Stdio};
use std::time::Duration;

use common::*;
use reqwest::Client;
use run_local::{Cloud, Settings};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The last that the page hears of a recording. The answer ends when nothing more will happen.
async fn status(cloud: &Cloud, key: &str) -> Value {
    let url = format!("{}status?key={key}", cloud.page());
    let asked = client().get(url).timeout(PATIENCE).send().await.unwrap();
    let events = asked.text().await.unwrap();
    let last = events.lines().filter_map(|line| line.strip_prefix("data: ")).next_back();
    serde_json::from_str(last.unwrap_or_else(|| panic!("{events}"))).unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn stages(status: &Value) -> [&str; 3] {
    ["features", "captions", "summary"].map(|stage| status[stage].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_stays_done_when_its_features_have_expired() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let id = upload(&cloud, "incoming/a.mp3", &mp3(0, 10)).await;
    cloud.settle(PATIENCE).await.unwrap();
    for extension in ["npy", "json"] {
        let delete = cloud.store().client().delete_object().bucket(FEATURES);
        delete.key(id.key("features/", extension)).send().await.unwrap();
    }
    let told = status(&cloud, "incoming/a.mp3").await;
    assert_eq!((stages(&told), &told["problem"]), (["done"; 3], &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_is_killed_three_times_has_failed_for_the_page_too() {
    // A language model that takes requests and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let (cloud, _folder) = cloud(|settings| Settings {
        timeout: Duration::from_secs(8),
        ..settings.with_language_model(url, Some("a-key".to_owned()))
    })
    .await;
    let id = upload(&cloud, "incoming/a.mp3", &mp3(0, 4)).await;
    cloud.settle(PATIENCE).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1, "{}", logs(&cloud));
    assert_eq!(letters[0].function, "summarize");
    let told = status(&cloud, "incoming/a.mp3").await;
    assert_eq!(stages(&told), ["done", "done", "failed"], "{told}");
    assert!(told["problem"].as_str().unwrap().contains("several times"), "{told}");

    let note = cloud.store().text(RESULTS, &format!("failures/{id}.summarize.json"), 9999).await;
    let note: Value = serde_json::from_str(&note.unwrap()).unwrap();
    assert!(note["detail"].as_str().unwrap().contains("timed out"), "{note}");
    let list = cloud.store().client().list_objects_v2().bucket(RESULTS).prefix("letters/");
    let listed = list.send().await.unwrap();
    let [letter] = listed.contents() else { panic!("{listed:?}") };
    let letter = cloud.store().text(RESULTS, letter.key().unwrap(), 99_999).await.unwrap();
    let letter: Value = serde_json::from_str(&letter).unwrap();
    assert_eq!(letter["requestPayload"], letters[0].event, "it can be sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_hears_what_is_wrong_and_no_bucket_s_name() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    upload(&cloud, "incoming/words.mp3", b"no sound in here, only words").await;
    cloud.settle(PATIENCE).await.unwrap();
    let told = status(&cloud, "incoming/words.mp3").await;
    assert_eq!(stages(&told), ["failed", "waiting", "waiting"]);
    let problem = told["problem"].as_str().unwrap();
    assert!(problem.contains("words.mp3") && !problem.contains("musicap-"), "{problem}");
    for key in ["incoming/words.mp3", "incoming/never.mp3"] {
        let url = format!("{}result?key={key}", cloud.page());
        let refused = client().get(url).send().await.unwrap();
        assert_eq!(refused.status(), 404);
        let reason = refused.text().await.unwrap();
        assert!(!reason.contains("musicap-") && !reason.contains("s3:"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_good_once() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let song = mp3(0, 4);
    let file = json!({"name": "a.mp3", "size": song.len(), "type": "audio/mpeg"});
    let asked = client().post(format!("{}uploads", cloud.page()));
    let asked = asked.header("content-type", "application/json").body(file.to_string());
    let ticket = asked.send().await.unwrap().text().await.unwrap();
    let ticket: Value = serde_json::from_str(&ticket).unwrap();
    let put = |body: Vec<u8>, headers: Vec<(String, String)>| {
        let put = client().put(ticket["url"].as_str().unwrap()).body(body);
        let put = headers.iter().fold(put, |put, (name, value)| put.header(name, value));
        async move { put.send().await.unwrap().status().as_u16() }
    };
    let signed = ticket["headers"].as_object().unwrap();
    let signed: Vec<(String, String)> =
        signed.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().into())).collect();
    let open = signed.iter().filter(|(name, _)| name != "if-none-match").cloned().collect();
    assert_eq!(put(song.clone(), open).await, 403, "without the condition that is signed");
    assert_eq!(put(song.clone(), signed.clone()).await, 200);
    assert_eq!(put(vec![0; song.len()], signed).await, 412, "other bytes, the second time");
}

#[test]
fn run_local_ends_with_its_children_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut local = Command::new(env!("CARGO_BIN_EXE_run-local"))
        .args(["--port", "0"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(local.stdout.take().unwrap()));
    let page = lines.find_map(|line| Some(line.unwrap().strip_prefix("page")?.trim().to_owned()));
    assert!(lines.any(|line| line.unwrap().starts_with("ready")));
    let kill = Command::new("kill").args(["-TERM", &local.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert!(local.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "its folder is gone");
    let page = page.unwrap();
    let address = page.trim_start_matches("http://").trim_end_matches('/');
    assert!(std::net::TcpStream::connect(address).is_err(), "the page's server has ended");
}
