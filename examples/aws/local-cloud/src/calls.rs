//! The calls to AWS services that every part makes, each with the role in whose name it is made.
//!
//! test/emulator.py compares them with the policies of deploy/template.yaml. Each part of the local
//! cloud has its own access key, which is the name of its role.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result};
use serde_json::json;

use crate::s3::REGION;

/// The account of all resources.
pub const ACCOUNT: &str = "000000000000";

/// The calls so far, without repetitions.
pub struct Calls {
    mode: &'static str,
    seen: Mutex<BTreeSet<String>>,
    file: Option<Mutex<File>>,
    /// The number of S3 requests by each role.
    requests: Mutex<BTreeMap<String, usize>>,
    /// The number of bytes read from each bucket.
    bytes: Mutex<BTreeMap<String, u64>>,
}

impl Calls {
    /// Records the calls of a cloud in this mode; they are appended to `file`, if any, as JSON
    /// lines.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn new(mode: &'static str, file: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.map(Mutex::new).with_context(|| path.display().to_string())
        };
        let file = file.map(open).transpose()?;
        let (seen, requests, bytes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Calls { mode, seen, file, requests, bytes })
    }

    /// Records that `role` has called `action` on `resource`.
    pub fn record(&self, role: &str, action: &str, resource: &str) {
        let call = json!({
            "mode": self.mode, "role": role, "action": action, "resource": resource,
        });
        let line = format!("{call}\n");
        if self.seen.lock().expect("not poisoned").insert(line.clone())
            && let Some(file) = &self.file
        {
            // One write, so that lines of several processes do not mix.
            let written = file.lock().expect("not poisoned").write_all(line.as_bytes());
            written.expect("the record of calls can be written");
        }
    }

    /// Counts an S3 request by `role`.
    pub(crate) fn count(&self, role: &str) {
        *self.requests.lock().expect("not poisoned").entry(role.to_owned()).or_default() += 1;
    }

    /// The number of S3 requests by `role`.
    pub fn requests_by(&self, role: &str) -> usize {
        self.requests.lock().expect("not poisoned").get(role).copied().unwrap_or_default()
    }

    /// Counts bytes that are read from `bucket`.
    pub(crate) fn count_bytes(&self, bucket: &str, bytes: u64) {
        *self.bytes.lock().expect("not poisoned").entry(bucket.to_owned()).or_default() += bytes;
    }

    /// The number of bytes read from `bucket`.
    pub fn bytes_read(&self, bucket: &str) -> u64 {
        self.bytes.lock().expect("not poisoned").get(bucket).copied().unwrap_or_default()
    }

    /// The role that signed a request, by the access key in its Authorization header.
    pub fn role(authorization: Option<&str>) -> Option<String> {
        let (_, scope) = authorization?.split_once("Credential=")?;
        scope.split_once('/').map(|(role, _)| role.to_owned())
    }
}

/// The ARN of a resource of a service.
pub fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}
