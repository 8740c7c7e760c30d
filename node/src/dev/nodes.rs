//! The nodes of a development cluster: each one a process, or all in this process.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::dial::Dial;
use super::programs::sibling_program;
use super::setup::Setup;
use crate::messages::dev::{DevError, node_ended, node_failed};
use crate::messages::files::AccessError;
use crate::process::{init_log, note};
use crate::run::{self, Running};

/// The running nodes.
pub struct Nodes {
    members: Vec<Member>,
}

struct Member {
    node: u64,
    ready: Dial,
    log: std::path::PathBuf,
    kind: Kind,
    pid: u32,
    /// Whether its end has been reported.
    is_gone: bool,
}

enum Kind {
    Process(Child),
    /// `None` once it has stopped.
    Task(Option<Running>),
}

impl Nodes {
    /// Starts all nodes. Does not wait until they are ready.
    pub async fn start(setup: &Setup, in_process: bool) -> anyhow::Result<Nodes> {
        let mut members = Vec::new();
        if in_process {
            if let Some(config) = setup.configs.first() {
                init_log(&config.log)?;
            }
            // Each node waits for the others, so they start together.
            let started = futures::future::join_all(setup.configs.iter().map(run::start)).await;
            for (config, running) in setup.configs.iter().zip(started) {
                let ready = setup.dial(&config.listen.http);
                let kind = Kind::Task(Some(running?));
                let pid = std::process::id();
                members.push(Member { node: config.node, ready, log: Default::default(), kind, pid, is_gone: false });
            }
            return Ok(Nodes { members });
        }
        for (config, file) in setup.configs.iter().zip(&setup.files) {
            let log = file.with_file_name("keyrackd.log");
            let child = spawn(config.node, file, &log)?;
            let pid = child.id().unwrap_or(0);
            let ready = setup.dial(&config.listen.http);
            members.push(Member { node: config.node, ready, log, kind: Kind::Process(child), pid, is_gone: false });
        }
        Ok(Nodes { members })
    }

    /// Waits until every node is ready. An error if one ends first.
    pub async fn ready(&mut self, at_most: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + at_most;
        loop {
            for member in &mut self.members {
                if let Kind::Process(child) = &mut member.kind
                    && let Some(status) = child.try_wait()?
                {
                    let (node, log, lines) = (member.node, member.log.clone(), last_lines(&member.log));
                    return Err(DevError::Ended { node, status, log, lines }.into());
                }
            }
            let checks = futures::future::join_all(self.members.iter().map(|member| is_ready(&member.ready))).await;
            if checks.iter().all(|ready| *ready) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(DevError::NotReady(at_most.as_secs()).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A node's process id.
    pub fn pid(&self, node: u64) -> u32 {
        self.members.iter().find(|member| member.node == node).map_or(0, |member| member.pid)
    }

    /// Reports when a node ends. Never returns, because the others keep running.
    pub async fn watch(&mut self) {
        loop {
            for member in &mut self.members {
                member.report_end().await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Stops all nodes and waits for them.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        for member in &mut self.members {
            if let Kind::Process(child) = &mut member.kind {
                // A node stops when its standard input is closed.
                drop(child.stdin.take());
            }
        }
        for member in &mut self.members {
            match &mut member.kind {
                Kind::Process(child) => {
                    if tokio::time::timeout(Duration::from_secs(15), child.wait()).await.is_err() {
                        child.kill().await.map_err(|cause| DevError::Stop { node: member.node, cause })?;
                    }
                }
                Kind::Task(running) => {
                    if let Some(running) = running.take() {
                        running.stop().await;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Member {
    /// Reports once that the node has ended.
    async fn report_end(&mut self) {
        match &mut self.kind {
            Kind::Process(child) => {
                if let Ok(Some(status)) = child.try_wait()
                    && !std::mem::replace(&mut self.is_gone, true)
                {
                    let config = self.log.with_file_name("keyrackd.toml");
                    note(node_ended(self.node, status, &sibling_program("keyrackd"), &config));
                }
            }
            Kind::Task(running) => {
                let Some(failure) = running.as_ref().and_then(|running| running.failed().now_or_never()) else { return };
                note(node_failed(self.node, &failure));
                if let Some(running) = running.take() {
                    running.stop().await;
                }
            }
        }
    }
}

fn spawn(node: u64, config: &Path, log: &Path) -> anyhow::Result<Child> {
    let program = std::env::current_exe().map_err(DevError::Program)?;
    let output = File::options().create(true).append(true).open(log);
    let output = output.map_err(|cause| AccessError::Write { path: log.into(), cause })?;
    let child = Command::new(program)
        .args(["run", "--until-stdin-closes", "--config"])
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(output.try_clone()?)
        .stderr(output)
        // Ctrl-C must reach only `dev`, which then stops its nodes.
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    Ok(child.map_err(|cause| DevError::Spawn { node, cause })?)
}

/// Asks `/readyz` without an HTTP library.
async fn is_ready(node: &Dial) -> bool {
    let ask = async {
        let mut stream = node.connect().await.ok()?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.ok()?;
        head.ends_with(b" 200").then_some(())
    };
    matches!(tokio::time::timeout(Duration::from_secs(1), ask).await, Ok(Some(())))
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
