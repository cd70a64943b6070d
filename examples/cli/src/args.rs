//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use musicap::audio::Tail;
use musicap::checkpoint::Precision;
use musicap::{CaptionOptions, Device, Format, LoadOptions, Pretrained, Result};

use crate::progress::downloads;
use crate::report;
use crate::summary::SummaryArgs;

/// Captions music: what is heard, ten seconds at a time.
#[derive(Debug, Parser)]
#[command(name = "musicap", version, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub caption: CaptionArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Caption audio files (what happens without a command, too)
    Caption(Box<CaptionArgs>),
    /// Describe recordings as a whole, from captions in JSON
    Summarize(SummarizeArgs),
    /// Write the log-mel spectrogram of an audio file
    Mel(MelArgs),
    /// Write a checkpoint as a model folder
    Convert(ConvertArgs),
    /// Caption a stream of signed 16-bit samples on stdin while it plays
    Live(LiveArgs),
    /// List what can compute
    Devices(DevicesArgs),
}

#[derive(Args, Debug)]
pub struct CaptionArgs {
    /// Audio files (MP3, FLAC, WAV, AIFF, Ogg Vorbis and Opus, M4A, the sound of MP4, MOV, WebM and
    /// Matroska), folders with such files, patterns like '**/*.mp3', or - for a file on stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    /// How captions are written
    #[arg(long, value_name = "text|json|srt|vtt", default_value = "text")]
    pub format: Format,
    /// Write to this file instead of to stdout, or into this folder a file for each recording, but
    /// for those that have one
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Do again what is in the output folder already
    #[arg(long)]
    pub overwrite: bool,
    #[command(flatten)]
    pub summary: SummaryArgs,
    #[command(flatten)]
    pub chunks: ChunkArgs,
    /// Hypotheses that beam search follows; 1 is greedy search [default: the model's]
    #[arg(long, value_name = "N")]
    pub beams: Option<usize>,
    /// Least length of a caption in tokens [default: the model's]
    #[arg(long, value_name = "N")]
    pub min_length: Option<usize>,
    /// Greatest length of a caption in tokens [default: the model's]
    #[arg(long, value_name = "N")]
    pub max_length: Option<usize>,
    /// No sequence of so many tokens occurs twice in a caption [default: the model's]
    #[arg(long, value_name = "N")]
    pub no_repeat_ngram: Option<usize>,
    /// Speaks against tokens that have occurred; 1 changes nothing [default: the model's]
    #[arg(long, value_name = "X")]
    pub repetition_penalty: Option<f32>,
    /// How often a caption that repeats itself is sampled again [default: the model's]
    #[arg(long, alias = "loop-retries", value_name = "N")]
    pub repetition_retries: Option<usize>,
    /// Chunks that are computed together [default: 8, on a GPU as many as its memory takes]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Say at the end where the time went
    #[arg(long)]
    pub timings: bool,
    /// No progress and no notes, only errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct SummarizeArgs {
    /// Captions as --format json writes them; - is stdin
    #[arg(required = true, value_name = "CAPTIONS.json")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub summary: SummaryArgs,
    /// How the result is written: the summary alone, or with the captions it is made from
    #[arg(long, value_name = "text|json|srt|vtt", default_value = "text")]
    pub format: Format,
    /// No notes, only errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct ModelArgs {
    /// A model folder, a .safetensors or .pth file, or a hub id [default: the embedded model]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// What computes; gpu:1 is the second adapter that `musicap devices` lists
    #[arg(long, value_name = "cpu|gpu|cuda|auto|ndarray", default_value = "cpu")]
    pub device: Device,
    /// How precisely weights are kept
    #[arg(long, value_name = "f32|f16|int8", default_value = "f32")]
    pub precision: Precision,
    /// Threads to compute with [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Args, Debug)]
pub struct ChunkArgs {
    /// What becomes of the audio after the last whole chunk: a tail of 2 s or more is kept
    #[arg(long, value_enum, default_value = "keep")]
    pub tail: TailArg,
    /// Seconds of audio that neighbouring chunks share
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub overlap: f64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TailArg {
    Keep,
    Drop,
}

#[derive(Args, Debug)]
pub struct LiveArgs {
    /// Samples a second of the stream
    #[arg(long, value_name = "R")]
    pub rate: u32,
    /// Channels of the stream, interleaved
    #[arg(long, value_name = "C", default_value_t = 1)]
    pub channels: usize,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Seconds of audio that neighbouring chunks share: with 5, a caption every 5 s
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub overlap: f64,
    /// Chunks that may wait when captioning falls behind; then the oldest are skipped
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub queue: usize,
    /// When captioning falls behind, skip all but the newest chunk
    #[arg(long, conflicts_with = "queue")]
    pub skip: bool,
    /// No notes, only errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct DevicesArgs {
    /// Caption silence on --device once, so that a GPU's kernels are chosen before they are needed;
    /// what is chosen is kept
    #[arg(long)]
    pub warm_up: bool,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Chunks that are computed together [default: 8, on a GPU as many as its memory takes]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// No notes, only errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct MelArgs {
    /// The audio file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The NumPy file to write: float32 [chunks, n_mels, frames] in decibels
    #[arg(long, short, value_name = "X.npy")]
    pub output: PathBuf,
    /// A model whose front end is used [default: the front end of LP-MusicCaps]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub chunks: ChunkArgs,
    /// No progress and no notes, only errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// A .pth file of LP-MusicCaps, a model folder or a hub id
    #[arg(value_name = "CHECKPOINT")]
    pub checkpoint: PathBuf,
    /// The folder to write
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// How precisely weights are kept
    #[arg(long, value_name = "f32|f16|int8", default_value = "f32")]
    pub precision: Precision,
}

/// The arguments with `--summary openai` written as `--summary=openai`: its value may be left
/// out, so that a file's name could be meant by what follows. A file called `openai` is reached
/// as `./openai`.
pub fn spelled_out(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut spelled: Vec<OsString> = Vec::new();
    for argument in arguments {
        match spelled.last_mut() {
            Some(last) if last == "--summary" && (argument == "local" || argument == "openai") => {
                last.push("=");
                last.push(argument);
            }
            _ => spelled.push(argument),
        }
    }
    spelled
}

impl ModelArgs {
    pub fn find(&self, quiet: bool) -> Result<Pretrained> {
        match &self.model {
            Some(name) => Pretrained::open_with_progress(name, downloads(quiet)),
            #[cfg(feature = "embedded-model")]
            None => Pretrained::embedded(),
            #[cfg(not(feature = "embedded-model"))]
            None => Err(musicap::Error::ModelNotFound {
                name: "embedded".into(),
                reason: "this build has no embedded model; name one with --model".into(),
            }),
        }
    }

    /// Says which device `auto` is if it is no GPU.
    pub fn load_options(&self, quiet: bool) -> LoadOptions {
        let (device, note) = self.device.resolve();
        if let Some(note) = note.filter(|_| !quiet) {
            report(&note);
        }
        let options = LoadOptions::default().with_device(device).with_precision(self.precision);
        match self.threads {
            Some(threads) => options.with_threads(threads),
            None => options,
        }
    }
}

impl CaptionArgs {
    /// The options of a captioning, given the model's own generation settings.
    pub fn options(&self, model: &musicap::generate::GenerationConfig) -> CaptionOptions {
        let mut generation = model.clone();
        generation.num_beams = self.beams.unwrap_or(generation.num_beams);
        generation.min_length = self.min_length.unwrap_or(generation.min_length);
        generation.max_length = self.max_length.unwrap_or(generation.max_length);
        generation.no_repeat_ngram_size =
            self.no_repeat_ngram.unwrap_or(generation.no_repeat_ngram_size);
        generation.repetition_penalty =
            self.repetition_penalty.unwrap_or(generation.repetition_penalty);
        generation.repetition_retries =
            self.repetition_retries.unwrap_or(generation.repetition_retries);
        let mut options = CaptionOptions::default()
            .with_tail(self.chunks.tail())
            .with_overlap(self.chunks.overlap)
            .with_generation(generation);
        options.batch_size = self.batch;
        options
    }
}

impl ChunkArgs {
    pub fn tail(&self) -> Tail {
        match self.tail {
            TailArg::Keep => Tail::Keep,
            TailArg::Drop => Tail::Drop,
        }
    }
}
