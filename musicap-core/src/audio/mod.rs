//! From a file to samples, from samples to log-mel chunks.

mod aac;
mod au;
mod bands;
mod changes;
mod chunk;
mod chunks;
mod config;
mod decode;
pub(crate) mod downmix;
mod fix_header;
mod formats;
mod gap;
mod input;
mod limits;
mod loudness;
mod matroska;
mod mel;
mod mp4;
mod note;
mod npy;
#[cfg(feature = "opus")]
mod opus;
mod output;
mod probe;
mod r128;
mod resample;
mod sinc;
mod timeline;
mod track;
mod vorbis;
mod waveform;

pub use changes::{SoundChange, SoundChangeFinder};
pub use chunk::{Chunk, ChunkSpan, Chunker, MIN_TAIL_SECONDS, Tail};
pub use chunks::{Chunks, SampleSource, WaveformReader, chunks_in_place};
pub use config::{AudioConfig, MelScale, Pad, Power, Scaling};
pub use decode::AudioReader;
pub use downmix::Downmix;
pub use formats::{AudioFormat, FORMATS, extensions, format_of, has_audio_extension};
pub use gap::{Gap, GapCause};
pub use limits::AudioLimits;
pub use mel::LogMel;
pub use note::AudioNote;
pub use npy::{NpyReader, NpyWriter};
pub use resample::{RESAMPLER_RATES, Resampler};
pub use waveform::Waveform;
