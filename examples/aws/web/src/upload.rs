//! Uploads go from the browser to S3 and not through this server, which signs what they may be.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::DateTime;
use musicap::audio::{FORMATS, extensions};
use pipeline::Problem;
use serde::{Deserialize, Serialize};

use crate::key::{Key, clean};
use crate::recording::Buckets;

/// How long a browser may take to begin.
const VALIDITY: Duration = Duration::from_secs(15 * 60);

/// The file that a visitor wants to upload.
#[derive(Debug, Deserialize)]
pub struct File {
    name: String,
    size: u64,
    r#type: String,
}

/// A file that may be uploaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Where and how to upload a file.
#[derive(Debug, Serialize)]
pub struct Ticket {
    /// The URL for the PUT request.
    url: String,
    /// The headers that it must have.
    headers: BTreeMap<String, String>,
    /// The key for the other requests.
    key: String,
}

impl File {
    /// Checks name, size and type; the error is for the visitor.
    pub fn check(self, max_bytes: u64) -> Result<Checked, String> {
        let File { name, size, r#type } = self;
        if size == 0 {
            return Err("This file is empty.".to_owned());
        }
        if size > max_bytes {
            return Err(format!("This file is larger than {} MB.", max_bytes >> 20));
        }
        let Some(name) = clean(&name) else {
            return Err("This file has no name.".to_owned());
        };
        let extension = extension(&name);
        let is_known = extensions().any(|known| known == extension);
        if !is_known && !FORMATS.iter().any(|format| format.mime_types.contains(&&r#type[..])) {
            return Err(format!(
                "This is not an audio file: {}.",
                extensions().collect::<Vec<_>>().join(", ")
            ));
        }
        Ok(Checked { name, size })
    }
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
}

/// The content type of a file, by its name alone: none that a browser would execute or render.
pub fn content_type(name: &str) -> &'static str {
    let extension = extension(name);
    let format = FORMATS.iter().find(|format| format.extensions.contains(&&extension[..]));
    format.map_or("application/octet-stream", |format| format.mime_types[0])
}

/// Signs the upload of one file of exactly this size and type, once. Each has its own key, so
/// nothing is replaced.
///
/// All headers are signed that S3 would store with the object and send with it later: without that,
/// the browser could add them.
pub async fn ticket(buckets: &Buckets, file: Checked) -> Result<Ticket, Problem> {
    let Checked { name, size } = file;
    let key = Key::new(&name);
    let signing = PresigningConfig::expires_in(VALIDITY).expect("15 minutes are allowed");
    let put = buckets.store.client().put_object().bucket(&buckets.uploads).key(key.as_str());
    let put = put.content_type(content_type(&name)).content_length(size as i64).if_none_match("*");
    let put = put.cache_control("no-store").content_disposition("attachment");
    let put = put.content_encoding("identity").content_language("und");
    let put = put.expires(DateTime::from_secs(0));
    let signed = put.presigned(signing).await;
    let signed =
        signed.map_err(|error| Problem::of_request("sign an upload of", key.as_str(), error))?;
    // Browsers set the length themselves.
    let headers = signed.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Ok(Ticket { url: signed.uri().to_owned(), headers, key: key.as_str().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, size: u64, kind: &str) -> Result<Checked, String> {
        File { name: name.into(), size, r#type: kind.into() }.check(1 << 20)
    }

    #[test]
    fn name_size_and_type_are_checked() {
        let checked = check("my song (1)+ü.mp3", 9, "audio/mpeg").unwrap();
        assert_eq!(checked, Checked { name: "my song (1)+ü.mp3".into(), size: 9 });
        assert!(check("a.mp3", 0, "audio/mpeg").unwrap_err().contains("empty"));
        assert!(check("a.mp3", (1 << 20) + 1, "audio/mpeg").unwrap_err().contains("1 MB"));
        assert!(check("a.exe", 9, "application/x-msdownload").unwrap_err().contains("mp3"));
        assert!(check("no extension", 9, "audio/x-m4a").is_ok());
        assert!(check("no extension", 9, "audio/x-unknown").is_err());
        for name in ["a/", ".", "..", " "] {
            assert!(check(name, 9, "audio/mpeg").unwrap_err().contains("no name"), "{name}");
        }
    }

    #[test]
    fn no_type_that_a_browser_renders_is_signed() {
        for kind in ["text/html", "image/svg+xml", "audio/mpeg+xml", "audio/\r\n", "audio/svg+xml"]
        {
            assert!(check("a", 9, kind).is_err(), "{kind}");
            assert_eq!(check("a.FLAC", 9, kind).unwrap().name, "a.FLAC");
        }
        for extension in extensions() {
            let kind = content_type(&format!("a.{extension}"));
            assert!(
                kind.starts_with("audio/") || kind.starts_with("video/"),
                "{extension}: {kind}"
            );
        }
        for name in ["a.svg", "a.html", "a", "a.mp3.xml"] {
            assert_eq!(content_type(name), "application/octet-stream");
        }
    }
}
