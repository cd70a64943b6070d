//! From a file to samples, from samples to log-mel chunks.

mod bands;
mod chunk;
mod chunks;
mod config;
mod decode;
mod gap;
mod limits;
mod mel;
pub(crate) mod mono;
mod mp4;
mod npy;
#[cfg(feature = "opus")]
mod opus;
mod resample;
mod sinc;
mod source;
mod track;
mod vorbis;
mod wav;
mod waveform;

pub use chunk::{Chunk, ChunkSpan, Chunker, MIN_TAIL_SECONDS, Tail};
pub use chunks::{Chunks, SampleSource, WaveformReader, chunks_in_place};
pub use config::{AudioConfig, Pad, Power};
pub use decode::AudioReader;
pub use gap::{Gap, GapCause};
pub use limits::AudioLimits;
pub use mel::LogMel;
pub use npy::{NpyReader, NpyWriter};
pub use resample::{RESAMPLER_RATES, Resampler};
pub use waveform::Waveform;

/// The extensions of files that [`AudioReader`] reads, in lower case: what to look for in a
/// folder. A file's content decides, whatever its name.
pub const EXTENSIONS: [&str; 13] = [
    "aac", "aif", "aifc", "aiff", "flac", "m4a", "m4b", "mp3", "oga", "ogg", "opus", "wav", "wave",
];
