//! Whoever stops waits for a chunk at most: counted in work, not in time.

use std::cell::Cell;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use musicap::audio::{AudioReader, SampleSource};
use musicap::{CaptionOptions, Captioner, Result};

use crate::common::{signal, wav};

/// Counts the bytes that are read.
struct Counted(Cursor<Vec<u8>>, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn decoding_reads_no_further_than_it_has_come() {
    const RATE: u32 = 16_000;
    let bytes = wav(&signal(RATE, 1, 300 * RATE as usize), RATE, 1);
    let read = Arc::new(AtomicU64::new(0));
    let mut reader =
        AudioReader::from_reader(Counted(Cursor::new(bytes), read.clone()), "test").unwrap();
    let mut handed_out = 0;
    while let Some(block) = reader.next_block().unwrap() {
        // A block is much less than the ten seconds of a chunk, and what is read ahead, too.
        assert!(block.len() <= RATE as usize);
        handed_out += block.len() as u64;
        let ahead = read.load(Ordering::Relaxed).saturating_sub(handed_out * 2);
        assert!(ahead < 2 * 10 * u64::from(RATE), "{ahead} bytes ahead");
    }
}

/// A minute a block would be no block: a second, and who asks is counted.
struct Seconds(Vec<f32>, Rc<Cell<u64>>);

impl SampleSource for Seconds {
    fn sample_rate(&self) -> u32 {
        16_000
    }
    fn next_block(&mut self) -> Result<Option<&[f32]>> {
        self.1.set(self.1.get() + 1);
        Ok(Some(&self.0))
    }
}

#[test]
fn captioning_goes_on_by_a_batch_or_a_token_at_a_time() {
    let captioner = Captioner::embedded().unwrap();
    for batch_size in [1, 3] {
        let seconds = Rc::new(Cell::new(0));
        let source = Seconds(vec![0.1; 16_000], seconds.clone());
        let options = CaptionOptions::default().with_batch_size(batch_size);
        let mut stream = captioner.caption_stream(source, &options).unwrap();
        let (mut captions, mut polls, mut reads) = (0, 0, 0);
        while captions < 6 {
            let before = seconds.get();
            polls += 1;
            if let Poll::Ready(caption) = stream.poll_next() {
                caption.unwrap().unwrap();
                captions += 1;
            }
            // Ten seconds a chunk, and a block that reaches into the next.
            let read = seconds.get() - before;
            assert!(read <= 10 * batch_size as u64 + 1, "{read} seconds read at once");
            reads += u64::from(read > 0);
        }
        // Between two batches are the tokens of a caption, one by one.
        assert!(polls > reads * 5, "{polls} pieces of work, {reads} batches");
        drop(stream);
        let decoded = seconds.get();
        assert!(decoded <= 10 * (6 + 5 * batch_size as u64), "{decoded} seconds for 6 captions");
    }
}
