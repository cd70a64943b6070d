//! Child processes with an environment of their own, and their output in a file.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// Variables that children inherit.
const INHERITED: [&str; 5] = ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "RUST_BACKTRACE"];

/// Starts `program` with these variables, which is killed when the child is dropped.
pub fn start(
    program: &Path,
    args: &[&str],
    environment: &[(String, String)],
    log: &Path,
) -> Result<Child> {
    let open = || OpenOptions::new().create(true).append(true).open(log);
    let out = open().with_context(|| log.display().to_string())?;
    let errors = out.try_clone().with_context(|| log.display().to_string())?;
    let inherited = INHERITED.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    Command::new(program)
        .args(args)
        .env_clear()
        .envs(inherited)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}: build the workspace first", program.display()))
}

/// Sends SIGTERM.
pub fn terminate(child: &Child) {
    signal(child, Signal::SIGTERM);
}

/// Sends SIGKILL.
pub fn destroy(child: &Child) {
    signal(child, Signal::SIGKILL);
}

fn signal(child: &Child, signal: Signal) {
    if let Some(id) = child.id() {
        // The process may have ended.
        let _ = kill(Pid::from_raw(id as i32), signal);
    }
}
