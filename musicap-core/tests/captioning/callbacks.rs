//! Panics of what callers pass in: they reach the caller, cost no caption of other recordings, and
//! leave the captioner as it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use musicap::audio::{SampleSource, Waveform};
use musicap::summarize::{
    LocalSummarizer, Summarizer, SummaryEvent, SummaryFuture, SummaryOptions, Watch,
    summarize_blocking,
};
use musicap::{CaptionOptions, Captioner, Captions, RecordingEvent, Result};

const RATE: usize = 16_000;

/// Seconds of a tone that is different every ten seconds.
fn tones(seconds: usize) -> Vec<f32> {
    let tone = |n: usize| {
        let hertz = 110.0 * (2 + n / (10 * RATE)) as f32;
        0.3 * (n as f32 / RATE as f32 * hertz * std::f32::consts::TAU).sin()
    };
    (0..seconds * RATE).map(tone).collect()
}

/// A source of blocks of a second, which panics before some of them, each time once.
struct Panicking {
    samples: Vec<f32>,
    next: usize,
    panics_before: Vec<usize>,
}

impl Panicking {
    fn new(seconds: usize, panics_before: &[usize]) -> Self {
        Panicking { samples: tones(seconds), next: 0, panics_before: panics_before.to_vec() }
    }
}

impl SampleSource for Panicking {
    fn sample_rate(&self) -> u32 {
        RATE as u32
    }

    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        let second = self.next;
        if self.panics_before.first() == Some(&second) {
            self.panics_before.remove(0);
            panic!("a test's panic before second {second}");
        }
        self.next += 1;
        let samples = &self.samples[(second * RATE).min(self.samples.len())..];
        Ok(Some(&samples[..RATE.min(samples.len())]).filter(|block| !block.is_empty()))
    }
}

fn texts(captions: &Captions) -> Vec<(f64, String)> {
    captions.captions.iter().map(|caption| (caption.start_s, caption.text.clone())).collect()
}

/// What `call` returns, once it does not panic; and how often it did.
fn insist<T>(mut call: impl FnMut() -> T) -> (T, usize) {
    for panics in 0..100 {
        if let Ok(value) = catch_unwind(AssertUnwindSafe(&mut call)) {
            return (value, panics);
        }
    }
    panic!("it never returns");
}

#[test]
fn a_source_that_panics_costs_no_caption() {
    let captioner = Captioner::embedded().unwrap();
    let options = CaptionOptions::default().with_batch_size(4);
    let waveform = Waveform::new(tones(65), RATE as u32).unwrap();
    let expected = texts(&captioner.caption(waveform.reader(), &options).unwrap());
    assert_eq!(expected.len(), 7);

    // As a whole: the panic reaches the caller, and the captioner works as before.
    let panicking = Panicking::new(65, &[33]);
    let failed = catch_unwind(AssertUnwindSafe(|| captioner.caption(panicking, &options)));
    let message = failed.map(|_| ()).unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("second 33"));
    assert_eq!(texts(&captioner.caption(waveform.reader(), &options).unwrap()), expected);

    // As an iterator that is asked again: within a batch, between batches, at the end.
    let source = Panicking::new(65, &[0, 12, 39, 40, 41, 64, 65]);
    let mut stream = captioner.caption_stream(source, &options).unwrap();
    let (mut found, mut panics) = (Vec::new(), 0);
    loop {
        let (caption, more) = insist(|| stream.next());
        panics += more;
        let Some(caption) = caption else { break };
        let caption = caption.unwrap();
        found.push((caption.start_s, caption.text));
    }
    assert_eq!((found, panics), (expected, 7));
}

#[test]
fn recordings_beside_one_that_panics_keep_their_captions() {
    let captioner = Captioner::embedded().unwrap();
    let options = CaptionOptions::default().with_batch_size(5);
    let alone = |seconds| {
        let waveform = Waveform::new(tones(seconds), RATE as u32).unwrap();
        texts(&captioner.caption(waveform.reader(), &options).unwrap())
    };
    let (mut number, mut has_panicked) = (0, false);
    // The iterator that opens recordings panics once, too, while two are under way.
    let sources = std::iter::from_fn(|| {
        if number == 2 && !std::mem::replace(&mut has_panicked, true) {
            panic!("a test's panic while opening");
        }
        number += 1;
        match number {
            1 => Some(Ok(Panicking::new(25, &[]))),
            2 => Some(Ok(Panicking::new(15, &[11]))),
            3 => Some(Ok(Panicking::new(31, &[20, 31]))),
            _ => None,
        }
    });
    let mut events = captioner.caption_many(sources, &options).unwrap();
    let (mut found, mut panics) = (Vec::new(), 0);
    loop {
        let (event, more) = insist(|| events.next());
        panics += more;
        match event {
            Some(RecordingEvent::End { captions, error, .. }) => {
                assert!(error.is_none());
                found.push(texts(&captions));
            }
            Some(_) => {}
            None => break,
        }
    }
    assert_eq!(found, [alone(25), alone(15), alone(31)]);
    assert_eq!(panics, 4);
}

#[test]
fn a_summarizer_or_its_observer_that_panics_leaves_the_captions() {
    struct Panics;
    impl Summarizer for Panics {
        fn summarize<'a>(
            &'a self,
            _: &'a Captions,
            _: &'a SummaryOptions,
            watch: &'a Watch<'a>,
        ) -> SummaryFuture<'a, Result<String>> {
            Box::pin(async {
                watch.report(&SummaryEvent::Progress { done: 0, parts: 1 });
                panic!("a test's panic in a summarizer")
            })
        }

        fn check(&self, _: &SummaryOptions) -> Result<()> {
            Ok(())
        }
    }
    let captioner = Captioner::embedded().unwrap();
    let waveform = Waveform::new(tones(25), RATE as u32).unwrap();
    let captions = captioner.caption(waveform.reader(), &CaptionOptions::default()).unwrap();
    let options = SummaryOptions::default();
    let expected = LocalSummarizer::new().describe(&captions, &options).unwrap();
    let observe = |_: &SummaryEvent| panic!("a test's panic in an observer");
    for (watch, message) in [
        (Watch::default(), "in a summarizer"),
        (Watch::default().with_events(&observe), "in an observer"),
    ] {
        let summarize = || summarize_blocking(&Panics, &captions, &options, &watch);
        let failed = catch_unwind(AssertUnwindSafe(summarize)).map(|_| ()).unwrap_err();
        assert!(failed.downcast_ref::<&str>().unwrap().ends_with(message));
    }
    let summary =
        summarize_blocking(&LocalSummarizer::new(), &captions, &options, &Watch::default());
    assert_eq!(summary.unwrap(), expected);
}
