//! `musicap devices`.

use std::time::Instant;

use musicap::{Adapter, CaptionOptions, Captioner, Device, Result, adapters};

use crate::args::DevicesArgs;
use crate::{Exit, exit_code, output, report};

pub fn run(args: &DevicesArgs) -> Exit {
    let done = if args.warm_up { warm_up(args) } else { output::print(&listed(&adapters())) };
    match done {
        // The reader has closed the pipe.
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        done => exit_code(done),
    }
}

/// One line for each device: its name for --device, and its properties.
fn listed(adapters: &[Adapter]) -> String {
    let mut lines = format!("{:<8}CPU\n", Device::Cpu);
    for Adapter { device, name, backend, kind, half, memory, .. } in adapters {
        let half = if *half { "f16" } else { "no f16" };
        let memory = match memory {
            Some(bytes) => format!("{:.1} GiB", *bytes as f64 / f64::from(1 << 30)),
            None => "memory unknown".into(),
        };
        lines += &format!("{device:<8}{name}, {backend}, {kind}, {half}, {memory}\n");
    }
    let missing = |device: Device| device.check().err().map(|error| error.to_string());
    for device in [Device::Gpu(None), Device::Cuda(None)] {
        if let Some(reason) = missing(device) {
            lines += &format!("{reason}\n");
        }
    }
    lines
}

fn warm_up(args: &DevicesArgs) -> Result<()> {
    let load = args.model.load_options(args.quiet);
    let captioner = Captioner::load(&args.model.find(args.quiet)?, &load)?;
    let mut options = CaptionOptions::default();
    options.batch_size = args.batch;
    let begun = Instant::now();
    captioner.warm_up(&options)?;
    if !args.quiet {
        let (device, batch) = (captioner.device(), captioner.batch_size(&options));
        let seconds = begun.elapsed().as_secs_f64();
        report(&format!("{device}: tuned in {seconds:.1} s for batches of {batch} chunks"));
    }
    Ok(())
}
