//! One process: started, stopped, killed, paused.

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
    /// From 1.
    pub number: u32,
    /// Its disk and its clock.
    pub shim: Shim,
    home: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Node {
    /// Not running yet.
    pub fn new(number: u32, home: PathBuf, shim: Shim) -> Node {
        Node { number, shim, home, child: Mutex::new(None) }
    }

    /// Starts it; its log goes on where it ended. `command` is the daemon with its arguments, already in its place.
    pub fn start(&self, mut command: Command) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.home.join("keyrackd.log"))?;
        self.shim.apply(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = self.lock();
        anyhow::ensure!(child.is_none(), "node {} runs already", self.number);
        *child = Some(command.spawn().with_context(|| format!("cannot start node {}", self.number))?);
        Ok(())
    }

    /// Whether its process is there.
    pub fn runs(&self) -> bool {
        self.exited().is_none() && self.lock().is_some()
    }

    /// How its process ended, if it ended by itself; then it can be started again.
    pub fn exited(&self) -> Option<ExitStatus> {
        let mut child = self.lock();
        let status = child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if status.is_some() {
            *child = None;
        }
        status
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&self) {
        if let Some(mut child) = self.lock().take() {
            // It may have ended a moment before.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, then SIGKILL if it takes too long. Says whether it ended by itself.
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

    /// SIGSTOP.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(child) = self.lock().as_ref() {
            // A process that is gone needs no signal.
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
