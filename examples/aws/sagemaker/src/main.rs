//! The program of the SageMaker container: `sagemaker serve` is an endpoint, `sagemaker process
//! [--root FOLDER]` one machine of a Processing job.
//!
//! | variable | default | |
//! |---|---|---|
//! | `MODEL`, `PRECISION` | `embedded`, as stored | the model |
//! | `BATCH` | 8 | chunks per batch |
//! | `FACTS` | `off` | the facts of recordings and captions: `off`, `on`, or `beats` for the times of beats as well. Features from `ingest` have their own setting |
//! | `MAX_SECONDS` | 1800, 86400 | `serve`, `process`: the longest recording |
//!
//! [`serve`] lists more settings.

mod captions;
mod invocation;
mod json_array;
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

/// The folder of inputs, outputs and configuration in a container.
const ROOT: &str = "/opt/ml";

/// The model, for recordings of at most `MAX_SECONDS`, by default `default_seconds`.
fn model(default_seconds: u64) -> Result<Model> {
    let seconds = settings::optional("MAX_SECONDS", default_seconds)?;
    let captioner = settings::captioner()?;
    let mut options = CaptionOptions::default().with_batch_size(settings::optional("BATCH", 8)?);
    options.facts = settings::optional("FACTS", options.facts)?;
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
            tracing::error!(error = format!("{error:#}"), "failed");
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
