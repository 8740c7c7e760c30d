//! One node's process: signals, restart, and runs that are expected to end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::command;

/// A node as `keyrackd dev --json` announced it, or as it was started again by hand.
pub struct Node {
    /// 1, 2, 3.
    pub id: usize,
    /// `http://127.0.0.1:PORT`.
    pub http: String,
    pub grpc: String,
    pub pid: u32,
    /// Set once the node was started again by hand: then it is our child, not that of `dev`.
    pub(crate) child: Option<Child>,
}

impl Node {
    /// Sends a signal. A process that is already gone is no error, and its pid may by now be
    /// somebody else's, so the name is checked first.
    pub(crate) fn signal(&self, signal: Signal) {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", self.pid)).unwrap_or_default();
        if name.trim_end() == "keyrackd" {
            let _ = kill_process(Pid::from_raw(self.pid as i32).unwrap(), signal);
        }
    }

    /// SIGKILL, and waits until the process no longer runs, so that its ports and locks are free.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
        wait_until_gone(self.pid);
    }

    /// SIGHUP: look at the certificates now.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// SIGSTOP: it keeps its sockets and answers nothing. Returns once every thread has stopped: on a busy machine one may run
    /// on for a moment, and answer a heartbeat.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        let begin = std::time::Instant::now();
        while !self.has_stopped() {
            assert!(begin.elapsed() < crate::PATIENCE, "node {} does not stop", self.id);
            std::thread::yield_now();
        }
    }

    fn has_stopped(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid)) else { return true };
        // The state stands behind the name, which is in brackets and may have any character in it.
        let stopped = |stat: String| stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'Z', 'X']));
        threads.flatten().all(|thread| std::fs::read_to_string(thread.path().join("stat")).map_or(true, stopped))
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }
}

/// What a run that was expected to end left behind.
pub struct ExitReport {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `keyrackd ARGS` (or `keyrack ARGS`) until it exits. One that is still running after
/// `within` is killed and reported with `code: None`.
pub fn run_until_exit(name: &str, args: &[&str], within: Duration) -> ExitReport {
    let folder = tempfile::tempdir().unwrap();
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let mut child = command(name)
        .args(args)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let code = exit_code(&mut child, within);
    if code.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    ExitReport { code, stdout: text(&out), stderr: text(&err) }
}

/// The exit code, or None when the process still runs after `within` (or died of a signal).
pub(crate) fn exit_code(child: &mut Child, within: Duration) -> Option<i32> {
    let begin = Instant::now();
    while begin.elapsed() < within {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

pub(crate) fn config_file(data: &Path, node: usize) -> PathBuf {
    data.join(format!("node-{node}")).join("keyrackd.toml")
}

/// A zombie counts as gone: its parent may take its time to collect it.
pub(crate) fn wait_until_gone(pid: u32) {
    let begin = Instant::now();
    while is_running(pid) {
        assert!(begin.elapsed() < Duration::from_secs(30), "process {pid} does not die");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Asks every thread: the first one is a zombie, and stands for the process in `/proc/PID/stat`,
/// while others are still dying and hold its ports and locks.
fn is_running(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return false };
    threads.flatten().any(|thread| {
        let Ok(stat) = std::fs::read_to_string(thread.path().join("stat")) else { return false };
        // "id (name) state ...", where the name itself may hold blanks and parentheses.
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        !matches!(state, Some('Z' | 'X') | None)
    })
}
