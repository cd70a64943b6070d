//! musicap turns a music recording into time-stamped English captions.
//!
//! A recording passes through these stages, each of which pulls its input from the one before:
//!
//! 1. [`AudioReader`](audio::AudioReader) decodes a file to mono samples, block by block.
//! 2. [`Resampler`](audio::Resampler) converts them to the model's sample rate, 16 kHz.
//! 3. [`Chunker`](audio::Chunker) cuts them into chunks of ten seconds.
//! 4. [`LogMel`](audio::LogMel) turns a chunk into a log-mel spectrogram.
//! 5. A [`Network`](model::Network), an encoder-decoder on Burn, encodes it.
//! 6. [`generate`](generate::generate) searches for the most likely caption.
//! 7. [`Captions`] are written as text, JSON, SubRip or WebVTT, and a
//!    [`Summarizer`](summarize::Summarizer) describes the recording as a whole.
//!
//! [`Captioner`] connects them. Memory does not grow with the length of the recording.
//!
//! # Captions of a file
//! ```
//! use musicap::{Captioner, Format};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
//! let captioner = Captioner::embedded()?;
//! let captions = captioner.caption_file(path)?;
//! assert_eq!(captions.captions.len(), 5);
//! println!("{}", captions.format(Format::Srt));
//! # Ok::<(), musicap::Error>(())
//! ```
//!
//! # Samples in memory, captions as they are done
//! ```
//! use musicap::audio::{Tail, Waveform};
//! use musicap::{CaptionOptions, Captioner};
//!
//! let captioner = Captioner::embedded()?;
//! let sine = (0..44_100 * 21).map(|n| (n as f32 * 0.05).sin() * 0.3);
//! let waveform = Waveform::new(sine.collect::<Vec<f32>>(), 44_100)?;
//! let options = CaptionOptions::default().with_tail(Tail::Drop).with_batch_size(1);
//! for caption in captioner.caption_stream(waveform.reader(), &options)? {
//!     println!("{}", caption?);
//! }
//! # Ok::<(), musicap::Error>(())
//! ```
//!
//! # A summary of the recording
//! [`summarize`] has a summarizer that needs no network, and one that asks a language model.
//!
//! ```
//! use musicap::Captioner;
//! use musicap::summarize::{LocalSummarizer, SummaryOptions};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
//! let captions = Captioner::embedded()?.caption_file(path)?;
//! let summary = LocalSummarizer::new().describe(&captions, &SummaryOptions::default())?;
//! assert!(summary.contains("piano"));
//! # Ok::<(), musicap::Error>(())
//! ```
//!
//! # Another model
//! [`Captioner::from_pretrained`] takes a model folder (LP-MusicCaps, or Whisper as transformers
//! saves it), a `.safetensors` or `.pth` file, or, with the feature `hub`, a hub id.
//! [`Pretrained::save`] writes any of them as a model folder.
//!
//! # Features
//! | feature | default | what it adds |
//! |---|---|---|
//! | `flex` | yes | Burn's Flex backend: computing on the CPU; without it, `ndarray` or a GPU is needed |
//! | `embedded-model` | yes | [`Captioner::embedded`] and 3.9 MB of weights |
//! | `opus` | yes | decoding Opus |
//! | `hub` | no | downloads from a Hugging Face hub; adds an HTTP client and TLS |
//! | `openai` | no | summaries by a language model; adds an HTTP client and TLS |
//! | `ndarray` | no | Burn's older CPU backend, for comparison or instead of Flex |
//! | `wgpu` | no | [`Device::Gpu`]: GPUs through Vulkan, Metal or DirectX 12 |
//! | `cuda` | no | [`Device::Cuda`]: NVIDIA GPUs through CUDA |
//!
//! # What may change
//! Everything exported here, and the modules [`audio`], [`caption`] and [`summarize`], is the
//! stable API. [`model`], [`generate`], [`checkpoint`] and [`mod@file`] serve tools that train or
//! convert models or write files, and may change in any minor version; architectures are added
//! inside this crate. Types of Burn, ndarray and serde_json in signatures come from the re-exported
//! [`burn`], [`ndarray`] and [`serde_json`]; their major versions are part of this API.
//!
//! # Errors
//! Fallible functions return [`Error`]; its one-line message says what failed, where, and what to
//! do. [`NpyReader`](audio::NpyReader) and [`NpyWriter`](audio::NpyWriter) return
//! [`std::io::Error`], and some functions of [`model`] a reason as text. Damaged audio is not an
//! error: it is reported as a [`Gap`](audio::Gap).

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod audio;
pub mod caption;
mod captioner;
pub mod checkpoint;
mod device;
mod error;
pub mod facts;
pub mod file;
mod finite;
pub mod generate;
mod kernels;
mod live;
pub mod model;
mod panics;
mod prefix_tree;
pub mod summarize;
mod tags;
mod tokenizer;
mod wording;

pub use {burn, ndarray, serde_json};

pub use caption::{Caption, Captions, Format, SummaryCue};
pub use captioner::{
    BatchSearch, CaptionOptions, CaptionStream, Captioner, ChunkOutput, FeatureBatch, LoadOptions,
    RecordingEvent, RecordingStream, Stage, Timings,
};
pub use checkpoint::{Precision, Pretrained};
pub use device::{Adapter, AdapterKind, Device, adapters};
pub use error::{Error, HubProblem, Result, SummaryProblem};
pub use generate::GenerationConfig;
pub use live::{LiveCaptions, LiveEvent, LiveInput, LiveOptions, LiveStatus, Overrun};
pub use tokenizer::{Tokenizer, VocabFiles};
