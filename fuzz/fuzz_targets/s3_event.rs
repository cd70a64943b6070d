//! Events of S3's as the AWS stages read them, and the names that follow from them. What is no
//! JSON is the key of an event that is one. The stages' own files are compiled here, without the
//! rest of `pipeline`, whose SDK would take longer to compile than all fuzzers.
#![no_main]
#![allow(dead_code)]

#[path = "../../examples/aws/pipeline/src/event.rs"]
mod event;
#[path = "../../examples/aws/pipeline/src/name.rs"]
mod name;

use event::Object;
use name::{FEATURES, RecordingId};
use serde_json::{Value, json};

/// Stands for that of `pipeline`.
#[derive(Debug)]
pub struct Problem(String);

impl Problem {
    pub fn permanent(_kind: &'static str, message: impl Into<String>) -> Self {
        Problem(message.into())
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let event: Value = serde_json::from_slice(data).unwrap_or_else(|_| {
        let key = String::from_utf8_lossy(data);
        let object = json!({"key": key, "eTag": "e"});
        json!({"Records": [{
            "eventTime": "2026-11-22T12:00:00.000Z", "eventName": "ObjectCreated:Put",
            "userIdentity": {}, "requestParameters": {}, "responseElements": {},
            "s3": {"bucket": {"name": "b"}, "object": object},
        }]})
    });
    let Ok(records) = event::created(event.clone()) else { return };
    let objects: Vec<Object> = records.into_iter().flatten().collect();
    let again: Vec<Object> = event::created(event).unwrap().into_iter().flatten().collect();
    assert_eq!(again, objects);
    for object in &objects {
        let Ok(id) = RecordingId::of_upload(object) else { continue };
        // No key leads out of its prefix, and each leads back.
        assert_eq!(RecordingId::parse(id.as_str()).as_ref(), Some(&id));
        assert_eq!(RecordingId::of_result(&id.key(FEATURES, "npy")), id);
    }
});
