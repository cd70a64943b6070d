//! Systems that start no more threads.

use musicap::audio::Waveform;
use musicap::{CaptionOptions, Captioner, Error, LoadOptions, Pretrained};

use crate::confined::within_and;

#[test]
fn threads_that_cannot_be_started_are_an_error() {
    // Stacks of 100 MB: there is no room for a fifth, and enough for what is done then.
    let variables = [("RAYON_NUM_THREADS", "8"), ("RUST_MIN_STACK", "100000000")];
    within_and(500, &variables, || {
        let pretrained = Pretrained::embedded().unwrap();
        for options in [LoadOptions::default(), LoadOptions::default().with_threads(8)] {
            for _ in 0..2 {
                let refused = Captioner::load(&pretrained, &options).unwrap_err();
                assert!(
                    matches!(refused, Error::InvalidOption { name: "threads", .. }),
                    "{refused}"
                );
            }
        }
        // Fewer work, in the same process, once those that had been started have ended.
        let options = LoadOptions::default().with_threads(2);
        let load = |_| match Captioner::load(&pretrained, &options) {
            Ok(captioner) => Some(captioner),
            Err(_) => {
                std::thread::sleep(std::time::Duration::from_millis(50));
                None
            }
        };
        let captioner = (0..400).find_map(load).expect("two threads can be started");
        assert!(captioner.with_threads(8).is_err());
        let tone: Vec<f32> = (0..160_000).map(|n| (n as f32 * 0.17).sin() * 0.3).collect();
        let tone = Waveform::new(tone, 16_000).unwrap();
        let captions = captioner.caption(tone.reader(), &CaptionOptions::default()).unwrap();
        assert_eq!(captions.captions.len(), 1);
    });
}
