//! Uploads go from the browser to S3 and not through this server: it signs what they may be.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::presigning::PresigningConfig;
use musicap::audio::{FORMATS, extensions, has_audio_extension};
use pipeline::Problem;
use serde::{Deserialize, Serialize};

use crate::recording::{Buckets, INCOMING};

/// How long a browser may take until it begins.
const VALID: Duration = Duration::from_secs(15 * 60);
/// The longest name that is kept, in bytes: keys have at most 1024.
const NAME_BYTES: usize = 120;
/// Beyond all milliseconds since 1970: what is left until then sorts the latest first.
const LAST_MILLI: u64 = 9_999_999_999_999;

/// What the visitor wants to upload.
#[derive(Debug, Deserialize)]
pub struct File {
    name: String,
    size: u64,
    r#type: String,
}

/// What may be uploaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Wanted {
    name: String,
    size: u64,
    content_type: String,
}

/// Where and how to put it.
#[derive(Debug, Serialize)]
pub struct Ticket {
    /// The address to send a PUT to.
    url: String,
    /// Headers that are signed.
    headers: BTreeMap<String, String>,
    /// The key, which the other requests take.
    key: String,
}

impl File {
    /// Checks size and type; an error tells the visitor why not.
    pub fn check(self, most: u64) -> Result<Wanted, String> {
        let File { name, size, r#type } = self;
        if !(1..=most).contains(&size) {
            let megabytes = most >> 20;
            return Err(match size {
                0 => "This file is empty.".to_owned(),
                _ => format!("This file is larger than {megabytes} MB."),
            });
        }
        let known = has_audio_extension(&name);
        let plain = |c: char| c.is_ascii_alphanumeric() || "/+.-".contains(c);
        let is_type = r#type.len() <= 100 && r#type.chars().all(plain);
        let is_sound = is_type && r#type.starts_with("audio/");
        // Such as video/mp4, which some systems call .m4a.
        let mut types = FORMATS.iter().flat_map(|format| format.mime_types);
        let is_container = types.any(|known| *known == r#type);
        if !known && !is_sound {
            return Err(format!("This is no recording: {}.", extensions().collect::<Vec<_>>().join(", ")));
        }
        let name = kept(&name);
        if name.is_empty() {
            return Err("This file has no name.".to_owned());
        }
        // The storage hands it out with this type: nothing that a browser would run.
        let content_type = match is_sound || is_container {
            true => r#type,
            false => "application/octet-stream".to_owned(),
        };
        Ok(Wanted { name, size, content_type })
    }
}

/// A name without folders and control characters, not too long, its extension at its end.
fn kept(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let start = name.ceil_char_boundary(name.len().saturating_sub(NAME_BYTES));
    name[start..].to_owned()
}

/// A ticket for one file of exactly this size and type, good once. Each has a key of its own, so
/// that nothing is replaced; the latest sort first, which is how the history finds them.
pub async fn ticket(buckets: &Buckets, wanted: Wanted) -> Result<Ticket, Problem> {
    let Wanted { name, size, content_type } = wanted;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let place = LAST_MILLI.saturating_sub(now);
    let key = format!("{INCOMING}{place:013}-{}/{name}", uuid::Uuid::new_v4().simple());
    let signing = PresigningConfig::expires_in(VALID).expect("a quarter of an hour is allowed");
    let put = buckets.store.client().put_object().bucket(&buckets.uploads).key(&key);
    let put = put.content_type(&content_type).content_length(size as i64).if_none_match("*");
    let signed = put.presigned(signing).await;
    let signed = signed.map_err(|error| Problem::of_request("sign an upload of", &key, error))?;
    // Browsers set the length themselves and refuse to be told.
    let headers = signed.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Ticket { url: signed.uri().to_owned(), headers, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, size: u64, kind: &str) -> Result<Wanted, String> {
        File { name: name.into(), size, r#type: kind.into() }.check(1 << 20)
    }

    #[test]
    fn size_and_type_are_checked() {
        let wanted = check("my song (1)+ü.mp3", 9, "audio/mpeg").unwrap();
        assert_eq!(wanted.name, "my song (1)+ü.mp3");
        assert_eq!(wanted.content_type, "audio/mpeg");
        assert!(check("a.mp3", 0, "audio/mpeg").unwrap_err().contains("empty"));
        assert!(check("a.mp3", (1 << 20) + 1, "audio/mpeg").unwrap_err().contains("1 MB"));
        assert!(check("a.exe", 9, "application/x-msdownload").unwrap_err().contains("mp3"));
        assert!(check("noname", 9, "audio/x-unheard-of").is_ok());
        assert!(check("a/", 9, "audio/mpeg").unwrap_err().contains("no name"));
    }

    #[test]
    fn only_types_of_sound_are_kept() {
        let kept = |name, kind| check(name, 9, kind).unwrap().content_type;
        for kind in ["audio/mpeg", "audio/x-m4a", "video/mp4", "video/ogg"] {
            assert_eq!(kept("a.mp3", kind), kind);
        }
        for kind in ["text/html", "image/svg+xml", "text/html; charset=\r\n", "audio/\r\n", ""] {
            assert_eq!(kept("a.FLAC", kind), "application/octet-stream", "{kind:?}");
        }
    }

    #[test]
    fn names_lead_nowhere_else() {
        assert_eq!(kept("../../etc/a.mp3"), "a.mp3");
        assert_eq!(kept("C:\\music\\a\n.mp3"), "a.mp3");
        let long = kept(&format!("{}.mp3", "ü".repeat(200)));
        assert!(long.len() <= NAME_BYTES && long.ends_with("ü.mp3"));
    }
}
