//! What the criterion benches and the binary `stages` have in common: sound to work on, and
//! captions of a forced length.

use std::path::Path;

use musicap::Result;
use musicap::audio::{AudioConfig, AudioReader, Chunks, Resampler, Tail};
use musicap::generate::GenerationConfig;

/// A song of 45 s that lies in the repository, Ogg Vorbis in stereo.
pub const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/songs/three-scenes.ogg");

/// `model`'s settings, with captions of exactly `tokens` tokens, the first and the last included.
pub fn forced(model: &GenerationConfig, beams: usize, tokens: usize) -> GenerationConfig {
    model.clone().with(|config| {
        config.num_beams = beams;
        config.min_length = tokens;
        config.max_length = tokens;
    })
}

/// The samples of `count` chunks of a recording, which is played again from its start where it is
/// too short.
///
/// # Errors
/// Those of the reader; an empty list if the recording has not a single whole chunk.
pub fn chunks(file: &Path, config: &AudioConfig, count: usize) -> Result<Vec<Vec<f32>>> {
    let chunks = Chunks::new(AudioReader::open(file)?, config, 0.0, Tail::Drop)?;
    let chunks = chunks.take(count).map(|chunk| Ok(chunk?.samples));
    let chunks: Vec<Vec<f32>> = chunks.collect::<Result<_>>()?;
    Ok(chunks.iter().cycle().take(count).cloned().collect())
}

/// Decodes a file and brings it to mono at `rate`, as captioning does: block by block, nothing
/// kept but the number of samples.
///
/// # Errors
/// Those of the reader and the resampler.
pub fn decode(file: &Path, rate: u32) -> Result<usize> {
    let mut reader = AudioReader::open(file)?;
    let mut resampler = Resampler::new(reader.sample_rate(), rate)?;
    let (mut block, mut samples) = (Vec::new(), 0);
    while let Some(decoded) = reader.next_block()? {
        block.clear();
        resampler.process(decoded, &mut block);
        samples += block.len();
    }
    block.clear();
    resampler.finish(&mut block);
    Ok(samples + block.len())
}
