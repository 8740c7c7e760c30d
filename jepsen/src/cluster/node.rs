//! One node's process: start, stop, kill, pause.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

use crate::disk::Shim;

/// A node and, while it runs, its process.
pub struct Node {
    /// Its number, from 1.
    pub number: u32,
    /// Controls its disk and its clock.
    pub shim: Shim,
    home: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Node {
    /// A node that is not running yet.
    pub fn new(number: u32, home: PathBuf, shim: Shim) -> Node {
        Node { number, shim, home, child: Mutex::new(None) }
    }

    /// Starts the process and appends to its log. `command` is the daemon with its arguments, in its namespace.
    pub fn start(&self, mut command: Command) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.home.join("keyrackd.log"))?;
        self.shim.apply(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = self.lock();
        anyhow::ensure!(child.is_none(), "cannot start node {}: it is already running", self.number);
        let program = command.get_program().to_string_lossy().into_owned();
        *child = Some(command.spawn().with_context(|| format!("cannot start node {}: cannot run {program}", self.number))?);
        Ok(())
    }

    /// Whether its process is running.
    pub fn runs(&self) -> bool {
        self.exited().is_none() && self.lock().is_some()
    }

    /// How its process ended, if it ended without being stopped. The node can then be started again.
    pub fn exited(&self) -> Option<ExitStatus> {
        let mut child = self.lock();
        let status = child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if status.is_some() {
            *child = None;
        }
        status
    }

    /// Sends SIGKILL and waits until the process has ended.
    pub fn kill(&self) {
        if let Some(mut child) = self.lock().take() {
            // Killing fails if the process has just ended, which is no error here.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends SIGTERM, then SIGKILL if the process has not ended `within` that time. Returns whether SIGTERM was enough.
    pub fn stop(&self, within: Duration) -> bool {
        self.signal(Signal::TERM);
        let begin = Instant::now();
        while begin.elapsed() < within {
            if !self.runs() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        false
    }

    /// Sends SIGSTOP.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Sends SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(child) = self.lock().as_ref() {
            // Sending fails if the process has ended, which is no error here.
            let _ = kill_process(Pid::from_child(child), signal);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
