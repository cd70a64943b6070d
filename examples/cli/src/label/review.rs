//! The review page: a table in one HTML file, without a network, in which a person plays the tracks,
//! corrects their labels, and saves them as [`edits::FILE`](super::edits::FILE).

use serde_json::json;

use super::edits;
use super::formats::Output;
use super::values::Values;

/// `review.html`.
pub fn write(output: &mut Output, rows: &[Values], edits: &str) {
    let rows = rows.iter().map(|values| {
        json!({
            "file": values.file,
            "path": values.path,
            "caption": values.caption,
            "bpm": values.bpm.map(|bpm| bpm.to_string()).unwrap_or_default(),
            "key": values.key.clone().unwrap_or_default(),
            "genres": values.genres.join(", "),
            "voices": values.voices.join(", "),
            "instruments": values.instruments.join(", "),
        })
    });
    let rows = serde_json::Value::Array(rows.collect()).to_string();
    // Within a script, "</script>" and "<!--" would end or change it.
    let rows = rows.replace('<', "\\u003c");
    let page = include_str!("review.html");
    // A page that is saved again has all corrections so far.
    let edits = edits.replace('<', "\\u003c");
    let page = page.replace("__EDITS__", &edits);
    let page = page.replace("__FILE__", edits::FILE).replace("__ROWS__", &rows);
    output.write_page("review.html", &page);
}
