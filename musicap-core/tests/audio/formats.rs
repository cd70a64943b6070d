//! Pages, documents and the help text name all formats of the table.

use musicap::audio::{FORMATS, extensions, has_audio_extension};

/// A file of the repository; `None` in a package that was taken out of it.
fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).ok()
}

#[test]
fn pages_accept_all_formats() {
    let videos = FORMATS.iter().flat_map(|format| format.mime_types);
    let videos = videos.filter(|kind| kind.starts_with("video/")).map(|kind| kind.to_string());
    let files = extensions().map(|extension| format!(".{extension}"));
    let accept = ["audio/*".to_owned()].into_iter().chain(videos).chain(files);
    let accept = format!("accept=\"{}\"", accept.collect::<Vec<_>>().join(","));
    for page in ["musicap-wasm/page/index.html", "examples/aws/web/page/index.html"] {
        let Some(html) = read(page) else { continue };
        assert!(html.contains(&accept), "{page}: the field for files needs {accept}");
    }
}

#[test]
fn documents_and_the_help_text_name_all_formats() {
    for document in [
        "README.md",
        "docs/design.md",
        "examples/cli/src/args.rs",
        "musicap-core/src/audio/decode.rs",
        "musicap-core/src/audio/timeline.rs",
        "musicap-wasm/page/index.html",
    ] {
        let Some(text) = read(document) else { continue };
        let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).collect();
        for format in FORMATS {
            assert!(words.contains(&format.name), "{document} does not name {}", format.name);
        }
    }
}

#[test]
fn names_of_audio_and_video_files_are_known() {
    for name in ["a.MP3", "b.webm", "c.mka", "d.mp4", "e.mov", "f.opus", "g.m4b", "h.mkv"] {
        assert!(has_audio_extension(name), "{name}");
    }
    for name in ["a.jpg", "mp3", "b.npy", ".flac", "c"] {
        assert!(!has_audio_extension(name), "{name}");
    }
}
