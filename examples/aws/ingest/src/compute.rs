//! Log-mel features of a recording, computed chunk by chunk.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::sync::Arc;

use musicap::Error;
use musicap::audio::{
    AudioConfig, AudioLimits, AudioReader, ChunkSpan, Chunks, LogMel, NpyWriter, SoundChangeFinder,
    Tail,
};
use musicap::caption::UncaptionedSpan;
use pipeline::features::{Source, fingerprint};
use pipeline::{Features, Object, Problem};

/// A model's front end. Cheap to clone.
#[derive(Clone)]
pub struct FrontEnd(Arc<Inner>);

struct Inner {
    config: AudioConfig,
    log_mel: LogMel,
    limits: AudioLimits,
}

impl FrontEnd {
    /// The front end `config` for recordings within `limits`.
    pub fn new(config: AudioConfig, limits: AudioLimits) -> musicap::Result<Self> {
        let log_mel = LogMel::new(&config)?;
        Ok(FrontEnd(Arc::new(Inner { config, log_mel, limits })))
    }

    /// Checks the first bytes of a longer recording, so that a file that is no audio is not
    /// downloaded as a whole.
    ///
    /// # Errors
    /// [`Problem::Rejected`] if the whole file cannot be audio either.
    pub fn check_start(&self, bytes: Vec<u8>, source: &Object) -> Result<(), Problem> {
        let origin = source.to_string();
        match AudioReader::from_reader_with(Cursor::new(bytes), origin, self.0.limits) {
            // Other errors may come from the missing rest, such as an MP4 index at the end.
            Err(
                error @ (Error::UnknownFormat { .. }
                | Error::UnsupportedCodec { .. }
                | Error::NoAudioTrack { .. }),
            ) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Computes the features of the recording `source` into a temporary file without a name.
    pub fn compute(&self, recording: File, source: &Object) -> Result<(Features, File), Problem> {
        let Inner { config, log_mel, limits } = &*self.0;
        let failed = |error: std::io::Error| {
            Problem::transient(format!(
                "{source}: cannot write its features to a temporary file: {error}"
            ))
        };
        let reader = AudioReader::from_reader_with(recording, source.to_string(), *limits)?;
        let mut chunks = Chunks::new(reader, config, 0.0, Tail::Keep)?;

        let file = tempfile::tempfile().map_err(failed)?;
        let shape = [log_mel.n_mels(), config.frames()];
        let mut npy = NpyWriter::new(BufWriter::new(&file), shape).map_err(failed)?;
        let mut spans: Vec<ChunkSpan> = Vec::new();
        let mut changes = SoundChangeFinder::new(config);
        for chunk in chunks.by_ref() {
            let chunk = chunk?;
            let (mel, span) = (log_mel.compute(&chunk.samples), chunk.span());
            npy.write(mel.view()).map_err(failed)?;
            changes.push(mel.view(), &span);
            spans.push(span);
        }
        npy.finish().map_err(failed)?;

        let (gaps, more) = (chunks.source().gaps(), chunks.source().unlisted_gaps());
        let mut gaps: Vec<UncaptionedSpan> = gaps.iter().map(UncaptionedSpan::from).collect();
        if more > 0 {
            let start_s = gaps.last().map_or(0.0, |gap| gap.end_s);
            let reason = format!("{more} more gaps");
            gaps.push(UncaptionedSpan::new(start_s, chunks.position_s(), reason));
        }
        let Object { bucket, key, version, etag } = source.clone();
        let features = Features {
            source: Source { bucket, key, version, etag },
            duration_s: chunks.position_s(),
            front_end: config.clone(),
            fingerprint: fingerprint(config),
            chunks: spans,
            gaps,
            changes: changes.finish(),
        };
        Ok((features, file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musicap::Captioner;
    use musicap::audio::NpyReader;
    use std::io::Seek;
    use std::time::Duration;

    const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../songs/three-scenes.ogg");

    fn song() -> Object {
        Object {
            bucket: "uploads".into(),
            key: "incoming/song.ogg".into(),
            version: None,
            etag: Some("e".into()),
        }
    }

    #[test]
    fn features_get_the_same_captions_as_the_recording() {
        let captioner = Captioner::embedded().unwrap();
        let config = captioner.config();
        let front_end = FrontEnd::new(config.audio.clone(), AudioLimits::default()).unwrap();
        let recording = File::open(SONG).unwrap();
        let (features, mut file) = front_end.compute(recording, &song()).unwrap();
        file.rewind().unwrap();
        let mut npy = NpyReader::new(file).unwrap();
        assert_eq!(npy.shape(), [5, 128, 251]);
        let array = npy.read(usize::MAX).unwrap();
        let found =
            captioner.caption_features(array, &features.chunks, &config.generation).unwrap();
        let expected = captioner.caption_file(SONG).unwrap();
        assert_eq!(found, expected.captions);
        assert_eq!(features.duration_s, expected.duration_s);
        assert_eq!(features.changes, expected.changes);
        assert!(!expected.changes.is_empty());
    }

    #[test]
    fn the_reference_front_end_gives_128_by_1001() {
        let front_end = FrontEnd::new(AudioConfig::default(), AudioLimits::default()).unwrap();
        let recording = File::open(SONG).unwrap();
        let (_, mut file) = front_end.compute(recording, &song()).unwrap();
        file.rewind().unwrap();
        let npy = NpyReader::new(file).unwrap();
        assert_eq!(npy.shape(), [5, 128, 1001]);
    }

    #[test]
    fn a_file_that_is_no_audio_or_too_long_is_rejected() {
        let limits = AudioLimits::default().with_max_duration(Duration::from_secs(9));
        let front_end = FrontEnd::new(AudioConfig::default(), limits).unwrap();
        let kind = |path: &str| {
            let file = File::open(path).unwrap();
            match front_end.compute(file, &song()).map(drop).unwrap_err() {
                Problem::Rejected { kind, .. } => kind,
                problem => panic!("{problem:?}"),
            }
        };
        assert_eq!(kind(SONG), "AudioLimit");
        assert_eq!(kind(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), "UnknownFormat");
    }

    /// The song in `format`, as ffmpeg writes it.
    fn converted(format: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let command = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-i", SONG])
            .args(format)
            .arg(&path)
            .output()
            .expect("ffmpeg is installed");
        assert!(command.status.success(), "{command:?}");
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_truncated_recording_passes_the_check_of_its_start_and_other_files_do_not() {
        let front_end = FrontEnd::new(AudioConfig::default(), AudioLimits::default()).unwrap();
        let check = |bytes: &[u8]| front_end.check_start(bytes.to_vec(), &song());
        // The MP4's index is at its end, so its start alone cannot be decoded. The raw AAC and MP3
        // have no signature at all, only frames.
        for format in [
            &["-f", "mp3"][..],
            &["-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"],
            &["-f", "adts", "-c:a", "aac"],
            &["-f", "mp4", "-c:a", "aac"],
            &["-f", "flac"],
            &["-f", "ogg", "-c:a", "libvorbis"],
            &["-f", "opus"],
            &["-f", "wav"],
            &["-f", "aiff"],
        ] {
            let bytes = converted(format);
            check(&bytes[..bytes.len().min(64 << 10)])
                .unwrap_or_else(|e| panic!("{format:?}: {e}"));
            check(&bytes).unwrap_or_else(|e| panic!("{format:?}: {e}"));
        }
        for bytes in [&b"only words in here"[..], b"\x89PNG\r\n\x1a\n", &[0; 4096]] {
            assert!(matches!(check(bytes), Err(Problem::Rejected { .. })), "{bytes:?}");
        }
    }
}
