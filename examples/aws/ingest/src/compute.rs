//! Log-mel features of a recording, computed chunk by chunk.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::sync::Arc;

use musicap::audio::{
    AudioConfig, AudioLimits, AudioReader, ChunkSpan, Chunks, LogMel, NpyWriter, SoundChangeFinder,
    Tail,
};
use musicap::caption::UncaptionedSpan;
use musicap::checkpoint::ModelConfig;
use musicap::facts::FactsMode;
use musicap::{Captioner, Error};
use pipeline::features::{Source, StoredFacts, fingerprint};
use pipeline::{Features, Object, Problem};

/// A model's front end. Cheap to clone.
#[derive(Clone)]
pub struct FrontEnd(Arc<Inner>);

struct Inner {
    config: AudioConfig,
    log_mel: LogMel,
    limits: AudioLimits,
    facts: FactsMode,
    /// The embedded model, which finds facts for a model that has no tags.
    tagger: Option<Captioner>,
}

impl FrontEnd {
    /// The front end of the model `model` for recordings within `limits`.
    ///
    /// # Errors
    /// Those of [`LogMel::new`] and [`Captioner::embedded`].
    pub fn new(
        model: &ModelConfig,
        limits: AudioLimits,
        facts: FactsMode,
    ) -> musicap::Result<Self> {
        let config = model.audio.clone();
        let log_mel = LogMel::new(&config)?;
        let mut tagger = None;
        if facts != FactsMode::Off && !model.has_tags() {
            let embedded = Captioner::embedded()?;
            tagger = Some(embedded)
                .filter(|tagger| tagger.config().audio.sample_rate == config.sample_rate);
        }
        Ok(FrontEnd(Arc::new(Inner { config, log_mel, limits, facts, tagger })))
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
        let Inner { config, log_mel, limits, facts, tagger } = &*self.0;
        let failed = |error: std::io::Error| {
            Problem::transient(format!(
                "{source}: cannot write its features to a temporary file: {error}"
            ))
        };
        let reader = AudioReader::from_reader_with(recording, source.to_string(), *limits)?;
        let mut chunks = Chunks::new(reader, config, 0.0, Tail::Keep)?.with_facts(*facts);

        let file = tempfile::tempfile().map_err(failed)?;
        let shape = [log_mel.n_mels(), config.frames()];
        let mut npy = NpyWriter::new(BufWriter::new(&file), shape).map_err(failed)?;
        let mut spans: Vec<ChunkSpan> = Vec::new();
        let mut changes = SoundChangeFinder::new(config);
        let mut chunk_facts = Vec::new();
        for chunk in chunks.by_ref() {
            let chunk = chunk?;
            let (mel, span) = (log_mel.compute(&chunk.samples), chunk.span());
            npy.write(mel.view()).map_err(failed)?;
            changes.push(mel.view(), &span);
            spans.push(span);
            if let Some(tagger) = tagger {
                chunk_facts.push(tagger.facts_of_chunk(&chunk)?);
            }
        }
        let signal = chunks.take_signal_facts();
        npy.finish().map_err(failed)?;

        let gaps = UncaptionedSpan::gaps_of(chunks.source(), chunks.position_s());
        let notes = chunks.notes().iter().map(ToString::to_string).collect();
        let Object { bucket, key, version, etag } = source.clone();
        let features = Features {
            source: Source { bucket, key, version, etag },
            duration_s: chunks.position_s(),
            front_end: config.clone(),
            fingerprint: fingerprint(config),
            chunks: spans,
            gaps,
            notes,
            changes: changes.finish(),
            facts: signal.map(|signal| StoredFacts { signal, chunks: chunk_facts }),
        };
        Ok((features, file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musicap::audio::NpyReader;
    use musicap::checkpoint::Precision;
    use musicap::{CaptionOptions, Captions, Pretrained};
    use std::io::Seek;
    use std::path::Path;
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

    fn front_end(limits: AudioLimits) -> FrontEnd {
        FrontEnd::new(&ModelConfig::lp_music_caps(), limits, FactsMode::Off).unwrap()
    }

    /// The captions of the recording at `path` by `captioner`, from features and at once.
    fn both(captioner: &Captioner, facts: FactsMode, path: &Path) -> [Captions; 2] {
        let config = captioner.config();
        let front_end = FrontEnd::new(config, AudioLimits::default(), facts).unwrap();
        let (features, mut file) = front_end.compute(File::open(path).unwrap(), &song()).unwrap();
        let features = Features::read("json", &serde_json::to_string(&features).unwrap()).unwrap();
        file.rewind().unwrap();
        let array = NpyReader::new(file).unwrap().read(usize::MAX).unwrap();
        let options = features.options(&CaptionOptions::default());
        let found = captioner.caption_features(array, &features.chunks, &options).unwrap();
        let found = features.captions(captioner.name().to_owned(), found);
        let mut options = CaptionOptions::default();
        options.facts = facts;
        let mut expected = captioner.caption(AudioReader::open(path).unwrap(), &options).unwrap();
        expected.file = Some("song.ogg".into());
        [found, expected]
    }

    #[test]
    fn features_get_the_same_captions_and_facts_as_the_recording() {
        let captioner = Captioner::embedded().unwrap();
        for facts in [FactsMode::Off, FactsMode::On, FactsMode::WithBeats] {
            let [found, expected] = both(&captioner, facts, Path::new(SONG));
            assert_eq!(found, expected);
            assert!(expected.captions.len() == 5 && !expected.changes.is_empty());
            assert_eq!(expected.facts.is_some(), facts != FactsMode::Off);
        }
    }

    #[test]
    fn what_was_done_to_a_recording_is_said_as_by_the_library() {
        let captioner = Captioner::embedded().unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (name, filter, note) in [
            (
                "opposite.wav",
                "pan=stereo|c0=c0|c1=-1*c0",
                "the channels are in opposite phase and cancel each other; only channel 1 was used",
            ),
            ("quiet.wav", "volume=-50dB", "the recording is very quiet; it was amplified by "),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, converted(&["-f", "wav", "-af", filter])).unwrap();
            let [found, expected] = both(&captioner, FactsMode::On, &path);
            assert_eq!(found, expected);
            let said = matches!(&found.notes[..], [one] if one.starts_with(note));
            assert!(said, "{:?}", found.notes);
        }
    }

    #[test]
    fn a_model_without_tags_has_the_facts_of_the_embedded_model() {
        let embedded = Pretrained::embedded().unwrap();
        let folder = tempfile::tempdir().unwrap();
        embedded.save(folder.path(), Precision::F32).unwrap();
        let path = folder.path().join("config.json");
        let mut config: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        config.as_object_mut().unwrap().remove("tags");
        std::fs::write(path, config.to_string()).unwrap();
        let captioner = Captioner::from_pretrained(folder.path()).unwrap();
        let [found, expected] = both(&captioner, FactsMode::On, Path::new(SONG));
        assert_eq!(found, expected);
        assert!(!expected.facts.unwrap().instruments.is_empty());
    }

    #[test]
    fn the_reference_front_end_gives_128_by_1001() {
        let front_end = front_end(AudioLimits::default());
        let recording = File::open(SONG).unwrap();
        let (_, mut file) = front_end.compute(recording, &song()).unwrap();
        file.rewind().unwrap();
        let npy = NpyReader::new(file).unwrap();
        assert_eq!(npy.shape(), [5, 128, 1001]);
    }

    #[test]
    fn a_file_that_is_no_audio_or_too_long_is_rejected() {
        let limits = AudioLimits::default().with_max_duration(Duration::from_secs(9));
        let front_end = front_end(limits);
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
        let front_end = front_end(AudioLimits::default());
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
