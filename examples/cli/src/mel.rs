//! `musicap mel`.

use std::fs::File;
use std::io::BufWriter;
use std::process::ExitCode;

use musicap::audio::{AudioConfig, AudioReader, Chunks, LogMel, NpyWriter};
use musicap::{Pretrained, Result};

use crate::args::MelArgs;
use crate::output::io;
use crate::progress::Progress;
use crate::{exit_code, report};

pub fn run(args: &MelArgs) -> ExitCode {
    exit_code(write_mel(args))
}

fn write_mel(args: &MelArgs) -> Result<()> {
    let config = match &args.model {
        Some(name) => Pretrained::open(name)?.config().audio.clone(),
        None => AudioConfig::default(),
    };
    let log_mel = LogMel::new(&config)?;
    let reader = AudioReader::open(&args.file)?;
    let progress = Progress::new(&args.file, reader.duration(), args.quiet);
    let mut chunks = Chunks::new(reader, &config, args.chunks.overlap, args.chunks.tail())?;

    let partial = args.output.with_added_extension("partial");
    let mut write = || {
        let failed = |source| io("write", &args.output, source);
        let file = File::create(&partial).map_err(|e| io("create", &args.output, e))?;
        let shape = [log_mel.n_mels(), config.frames()];
        let mut npy = NpyWriter::new(BufWriter::new(file), shape).map_err(failed)?;
        for chunk in chunks.by_ref() {
            let chunk = chunk?;
            npy.write(log_mel.compute(&chunk.samples).view()).map_err(failed)?;
            progress.reached(chunk.end_s);
        }
        npy.finish().map_err(failed)?;
        std::fs::rename(&partial, &args.output).map_err(failed)
    };
    let written = write().inspect_err(|_| {
        // Half a file is of no use; that it could not be removed is not the news.
        let _ = std::fs::remove_file(&partial);
    });
    for gap in chunks.source().gaps() {
        report(&format!("{}: {gap}", args.file.display()));
    }
    written
}
