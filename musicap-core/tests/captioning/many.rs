//! Several recordings in one batch: the captions that each has alone, whatever happens to the others.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use musicap::audio::{AudioReader, SampleSource, Waveform};
use musicap::checkpoint::Precision;
use musicap::{
    CaptionOptions, Captioner, Captions, ChunkOutput, Error, FeatureBatch, LoadOptions, Pretrained,
    RecordingEvent, Result,
};

const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");

/// The song from `start` seconds on, `seconds` of it.
fn song(start: f64, seconds: f64) -> Waveform {
    let mut reader = AudioReader::open(SONG).unwrap();
    let rate = reader.sample_rate();
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        samples.extend_from_slice(block);
    }
    let place = |seconds: f64| (seconds * f64::from(rate)) as usize;
    Waveform::new(samples[place(start)..place(start + seconds)].to_vec(), rate).unwrap()
}

/// Recordings of all kinds of lengths: none, a tail, several chunks.
fn clips() -> Vec<Waveform> {
    let spans = [(0.0, 10.0), (8.0, 3.0), (11.0, 31.0), (20.0, 0.5), (5.0, 10.0), (25.0, 14.5)];
    spans.map(|(start, seconds)| song(start, seconds)).into()
}

type Recording = Box<dyn SampleSource>;

fn boxed(source: impl SampleSource + 'static) -> Recording {
    Box::new(source)
}

/// Captions and error of each recording. Each event is of the recording that is next.
fn run(
    captioner: &Captioner,
    sources: Vec<Result<Recording>>,
    options: &CaptionOptions,
) -> Vec<(Captions, Option<Error>)> {
    let mut ended: Vec<(Captions, Option<Error>)> = Vec::new();
    let mut before = Vec::new();
    for event in captioner.caption_many(sources, options).unwrap() {
        match event {
            RecordingEvent::Caption { recording, caption } => {
                assert_eq!(recording, ended.len());
                before.push(caption);
            }
            RecordingEvent::End { recording, captions, error } => {
                assert_eq!(recording, ended.len());
                assert_eq!(captions.captions, std::mem::take(&mut before));
                ended.push((captions, error));
            }
            other => panic!("{other:?}"),
        }
    }
    ended
}

#[test]
fn a_recording_that_is_cancelled_ends_and_the_others_are_captioned() {
    let captioner = Captioner::embedded().unwrap();
    let options = CaptionOptions::default().with_batch_size(2);
    let whole = song(0.0, 45.0);
    let alone = captioner.caption(whole.reader(), &options).unwrap().captions;
    let sources = || vec![whole.clone(), whole.clone(), whole.clone()].into_iter();
    let mut stream =
        captioner.caption_many(sources().map(|one| Ok(one.into_reader())), &options).unwrap();
    // One that has not been opened yet, and one at its first caption.
    stream.cancel(2);
    let mut ends = Vec::new();
    while let Some(event) = stream.next() {
        match event {
            RecordingEvent::Caption { recording: 1, caption } if caption.index == 0 => {
                stream.cancel(1);
            }
            RecordingEvent::End { captions, error, .. } => ends.push((captions, error)),
            _ => {}
        }
    }
    assert!(ends.iter().all(|(_, error)| error.is_none()));
    assert_eq!(ends[0].0.captions, alone);
    let begun = &ends[1].0;
    assert!(!begun.captions.is_empty() && begun.captions.len() < alone.len());
    assert_eq!(begun.captions, alone[..begun.captions.len()]);
    assert!(begun.gaps[0].reason.contains("not captioned: cancelled"));
    assert_eq!(begun.gaps[0].end_s, 45.0);
    assert_eq!((ends[2].0.captions.len(), ends[2].0.gaps[0].start_s), (0, 0.0));
}

#[test]
fn every_recording_has_the_captions_that_it_has_alone() {
    let mut sampling = Captioner::embedded().unwrap().config().generation.clone();
    (sampling.do_sample, sampling.temperature, sampling.seed) = (true, 1.5, 3);
    for precision in [Precision::F32, Precision::Int8] {
        let load = LoadOptions::default().with_precision(precision).with_threads(2);
        let captioner = Captioner::load(&Pretrained::embedded().unwrap(), &load).unwrap();
        for options in [
            CaptionOptions::default(),
            CaptionOptions::default().with_batch_size(4),
            CaptionOptions::default().with_overlap(7.0).without_low_latency(),
            CaptionOptions::default().with_generation(sampling.clone()).with_batch_size(5),
        ] {
            let alone = |clip: &Waveform| {
                let one_by_one = options.clone().with_batch_size(1);
                captioner.caption(clip.reader(), &one_by_one).unwrap()
            };
            let expected: Vec<Captions> = clips().iter().map(alone).collect();
            let sources = clips().into_iter().map(|clip| Ok(boxed(clip.into_reader()))).collect();
            let found = run(&captioner, sources, &options);
            assert!(found.iter().all(|(_, error)| error.is_none()));
            let found: Vec<Captions> = found.into_iter().map(|(captions, _)| captions).collect();
            assert_eq!(found, expected, "{options:?}");
        }
    }
}

/// A second of a sample at a time.
struct Constant {
    block: Vec<f32>,
    seconds: u32,
    read: Rc<Cell<u32>>,
    fails: bool,
}

impl Constant {
    fn new(sample: f32, seconds: u32) -> Self {
        Constant { block: vec![sample; 16_000], seconds, read: Rc::default(), fails: false }
    }
}

impl SampleSource for Constant {
    fn sample_rate(&self) -> u32 {
        16_000
    }
    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        if self.seconds == 0 {
            return match self.fails {
                true => Err(Error::InvalidSamples { reason: "the file is damaged here".into() }),
                false => Ok(None),
            };
        }
        self.seconds -= 1;
        self.read.set(self.read.get() + 1);
        Ok(Some(&self.block))
    }
    fn duration(&self) -> Option<Duration> {
        self.fails.then_some(Duration::from_secs(40))
    }
}

#[test]
fn recordings_that_fail_leave_the_others_alone() {
    let captioner = Captioner::embedded().unwrap();
    let clip = || Ok(boxed(song(11.0, 25.0).into_reader()));
    let expected = captioner.caption(song(11.0, 25.0).reader(), &CaptionOptions::default());
    let expected = expected.unwrap();
    let broken = || AudioReader::from_bytes(vec![7; 4_000], "broken").map(boxed);
    let damaged = || Constant { fails: true, ..Constant::new(0.1, 25) };
    for options in [CaptionOptions::default(), CaptionOptions::default().with_batch_size(64)] {
        let sources = vec![
            broken(),
            clip(),
            broken(),
            Ok(boxed(damaged())),
            clip(),
            Ok(boxed(Constant::new(f32::NAN, 20))),
            clip(),
        ];
        let found = run(&captioner, sources, &options);
        assert_eq!(found.len(), 7);
        for good in [1, 4, 6] {
            assert_eq!(found[good].0, expected, "recording {good}");
            assert!(found[good].1.is_none());
        }
        for bad in [0, 2] {
            assert!(matches!(found[bad].1, Some(Error::UnknownFormat { .. })), "{:?}", found[bad]);
        }
        // Captions before the damage are kept, and the rest is listed.
        let (captions, error) = &found[3];
        assert_eq!(captions.captions.len(), 2);
        assert!(error.as_ref().unwrap().to_string().contains("damaged here"));
        let [gap] = &captions.gaps[..] else { panic!("{:?}", captions.gaps) };
        assert_eq!((gap.start_s, gap.end_s), (20.0, 40.0));
        let (captions, error) = &found[5];
        assert!(captions.captions.is_empty());
        assert!(matches!(error, Some(Error::InvalidSamples { .. })), "{error:?}");
    }
}

#[test]
fn a_failing_model_ends_the_recordings_in_it_and_no_others() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("many-fragile");
    let _ = std::fs::remove_dir_all(&folder);
    Pretrained::embedded().unwrap().save(&folder, Precision::F32).unwrap();
    let weights = folder.join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    let captioner = Captioner::from_pretrained(&folder).unwrap();
    let expected = captioner.caption(song(0.0, 10.0).reader(), &CaptionOptions::default());
    let clips = std::iter::repeat_with(|| Ok(song(0.0, 10.0).into_reader())).take(9);
    let options = CaptionOptions::default().with_batch_size(3);
    let mut stream = captioner.caption_many(clips, &options).unwrap();
    // One batch that works, one that does not, one that does.
    let ends = |event: &RecordingEvent| matches!(event, RecordingEvent::End { .. });
    let mut ended = Vec::new();
    while ended.len() < 9 {
        match ended.len() {
            3 => std::fs::write(&weights, &whole[..9]).unwrap(),
            6 => std::fs::write(&weights, &whole).unwrap(),
            _ => {}
        }
        ended.push(stream.by_ref().find(ends).unwrap());
    }
    assert!(stream.next().is_none());
    let expected = expected.unwrap().captions;
    for (number, event) in ended.into_iter().enumerate() {
        let RecordingEvent::End { recording, captions, error } = event else { unreachable!() };
        assert_eq!(recording, number);
        match error {
            None => assert_eq!(captions.captions, expected, "recording {number}"),
            Some(error) => {
                assert!(matches!(&error, Error::Io { path, .. } if *path == weights), "{error}");
                assert!(captions.captions.is_empty());
                assert_eq!((captions.gaps[0].start_s, captions.gaps[0].end_s), (0.0, 10.0));
                assert!((3..9).contains(&number), "recording {number}");
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn recordings_are_read_ahead_as_far_as_a_batch_needs() {
    let captioner = Captioner::embedded().unwrap();
    let opened = Cell::new(0);
    let read = Rc::new(Cell::new(0));
    let sources = std::iter::repeat_with(|| {
        opened.set(opened.get() + 1);
        Ok(Constant { read: read.clone(), ..Constant::new(0.1, 10) })
    });
    let options = CaptionOptions::default().with_batch_size(3);
    let mut stream = captioner.caption_many(sources, &options).unwrap();
    assert_eq!(opened.get(), 0);
    for ended in 0..12 {
        while !matches!(stream.next(), Some(RecordingEvent::End { .. })) {}
        // Captions of equal recordings are done at the same step: one batch is in the model, and
        // one recording has been opened to see that there is more.
        assert!(opened.get() <= ended + 1 + 3 + 1, "{} opened, {} ended", opened.get(), ended + 1);
        assert!(read.get() <= 10 * opened.get());
    }
    // Recordings without a chunk do not pile up, either.
    let opened = Cell::new(0);
    let sources = (0..1_000).map(|_| {
        opened.set(opened.get() + 1);
        AudioReader::from_bytes(vec![7; 10], "broken")
    });
    for ended in captioner.caption_many(sources, &options).unwrap().enumerate() {
        let (number, RecordingEvent::End { error: Some(_), .. }) = ended else {
            panic!("{ended:?}")
        };
        assert!(opened.get() <= number + 12, "{} opened, {number} ended", opened.get());
    }
    assert_eq!(opened.get(), 1_000);
}

#[test]
fn the_first_caption_waits_for_one_chunk_only() {
    let captioner = Captioner::embedded().unwrap();
    let seconds_read = |options: &CaptionOptions| {
        let read = Rc::new(Cell::new(0));
        let source = Constant { read: read.clone(), ..Constant::new(0.1, 600) };
        let mut stream = captioner.caption_stream(source, options).unwrap();
        stream.next().unwrap().unwrap();
        read.get()
    };
    let first = seconds_read(&CaptionOptions::default());
    assert!((10..20).contains(&first), "{first} s read before the first caption");
    // The captions of a batch are all begun before the first is done.
    let together = CaptionOptions::default().without_low_latency();
    let size = captioner.batch_size(&together) as u32;
    assert!(size > 8, "batches of {size}");
    assert!(seconds_read(&together) >= 10 * size);
    assert!((30..40).contains(&seconds_read(&CaptionOptions::default().with_batch_size(3))));
}

/// The outputs of a batch from another captioner.
fn search(
    captioner: &Captioner,
    batch: FeatureBatch,
    options: &CaptionOptions,
) -> Vec<ChunkOutput> {
    let mut search = captioner.search_batch(batch.features, &batch.indices, options).unwrap();
    loop {
        if let Poll::Ready(outputs) = search.poll() {
            return outputs.unwrap();
        }
    }
}

#[test]
fn chunks_that_are_captioned_elsewhere_have_the_same_captions_in_the_same_order() {
    let captioner = Captioner::embedded().unwrap();
    let other = Captioner::embedded().unwrap();
    let damaged = || Constant { fails: true, ..Constant::new(0.1, 25) };
    let sources = || -> Vec<Result<Recording>> {
        let clips = clips().into_iter().map(|clip| Ok(boxed(clip.into_reader())));
        let broken = AudioReader::from_bytes(vec![7; 4_000], "broken").map(boxed);
        clips
            .chain([broken, Ok(boxed(damaged())), Ok(boxed(song(0.0, 45.0).into_reader()))])
            .collect()
    };
    let mut sampling = captioner.config().generation.clone();
    (sampling.do_sample, sampling.temperature, sampling.seed) = (true, 1.5, 3);
    for options in [
        CaptionOptions::default().with_facts(),
        CaptionOptions::default().with_batch_size(1).with_overlap(5.0),
        CaptionOptions::default().with_batch_size(3).with_generation(sampling),
    ] {
        let expected = run(&captioner, sources(), &options);
        let mut stream = captioner.caption_many(sources(), &options).unwrap();
        let (mut elsewhere, mut taken, mut ended): (Vec<FeatureBatch>, _, _) = (vec![], 0, vec![]);
        let mut before = Vec::new();
        loop {
            if elsewhere.len() < 3
                && let Some(batch) = stream.take_batch(1 + taken % 3)
            {
                taken += 1;
                elsewhere.push(batch);
            }
            match stream.poll_next() {
                Poll::Ready(Some(RecordingEvent::Caption { recording, caption })) => {
                    assert_eq!(recording, ended.len());
                    before.push(caption);
                }
                Poll::Ready(Some(RecordingEvent::End { captions, error, .. })) => {
                    assert_eq!(captions.captions, std::mem::take(&mut before));
                    ended.push((captions, error));
                }
                Poll::Ready(Some(other)) => panic!("{other:?}"),
                Poll::Ready(None) => break,
                // The last is completed first, and every third returned as if it had been lost.
                Poll::Pending if stream.is_waiting() => {
                    let batch = elsewhere.pop().expect("a batch is missing");
                    let number = batch.number;
                    assert!(stream.complete_batch(number, Vec::new()).is_err());
                    if number % 3 == 2 {
                        stream.return_batch(number);
                    } else {
                        let outputs = search(&other, batch, &options);
                        stream.complete_batch(number, outputs.clone()).unwrap();
                        stream.complete_batch(number, outputs).unwrap();
                    }
                    assert!(!stream.is_waiting());
                }
                Poll::Pending => {}
            }
        }
        assert!(elsewhere.is_empty() && taken >= 3, "{taken} batches");
        assert_eq!(ended.len(), expected.len());
        for (number, (ended, expected)) in ended.iter().zip(&expected).enumerate() {
            assert_eq!(ended.0, expected.0, "recording {number}, {options:?}");
            let text = |error: &Option<Error>| error.as_ref().map(ToString::to_string);
            assert_eq!(text(&ended.1), text(&expected.1));
        }
    }
}
