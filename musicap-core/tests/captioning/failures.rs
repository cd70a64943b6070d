//! What cannot be captioned, and models that fail on the way: errors that say so, and no caption
//! lost or made up.

use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::Duration;

use musicap::audio::{SampleSource, Waveform, WaveformReader};
use musicap::checkpoint::Precision;
use musicap::{
    CaptionOptions, CaptionStream, Captioner, Error, LiveEvent, LiveOptions, Pretrained, Result,
};
use ndarray::Array3;

/// A note that changes every second.
fn music(seconds: usize) -> Waveform {
    let sample = |n: usize| {
        let hertz = 220.0 * 2f32.powf((n / 16_000 * 5 % 12) as f32 / 12.0);
        0.3 * (n as f32 / 16_000.0 * hertz * std::f32::consts::TAU).sin()
    };
    Waveform::new((0..16_000 * seconds).map(sample).collect::<Vec<_>>(), 16_000).unwrap()
}

/// A model whose file can be damaged while it is in use.
struct Fragile {
    weights: PathBuf,
    whole: Vec<u8>,
}

impl Fragile {
    fn new(test: &str) -> (Self, Captioner) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = std::fs::remove_dir_all(&folder);
        Pretrained::embedded().unwrap().save(&folder, Precision::F32).unwrap();
        let weights = folder.join("model.safetensors");
        let whole = std::fs::read(&weights).unwrap();
        (Fragile { weights, whole }, Captioner::from_pretrained(folder).unwrap())
    }

    fn cut(&self) {
        std::fs::OpenOptions::new().write(true).open(&self.weights).unwrap().set_len(9).unwrap();
    }

    fn mend(&self) {
        std::fs::write(&self.weights, &self.whole).unwrap();
    }
}

#[test]
fn options_beyond_all_measure_are_refused() {
    let captioner = Captioner::embedded().unwrap();
    for batch_size in [0, 1_025, usize::MAX] {
        let options = CaptionOptions::default().with_batch_size(batch_size);
        let refused = captioner.caption_stream(music(1).reader(), &options).unwrap_err();
        assert!(matches!(refused, Error::InvalidOption { name: "batch_size", .. }), "{refused}");
    }
    let mut generation = captioner.config().generation.clone();
    generation.repetition_retries = 1_000_000_000;
    let options = CaptionOptions::default().with_generation(generation);
    let refused = captioner.check(&options).unwrap_err();
    assert!(
        matches!(refused, Error::InvalidOption { name: "repetition_retries", .. }),
        "{refused}"
    );
}

#[test]
fn values_that_are_no_numbers_get_no_caption() {
    let captioner = Captioner::embedded().unwrap();
    let generation = &captioner.config().generation;
    struct NotFinite(Vec<f32>, usize);
    impl SampleSource for NotFinite {
        fn sample_rate(&self) -> u32 {
            16_000
        }
        fn next_block(&mut self) -> Result<Option<&[f32]>> {
            self.1 += 1;
            self.0[1_234] = if self.1 == 4 { f32::NAN } else { 0.1 };
            Ok((self.1 <= 4).then_some(&self.0))
        }
    }
    let source = NotFinite(vec![0.1; 160_000], 0);
    let error = captioner.caption(source, &CaptionOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::InvalidSamples { .. }), "{error}");
    assert!(error.to_string().contains("sample 1234 of chunk 3 is NaN"), "{error}");

    let audio = &captioner.config().audio;
    let mut mel = Array3::<f32>::zeros((1, audio.n_mels, audio.frames()));
    mel[(0, 2, 5)] = f32::INFINITY;
    let error = captioner.generate_tokens(mel, &[0], generation).unwrap_err();
    assert!(matches!(&error, Error::InvalidSamples { .. }), "{error}");
    assert!(error.to_string().contains("(0, 2, 5) is inf"), "{error}");
}

#[test]
fn a_model_file_that_goes_away_is_an_error_of_that_file() {
    let (model, captioner) = Fragile::new("fragile-recording");
    let music = music(40);
    let options = CaptionOptions::default().with_batch_size(1);
    let mut stream = captioner.caption_stream(music.reader(), &options).unwrap();
    let first = stream.next().unwrap().unwrap();
    model.cut();
    let error = stream.next().unwrap().unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if *path == model.weights), "{error}");
    assert!(stream.next().is_none());
    // Half a recording says that it is one.
    let captions = stream.finish(vec![first]);
    assert_eq!(captions.duration_s, 40.0);
    let [gap] = &captions.gaps[..] else { panic!("{:?}", captions.gaps) };
    assert_eq!((gap.start_s, gap.end_s), (10.0, 40.0));
    assert!(gap.reason.contains("not captioned") && gap.reason.contains("model.safetensors"));
}

#[test]
fn captions_that_are_done_outlive_the_model() {
    let (model, captioner) = Fragile::new("fragile-batch");
    let music = music(60);
    let mut stream = captioner.caption_stream(music.reader(), &CaptionOptions::default()).unwrap();
    let mut captions = Vec::new();
    // Captions end at different steps: the model fails at every one in turn.
    let failed = |stream: &mut CaptionStream<_>, after: usize, captions: &mut Vec<_>| {
        for _ in 0..after {
            match stream.poll_next() {
                Poll::Pending => {}
                Poll::Ready(Some(caption)) => captions.push(caption.unwrap()),
                Poll::Ready(None) => return false,
            }
        }
        true
    };
    let mut after = 1;
    while failed(&mut stream, after, &mut captions) {
        model.cut();
        let rest: Vec<Result<_>> = stream.by_ref().collect();
        model.mend();
        let (told, errors): (Vec<_>, Vec<_>) = rest.into_iter().partition(Result::is_ok);
        captions.extend(told.into_iter().map(Result::unwrap));
        assert!(errors.len() <= 1, "{errors:?}");
        let whole = stream.finish(std::mem::take(&mut captions));
        let mut spans: Vec<_> = whole.captions.iter().map(|c| (c.start_s, c.end_s)).collect();
        spans.extend(whole.gaps.iter().map(|gap| (gap.start_s, gap.end_s)));
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!((spans[0].0, spans[spans.len() - 1].1), (0.0, 60.0), "{spans:?}");
        assert!(spans.windows(2).all(|pair| pair[0].1 == pair[1].0), "{spans:?}");
        assert_eq!(errors.is_empty(), whole.gaps.is_empty());
        stream = captioner.caption_stream(music.reader(), &CaptionOptions::default()).unwrap();
        after += 1;
    }
    assert!(after > 10);
}

#[test]
fn a_source_that_fails_leaves_a_gap_to_the_end() {
    struct Failing(Vec<f32>, usize);
    impl SampleSource for Failing {
        fn sample_rate(&self) -> u32 {
            16_000
        }
        fn next_block(&mut self) -> Result<Option<&[f32]>> {
            self.1 += 1;
            match self.1 {
                ..=25 => Ok(Some(&self.0)),
                _ => Err(Error::InvalidSamples { reason: "the cable is cut".into() }),
            }
        }
        fn duration(&self) -> Option<Duration> {
            Some(Duration::from_secs(60))
        }
    }
    let captioner = Captioner::embedded().unwrap();
    let source = Failing(vec![0.1; 16_000], 0);
    let mut stream = captioner.caption_stream(source, &CaptionOptions::default()).unwrap();
    let told: Vec<_> = stream.by_ref().collect();
    assert_eq!(told.len(), 3);
    assert!(told[2].is_err());
    let captions = stream.finish(Vec::new());
    assert_eq!(captions.duration_s, 60.0);
    assert_eq!((captions.gaps[0].start_s, captions.gaps[0].end_s), (20.0, 60.0));
    assert!(captions.gaps[0].reason.ends_with("the cable is cut"));
}

#[test]
fn a_stream_that_is_stopped_says_what_it_was_not_asked_for() {
    /// Audio that starts after its picture.
    struct Late<'a>(WaveformReader<'a>);
    impl SampleSource for Late<'_> {
        fn sample_rate(&self) -> u32 {
            self.0.sample_rate()
        }
        fn next_block(&mut self) -> Result<Option<&[f32]>> {
            self.0.next_block()
        }
        fn duration(&self) -> Option<Duration> {
            self.0.duration()
        }
        fn start(&self) -> Duration {
            Duration::from_secs(5)
        }
    }
    let (captioner, music) = (Captioner::embedded().unwrap(), music(45));
    for (taken, gaps) in [(0, vec![(5.0, 50.0)]), (2, vec![(25.0, 50.0)]), (5, vec![])] {
        let source = Late(music.reader());
        let mut stream = captioner.caption_stream(source, &CaptionOptions::default()).unwrap();
        let captions: Result<Vec<_>> = stream.by_ref().take(taken).collect();
        let captions = stream.finish(captions.unwrap());
        let found: Vec<_> = captions.gaps.iter().map(|gap| (gap.start_s, gap.end_s)).collect();
        assert_eq!((captions.duration_s, found), (50.0, gaps));
    }
}

#[test]
fn a_caption_that_is_drawn_anew_is_drawn_step_by_step() {
    // With random weights, which run into loops.
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity/model-b");
    let captioner = Captioner::from_pretrained(kit).unwrap();
    let music = music(10);
    let pieces = |repetition_retries: usize| {
        let mut generation = captioner.config().generation.clone();
        // Far too long for what there is to say.
        (generation.min_length, generation.max_length) = (100, 100);
        (generation.no_repeat_ngram_size, generation.repetition_penalty) = (0, 1.0);
        generation.repetition_retries = repetition_retries;
        let options = CaptionOptions::default().with_generation(generation);
        let mut stream = captioner.caption_stream(music.reader(), &options).unwrap();
        let mut pieces = 0;
        while stream.poll_next().is_pending() {
            pieces += 1;
        }
        pieces
    };
    let plain = pieces(0);
    assert!(pieces(1) > plain + 50, "{} pieces, {plain} without retries", pieces(1));
}

#[test]
fn a_stream_outlives_a_failure_and_says_what_it_cost() {
    let (model, captioner) = Fragile::new("fragile-stream");
    let (mut input, mut captions) = captioner.live(&LiveOptions::new(16_000, 1)).unwrap();
    let music = music(20);
    input.push(music.samples()).unwrap();
    model.cut();
    for start_s in [0.0, 10.0] {
        let lost = captions.try_next().unwrap().unwrap();
        let LiveEvent::Skipped { start_s: start, end_s, .. } = lost else { panic!("{lost:?}") };
        assert_eq!((start, end_s), (start_s, start_s + 10.0));
    }
    let error = captions.try_next().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(captions.try_next().unwrap().is_none());
    model.mend();
    input.push(music.samples()).unwrap();
    drop(input);
    let starts: Vec<f64> = captions
        .map(|event| match event.unwrap() {
            LiveEvent::Caption { caption, .. } => caption.start_s,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(starts, [20.0, 30.0]);
}
