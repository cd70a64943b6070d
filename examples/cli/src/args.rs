//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use musicap::audio::Tail;
use musicap::checkpoint::Precision;
use musicap::facts::FactsMode;
use musicap::{CaptionOptions, Device, Format, GenerationConfig, LoadOptions, Pretrained, Result};

use crate::label::LabelArgs;
use crate::output::TextFormat;
use crate::progress::downloads;
use crate::report;
use crate::summary::SummaryArgs;

/// Describes music recordings in words: a caption for every ten seconds.
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
    /// Caption audio files (the default command)
    Caption(Box<CaptionArgs>),
    /// Label a folder of tracks: captions, tags and facts in the formats that trainers read
    Label(Box<LabelArgs>),
    /// Summarize recordings from their captions in JSON
    Summarize(SummarizeArgs),
    /// Write the log-mel spectrogram of an audio file as a NumPy array
    Mel(MelArgs),
    /// Convert a checkpoint to a model folder
    Convert(ConvertArgs),
    /// Caption a live stream: raw signed 16-bit samples on stdin, one line of JSON per caption
    Live(LiveArgs),
    /// List the devices that models can run on
    Devices(DevicesArgs),
}

#[derive(Args, Debug)]
pub struct CaptionArgs {
    /// Audio or video files (WAV, AIFF, AU, FLAC, MP3, AAC, Ogg, Opus, MP4, M4A, MOV, Matroska,
    /// WebM), folders of them, patterns such as '**/*.mp3', or - to read a file from stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Output format [default: that of --output's extension, otherwise text]
    #[arg(long, value_name = "text|json|srt|vtt|chapters")]
    pub format: Option<Format>,
    /// Output file, or a folder for one file per recording; recordings whose file exists are skipped;
    /// - is stdout [default: stdout]
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Caption recordings again even if their file exists in the output folder
    #[arg(long)]
    pub overwrite: bool,
    #[command(flatten)]
    pub summary: SummaryArgs,
    /// Facts with --format json: instruments, voices, tempo, key, loudness and more, with confidences,
    /// and with `--facts beats` the times of beats. A --summary says tempo and key where they are
    /// sure. `--facts` alone means on
    #[arg(long, value_name = "off|on|beats", default_value = "off")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    pub facts: FactsMode,
    /// With --format srt: write the summary too, as a last subtitle after the end of the recording
    #[arg(long)]
    pub summary_subtitle: bool,
    #[command(flatten)]
    pub chunks: ChunkArgs,
    /// Chunks in one batch [default: up to 24 within 512 MiB; on a GPU as many as fit its memory]
    #[arg(long, alias = "batch-size", value_name = "N")]
    pub batch: Option<usize>,
    /// Print the time of each stage at the end
    #[arg(long)]
    pub timings: bool,
    /// Print errors only: no progress, no notes
    #[arg(long, short)]
    pub quiet: bool,
    // The last, as options after it would get its heading.
    #[command(flatten)]
    pub generation: GenerationArgs,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Generation [default: the model's settings]")]
pub struct GenerationArgs {
    /// Number of beams; 1 is greedy search
    #[arg(long, alias = "num-beams", value_name = "N", allow_negative_numbers = true)]
    pub beams: Option<usize>,
    /// Minimum length of a caption in tokens
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub min_length: Option<usize>,
    /// Maximum length of a caption in tokens
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_length: Option<usize>,
    /// No n-gram of N tokens occurs twice in a caption; 0 disables this
    #[arg(long, alias = "no-repeat-ngram-size", value_name = "N", allow_negative_numbers = true)]
    pub no_repeat_ngram: Option<usize>,
    /// Penalty for tokens that have occurred; 1 disables it
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub repetition_penalty: Option<f32>,
    /// How often a caption that repeats itself is generated again, by sampling
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub repetition_retries: Option<usize>,
    /// Beams are scored by their log-probability divided by their length to the power of X
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub length_penalty: Option<f32>,
    /// End the search as soon as there are as many finished beams as --beams. Alone it means true
    #[arg(long, value_name = "true|false", hide_possible_values = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub early_stopping: Option<bool>,
    /// Sample tokens instead of searching for the likeliest caption. Alone it means true
    #[arg(long, value_name = "true|false", hide_possible_values = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub do_sample: Option<bool>,
    /// Sampling: higher than 1 is more varied, lower is closer to the likeliest caption
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub temperature: Option<f32>,
    /// Sampling: only the N likeliest tokens are considered; 0 disables this
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub top_k: Option<usize>,
    /// Sampling: only the likeliest tokens with this total probability are considered
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub top_p: Option<f32>,
    /// Sampling: the same seed gives the same captions
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

#[derive(Args, Debug)]
pub struct SummarizeArgs {
    /// Files of `musicap --format json`; - is stdin
    #[arg(required = true, value_name = "CAPTIONS.json")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub summary: SummaryArgs,
    /// Output format: text has the summary only, the others the captions too
    #[arg(long, value_name = "text|json|srt|vtt|chapters", default_value = "text")]
    pub format: Format,
    /// With --format srt: write the summary too, as a last subtitle after the end of the recording
    #[arg(long)]
    pub summary_subtitle: bool,
    /// Print errors only, no notes
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct ModelArgs {
    /// Model folder, .safetensors or .pth file, or hub id (owner/name) [default: the embedded model]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Device; gpu:1 is the second GPU that `musicap devices` lists, auto the first GPU if there is
    /// one
    #[arg(long, value_name = "cpu|gpu|cuda|auto|ndarray", default_value = "cpu")]
    pub device: Device,
    /// Precision of the weights in memory; int8 takes a quarter of the memory and is the fastest
    #[arg(long, value_name = "f32|f16|int8", default_value = "f32")]
    pub precision: Precision,
    /// Number of CPU threads [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Args, Debug)]
pub struct ChunkArgs {
    /// The audio after the last whole chunk: keep it if it is at least 2 s long, or drop it
    #[arg(long, value_enum, default_value = "keep")]
    pub tail: TailArg,
    /// Overlap of successive chunks in seconds
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
    /// Sample rate of the stream in hertz
    #[arg(long, alias = "sample-rate", value_name = "R")]
    pub rate: u32,
    /// Number of channels, interleaved
    #[arg(long, value_name = "C", default_value_t = 1)]
    pub channels: usize,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Overlap of successive chunks in seconds: with 5 there is a caption every 5 s
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub overlap: f64,
    /// Chunks that may wait when captioning falls behind; beyond that the oldest are skipped
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub queue: usize,
    /// Skip all but the newest chunk when captioning falls behind
    #[arg(long, conflicts_with = "queue")]
    pub skip: bool,
    /// Language of the captions: en, de, fr, es, it, pt, ja, ko, zh or hi. Captions with words that
    /// cannot be translated stay in English, marked [en]
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub language: String,
    /// Print errors only, no notes
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct DevicesArgs {
    /// Caption silence on --device once, so that its GPU kernels are tuned; the result is kept on disk
    #[arg(long)]
    pub warm_up: bool,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Chunks in one batch [default: up to 24 within 512 MiB; on a GPU as many as fit its memory]
    #[arg(long, alias = "batch-size", value_name = "N")]
    pub batch: Option<usize>,
    /// Print errors only, no notes
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct MelArgs {
    /// The audio file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Output file (.npy): float32 [chunks, n_mels, frames] in decibels
    #[arg(long, short, value_name = "X.npy")]
    pub output: PathBuf,
    /// Model whose front end is used: folder, file or hub id [default: the front end of LP-MusicCaps]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub chunks: ChunkArgs,
    /// Print errors only: no progress, no notes
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// Checkpoint: a .pth file of LP-MusicCaps, a model folder, or a hub id
    #[arg(value_name = "CHECKPOINT")]
    pub checkpoint: PathBuf,
    /// Folder of the converted model
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Precision of the stored weights
    #[arg(long, value_name = "f32|f16|int8", default_value = "f32")]
    pub precision: Precision,
}

/// Options whose values may be left away, with these values.
const OPTIONAL_VALUES: [(&str, &[&str]); 4] = [
    ("--summary", &["local", "openai"]),
    ("--facts", &["off", "on", "beats"]),
    ("--early-stopping", &["true", "false"]),
    ("--do-sample", &["true", "false"]),
];

/// Joins `--summary openai` to `--summary=openai` and `--facts beats` to `--facts=beats`. The values
/// are optional, so clap would take them for files; a file with that name is written as `./openai`.
pub fn join_optional_values(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        let is_value_of = |last: &OsString| {
            let has = |(option, values): &(&str, &[&str])| {
                last == option && values.iter().any(|value| argument == *value)
            };
            OPTIONAL_VALUES.iter().any(has)
        };
        match joined.last_mut() {
            Some(last) if is_value_of(last) => {
                last.push("=");
                last.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}

/// Opens a model, with the progress of its download and what is to be known of it on stderr.
pub fn open_model(name: &Path, quiet: bool) -> Result<Pretrained> {
    let model = Pretrained::open_with_progress(name, downloads(quiet))?;
    if let Some(note) = model.note().filter(|_| !quiet) {
        report(&note);
    }
    Ok(model)
}

impl ModelArgs {
    pub fn find(&self, quiet: bool) -> Result<Pretrained> {
        match &self.model {
            Some(name) => open_model(name, quiet),
            #[cfg(feature = "embedded-model")]
            None => Pretrained::embedded(),
            #[cfg(not(feature = "embedded-model"))]
            None => Err(musicap::Error::ModelNotFound {
                name: "embedded".into(),
                reason: "this build has no embedded model; select one with --model".into(),
            }),
        }
    }

    /// Reports if `auto` is not a GPU.
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
    /// The output format.
    pub fn format(&self) -> Format {
        let extension = self.output.as_ref().and_then(|path| path.extension());
        let extension = extension.map(|extension| extension.to_ascii_lowercase());
        self.format.unwrap_or_else(|| match extension.as_ref().and_then(|it| it.to_str()) {
            Some("json") => Format::Json,
            Some("srt") => Format::Srt,
            Some("vtt") => Format::Vtt,
            _ => Format::Text,
        })
    }

    /// How captions are written.
    pub fn text_format(&self) -> TextFormat {
        TextFormat::new(self.format(), self.summary_subtitle)
    }

    /// Captioning options, with the model's generation settings as defaults.
    pub fn options(&self, model: &GenerationConfig) -> CaptionOptions {
        let mut options = CaptionOptions::default()
            .with_tail(self.chunks.tail())
            .with_overlap(self.chunks.overlap)
            .with_generation(self.generation.change(model));
        options.batch_size = self.batch;
        options.facts = self.facts;
        options
    }
}

impl GenerationArgs {
    /// The model's settings with those that are given.
    fn change(&self, model: &GenerationConfig) -> GenerationConfig {
        let mut settings = model.clone();
        settings.num_beams = self.beams.unwrap_or(model.num_beams);
        settings.min_length = self.min_length.unwrap_or(model.min_length);
        settings.max_length = self.max_length.unwrap_or(model.max_length);
        settings.no_repeat_ngram_size = self.no_repeat_ngram.unwrap_or(model.no_repeat_ngram_size);
        settings.repetition_penalty = self.repetition_penalty.unwrap_or(model.repetition_penalty);
        settings.repetition_retries = self.repetition_retries.unwrap_or(model.repetition_retries);
        settings.length_penalty = self.length_penalty.unwrap_or(model.length_penalty);
        settings.early_stopping = self.early_stopping.unwrap_or(model.early_stopping);
        settings.do_sample = self.do_sample.unwrap_or(model.do_sample);
        settings.temperature = self.temperature.unwrap_or(model.temperature);
        settings.top_k = self.top_k.unwrap_or(model.top_k);
        settings.top_p = self.top_p.unwrap_or(model.top_p);
        settings.seed = self.seed.unwrap_or(model.seed);
        settings
    }

    /// An option that was given for sampling although `settings` do not sample.
    pub fn without_effect(&self, settings: &GenerationConfig) -> Option<&'static str> {
        // Captions that are generated again have settings of their own, but this seed.
        let is_seeded = settings.do_sample || settings.repetition_retries > 0;
        let given = [
            ("--temperature", self.temperature.is_some() && !settings.do_sample),
            ("--top-k", self.top_k.is_some() && !settings.do_sample),
            ("--top-p", self.top_p.is_some() && !settings.do_sample),
            ("--seed", self.seed.is_some() && !is_seeded),
        ];
        given.into_iter().find(|(_, is_unused)| *is_unused).map(|(option, _)| option)
    }
}

impl SummarizeArgs {
    /// The output format.
    pub fn text_format(&self) -> TextFormat {
        TextFormat::new(self.format, self.summary_subtitle)
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
