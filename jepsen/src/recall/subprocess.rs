//! Runs programs with a time limit.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

/// How a program ended, and its output.
pub(super) struct Exit {
    /// `None` if it reached the time limit and was killed.
    pub status: Option<ExitStatus>,
    /// stdout, then stderr.
    pub output: String,
}

/// Runs a program for at most `within`. At the limit it is killed with all processes of its group.
pub(super) async fn run(mut command: Command, within: Duration) -> anyhow::Result<Exit> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.process_group(0).kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().with_context(|| format!("cannot run {name}"))?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    match tokio::time::timeout(within, child.wait_with_output()).await {
        Ok(output) => {
            let output = output?;
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            Ok(Exit { status: Some(output.status), output: said })
        }
        Err(_) => {
            if let Some(group) = group {
                // Killing fails if it has just ended, which is no error here.
                let _ = kill_process_group(group, Signal::KILL);
            }
            Ok(Exit { status: None, output: String::new() })
        }
    }
}

/// The last lines of a program's output.
pub(super) fn tail(output: &str, lines: usize) -> String {
    let all: Vec<&str> = output.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
