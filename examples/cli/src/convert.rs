//! `musicap convert`.

use musicap::Result;

use crate::args::{ConvertArgs, open_model};
use crate::{Exit, exit_code, output, report};

pub fn run(args: &ConvertArgs) -> Exit {
    exit_code(convert(args))
}

fn convert(args: &ConvertArgs) -> Result<()> {
    // Before a download of gigabytes.
    output::check_writable(&args.folder.join("model.safetensors"))?;
    open_model(&args.checkpoint, false)?.save(&args.folder, args.precision)?;
    let weights = args.folder.join("model.safetensors");
    let bytes = std::fs::metadata(weights).map_or(0, |file| file.len());
    report(&format!("{}: {:.1} MB of weights", args.folder.display(), bytes as f64 / 1e6));
    Ok(())
}
