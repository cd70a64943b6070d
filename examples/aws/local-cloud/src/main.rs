//! `run-local`: the whole pipeline on this machine until Ctrl-C or SIGTERM.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use run_local::{Cloud, Settings};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
usage: run-local [--port PORT] [--mode local|endpoint|job] [--data FOLDER]
                 [--pass-phrase PHRASE] [--summary-url URL [--summary-model MODEL]]
                 [--set NAME=VALUE]…

  --port PORT           the page's port [default: 8000; 0: any free port]
  --mode MODE           where captions are computed: in the function [default], by a SageMaker
                        endpoint, by a Processing job for each recording
  --data FOLDER         keep objects and logs there [default: a new folder, removed at the end]
  --pass-phrase PHRASE  visitors have to log in with it [default: no log-in]
  --summary-url URL     summaries by a language model at an OpenAI-compatible server, with the key
                        in OPENAI_API_KEY if it is set [default: musicap's own summarizer]
  --summary-model NAME  the language model
  --set NAME=VALUE      a variable for all processes, such as MODEL=/path/to/a/model/folder";

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let temporary = tempfile::tempdir().context("cannot create a folder for the data")?;
    let Some(settings) = settings(temporary.path().to_owned())? else {
        println!("{USAGE}");
        return Ok(());
    };
    // From the first moment on, so that no child outlives this process.
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stopped = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(stopped);
    let cloud = tokio::select! {
        cloud = Cloud::start(settings) => cloud?,
        () = &mut stopped => return Ok(()),
    };
    println!("page  {}", cloud.page());
    println!("S3    {}", cloud.s3());
    println!("data  {} (logs in logs/)", cloud.data().display());
    println!("ready; Ctrl-C stops it");
    stopped.await;
    for letter in cloud.dead_letters() {
        eprintln!("dead letter from {}: {}", letter.function, letter.error);
    }
    cloud.stop().await;
    Ok(())
}

/// The settings according to the arguments, or `None` for help.
fn settings(temporary: PathBuf) -> Result<Option<Settings>> {
    let mut settings = Settings::new(&temporary)?;
    settings.web_port = 8000;
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        let value = args.next().ok_or_else(|| anyhow!("{name} needs a value\n{USAGE}"))?;
        settings = match &name[..] {
            "--port" => Settings { web_port: value.parse().context("--port")?, ..settings },
            "--mode" => {
                Settings { mode: value.parse().map_err(|e: String| anyhow!(e))?, ..settings }
            }
            "--data" => Settings { data: std::path::absolute(value)?, ..settings },
            "--summary-url" => {
                settings.with_language_model(value, std::env::var("OPENAI_API_KEY").ok())
            }
            "--pass-phrase" => settings.with_variable("PASS_PHRASE", value),
            "--summary-model" => settings.with_variable("OPENAI_MODEL", value),
            "--set" => {
                let (name, value) = value.split_once('=').context("--set NAME=VALUE")?;
                settings.with_variable(name, value)
            }
            _ => bail!("unknown argument {name}\n{USAGE}"),
        };
    }
    Ok(Some(settings))
}
