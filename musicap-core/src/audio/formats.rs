//! The formats that are decoded, and those that are not but are recognised: the one table that
//! probing, the folders of the command line, pages, Python and the docs read.

use std::path::Path;

/// A format that [`AudioReader`](super::AudioReader) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioFormat {
    /// Its name.
    pub name: &'static str,
    /// File extensions, in lower case and without a dot.
    pub extensions: &'static [&'static str],
    /// MIME types, the preferred one first.
    pub mime_types: &'static [&'static str],
    /// What a file starts with: bytes and where they stand. Others may start the same.
    pub(super) signatures: &'static [Signature],
}

/// Bytes and where they stand.
type Signature = &'static [(usize, &'static [u8])];

const fn format(
    name: &'static str,
    extensions: &'static [&'static str],
    mime_types: &'static [&'static str],
    signatures: &'static [Signature],
) -> AudioFormat {
    AudioFormat { name, extensions, mime_types, signatures }
}

/// The formats that [`AudioReader`](super::AudioReader) reads. A file's format is detected from its
/// content; extensions only tell which files of a folder to try.
pub const FORMATS: &[AudioFormat] = &[
    format(
        "WAV",
        &["wav", "wave"],
        &["audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/wave"],
        &[&[(0, b"RIFF"), (8, b"WAVE")], &[(0, b"RF64")], &[(0, b"BW64")]],
    ),
    format(
        "AIFF",
        &["aiff", "aif", "aifc"],
        &["audio/aiff", "audio/x-aiff"],
        &[&[(0, b"FORM"), (8, b"AIFF")], &[(0, b"FORM"), (8, b"AIFC")]],
    ),
    format("AU", &["au", "snd"], &["audio/basic", "audio/x-au"], &[&[(0, b".snd")]]),
    format("FLAC", &["flac"], &["audio/flac", "audio/x-flac"], &[&[(0, b"fLaC")]]),
    format(
        "MP3",
        &["mp3", "mp2"],
        &["audio/mpeg", "audio/mp3"],
        &[
            &[(0, b"ID3")],
            &[(0, b"\xff\xfb")],
            &[(0, b"\xff\xfa")],
            &[(0, b"\xff\xf3")],
            &[(0, b"\xff\xf2")],
            &[(0, b"\xff\xe3")],
            // Layer II.
            &[(0, b"\xff\xfd")],
            &[(0, b"\xff\xfc")],
            &[(0, b"\xff\xf5")],
            &[(0, b"\xff\xf4")],
        ],
    ),
    format(
        "AAC",
        &["aac"],
        &["audio/aac", "audio/aacp", "audio/x-aac"],
        &[&[(0, b"\xff\xf1")], &[(0, b"\xff\xf9")]],
    ),
    format(
        "Ogg",
        &["ogg", "oga", "opus"],
        &["audio/ogg", "audio/opus", "video/ogg", "application/ogg"],
        &[&[(0, b"OggS")]],
    ),
    format(
        "MP4",
        &["m4a", "m4b", "mp4", "mov"],
        &["audio/mp4", "audio/x-m4a", "audio/m4a", "video/mp4", "video/quicktime"],
        &[&[(4, b"ftyp")]],
    ),
    format(
        "Matroska",
        &["mka", "mkv", "webm"],
        &["audio/webm", "audio/x-matroska", "video/webm", "video/x-matroska"],
        &[&[(0, b"\x1a\x45\xdf\xa3")]],
    ),
];

/// Whether a file's extension is one of [`FORMATS`]'.
///
/// ```
/// use musicap::audio::has_audio_extension;
///
/// assert!(has_audio_extension("Song.MP3") && !has_audio_extension("cover.jpg"));
/// ```
pub fn has_audio_extension(path: impl AsRef<Path>) -> bool {
    let extension = path.as_ref().extension().and_then(|extension| extension.to_str());
    extension
        .is_some_and(|extension| extensions().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// The extensions of all [`FORMATS`].
pub fn extensions() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().flat_map(|format| format.extensions.iter().copied())
}

/// The format that a file's first bytes indicate.
///
/// ```
/// assert_eq!(musicap::audio::format_of(b"fLaC\0\0\0\x22").unwrap().mime_types[0], "audio/flac");
/// ```
pub fn format_of(start: &[u8]) -> Option<&'static AudioFormat> {
    FORMATS.iter().find(|format| matches(start, format.signatures))
}

/// What the first bytes are, where they are certainly nothing that is decoded.
pub(super) fn refused(start: &[u8]) -> Option<Refused> {
    let found = REFUSED.iter().find(|(signatures, _)| matches(start, signatures));
    found.map(|(_, refused)| *refused)
}

fn matches(start: &[u8], signatures: &[Signature]) -> bool {
    let at = |(at, bytes): &(usize, &[u8])| {
        start.get(*at..).is_some_and(|start| start.starts_with(bytes))
    };
    signatures.iter().any(|signature| signature.iter().all(at))
}

/// What is not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Sound that ffmpeg converts.
    Sound(&'static str),
    /// Something without sound that could be decoded.
    Other(&'static str),
}

/// Without this list, the search for a first frame may find one by chance in a picture.
const REFUSED: &[(&[Signature], Refused)] = {
    use Refused::{Other, Sound};
    &[
        (&[&[(0, b"\xff\xd8\xff")]], Other("a JPEG picture")),
        (&[&[(0, b"\x89PNG")]], Other("a PNG picture")),
        (&[&[(0, b"GIF8")]], Other("a GIF picture")),
        (&[&[(0, b"RIFF"), (8, b"WEBP")]], Other("a WebP picture")),
        (
            &[&[(0, b"RIFF"), (8, b"RMID")], &[(0, b"MThd")]],
            Other("a MIDI file, which has notes but no audio"),
        ),
        (&[&[(0, b"RIFF"), (8, b"AVI ")]], Sound("an AVI video")),
        (&[&[(0, b"%PDF")]], Other("a PDF document")),
        (&[&[(0, b"PK\x03\x04")]], Other("a ZIP archive (or an office document)")),
        (&[&[(0, b"\x1f\x8b")]], Other("a gzip archive")),
        (&[&[(0, b"7z\xbc\xaf")]], Other("a 7z archive")),
        (&[&[(0, b"Rar!")]], Other("a RAR archive")),
        (&[&[(0, b"\x7fELF")], &[(0, b"MZ")]], Other("a program")),
        (
            &[&[(0, b"<!DOCTYPE")], &[(0, b"<!doctype")], &[(0, b"<html")], &[(0, b"<HTML")]],
            Other("a web page"),
        ),
        (&[&[(0, b"<?xml")]], Other("an XML text")),
        (&[&[(0, b"#EXTM3U")]], Other("a playlist")),
        (&[&[(0, b"\x30\x26\xb2\x75")]], Sound("a WMA/WMV file")),
        (&[&[(0, b"wvpk")]], Sound("a WavPack file")),
        (&[&[(0, b"MAC ")]], Sound("a Monkey's Audio file")),
        (&[&[(0, b"caff")]], Sound("a Core Audio (CAF) file")),
        (&[&[(0, b"DSD ")], &[(0, b"FRM8")]], Sound("a DSD file")),
        (&[&[(0, b"#!AMR")]], Sound("an AMR file")),
        (&[&[(0, b"dns.")]], Sound("a little-endian AU file")),
        (&[&[(0, b"riff\x2e\x91\xcf\x11")]], Sound("a Wave64 (W64) file")),
        (&[&[(0, b"\x0b\x77")], &[(0, b"\x77\x0b")]], Sound("a Dolby Digital (AC-3) stream")),
        (&[&[(0, b"\x7f\xfe\x80\x01")], &[(0, b"\xfe\x7f\x01\x80")]], Sound("a DTS stream")),
        (
            // Packets of 188 bytes, each with the sync byte; of 192 in the variant of cameras.
            &[&[(0, b"G"), (188, b"G"), (376, b"G")], &[(4, b"G"), (196, b"G"), (388, b"G")]],
            Sound("an MPEG transport stream"),
        ),
        (&[&[(0, b"\0\0\x01\xba")]], Sound("an MPEG program stream")),
        (&[&[(0, b"FLV\x01")]], Sound("a Flash video")),
        (&[&[(0, b".RMF")]], Sound("a RealMedia file")),
        (&[&[(0, b"TTA1")]], Sound("a True Audio file")),
        (&[&[(0, b"MPCK")], &[(0, b"MP+")]], Sound("a Musepack file")),
        (&[&[(0, b"FORM"), (8, b"8SVX")]], Sound("an IFF 8SVX file")),
        (&[&[(0, b"OggS"), (28, b"Speex   ")]], Sound("a Speex file")),
        (&[&[(0, b"RIFX")]], Sound("a big-endian WAV (RIFX) file")),
    ]
};

/// How many of a file's first bytes the signatures need.
pub(super) const SIGNATURE_BYTES: u64 = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_lies_in_the_bytes_that_are_looked_at() {
        let formats = FORMATS.iter().flat_map(|format| format.signatures);
        let refused = REFUSED.iter().flat_map(|(signatures, _)| *signatures);
        for (at, bytes) in formats.chain(refused).copied().flatten() {
            assert!((at + bytes.len()) as u64 <= SIGNATURE_BYTES);
        }
    }

    #[test]
    fn an_extension_belongs_to_one_format() {
        let mut all: Vec<&str> = extensions().collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
    }
}
