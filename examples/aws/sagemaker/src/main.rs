//! What runs in the SageMaker container: `sagemaker serve` answers for an endpoint, `sagemaker
//! process [--root FOLDER]` does a Processing job's share.
//!
//! | variable | default | |
//! |---|---|---|
//! | `MODEL`, `PRECISION` | `embedded`, as it is | the model |
//! | `BATCH` | 8 | chunks at a time |
//! | `MAX_SECONDS` | 1800, 86400 | `serve`, `process`: the longest recording |
//!
//! [`serve`] lists more.

mod captions;
mod invocation;
mod process;
mod serve;
mod shard;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use musicap::CaptionOptions;
use musicap::audio::AudioLimits;
use pipeline::{logs, settings};

use captions::Model;

/// Where SageMaker puts everything.
const ROOT: &str = "/opt/ml";

/// The model, and the longest recording it is given: `MAX_SECONDS`, or the default.
fn model(default_seconds: u64) -> Result<Model> {
    let seconds = settings::optional("MAX_SECONDS", default_seconds)?;
    let captioner = settings::captioner()?;
    let options = CaptionOptions::default().with_batch_size(settings::optional("BATCH", 8)?);
    captioner.check(&options)?;
    let limits = AudioLimits::default().with_max_duration(Duration::from_secs(seconds));
    Ok(Model { captioner, options, limits })
}

#[tokio::main]
async fn main() -> ExitCode {
    logs::start();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["serve"] => serve().await,
        ["process"] => process_in(ROOT.into()).await,
        ["process", "--root", root] => process_in(root.into()).await,
        _ => {
            eprintln!("usage: sagemaker serve | sagemaker process [--root FOLDER]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "ended");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<()> {
    serve::run(model(1800)?).await
}

async fn process_in(root: PathBuf) -> Result<()> {
    let work = move || process::run(&root, || model(24 * 3600));
    tokio::task::spawn_blocking(work).await?
}
