//! `musicap mel`.

use musicap::audio::{AudioConfig, Chunks, LogMel, NpyWriter};
use musicap::caption::UncaptionedSpan;
use musicap::{Error, Pretrained, Result};

use crate::args::MelArgs;
use crate::progress::Progress;
use crate::{Exit, exit_code, output, recordings, report};

pub fn run(args: &MelArgs) -> Exit {
    exit_code(write_mel(args))
}

fn write_mel(args: &MelArgs) -> Result<()> {
    let config = match &args.model {
        Some(name) => Pretrained::open_config(name)?.audio,
        None => AudioConfig::default(),
    };
    if output::is_same(&args.output, &args.file) {
        return Err(Error::InvalidOption {
            name: "--output",
            value: args.output.display().to_string(),
            expected: "a file other than the input".into(),
        });
    }
    output::check_writable(&args.output)?;
    let log_mel = LogMel::new(&config)?;
    let reader = recordings::open(&args.file)?;
    let bytes = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    let mut progress = Progress::new(1, bytes, args.quiet);
    progress.start(&args.file, bytes, reader.duration());
    let chunks = Chunks::new(reader, &config, args.chunks.overlap, args.chunks.tail())?;
    let mut chunks = chunks.without_leveling();

    let written = musicap::file::replace_file(&args.output, |file| {
        let failed = |source| output::io("write", &args.output, source);
        let shape = [log_mel.n_mels(), config.frames()];
        let mut npy = NpyWriter::new(file, shape).map_err(failed)?;
        for chunk in chunks.by_ref() {
            let chunk = chunk?;
            npy.write(log_mel.compute(&chunk.samples).view()).map_err(failed)?;
            progress.reached(chunk.end_s);
        }
        npy.finish().map_err(failed)
    });
    for gap in UncaptionedSpan::gaps_of(chunks.source(), chunks.position_s()) {
        report(&format!("{}: {}", args.file.display(), gap.reason));
    }
    for note in chunks.notes() {
        report(&format!("{}: {note}", args.file.display()));
    }
    written
}
