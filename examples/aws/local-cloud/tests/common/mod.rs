//! A local cloud for each test, and recordings for it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use musicap::{Captioner, Captions};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline::{Object, RecordingId};
use run_local::{Cloud, Settings};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything takes, even on a busy machine.
pub const TIMEOUT: Duration = Duration::from_secs(240);
pub const UPLOADS: &str = "musicap-uploads";
pub const FEATURES: &str = "musicap-features";
pub const RESULTS: &str = "musicap-results";

/// A cloud whose retries follow sooner than those of Lambda.
pub async fn cloud(change: impl FnOnce(Settings) -> Settings) -> (Cloud, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(folder.path()).unwrap();
    settings.retry_wait = Duration::from_millis(200);
    let cloud = Cloud::start(change(settings)).await.unwrap();
    (cloud, folder)
}

/// `seconds` of the example song from the second `start`, as an MP3.
pub fn mp3(start: u32, seconds: u32) -> Vec<u8> {
    let song = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../songs/three-scenes.ogg");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-ss", &start.to_string(), "-t", &seconds.to_string(), "-i"])
        .arg(song)
        .args(["-f", "mp3", "-b:a", "96k", "-"])
        .output()
        .expect("ffmpeg is installed");
    assert!(made.status.success() && !made.stdout.is_empty(), "{made:?}");
    made.stdout
}

/// The captions of a recording by the library alone.
pub fn captions_of(mp3: &[u8]) -> Captions {
    static CAPTIONER: OnceLock<Captioner> = OnceLock::new();
    let captioner = CAPTIONER.get_or_init(|| Captioner::embedded().unwrap());
    let reader = musicap::audio::AudioReader::from_bytes(mp3.to_vec(), "song").unwrap();
    captioner.caption(reader, &musicap::CaptionOptions::default().with_facts()).unwrap()
}

/// Uploads a recording and returns its identifier.
pub async fn upload(cloud: &Cloud, key: &str, bytes: &[u8]) -> RecordingId {
    let put = cloud.store().client().put_object().bucket(UPLOADS).key(key);
    let put = put.body(bytes.to_vec().into()).send().await.unwrap();
    RecordingId::of_upload(&Object {
        bucket: UPLOADS.into(),
        key: key.into(),
        version: None,
        etag: Some(put.e_tag().unwrap().trim_matches('"').to_owned()),
    })
    .unwrap()
}

/// The result of a recording.
pub async fn result(cloud: &Cloud, id: &RecordingId) -> Captions {
    let json = cloud.store().text(RESULTS, &id.key("summaries/", "json"), 1 << 20).await;
    let json = json.unwrap_or_else(|problem| panic!("{problem}\n{}", logs(cloud)));
    let [captions] = <[Captions; 1]>::try_from(Captions::parse_json("s3", &json).unwrap()).unwrap();
    captions
}

/// Keys, entity tags and times of all features, results and notes of failures.
pub async fn objects(cloud: &Cloud) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for bucket in [FEATURES, RESULTS] {
        let list = cloud.store().client().list_objects_v2().bucket(bucket).send().await.unwrap();
        let is_dead_letter = |key: &str| key.starts_with("dead-letters/");
        let objects = list.contents().iter();
        for object in objects.filter(|object| !is_dead_letter(object.key().unwrap())) {
            let head = cloud.store().client().head_object().bucket(bucket);
            let head = head.key(object.key().unwrap()).send().await.unwrap();
            let written = format!("{:?} {:?}", head.e_tag(), head.last_modified());
            found.push((format!("{bucket}/{}", object.key().unwrap()), written));
        }
    }
    found.sort();
    found
}

/// The JSON lines of a log.
pub fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// All logs in one string.
pub fn logs(cloud: &Cloud) -> String {
    let folder: PathBuf = cloud.data().join("logs");
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

/// A client of the page.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// A key as the page issues it, for a file of this name.
pub fn key(name: &str) -> String {
    format!("incoming/8235000000000-0123456789abcdef0123456789abcdef/{name}")
}

/// The URL of a request about an upload.
pub fn about(cloud: &Cloud, path: &str, key: &str) -> String {
    format!("{}{path}?key={}", cloud.page(), utf8_percent_encode(key, NON_ALPHANUMERIC))
}

/// The last status that the page shows of a recording. The stream ends when it is final.
pub async fn status(cloud: &Cloud, key: &str) -> Value {
    let sent = client().get(about(cloud, "status", key)).timeout(TIMEOUT).send().await.unwrap();
    let events = sent.text().await.unwrap();
    let last = events.lines().filter_map(|line| line.strip_prefix("data: ")).next_back();
    serde_json::from_str(last.unwrap_or_else(|| panic!("{events}"))).unwrap()
}
