//! How much memory N bytes may take: measured in a process of its own, where the limit that is
//! stated in docs/security.md is the most that the system gives.

use std::time::Duration;

use musicap::audio::{AudioConfig, AudioReader, Chunks, Tail};
use musicap::checkpoint::Checkpoint;
use musicap::{Captions, Tokenizer, VocabFiles};

use crate::common::{Scratch, wav};
use crate::confined::{peak, within};

/// The memory that `work` takes beyond what is there before it, in bytes.
fn taken<T>(work: impl FnOnce() -> T) -> u64 {
    let before = peak();
    let result = work();
    let after = peak();
    drop(result);
    after - before
}

/// Says it where `cargo test -- --nocapture` shows it.
fn report(what: &str, input: u64, taken: u64) {
    let times = taken as f64 / input as f64;
    eprintln!("{what}: {input} bytes take {taken} bytes, {times:.2} times as many");
}

#[test]
fn sound_of_any_length_is_decoded_in_constant_memory() {
    within(64, || {
        let scratch = Scratch::new();
        let path = scratch.path("long.wav");
        // Twelve hours: 691 MB, all of it holes.
        let mut header = wav(&[], 8_000, 1);
        let data = 8_000 * 2 * 12 * 3_600;
        header[4..8].copy_from_slice(&(data as u32 + 36).to_le_bytes());
        header[40..44].copy_from_slice(&(data as u32).to_le_bytes());
        std::fs::write(&path, &header).unwrap();
        let length = data as u64 + header.len() as u64;
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let taken = taken(|| {
            let mut reader = AudioReader::open(&path).unwrap();
            let mut samples = 0u64;
            while let Some(block) = reader.next_block().unwrap() {
                samples += block.len() as u64;
            }
            assert_eq!(samples, 8_000 * 12 * 3_600);
        });
        report("decoding", length, taken);
        assert!(taken < 8 << 20);

        let taken = taken_by_chunks(&path);
        report("an hour in chunks", length / 12, taken);
        assert!(taken < 16 << 20);
    });
}

fn taken_by_chunks(path: &std::path::Path) -> u64 {
    taken(|| {
        let reader = AudioReader::open(path).unwrap();
        let chunks = Chunks::new(reader, &AudioConfig::default(), 0.0, Tail::Keep).unwrap();
        assert_eq!(chunks.take(360).map(|chunk| chunk.unwrap().index).last(), Some(359));
    })
}

#[test]
fn a_header_of_tensors_takes_a_small_multiple_of_its_size() {
    within(192, || {
        let entry = |n: usize| {
            let (start, end) = (n * 4, n * 4 + 4);
            format!(r#""{n}":{{"dtype":"F32","shape":[1],"data_offsets":[{start},{end}]}}"#)
        };
        let header = format!("{{{}}}", (0..100_000).map(entry).collect::<Vec<_>>().join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.resize(bytes.len() + 400_000, 0);
        drop(header);
        let length = bytes.len() as u64;
        let taken =
            taken(|| Checkpoint::from_safetensors("test", std::io::Cursor::new(bytes)).unwrap());
        report("tensors of a safetensors file", length, taken);
        assert!(taken < 16 * length);
    });
}

#[test]
fn a_pickle_takes_a_bounded_multiple_of_its_size() {
    within(256, || {
        let scratch = Scratch::new();
        let path = scratch.path("transfer.pth");
        // As many values as are read, each of one byte.
        let values = (1 << 20) - 16;
        let pickle = [&b"\x80\x02("[..], &vec![b'N'; values], b"l."].concat();
        std::fs::write(&path, &pickle).unwrap();
        let taken = taken(|| Checkpoint::open_pth(&path).map(drop));
        report("values of a pickle", pickle.len() as u64, taken);
        assert!(taken < 200 << 20);
    });
}

#[test]
fn captions_take_a_small_multiple_of_their_json() {
    within(192, || {
        let one = r#"{"index":0,"start_s":0,"end_s":1,"text":"","score":0}"#;
        let many = vec![one; 200_000].join(",");
        let json = format!(
            r#"{{"file":null,"duration_s":1,"model":"","summary":null,"captions":[{many}]}}"#
        );
        drop(many);
        let length = json.len() as u64;
        let taken = taken(|| Captions::parse_json("test", &json).unwrap());
        report("captions", length, taken);
        assert!(taken < 8 * length);
    });
}

#[test]
fn a_vocabulary_takes_a_bounded_multiple_of_its_size() {
    within(512, || {
        let token = |n: usize| format!(r#""{n}":{n}"#);
        let vocab = format!("{{{}}}", (0..200_000).map(token).collect::<Vec<_>>().join(","));
        let length = vocab.len() as u64;
        let files = VocabFiles { vocab: &vocab, ..VocabFiles::default() };
        let taken = taken(|| Tokenizer::from_vocab("test", &files).unwrap());
        report("tokens", length, taken);
        assert!(taken < 64 * length);
    });
}

/// The whole line, with a file that is long and a model.
#[test]
fn captioning_takes_no_more_for_many_minutes_than_for_few() {
    within(1_024, || {
        use musicap::{CaptionOptions, Captioner};
        let captioner = Captioner::embedded().unwrap();
        let mut generation = captioner.config().generation.clone();
        (generation.num_beams, generation.min_length, generation.max_length) = (1, 0, 3);
        let options = CaptionOptions::default().with_generation(generation);
        // Silence, so that nothing has to be stored.
        struct Silence(u64, Vec<f32>);
        impl musicap::audio::SampleSource for Silence {
            fn sample_rate(&self) -> u32 {
                16_000
            }
            fn next_block(&mut self) -> musicap::Result<Option<&[f32]>> {
                self.0 = self.0.saturating_sub(self.1.len() as u64);
                Ok((self.0 > 0).then_some(&self.1[..]))
            }
            fn duration(&self) -> Option<Duration> {
                None
            }
        }
        let caption = |minutes: u64| {
            let silence = Silence(minutes * 60 * 16_000, vec![0.0; 16_000]);
            captioner.caption_stream(silence, &options).unwrap().filter(|c| c.is_ok()).count()
        };
        let few = taken(|| caption(2));
        let more = taken(|| assert_eq!(caption(20), 120));
        eprintln!("captioning: 2 minutes take {few} bytes, 20 minutes {more} more");
        assert!(more < 32 << 20, "{more}");
    });
}
