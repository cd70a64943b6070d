//! `musicap live`: samples on stdin, a line of JSON for each caption as it comes.

use std::io::Read;
use std::path::Path;
use std::thread;

use musicap::{Captioner, LiveEvent, LiveInput, LiveOptions, Overrun, Result};
use serde_json::json;

use crate::args::LiveArgs;
use crate::{Exit, exit_code, output, report};

pub fn run(args: &LiveArgs) -> Exit {
    match caption(args) {
        // Whoever reads has seen enough.
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        result => exit_code(result),
    }
}

fn caption(args: &LiveArgs) -> Result<()> {
    let load = args.model.load_options(args.quiet);
    let captioner = Captioner::load(&args.model.find(args.quiet)?, &load)?;
    let overrun = if args.skip { Overrun::Skip } else { Overrun::Queue(args.queue) };
    let options =
        LiveOptions::new(args.rate, args.channels).with_overlap(args.overlap).with_overrun(overrun);
    let (input, captions) = captioner.live(&options)?;
    // stdin is emptied while the model computes, so that whoever writes never has to wait.
    let reader = thread::spawn(move || read(input));
    for event in captions {
        let line = match event? {
            LiveEvent::Caption { caption, behind_s } => {
                let mut line = serde_json::to_value(&caption).expect("a caption is JSON");
                line["behind_s"] = json!(behind_s);
                line
            }
            LiveEvent::Skipped { start_s, end_s, behind_s } => {
                if !args.quiet {
                    report(&format!(
                        "captioning is {behind_s:.0} s behind: {start_s:.0} to {end_s:.0} s skipped"
                    ));
                }
                json!({"skipped": true, "start_s": start_s, "end_s": end_s, "behind_s": behind_s})
            }
            _ => continue,
        };
        output::print(&format!("{line}\n"))?;
    }
    reader.join().expect("the reader does not panic")
}

/// Signed 16-bit samples, little-endian, from stdin until it ends.
fn read(mut input: LiveInput) -> Result<()> {
    let mut bytes = vec![0; 1 << 15];
    // A sample may come in two pieces.
    let mut held = 0;
    let mut samples = Vec::with_capacity(bytes.len() / 2);
    loop {
        let count = match std::io::stdin().lock().read(&mut bytes[held..]) {
            Ok(0) => return Ok(()),
            Ok(count) => held + count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(output::io("read", Path::new("stdin"), error)),
        };
        let (pairs, rest) = bytes[..count].as_chunks();
        samples.clear();
        samples.extend(pairs.iter().map(|&pair| f32::from(i16::from_le_bytes(pair)) / 32_768.0));
        input.push(&samples)?;
        held = rest.len();
        bytes.copy_within(count - held..count, 0);
    }
}
