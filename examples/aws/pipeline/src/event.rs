//! S3's event notifications.

use aws_lambda_events::event::s3::S3Event;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::Problem;

/// An object as an event names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version, in buckets that keep versions.
    pub version: Option<String>,
    /// The entity tag, without quotes.
    pub etag: Option<String>,
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// The objects that `event` says were created, in its order. S3's test event has none.
///
/// # Errors
/// [`Problem::Permanent`] if this is no event of S3's.
pub fn created(event: Value) -> Result<Vec<Object>, Problem> {
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    let event: S3Event = serde_json::from_value(event)
        .map_err(|reason| Problem::permanent("Event", format!("not an event of S3's: {reason}")))?;
    let records = event.records.into_iter().filter(|record| {
        let name = record.event_name.as_deref().unwrap_or("ObjectCreated:");
        name.trim_start_matches("s3:").starts_with("ObjectCreated:")
    });
    let objects = records.map(|record| {
        let missing = |what| Problem::permanent("Event", format!("a record without {what}"));
        Ok(Object {
            bucket: record.s3.bucket.name.ok_or_else(|| missing("a bucket"))?,
            key: decoded(&record.s3.object.key.ok_or_else(|| missing("a key"))?)?,
            // What a bucket that has stopped keeping versions says.
            version: record.s3.object.version_id.filter(|version| version != "null"),
            etag: record.s3.object.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
        })
    });
    objects.collect()
}

/// A key as events write it: like the fields of a form, `+` for a space.
fn decoded(key: &str) -> Result<String, Problem> {
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map(String::from);
    decoded.map_err(|_| Problem::permanent("Event", format!("key {key:?} is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(key: &str, object: Value) -> Value {
        let mut object = object;
        object["key"] = key.into();
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
            "eventTime": "2026-11-22T12:00:00.000Z", "eventName": "ObjectCreated:Put",
            "userIdentity": {"principalId": "A"}, "requestParameters": {"sourceIPAddress": "::1"},
            "responseElements": {}, "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "c",
                "bucket": {"name": "b", "ownerIdentity": {"principalId": "A"}, "arn": "arn"},
                "object": object,
            }
        })
    }

    #[test]
    fn keys_are_decoded_as_forms_are() {
        // From a notification of S3's for a file of this name.
        let event = json!({"Records": [record(
            "incoming/my+song+%281%29%2B%C3%BC.mp3",
            json!({"size": 3, "eTag": "d41d8", "sequencer": "0055"}),
        )]});
        let objects = created(event).unwrap();
        assert_eq!(objects[0].key, "incoming/my song (1)+ü.mp3");
        assert_eq!(
            (objects[0].version.as_deref(), objects[0].etag.as_deref()),
            (None, Some("d41d8"))
        );
    }

    #[test]
    fn an_event_may_have_many_records_or_none() {
        let mut removed = record("c", json!({"versionId": "v"}));
        removed["eventName"] = "ObjectRemoved:Delete".into();
        let event = json!({"Records": [
            record("a", json!({"versionId": "v1"})), removed, record("b", json!({"versionId": "null"})),
        ]});
        let objects = created(event).unwrap();
        let found: Vec<_> = objects.iter().map(|o| (&o.key[..], o.version.as_deref())).collect();
        assert_eq!(found, [("a", Some("v1")), ("b", None)]);
        let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"});
        assert_eq!(created(test).unwrap(), []);
    }

    #[test]
    fn what_is_no_event_of_s3_is_said_so() {
        for event in [json!({}), json!({"Records": [{}]}), json!("text"), json!(null)] {
            assert!(matches!(created(event).unwrap_err(), Problem::Permanent { .. }));
        }
        let bad = json!({"Records": [record("%FF.mp3", json!({}))]});
        assert!(created(bad).unwrap_err().to_string().contains("UTF-8"));
    }
}
