//! What holds for any input, tried with inputs that proptest makes up and, where one fails,
//! shrinks.

use musicap::audio::{AudioConfig, Chunker, Pad, Resampler, Tail};
use musicap::caption::{Caption, Captions, Format};
use musicap::generate::{GenerationConfig, Step, StepModel, generate};
use proptest::prelude::*;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn front_end(chunk_seconds: f64) -> AudioConfig {
    AudioConfig::default().with(|config| {
        config.sample_rate = 1_000;
        config.n_fft = 64;
        config.hop_length = 16;
        config.f_max = 500.0;
        config.chunk_seconds = chunk_seconds;
        config.pad = Pad::Zero;
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn chunks_cover_all_time_up_to_the_tail(
        samples in 1usize..40_000,
        chunk_s in 1u32..12,
        overlap in 0.0..0.9f64,
        keep in any::<bool>(),
        pieces in prop::collection::vec(1usize..9_000, 1..20),
    ) {
        let overlap_s = (f64::from(chunk_s) * overlap * 1000.0).round() / 1000.0;
        let tail = if keep { Tail::Keep } else { Tail::Drop };
        let mut chunker = Chunker::new(&front_end(chunk_s.into()), overlap_s, tail).unwrap();
        let audio: Vec<f32> = (0..samples).map(|n| n as f32).collect();
        let (mut rest, mut pieces, mut chunks) = (&audio[..], pieces.iter().cycle(), Vec::new());
        while !rest.is_empty() {
            let (piece, more) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
            chunker.push(piece);
            chunks.extend(std::iter::from_fn(|| chunker.pop()));
            rest = more;
        }
        chunker.finish();
        chunks.extend(std::iter::from_fn(|| chunker.pop()));

        let whole = f64::from(chunk_s);
        let seconds = samples as f64 / 1000.0;
        prop_assert_eq!(chunks[0].start_s, 0.0);
        for pair in chunks.windows(2) {
            prop_assert!(pair[1].start_s <= pair[0].end_s, "a gap");
            prop_assert!((pair[1].start_s - pair[0].start_s - (whole - overlap_s)).abs() < 1e-9);
        }
        for (number, chunk) in chunks.iter().enumerate() {
            prop_assert_eq!(chunk.index, number);
            prop_assert_eq!(chunk.samples.len(), chunk_s as usize * 1000);
            // Every sample is where its time says, and what fills up is silence.
            let start = (chunk.start_s * 1000.0).round() as usize;
            let there = ((chunk.end_s - chunk.start_s) * 1000.0).round() as usize;
            prop_assert_eq!(&chunk.samples[..there], &audio[start..start + there]);
            prop_assert!(chunk.samples[there..].iter().all(|&x| x == 0.0));
        }
        let left = seconds - chunks.last().unwrap().end_s;
        prop_assert!(left >= -1e-9);
        // Kept, a tail that is left out is shorter than two seconds; dropped, than a step.
        let most = if keep { 2.0 } else { whole - overlap_s };
        prop_assert!(left < most, "{left} s are left out");
    }

    #[test]
    fn captions_come_back_from_subtitles_and_json(list in captions()) {
        let ours = Captions::new(0.0, list);
        let back = Captions::parse_json("test", &ours.format(Format::Json)).unwrap();
        prop_assert_eq!(&back[0], &ours);
        // A cue ends after it starts.
        let times = |caption: &Caption| {
            let start = millis(caption.start_s);
            (start, millis(caption.end_s).max(start + 1))
        };
        let cues = subrip(&ours.format(Format::Srt));
        let said: Vec<_> = ours.captions.iter().map(|caption| {
            let (start, end) = times(caption);
            (start, end, flat(&caption.text).replace("-->", "→"))
        }).collect();
        prop_assert_eq!(cues, said);
        let cues = webvtt(&ours.format(Format::Vtt));
        let said: Vec<_> = ours.captions.iter().map(|caption| {
            let (start, end) = times(caption);
            (start, end, flat(&caption.text))
        }).collect();
        prop_assert_eq!(cues, said);
    }

    #[test]
    fn no_text_is_read_as_captions_by_mistake_or_with_a_panic(text in "\\PC*") {
        let _ = Captions::parse_json("test", &text);
        let _ = musicap::checkpoint::ModelConfig::from_json("test", &text, None);
        let _ = musicap::Tokenizer::from_vocab(
            "test",
            &musicap::VocabFiles { vocab: "{}", merges: &text, ..musicap::VocabFiles::default() },
        );
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn resampled_sound_is_as_long_as_it_was(
        from in 1_000u32..200_000,
        to in prop::sample::select(vec![8_000u32, 16_000, 22_050, 48_000]),
        samples in 0usize..30_000,
        pieces in prop::collection::vec(1usize..7_000, 1..9),
    ) {
        let input: Vec<f32> = (0..samples).map(|n| (n as f32 * 0.01).sin()).collect();
        let mut resampler = Resampler::new(from, to).unwrap();
        let (mut rest, mut pieces, mut out) = (&input[..], pieces.iter().cycle(), Vec::new());
        while !rest.is_empty() {
            let (piece, more) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
            resampler.process(piece, &mut out);
            rest = more;
        }
        resampler.finish(&mut out);
        let expected = (samples as u64 * u64::from(to)).div_ceil(u64::from(from));
        prop_assert_eq!(out.len() as u64, expected);
        prop_assert!(out.iter().all(|x| x.abs() < 2.0));
    }
}

fn captions() -> impl Strategy<Value = Vec<Caption>> {
    let text = prop_oneof![
        "[ -~\\n\\t]{0,40}",
        "\\PC{0,20}",
        Just("00:00:00,000 --> 00:00:01,000".to_owned()),
        Just("\n\n2\n".to_owned()),
        Just("&lt;b&gt;&amp;<v Roger>".to_owned()),
    ];
    // A cue of nothing has no line of text.
    let text = text.prop_map(|text| format!("A {text}"));
    let length = prop_oneof![Just(0u32), 0u32..60_000];
    let caption = (0u32..360_000_000, length, text, -20f32..0.0);
    prop::collection::vec(caption, 0..8).prop_map(|list| {
        let caption = |(index, (start, length, text, score)): (usize, (u32, u32, String, f32))| {
            let (start_s, end_s) = (f64::from(start) / 1e3, f64::from(start + length) / 1e3);
            let mut caption = Caption::new(index, start_s, end_s, text);
            caption.score = score;
            caption
        };
        list.into_iter().enumerate().map(caption).collect()
    })
}

/// A text as one line without control characters, as subtitles have it.
fn flat(text: &str) -> String {
    let words: Vec<&str> =
        text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect();
    words.join(" ").replace(char::is_control, "")
}

fn millis(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

/// `HH:MM:SS,mmm` or `HH:MM:SS.mmm` in milliseconds.
fn clock(text: &str, point: char) -> u64 {
    let (whole, millis) = text.split_once(point).expect("milliseconds");
    assert_eq!(millis.len(), 3);
    let parts: Vec<u64> = whole.split(':').map(|part| part.parse().unwrap()).collect();
    let &[hours, minutes, seconds] = &parts[..] else { panic!("{text}") };
    assert!(minutes < 60 && seconds < 60);
    ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis.parse::<u64>().unwrap()
}

fn cue(times: &str, text: &str, point: char) -> (u64, u64, String) {
    let (start, end) = times.split_once(" --> ").expect("an arrow");
    (clock(start, point), clock(end, point), text.to_owned())
}

/// Reads SubRip as players do: a number, times, lines of text, an empty line.
fn subrip(text: &str) -> Vec<(u64, u64, String)> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty());
    blocks
        .enumerate()
        .map(|(number, block)| {
            let lines: Vec<&str> = block.split('\n').collect();
            let &[count, times, text] = &lines[..] else { panic!("{lines:?}") };
            assert_eq!(count, (number + 1).to_string());
            cue(times, text, ',')
        })
        .collect()
}

/// Reads WebVTT (W3C, 4.1): blocks after the header, three escapes.
fn webvtt(text: &str) -> Vec<(u64, u64, String)> {
    let mut blocks = text.trim_end_matches('\n').split("\n\n");
    assert_eq!(blocks.next(), Some("WEBVTT"));
    blocks
        .map(|block| {
            let (times, text) = block.split_once('\n').expect("a line of text");
            assert!(!text.contains(['\n', '<', '>']) && !text.contains("-->"), "{text}");
            let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            cue(times, &text, '.')
        })
        .collect()
}

/// A model whose logits after a sequence are given by the numbers of a table, in no simple way.
struct Table<'a> {
    numbers: &'a [u8],
    vocab: usize,
    rows: Vec<Vec<u32>>,
}

impl Table<'_> {
    fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        let place = tokens.iter().fold(7usize, |hash, &t| hash.wrapping_mul(31) ^ (t as usize + 1));
        let number =
            |next: usize| self.numbers[(place.wrapping_mul(17) + next * 5) % self.numbers.len()];
        (0..self.vocab).map(|next| f32::from(number(next)) / 32.0).collect()
    }

    /// The best score of all sequences, by trying each.
    fn best(&self, config: &GenerationConfig, tokens: &mut Vec<u32>, sum: f64) -> f64 {
        let length = tokens.len();
        let score =
            |sum: f64, length: usize| sum / (length as f64).powf(f64::from(config.length_penalty));
        let last = length == config.max_length - 1;
        if last && config.forced_eos_token_id.is_some() {
            return score(sum, length);
        }
        let logits = self.logits(tokens);
        let total: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
        let of = |token: u32| sum + f64::from(logits[token as usize]) - total.ln();
        let mut best = match length < config.min_length {
            true => f64::NEG_INFINITY,
            false => score(of(config.eos_token_id), length),
        };
        for token in (0..self.vocab as u32).filter(|&token| token != config.eos_token_id) {
            tokens.push(token);
            best = best.max(match last {
                true => score(of(token), length + 1),
                false => self.best(config, tokens, of(token)),
            });
            tokens.pop();
        }
        best
    }
}

impl StepModel for Table<'_> {
    fn admit(&mut self, chunks: usize, prefix: &[u32], out: &mut Vec<f32>) -> musicap::Result<()> {
        self.rows = vec![prefix.to_vec(); chunks];
        *out = self.rows.iter().flat_map(|row| self.logits(row)).collect();
        Ok(())
    }

    fn step(&mut self, step: &Step, out: &mut Vec<f32>) -> musicap::Result<()> {
        let next = |(&token, &parent): (&u32, &usize)| [&self.rows[parent][..], &[token]].concat();
        self.rows = step.tokens.iter().zip(&step.parents).map(next).collect();
        *out = self.rows.iter().flat_map(|row| self.logits(row)).collect();
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_beam_as_wide_as_the_tree_finds_the_best_of_all_sequences(
        numbers in prop::collection::vec(any::<u8>(), 11..60),
        vocab in 3usize..5,
        max_length in 3usize..6,
        min_length in 0usize..6,
        length_penalty in 0.0f32..2.0,
        forced_end in any::<bool>(),
    ) {
        let config = GenerationConfig::default().with(|config| {
            config.num_beams = 400;
            config.max_length = max_length;
            config.min_length = min_length.min(max_length);
            config.length_penalty = length_penalty;
            config.decoder_start_token_id = 0;
            config.eos_token_id = 1;
            config.forced_eos_token_id = forced_end.then_some(1);
        });
        let mut table = Table { numbers: &numbers, vocab, rows: Vec::new() };
        let best = table.best(&config, &mut vec![0], 0.0);
        let found = f64::from(generate(&mut table, &[0], &config).unwrap()[0].score);
        prop_assert!((found - best).abs() < 1e-4, "{found} is not {best}");
    }
}

#[cfg(feature = "embedded-model")]
mod live {
    use musicap::{Captioner, LiveEvent, LiveOptions};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static CAPTIONER: LazyLock<Captioner> = LazyLock::new(|| Captioner::embedded().unwrap());

    /// Two and a half chunks of notes in stereo.
    fn sound() -> Vec<f32> {
        (0..16_000 * 25)
            .flat_map(|n| {
                let t = n as f32 / 16_000.0;
                let hertz = 220.0 * 2f32.powf(((t * 2.0) as usize * 5 % 12) as f32 / 12.0);
                let note =
                    (t * hertz * std::f32::consts::TAU).sin() * (-6.0 * (t * 2.0).fract()).exp();
                [note * 0.4, note * 0.3]
            })
            .collect()
    }

    fn said(cuts: &[usize]) -> Vec<(usize, u64, u64, String)> {
        let mut generation = CAPTIONER.config().generation.clone();
        (generation.num_beams, generation.max_length) = (1, 20);
        generation.min_length = 0;
        let options = LiveOptions::new(16_000, 2).with_generation(generation);
        let (mut input, captions) = CAPTIONER.live(&options).unwrap();
        let sound = sound();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut % sound.len()).collect();
        places.sort_unstable();
        places.push(sound.len());
        let mut start = 0;
        for place in places {
            input.push(&sound[start..place]).unwrap();
            start = place;
        }
        drop(input);
        captions
            .map(|event| match event.unwrap() {
                LiveEvent::Caption { caption, .. } => (
                    caption.index,
                    (caption.start_s * 1e3).round() as u64,
                    (caption.end_s * 1e3).round() as u64,
                    caption.text,
                ),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    proptest! {
        #![proptest_config(super::cases(8))]

        #[test]
        fn any_split_of_a_stream_gives_the_same_captions(
            cuts in prop::collection::vec(any::<usize>(), 0..40),
        ) {
            static WHOLE: LazyLock<Vec<(usize, u64, u64, String)>> = LazyLock::new(|| said(&[]));
            prop_assert_eq!(WHOLE.len(), 3);
            prop_assert_eq!(&said(&cuts), &*WHOLE);
        }
    }
}
