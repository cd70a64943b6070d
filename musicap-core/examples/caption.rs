//! Captions a recording with the embedded model:
//! `cargo run --release -p musicap-core --example caption -- song.mp3`

use musicap::audio::AudioReader;
use musicap::{CaptionOptions, Captioner};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: caption RECORDING")?;
    let captioner = Captioner::embedded()?;
    for caption in captioner.caption_stream(AudioReader::open(path)?, &CaptionOptions::default())? {
        println!("{}", caption?);
    }
    Ok(())
}
