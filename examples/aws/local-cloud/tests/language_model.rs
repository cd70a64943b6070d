//! Summaries by a language model, whose server is part of the test.

mod common;

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use common::*;
use musicap::summarize::Language;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const API_KEY: &str = "sk-only-for-this-test";
const SUMMARY: &str = "Drei ruhige Szenen.";

/// The key and the body of each request.
type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// Refuses the first request and answers the others.
async fn answer(
    State(requests): State<Requests>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let key = headers["authorization"].to_str().unwrap().to_owned();
    let mut requests = requests.lock().unwrap();
    requests.push((key, asked));
    match requests.len() {
        1 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        _ => {
            let message = json!({"role": "assistant", "content": SUMMARY});
            Json(json!({"choices": [{"message": message, "finish_reason": "stop"}]}))
                .into_response()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_model_that_is_busy_at_first_writes_the_summary() {
    let requests = Requests::default();
    let app = Router::new().route("/v1/chat/completions", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let app = app.with_state(requests.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    let (cloud, _folder) = cloud(|settings| {
        settings
            .with_language_model(url, Some(API_KEY.to_owned()))
            .with_variable("OPENAI_MODEL", "a-model")
            .with_variable("LANGUAGE", "German")
    })
    .await;
    let song = mp3(0, 20);
    let id = upload(&cloud, "incoming/song.mp3", &song).await;
    cloud.settle(TIMEOUT).await.unwrap();

    let (found, expected) = (result(&cloud, &id).await, captions_of(&song));
    assert_eq!(found.summary.as_deref(), Some(SUMMARY));
    // The language is one that captions can be translated to, too.
    let german = expected.translated(Language::find("German").unwrap()).unwrap();
    assert_eq!((&found.captions, &found.sections), (&german.captions, &german.sections));
    assert_eq!(found.language.as_deref(), Some("de"));
    assert!(cloud.dead_letters().is_empty());

    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 2, "one that was refused and one that was answered");
    for (key, asked) in &*requests {
        assert_eq!(*key, format!("Bearer {API_KEY}"));
        assert_eq!(asked["model"], "a-model");
        let text = asked["messages"].to_string();
        assert!(text.contains("German"), "{text}");
        assert!(expected.captions.iter().all(|caption| text.contains(&caption.text)), "{text}");
    }
    let lines = lines(cloud.function("summarize").log());
    assert_eq!(lines.iter().filter(|line| line["message"] == "retry").count(), 1);
    assert!(!logs(&cloud).contains(API_KEY));

    // Whoever may list the function's configuration does not see the key.
    let environment = cloud.function("summarize").environment();
    assert!(environment.iter().all(|(_, value)| !value.contains(API_KEY)), "{environment:?}");
}
