//! One JSON object per line on standard output: log lines, and metrics in CloudWatch's embedded
//! metric format, which needs no request.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The namespace of the metrics in CloudWatch.
const NAMESPACE: &str = "musicap";

/// Writes the events of `tracing` to standard output.
pub fn start() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
}

/// What a stage did with one recording.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The duration of the work, in seconds.
    pub duration_s: f64,
    /// The recording's length in seconds; 0 if nothing was done.
    pub audio_s: f64,
    /// Its number of chunks.
    pub chunks: usize,
    /// Whether the stage failed.
    pub failed: bool,
    /// Whether the recording cannot be captioned, which is no failure of the stage.
    pub rejected: bool,
}

impl Metrics {
    /// Writes the line for `stage`.
    pub fn emit(&self, stage: &str, id: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = self.to_json(stage, id, now.as_millis() as u64).to_string();
        // A closed pipe must not end the work.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn to_json(self, stage: &str, id: &str, millis: u64) -> Value {
        let metric = |name, unit| json!({"Name": name, "Unit": unit});
        let mut metrics = vec![
            metric("Duration", "Milliseconds"),
            metric("AudioSeconds", "Seconds"),
            metric("Chunks", "Count"),
            metric("Errors", "Count"),
            metric("Rejected", "Count"),
        ];
        let mut line = json!({
            "Service": "musicap", "Stage": stage, "Recording": id,
            "Duration": self.duration_s * 1000.0, "AudioSeconds": self.audio_s,
            "Chunks": self.chunks, "Errors": u32::from(self.failed),
            "Rejected": u32::from(self.rejected),
        });
        // Undefined for a length of 0, and a 0 would distort the average.
        if self.audio_s > 0.0 {
            line["RealTimeFactor"] = (self.duration_s / self.audio_s).into();
            metrics.push(metric("RealTimeFactor", "None"));
        }
        line["_aws"] = json!({
            "Timestamp": millis,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["Service", "Stage"]],
                "Metrics": metrics,
            }],
        });
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the specification, every declared metric and dimension is a member of the root object: a
    /// metric as a number, a dimension as a string.
    #[test]
    fn every_declared_metric_and_dimension_is_there() {
        let done = Metrics { duration_s: 0.5, audio_s: 10.0, chunks: 1, ..Metrics::default() };
        for metrics in [done, Metrics { failed: true, ..Metrics::default() }] {
            let line = metrics.to_json("caption", "a-1", 1_700_000_000_000);
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
            }
            for dimension in directive["Dimensions"][0].as_array().unwrap() {
                assert!(line[dimension.as_str().unwrap()].is_string());
            }
        }
        let line = done.to_json("caption", "a-1", 0);
        assert_eq!((&line["RealTimeFactor"], &line["Duration"]), (&json!(0.05), &json!(500.0)));
    }
}
