//! `musicap live`: samples on stdin, one line of JSON for each caption.

use std::io::Read;
use std::path::Path;
use std::thread;

use musicap::summarize::Language;
use musicap::{Caption, Captioner, Error, LiveEvent, LiveInput, LiveOptions, Overrun, Result};
use serde::Serialize;
use serde_json::json;

use crate::args::LiveArgs;
use crate::{Exit, exit_code, output, report};

pub fn run(args: &LiveArgs) -> Exit {
    match caption(args) {
        // The reader has closed the pipe.
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        Ok(0) => Exit::Done,
        Ok(_) => Exit::Failed,
        Err(error) => exit_code(Err(error)),
    }
}

/// Captions stdin to its end and returns the number of errors on the way.
fn caption(args: &LiveArgs) -> Result<usize> {
    let language = Language::find(&args.language)?;
    let load = args.model.load_options(args.quiet);
    let captioner = Captioner::load(&args.model.find(args.quiet)?, &load)?;
    let overrun = if args.skip { Overrun::Skip } else { Overrun::Queue(args.queue) };
    let options =
        LiveOptions::new(args.rate, args.channels).with_overlap(args.overlap).with_overrun(overrun);
    let (input, captions) = captioner.live(&options)?;
    // On its own thread, so that the writing program never waits for the model.
    let reader = thread::spawn(move || read(input));
    let errors = write_events(captions, language, args.quiet)?;
    reader.join().expect("the reader does not panic")?;
    Ok(errors)
}

/// A caption with how far captioning is behind. Its numbers stay as short as in a file of captions.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    caption: Caption,
    behind_s: f64,
}

/// Seconds, rounded to milliseconds.
fn to_ms(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Writes a line for each event and returns the number of errors, after which a stream continues.
fn write_events(
    events: impl Iterator<Item = Result<LiveEvent>>,
    language: Language,
    quiet: bool,
) -> Result<usize> {
    let mut errors = 0;
    for event in events {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                report(&error);
                errors += 1;
                continue;
            }
        };
        let line = match event {
            LiveEvent::Caption { caption, behind_s } => {
                let caption = caption.translated(language);
                serde_json::to_string(&Line { caption, behind_s: to_ms(behind_s) })
                    .expect("captions are valid JSON")
            }
            LiveEvent::Skipped { start_s, end_s, behind_s } => {
                if !quiet {
                    report(&format!(
                        "skipped {start_s:.0} s to {end_s:.0} s: captioning is {behind_s:.0} s behind"
                    ));
                }
                let behind_s = to_ms(behind_s);
                json!({"skipped": true, "start_s": start_s, "end_s": end_s, "behind_s": behind_s})
                    .to_string()
            }
            _ => continue,
        };
        output::print(&format!("{line}\n"))?;
    }
    Ok(errors)
}

/// Reads signed 16-bit little-endian samples from stdin to its end.
fn read(mut input: LiveInput) -> Result<()> {
    let mut bytes = vec![0; 1 << 15];
    // Bytes of a sample that is not complete yet.
    let mut held = 0;
    let mut is_start = true;
    let mut samples = Vec::with_capacity(bytes.len() / 2);
    loop {
        let count = match std::io::stdin().lock().read(&mut bytes[held..]) {
            Ok(0) => return Ok(()),
            Ok(count) => held + count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(output::io("read", Path::new("stdin"), error)),
        };
        if std::mem::take(&mut is_start)
            && let Some(format) = container(&bytes[..count])
        {
            return Err(Error::InvalidOption {
                name: "stdin",
                value: format!("a file in {format}"),
                expected:
                    "raw signed 16-bit samples without a header: `ffmpeg -i FILE -f s16le -` \
                    makes them, and `musicap -` captions a file from stdin"
                        .into(),
            });
        }
        let (pairs, rest) = bytes[..count].as_chunks();
        samples.clear();
        samples.extend(pairs.iter().map(|&pair| f32::from(i16::from_le_bytes(pair)) / 32_768.0));
        input.push(&samples)?;
        held = rest.len();
        bytes.copy_within(count - held..count, 0);
    }
}

/// The format of a file that begins like this, which played as samples would be noise.
fn container(start: &[u8]) -> Option<&'static str> {
    const STARTS: [(usize, &[u8], &str); 7] = [
        (0, b"RIFF", "WAV"),
        (0, b"ID3", "MP3"),
        (0, b"fLaC", "FLAC"),
        (0, b"OggS", "Ogg"),
        (0, b"\x1A\x45\xDF\xA3", "Matroska"),
        (0, b"FORM", "AIFF"),
        (4, b"ftyp", "MP4"),
    ];
    let found =
        STARTS.iter().find(|(at, magic, _)| start[start.len().min(*at)..].starts_with(magic));
    found.map(|&(.., format)| format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_continues_after_an_error_of_the_device() {
        let skipped = |at: f64| LiveEvent::Skipped { start_s: at, end_s: at + 10.0, behind_s: 0.0 };
        let failed = || musicap::Error::Backend { device: "cpu".into(), reason: "test".into() };
        let mut read = 0;
        let events = [Ok(skipped(0.0)), Err(failed()), Ok(skipped(10.0)), Err(failed())];
        let events = events.into_iter().inspect(|_| read += 1);
        let errors = write_events(events, Language::ENGLISH, true).unwrap();
        assert_eq!((errors, read), (2, 4));
    }
}
