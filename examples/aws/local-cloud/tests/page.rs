//! What the page's server shows, and what it refuses.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::*;
use reqwest::Response;
use run_local::{Cloud, Settings};
use serde_json::{Value, json};
use tokio::net::TcpListener;

fn stages(status: &Value) -> [&str; 3] {
    ["features", "captions", "summary"].map(|stage| status[stage].as_str().unwrap())
}

async fn get(cloud: &Cloud, path: &str) -> Response {
    client().get(format!("{}{path}", cloud.page())).send().await.unwrap()
}

/// Asks for a ticket.
async fn ask(cloud: &Cloud, file: Value) -> Response {
    let request = client().post(format!("{}uploads", cloud.page()));
    let request = request.header("content-type", "application/json").body(file.to_string());
    request.send().await.unwrap()
}

async fn ticket(cloud: &Cloud, name: &str, size: usize) -> Value {
    let asked = ask(cloud, json!({"name": name, "size": size, "type": "audio/mpeg"})).await;
    let (status, body) = (asked.status(), asked.text().await.unwrap());
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Uploads with the headers of the ticket, changed by `change`.
async fn put(
    ticket: &Value,
    body: Vec<u8>,
    change: impl FnOnce(&mut Vec<(String, String)>),
) -> u16 {
    let headers = ticket["headers"].as_object().unwrap().iter();
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().into())).collect();
    change(&mut headers);
    let put = client().put(ticket["url"].as_str().unwrap()).body(body);
    let put = headers.iter().fold(put, |put, (name, value)| put.header(name, value));
    put.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_stays_done_when_its_features_have_expired() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let id = upload(&cloud, &key("a.mp3"), &mp3(0, 10)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    for extension in ["npy", "json"] {
        let delete = cloud.store().client().delete_object().bucket(FEATURES);
        delete.key(id.key("features/", extension)).send().await.unwrap();
    }
    let status = status(&cloud, &key("a.mp3")).await;
    assert_eq!((stages(&status), &status["problem"]), (["done"; 3], &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_is_killed_three_times_has_failed_on_the_page() {
    // A language model that accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let (cloud, _folder) = cloud(|settings| Settings {
        timeout: Duration::from_secs(8),
        ..settings.with_language_model(url, Some("a-key".to_owned()))
    })
    .await;
    let id = upload(&cloud, &key("a.mp3"), &mp3(0, 4)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let letters = cloud.dead_letters();
    assert_eq!(letters.len(), 1, "{}", logs(&cloud));
    assert_eq!(letters[0].function, "summarize");
    let status = status(&cloud, &key("a.mp3")).await;
    assert_eq!(stages(&status), ["done", "done", "failed"], "{status}");
    assert!(status["problem"].as_str().unwrap().contains("several times"), "{status}");

    let note = cloud.store().text(RESULTS, &format!("failures/{id}.summarize.json"), 9999).await;
    let note: Value = serde_json::from_str(&note.unwrap()).unwrap();
    assert!(note["detail"].as_str().unwrap().contains("timed out"), "{note}");
    let list = cloud.store().client().list_objects_v2().bucket(RESULTS).prefix("dead-letters/");
    let listed = list.send().await.unwrap();
    let [letter] = listed.contents() else { panic!("{listed:?}") };
    let letter = cloud.store().text(RESULTS, letter.key().unwrap(), 99_999).await.unwrap();
    let letter: Value = serde_json::from_str(&letter).unwrap();
    assert_eq!(letter["requestPayload"], letters[0].event, "it can be sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_learns_what_is_wrong_and_no_names_of_buckets() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    upload(&cloud, &key("words.mp3"), b"no sound in here, only words").await;
    cloud.settle(TIMEOUT).await.unwrap();
    let status = status(&cloud, &key("words.mp3")).await;
    assert_eq!(stages(&status), ["failed", "waiting", "waiting"]);
    let problem = status["problem"].as_str().unwrap();
    assert!(problem.contains("words.mp3") && !problem.contains("musicap-"), "{problem}");
    for name in ["words.mp3", "never.mp3"] {
        let refused = get(&cloud, &format!("result?key={}", key(name))).await;
        assert_eq!(refused.status(), 404);
        let reason = refused.text().await.unwrap();
        assert!(!reason.contains("musicap-") && !reason.contains("s3:"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_valid_once_and_for_its_headers_alone() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let song = mp3(0, 4);
    let ticket = ticket(&cloud, "a.mp3", song.len()).await;
    for header in ["cache-control", "content-disposition", "content-encoding", "content-language"] {
        let without = put(&ticket, song.clone(), |headers| headers.retain(|(n, _)| n != header));
        assert_eq!(without.await, 403, "without {header}");
        let other = put(&ticket, song.clone(), |headers| {
            headers.retain(|(name, _)| name != header);
            headers.push((header.to_owned(), "gzip".to_owned()));
        });
        assert_eq!(other.await, 403, "a different {header}");
    }
    let open = put(&ticket, song.clone(), |headers| headers.retain(|(n, _)| n != "if-none-match"));
    assert_eq!(open.await, 403);
    assert_eq!(put(&ticket, song.clone(), |_| {}).await, 200);
    assert_eq!(put(&ticket, vec![0; song.len()], |_| {}).await, 412, "the second time");

    // The headers are set by the link, whatever is stored.
    let key = ticket["key"].as_str().unwrap();
    let link = client().get(about(&cloud, "audio", key)).send().await.unwrap();
    let link = link.headers()["location"].to_str().unwrap().to_owned();
    let got = client().get(link).send().await.unwrap();
    assert_eq!(got.headers()["content-type"], "audio/mpeg");
    assert_eq!(got.headers()["content-disposition"], "attachment; filename*=UTF-8''a%2Emp3");
    assert_eq!(got.bytes().await.unwrap(), song);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_accepted_can_be_stored() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    for name in ["ü".repeat(300) + ".mp3", "100% #1?&+.mp3".to_owned()] {
        let ticket = ticket(&cloud, &name, 3).await;
        assert_eq!(put(&ticket, b"abc".to_vec(), |_| {}).await, 200, "{name}");
        let status = status(&cloud, ticket["key"].as_str().unwrap()).await;
        assert_eq!(stages(&status)[0], "failed", "it is no audio: {status}");
    }
    for name in [".", "..", "../", "\u{202e}"] {
        let refused = ask(&cloud, json!({"name": name, "size": 3, "type": "audio/mpeg"})).await;
        assert_eq!(refused.status(), 422, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_keys_of_uploads_are_looked_up_and_only_existing_ones_are_signed() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let id = upload(&cloud, &key("a.mp3"), &mp3(0, 4)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let folder = key("");
    for bad in [
        "../x".to_owned(),
        "captions/a.json".to_owned(),
        "incoming/a.mp3".to_owned(),
        format!("{folder}../../../musicap-results/{}", id.key("captions/", "json")),
        format!("{folder}.."),
        format!("{folder}a/../a.mp3"),
    ] {
        for path in ["status", "result", "audio"] {
            let refused = client().get(about(&cloud, path, &bad)).send().await.unwrap();
            assert_eq!(refused.status(), 400, "{path} {bad}");
        }
    }
    for path in ["status", "result", "audio"] {
        let found = get(&cloud, &format!("{path}?key={}", key("never.mp3"))).await;
        assert_eq!(found.status(), 404, "{path}");
    }
    let found = get(&cloud, &format!("audio?key={}", key("a.mp3"))).await;
    assert_eq!(found.status(), 307);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_limited_by_number_and_by_size() {
    let (cloud, _folder) = cloud(|settings| {
        let settings = settings.with_variable("CLIENT_UPLOADS_PER_HOUR", "5");
        settings.with_variable("CLIENT_UPLOAD_MB_PER_HOUR", "900")
    })
    .await;
    let large = json!({"name": "a.mp3", "size": 400 << 20, "type": "audio/mpeg"});
    let small = json!({"name": "a.mp3", "size": 1000, "type": "audio/mpeg"});
    let mut statuses = Vec::new();
    for file in [&large, &large, &large, &small, &small, &small, &small] {
        let response = ask(&cloud, file.clone()).await;
        let wait = response.headers().get("retry-after").cloned();
        statuses.push(response.status().as_u16());
        assert_eq!(wait.is_some(), response.status() == 429);
    }
    assert_eq!(statuses, [200, 200, 429, 200, 200, 429, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_the_history_is_asked_for_s3_is_asked_once() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    upload(&cloud, &key("a.mp3"), &mp3(0, 4)).await;
    // Not from the page, so not shown: its key may be anything.
    upload(&cloud, "incoming/by hand.mp3", &mp3(0, 4)).await;
    cloud.settle(TIMEOUT).await.unwrap();
    let before = cloud.requests_by("web");
    for _ in 0..50 {
        let list: Value =
            serde_json::from_str(&get(&cloud, "history").await.text().await.unwrap()).unwrap();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!((&list[0]["name"], &list[0]["done"]), (&"a.mp3".into(), &true.into()));
    }
    for _ in 0..50 {
        assert_eq!(get(&cloud, &format!("audio?key={}", key("b.mp3"))).await.status(), 404);
    }
    // A list, two HEADs for its entry, one for the missing key; and again if ten seconds pass.
    let asked = cloud.requests_by("web") - before;
    assert!(asked <= 12, "{asked} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_has_its_share_of_streams_and_polls_no_faster_by_reconnecting() {
    let (cloud, _folder) = cloud(|settings| Settings {
        retry_wait: Duration::from_secs(3600),
        ..settings.with_variable("CLIENT_STREAMS", "3")
    })
    .await;
    // The status of these does not change.
    cloud.faults().plan(run_local::faults::Fault::Get, "musicap-uploads/", 1_000_000);
    let keys: Vec<String> = (0..4).map(|i| key(&format!("{i}.mp3"))).collect();
    for key in &keys {
        upload(&cloud, key, b"a recording").await;
    }
    let mut open = Vec::new();
    for key in &keys {
        open.push(get(&cloud, &format!("status?key={key}")).await);
    }
    let statuses: Vec<u16> = open.iter().map(|response| response.status().as_u16()).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    drop(open);

    // Each connection is closed after its first event.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = cloud.requests_by("web");
    for _ in 0..30 {
        let mut stream = get(&cloud, &format!("status?key={}", keys[0])).await;
        assert_eq!(stream.status(), 200);
        assert!(stream.chunk().await.unwrap().is_some());
        drop(stream);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // A poll is five requests. Starting over each time would be 30 of them; at its own pace there
    // is one every half a second or less often, in some seconds.
    let asked = cloud.requests_by("web") - before;
    assert!(asked <= 75, "{asked} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_do_not_keep_others_from_the_page() {
    let (cloud, _folder) = cloud(|settings| {
        let settings = settings.with_variable("REQUEST_SECONDS", "1");
        settings.with_variable("CLIENT_CONNECTIONS", "40")
    })
    .await;
    let address = cloud.page().replace("http://", "").replace('/', "");
    let connect = || {
        let stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    };
    let (none, half_headers, half_body): (Vec<_>, Vec<_>, Vec<_>) = (
        (0..10).map(|_| connect()).collect(),
        (0..10).map(|_| connect()).collect(),
        (0..10).map(|_| connect()).collect(),
    );
    for mut stream in &half_headers {
        write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\n").unwrap();
    }
    for mut stream in &half_body {
        write!(
            stream,
            "POST /uploads HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{{"
        )
        .unwrap();
    }
    assert_eq!(get(&cloud, "").await.status(), 200, "other clients are served");
    let read = |mut stream: &TcpStream| {
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("the connection is closed");
        reply
    };
    assert!(none.iter().all(|stream| read(stream).is_empty()));
    half_headers.iter().for_each(|stream| drop(read(stream)));
    assert!(half_body.iter().all(|stream| read(stream).starts_with("HTTP/1.1 408")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_its_headers_and_no_error_has_words_of_rust() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    let post = |path: &str, kind: &str, body: &str| {
        let request = client().post(format!("{}{path}", cloud.page()));
        request.header("content-type", kind).body(body.to_owned()).send()
    };
    let long = "x".repeat(20_000);
    let answers = [
        get(&cloud, "").await,
        get(&cloud, "style.css").await,
        get(&cloud, "history").await,
        get(&cloud, "nothing").await,
        get(&cloud, "uploads").await,
        get(&cloud, "status").await,
        get(&cloud, "result?key=a&key=b").await,
        get(&cloud, "audio?key=%FF").await,
        post("uploads", "text/plain", "{}").await.unwrap(),
        post("uploads", "application/json", "{").await.unwrap(),
        post("uploads", "application/json", r#"{"name": 1}"#).await.unwrap(),
        post("uploads", "application/json", r#"{"name":"a.mp3","size":-1,"type":""}"#)
            .await
            .unwrap(),
        post("uploads", "application/json", &long).await.unwrap(),
    ];
    for answer in answers {
        let (url, status) = (answer.url().clone(), answer.status());
        for (name, part) in [
            ("content-security-policy", "default-src 'self'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-"),
        ] {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            assert!(value.is_some_and(|value| value.contains(part)), "{url}: {name}: {value:?}");
        }
        if status.is_success() {
            continue;
        }
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let reason = body["error"].as_str().unwrap();
        assert!(reason.len() < 300, "{url}: {reason}");
        for word in ["deserialize", "u64", "missing field", "invalid type", "rejection", "axum"] {
            assert!(!reason.contains(word), "{url} {status}: {reason}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_pass_phrase_nothing_is_shown() {
    const PHRASE: &str = "a long pass phrase";
    let (cloud, _folder) = cloud(|settings| {
        let settings = settings.with_variable("PASS_PHRASE", PHRASE);
        settings.with_variable("CLIENT_LOG_INS_PER_HOUR", "4")
    })
    .await;
    upload(&cloud, &key("a.mp3"), &mp3(0, 4)).await;
    let log_in = |phrase: &str| {
        let request = client().post(format!("{}log-in", cloud.page()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("phrase={}", phrase.replace(' ', "+"))).send()
    };
    assert_eq!(get(&cloud, "health").await.status(), 200);
    let page = get(&cloud, "").await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["location"]),
        (303, &"log-in".parse().unwrap())
    );
    assert!(get(&cloud, "log-in").await.text().await.unwrap().contains("Pass phrase"));
    let key = key("a.mp3");
    for path in [
        "main.js",
        "history",
        &format!("result?key={key}"),
        &format!("audio?key={key}"),
        &format!("status?key={key}"),
        "nothing",
    ] {
        assert_eq!(get(&cloud, path).await.status(), 401, "{path}");
    }
    assert_eq!(ask(&cloud, json!({"name": "a.mp3", "size": 1, "type": ""})).await.status(), 401);

    let wrong = log_in("not the pass phrase").await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert!(wrong.headers().get("set-cookie").is_none());
    let right = log_in(PHRASE).await.unwrap();
    assert_eq!(right.status(), 303);
    let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    for path in ["", "main.js", "history", &format!("audio?key={key}")] {
        let request = client().get(format!("{}{path}", cloud.page())).header("cookie", cookie);
        let status = request.send().await.unwrap().status();
        assert!(status == 200 || status == 307, "{path}: {status}");
    }
    let altered = client().get(format!("{}history", cloud.page()));
    let altered = altered.header("cookie", cookie.replacen('1', "2", 1)).send().await.unwrap();
    assert_eq!(altered.status(), 401);

    // Guessing is limited, and so is the right phrase then.
    assert_eq!(log_in("another guess").await.unwrap().status(), 401);
    assert_eq!(log_in("another guess").await.unwrap().status(), 401);
    assert_eq!(log_in(PHRASE).await.unwrap().status(), 429);
    assert!(!logs(&cloud).contains(PHRASE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_cannot_reach_the_local_servers() {
    let (cloud, _folder) = cloud(|settings| settings).await;
    // A page that rebinds its own name to 127.0.0.1.
    for url in [cloud.page(), cloud.s3()] {
        let rebound = client().get(&url).header("host", "evil.example:8000").send().await.unwrap();
        assert_eq!(rebound.status(), 421, "{url}");
    }
    for url in cloud.internal_urls() {
        for (name, value) in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
            let sent = client().post(&url).header(name, value).body("{}").send().await.unwrap();
            assert_eq!(sent.status(), 421, "{url}");
        }
    }
    // S3 lets the page's own origin read its answers, and no other.
    let cors = |origin: String| {
        let request = client().get(format!("{}/musicap-uploads/x", cloud.s3()));
        request.header("origin", origin).send()
    };
    let own = cors(cloud.page().trim_end_matches('/').to_owned()).await.unwrap();
    assert!(own.headers().contains_key("access-control-allow-origin"));
    let other = cors("http://evil.example".to_owned()).await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}

#[test]
fn run_local_ends_with_its_children_on_sigterm() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = data.path().join("data");
    let mut local = Command::new(env!("CARGO_BIN_EXE_run-local"))
        .args(["--port", "0", "--data", data.to_str().unwrap()])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(local.stdout.take().unwrap()));
    let page = lines.find_map(|line| Some(line.unwrap().strip_prefix("page")?.trim().to_owned()));
    assert!(lines.any(|line| line.unwrap().starts_with("ready")));
    let mode = std::fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read the recordings");
    let kill = Command::new("kill").args(["-TERM", &local.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert!(local.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "temporary files are removed");
    let page = page.unwrap();
    let address = page.trim_start_matches("http://").trim_end_matches('/');
    assert!(TcpStream::connect(address).is_err(), "the page's server has ended");
}

#[test]
fn the_page_does_not_start_open_to_everyone_by_accident() {
    let web = std::path::Path::new(env!("CARGO_BIN_EXE_run-local")).with_file_name("web");
    for (variables, part) in [
        (&[][..], "PASS_PHRASE"),
        (&[("PASS_PHRASE", "short")][..], "12"),
        (&[("PASS_PHRASE", "a long pass phrase"), ("PUBLIC", "true")][..], "both"),
    ] {
        let ended = Command::new(&web)
            .env_clear()
            .envs([
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", "b"),
                ("UPLOADS_BUCKET", "a"),
                ("FEATURES_BUCKET", "b"),
                ("RESULTS_BUCKET", "c"),
                ("PORT", "0"),
            ])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let errors = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && errors.contains(part), "{variables:?}: {errors}");
    }
}
