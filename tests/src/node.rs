//! One node's process: signals, restart, and runs that are expected to end.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::command;

/// A node as `keyrackd dev --json` announced it, or after a restart outside `dev`.
pub struct Node {
    /// 1, 2, 3.
    pub id: usize,
    /// `http://127.0.0.1:PORT`.
    pub http: String,
    pub grpc: String,
    pub pid: u32,
    /// Set after a restart outside `dev`: the node is then a child of the test.
    pub(crate) child: Option<Child>,
}

impl Node {
    /// Sends a signal. The process may have ended, and its pid may belong to another process, so the name is checked
    /// first.
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

    /// The most memory that the process has had so far, in bytes (`VmHWM`).
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// SIGHUP: the node reloads its certificates now.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// SIGTERM: the node finishes what it has begun and ends. Does not wait for it.
    pub fn ask_to_stop(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGSTOP: the node keeps its sockets and answers nothing. Returns once every thread has stopped. On a busy
    /// machine a thread may run a little longer and answer a heartbeat.
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
        // The state follows the name. The name is in parentheses and may contain any character.
        let stopped = |stat: String| stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'Z', 'X']));
        threads.flatten().all(|thread| std::fs::read_to_string(thread.path().join("stat")).map_or(true, stopped))
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }
}

/// The result of a run that was expected to end.
pub struct ExitReport {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `keyrackd ARGS` (or `keyrack ARGS`) until it exits. A process that still runs after `within` is killed and
/// reported with `code: None`.
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

/// Waits until a process has ended. A zombie counts as ended, because its parent may collect it late.
pub(crate) fn wait_until_gone(pid: u32) {
    let begin = Instant::now();
    while is_running(pid) {
        assert!(begin.elapsed() < Duration::from_secs(30), "process {pid} does not die");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The first thread may be a zombie while others still hold the process's ports and locks. The folder's link count has the
/// number of threads; a listing of the folder may miss some while others end.
fn is_running(pid: u32) -> bool {
    let Ok(threads) = std::fs::metadata(format!("/proc/{pid}/task")) else { return false };
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // "id (name) state ...". The name may contain blanks and parentheses.
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    // Two links are the folder's own.
    threads.nlink() > 3 || !matches!(state, Some('Z' | 'X') | None)
}
