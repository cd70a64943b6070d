//! Composes and renders music, writes captions that are true of it, and measures what a
//! captioner trained on them says. See README.md for the whole recipe.
//!
//! [`run`] is the command; [`finetune`] is for programs too.

mod agreement;
mod augment;
mod caption;
mod clip;
mod codec;
mod compose;
mod drums;
mod evaluate;
mod evaluator;
mod family;
mod faults;
mod features;
mod filter;
pub mod finetune;
mod freepats;
mod instruments;
#[cfg(test)]
mod languages;
mod library;
mod measure;
mod melody;
mod metrics;
mod nonmusic;
mod pairs;
mod perform;
mod plan;
mod ptb;
mod rap;
mod recording;
mod render;
mod render_command;
mod rng;
mod sampler;
mod scatter;
mod score;
mod set;
mod sf2;
mod sfz;
mod shard;
mod singer;
mod song;
mod soundfonts;
mod sources;
mod synth;
mod table;
mod theory;
mod tokenizer;
mod truth;
mod wording;
mod words;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};

/// Makes the data that the embedded captioner is trained on, and measures it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compose and render clips into shards of log-mel spectrograms and scores with captions.
    ComposeAndRender {
        /// Folder of the shards.
        #[arg(long)]
        out: PathBuf,
        /// Clips in all shards together.
        #[arg(long)]
        clips: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Which part of the work this process does, from 0: "0/2" and "1/2" share it.
        #[arg(long, default_value = "0/1", value_parser = share)]
        shard: (u64, u64),
        /// The soundfonts to play on.
        #[arg(long, value_enum, default_value_t = soundfonts::Use::Train)]
        fonts: soundfonts::Use,
        /// Soundfonts that `instruments` made: parts are played on these too, and recordings are
        /// treated as real ones are. Needs --sources and --speech.
        #[arg(long, requires_all = ["sources", "speech"])]
        instruments: Option<PathBuf>,
        /// Folder with a checkout of each repository that `sources` lists.
        #[arg(long)]
        sources: Option<PathBuf>,
        /// Folder of WAV files of speech, named man-*.wav and woman-*.wav.
        #[arg(long)]
        speech: Option<PathBuf>,
        /// Folder of WAV files of singing, named man-*.wav and woman-*.wav (`sung.py` makes them).
        #[arg(long, requires = "instruments")]
        sung: Option<PathBuf>,
        /// Share of the clips whose notes are random, 0 to 1.
        #[arg(long, default_value_t = 0.0, requires = "instruments")]
        scattered: f64,
        /// Share of the clips that are noise, tones, silence, applause or speech, 0 to 1.
        #[arg(long, default_value_t = library::WITHOUT_MUSIC)]
        without_music: f32,
        /// Keep the first clips as WAV files in this folder too, to listen to.
        #[arg(long)]
        listen: Option<PathBuf>,
        /// Keep the samples of all clips beside the shard, as 16-bit PCM at 16 kHz, ten seconds a
        /// clip.
        #[arg(long)]
        audio: bool,
    },
    /// Write the captions of a folder of shards anew, from what its records say was played.
    Recaption {
        #[arg(long)]
        data: PathBuf,
        /// Seed of the wording.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Train the tokenizer on the captions of a folder of shards.
    Tokenizer {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        out: PathBuf,
        #[arg(long, default_value_t = 1000)]
        vocabulary: usize,
    },
    /// Fine-tune a model on pairs of audio and caption.
    Finetune(Box<finetune::Options>),
    /// Compose and render pairs of a kind that the embedded model does not know, as WAV files
    /// and a pairs.csv to fine-tune it on. A third of them are without it.
    Pairs {
        #[arg(long, value_enum, default_value_t = pairs::Kind::Steelpan)]
        kind: pairs::Kind,
        #[arg(long, default_value_t = 60)]
        clips: u64,
        #[arg(long)]
        out: PathBuf,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The soundfonts to play on.
        #[arg(long, value_enum, default_value_t = soundfonts::Use::Train)]
        fonts: soundfonts::Use,
    },
    /// Measure what a model, or a file of captions, says of held-out clips.
    Evaluate(measure::EvaluateArgs),
    /// Log-mel bytes of 16 kHz mono WAV files, 10 s a clip, for the trainer's own captions.
    Mel {
        files: Vec<PathBuf>,
        #[arg(long)]
        out: PathBuf,
    },
    /// Render the example song as 44.1 kHz stereo WAV.
    Song {
        #[arg(long)]
        out: PathBuf,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Name of the soundfont.
        #[arg(long, default_value = "fluid")]
        font: String,
    },
    /// List the soundfonts, their packages and licences.
    Soundfonts,
    /// Make soundfonts of the free instrument libraries, once for all renderings.
    Instruments {
        /// Folder with a checkout of each repository that `sources` lists.
        #[arg(long)]
        sources: PathBuf,
        /// Folder of the soundfonts; those that are there are kept.
        #[arg(long)]
        out: PathBuf,
    },
    /// Print where the recordings come from, with licences and credits, as a Markdown table; or
    /// fetch them.
    Sources {
        /// Check the repositories out into this folder, each at its commit, with git.
        #[arg(long)]
        fetch: Option<PathBuf>,
        /// Address of a repository.
        #[arg(long, default_value = "https://github.com/{owner}/{name}")]
        from: String,
    },
}

/// Runs the command with the arguments of the process.
///
/// # Errors
/// Those of the subcommands.
pub fn run() -> Result<()> {
    match Arguments::parse().command {
        Command::ComposeAndRender {
            out,
            clips,
            seed,
            shard,
            fonts,
            instruments,
            sources,
            speech,
            sung,
            scattered,
            without_music,
            listen,
            audio,
        } => {
            let mut library = library::Library::of(fonts)?;
            library.without_music = without_music;
            if let (Some(instruments), Some(sources), Some(speech)) = (instruments, sources, speech)
            {
                library.add_recordings(&instruments, &sources, &speech)?;
            }
            library.scattered = scattered;
            if let Some(sung) = sung {
                library.add_singing(&sung)?;
            }
            render_command::run(&out, clips, seed, shard, &library, listen.as_deref(), audio)
        }
        Command::Recaption { data, seed } => {
            eprintln!("{} captions", shard::recaption(&data, seed)?);
            Ok(())
        }
        Command::Tokenizer { data, out, vocabulary } => {
            let captions: Vec<String> =
                shard::records(&data)?.into_iter().flat_map(|record| record.captions).collect();
            let count = captions.len();
            let tokenizer = tokenizer::train(captions, vocabulary, &out)?;
            eprintln!("{} tokens from {count} captions", tokenizer.get_vocab_size(true));
            Ok(())
        }
        Command::Finetune(options) => {
            print!("{}", finetune::finetune(&options)?.to_markdown());
            Ok(())
        }
        Command::Pairs { kind, clips, out, seed, fonts } => {
            let rows = pairs::write(kind, clips, seed, &soundfonts::load(fonts)?, &out)?;
            eprintln!("{rows} pairs, {} of them with a {kind}", rows - rows / 3);
            Ok(())
        }
        Command::Evaluate(args) => measure::run(&args),
        Command::Mel { files, out } => mel(&files, &out),
        Command::Song { out, seed, font } => {
            let scenes = song::three_scenes(seed);
            write_song(&scenes, &soundfonts::load_named(&font)?, &out)
        }
        Command::Instruments { sources, out } => {
            let made = sampler::make(&sources, &out)?;
            eprintln!("{made} of {} instruments", instruments::INSTRUMENTS.len());
            Ok(())
        }
        Command::Sources { fetch: Some(folder), from } => sources::fetch(&folder, &from),
        Command::Sources { fetch: None, .. } => {
            print!("{}", sources::credits());
            Ok(())
        }
        Command::Soundfonts => {
            for source in &soundfonts::SOURCES {
                println!(
                    "{}\t{}\t{}\t{:?}",
                    source.name, source.package, source.licence, source.purpose
                );
            }
            Ok(())
        }
    }
}

fn share(text: &str) -> std::result::Result<(u64, u64), String> {
    let parsed = text
        .split_once('/')
        .and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    match parsed {
        Some((part, parts)) if part < parts => Ok((part, parts)),
        _ => Err(format!("{text} is not like 0/2")),
    }
}

fn mel(files: &[PathBuf], out: &Path) -> Result<()> {
    const SHORTEST_TAIL: usize = 32_000;
    let features = features::Features::new()?;
    let clip = features::audio_config().chunk_samples();
    let mut bytes = Vec::new();
    for file in files {
        let reader = hound::WavReader::open(file).with_context(|| file.display().to_string())?;
        let spec = reader.spec();
        ensure!(
            spec.sample_rate == 16_000 && spec.channels == 1 && spec.bits_per_sample == 16,
            "{} is not 16 kHz mono of 16 bits",
            file.display()
        );
        let samples: Vec<f32> = reader
            .into_samples::<i16>()
            .map(|sample| sample.map(|value| f32::from(value) / 32_768.0))
            .collect::<std::result::Result<_, _>>()?;
        for chunk in samples.chunks(clip).filter(|chunk| chunk.len() >= SHORTEST_TAIL) {
            bytes.extend(features.bytes(chunk));
        }
    }
    fs::write(out, bytes)?;
    Ok(())
}

fn write_song(scenes: &[score::Score], font: &soundfonts::Font, path: &Path) -> Result<()> {
    const RATE: u32 = 44_100;
    let (mut left, mut right) = render::stereo(scenes, font, RATE)?;
    let peak = left.iter().chain(&right).fold(1e-6f32, |peak, x| peak.max(x.abs()));
    for sample in left.iter_mut().chain(&mut right) {
        *sample *= 0.9 / peak;
    }
    write_wav(path, RATE, &[&left, &right])
}

fn write_wav(path: &Path, rate: u32, channels: &[&[f32]]) -> Result<()> {
    let spec = hound::WavSpec {
        channels: channels.len() as u16,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer =
        hound::WavWriter::create(path, spec).with_context(|| path.display().to_string())?;
    for frame in 0..channels[0].len() {
        for channel in channels {
            writer.write_sample((channel[frame].clamp(-1.0, 1.0) * 32_767.0) as i16)?;
        }
    }
    writer.finalize()?;
    Ok(())
}
