//! S3's event notifications.

use aws_lambda_events::event::s3::S3EventRecord;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::Problem;

/// An object that an event names.
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

/// The objects that were created according to `event`, in its order, with [`Problem::Permanent`] in
/// place of each record that cannot be parsed. S3's test event has no records.
///
/// # Errors
/// [`Problem::Permanent`] if this is not an S3 event.
pub fn created(mut event: Value) -> Result<Vec<Result<Object, Problem>>, Problem> {
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    let Some(Value::Array(records)) = event.get_mut("Records").map(Value::take) else {
        return Err(Problem::permanent("Event", "not an S3 event: it has no list of records"));
    };
    Ok(records.into_iter().filter_map(|record| object(record).transpose()).collect())
}

/// The object that a record reports as created; `None` if it reports something else.
fn object(record: Value) -> Result<Option<Object>, Problem> {
    let record: S3EventRecord = serde_json::from_value(record).map_err(|reason| {
        Problem::permanent("Event", format!("not a record of an S3 event: {reason}"))
    })?;
    let name = record.event_name.as_deref().unwrap_or("ObjectCreated:");
    if !name.trim_start_matches("s3:").starts_with("ObjectCreated:") {
        return Ok(None);
    }
    let missing = |what| Problem::permanent("Event", format!("a record without {what}"));
    Ok(Some(Object {
        bucket: record.s3.bucket.name.ok_or_else(|| missing("a bucket"))?,
        key: decoded(&record.s3.object.key.ok_or_else(|| missing("a key"))?)?,
        // Sent by buckets whose versioning is suspended.
        version: record.s3.object.version_id.filter(|version| version != "null"),
        etag: record.s3.object.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
    }))
}

/// Decodes a key: events encode it like a form field, with `+` for a space.
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

    fn all(event: Value) -> Vec<Object> {
        created(event).unwrap().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn keys_are_decoded_as_forms_are() {
        // From a notification of S3's for a file of this name.
        let event = json!({"Records": [record(
            "incoming/my+song+%281%29%2B%C3%BC.mp3",
            json!({"size": 3, "eTag": "d41d8", "sequencer": "0055"}),
        )]});
        let objects = all(event);
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
        let objects = all(event);
        let found: Vec<_> = objects.iter().map(|o| (&o.key[..], o.version.as_deref())).collect();
        assert_eq!(found, [("a", Some("v1")), ("b", None)]);
        let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"});
        assert_eq!(created(test).unwrap(), []);
    }

    #[test]
    fn other_json_is_no_s3_event() {
        for event in [json!({}), json!({"Records": {}}), json!("text"), json!(null)] {
            assert!(matches!(created(event).unwrap_err(), Problem::Permanent { .. }));
        }
    }

    #[test]
    fn an_invalid_record_does_not_affect_the_others() {
        let (bad, good) = (record("%FF.mp3", json!({})), record("a.mp3", json!({})));
        let records = created(json!({"Records": [bad, {}, good]})).unwrap();
        let [bad, empty, good] = &records[..] else { panic!("{records:?}") };
        assert!(bad.as_ref().unwrap_err().to_string().contains("UTF-8"));
        assert!(matches!(empty, Err(Problem::Permanent { .. })));
        assert_eq!(good.as_ref().unwrap().key, "a.mp3");
    }
}
