//! A stream's captions against those of the same audio as a file.

use std::task::Poll;
use std::time::Duration;

use musicap::audio::Waveform;
use musicap::{CaptionOptions, Captioner, Error, LiveEvent, LiveOptions, Overrun};

/// Plucked notes at `rate`, left and right a little apart.
fn stereo(seconds: f64, rate: u32) -> Vec<f32> {
    let frames = (seconds * f64::from(rate)) as usize;
    (0..frames)
        .flat_map(|n| {
            let t = n as f64 / f64::from(rate);
            let beat = (t * 2.0).fract() / 2.0;
            let hertz = 220.0 * 2f64.powf(((t * 2.0) as usize * 5 % 12) as f64 / 12.0);
            let note = |phase: f64| {
                ((hertz * t * std::f64::consts::TAU + phase).sin() * (-6.0 * beat).exp() * 0.4)
                    as f32
            };
            [note(0.0), note(0.3)]
        })
        .collect()
}

#[test]
fn pieces_of_any_size_give_the_captions_of_the_whole() {
    let captioner = Captioner::embedded().unwrap();
    let samples = stereo(23.0, 44_100);
    let whole = Waveform::from_interleaved(&samples, 2, 44_100).unwrap();
    let expected = captioner.caption(whole.reader(), &CaptionOptions::default()).unwrap().captions;
    assert_eq!(expected.len(), 3);

    let (mut input, captions) = captioner.live(&LiveOptions::new(44_100, 2)).unwrap();
    let mut rest = &samples[..];
    for size in [1, 2, 3, 1_001, 77_777].into_iter().cycle() {
        let (piece, more) = rest.split_at(size.min(rest.len()));
        input.push(piece).unwrap();
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    drop(input);
    let found: Vec<_> = captions
        .map(|event| match event.unwrap() {
            LiveEvent::Caption { caption, .. } => caption,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((&found.text, found.index), (&expected.text, expected.index));
        assert!((found.start_s - expected.start_s).abs() < 1e-9);
        assert!((found.end_s - expected.end_s).abs() < 1e-3);
    }
}

#[test]
fn an_overlap_gives_a_caption_every_so_often() {
    let captioner = Captioner::embedded().unwrap();
    let options = LiveOptions::new(16_000, 1).with_overlap(5.0);
    let (mut input, mut captions) = captioner.live(&options).unwrap();
    let mut starts = Vec::new();
    for second in stereo(21.0, 8_000).chunks(16_000) {
        input.push(second).unwrap();
        while let Some(event) = captions.try_next().unwrap() {
            let LiveEvent::Caption { caption, behind_s } = event else { panic!("{event:?}") };
            // Each comes as soon as its chunk is complete.
            assert!(behind_s < 1.0, "{behind_s}");
            starts.push(caption.start_s);
        }
    }
    assert_eq!(starts, [0.0, 5.0, 10.0]);
}

#[test]
fn what_comes_too_fast_is_skipped_and_said_so() {
    let captioner = Captioner::embedded().unwrap();
    for (overrun, first) in [(Overrun::Skip, 50.0), (Overrun::Queue(2), 40.0)] {
        let options = LiveOptions::new(16_000, 1).with_overrun(overrun);
        let (mut input, mut captions) = captioner.live(&options).unwrap();
        input.push(&vec![0.1; 16_000 * 60]).unwrap();
        assert!((captions.behind_s() - (60.0 - first)).abs() < 1e-6);
        let event = captions.try_next().unwrap();
        let expected = LiveEvent::Skipped { start_s: 0.0, end_s: first, behind_s: 60.0 };
        assert_eq!(event, Some(expected));
        let Some(LiveEvent::Caption { caption, behind_s }) = captions.try_next().unwrap() else {
            panic!("no caption after what was skipped");
        };
        assert_eq!((caption.start_s, behind_s), (first, 50.0 - first));
        drop(input);
        assert_eq!(captions.count(), if overrun == Overrun::Skip { 0 } else { 1 });
    }
}

#[test]
fn captions_are_waited_for_on_another_thread() {
    let captioner = Captioner::embedded().unwrap();
    let (mut input, captions) = captioner.live(&LiveOptions::new(16_000, 1)).unwrap();
    let listener = std::thread::spawn(move || captions.count());
    for _ in 0..30 {
        input.push(&[0.05; 16_000]).unwrap();
    }
    drop(input);
    assert_eq!(listener.join().unwrap(), 3);
}

#[test]
fn bad_input_is_refused_and_leaves_the_stream_as_it_was() {
    let captioner = Captioner::embedded().unwrap();
    assert!(captioner.live(&LiveOptions::new(16_000, 0)).is_err());
    assert!(captioner.live(&LiveOptions::new(16_000, 65)).is_err());
    assert!(captioner.live(&LiveOptions::new(16_000, usize::MAX)).is_err());
    assert!(captioner.live(&LiveOptions::new(0, 1)).is_err());
    for overlap in [9.9999, 10.0] {
        assert!(captioner.live(&LiveOptions::new(16_000, 1).with_overlap(overlap)).is_err());
    }
    let none = LiveOptions::new(16_000, 1).with_overrun(Overrun::Queue(0));
    assert!(captioner.live(&none).is_err());

    let (mut input, captions) = captioner.live(&LiveOptions::new(16_000, 1)).unwrap();
    let refused = input.push(&[0.0, f32::NAN]).unwrap_err();
    assert!(matches!(refused, Error::InvalidSamples { .. }), "{refused}");
    drop(input);
    // Silence of no length is a chunk of a recording that is shorter than one.
    assert!(captions.count() <= 1);
}

#[test]
fn samples_that_overflow_together_are_bounded() {
    let captioner = Captioner::embedded().unwrap();
    let (mut input, captions) = captioner.live(&LiveOptions::new(16_000, 2)).unwrap();
    input.push(&vec![3e38; 160_000]).unwrap();
    drop(input);
    assert!(captions.map(Result::unwrap).count() == 1);
}

#[test]
fn whoever_waits_gets_a_word_between_two_steps() {
    let captioner = Captioner::embedded().unwrap();
    let samples = stereo(20.0, 16_000);
    let (mut input, mut captions) = captioner.live(&LiveOptions::new(16_000, 2)).unwrap();
    let (mut pending, mut starts) = (0, Vec::new());
    for half in samples.chunks(samples.len() / 2) {
        // The second chunk comes while the first is in the model.
        input.push(half).unwrap();
        for _ in 0..3 {
            assert!(captions.wait(Duration::from_nanos(1)).is_pending());
        }
    }
    drop(input);
    loop {
        match captions.wait(Duration::from_nanos(1)) {
            Poll::Pending => pending += 1,
            Poll::Ready(None) => break,
            Poll::Ready(Some(event)) => {
                let LiveEvent::Caption { caption, .. } = event.unwrap() else { panic!("skipped") };
                starts.push(caption.start_s);
            }
        }
    }
    assert_eq!(starts, [0.0, 10.0]);
    assert!(pending > 5, "{pending}");
    // Nothing is waited for, but what is there is captioned.
    let (mut input, mut captions) = captioner.live(&LiveOptions::new(16_000, 2)).unwrap();
    assert!(captions.wait(Duration::ZERO).is_pending());
    input.push(&samples).unwrap();
    let mut turns = 0;
    while captions.poll_next().is_pending() {
        turns += 1;
    }
    assert!(turns > 5, "{turns}");
    assert!(captions.wait(Duration::ZERO).is_ready());
}
